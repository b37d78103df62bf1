//! Where alerts go: `notify:` in a profile.
//!
//! Both ways out are validated where they are parsed, since they reach a program: an address that a mail header holds, and a
//! web address without anything that could be another option. A web address that is a secret lies in a file of mode 0600.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Where alerts are sent. They always go to the journal too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// A mail address, or the name of a local user; sent through sendmail(8).
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub mail: Option<MailTo>,
    /// A web address that accepts text by POST, for example `https://ntfy.sh/TOPIC`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub url: Option<WebHook>,
    /// A file of mode 0600 that holds such an address, if the address is secret.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub url_file: Option<Utf8PathBuf>,
    /// `true` sends a line once a week while everything is healthy. Default: false.
    #[serde(default)]
    pub weekly: bool,
}

impl Notify {
    /// In words: `mail to root`.
    pub fn ways(&self) -> Vec<String> {
        let ways = [
            self.mail.as_ref().map(|to| format!("mail to {to}")),
            self.url.as_ref().map(|url| format!("a POST to {url}")),
            self.url_file.as_ref().map(|file| format!("a POST to the address in {file}")),
        ];
        ways.into_iter().flatten().collect()
    }

    /// Whether anybody beside the journal is told.
    pub fn is_empty(&self) -> bool {
        self.mail.is_none() && self.url.is_none() && self.url_file.is_none()
    }
}

/// A mail address or a local user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MailTo(String);

/// An http or https address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WebHook(String);

/// Why a way out cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// No mail address.
    #[error("`{0}` is neither a mail address nor a user name")]
    Mail(String),
    /// A password in an address that everybody may read.
    #[error(
        "the address holds a name and a password: write it into a file of mode 0600, and name that as `url_file`"
    )]
    Password,
    /// No web address.
    #[error("`{0}` is not a web address: use https://HOST/PATH without spaces and quotes")]
    Url(String),
}

fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_default).collect()
}

impl FromStr for MailTo {
    type Err = NotifyError;

    fn from_str(text: &str) -> Result<Self, NotifyError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
        let user = |user: &str| {
            !user.is_empty()
                && !user.starts_with(['-', '.'])
                && user.len() <= 64
                && user.chars().all(plain)
        };
        let host = |host: &str| {
            !host.is_empty()
                && host.len() <= 253
                && host.split('.').all(|label| {
                    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
                    !label.is_empty() && !label.starts_with('-') && label.chars().all(inside)
                })
        };
        let sound = match text.split_once('@') {
            Some((name, domain)) => user(name) && host(domain),
            None => user(text),
        };
        if sound { Ok(Self(text.to_owned())) } else { Err(NotifyError::Mail(shown(text))) }
    }
}

impl FromStr for WebHook {
    type Err = NotifyError;

    fn from_str(text: &str) -> Result<Self, NotifyError> {
        let text = text.trim();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_graphic() && !"\"'\\`<>{}|^".contains(c);
        let sound = rest.is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with('/')
                && rest.chars().all(plain)
                && text.len() <= 2000
        });
        if sound { Ok(Self(text.to_owned())) } else { Err(NotifyError::Url(shown(text))) }
    }
}

impl fmt::Display for MailTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for WebHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MailTo {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for WebHook {
    /// As a profile holds it, which everybody may read: an address with a password is refused.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let url: Self = String::deserialize(from)?.parse().map_err(serde::de::Error::custom)?;
        let rest = url.0.split_once("://").map_or("", |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains('@') {
            return Err(serde::de::Error::custom(NotifyError::Password));
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_no_place_in_a_profile() {
        let read = |url: &str| serde_json::from_value::<WebHook>(serde_json::json!(url));
        for bad in ["https://anna:hunter2@ntfy.sh/x", "https://token@ntfy.sh", "http://a@b?c"] {
            let said = read(bad).unwrap_err().to_string();
            assert!(said.contains("`url_file`") && !said.contains("hunter2"), "{said}");
            assert!(bad.parse::<WebHook>().is_ok(), "in a file of its own it may");
        }
        assert!(read("https://ntfy.sh/x@y").is_ok());
    }

    #[test]
    fn addresses_that_could_be_something_else_are_refused() {
        for good in ["root", "admin@example.org", "nas+disk@mail.example.org", "a.b"] {
            assert!(good.parse::<MailTo>().is_ok(), "{good}");
        }
        for bad in ["", "-oX", "a b", "a@b\nBcc: c@d", "a@", "@b", "a@-b", "a,b@c", "a@b..c", "x;y"]
        {
            assert!(bad.parse::<MailTo>().is_err(), "{bad:?}");
        }
        for good in ["https://ntfy.sh/zbay", "http://10.0.0.2:8080/x?y=z&a=%20"] {
            assert!(good.parse::<WebHook>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "ntfy.sh/x",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://a b",
            "https://a\"\noutput=/etc/x",
        ] {
            assert!(bad.parse::<WebHook>().is_err(), "{bad:?}");
        }
    }
}
