//! Whether a file may decide what root does.
//!
//! As sshd(8) asks it of a user's keys: the file and every directory above it belong to root, or to whoever called sudo, and
//! nobody else may write to them. Else someone else has the say: he writes `autoreplace: on`, or puts another plan in its
//! place. A directory with the sticky bit, as /tmp, lets nobody rename what is another's.
#![allow(clippy::disallowed_methods)] // beside `local`: files that a user names

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use nix::unistd::geteuid;

use super::{CHMOD, CHOWN, Cmd};

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// The file.
    pub file: Utf8PathBuf,
    /// What is open to others: it, or a directory above it.
    pub at: Utf8PathBuf,
    /// In words.
    pub why: String,
    /// What mends it, as it is typed.
    pub remedy: String,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file == self.at {
            write!(f, "{} {}", self.file, self.why)
        } else {
            write!(f, "{} lies in {}, which {}", self.file, self.at, self.why)
        }
    }
}

impl std::error::Error for Untrusted {}

/// Users whose word is root's: root, whoever runs this, and who called sudo.
fn owners() -> BTreeSet<u32> {
    let mut owners = BTreeSet::from([0, geteuid().as_raw()]);
    if geteuid().is_root() {
        owners.extend(std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse::<u32>().ok()));
    }
    owners
}

/// Nothing is the matter with a file, or it is not there.
///
/// # Errors
/// The first of the file and the directories above it that somebody else has the say over.
pub fn trusted(file: &Utf8Path) -> Result<(), Box<Untrusted>> {
    let owners = owners();
    let whole = camino::absolute_utf8(file).unwrap_or_else(|_| file.to_owned());
    // As it was named, and where it leads: a link is as good as the directory that it is in.
    let leads = whole.canonicalize_utf8().ok().filter(|leads| *leads != whole);
    for path in std::iter::once(&whole).chain(&leads) {
        for at in path.ancestors() {
            judge(file, at, &owners)?;
        }
    }
    Ok(())
}

fn judge(file: &Utf8Path, at: &Utf8Path, owners: &BTreeSet<u32>) -> Result<(), Box<Untrusted>> {
    let found = match fs::metadata(at) {
        Ok(found) => found,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(());
        }
        // Whoever may not look is not root.
        Err(_) => return Ok(()),
    };
    let no = |why: String, remedy: Cmd| {
        let (file, at) = (file.to_owned(), at.to_owned());
        Err(Box::new(Untrusted { file, at, why, remedy: remedy.to_string() }))
    };
    if !owners.contains(&found.uid()) {
        let why = format!("belongs to another user (uid {})", found.uid());
        return no(why, Cmd::new(CHOWN, ["root:root", at.as_str()]));
    }
    let sticky = found.is_dir() && found.mode() & 0o1000 != 0;
    if found.mode() & 0o022 != 0 && !sticky {
        let why = format!("can be written by others (mode {:o})", found.mode() & 0o7777);
        return no(why, Cmd::new(CHMOD, ["go-w", at.as_str()]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use camino::Utf8PathBuf;
    use nix::unistd::{Uid, chown, geteuid};

    use super::{judge, trusted};

    fn mode(path: &camino::Utf8Path, mode: u32) {
        set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_file_and_all_above_it_are_for_nobody_else_to_write() {
        let guard = tempfile::tempdir().unwrap();
        let dir = Utf8PathBuf::from_path_buf(guard.path().canonicalize().unwrap()).unwrap();
        let (above, file) = (dir.join("above"), dir.join("above/plan.json"));
        create_dir(&above).unwrap();
        write(&file, "x").unwrap();
        mode(&above, 0o755);
        mode(&file, 0o644);
        assert_eq!(trusted(&file), Ok(()), "below /tmp, which is sticky");
        assert_eq!(trusted(&dir.join("none")), Ok(()));
        for (what, path, open, closed) in [
            ("file", &file, 0o664, 0o644),
            ("file", &file, 0o602, 0o600),
            ("dir", &above, 0o777, 0o755),
            ("dir", &above, 0o775, 0o755),
        ] {
            mode(path, open);
            let why = trusted(&file).expect_err(what);
            assert_eq!((&why.at, &why.file), (path, &file));
            assert_eq!(why.remedy, format!("chmod go-w {path}"));
            assert!(why.to_string().contains("can be written by others"), "{why}");
            mode(path, closed);
        }
        mode(&above, 0o1777);
        assert_eq!(trusted(&file), Ok(()), "nobody renames another's file there");
        // A link is judged where it is and where it leads.
        let (open, link) = (dir.join("open"), dir.join("open/link.json"));
        create_dir(&open).unwrap();
        symlink(&file, &link).unwrap();
        mode(&open, 0o777);
        assert_eq!(trusted(&link).unwrap_err().at, open);
        mode(&open, 0o755);
        assert_eq!(trusted(&link), Ok(()));
        mode(&file, 0o666);
        let why = trusted(&link).unwrap_err();
        assert!(why.at == file || why.at == link, "chmod follows it: {why:?}");
    }

    #[test]
    fn what_somebody_else_owns_takes_his_word() {
        if !geteuid().is_root() {
            return; // only root gives files away
        }
        let guard = tempfile::tempdir().unwrap();
        let file = Utf8PathBuf::from_path_buf(guard.path().join("it's.yaml")).unwrap();
        write(&file, "x").unwrap();
        chown(file.as_std_path(), Some(Uid::from_raw(65534)), None).unwrap();
        let why = trusted(&file).unwrap_err();
        assert!(why.to_string().ends_with("belongs to another user (uid 65534)"), "{why}");
        assert!(
            why.remedy.starts_with("chown root:root '/") && why.remedy.contains("it'\\''s"),
            "{}",
            why.remedy
        );
        // Whoever called sudo has root's word already.
        assert_eq!(judge(&file, &file, &[0, 65534].into()), Ok(()));
    }
}
