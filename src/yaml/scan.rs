//! Where each scalar of a YAML text stands, in the order of the text.
//!
//! A light pass, not a parser: it knows comments, quotes, flow brackets and the indicators of block
//! collections, and yields one token for each plain or quoted scalar (one for each line of a plain scalar
//! that is folded over lines). Anchors, aliases, tags, block texts, directives and second documents are
//! refused here: no file of ours needs them, and they are what hostile files are made of.

use std::ops::Range;

use crate::fault::Fault;

/// A scalar's place and its raw text, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) span: Range<usize>,
}

/// The deepest nesting of `[` and `{`, and of `- - -` on one line.
const MAX_DEPTH: usize = 32;

pub(super) fn scan(text: &str) -> Result<Vec<Token>, Vec<Fault>> {
    let mut scanner = Scanner { text, at: 0, depth: 0, tokens: Vec::new(), faults: Vec::new() };
    scanner.run();
    if scanner.faults.is_empty() { Ok(scanner.tokens) } else { Err(scanner.faults) }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    tokens: Vec<Token>,
    faults: Vec<Fault>,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// True where the byte `ahead` of here is blank or the text ends.
    fn blank(&self, ahead: usize) -> bool {
        self.text.as_bytes().get(self.at + ahead).is_none_or(u8::is_ascii_whitespace)
    }

    fn line_start(&self) -> bool {
        self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n'
    }

    /// True where nothing but blanks stands between the start of the line and here, and something comes after.
    fn indents(&self) -> bool {
        let line = &self.text[..self.at];
        let before = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
        let after = self.text[self.at..self.line_end()].trim_start();
        before.trim().is_empty() && !after.is_empty() && !after.starts_with('#')
    }

    fn line_end(&self) -> usize {
        self.rest().find('\n').map_or(self.text.len(), |end| self.at + end)
    }

    fn fault(&mut self, message: &str, help: &str) {
        let end =
            self.rest().find(char::is_whitespace).map_or(self.text.len(), |end| self.at + end);
        let next = end.max(self.at + self.rest().chars().next().map_or(1, char::len_utf8));
        // Once for each kind of fault: a hostile file has thousands.
        if !self.faults.iter().any(|fault| fault.message == message) {
            let long = self.rest().char_indices().nth(40).map_or(next, |(at, _)| self.at + at);
            self.faults.push(Fault::new(self.at..next.min(long), message).help(help));
        }
        self.at = next;
    }

    fn run(&mut self) {
        let mut dashes = 0;
        while let Some(c) = self.rest().chars().next() {
            if self.faults.len() > 20 {
                return;
            }
            if self.line_start() {
                dashes = 0;
                let marker = self.rest().starts_with("---") && self.blank(3);
                if marker && self.tokens.is_empty() {
                    self.at += 3;
                    continue;
                }
                if marker || c == '%' {
                    self.fault(
                        "one document per file, without directives",
                        "split the file in two",
                    );
                    continue;
                }
            }
            match c {
                '\t' if self.depth == 0 && self.indents() => {
                    self.fault("a tab indents this line", "indent with spaces");
                }
                c if c.is_whitespace() => self.at += c.len_utf8(),
                c if c.is_control() => self.fault("a control character", "delete it"),
                '#' => self.at = self.line_end(),
                '-' if self.depth == 0 && self.blank(1) => {
                    dashes += 1;
                    if dashes > MAX_DEPTH {
                        self.fault("nested too deeply", "no key of zbay needs this");
                        return;
                    }
                    self.at += 1;
                }
                '?' if self.blank(1) => {
                    self.fault("keys are plain words here", "write `key: value`");
                }
                ':' if self.blank(1) || self.depth > 0 => self.at += 1,
                '[' | '{' => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        self.fault("nested too deeply", "no key of zbay needs this");
                        return;
                    }
                    self.at += 1;
                }
                ']' | '}' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                }
                ',' if self.depth > 0 => self.at += 1,
                '&' | '*' => {
                    self.fault("anchors and aliases are not supported", "write the value out");
                }
                '!' => self.fault("tags are not supported", "delete the tag"),
                '|' | '>' => {
                    self.fault("block texts are not supported", "write the text on one line");
                }
                '"' | '\'' => self.quoted(c),
                _ => self.plain(),
            }
        }
    }

    fn quoted(&mut self, quote: char) {
        let start = self.at;
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((index, c)) = chars.next() {
            if c == '\\' && quote == '"' {
                chars.next();
            } else if c == quote {
                if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') {
                    chars.next();
                    continue;
                }
                self.at = start + 1 + index + 1;
                self.tokens.push(Token { span: start..self.at });
                return;
            }
        }
        self.at = start;
        self.fault("this quote is never closed", "close it, or double it inside the text");
        self.at = self.text.len();
    }

    fn plain(&mut self) {
        let start = self.at;
        let line = self.line_end();
        let mut end = line;
        let bytes = self.text.as_bytes();
        for index in start..line {
            let after_blank = bytes.get(index + 1).is_none_or(u8::is_ascii_whitespace);
            let stop = match bytes[index] {
                b':' => after_blank || (self.depth > 0 && b",[]{}".contains(&bytes[index + 1])),
                b'#' => index > start && bytes[index - 1].is_ascii_whitespace(),
                b',' | b'[' | b']' | b'{' | b'}' => self.depth > 0,
                _ => false,
            };
            if stop {
                end = index;
                break;
            }
        }
        let trimmed = self.text[start..end].trim_end().len();
        self.tokens.push(Token { span: start..start + trimmed });
        self.at = end.max(start + 1);
    }
}
