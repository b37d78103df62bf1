//! `zbay capacity LAYOUT...`: what one pool would give.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use camino::Utf8Path;
use clap::Args;

use crate::capacity::fits::Mix;
use crate::capacity::spec::Named;
use crate::capacity::table::Layout;
use crate::capacity::write::Record;
use crate::capacity::{Capacity, Cut, Drive, Terms, Zfs, of_parts, spec};
use crate::cmd::form::FormArgs;
use crate::cmd::found::Drives;
use crate::cmd::risk_args::case;
use crate::cmd::risk_args::{OddsArgs, PoolArgs};
use crate::cmd::{Answer, Context, draw};
use crate::drive;
use crate::inventory::Want;
use crate::layout::vdevs;
use crate::machine::local::read_user_file;
use crate::profile::Profile;
use crate::render::capacity_of::{Held, Reckoned};
use crate::render::json::answer;
use crate::risk::power::Power;
use crate::risk::{Odds, Vdev, merged};
use crate::shipped;
use crate::units::{Ashift, Bytes};

/// Arguments of `capacity`.
#[allow(clippy::struct_excessive_bools)] // flags are what they are
#[derive(Clone, Debug, Args)]
pub struct CapacityArgs {
    /// The vdevs of one pool: raidz2:6x4TB, mirror:8TB,8TB, draid2:4d:11c:1s:11x16TB, log:mirror:2x100GB; or drives by
    /// the model of one that is here (raidz2:6xST4000VN008), or a profile's name. Without it: a table of drive sizes.
    #[arg(value_name = "LAYOUT", conflicts_with_all = ["sizes", "bays", "layouts"])]
    pub layout: Vec<String>,
    /// Drive sizes as on their labels.
    #[arg(long, value_name = "SIZE,...", value_delimiter = ',', default_value = "3TB,4TB,6TB,8TB")]
    pub sizes: Vec<Bytes>,
    /// Number of bays (default: those of this server).
    #[arg(long, value_name = "N")]
    pub bays: Option<u8>,
    /// Table columns: raidz, raidz2, raidz3, mirrors, stripe.
    #[arg(long, value_name = "LAYOUT,...", value_delimiter = ',')]
    pub layouts: Vec<Layout>,
    /// OpenZFS release (default: the installed one, otherwise 2.3; for the table and `--batch`: 2.3).
    #[arg(long, value_name = "VERSION")]
    pub zfs: Option<Zfs>,
    /// log2 of the smallest write, 9 to 16 (default: 12).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(9..=16))]
    pub ashift: Option<u8>,
    /// How drives are partitioned: linux (`zpool create` gets whole drives), truenas, freebsd, none, reserve=2GiB.
    #[arg(long, value_name = "SCHEME")]
    pub partition: Option<Cut>,
    /// Show how much really fits with records of this size: 512 to 16M, a power of two.
    #[arg(long, value_name = "SIZE", requires = "layout")]
    pub recordsize: Option<Bytes>,
    /// Show how much really fits of a mix of stored block sizes: media, documents, vm, or a file of lines `SIZE COUNT`.
    #[arg(long, value_name = "NAME|FILE", requires = "layout")]
    pub mix: Option<String>,
    /// Show and explain every step from raw drives to usable space.
    #[arg(long, requires = "layout")]
    pub explain: bool,
    /// Risk and money.
    #[command(flatten)]
    pub odds: OddsArgs,
    /// The same, of one pool.
    #[command(flatten)]
    pub pool: PoolArgs,
    /// In which form.
    #[command(flatten)]
    pub form: FormArgs,
    /// Read one pool per line as JSON from standard input and print the results as JSON, in order; exit status 1 if a
    /// line could not be computed (`zbay help capacity`).
    #[arg(long, conflicts_with_all = ["layout", "sizes", "bays", "layouts", "ashift", "csv", "markdown", "svg"])]
    pub batch: bool,
}

/// The longest file of a mix.
const LONGEST_MIX: usize = 1 << 20;

/// What the layouts give together.
pub fn run(context: &Context, args: &CapacityArgs) -> Result<Answer> {
    let (zfs, because) = release(context, args.zfs);
    let ashift = ashift(args);
    let mut cut = args.partition;
    let here = Drives::of(context);
    let mut named = Named::new();
    for word in &args.layout {
        if word.contains(':') {
            named.extend(here.parse(word, ashift)?);
        } else if spec::is_drives(word) {
            bail!(
                "`{word}` names only the drives, and a layout needs a kind too: `zbay capacity \
                 raidz2:{word}`"
            );
        } else {
            let profile = shipped::profile(&*context.machine, Some(word))?.value;
            named.extend(of_profile(
                context,
                word,
                &profile,
                args.ashift.is_some().then_some(ashift),
            )?);
            cut = cut.or(profile.pool.reserve.map(Cut::Reserve));
        }
    }
    let terms = Terms { zfs, cut: cut.unwrap_or_default() };
    let (parts, models): (Vec<_>, Vec<_>) = named.into_iter().unzip();
    let pool = of_parts(&parts, terms)?;
    let mixes = mixes(args)?;
    let mut sizes = BTreeMap::new();
    for drive in parts.iter().flat_map(|part| &part.vdev.leaves) {
        *sizes.entry(drive.bytes).or_insert(0) += 1;
    }
    let odds = odds(context, args, &pool, &models, sizes)?;
    let reckoned = Reckoned { parts, terms, because, pool, mixes, odds };
    let text = if args.form.csv {
        reckoned.sheet().csv()
    } else if args.form.markdown {
        reckoned.sheet().markdown()
    } else {
        let mut text = reckoned.text(args.explain);
        if !args.explain {
            let again = args.layout.join(" ");
            text.push_str(&crate::words::labelled(
                "next",
                &format!("`zbay capacity --explain {again}`"),
            ));
        }
        text
    };
    let mut answer =
        Answer { text, json: answer(&[], Held::Layout(Box::new(reckoned.json()))), status: 0 };
    let is_screen = !args.form.csv && !args.form.markdown;
    draw(args.form.svg.as_deref(), &mut answer, is_screen, || reckoned.picture())?;
    Ok(answer)
}

/// Risk, power and cost of the pool. A spare is as large as the largest drive.
fn odds(
    context: &Context,
    args: &CapacityArgs,
    pool: &Capacity,
    models: &[Vec<Option<String>>],
    mut sizes: BTreeMap<Bytes, u64>,
) -> Result<Odds> {
    let spares = args.pool.spares.unwrap_or(0);
    if let Some(mut largest) = sizes.last_entry() {
        *largest.get_mut() += u64::from(spares);
    }
    let vdevs = pool.vdevs.iter().zip(models);
    let vdevs = merged(vdevs.filter_map(|(vdev, own)| Vdev::of(vdev, args.odds.rate(own))));
    let power = Power::of(sizes.values().sum(), args.pool.watts, case(context));
    let sizes: Vec<(Bytes, u64)> = sizes.into_iter().collect();
    let cost = args.odds.cost(&sizes, pool.usable, args.pool.kwh, &power)?;
    Ok(Odds { vdevs, assumed: args.odds.assumed(spares), power, cost })
}

/// The release that was asked for, else the installed one, else the default.
pub fn release(context: &Context, asked: Option<Zfs>) -> (Zfs, &'static str) {
    if let Some(zfs) = asked {
        return (zfs, "asked");
    }
    let installed = context.look(Want::IDENTITY).ok().and_then(|inventory| inventory.host.zfs);
    match installed.and_then(|version| version.trim().parse().ok()) {
        Some(zfs) => (zfs, "installed"),
        None => (Zfs::default(), "the default"),
    }
}

/// The ashift that was asked for.
pub fn ashift(args: &CapacityArgs) -> Ashift {
    args.ashift.and_then(Ashift::new).unwrap_or(Ashift::DEFAULT)
}

/// What is to be filled in: what was asked for, else records of 1M.
fn mixes(args: &CapacityArgs) -> Result<Vec<Mix>> {
    let mut mixes = Vec::new();
    if let Some(bytes) = args.recordsize {
        mixes.push(Mix::record(Record::new(bytes.0)?));
    }
    if let Some(word) = &args.mix {
        mixes.push(match Mix::named(word) {
            Some(mix) => mix,
            None => match read_user_file(Utf8Path::new(word), LONGEST_MIX)? {
                Some(bytes) => String::from_utf8_lossy(&bytes).parse()?,
                None => bail!(
                    "unknown mix `{word}`: use media, documents, vm, or a file of lines like 128K \
                     40"
                ),
            },
        });
    }
    if mixes.is_empty() {
        mixes.push(Mix::record(Record::new(1 << 20)?));
    }
    Ok(mixes)
}

/// The vdevs of a profile, of the drives that it expects or that are in its bays.
fn of_profile(
    context: &Context,
    name: &str,
    profile: &Profile,
    ashift: Option<Ashift>,
) -> Result<Named> {
    let pool = &profile.pool;
    let ashift = ashift.or(pool.ashift).unwrap_or(Ashift::DEFAULT);
    let expected = pool.expect.as_ref().and_then(|expect| expect.size);
    let mut models: Vec<Vec<Option<String>>> = Vec::new();
    let drives: Vec<Vec<Drive>> = if let Some(label) = expected {
        let drive = Drive::sector_512(spec::drive_bytes(label));
        pool.bays.0.iter().map(|vdev| vec![drive; vdev.len()]).collect()
    } else {
        let inventory = context.look(Want::IDENTITY)?;
        let hw = context.hw(&inventory.host)?.0.value;
        let mut drives = Vec::new();
        for vdev in &pool.bays.0 {
            let (mut leaves, mut own) = (Vec::new(), Vec::new());
            for bay in vdev {
                let here = |disk: &&crate::inventory::Disk| {
                    drive::Drive::of(&hw, disk).bay.as_ref() == Some(bay)
                };
                let Some(disk) = inventory.disks.iter().find(here) else {
                    bail!(
                        "the profile {name} gives no drive size, and {} has no drive here\n\
                         do this  zbay capacity {}:{}x4TB",
                        bay.spoken(),
                        pool.layout,
                        vdev.len()
                    );
                };
                leaves.push(disk.measure());
                own.push(disk.model.clone());
            }
            drives.push(leaves);
            models.push(own);
        }
        drives
    };
    // A stripe becomes a vdev of each drive: models go with the drives, in their order.
    let mut models = models.into_iter().flatten();
    let named = |vdev: crate::capacity::Vdev| {
        let own = vdev.leaves.iter().map(|_| models.next().flatten()).collect();
        (vdev.into(), own)
    };
    Ok(vdevs(pool.layout, &drives, ashift).into_iter().map(named).collect())
}
