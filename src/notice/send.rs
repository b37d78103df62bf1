//! The ways out: sendmail(8) and one web address through curl(1).
//!
//! What is sent goes by standard input, the address too where it could be a secret: nothing of it is in argv, logs or
//! journals. Each has a limit: a server that hangs keeps nobody waiting, and the notice is sent again at the next look.

use std::time::Duration;

use camino::Utf8PathBuf;

use super::Notice;
use crate::machine::{CURL, Cmd, SENDMAIL};
use crate::profile::notify::{MailTo, Notify, WebHook};
use crate::status::Weight;

/// A server that hangs.
const LIMIT: Duration = Duration::from_secs(40);

/// The system's journal, which gets all that is told, whoever else does.
pub const JOURNAL: &str = "journal";

/// A way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// sendmail(8).
    Mail(MailTo),
    /// A POST to this address.
    Post(WebHook),
    /// A POST to the address that this file holds.
    PostFile(Utf8PathBuf),
}

impl Way {
    /// All that a profile names.
    pub fn all(notify: &Notify) -> Vec<Self> {
        let mail = notify.mail.clone().map(Self::Mail);
        let post = notify.url.clone().map(Self::Post);
        let file = notify.url_file.clone().map(Self::PostFile);
        [mail, post, file].into_iter().flatten().collect()
    }

    /// What its account is kept under: another address is another way.
    pub fn key(&self) -> String {
        match self {
            Self::Mail(to) => format!("mail {to}"),
            Self::Post(url) => format!("post {url}"),
            Self::PostFile(file) => format!("post-file {file}"),
        }
    }

    /// In a sentence, without an address: `mail`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Post(_) | Self::PostFile(_) => "POST",
        }
    }
}

/// One line of plain ASCII, which a header may hold.
fn line(text: &str) -> String {
    let plain = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().map(plain).take(200).collect()
}

/// Printable lines.
fn lines(text: &str) -> String {
    let plain = |c: char| if c == '\n' || c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().map(plain).collect()
}

/// By mail: recipients are read from the message (`-t`), a line with a dot ends nothing (`-i`).
pub fn mail(to: &MailTo, notice: &Notice) -> Cmd {
    let message = format!(
        "To: {to}\nSubject: {}\nContent-Type: text/plain; charset=us-ascii\nAuto-Submitted: auto-generated\n\n{}",
        line(&notice.subject),
        lines(&notice.body)
    );
    let mut cmd = Cmd::new(SENDMAIL, ["-t", "-i"]).within(LIMIT);
    cmd.stdin = Some(message.into_bytes());
    cmd
}

/// By a POST of the text, with ntfy's headers for title and priority, which others ignore.
pub fn post(url: &WebHook, notice: &Notice) -> Cmd {
    let priority = match notice.weight {
        Weight::Wrong => "urgent",
        Weight::Warning => "high",
        Weight::Notice => "default",
    };
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let config = format!(
        "globoff\nurl = \"{url}\"\nheader = \"Title: {}\"\nheader = \"Priority: {priority}\"\nheader = \"Content-Type: text/plain\"\n\
         data-raw = \"{}\"\n",
        quoted(&line(&notice.subject)),
        quoted(&lines(&notice.body))
    );
    // `-q` first: else the settings of whoever runs it are read, a proxy and what is not checked among them.
    let args = [
        "-q",
        "--config",
        "-",
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        "30",
        "--proto",
        "=http,https",
    ];
    let mut cmd = Cmd::new(CURL, args).within(LIMIT);
    cmd.stdin = Some(config.into_bytes());
    cmd
}

/// What a program said, without the address that it was given: it may be a secret, and a piece of it may be enough.
pub fn veiled(url: &WebHook, said: &str) -> String {
    let url = url.to_string();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let user = host.rsplit_once('@').map_or("", |(user, _)| user);
    let words = path.split(['/', '?', '&', '=', '#']).chain(user.split(':'));
    let mut parts: Vec<&str> = [url.as_str(), rest, path, user].into_iter().chain(words).collect();
    parts.retain(|part| part.len() > 3);
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.into_iter().fold(said.to_owned(), |said, part| said.replace(part, "(the address)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            subject: "nas: bay 3 has failed\nBcc: x@y".into(),
            body: "tank is degraded\n\"quoted\" \u{1b}[2J\n".into(),
            weight: Weight::Wrong,
        }
    }

    #[test]
    fn nothing_of_a_notice_is_in_argv_and_no_header_can_be_faked() {
        let mail = mail(&"root".parse().unwrap(), &notice());
        assert_eq!(mail.to_string(), "sendmail -t -i");
        let text = String::from_utf8(mail.stdin.unwrap()).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        assert_eq!(head.lines().nth(1), Some("Subject: nas: bay 3 has failed?Bcc: x@y"));
        assert!(!head.contains("\nBcc:") && !body.contains('\u{1b}'));

        let post = post(&"https://ntfy.sh/secret".parse().unwrap(), &notice());
        assert!(!post.to_string().contains("secret"));
        let text = String::from_utf8(post.stdin.unwrap()).unwrap();
        assert_eq!(text.lines().count(), 6, "{text}");
        assert_eq!(post.args[0], "-q", "before all others, or it means nothing");
        assert!(text.starts_with("globoff\n"), "{text}");
        assert!(
            text.contains("data-raw = \"tank is degraded\\n\\\"quoted\\\" ?[2J\\n\""),
            "{text}"
        );
        assert!(text.contains("Priority: urgent"));
    }

    #[test]
    fn nothing_of_an_address_is_in_what_is_said_of_it() {
        let url = "https://anna:hunter2@ntfy.sh/SECRET/topic?auth=TOKEN#[x]".parse().unwrap();
        for said in [
            "curl: (3) bad range in URL position 25:; https://anna:hunter2@ntfy.sh/SECRET/topic?auth=TOKEN#[x]",
            "curl: (22) /SECRET/topic?auth=TOKEN gave 404",
            "no SECRET for anna, TOKEN; hunter2",
        ] {
            let veiled = veiled(&url, said);
            for secret in ["SECRET", "TOKEN", "hunter2", "anna", "topic"] {
                assert!(!veiled.contains(secret), "{veiled}");
            }
        }
        let said = "curl: (6) Could not resolve host: ntfy.sh";
        assert_eq!(veiled(&url, said), said, "whom it asked is no secret");
    }
}
