//! The overview of the article's box before and after its pool, and of boxes where little is known.

use super::{Overview, Wish, render};
use crate::check::machine;
use crate::inventory::Inventory;
use crate::profile::Profile;
use crate::render::fixture::{disk, hw, inventory, unprivileged, with_pool};
use crate::shipped;
use crate::yaml::read;

fn seed() -> Wish {
    let (_, text) = shipped::PROFILES.iter().find(|(name, _)| *name == "gen8-seed").unwrap();
    Wish::Sound(Box::new(read::<Profile>("gen8-seed", text.as_bytes()).unwrap().value))
}

fn shown(name: &str, inventory: &Inventory, wish: Wish) -> (String, bool) {
    let hw = hw(name);
    let notes = machine::all(&hw, name != "generic", inventory);
    let overview = Overview { hw: &hw, inventory, wish, profiles: vec!["gen8-usb-raidz"], notes };
    let text = render(&overview);
    for line in text.lines() {
        assert!(line.len() <= 80 && line.is_ascii() && line.trim_end() == line, "{line}");
    }
    (text, overview.is_well())
}

#[test]
fn before_the_pool() {
    let (text, well) = shown("hp-microserver-gen8", &inventory(), seed());
    println!("{text}");
    assert!(well);
    let (text, well) = shown("hp-microserver-gen8", &with_pool(), seed());
    println!("{text}");
    let (text, well) = shown("generic", &unprivileged(), Wish::None);
    println!("{text}");
    let mut many = inventory();
    many.disks = (0..20_u32)
        .map(|at| {
            disk(
                &format!("sd{at}"),
                "HGST HUS724040ALE641",
                &format!("PK{at}"),
                4_000_787_030_016,
                &format!("pci-0000:0{}:00.0-sas-phy{}-lun-0", at / 8 + 1, at % 8),
            )
        })
        .collect();
    let (text, well) = shown("4u-24bay", &many, Wish::Faulty);
    println!("{text}");
    panic!();
}
