//! `show hw --vdev-id`: the bays as OpenZFS's `vdev_id.conf` has them, for names such as /dev/disk/by-vdev/bay1.

use std::fmt::Write as _;

use crate::check::machine::assumed_bays;
use crate::hw::Hw;
use crate::words;

/// The file.
pub fn render(hw: &Hw) -> String {
    let mut out =
        format!("# {}: bays by port, for /etc/zfs/vdev_id.conf\n", words::plain(&hw.title));
    out.push_str(
        "# then: udevadm trigger --subsystem-match=block; names stand in /dev/disk/by-vdev\n",
    );
    let assumed = assumed_bays(hw);
    if !assumed.is_empty() {
        let bays = words::bays(&assumed);
        let _ = writeln!(
            out,
            "# the order of {bays} is assumed: compare serials before you trust a name"
        );
    }
    for bay in &hw.bays {
        let port = bay.port.trim_end_matches(".0");
        let _ = writeln!(out, "alias bay{} /dev/disk/by-path/{port}", bay.bay);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::render::fixture::hw;

    #[test]
    fn each_bay_is_an_alias_of_its_port() {
        let text = render(&hw("hp-microserver-gen8"));
        let aliases: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(aliases.len(), 4);
        assert_eq!(aliases[0], "alias bay1 /dev/disk/by-path/pci-0000:00:1f.2-ata-1");
        assert!(text.contains("the order of bays 1-4 is assumed"), "{text}");
        assert_eq!(
            render(&hw("4u-24bay")).lines().filter(|it| it.starts_with("alias")).count(),
            24
        );
    }
}
