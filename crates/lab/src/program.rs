//! The zbay that goes into the boxes.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use camino::Utf8PathBuf;

/// The program as the boxes run it: `ZBAY_PROGRAM`, which scripts/test sets, else what cargo builds with `--profile box`.
/// Cargo is asked once in each run, so that no test ever has an older program than its sources.
///
/// # Panics
/// If it cannot be built.
pub fn program() -> Utf8PathBuf {
    static PROGRAM: OnceLock<Utf8PathBuf> = OnceLock::new();
    let built = || std::env::var("ZBAY_PROGRAM").map_or_else(|_| build(), Utf8PathBuf::from);
    PROGRAM.get_or_init(built).clone()
}

fn build() -> Utf8PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--profile", "box", "--package", "zbay", "--bin", "zbay"]);
    command.args(["--message-format", "json-render-diagnostics"]).current_dir(root);
    let built = command.stderr(std::process::Stdio::inherit()).output().expect("cargo");
    assert!(built.status.success(), "zbay could not be built");
    let text = String::from_utf8_lossy(&built.stdout).into_owned();
    let path = text.lines().rev().find_map(executable);
    path.expect("cargo names what it built")
}

/// The program that a line of cargo's names.
fn executable(line: &str) -> Option<Utf8PathBuf> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["executable"].as_str().map(Utf8PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::executable;

    #[test]
    fn cargo_names_the_program_on_a_line_of_its_own() {
        let lines = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"zbay"},"executable":"/t/box/zbay"}
{"reason":"build-finished","success":true}"#;
        let found: Vec<_> = lines.lines().filter_map(executable).collect();
        assert_eq!(found, ["/t/box/zbay"]);
    }
}
