//! `zbay record DIR`: everything that zbay looks at, for a bug report or a test.

use std::sync::Arc;

use anyhow::{Result, bail};
use camino::Utf8Path;
use serde_json::json;

use super::{
    Answer, Context, adopt, care, explain, notify, overview, plan, selftest, status, verify,
};
use crate::care::selftest::Kind;
use crate::cli::{Common, Notify, Plan, Wish};
use crate::inventory::{Inventory, Want, look};
use crate::machine::Machine;
use crate::machine::disguise::Disguise;
use crate::machine::real::Real;
use crate::machine::record::Record;
use crate::plan::system;
use crate::profile::Profile;
use crate::render::json::answer;
use crate::shipped::{self, PROFILES};
use crate::yaml::read;

/// Looks at everything that any shipped profile would ask, and saves the answers.
///
/// # Errors
/// The machine cannot be looked at, or the directory cannot be written.
pub fn run(context: &Context, dir: &Utf8Path, keep_serials: bool) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("a recorded machine is recorded already");
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
            system::look(&record, &profile.value)?;
        }
    }
    commands(&record, &inventory);
    let disguise = if keep_serials { Disguise::default() } else { disguise(&inventory)? };
    record.save(dir, &disguise)?;
    let names = match disguise.len() {
        0 => "serial numbers and addresses are as they are".to_owned(),
        count => format!("{count} serial numbers and addresses are made up"),
    };
    let text = format!("recorded in {dir}, {names}: `zbay --machine {dir} plan` works from it\n");
    Ok(Answer { text, json: answer(&[], json!({ "dir": dir })), status: 0 })
}

/// What the commands ask beside that, of the recorded wish and the pools: each as for a recorded machine, which changes
/// nothing. One that ends with an error has asked all the same.
fn commands(record: &Arc<Record<Real>>, inventory: &Inventory) {
    let recorded = Common { machine: Some("this one".into()), hw: None, json: false, verbose: 0 };
    let context = Context { machine: Box::new(Arc::clone(record)), common: recorded };
    let wish = || Wish { profile: None };
    let plan_args = Plan { wish: wish(), take: Vec::new(), adopt: None, save: None, full: false };
    let looks = Notify { test: false, metrics: None, dry_run: true };
    let all = status::StatusArgs { pool: None, watch: None };
    let mut ended = vec![
        overview::run(&context),
        status::run(&context, &all),
        plan::run(&context, &plan_args),
        verify::run(&context, &wish()),
        care::run(&context),
        notify::run(&context, &looks),
        notify::metrics(&context),
    ];
    for kind in [Kind::Short, Kind::Long] {
        ended.push(selftest::run(&context, &selftest::SelfTestArgs { kind, due: true }));
    }
    for pool in inventory.pools.iter().flatten() {
        let pool = Some(pool.name.clone());
        ended.push(explain::run(&context, pool.as_deref()));
        let only = adopt::AdoptArgs { pool, plan: true, yes: false, replace_wish: false };
        ended.push(adopt::run(&context, &only));
    }
    for why in ended.into_iter().filter_map(Result::err) {
        tracing::debug!(%why, "a command of the recording ended");
    }
}

/// What tells this machine from others.
fn disguise(inventory: &Inventory) -> Result<Disguise> {
    let chance = Real.file("/proc/sys/kernel/random/uuid".into())?.unwrap_or_default();
    let chance = String::from_utf8_lossy(&chance).into_owned();
    let disks = &inventory.disks;
    let serials = disks.iter().filter_map(|disk| disk.serial.as_ref().map(ToString::to_string));
    let dmi = &inventory.host.dmi;
    let serials: Vec<String> = serials.chain(dmi.product_serial.clone()).collect();
    // One that many units share tells nothing of this one, and is a fault that the recording shall show.
    let sound = disks.iter().filter(|disk| disk.flaws.is_empty());
    let wwns = sound.filter_map(|disk| disk.wwn.as_ref().map(ToString::to_string));
    let digits = |wwn: String| {
        let digits = wwn.trim_start_matches("eui.").trim_start_matches("0x").to_owned();
        // The first digit is the kind of name, the next six are the maker's.
        (digits, 7)
    };
    let uuid = dmi.product_uuid.clone().map(|uuid| (uuid, 0));
    let macs = inventory.host.nics.iter().map(|nic| (nic.mac.clone(), 8));
    let numbers: Vec<(String, usize)> = wwns.map(digits).chain(uuid).chain(macs).collect();
    Ok(Disguise::new(&chance, &serials, &numbers))
}
