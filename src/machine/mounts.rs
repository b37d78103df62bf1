//! What is mounted and what is swapped on: `proc_pid_mountinfo(5)` and `proc_swaps(5)`.
//!
//! A line that does not read is an error with the line in it: a mount that is overlooked is a disk that
//! looks free.

/// A mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What the kernel calls the mount.
    pub id: u64,
    /// `8:1`; major 0 is no block device.
    pub device: String,
    /// Where.
    pub at: String,
    /// `ext4`.
    pub kind: String,
    /// `/dev/sda1`, `tank/data`.
    pub source: String,
}

/// Reads /proc/self/mountinfo.
///
/// # Errors
/// A line that does not read.
pub fn mountinfo(text: &str) -> Result<Vec<Mount>, String> {
    let mount = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ');
        let id = before.next()?.parse().ok()?;
        before.next()?;
        let device = before.next()?;
        let (major, minor) = device.split_once(':')?;
        major.parse::<u32>().ok().zip(minor.parse::<u32>().ok())?;
        let at = before.nth(1)?;
        let mut after = after.split(' ');
        Some(Mount {
            id,
            device: device.to_owned(),
            at: unescape(at),
            kind: after.next()?.to_owned(),
            source: unescape(after.next()?),
        })
    };
    let read = |line| mount(line).ok_or_else(|| format!("mountinfo has the line {line:?}"));
    text.lines().map(read).collect()
}

/// Where something is mounted, from /proc/self/mountinfo.
///
/// # Errors
/// A line that does not read.
pub fn mountpoints(text: &str) -> Result<Vec<String>, String> {
    Ok(mountinfo(text)?.into_iter().map(|mount| mount.at).collect())
}

/// The files and devices of /proc/swaps.
///
/// # Errors
/// A line that does not read.
pub fn swaps(text: &str) -> Result<Vec<String>, String> {
    let mut lines = text.lines();
    let unread = |line: &str| format!("/proc/swaps has the line {line:?}");
    match lines.next() {
        Some(head) if !head.starts_with("Filename") => return Err(unread(head)),
        _ => {}
    }
    let name = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [name, _, _, _, _] if name.starts_with('/') => Ok(unescape(name)),
        _ => Err(unread(line)),
    };
    lines.map(name).collect()
}

/// `\040` and its like: three octal digits.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let byte = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(byte.unwrap_or(b'\\'));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    bytes.extend(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_a_debian_box() {
        let text = "23 26 0:6 / /dev rw,relatime shared:7 - devtmpfs dev rw,size=1483580k\n\
            26 1 8:225 / / rw,noatime shared:1 - ext4 /dev/sdo1 rw\n\
            40 37 0:35 / /tank/my\\040data rw,relatime - zfs tank/my\\040data rw,xattr,noacl\n";
        let mounts = mountinfo(text).unwrap();
        assert_eq!(mounts.len(), 3);
        let expected = ["8:225", "/", "ext4", "/dev/sdo1"].map(str::to_owned);
        let Mount { device, at, kind, source, .. } = mounts[1].clone();
        assert_eq!([device, at, kind, source], expected);
        assert_eq!(mounts[2].at, "/tank/my data");
    }

    #[test]
    fn a_line_that_does_not_read_is_an_error() {
        for line in ["26 1 8:225 / / rw", "26 1 x:y / / rw - ext4 /dev/sda1 rw", "", "a - b"] {
            let error = mountinfo(&format!("{line}\n")).unwrap_err();
            assert_eq!(error, format!("mountinfo has the line {line:?}"));
        }
    }

    #[test]
    fn swaps_without_and_with() {
        let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert_eq!(swaps(head), Ok(vec![]));
        assert_eq!(swaps(""), Ok(vec![]), "a kernel without swap");
        let text =
            format!("{head}/dev/sda2                               partition\t974844\t\t0\t\t-2\n");
        assert_eq!(swaps(&text), Ok(vec!["/dev/sda2".to_owned()]));
        assert!(swaps(&format!("{head}what\n")).is_err() && swaps("what\n").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[ \\\\\\n0-9:/a-z-]{0,120}") {
            let _ = (mountinfo(&text), swaps(&text));
        }
    }
}
