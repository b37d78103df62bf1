//! How a box is recognised: `match` of `hw/NAME.yaml`.
//!
//! SMBIOS strings are compared whole and to the letter. Some boxes of different make say the same there and are told
//! apart by their processor alone, whose name has its speed and marks around the part that counts: patterns fit that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sure;
use crate::hw::host::Host;

/// SMBIOS strings, trimmed and compared exactly, and the processor; what is left out is not compared.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recognise {
    /// Type 1 manufacturer, as in `/sys/class/dmi/id/sys_vendor`.
    #[serde(default)]
    pub sys_vendor: Option<String>,
    /// Type 1 product name.
    #[serde(default)]
    pub product_name: Option<String>,
    /// Type 2 manufacturer.
    #[serde(default)]
    pub board_vendor: Option<String>,
    /// Type 2 product.
    #[serde(default)]
    pub board_name: Option<String>,
    /// Names of processors, as `model name` in /proc/cpuinfo; a `*` matches any run of characters. One of them must
    /// match. Only together with a string: a processor alone does not identify a server.
    #[serde(default)]
    pub processor: Vec<String>,
    /// How certain this is.
    #[serde(default)]
    pub sure: Sure,
}

impl Recognise {
    /// True if all that is given is the box's own; never true without a string.
    pub fn fits(&self, host: &Host) -> bool {
        let dmi = &host.dmi;
        let pairs = [
            (&self.sys_vendor, &dmi.sys_vendor),
            (&self.product_name, &dmi.product_name),
            (&self.board_vendor, &dmi.board_vendor),
            (&self.board_name, &dmi.board_name),
        ];
        let cpu = host.facts.as_ref().map_or("", |facts| facts.cpu.as_str());
        pairs.iter().any(|(want, _)| want.is_some())
            && pairs.iter().all(|(want, have)| want.is_none() || want == have)
            && (self.processor.is_empty() || self.processor.iter().any(|it| pattern(it, cpu)))
    }
}

/// `*` stands for any run of characters.
pub(super) fn pattern(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            tail.is_empty() || rest.char_indices().any(|(at, _)| self::pattern(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Recognise, pattern};
    use crate::hw::host::{Dmi, Host};
    use crate::machine::HostFacts;

    #[test]
    fn patterns() {
        assert!(pattern("pci-*-usb-*", "pci-0000:00:1d.0-usb-0:1.5:1.0-scsi-0:0:0:0"));
        assert!(!pattern("pci-*-usb-*", "pci-0000:00:1f.2-ata-1"));
        assert!(pattern("pci-0000:00:1f.2-ata-5", "pci-0000:00:1f.2-ata-5"));
        assert!(!pattern("pci-0000:00:1f.2-ata-1", "pci-0000:00:1f.2-ata-10"));
    }

    #[test]
    fn the_processor_tells_boxes_of_one_name_apart() {
        let host = |cpu: &str| Host {
            dmi: Dmi { product_name: Some("Cube".into()), ..Dmi::default() },
            facts: Some(HostFacts { cpu: cpu.into(), ..HostFacts::default() }),
            ..Host::default()
        };
        let one = Recognise {
            product_name: Some("Cube".into()),
            processor: vec!["*N36L*".into(), "*N54L*".into()],
            ..Recognise::default()
        };
        assert!(one.fits(&host("AMD Turion(tm) II Neo N54L Dual-Core Processor")));
        assert!(!one.fits(&host("AMD Turion(tm) II Neo N40L Dual-Core Processor")));
        assert!(!one.fits(&host("")));
        assert!(!one.fits(&Host { facts: None, ..host("") }));
        let processor = Recognise { product_name: None, ..one };
        assert!(!processor.fits(&host("AMD N36L ")), "a processor alone is no box");
    }
}
