//! The whole way on another release of OpenZFS: plan, apply, status, show pool, replace, expand, export, import, and what a
//! look knows afterwards. `scripts/test --release 2.3.2` builds a box with it, and `--long` runs it on each
//! (crates/lab/vm-images/appliance/releases); by itself it runs on the usual one.
//!
//! `ZBAY_TO=DIR` keeps a recording of the box: where a release says something in another form, it becomes a recorded machine.

use std::path::Path;
use std::time::Duration;

use zbay_lab::Lab;

use crate::promises::{json, sizes};
use crate::shelf::flat;

const WISH: &str = "hardware: hp-microserver-gen8
controller: ahci
boot: usb
pool:
  name: tank
  layout: raidz
  bays: [1, 2, 3]
  properties: {autoexpand: on}
datasets:
  data: {recordsize: 1M}
  letters: {key_file: /etc/zbay/keys/letters}
care: {scrub: monthly, selftest: off}
";

fn says(lab: &Lab, command: &str, status: i32, words: &[&str]) -> String {
    let ran = lab.sh_within(&format!("zbay {command}"), Duration::from_mins(10), b"");
    let said = flat(&ran);
    if ran.status != status || words.iter().any(|word| !said.contains(word)) {
        let pool = lab.sh("zpool status -v; zpool status -j --json-int").out;
        lab.fail(&format!("`{command}`: {} {}{}\n{pool}", ran.status, ran.out, ran.err));
    }
    said
}

fn intact(lab: &Lab) {
    assert!(lab.ok("cd /tank/data && sha256sum -c /root/sums").contains("one: OK"));
}

#[test]
#[ignore = "long: of use on other releases of OpenZFS; the usual one has all of it elsewhere"]
fn the_whole_way_on_this_release() {
    let mut lab = Lab::new("gen8-4x4tb").with_zbay().booted();
    let release = lab.ok("cat /sys/module/zfs/version; zbay --version; cat /etc/debian_version");
    eprintln!("{release}");
    if let Ok(wanted) = std::env::var("ZBAY_RELEASE") {
        assert!(wanted.is_empty() || release.starts_with(&wanted), "{release}");
    }
    says(&lab, "show disk", 0, &["blank"]);
    says(&lab, "status", 0, &[]);
    lab.push("/root/wish.yaml", WISH);
    says(&lab, "plan /root/wish.yaml", 1, &["create pool tank"]);
    says(&lab, "apply /root/wish.yaml --yes", 0, &["done"]);
    let planned = json(&lab, "plan");
    assert_eq!(planned["plan"]["steps"], serde_json::json!([]), "{planned}");
    says(&lab, "verify", 0, &["match the profile"]);
    says(&lab, "status", 0, &["tank"]);
    says(&lab, "show pool", 0, &["bay 1", "bay 3", "raidz1-0"]);
    let foretold = planned["plan"]["outlook"]["usable"].clone();
    eprintln!("{foretold} {:?}", sizes(&lab, "tank"));
    lab.ok("dd if=/dev/urandom of=/tank/data/one bs=1M count=48 status=none; zpool sync tank; cd /tank/data && sha256sum one > /root/sums");

    // A drive dies and is replaced.
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "NEWTHIRD", 4_000_787_030_016);
    lab.start();
    lab.settled();
    says(&lab, "status", 1, &["tank", "bay 3", "zbay replace 3"]);
    says(&lab, "show pool", 1, &["Z302EXA3"]);
    says(&lab, "verify", 1, &["DEGRADED"]);
    says(&lab, "replace 3 --yes --serial NEWTHIRD", 0, &[]);
    says(&lab, "status", 0, &[]);
    intact(&lab);

    // It grows by the fourth.
    says(&lab, "expand attach 4 --plan", 1, &["bay 4"]);
    says(&lab, "expand attach 4 --yes", 0, &[]);
    lab.ok("zpool wait -t raidz_expand,scrub tank");
    says(&lab, "show pool", 0, &["bay 4"]);
    says(&lab, "status", 0, &[]);
    intact(&lab);

    // It moves: let go, and taken again; over a boot too.
    says(&lab, "export --yes", 0, &["done"]);
    let imported = lab.sh("zbay import --yes");
    assert!(imported.status <= 1, "{}{}", imported.out, imported.err);
    lab.ok("zfs load-key -a; zfs mount -a");
    intact(&lab);
    lab.reboot();
    lab.settled();
    says(&lab, "status", 0, &[]);
    intact(&lab);
    let last = json(&lab, "verify");
    eprintln!("{}", last["drift"]);
    for look in ["care", "explain", "show disk -a", "notify --dry-run", "metrics", "selftest short"]
    {
        let ran = lab.sh(&format!("zbay {look}"));
        assert!(ran.status <= 1, "`{look}`: {}{}", ran.out, ran.err);
    }
    if let Ok(to) = std::env::var("ZBAY_TO") {
        lab.ok("zbay record --keep-serials /root/machine");
        lab.pull("/root/machine", Path::new(&to));
    }
}
