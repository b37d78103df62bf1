//! The steps that make a pool: shared SSDs are cut in two first.

use camino::Utf8PathBuf;

use crate::care::wish;
use crate::domain::storage::steps::access;
use crate::plan::pick::{Picked, Picks};
use crate::plan::reserve;
use crate::profile::property::Setting;
use crate::profile::{Layout, Profile, Uneven};
use crate::step::command::{self, Create};
use crate::step::shape::VdevArgs;
use crate::step::{Condition, Danger, Effect, Fingerprint, Rehearsal, Step, free, run, step};

/// The steps that make the pool: shared SSDs are cut in two first.
pub fn create(profile: &Profile, picks: &Picks<'_>, prints: &[Fingerprint], id: &str) -> Vec<Step> {
    let pool = &profile.pool;
    let address = |pick: &Picked<'_>| pick.disk.address.clone().unwrap_or_default();
    let shared: Vec<Picked<'_>> = picks
        .log
        .iter()
        .filter(|pick| picks.cache.iter().any(|c| c.bay == pick.bay))
        .copied()
        .collect();
    let is_shared = |pick: &Picked<'_>| shared.iter().any(|other| other.bay == pick.bay);
    let aux = |picks: &[Picked<'_>], number: u8| -> Vec<Utf8PathBuf> {
        let part = |pick: &Picked<'_>| {
            let whole = address(pick);
            if is_shared(pick) { command::part(&whole, number) } else { whole }
        };
        picks.iter().map(part).collect()
    };
    let mut steps = Vec::new();
    let size = pool.log.as_ref().and_then(|log| log.size).unwrap_or_default();
    for pick in &shared {
        let mut cut = step(
            format!(
                "split the SSD in {} in two: {} for the log, the rest for the cache",
                pick.bay.spoken(),
                size.zfs()
            ),
            Effect::Cut,
            Danger::TakesFreeDisks,
            run(command::partition(&address(pick), size.0)),
        );
        cut.before = free(prints, |print| print.address == address(pick));
        steps.push(cut);
    }

    steps.extend(reserve::cut_step(profile, picks, prints));
    let mut settings = vec![
        Setting { name: "ashift".to_owned(), value: picks.ashift(profile).to_string() },
        Setting { name: "comment".to_owned(), value: format!("zbay:{id}") },
    ];
    settings.extend(pool.properties.settings().into_iter().filter(|s| !is_pool_default(s)));
    let device = |pick: &Picked<'_>| reserve::device(profile, &address(pick));
    let devices = |vdev: &Vec<Picked<'_>>| vdev.iter().map(device).collect::<Vec<_>>();
    let kind = pool.layout.vdev_type();
    let mirrored = pool.log.as_ref().is_some_and(|log| log.mirror);
    let log = aux(&picks.log, 1);
    let create = Create {
        name: pool.name.as_str(),
        pool: settings,
        root: root_settings(profile),
        data: picks.data.iter().map(|vdev| VdevArgs { kind, devices: devices(vdev) }).collect(),
        log: if log.is_empty() {
            vec![]
        } else {
            vec![VdevArgs { kind: mirrored.then_some(Layout::Mirror.as_str()), devices: log }]
        },
        cache: aux(&picks.cache, 2),
        spares: picks.spares.iter().map(address).collect(),
    };
    let mut accepted = Vec::new();
    if picks.mixed() {
        accepted.push("contains devices of different sizes".to_owned());
    }
    let uneven = picks.data.windows(2).any(|two| two[0].len() != two[1].len());
    if uneven && pool.uneven_vdevs == Uneven::Accept {
        accepted.push("mismatched replication level".to_owned());
    }
    let count = prints.len();
    let mut make = step(
        format!(
            "create pool {} from {count} drive{}",
            pool.name,
            if count == 1 { "" } else { "s" }
        ),
        Effect::Create,
        Danger::TakesFreeDisks,
        run([create.run(!accepted.is_empty())]),
    );
    // What an earlier step has cut is no longer free; that step has looked.
    let cut = |print: &Fingerprint| pool.reserve.is_some() && print.role == "data";
    let whole = |print: &Fingerprint| shared.iter().all(|pick| address(pick) != print.address);
    make.before = free(prints, |print| whole(print) && !cut(print));
    make.before.push(Condition::PoolAbsent { pool: pool.name.to_string() });
    make.again = Some(command::udev_race());
    let (cmd, plain) = (create.rehearse(), create.run(false));
    make.rehearsal = Some(Rehearsal { cmd, accepted, plain });
    make.changes.extend(access(profile, "", pool.root.access()));
    make.after = vec![Condition::PoolOnline { pool: pool.name.to_string() }];
    steps.push(make);
    steps
}

/// What OpenZFS does by itself: left out of `zpool create`, so that the command stays readable.
fn is_pool_default(setting: &Setting) -> bool {
    [("autoreplace", "off"), ("autotrim", "off"), ("failmode", "wait"), ("compatibility", "off")]
        .contains(&(setting.name.as_str(), setting.value.as_str()))
}

fn root_settings(profile: &Profile) -> Vec<Setting> {
    let pool = profile.pool.name.as_str();
    let default = format!("/{pool}");
    let own = |setting: &Setting| setting.name != "mountpoint" || setting.value != default;
    let care = wish::settings(profile.care).into_iter().filter(|setting| setting.value != "auto");
    profile.pool.root.root_settings(pool).into_iter().filter(own).chain(care).collect()
}
