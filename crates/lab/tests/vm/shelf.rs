//! A box of many small drives, some of them in a pool and the others at hand: pulled while it runs and put back, exchanged
//! by bay, wiped. Nothing waits for a boot.

use zbay_lab::recipe::VmDrive;
use zbay_lab::{Lab, Ran};

/// Nobody's box is recognised by its strings; a person names it.
pub const ZBAY: &str = "zbay --hw 4u-24bay";
/// Bytes of a drive that is smaller than those of the box.
pub const SMALL: u64 = 70_000_000_000;
/// Bytes of one that is larger.
pub const LARGE: u64 = 160_041_885_696;

/// The name of the drive that the box came with in a bay.
pub fn wwn(bay: u8) -> String {
    format!("/dev/disk/by-id/wwn-0x5000c5007a07{bay:04x}")
}

/// What it said, on one line.
pub fn flat(ran: &Ran) -> String {
    format!("{} {}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every byte that was acknowledged is there.
pub fn intact(lab: &Lab, pool: &str, after: &str) {
    let ran = lab.sh(&format!("cd /{pool} && sha256sum -c --quiet /root/{pool}.sums"));
    assert_eq!(ran.status, 0, "{after}: {}{}", ran.out, ran.err);
}

/// Files with known sums, written and on the drives.
pub fn fill(lab: &Lab, pool: &str, mib: u32) {
    lab.ok(&format!(
        "cd /{pool} && for n in 1 2 3 4; do dd if=/dev/urandom of=file$n bs=1M count={} status=none; done; \
         sha256sum file? > /root/{pool}.sums; sync; zpool sync {pool}",
        mib / 4
    ));
}

/// The box with its first drives and no others: each look asks every drive, and QEMU numbers host adapters and their ports
/// by the drives that are there. `change`: some drives are others.
pub fn boxed(count: u8, change: impl Fn(u8, &mut VmDrive)) -> Lab {
    let mut lab = Lab::new("4u-foreign").with_zbay();
    lab.spec.drives.retain(|drive| drive.number() <= count);
    for drive in &mut lab.spec.drives {
        change(drive.number(), drive);
    }
    let lab = lab.boot();
    lab.ok("zgenhostid -f 0badcafe; systemctl enable zfs-import-cache zfs-import.target zfs-mount 2>&1");
    lab
}

/// As if the drive in a bay were pulled while the box runs; ZFS notices when it writes.
pub fn pull(lab: &Lab, pool: &str, bay: u8) {
    lab.ok(&format!(
        "d=$(readlink -f {}); echo 1 > /sys/block/${{d##*/}}/device/delete; date > /{pool}/now; zpool sync {pool}; sleep 1",
        wwn(bay)
    ));
}

/// All drives that were pulled are back.
pub fn put_back(lab: &Lab) {
    lab.ok("for h in /sys/class/scsi_host/host*; do echo '- - -' > $h/scan; done; udevadm settle; sleep 1");
}

/// A drive that is in no pool becomes blank.
pub fn wipe(lab: &Lab, bay: u8) {
    lab.ok(&format!(
        "d={}; udevadm settle; for p in $d-part1 $d-part9; do [ -e $p ] && wipefs -qa $p; done; s=$(blockdev --getsz $d); \
         for at in 0 $((s/2048-40)); do dd if=/dev/zero of=$d bs=1M seek=$at count=42 conv=notrunc status=none 2>/dev/null; done; \
         for i in 1 2 3 4 5; do udevadm settle; blockdev --rereadpt $d 2>/dev/null && break; done; udevadm settle; sync",
        wwn(bay)
    ));
}

/// Refused with these words, and no drive outside of pools has changed by a byte.
pub fn refused(lab: &Lab, command: &str, free: &[u8], words: &[&str]) {
    let of = |lab: &Lab| {
        let mut all = lab.digests();
        all.retain(|bay, _| free.iter().any(|it| it.to_string() == *bay));
        all
    };
    let before = of(lab);
    let ran = lab.sh(&format!("{ZBAY} {command}"));
    assert_eq!(ran.status, 2, "`{command}`: {}{}", ran.out, ran.err);
    for word in words {
        assert!(flat(&ran).contains(word), "`{command}` lacks `{word}`: {}", ran.err);
    }
    lab.ok("sync");
    assert_eq!(of(lab), before, "`{command}` wrote to a drive");
}

/// The serial of the drive in a bay.
pub fn serial(lab: &Lab, bay: u8) -> String {
    lab.drive(&bay.to_string()).serial.clone()
}

/// `ONLINE`, `DEGRADED` ...
pub fn state(lab: &Lab, pool: &str) -> String {
    lab.ok(&format!("zpool list -H -o health {pool}")).trim().to_owned()
}

/// Scrubs, and finds nothing.
pub fn scrubbed(lab: &Lab, pool: &str, after: &str) {
    lab.ok(&format!("zpool scrub -w {pool}"));
    let status = lab.ok(&format!("zpool status {pool}"));
    assert!(status.contains("errors: No known data errors"), "{after}: {status}");
    intact(lab, pool, after);
}
