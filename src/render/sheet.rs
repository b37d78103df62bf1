//! Rows of plain values for other programs: comma-separated, or a table of Markdown.
//!
//! Numbers stand as they are, without units or separators, so that a spreadsheet can add them up.

/// A header and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The columns.
    pub header: Vec<&'static str>,
    /// One cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// As RFC 4180 has it, with line feeds.
    pub fn csv(&self) -> String {
        let quoted = |cell: &str| {
            let plain = !cell.contains([',', '"', '\n', '\r']);
            if plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
        };
        self.lines(|cells| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(","))
    }

    /// A Markdown table; what are numbers in the first row stands to the right.
    pub fn markdown(&self) -> String {
        let escaped = |cell: &str| cell.replace('|', "\\|").replace('\n', " ");
        let line = |cells: &[&str]| {
            format!(
                "| {} |",
                cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | ")
            )
        };
        let text = self.lines(line);
        let is_number = |at: usize| {
            let cell = self.rows.first().and_then(|row| row.get(at));
            cell.is_some_and(|cell| cell.parse::<u64>().is_ok())
        };
        let rule = |at| if is_number(at) { "---:" } else { "---" };
        let rule: Vec<&str> = (0..self.header.len()).map(rule).collect();
        let (head, body) = text.split_once('\n').unwrap_or_default();
        format!("{head}\n|{}|\n{body}", rule.join("|"))
    }

    fn lines(&self, line: impl Fn(&[&str]) -> String) -> String {
        let rows = self.rows.iter().map(|row| row.iter().map(String::as_str).collect::<Vec<_>>());
        let all = std::iter::once(self.header.clone()).chain(rows);
        all.fold(String::new(), |out, cells| out + &line(&cells) + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Sheet;

    #[test]
    fn cells_cannot_break_out() {
        let row = ["a, \"b\"".to_owned(), "7".to_owned(), "x|y".to_owned()].to_vec();
        let sheet = Sheet { header: vec!["what", "bytes", "why"], rows: vec![row] };
        assert_eq!(sheet.csv(), "what,bytes,why\n\"a, \"\"b\"\"\",7,x|y\n");
        let wanted = "| what | bytes | why |\n|---|---:|---|\n| a, \"b\" | 7 | x\\|y |\n";
        assert_eq!(sheet.markdown(), wanted);
    }
}
