//! `zbay show hw`: the box, as it is described and as it is.

use anyhow::{Result, bail};
use camino::Utf8PathBuf;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, Context, draw, is_bare};
use crate::check::machine;
use crate::hw::Hw;
use crate::inventory::Want;
use crate::paint::Paint;
use crate::render::front::slots;
use crate::render::hw::{KnownBy, Server, json as screen, render};
use crate::render::json::answer;
use crate::render::{svg, vdev_id};
use crate::words::Letters;

/// The server; with `--vdev-id` its bays for OpenZFS.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum HwAnswer {
    /// The server.
    Server(Box<Server>),
    /// With `--vdev-id`: its bays.
    VdevId {
        /// The text of a `vdev_id.conf`.
        vdev_id: String,
    },
}

/// Arguments of `show hw`.
#[derive(Clone, Debug, Args)]
pub struct HwArgs {
    /// Print only the bays, in the format of OpenZFS's `vdev_id.conf`.
    #[arg(long)]
    pub vdev_id: bool,
    /// Also draw the bays into this file; an existing file is replaced.
    #[arg(long, value_name = "FILE", conflicts_with = "vdev_id")]
    pub svg: Option<Utf8PathBuf>,
    /// Only printable ASCII, and no colour.
    #[arg(long)]
    pub ascii: bool,
}

/// The box, or its bays as a `vdev_id.conf`.
pub fn run(context: &Context, args: &HwArgs) -> Result<Answer> {
    let paint = if args.ascii { Paint::NONE } else { Paint::now() };
    let letters = if args.ascii { Letters::Ascii } else { Letters::now() };
    paint.within(|| letters.within(|| shown(context, args)))
}

fn shown(context: &Context, args: &HwArgs) -> Result<Answer> {
    if args.vdev_id {
        let inventory = context.look(Want::IDENTITY)?;
        let hw = context.hw(&inventory.host)?.0.value;
        has_bays(&hw, "--vdev-id")?;
        let text = vdev_id::render(&hw);
        return Ok(Answer {
            json: answer(&[], HwAnswer::VdevId { vdev_id: text.clone() }),
            text,
            status: 0,
        });
    }
    let mut inventory = context.look(Want { smart: true, ..Want::SEEN })?;
    let (hw, known) = context.hw(&inventory.host)?;
    context.remember(&hw.value, &mut inventory);
    let by = KnownBy::of(&hw.value, &inventory.host, context.common.hw.is_some(), known);
    let notes = machine::drives(&hw.value, known, &inventory.disks);
    let mut said = Answer {
        text: render(&hw.value, &hw.file, by, &inventory, Paint::now()),
        json: answer(
            &notes,
            HwAnswer::Server(Box::new(screen(&hw.value, &hw.file, by, &inventory))),
        ),
        status: 0,
    };
    if args.svg.is_some() {
        has_bays(&hw.value, "--svg FILE")?;
    }
    draw(args.svg.as_deref(), &mut said, true, || {
        svg::front(&hw.value.title, &inventory.host.dmi, &slots(&hw.value, &inventory))
    })?;
    Ok(said.hinted(is_bare(known, &inventory.host)))
}

fn has_bays(hw: &Hw, option: &str) -> Result<()> {
    if hw.bays.is_empty() {
        bail!(
            "no description of this server names its bays\ndo this  describe it: `zbay help \
             add-a-box`; or name one: `zbay --hw NAME show hw {option}`"
        );
    }
    Ok(())
}
