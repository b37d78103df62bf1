//! `zbay firstboot`: the recorded wish, applied once, with words for a person in front of the box.
//!
//! Run by zbay-firstboot.service. It asks nothing, takes only disks that are proved free, and can be run
//! again: whatever stops it is said on the console with the bay and the remedy, and nothing is written.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Result, anyhow, bail};
use camino::Utf8Path;
use serde_json::json;

use super::apply::carry_out;
use super::plan::Wished;
use super::{Answer, Context, propose};
use crate::apply::{self, Progress};
use crate::machine::local::{console, lock};
use crate::names::BayId;
use crate::plan::pick::in_bay;
use crate::plan::{Danger, Plan};
use crate::render;
use crate::render::json::answer;

/// Standard error (the journal) and the console, where there is one.
struct Voice {
    console: Option<std::fs::File>,
}

impl Voice {
    fn say(&mut self, text: &str) {
        let _ = write!(std::io::stderr().lock(), "{text}");
        if let Some(console) = &mut self.console {
            // A console in raw mode needs the carriage return too.
            let _ = console.write_all(text.replace('\n', "\r\n").as_bytes());
        }
    }
}

/// Applies /etc/zbay/profile.yaml, and says on the console what becomes of it.
///
/// # Errors
/// Everything that speaks against it, in words; nothing is written then.
pub fn run(context: &Context, device: Option<&Utf8Path>) -> Result<Answer> {
    let mut voice = Voice { console: device.and_then(console) };
    let answer = apply_wish(context, &mut voice);
    if let Some(console) = &mut voice.console {
        let text = match &answer {
            Ok(answer) => answer.text.clone(),
            Err(error) => format!("stopped: {error:#}\n"),
        };
        let _ = console.write_all(text.replace('\n', "\r\n").as_bytes());
    }
    answer
}

fn apply_wish(context: &Context, voice: &mut Voice) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("a recorded machine cannot be changed: `zbay plan` shows what would be done");
    }
    super::need_root("firstboot")?;
    let _lock = lock(apply::LOCK.into())?;
    let wished = Wished::load(context, None).map_err(|error| no_wish(context, error))?;
    voice.say(&format!(
        "zbay first boot: {}, profile {}\n{}",
        wished.hw.title,
        wished.name,
        drives(&wished)
    ));
    let plan = match wished.plan() {
        Ok(plan) => plan,
        Err(error) => bail!("{error:#}\n\n{}", tail()),
    };
    if plan.danger() == Danger::ReplacesWish {
        bail!("the recorded wish changed while it was read: run `zbay firstboot` again");
    }
    if !plan.disks.is_empty() {
        voice.say(&render::plan::before_asking(&plan));
    }
    carry_out(context, &wished, &plan, &mut |progress| {
        if let Progress::Begin(number, count, what) = progress {
            voice.say(&format!("  {number}/{count} {what}\n"));
        }
    })?;
    finish(context, wished, &plan)
}

/// What is said where there is no wish: the layouts, and that nothing was written.
fn no_wish(context: &Context, error: anyhow::Error) -> anyhow::Error {
    let error = propose::instead(context, error);
    anyhow!("{error:#}\n\n{}", tail())
}

/// `drives   bay 1 ok   bay 2 ok   bay 3 ok   bay 4 EMPTY`.
fn drives(wished: &Wished) -> String {
    let pool = &wished.profile.value.pool;
    let state = |bay: &BayId| {
        let word = match in_bay(&wished.hw, &wished.inventory, bay)[..] {
            [] => "EMPTY".to_owned(),
            [disk] => match render::contents::free(&disk.contents) {
                Some(true) => "ok".to_owned(),
                _ => render::contents::word(&disk.contents),
            },
            _ => "AMBIGUOUS".to_owned(),
        };
        let name = if bay.as_str().parse::<u32>().is_ok() {
            format!("bay {bay}")
        } else {
            bay.to_string()
        };
        format!("{name} {word}")
    };
    let all: Vec<String> = pool.bays.all().map(state).collect();
    let mut out = String::new();
    for (index, four) in all.chunks(4).enumerate() {
        let _ = writeln!(
            out,
            "  {}{}",
            if index == 0 { "drives   " } else { "         " },
            four.join("   ")
        );
    }
    out
}

fn tail() -> &'static str {
    "nothing was written to any drive\nthen     press Ctrl-Alt-Del, or log in and type: zbay firstboot\nlog      journalctl -u zbay-firstboot"
}

fn finish(context: &Context, wished: Wished, plan: &Plan) -> Result<Answer> {
    let again = wished.again(context)?;
    let left = again.drift();
    let mut text = String::new();
    if plan.is_empty() {
        text.push_str("zbay first boot: everything is as wished already, nothing was changed\n");
    } else {
        let _ = writeln!(text, "zbay first boot: done, pool {} is ready", plan.pool);
    }
    for print in &plan.disks {
        let _ = writeln!(text, "  {}  {}", print.drive.place(), print.drive.label());
    }
    text.push_str(&render::plan::compared(plan, &again.inventory));
    if !left.is_empty() {
        text.push_str(&render::plan::drift(&plan.pool, &left));
    }
    let mut json = answer(&plan.notes, json!({ "plan": plan, "drift": left }));
    json["changed"] = json!(!plan.is_empty());
    Ok(Answer { text, json, status: u8::from(!left.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::no_wish;
    use crate::cli::Common;
    use crate::cmd::Context;
    use crate::cmd::plan::Wished;
    use crate::machine::recorded::Recorded;

    #[test]
    fn without_a_wish_the_layouts_are_shown() {
        let machine = Box::new(Recorded::embedded("gen8-seed").unwrap().unwrap());
        let common = Common { machine: None, hw: None, json: false, verbose: 0 };
        let context = Context { machine, common };
        let error = Wished::load(&context, None).err().unwrap();
        let said = no_wish(&context, error).to_string();
        for words in [
            "no profile is named, and /etc/zbay/profile.yaml does not exist",
            "  1  raidz of 3   2 3 4      3.87 TB",
            "`zbay propose --write` records layout 1\n\nnothing was written to any drive",
        ] {
            assert!(said.contains(words), "{words}\n{said}");
        }
        assert!(said.lines().all(|line| line.len() <= 80), "{said}");
    }
}
