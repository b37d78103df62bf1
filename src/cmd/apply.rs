//! `zbay apply`: shows the plan, asks once, does exactly that, and looks again.

use std::io::{IsTerminal, Write as _};

use anyhow::{Result, anyhow, bail};
use camino::Utf8Path;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::consent::without_lock;
use super::plan::{Allowed, Wished, saved};
use super::progress::say;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::task::settle;
use super::{Answer, Context, passphrase};
use crate::apply::secrets::Secrets;
use crate::apply::{self, Progress};
use crate::console;
use crate::domain::Drift;
use crate::finding::Finding;
use crate::inventory::look;
use crate::machine::local::{lock, read_user_file, short_line};
use crate::plan::Plan;
use crate::profile::Profile;
use crate::render;
use crate::render::json::plan::differences;
use crate::render::json::{Shape, changed};
use crate::step::Danger;
use crate::words::typeable;
use crate::yaml::read;

/// The command.
pub const ROW: Row = Row {
    name: "apply",
    about: "Apply the profile: show the plan, ask once, carry it out",
    more: "",
    group: Group::SetUp,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: options::<ApplyArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Applied>("apply")],
    examples: &[
        ("apply", "the recorded profile"),
        ("apply gen8-seed", "a shipped one"),
        ("apply ./plan.json", "a plan that was saved"),
    ],
};

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A profile as for `plan`, or a saved plan (FILE.json) (default: /etc/zbay/profile.yaml).
    #[arg(value_name = "PROFILE|PLAN")]
    pub profile: Option<String>,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: Allowed,
    /// Do not ask. Only for plans that just use free disks and set properties.
    #[arg(long)]
    pub yes: bool,
    /// Replace a different profile that is recorded in /etc/zbay/profile.yaml.
    #[arg(long = "replace-profile", alias = "replace-wish")]
    pub replace_wish: bool,
}

/// A saved plan holds the profile and some hundred bytes for each disk.
const MAX_PLAN: usize = 8 << 20;

/// `zbay apply`.
///
/// # Errors
/// A refusal, or the first step that does not go as planned.
pub fn run(context: &Context, args: &ApplyArgs) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("a recorded machine cannot be changed: `zbay plan` shows what would be done");
    }
    super::may_change(context, "apply", args.profile.as_deref())?;
    let held = lock(apply::LOCK.into())?;
    let word = args.profile.as_deref();
    let is_plan = |word: &&str| Utf8Path::new(word).extension() == Some("json");
    let (wished, plan) = if let Some(file) = word.filter(is_plan) {
        if !args.allowed.is_nothing() {
            bail!(
                "a saved plan is carried out as it is: give `--take`, `--from-host` and \
                 `--onto-existing` to `zbay plan --save FILE.json`"
            );
        }
        from_file(context, file)?
    } else {
        let mut wished = Wished::load(context, word)?;
        wished.allow(&args.allowed);
        let plan = wished.plan()?;
        (wished, plan)
    };
    if plan.is_empty() {
        let status = u8::from(!plan.drift.is_empty());
        let text = render::plan::render(&plan, false, &plan.typed(context.common.hw.as_deref()));
        let command = plan.typed(context.common.hw.as_deref());
        return Ok(Answer { text, json: report(&plan, &command, &plan.drift, false), status });
    }
    let command = match word.filter(is_plan) {
        Some(file) => format!("zbay apply {}", typeable(file)),
        None => plan.typed(context.common.hw.as_deref()),
    };
    let prompts = std::io::stdin().is_terminal()
        && (!args.yes || plan.steps.iter().any(|step| step.asks().next().is_some()));
    let (_lock, secrets, (wished, plan)) = without_lock(
        (held, apply::LOCK.into()),
        prompts,
        (wished, plan),
        |(_, plan)| {
            consent(plan, None, args.yes, args.replace_wish, &command)?;
            passphrase::ask(&plan.steps)
        },
        |(_, plan)| agreed(context, plan),
    )?;
    carry_out(context, &wished, &plan, &secrets, &mut |progress| say(&progress))?;
    if plan.import.is_some() {
        settle(context, &wished.hw, &plan.pool, true, &mut |progress| say(&progress))?;
    }
    finish(context, wished, &plan)
}

/// The plan that the machine as it is now gives, if it is the one of the file.
fn from_file(context: &Context, file: &str) -> Result<(Wished, Plan)> {
    let bytes =
        read_user_file(file.into(), MAX_PLAN)?.ok_or_else(|| anyhow!("there is no file {file}"))?;
    agreed(context, &saved(file, &bytes)?)
}

/// Makes the plan anew from what was asked for in the saved one, which has to be equal to it.
pub(super) fn agreed(context: &Context, plan: &Plan) -> Result<(Wished, Plan)> {
    let profile = read::<Profile>(&plan.profile, plan.wish.as_bytes())
        .map_err(crate::shipped::LoadError::Faults)?;
    let mut wished = Wished::of(context, profile, plan.profile.clone())?;
    wished.takes.clone_from(&plan.takes);
    wished.adopt.clone_from(&plan.adopt);
    wished.facts.host.own.draw(plan.drawn.as_deref());
    wished.onto_existing = plan.onto_existing;
    let now = wished.plan()?;
    apply::unchanged(plan, &now)?;
    Ok((wished, now))
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
            "another profile is recorded in /etc/zbay/profile.yaml, so nothing was written\n\
             do this  compare the two, then `{command} --replace-profile`"
        );
    }
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask on, so nothing was written\ndo this  `{command} --yes`");
    }
    let mut err = console::err();
    let text = shown.map_or_else(|| render::plan::before_asking(plan), |text| format!("{text}\n"));
    let _ = write!(err, "{text}do this? type yes: ");
    let _ = err.flush();
    let line = short_line(std::io::stdin().lock())?.unwrap_or_default();
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

/// Looks again and reports what there is.
fn finish(context: &Context, wished: Wished, plan: &Plan) -> Result<Answer> {
    Ok(finished(context, wished, plan)?.0)
}

/// The same, and what still differs.
pub(super) fn finished(
    context: &Context,
    wished: Wished,
    plan: &Plan,
) -> Result<(Answer, Vec<Drift>)> {
    let again = wished.again(context)?;
    let left = again.drift();
    let mut text = format!("done: {} of {} steps\n", plan.steps.len(), plan.steps.len());
    let command = plan.typed(context.common.hw.as_deref());
    text.push_str(&render::plan::drift(&plan.pool, &left, &[], &command));
    text.push_str(&render::plan::compared(plan, &again.inventory));
    let json = report(plan, &command, &left, true);
    let answer = Answer { text, json, status: u8::from(!left.is_empty()) };
    Ok((answer, left))
}

/// What was done to make the machine as its profile says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Applied {
    /// The plan that was carried out.
    plan: render::json::plan::Plan,
    /// What still differs from the profile.
    drift: Vec<Finding>,
}

/// The answer after a plan that `command` carries out: what was done, and what is left.
pub(super) fn report(
    plan: &Plan,
    command: &str,
    left: &[Drift],
    is_changed: bool,
) -> serde_json::Value {
    let shown = render::json::plan::Plan::of(plan, command);
    let body = Applied { plan: shown, drift: differences(left, command) };
    changed(&plan.notes, is_changed, body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Plan, Wished, agreed, report, saved};
    use crate::cli::Common;
    use crate::cmd::Context;
    use crate::domain::{Drift, host, storage};
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{Bytes, FILES, Recording};
    use crate::render::json::Shape;
    use crate::step::Danger;

    fn on(machine: Recorded) -> Context {
        let common = Common::default();
        Context { machine: Box::new(machine), common }
    }

    fn seed() -> Context {
        on(Recorded::embedded("gen8-seed").unwrap().unwrap())
    }

    fn planned(context: &Context) -> Plan {
        Wished::load(context, Some("gen8-seed")).unwrap().plan().unwrap()
    }

    #[test]
    fn what_was_done_is_as_its_schema_says() {
        let plan = planned(&seed());
        let judge = |shape: Shape| jsonschema::validator_for(&shape.schema()).unwrap();
        let missing = storage::Drift::PoolMissing { pool: plan.pool.clone() };
        let left = [Drift::Host(host::Drift::NoHostid), Drift::Storage(missing)];
        let mut answer = report(&plan, "zbay apply gen8-seed", &left, true);
        for row in [&super::ROW, &crate::cmd::firstboot::ROW] {
            assert!(judge(row.answers[0]).is_valid(&answer), "{answer:#}");
        }
        assert_eq!(answer["changed"], json!(true));
        assert_eq!(answer["drift"][0]["command"], json!("zbay apply gen8-seed"));
        assert_eq!(answer["drift"][1]["severity"], json!("wrong"));
        answer["plan"]["steps"][0]["before"] = json!([]);
        assert!(!judge(super::ROW.answers[0]).is_valid(&answer), "what it checks is its own");
    }

    /// What comes of a saved plan: the plan that is shown and carried out, or why none is.
    fn comes_of(context: &Context, file: &Value) -> Result<Plan, String> {
        let plan = saved("plan.json", &serde_json::to_vec(file).unwrap());
        let agreed = plan.and_then(|plan| agreed(context, &plan));
        agreed.map(|(_, now)| now).map_err(|why| crate::fault::chain(&why))
    }

    /// Every place in a value that can be changed: the path to it.
    fn places(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), all));
            }
            Value::Array(list) => list
                .iter()
                .enumerate()
                .for_each(|(index, value)| places(value, &format!("{at}/{index}"), all)),
            _ => {}
        }
    }

    /// Changes one place: to a value of the same kind, to none, or to one of another place.
    fn edit(value: &Value, how: u8, other: &Value) -> Value {
        match (value, how % 4) {
            (Value::String(text), 0) => json!(format!("{text}x")),
            (Value::Number(number), 0) => json!(number.as_u64().unwrap_or(0) ^ 1),
            (Value::Bool(is), 0) => json!(!is),
            (Value::Array(list), 0) => json!(list.iter().skip(1).collect::<Vec<_>>()),
            (Value::Array(list), 1) => json!(list.iter().chain(list.first()).collect::<Vec<_>>()),
            (_, 0 | 1) => Value::Null,
            (_, 2) => json!("\u{1b}[2J/bin/sh"),
            _ => other.clone(),
        }
    }

    #[test]
    fn a_plan_that_was_edited_is_refused_or_changes_nothing() {
        let context = seed();
        let honest = planned(&context);
        let file = serde_json::to_value(&honest).unwrap();
        assert_eq!(comes_of(&context, &file).unwrap(), honest);
        let mut all = Vec::new();
        places(&file, "", &mut all);
        // What was asked for is the file's, and makes the plan anew; else everything is of the machine as it is now.
        let given = ["/profile", "/adopt"];
        let (mut refused, mut the_same) = (0, 0);
        for at in all.iter().filter(|at| !at.is_empty()) {
            for how in 0..4 {
                let mut edited = file.clone();
                let value = edited.pointer_mut(at).unwrap();
                *value = edit(value, how, &json!([]));
                if edited == file {
                    continue;
                }
                match comes_of(&context, &edited) {
                    Err(_) => refused += 1,
                    Ok(now) if given.iter().any(|given| at.starts_with(given)) => {
                        assert_eq!(
                            (&now.steps, &now.disks),
                            (&honest.steps, &honest.disks),
                            "{at}"
                        );
                    }
                    Ok(now) => {
                        assert_eq!(now, honest, "{at} {how}");
                        the_same += 1;
                    }
                }
            }
        }
        assert!(refused > 500 && the_same > 50, "{refused} {the_same}");
    }

    #[test]
    fn the_parts_that_decide_what_is_run_are_never_taken_from_the_file() {
        let context = seed();
        let file = serde_json::to_value(planned(&context)).unwrap();
        let create = |plan: &Value| {
            let steps = plan["steps"].as_array().unwrap();
            steps.iter().position(|step| !step["rehearsal"].is_null()).unwrap()
        };
        let at = format!("/steps/{}", create(&file));
        let shell = json!({"program": "/bin/sh", "args": ["-c", "true"], "limit": {"secs": 9, "nanos": 0}, "cap": 9});
        for (place, value) in [
            ("rehearsal/cmd", shell.clone()),
            ("rehearsal/plain", shell.clone()),
            ("rehearsal/accepted", json!([""])),
            ("rehearsal", Value::Null),
            ("again/settle", shell),
            ("again/said", json!("")),
            ("before", json!([])),
            ("after", json!([])),
            ("danger", json!("harmless")),
            ("changes", json!([])),
        ] {
            let mut edited = file.clone();
            *edited.pointer_mut(&format!("{at}/{place}")).unwrap() = value;
            let said = comes_of(&context, &edited).unwrap_err();
            assert!(said.contains("nothing was written"), "{place}: {said}");
        }
        let mut edited = file.clone();
        edited["title"] = json!("a harmless plan");
        edited["notes"] = json!([]);
        let now = comes_of(&context, &edited).unwrap();
        assert_eq!(
            (now.title.as_str(), now.danger()),
            ("HP ProLiant MicroServer Gen8", Danger::TakesFreeDisks)
        );
    }

    #[test]
    fn kernel_names_of_another_boot_are_no_change() {
        let context = seed();
        let text = serde_json::to_string(&planned(&context)).unwrap();
        let moved = text.replace(r#""name":"sdb""#, r#""name":"sdx""#);
        assert_ne!(text, moved);
        let now = comes_of(&context, &serde_json::from_str(&moved).unwrap()).unwrap();
        assert_eq!(now, planned(&context));
    }

    /// A box that says nothing of itself, which draws another number at each look.
    fn mute(random: &str) -> Context {
        let recorded = Recorded::embedded("gen8-seed").unwrap().unwrap();
        let texts = recorded.recording().texts().unwrap();
        let find = |name: &str| {
            assert!(FILES.contains(&name));
            Ok(texts.iter().find(|(file, _)| *file == name).map(|(_, text)| text.clone()))
        };
        let mut recording = Recording::parse("mute", find).unwrap();
        let none = crate::machine::recording::Answer::Given(Some(Vec::new()));
        recording.lists.insert("/sys/class/net".into(), none);
        let mut set = |path: &str, text: &str| {
            let answer = crate::machine::recording::Answer::Given(Some(Bytes::of(text.as_bytes())));
            recording.files.insert(path.into(), answer);
        };
        set("/sys/class/dmi/id/product_uuid", "\n");
        set("/sys/class/dmi/id/product_serial", "\n");
        set("/proc/sys/kernel/random/uuid", random);
        on(Recorded::new("mute".to_owned(), recording))
    }

    #[test]
    fn a_hostid_of_chance_is_drawn_once() {
        let first = mute("0f0e0d0c-0b0a-0908-0706-050403020100\n");
        let plan = planned(&first);
        let drawn = plan.drawn.clone().expect("drawn by chance");
        assert_eq!(plan.steps.iter().filter(|step| step.what.contains(&drawn)).count(), 1);
        let later = mute("11111111-2222-3333-4444-555555555555\n");
        assert_ne!(planned(&later).drawn, plan.drawn);
        let file = serde_json::to_value(&plan).unwrap();
        assert_eq!(comes_of(&later, &file).unwrap().drawn, Some(drawn));
        // It is a hostid or nothing, and a box that has numbers of its own takes none.
        for bad in ["00000000", "0f0e0d0", "; reboot", "0F0E0D0C", "\u{e9}\u{e9}\u{e9}\u{e9}"] {
            let mut edited = file.clone();
            edited["drawn"] = json!(bad);
            assert!(comes_of(&later, &edited).is_err(), "{bad}");
        }
        let mut other = serde_json::to_value(planned(&seed())).unwrap();
        other["drawn"] = json!("0badcafe");
        assert!(comes_of(&seed(), &other).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
        #[test]
        fn several_edits_at_once_end_the_same_way(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<prop::sample::Index>()), 1..4)) {
            let context = seed();
            let honest = planned(&context);
            let mut file = serde_json::to_value(&honest).unwrap();
            let mut all = Vec::new();
            places(&file, "", &mut all);
            for (at, how, from) in edits {
                let other = file.pointer(from.get::<String>(&all)).cloned().unwrap_or_default();
                if let Some(value) = file.pointer_mut(at.get::<String>(&all)) {
                    *value = edit(value, how, &other);
                }
            }
            if let Ok(now) = comes_of(&context, &file) {
                prop_assert_eq!((now.steps, now.disks, now.import, now.outlook), (honest.steps, honest.disks, honest.import, honest.outlook));
            }
        }
    }
}
