//! `show hw` of the article's box, of 24 bays, of a box that nobody described.

use super::{KnownBy, picture, render};
use crate::inventory::{Dmi, Host};
use crate::render::fixture::{disk, hw, inventory, unprivileged};

#[test]
fn gen8() {
    let text = render(
        &hw("hp-microserver-gen8"),
        "hw/hp-microserver-gen8.yaml",
        KnownBy::Strings,
        &inventory(),
    );
    println!("{text}");
    let text = render(&hw("generic"), "hw/generic.yaml", KnownBy::Nothing, &unprivileged());
    println!("{text}");
    let disks = [disk(
        "sda",
        "HGST HUS724040ALE641",
        "PK2334PAG1R6RT",
        4_000_787_030_016,
        "pci-0000:01:00.0-sas-phy3-lun-0",
    )];
    println!("{}", picture(&hw("4u-24bay"), &disks));
    panic!()
}
