//! `zbay replace BAY`: shows what would be done, asks once, does exactly that, and watches until the new drive is
//! complete. Interrupted anywhere it goes on when it is typed again: it looks, and does what is still to do.

use anyhow::Result;

use super::task::{Proof, Terms, look_around, perform};
use super::{Answer, Context};
use crate::cli::Replace;
use crate::life::replace::{Request, make};

/// Replaces.
pub fn run(context: &Context, args: &Replace) -> Result<Answer> {
    let scene = look_around(context, "replace", args.plan)?;
    let task = make(&Request {
        hw: &scene.hw,
        inventory: &scene.inventory,
        history: &scene.history,
        wish: scene.wish.as_ref(),
        bay: &args.bay,
        with: args.with.as_ref(),
        member: args.member.as_deref(),
        takes: &args.take,
        unfinished: &scene.unfinished,
    });
    let with = args.with.as_ref().map(|bay| format!(" --with {bay}")).unwrap_or_default();
    let terms = Terms {
        command: &format!("zbay replace {}{with}", args.bay),
        bay: &args.bay.spoken(),
        plan: args.plan,
        yes: args.yes,
        proof: Proof::Serial(args.serial.as_deref()),
        no_wait: args.no_wait,
    };
    perform(context, &scene, task, &terms)
}
