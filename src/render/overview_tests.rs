//! The overview of the article's box before and after its pool, and of boxes where little is known.

use super::{Overview, Ways, Wish, render};
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
    let ways = Ways {
        zbay: "zbay".to_owned(),
        profile: Some("gen8-usb-raidz"),
        plan: true,
        ..Ways::default()
    };
    let root = inventory.pools.is_ok();
    let overview =
        Overview { hw: &hw, inventory, wish, ways, notes, failing: false, bare: false, root };
    let text = render(&overview);
    for line in text.lines() {
        assert!(line.len() <= 80 && line.is_ascii() && line.trim_end() == line, "{line}");
    }
    (text, overview.is_well())
}

#[test]
fn before_the_pool() {
    let (text, well) = shown("hp-microserver-gen8", &inventory(), seed());
    let wanted = "\
server   HP ProLiant MicroServer Gen8, BIOS J06 04/04/2019, 2 CPUs, 9.7 GiB, ECC
system   Debian GNU/Linux 13, OpenZFS 2.3.9-1, booted from USB, controller in
         AHCI mode

  bay 1  SAMSUNG HD103UJ     1.00 TB  blank
  bay 2  ST2000DM001-1CH164  2.00 TB  blank
  bay 3  ST2000DM001-1ER164  2.00 TB  blank
  bay 4  ST2000DM001-1ER164  2.00 TB  blank
  usb    SAMSUNG HM250HI     0.25 TB  in use: mounted at /, the running system

profile  raidz of bays 1-4 as testpool in /etc/zbay/profile.yaml; that pool is
         not imported
pool     none is imported
notice   the order of the bays is assumed: compare serials (`zbay show disk`)

next     `zbay plan`      what would be done; writes nothing
         `zbay propose`   other layouts for these drives, side by side
         `zbay capacity`  what drives of common sizes would hold
         `zbay show hw`   the server: bays, boot devices, memory
";
    assert_eq!(text, wanted);
    assert!(well);
}

#[test]
fn with_a_pool_that_has_lost_a_drive() {
    let (text, well) = shown("hp-microserver-gen8", &with_pool(), seed());
    for line in [
        "  bay 3  empty\n",
        "1.00 TB  pool testpool (raidz1-0)\n",
        "\npool     testpool DEGRADED, 456K used, 2.55T free\n",
        "\nwarning  testpool is DEGRADED: the drive in bay 3 is missing. No redundancy\n         left: one more failure loses the pool: `zbay status`\n",
        "\nnext     `zbay replace 3`  pool testpool: the drive in bay 3 is missing\n",
        "\n         `zbay verify`     compare the server with its profile\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!well);
}

#[test]
fn where_little_is_known_nothing_is_claimed() {
    let (text, well) = shown("generic", &unprivileged(), Wish::None);
    for line in [
        "  sda  SAMSUNG HD103UJ     1.00 TB  unknown: permission denied, run as root\n",
        "\nprofile  none is recorded\n",
        "\npool     not known: permission denied, run as root\n",
        "\nnotice   no description matches this server",
        "\nnext     `zbay capacity`  what drives of common sizes would hold\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.starts_with("not root contents and health are unknown: `sudo zbay`\n"), "{text}");
    assert!(!text.contains("propose") && !text.contains("zbay plan"), "{text}");
    assert!(!text.contains("blank") && !text.contains("empty"));
    assert!(!well);
}

#[test]
fn twenty_four_bays_share_lines() {
    let mut many = inventory();
    let one = |at: u32| {
        let port = format!("pci-0000:0{}:00.0-sas-phy{}-lun-0", at / 8 + 1, at % 8);
        disk(
            &format!("sd{at}"),
            "HGST HUS724040ALE641",
            &format!("PK{at}"),
            4_000_787_030_016,
            &port,
        )
    };
    many.disks = (0..20).map(one).collect();
    let (text, well) = shown("4u-24bay", &many, Wish::Faulty);
    assert!(text.contains("\n  bays 1-20   20 x HGST HUS724040ALE641  4.00 TB  blank\n"), "{text}");
    assert!(text.contains("\n  bays 21-24  empty\n"), "{text}");
    assert!(text.contains("next     `zbay check /etc/zbay/profile.yaml`  what is wrong"), "{text}");
    assert!(!well);
}
