//! `zbay-lab box`: makes the files of a virtual box and prints the QEMU command line for it.
//!
//! scripts/vm and scripts/demo start boxes with it, so that no shell script repeats what hw/*.yaml and
//! vm-images/*.yaml say. It prints one argument a line, without the program: no argument holds a newline.
#![allow(clippy::disallowed_methods)] // reads the wish and the box's file, which are the developer's

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use zbay::yaml;
use zbay_lab::files::{create_drives, put, zbay};
use zbay_lab::qemu::qemu_args;
use zbay_lab::recipe::{Accel, Files, VmBox};

/// Arguments of `box`.
#[derive(Clone, Debug, Args)]
pub struct BoxArgs {
    /// A shipped box, or the path of a box's YAML file
    pub name: String,
    /// The box's own directory, made if needed
    #[arg(long)]
    pub dir: Utf8PathBuf,
    /// The appliance: root.img, vmlinuz, initrd.img
    #[arg(long)]
    pub image: Utf8PathBuf,
    /// The port on 127.0.0.1 that leads to the box's ssh
    #[arg(long)]
    pub ssh_port: u16,
    /// KVM instead of translation
    #[arg(long)]
    pub kvm: bool,
    /// This zbay goes into the box
    #[arg(long)]
    pub program: Option<Utf8PathBuf>,
    /// The first-boot unit
    #[arg(long, requires = "program")]
    pub unit: Option<Utf8PathBuf>,
    /// The profile, applied at first boot
    #[arg(long, requires = "unit")]
    pub wish: Option<Utf8PathBuf>,
    /// The drives are there already: only print the command line, and put the program in again
    #[arg(long)]
    pub again: bool,
    /// More kernel arguments
    #[arg(long)]
    pub append: Vec<String>,
}

/// Makes the files (unless they are there already) and prints QEMU's arguments to `out`.
pub fn launch(args: &BoxArgs, out: &mut dyn Write) -> Result<()> {
    let read = |path: &Utf8PathBuf| {
        fs::read_to_string(path).with_context(|| format!("could not read `{path}`"))
    };
    let spec = match VmBox::shipped(&args.name) {
        Some(spec) => spec?,
        None => yaml::read(&args.name, read(&args.name.as_str().into())?.as_bytes())?.value,
    };
    let files = Files {
        dir: args.dir.clone(),
        image: args.image.clone(),
        ssh_port: args.ssh_port,
        processors: 2,
        accel: if args.kvm { Accel::Kvm } else { Accel::Tcg },
        append: args.append.clone(),
    };
    let line = qemu_args(&spec.hw()?, &spec, &files)?;
    let unit = args.unit.as_ref().map(&read).transpose()?.unwrap_or_default();
    let wish = args.wish.as_ref().map(&read).transpose()?;
    let puts = args.program.as_ref().map(|program| zbay(program, &unit, wish.as_deref()));
    let puts = puts.unwrap_or_default();
    if args.again {
        put(&files.drive(spec.boot_drive()?), &files, &puts)?;
    } else {
        create_drives(&spec, &files, &puts)?;
    }
    for argument in line {
        writeln!(out, "{argument}")?;
    }
    Ok(())
}
