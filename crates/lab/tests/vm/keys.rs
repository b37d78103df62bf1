//! Encrypted datasets on real OpenZFS: a key in a file is made with its dataset, opens it at boot and is missed when it is gone;
//! a passphrase is asked for; neither is in anything that zbay writes down.

use zbay_lab::{Lab, Ran};

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");
const KEY: &str = "/etc/zbay/keys/private";
const TYPED: &str = "echo correct horse battery staple | zbay apply --yes";

fn says(lab: &Lab, command: &str, status: i32, words: &[&str]) -> Ran {
    let ran = lab.sh(command);
    assert_eq!(ran.status, status, "`{command}`: {}{}", ran.out, ran.err);
    let flat = format!("{} {}", ran.out, ran.err);
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(flat.contains(word), "`{command}` lacks `{word}`: {}{}", ran.out, ran.err);
    }
    ran
}

#[test]
fn a_key_opens_its_dataset_at_boot_and_is_missed_when_it_is_gone() {
    let more =
        format!("datasets:\n  private: {{key_file: {KEY}}}\n  secret: {{passphrase: ask}}\n");
    let wish = WISH.replace("datasets:\n", &more);
    assert_ne!(wish, WISH);
    let mut lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    lab.ready();
    let get = |lab: &Lab, name: &str| {
        lab.ok(&format!("zfs get -Hp -o value {name} tank/private")).trim().to_owned()
    };
    assert_eq!(get(&lab, "encryption"), "aes-256-gcm");
    assert_eq!(
        lab.ok(&format!("stat -c '%a %s %U' {KEY}; stat -c %a /etc/zbay/keys")),
        "600 64 root\n700\n"
    );
    let key = lab.ok(&format!("cat {KEY}"));
    assert_eq!(lab.ok("grep -rlF \"$(cat /etc/zbay/keys/private)\" /var/lib/zbay /etc/zbay/profile.yaml /tank/.zbay /var/log 2>/dev/null; true"), "");
    assert!(!lab.ok("journalctl --no-pager -o cat").contains(&key), "the key is in the journal");
    // This box's processor has no AES instructions, like the real one's.
    let told = lab.ok("journalctl -u zbay-firstboot --no-pager -o cat");
    assert!(told.contains("AES"), "{told}");
    lab.ok("echo secret words > /tank/private/file; sync; zpool sync tank");

    // Nobody was there to type a passphrase: all but that dataset is there, and it waits.
    assert!(told.contains("tank/secret: `zbay apply` asks for the passphrase"), "{told}");
    says(&lab, "zbay verify", 1, &["tank/secret"]);
    says(&lab, "zbay apply --yes </dev/null", 2, &["no passphrase was given for tank/secret"]);
    says(&lab, "echo short | zbay apply --yes", 2, &["has 5 bytes", "8 to 512"]);
    assert_eq!(lab.sh("zfs list tank/secret").status, 1);
    says(&lab, TYPED, 0, &["done"]);
    let kept = "grep -rl 'horse battery' /var/lib/zbay /etc /tank/.zbay /var/log 2>/dev/null; journalctl --no-pager -o cat | grep -c 'horse battery'; true";
    assert_eq!(lab.ok(kept), "0\n", "the passphrase is written down");
    lab.ok("echo whispered > /tank/secret/file; sync; zpool sync tank");
    says(&lab, "zbay verify", 0, &[]);

    // It is open after a boot, and nothing is done twice.
    lab.stop();
    lab.start();
    lab.settled();
    assert_eq!(lab.ok("cat /tank/private/file"), "secret words\n");
    // The other one is closed until somebody types its passphrase, and no other words open it.
    assert_eq!(lab.sh("test -e /tank/secret/file").status, 1);
    says(&lab, "zbay verify", 1, &["tank/secret", "until its passphrase is typed"]);
    says(&lab, "echo wrong horse battery | zbay apply --yes", 2, &["Incorrect key"]);
    says(&lab, TYPED, 0, &["done"]);
    assert_eq!(lab.ok("cat /tank/secret/file"), "whispered\n");
    says(&lab, "zbay apply --yes", 0, &[]);

    // Its key is gone: told while the data is still open, and after the boot that closed it.
    lab.ok(&format!("mv {KEY} /root/kept; sync"));
    says(&lab, "zbay verify", 1, &["tank/private", "no such file", KEY]);
    lab.stop();
    lab.start();
    lab.settled();
    assert_eq!(get(&lab, "keystatus"), "unavailable");
    assert_eq!(lab.sh("test -e /tank/private/file").status, 1);
    says(&lab, "zbay verify", 1, &["no such file", "put the right key back"]);
    lab.ok(&format!("printf %064d 0 > {KEY}; chmod 600 {KEY}"));
    says(&lab, "zbay verify", 1, &["Incorrect key"]);
    lab.ok(&format!("rm {KEY}; mv /root/kept {KEY}"));
    says(&lab, TYPED, 0, &["done"]);
    assert_eq!(lab.ok("cat /tank/private/file /tank/secret/file"), "secret words\nwhispered\n");
    says(&lab, "zbay verify", 0, &[]);
}
