//! `--filter 'temp > 45 and pool = tank'`: which rows are shown, said in the columns' names.
//!
//! `=`, `!=`, `<`, `<=`, `>`, `>=`, and `~` for "contains"; `and`, `or`, `not`, parentheses. Where both sides are
//! numbers they are compared as such (4TB is one), else as words without regard to case. What is not known meets no
//! comparison, and `= ?` finds it.

use serde_json::Value;
use thiserror::Error;

use super::Row;
use super::columns::{COLUMNS, Column, named};
use crate::units::Bytes;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// One of them.
    Or(Box<Self>, Box<Self>),
    /// Not.
    Not(Box<Self>),
    /// A column against a word.
    Compare {
        /// The column's key.
        key: &'static str,
        /// How.
        operator: Operator,
        /// The word.
        word: String,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `~`
    Contains,
}

/// Why it is no condition.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FilterError {
    /// No such column.
    #[error("`{word}` is no column{hint}: `zbay show disk --list-cols` has them all")]
    Column {
        /// As typed.
        word: String,
        /// `, did you mean ...`.
        hint: String,
    },
    /// Something else was expected.
    #[error("in the filter, at {at}: expected {wanted}, as in 'temp > 45 and pool = tank'")]
    Expected {
        /// Where: the word, or `its end`.
        at: String,
        /// What.
        wanted: &'static str,
    },
    /// Too deep or too long.
    #[error("the filter is too long: 200 words at most")]
    Long,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("!=", Operator::IsNot),
    ("=", Operator::Is),
    ("<", Operator::Below),
    (">", Operator::Above),
    ("~", Operator::Contains),
];

/// The column of this name, or the nearest one in words.
pub fn column(word: &str) -> Result<&'static Column, FilterError> {
    named(word).ok_or_else(|| {
        let near = COLUMNS
            .iter()
            .map(|column| (strsim::damerau_levenshtein(word, column.key()), column.key()))
            .min();
        let hint = near.filter(|(distance, _)| *distance <= 2);
        let hint = hint.map_or_else(String::new, |(_, key)| format!(", did you mean `{key}`"));
        FilterError::Column { word: word.chars().take(40).collect(), hint }
    })
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut words = Words { left: split(text), at: 0 };
        if words.left.len() > 200 {
            return Err(FilterError::Long);
        }
        let filter = words.either()?;
        match words.next() {
            None => Ok(filter),
            Some(word) => Err(expected(Some(word), "and, or, or its end")),
        }
    }
}

fn expected(at: Option<String>, wanted: &'static str) -> FilterError {
    let at = at.map_or_else(
        || "its end".to_owned(),
        |word| format!("`{}`", word.chars().take(40).collect::<String>()),
    );
    FilterError::Expected { at, wanted }
}

/// Words, operators and parentheses; quotes hold blanks together.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let operator = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign));
        let length = if let Some((sign, _)) = operator {
            sign.len()
        } else if matches!(first, '(' | ')') {
            1
        } else if matches!(first, '"' | '\'') {
            rest[1..].find(first).map_or(rest.len(), |at| at + 2)
        } else {
            rest.find(|c: char| c.is_whitespace() || "()=<>!~\"'".contains(c))
                .filter(|at| *at > 0)
                .unwrap_or_else(|| if "!".contains(first) { 1 } else { rest.len() })
        };
        let (word, after) = rest.split_at(length);
        words.push(word.trim_matches(['"', '\'']).to_owned());
        rest = after.trim_start();
    }
    words
}

struct Words {
    left: Vec<String>,
    at: usize,
}

impl Words {
    fn peek(&self) -> Option<&str> {
        self.left.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        let word = self.left.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.at += usize::from(is);
        is
    }

    fn either(&mut self) -> Result<Filter, FilterError> {
        let mut filter = self.both()?;
        while self.take("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both(&mut self) -> Result<Filter, FilterError> {
        let mut filter = self.one()?;
        while self.take("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        if self.take("not") {
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        if self.take("(") {
            let filter = self.either()?;
            return if self.take(")") { Ok(filter) } else { Err(expected(self.next(), "a )")) };
        }
        let word = self.next().ok_or_else(|| expected(None, "a column"))?;
        let key = column(&word)?.key();
        let sign = self.next();
        let operator = OPERATORS.iter().find(|(text, _)| sign.as_deref() == Some(*text));
        let Some((_, operator)) = operator else {
            return Err(expected(sign, "=, !=, <, <=, >, >= or ~"));
        };
        let word = self.next().ok_or_else(|| expected(None, "a value"))?;
        Ok(Filter::Compare { key, operator: *operator, word })
    }
}

impl Filter {
    /// The columns that it asks for.
    pub fn keys(&self) -> Vec<&'static str> {
        match self {
            Self::And(one, other) | Self::Or(one, other) => [one.keys(), other.keys()].concat(),
            Self::Not(one) => one.keys(),
            Self::Compare { key, .. } => vec![key],
        }
    }

    /// Whether a row meets it.
    pub fn meets(&self, row: &Row<'_>) -> bool {
        match self {
            Self::And(one, other) => one.meets(row) && other.meets(row),
            Self::Or(one, other) => one.meets(row) || other.meets(row),
            Self::Not(one) => !one.meets(row),
            Self::Compare { key, operator, word } => {
                let Some(column) = named(key) else { return false };
                compare(&column.value(row), &column.cell(row), *operator, word)
            }
        }
    }
}

fn compare(value: &Value, cell: &str, operator: Operator, word: &str) -> bool {
    let unknown = value.is_null();
    if word == "?" {
        return match operator {
            Operator::Is => unknown,
            Operator::IsNot => !unknown,
            _ => false,
        };
    }
    if unknown {
        return false;
    }
    let (cell, lower) = (cell.to_lowercase(), word.to_lowercase());
    let order = match (number(value), wanted(word)) {
        (Some(is), Some(wanted)) => is.cmp(&wanted),
        _ => cell.cmp(&lower),
    };
    match operator {
        Operator::Is => order.is_eq(),
        Operator::IsNot => order.is_ne(),
        Operator::Below => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::Above => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
        Operator::Contains => cell.contains(&lower),
    }
}

/// In thousandths, so that `age > 5.5` has a meaning without rounding.
fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => {
            let whole = number.as_i64().map(i128::from);
            whole.or_else(|| number.as_u64().map(i128::from)).map(|it| it * 1000)
        }
        Value::String(text) => wanted(text),
        _ => None,
    }
}

fn wanted(word: &str) -> Option<i128> {
    let (sign, digits) = word.strip_prefix('-').map_or((1, word), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let fine = |text: &str| text.chars().all(|c| c.is_ascii_digit()) && text.len() <= 20;
    if !whole.is_empty() && fine(whole) && fine(part) {
        let thousandths = format!("{part:0<3}");
        let part: i128 = thousandths.get(..3)?.parse().ok()?;
        return Some(sign * (whole.parse::<i128>().ok()? * 1000 + part));
    }
    word.parse::<Bytes>().ok().map(|bytes| i128::from(bytes.0) * 1000)
}

/// Rows in the order of this value: numbers before words, what is not known last.
pub fn sort_key(column: &Column, row: &Row<'_>) -> (u8, i128, Vec<Piece>) {
    let value = column.value(row);
    match (number(&value), value.is_null()) {
        (_, true) => (2, 0, Vec::new()),
        (Some(number), _) => (0, number, Vec::new()),
        (None, _) => (1, 0, pieces(&column.cell(row))),
    }
}

/// A run of digits or of others, so that 2 stands before 10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// Digits.
    Number(u128),
    /// Others.
    Word(String),
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for c in text.to_lowercase().chars() {
        match (c.to_digit(10), pieces.last_mut()) {
            (Some(digit), Some(Piece::Number(number))) => {
                *number = number.saturating_mul(10).saturating_add(u128::from(digit));
            }
            (Some(digit), _) => pieces.push(Piece::Number(u128::from(digit))),
            (None, Some(Piece::Word(word))) => word.push(c),
            (None, _) => pieces.push(Piece::Word(c.to_string())),
        }
    }
    pieces
}
