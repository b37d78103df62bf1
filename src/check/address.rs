//! Web addresses of notices: a secret that travels where everybody on the way reads it.

use std::net::IpAddr;

use super::{Note, Rule, Severity};
use crate::profile::notify::WebHook;

/// A part of a path that is as long as this is made by chance: a token.
const TOKEN: usize = 16;
/// Names that lead nowhere outside the own network (RFC 6762, RFC 8375, and what home routers give).
const OWN: [&str; 5] = [".local", ".home.arpa", ".internal", ".lan", ".localhost"];

/// A warning where an address of plain http holds what looks like a secret, and its host is neither this machine nor of a
/// private network. Nothing of the address is in it. `at` is the profile's key.
pub fn in_clear(at: &str, url: &WebHook) -> Option<Note> {
    let url = url.to_string();
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
    let token = || path.split(['/', '?', '#']).any(|part| part.len() >= TOKEN);
    let secret = if !user.is_empty() {
        "a name or a password"
    } else if path.contains('?') {
        "a query string with values"
    } else if token() {
        "a long word that may be a token"
    } else {
        return None;
    };
    if is_own(host) {
        return None;
    }
    Some(Note {
        severity: Severity::Warning,
        rule: Rule::SecretInClear,
        at: at.to_owned(),
        message: format!(
            "the address in `{at}` is plain http and holds {secret}: anyone on the network path \
             can read it"
        ),
        remedy: "use https:// if that server supports it".to_owned(),
        bay: None,
        wwn: None,
    })
}

/// Whether a host, perhaps with a port, is this machine or one of a private network.
fn is_own(host: &str) -> bool {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let name = match bracketed {
        Some((name, _)) => name,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    if let Ok(address) = name.parse::<IpAddr>() {
        return match address.to_canonical() {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
            IpAddr::V6(v6) => {
                v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()
            }
        };
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.') || OWN.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::in_clear;

    #[test]
    fn a_secret_over_plain_http_is_warned_of_and_is_not_in_the_warning() {
        let note = |url: &str| in_clear("notify.url_file", &url.parse().unwrap());
        for url in [
            "http://anna:hunter2@example.org/x",
            "http://push.example.org/message?token=AbC",
            "http://ntfy.sh/3vJ8sQ0pXr5TzW1k",
            "http://8.8.8.8/hook/3vJ8sQ0pXr5TzW1k",
            "http://anna@[2001:db8::1]:8080/x",
            "http://192.168.1.2.example.org/?token=AbC",
            "http://172.32.0.1/?token=AbC",
        ] {
            let note = note(url).unwrap_or_else(|| panic!("{url}"));
            let said = format!("{} {}", note.message, note.remedy);
            for secret in ["hunter2", "anna", "AbC", "3vJ8", "example"] {
                assert!(!said.contains(secret), "{said}");
            }
            assert!(said.contains("https://"), "{said}");
        }
        for url in [
            "https://anna:hunter2@example.org/?token=AbC",
            "http://ntfy.sh/my-nas",
            "http://127.0.0.1:8080/?token=AbC",
            "http://localhost/?token=AbC",
            "http://[::1]:80/?token=AbC",
            "http://10.0.0.2/?token=AbC",
            "http://192.168.1.2:8080/message?token=AbC",
            "http://172.16.9.9/?token=AbC",
            "http://[fd00::5]/?token=AbC",
            "http://gotify:8080/message?token=AbC",
            "http://push.home.arpa/message?token=AbC",
        ] {
            assert_eq!(note(url).map(|note| note.message), None, "{url}");
        }
    }
}
