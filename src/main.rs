//! The program `zbay`: parse, call one command, print its answer or its error once, exit.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use zbay::cli;
use zbay::cmd::Answer;
use zbay::cmd::failure::Failure;
use zbay::cmd::table::Typed;
use zbay::console;

fn main() -> ExitCode {
    let words = cli::words();
    let json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let typed = match Typed::parse(words) {
        Ok(typed) => typed,
        Err(why) if why.use_stderr() => {
            let _ = write!(console::err(), "{}", why.render());
            return refused(&Failure::of_usage(&why.render().to_string()), json);
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
    console::letters().choose();
    cli::trace(typed.common.verbose);
    match typed.run() {
        Ok(answer) => print(&answer, json),
        Err(error) => {
            let failure = Failure::of(&error);
            console::say_error(&failure.text);
            refused(&failure, json)
        }
    }
}

/// The error for a program that reads; people have read it already.
fn refused(failure: &Failure, json: bool) -> ExitCode {
    if json {
        let answer = failure.json().to_string();
        let _ = writeln!(std::io::stdout(), "{}", console::clean_json(&answer));
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
