//! The reference pages of docs/, made from the types: their doc comments are the documentation.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Answer;
use super::json_page;
use super::man;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::schema::run as schema_of;
use super::type_page::{head, schema};
use crate::check::Rule;
use crate::hw::Hw;
use crate::machine::local::write_new_file;
use crate::notice::metrics::{FAMILIES, RENAMED};
use crate::profile::Profile;
use crate::render::json::{Text, answer};
use crate::status::What;

/// The command.
pub const ROW: Row = Row {
    name: "reference",
    about: "Write the reference pages that are made from the types",
    more: "",
    group: Group::Hidden,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<ReferenceArgs>,
    run: Run::Commands(|rows, matches| {
        let args: ReferenceArgs = given(matches)?;
        match &args.dir {
            Some(dir) => manual(rows, dir),
            None => run(rows, &args.page),
        }
    }),
    answers: &[],
    examples: &[],
};

/// Arguments of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// Which: profile, hw, rules, status, json, metrics, capabilities or show-disk.schema; or man, the pages of the manual.
    pub page: String,
    /// Where the pages of the manual are written.
    #[arg(required_if_eq("page", "man"))]
    pub dir: Option<Utf8PathBuf>,
}

/// Writes the pages of the manual into a directory that is there.
fn manual(rows: &[Row], dir: &Utf8Path) -> Result<Answer> {
    let mut text = String::new();
    for (name, page) in man::pages(rows)? {
        write_new_file(&dir.join(&name), &page)?;
        text.extend([name.as_str(), "\n"]);
    }
    Ok(Answer { json: answer(&[], Text { text: text.clone() }), text, status: 0 })
}

/// Writes one page.
///
/// # Errors
/// There is no such page.
pub fn run(rows: &[Row], page: &str) -> Result<Answer> {
    let text = match page {
        "profile" => schema(
            "Profiles",
            "What `profiles/NAME.yaml` and /etc/zbay/profile.yaml may say",
            &schemars::schema_for!(Profile).to_value(),
        ),
        "hw" => schema(
            "Hardware descriptions",
            "What `hw/NAME.yaml` may say",
            &schemars::schema_for!(Hw).to_value(),
        ),
        "rules" => rules(),
        "capabilities" => super::capabilities::page(),
        "status" => status(),
        "json" => json_page::page(rows),
        "metrics" => metrics(),
        "show-disk.schema" => schema_of(rows, &["show".to_owned(), "disk".to_owned()])?.text,
        other => bail!(
            "there is no reference page `{other}`: profile, hw, rules, status, json, metrics, capabilities, show-disk.schema"
        ),
    };
    Ok(Answer { json: answer(&[], Text { text: text.clone() }), text, status: 0 })
}

fn rules() -> String {
    let mut out = head("Rules", "What `zbay check` and every plan look for, and why");
    out.push_str("| rule | why |\n|---|---|\n");
    for (_, id, why) in Rule::ALL {
        let _ = writeln!(out, "| `{id}` | {why} |");
    }
    out
}

fn status() -> String {
    let what = "What `zbay status` says about a pool, what it means, and what to type next";
    let mut out = head("Status", what);
    out.push_str(
        "The most serious comes first, as in this table. `zbay status` exits with 0 if there are \
         only notices, with 1 if something is wrong or there is a warning, and with 2 if ZFS did not answer within 10 seconds.\n\n\
         For a failed drive, a bay is named only if the drive itself (wwn, or model and serial) is found in it, or if ZFS remembers the drive there and no other member is there now. Otherwise its model and serial are named. ZFS keeps reporting ONLINE for members of a suspended pool: there, zbay looks which drives are missing.\n\n\
         ZFS remembers one scan: after a resilver the date of the last scrub is unknown, and zbay says so. For a few seconds after a drive comes back, ZFS shows no sign of the data it is missing: the remaining redundancy is known once ZFS reports the resilver.\n\n\
         For programs a condition is a finding (`zbay help json`): its `id` is the last column, its weight is `severity`, \
         and the others are `summary`, `meaning` and `command`.\n\n\
         | weight | says | means | next | ZFS | in JSON |\n|---|---|---|---|---|---|\n",
    );
    for what in What::ALL {
        let row = what.row();
        let next = if row.next.is_empty() { String::new() } else { format!("`{}`", row.next) };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {next} | {} | `{}` |",
            row.weight.word(),
            row.says,
            row.means,
            row.zfs,
            row.id
        );
    }
    out
}

fn metrics() -> String {
    let what = "The figures of `zbay metrics` and of zbay.prom, for Prometheus";
    let mut out = head("Figures", what);
    out.push_str(
        "A name, its type and its labels do not change; names are added. What is not known is left out: a gap in a curve says \
         so. A label without a value is left out too: not every drive has a bay and a serial. Members are told apart by \
         `guid`, drives by `device`, the kernel's name of this boot. Where the figures go: `zbay help notices`.\n\n\
         | name | type | labels | what |\n|---|---|---|---|\n",
    );
    for family in FAMILIES {
        let labels: Vec<String> =
            family.labels.split_whitespace().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            family.name,
            family.kind,
            labels.join(" "),
            family.help.trim_end_matches('.')
        );
    }
    out.push_str(
        "\n## Renamed\n\nDashboards and alerts that were made earlier may have the names on the left; no version writes \
         both. A label without a value is left out since then, and the `vdev` of a single drive is its class, such as \
         `spare`, not a path.\n\n| earlier | now |\n|---|---|\n",
    );
    for (was, is) in RENAMED {
        let _ = writeln!(out, "| `{was}` | `{is}` |");
    }
    out
}
