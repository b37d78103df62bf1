//! Owner and mode of the directory at which a dataset is mounted.
//!
//! The mountpoint may lie below directories of other users: between a look by path and a change by path they can put a
//! link in its place, and root would give them a directory of the system. So the directory is opened once, the kernel
//! tells which mount that is and whether it is its top, and only what was opened is changed.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Error};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};

use camino::{Utf8Path, Utf8PathBuf};
use nix::fcntl::OFlag;
use nix::unistd::{Group, User};

use crate::machine::deadline::Wanted;
use crate::machine::mounts::{Mount, mountinfo};

/// Sets owner (`user:group`) and permission bits, each where it is given.
pub(super) fn set(
    dataset: &str,
    path: &Utf8Path,
    owner: Option<&str>,
    mode: Option<u32>,
    wanted: &Wanted,
) -> io::Result<()> {
    let ids = owner.map(ids).transpose()?;
    let flags = (OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    let dir = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    is_top_of(&dir, dataset)?;
    wanted.check()?;
    if let Some((user, group)) = ids {
        fchown(&dir, Some(user), Some(group))?;
    }
    // After the owner: the kernel takes set-user-ID bits away from what changes hands.
    if let Some(mode) = mode {
        dir.set_permissions(Permissions::from_mode(mode))?;
    }
    dir.sync_all()
}

/// What was opened is the top of this dataset, as it is mounted.
fn is_top_of(dir: &File, dataset: &str) -> io::Result<()> {
    let fd = dir.as_raw_fd();
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}"))?;
    let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok());
    let at = std::fs::read_link(format!("/proc/self/fd/{fd}"))?;
    let at = Utf8PathBuf::from_path_buf(at).map_err(|_| Error::other("it is not UTF-8"))?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    let mounts = mountinfo(&mounts).map_err(Error::other)?;
    let mount = mounts.iter().find(|mount| Some(mount.id) == id);
    is_it(mount, &at, dataset).map_err(Error::other)
}

/// The mount that holds what was opened, and where that is.
fn is_it(mount: Option<&Mount>, at: &Utf8Path, dataset: &str) -> Result<(), String> {
    match mount {
        Some(it) if it.kind == "zfs" && it.source == dataset && it.at == at.as_str() => Ok(()),
        Some(it) => Err(format!(
            "it is not where {dataset} is mounted: it leads to {at}, of {} at {}, so it was left as it is",
            it.source, it.at
        )),
        None => Err(format!("it is not where {dataset} is mounted, so it was left as it is")),
    }
}

/// `anna:staff` or `1000:100` as numbers.
fn ids(owner: &str) -> io::Result<(u32, u32)> {
    let (user, group) = owner.split_once(':').unwrap_or((owner, "root"));
    let none = |kind: &str, name: &str, make: &str| {
        Error::other(format!("there is no {kind} {name}: `{make} {name}` makes one"))
    };
    let uid = match user.parse() {
        Ok(uid) => uid,
        Err(_) => User::from_name(user)?.ok_or_else(|| none("user", user, "adduser"))?.uid.as_raw(),
    };
    let gid = match group.parse() {
        Ok(gid) => gid,
        Err(_) => {
            Group::from_name(group)?.ok_or_else(|| none("group", group, "addgroup"))?.gid.as_raw()
        }
    };
    Ok((uid, gid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Change;
    use crate::machine::Machine;
    use crate::machine::real::Real;

    fn mount(kind: &str, source: &str, at: &str) -> Mount {
        let [kind, source, at] = [kind, source, at].map(str::to_owned);
        Mount { id: 40, device: "0:40".into(), at, kind, source }
    }

    #[test]
    fn only_the_top_of_the_dataset_itself_changes_hands() {
        let path = Utf8Path::new("/srv/anna");
        let there = mount("zfs", "tank/anna", "/srv/anna");
        assert_eq!(is_it(Some(&there), path, "tank/anna"), Ok(()));
        for (mount, at) in [
            (Some(mount("zfs", "tank/other", "/srv/anna")), "/srv/anna"),
            (Some(mount("ext4", "/dev/sda1", "/")), "/etc"),
            (Some(mount("ext4", "tank/anna", "/srv/anna")), "/srv/anna"),
            (Some(mount("zfs", "tank/anna", "/srv/anna")), "/srv/anna/below"),
            (None, "/srv/anna"),
        ] {
            let said = is_it(mount.as_ref(), at.into(), "tank/anna").unwrap_err();
            assert!(said.contains("not where tank/anna is mounted"), "{said}");
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_mountpoint_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        std::fs::create_dir(&victim).unwrap();
        let mode = || std::fs::metadata(&victim).unwrap().permissions().mode() & 0o7777;
        let before = mode();
        let link = dir.path().join("anna");
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        let path = Utf8PathBuf::from_path_buf(link).unwrap();
        let dataset = "tank/anna".to_owned();
        let change = Change::Access { dataset, path, owner: None, mode: Some(0o1777) };
        let said = Real.change(&change).unwrap_err().to_string();
        assert!(said.contains("not where tank/anna is mounted"), "{said}");
        assert_eq!(mode(), before);
    }

    #[test]
    fn users_and_groups_go_by_name_or_number_and_a_stranger_is_named() {
        assert_eq!(ids("root:root").unwrap(), (0, 0));
        assert_eq!(ids("1000:100").unwrap(), (1000, 100));
        let said = ids("nobody-of-this-name:root").unwrap_err().to_string();
        assert!(said.contains("there is no user nobody-of-this-name"), "{said}");
    }
}
