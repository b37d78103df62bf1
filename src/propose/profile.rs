//! A layout as a profile, with comments for whoever opens it a year later.
//!
//! What is written passes `zbay check`, says what the layout gives and survives, and names the keys that are worth a
//! thought. Nothing here writes a file.

use std::fmt::Write as _;

use crate::hw::{ControllerMode, Hw};
use crate::inventory::Inventory;
use crate::layout::LITTLE;
use crate::names::{BayId, PoolName};
use crate::profile::Layout;
use crate::propose::Candidate;
use crate::propose::candidate::Remark;
use crate::words::bays;

/// What a profile says beside its layout.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Name of the box's description.
    pub hardware: String,
    /// Mode of the controller as it is; `None`: not known.
    pub controller: Option<ControllerMode>,
    /// Where the system booted from; `None`: not known, or it does not matter.
    pub boot: Option<BayId>,
    /// Name of the pool.
    pub pool: PoolName,
}

impl Frame {
    /// What a machine says of itself, for a pool of this name.
    pub fn of(hw: &Hw, inventory: &Inventory, pool: PoolName) -> Self {
        let boot = inventory.host.boot_disk.as_ref();
        let boot = boot.and_then(|name| inventory.disks.iter().find(|disk| disk.name == *name));
        let seat = boot.and_then(|disk| disk.seat(hw));
        Self {
            hardware: hw.hardware.clone(),
            controller: hw.mode(&inventory.host),
            boot: seat.map(|seat| seat.bay).filter(|_| !hw.is_generic()),
            pool,
        }
    }

    /// A profile as far as its layout.
    pub fn text(&self, layout: Layout, bays: &[Vec<BayId>]) -> String {
        let mut out = format!("hardware: {}\n", self.hardware);
        if let Some(mode) = self.controller {
            let _ = writeln!(out, "controller: {}", mode.to_string().to_lowercase());
        }
        if let Some(boot) = &self.boot {
            let number = boot.as_str().starts_with(|c: char| c.is_ascii_digit());
            let _ = writeln!(out, "boot: {}{boot}", if number { "bay-" } else { "" });
        }
        let _ = writeln!(out, "pool:\n  name: {}\n  layout: {layout}", self.pool);
        let _ = writeln!(out, "  bays:{}", groups(bays));
        out
    }
}

/// The text of the profile.
pub fn text(candidate: &Candidate, frame: &Frame) -> String {
    let mut out = String::new();
    head(candidate, &mut out);
    out.push_str(&frame.text(candidate.layout, &candidate.bays));
    if candidate.mixed {
        let unused = candidate.unused.tb();
        let _ =
            writeln!(out, "  mixed_sizes: waste    # {unused} of the larger drives stay unused");
    }
    let slack = candidate.remarks.iter().find_map(|remark| match remark {
        Remark::LittleSlack { slack } if *slack < LITTLE => Some(*slack),
        _ => None,
    });
    if let Some(slack) = slack {
        let slack = crate::layout::mib(slack);
        let _ = writeln!(
            out,
            "  # A new drive may be at most {slack} smaller than these. This leaves room for\n  # \
             other makers' drives, and has to be decided before the pool is made:\n  # reserve: \
             2GiB"
        );
    }
    out.push_str(
        "\n# Each has its own properties, quota and snapshots; add yours.\n\
         datasets:\n  data: {recordsize: 128K}\n  media: {recordsize: 1M}     # large files\n  \
         backup: {recordsize: 1M}\n",
    );
    out
}

fn head(candidate: &Candidate, out: &mut String) {
    let (from, to) = candidate.resilver_hours;
    let all: Vec<BayId> = candidate.bays.iter().flatten().cloned().collect();
    let _ = writeln!(
        out,
        "# {} over {}: {} usable.",
        candidate.words(),
        bays(&all),
        candidate.usable.tb()
    );
    let _ = writeln!(
        out,
        "# Survives {} drive{}; a resilver of a full one takes {from} to {to} h.",
        candidate.survives,
        if candidate.survives.at_best == 1 { "" } else { "s" }
    );
    for remark in &candidate.remarks {
        if !matches!(remark, Remark::LittleSlack { .. }) {
            let _ = writeln!(out, "# {remark}.");
        }
    }
    let _ = writeln!(out, "# Later: {}.", candidate.growth);
    out.push_str(
        "# Proposed by `zbay propose`. `zbay plan` shows what would be done, `zbay apply` does it.\n",
    );
}

/// ` [1, 2, 3]`, ` [[1, 2], [3, 4]]`; a line for each vdev where they are many.
fn groups(vdevs: &[Vec<BayId>]) -> String {
    let list = |vdev: &Vec<BayId>| {
        let bays: Vec<String> = vdev.iter().map(spelled).collect();
        format!("[{}]", bays.join(", "))
    };
    let lists: Vec<String> = vdevs.iter().map(list).collect();
    match &lists[..] {
        [only] => format!(" {only}"),
        [one, two] if one.len() + two.len() < 60 => format!(" [{one}, {two}]"),
        many => many.iter().fold(String::new(), |out, list| format!("{out}\n    - {list}")),
    }
}

/// A number as it is, a port in quotes.
pub(crate) fn spelled(bay: &BayId) -> String {
    let plain = bay.as_str().chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain { bay.to_string() } else { format!("\"{bay}\"") }
}
