//! The program `zbay`: parse, call one command, print its answer or its error once, exit.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use zbay::cli;
use zbay::cmd::Answer;
use zbay::cmd::table::Typed;
use zbay::console;
use zbay::fault::chain;

fn main() -> ExitCode {
    let words = cli::words();
    let json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let typed = match Typed::parse(words) {
        Ok(typed) => typed,
        Err(why) if why.use_stderr() => {
            let _ = write!(console::err(), "{}", why.render());
            return refused(&why.render().to_string(), json);
        }
        // Help and the version are answers.
        Err(why) => {
            return match why.print().and_then(|()| std::io::stdout().flush()) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => unwritten(&error),
                _ => ExitCode::SUCCESS,
            };
        }
    };
    typed.common.color.choose();
    cli::trace(typed.common.verbose);
    match typed.run() {
        Ok(answer) => print(&answer, json),
        Err(error) => {
            let text = chain(&error);
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            console::say_error(text);
            refused(text, json)
        }
    }
}

/// The error for a program that reads; people have read it already.
fn refused(text: &str, json: bool) -> ExitCode {
    if json {
        let text = text.strip_prefix("error: ").unwrap_or(text).trim_end();
        let answer =
            serde_json::json!({"version": 1, "changed": false, "error": text, "notes": []});
        let _ = writeln!(std::io::stdout(), "{}", console::clean_json(&answer.to_string()));
    }
    ExitCode::from(2)
}

fn unwritten(error: &std::io::Error) -> ExitCode {
    let _ = writeln!(console::err(), "error: standard output: {error}");
    ExitCode::from(2)
}

/// Data to standard output; a reader that closed it has seen enough.
fn print(answer: &Answer, json: bool) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(answer.shown(json, console::paint()).as_bytes()).and_then(|()| out.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => unwritten(&error),
        _ => ExitCode::from(answer.status),
    }
}
