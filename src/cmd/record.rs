//! `zbay record DIR`: everything that zbay looks at, for a bug report or a test.

use std::sync::Arc;

use anyhow::{Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{
    Answer, Context, adopt, care, explain, metrics, notify, overview, plan, selftest, status,
    verify,
};

/// A recording that was made.
#[derive(Serialize, JsonSchema)]
struct Recorded {
    /// Its directory.
    dir: String,
}
use crate::cli::Common;
use crate::domain;
use crate::inventory::{Inventory, Want, look, redact};
use crate::machine::disguise::Disguise;
use crate::machine::real::Real;
use crate::machine::record::{self, Record};
use crate::machine::recording::Recording;
use crate::machine::{Machine, keep};
use crate::profile::Profile;
use crate::render::json::{Shape, answer};
use crate::shipped::{self, PROFILES};
use crate::smart::selftest::Kind;
use crate::yaml::read;

/// The command.
pub const ROW: Row = Row {
    name: "record",
    about: "Record this machine for a bug report or a test",
    more: "It records what zbay reads; names, serials and addresses are replaced.",
    group: Group::Hidden,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<RecordArgs>,
    run: Run::Machine(|context, matches| {
        let args: RecordArgs = given(matches)?;
        run(context, &args.dir, args.keep_serials)
    }),
    answers: &[Shape::of::<Recorded>("record")],
    examples: &[],
};

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// A directory to make.
    pub dir: Utf8PathBuf,
    /// Keep all names, serial numbers and addresses as they are, keep it to yourself; otherwise made-up ones take
    /// their places.
    #[arg(long)]
    pub keep_serials: bool,
}

/// Looks at everything that any shipped profile would ask, and saves the answers.
///
/// # Errors
/// The machine cannot be looked at, or the directory cannot be written.
pub fn run(context: &Context, dir: &Utf8Path, keep_serials: bool) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("this machine is already a recording");
    }
    let record = Arc::new(Record::new(Real));
    let inventory = look::look(&record, Want::ALL)?;
    look::look(&record, Want::GLANCE)?;
    shipped::recorded_wish(&record)?;
    for (name, _) in shipped::HW {
        shipped::hw(&record, name)?;
    }
    shipped::recognise(&record, &inventory.host)?;
    for (name, text) in PROFILES {
        shipped::profile(&record, Some(name))?;
        if let Ok(profile) = read::<Profile>(name, text.as_bytes()) {
            domain::look(&record, &profile.value)?;
        }
    }
    commands(&record, &inventory);
    let chance = Real.file("/proc/sys/kernel/random/uuid".into())?.unwrap_or_default();
    let chance = (!keep_serials).then(|| String::from_utf8_lossy(&chance).into_owned());
    let (texts, count) = public(record.recording(), chance.as_deref(), &shared(&inventory))?;
    record::save(dir, texts)?;
    let names = match count {
        0 => "with all real names: keep it to yourself".to_owned(),
        count => format!("{count} names, serial numbers and addresses are made up"),
    };
    let text = format!("recorded in {dir}, {names}: `zbay --machine {dir} plan` works from it\n");
    Ok(Answer { text, json: answer(&[], Recorded { dir: dir.to_string() }), status: 0 })
}

/// What the commands ask beside that, of the recorded profile and the pools: each as for a recorded machine, which changes
/// nothing. One that ends with an error has asked all the same.
fn commands(record: &Arc<Record<Real>>, inventory: &Inventory) {
    let recorded = Common { machine: Some("this one".into()), ..Common::default() };
    let context = Context { machine: Box::new(Arc::clone(record)), common: recorded };
    let wish = || plan::WhichProfile { profile: None };
    let plan_args =
        plan::PlanArgs { wish: wish(), allowed: plan::Allowed::default(), save: None, full: false };
    let looks = notify::NotifyArgs { test: false, metrics: None, dry_run: true };
    let all = status::StatusArgs { pool: None, watch: None };
    let mut ended = vec![
        overview::run(&context),
        status::run(&context, &all),
        plan::run(&context, &plan_args),
        verify::run(&context, &wish()),
        care::run(&context),
        notify::run(&context, &looks),
        metrics::run(&context),
    ];
    for kind in [Kind::Short, Kind::Long] {
        ended.push(selftest::run(&context, &selftest::SelfTestArgs { kind, due: true }));
    }
    for pool in inventory.pools.iter().flatten() {
        let pool = Some(pool.name.clone());
        ended.push(explain::run(&context, pool.as_deref()));
        let only = adopt::AdoptArgs { pool, dry_run: true, yes: false, replace_wish: false };
        ended.push(adopt::run(&context, &only));
    }
    for why in ended.into_iter().filter_map(Result::err) {
        tracing::debug!(%why, "a command of the recording ended");
    }
}

/// World wide names that many units share: they tell nothing of this one, and are a fault that the recording is to show.
fn shared(inventory: &Inventory) -> Vec<String> {
    let flawed = inventory.disks.iter().filter(|disk| !disk.flaws.is_empty());
    flawed.filter_map(|disk| disk.wwn.as_ref().map(ToString::to_string)).collect()
}

/// The texts of a recording that may be given away, and how many names were replaced in it. Without `chance` names stay.
fn public(
    recording: Recording,
    chance: Option<&str>,
    shared: &[String],
) -> Result<(Vec<(&'static str, String)>, usize)> {
    let profile = |text: &str| read("", text.as_bytes()).ok().map(|parsed| parsed.value);
    let recording = keep::kept(recording, &profile);
    let mut disguise = Disguise::default();
    if let Some(chance) = chance {
        disguise = keep::names(&recording, chance, shared);
        for blocks in recording.blocks.values() {
            redact::names(blocks, &mut disguise);
        }
        disguise = disguise.sealed();
    }
    let mut made = keep::disguised(&recording, &disguise);
    for (dev, blocks) in &recording.blocks {
        made.blocks.insert(dev.clone(), redact::kept(blocks, &disguise));
    }
    let texts = made.texts()?.to_vec();
    keep::proved(&texts, &disguise)?;
    Ok((texts, disguise.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{Answer as Given, Bytes, Said};

    const CHANCE: &str = "0b1c2d3e-0000-4000-8000-00000000cafe";

    fn recorded(name: &str) -> Recording {
        let machines = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines");
        let dir = Utf8PathBuf::from(machines).join(name);
        let text = |file: &str| {
            let bytes = Real.file(&dir.join(file)).unwrap();
            Ok(bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
        };
        Recording::parse(name, text).unwrap()
    }

    fn parsed(texts: &[(&'static str, String)]) -> Recording {
        let text = |file: &str| {
            Ok(texts.iter().find(|(name, _)| *name == file).map(|(_, text)| text.clone()))
        };
        Recording::parse("public", text).unwrap()
    }

    /// What a look makes of it, without any name.
    fn seen(recording: Recording) -> String {
        let machine = Recorded::new("box".to_owned(), recording);
        let Ok(inventory) = look::look(&machine, Want::ALL) else { return "no look".to_owned() };
        let mut lines: Vec<String> = inventory
            .disks
            .iter()
            .map(|disk| {
                let owner = disk
                    .contents
                    .as_ref()
                    .map(|contents| format!("{:?}", std::mem::discriminant(&contents.owner)));
                let erase = disk
                    .contents
                    .as_ref()
                    .map(|contents| (contents.erasable, contents.only_table, contents.erase.len()));
                format!(
                    "{} {:?} {owner:?} {erase:?} {} {:?}",
                    disk.name,
                    disk.size,
                    disk.flaws.len(),
                    disk.path
                )
            })
            .collect();
        let pools = inventory
            .pools
            .map(|pools| pools.iter().map(|pool| format!("{:?}", pool.state)).collect::<Vec<_>>());
        lines.push(format!("{pools:?}"));
        lines.join("\n")
    }

    #[test]
    fn what_is_given_away_is_looked_at_as_the_machine_is() {
        for name in ["in-trouble", "every-owner", "gen8-aging", "gen8-asleep", "mixed"] {
            let recording = recorded(name);
            let (texts, count) = public(recording.clone(), Some(CHANCE), &[])
                .unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(count > 9, "{name}: {count} names");
            assert_eq!(seen(recording), seen(parsed(&texts)), "{name}");
        }
    }

    fn said(text: &str) -> Said {
        let (stdout, stderr) = (Bytes::of(text.as_bytes()), Bytes::of(b""));
        Said::Ended { status: 0, stdout, stderr }
    }

    /// A machine whose every answer has something of its owner's in it.
    fn owned() -> Recording {
        let mut it = recorded("in-trouble");
        if let Some(Given::Given(host)) = &mut it.machine.host {
            "annas-nas".clone_into(&mut host.hostname);
        }
        let profile = "# the cellar in Example Street\nhardware: hp-microserver-gen8\npool:\n  name: hoard\n  layout: raidz\n  bays: [1, 2]\n\
            datasets:\n  - name: diaries\n    mountpoint: /srv/secretplace\n    owner: anna\nnotify:\n  mail: anna@example.org\n  url: https://u:pw@ntfy.sh/SECRETTOPIC\n";
        for (path, text) in [
            ("/etc/zbay/profile.yaml", profile),
            ("/hoard/.zbay/profile.yaml", profile),
            (
                "/var/lib/zbay/journal.jsonl",
                "{\"content\":\"https://ntfy.sh/SECRETTOPIC S0LDDRIVE1\"}\n",
            ),
            ("/var/lib/zbay/told.json", "{\"ways\":[\"anna@example.org\"]}"),
            ("/root/.config/anything", "SECRETTOPIC"),
            ("/etc/smartd.conf", "# for Anna\nDEVICESCAN -m anna@example.org,root -M exec /x\n"),
            ("/etc/zfs/zed.d/zed.rc", "ZED_EMAIL_ADDR=\"anna@example.org\"\n"),
            (
                "/etc/passwd",
                "root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000:Anna Example,Room 5:/home/anna:/bin/sh\n",
            ),
            (
                "/var/lib/zbay/history.jsonl",
                "{\"at\":\"2026-01-01T00:00:00Z\",\"serial\":\"S0LDDRIVE1\",\"wwn\":\"0x5000c500aabbcc01\",\"size\":1}\n",
            ),
        ] {
            it.files.insert(path.into(), Given::Given(Some(Bytes::of(text.as_bytes()))));
        }
        it.files.insert(
            "/etc/hostid".into(),
            Given::Given(Some(Bytes::of(&0x5ec2_e7a1_u32.to_le_bytes()))),
        );
        it.lists.insert("/hoard".into(), Given::Given(Some(vec!["diaries".to_owned()])));
        let status = "{\"pools\":{\"hoard\":{\"name\":\"hoard\",\"state\":\"ONLINE\",\"pool_guid\":6286925134088733372,\"vdevs\":{\"hoard\":{\"vdevs\":\
            {\"ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0G0NE\":{\"path\":\"/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0G0NE-part1\",\"guid\":17688908521422225600}}}},\
            \"errors\":[\"/srv/secretplace/divorce.odt\",\"hoard/diaries@friday:/lover.txt\",\"<metadata>:<0x0>\"]}}}";
        let zfs = "{\"datasets\":{\"hoard/diaries\":{\"name\":\"hoard/diaries\",\"pool\":\"hoard\",\"properties\":{\
            \"mountpoint\":{\"value\":\"/srv/secretplace\"},\"com.example:owner\":{\"value\":\"ANNASREMARK\"},\
            \"sharenfs\":{\"value\":\"rw=@203.0.113.7\"},\"comment\":{\"value\":\"ANNASREMARK\"},\"compression\":{\"value\":\"lz4\"}}}}}";
        let smart = "{\n  \"serial_number\": \"Z4Z0SMART\",\n  \"wwn\": {\n    \"naa\": 5,\n    \"oui\": 3152,\n    \"id\": 2095820610\n  }\n}\n";
        let import = "   pool: oldhoard\n     id: 9988776655443322110\n  state: ONLINE\n status: The pool was last accessed by attic-pc (hostid=1badb002) at x\n action: The pool must be exported from cellarbox (hostid=2badb003)\n\
            config:\n\n\toldhoard  ONLINE\n\t  nvme-Samsung_SSD_970_EVO_Plus_1TB_S4EWNX0R123456  ONLINE\n";
        for (command, text) in [
            ("zpool status -x", status),
            ("zfs get all", zfs),
            ("smartctl -x /dev/sdq", smart),
            ("zpool import", import),
        ] {
            it.commands.insert(command.to_owned(), said(text));
        }
        it
    }

    #[test]
    fn nothing_of_the_owners_is_given_away() {
        let (texts, _) = public(owned(), Some(CHANCE), &[]).unwrap();
        let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        for name in [
            "annas-nas",
            "cellar",
            "hoard",
            "diaries",
            "secretplace",
            "anna@",
            "Anna",
            "anna:",
            "SECRETTOPIC",
            "ntfy",
            "S0LDDRIVE1",
            "5000c500aabbcc01",
            "divorce",
            "lover",
            "friday",
            "WCC7K0G0NE",
            "6286925134088733372",
            "17688908521422225600",
            "ANNASREMARK",
            "203.0.113",
            "Z4Z0SMART",
            "2095820610",
            "9988776655443322110",
            "attic-pc",
            "cellarbox",
            "2badb003",
            "1badb002",
            "S4EWNX0R123456",
            "a1e7c25e",
            // A LUKS header in blocks.json.
            "4c554b53babe",
        ] {
            assert!(
                !all.contains(name),
                "{name}: {:?}",
                all.match_indices(name)
                    .map(|(at, _)| &all[at.saturating_sub(60)..(at + 60).min(all.len())])
                    .next()
            );
        }
        // What the readers need is there.
        for name in [
            "<metadata>:<0x0>",
            "lz4",
            "hp-microserver-gen8",
            "DEVICESCAN -m someone,root",
            "WDC_WD40EFRX-68N32N0_WD-",
            "Samsung_SSD_970_EVO_Plus_1TB_",
            "\"oui\": 3152",
        ] {
            assert!(all.contains(name) || all.contains(&name.replace('"', "\\\"")), "{name}");
        }
    }

    #[test]
    fn a_name_that_would_be_left_is_a_refusal() {
        let mut it = owned();
        it.commands.insert("zfs list".to_owned(), said("see https://example.org/x\n"));
        let error = public(it, Some(CHANCE), &[]).unwrap_err().to_string();
        assert!(error.contains("an address of the net in commands.json"), "{error}");
    }
}
