//! `zbay apply`: shows the plan, asks once, does exactly that, and looks again.

use std::io::{BufRead, IsTerminal, Write as _};

use anyhow::{Result, anyhow, bail};
use camino::Utf8Path;
use serde_json::json;

use super::plan::{Wished, saved};
use super::{Answer, Context, passphrase};
use crate::apply::secrets::Secrets;
use crate::apply::{self, Progress};
use crate::cli::Apply;
use crate::inventory::look;
use crate::machine::local::{lock, read_user_file};
use crate::plan::{Danger, Plan};
use crate::profile::Profile;
use crate::render;
use crate::render::json::answer;
use crate::yaml::read;

/// A saved plan holds the wish and some hundred bytes for each disk.
const MAX_PLAN: usize = 8 << 20;

/// `zbay apply`.
///
/// # Errors
/// A refusal, or the first step that does not go as planned.
pub fn run(context: &Context, args: &Apply) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("a recorded machine cannot be changed: `zbay plan` shows what would be done");
    }
    super::need_root("apply")?;
    let _lock = lock(apply::LOCK.into())?.with_children()?;
    let word = args.profile.as_deref();
    let is_plan = |word: &&str| Utf8Path::new(word).extension() == Some("json");
    let (wished, plan) = if let Some(file) = word.filter(is_plan) {
        if !args.take.is_empty() || args.adopt.is_some() {
            bail!(
                "a saved plan is done as it is: give `--take` and `--adopt` to `zbay plan --save`"
            );
        }
        from_file(context, file)?
    } else {
        let mut wished = Wished::load(context, word)?;
        wished.takes.clone_from(&args.take);
        wished.adopt.clone_from(&args.adopt);
        let plan = wished.plan()?;
        (wished, plan)
    };
    if plan.is_empty() {
        let status = u8::from(!plan.drift.is_empty());
        let text = render::plan::render(&plan, false);
        return Ok(Answer { text, json: report(&plan, false), status });
    }
    consent(&plan, None, args.yes, args.replace_wish, "apply")?;
    let secrets = passphrase::ask(&plan.steps)?;
    carry_out(context, &wished, &plan, &secrets, &mut |progress| say(&progress))?;
    finish(context, wished, &plan)
}

/// The plan of a file, if the machine as it is now gives the same one.
fn from_file(context: &Context, file: &str) -> Result<(Wished, Plan)> {
    let bytes =
        read_user_file(file.into(), MAX_PLAN)?.ok_or_else(|| anyhow!("there is no file {file}"))?;
    let plan = saved(file, &bytes)?;
    let profile = read::<Profile>(&plan.profile, plan.wish.as_bytes())
        .map_err(crate::shipped::LoadError::Faults)?;
    let mut wished = Wished::of(context, profile, plan.profile.clone())?;
    wished.takes.clone_from(&plan.takes);
    wished.adopt.clone_from(&plan.adopt);
    let now = wished.plan()?;
    apply::unchanged(&plan, &now)?;
    Ok((wished, plan))
}

/// Asks at a terminal, below what was `shown` (else the plan); `--yes` answers for harmless plans and free disks; silence
/// means no.
pub(super) fn consent(
    plan: &Plan,
    shown: Option<&str>,
    yes: bool,
    replace_wish: bool,
    command: &str,
) -> Result<()> {
    let replaces = plan.danger() == Danger::ReplacesWish;
    if replaces && !replace_wish && (yes || !std::io::stdin().is_terminal()) {
        bail!(
            "another wish is recorded in /etc/zbay/profile.yaml, so nothing was written\n\
             do this  compare the two, then `zbay {command} ... --replace-wish`"
        );
    }
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask at, so nothing was written\ndo this  `zbay {command} --yes`"
        );
    }
    let mut err = std::io::stderr().lock();
    let text = shown.map_or_else(|| render::plan::before_asking(plan), |text| format!("{text}\n"));
    let _ = write!(err, "{text}do this? type yes: ");
    let _ = err.flush();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim() == "yes" { Ok(()) } else { bail!("not confirmed, so nothing was written") }
}

/// Runs the plan on the machine that was just looked at.
///
/// # Errors
/// The first step that does not go as planned.
pub fn carry_out(
    context: &Context,
    wished: &Wished,
    plan: &Plan,
    secrets: &Secrets,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<()> {
    let machine = &*context.machine;
    let fresh = |want| look::look(machine, want).map_err(|error| error.to_string());
    Ok(apply::run(machine, &wished.hw, plan.work().with(secrets), &fresh, tell)?)
}

pub(super) fn say(progress: &Progress<'_>) {
    let mut err = std::io::stderr().lock();
    let _ = match progress {
        Progress::Begin(number, count, what) => writeln!(err, "  {number}/{count} {what}"),
        Progress::Done(..) => Ok(()),
    };
}

/// Looks again and reports what there is.
pub(super) fn finish(context: &Context, wished: Wished, plan: &Plan) -> Result<Answer> {
    let again = wished.again(context)?;
    let left = again.drift();
    let mut text = format!("done: {} of {} steps\n", plan.steps.len(), plan.steps.len());
    text.push_str(&render::plan::drift(&plan.pool, &left, &[]));
    text.push_str(&render::plan::compared(plan, &again.inventory));
    let mut json = report(plan, true);
    json["drift"] = json!(left);
    Ok(Answer { text, json, status: u8::from(!left.is_empty()) })
}

fn report(plan: &Plan, changed: bool) -> serde_json::Value {
    let mut json = answer(&plan.notes, json!({ "plan": plan, "drift": plan.drift }));
    json["changed"] = json!(changed);
    json
}
