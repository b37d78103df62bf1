//! A request that failed, for a program: what people read as text, in parts.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::fault::{Faults, Unsound, chain};
use crate::life::ReplaceError;
use crate::plan::Refused;
use crate::plan::make::PlanError;
use crate::refuse::{Refuses, Words};
use crate::render::json::{ERROR, Shape, answer};
use crate::shipped::LoadError;

/// The answer of a request that failed.
#[derive(Serialize, JsonSchema)]
struct Failed<'a> {
    /// Why it failed.
    error: &'a Failure,
}

/// Its shape.
pub const SHAPE: Shape = Shape::of::<Failed<'_>>(ERROR);

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// What it is known by: the identity of a refusal, `usage` where the command line cannot be understood, `profile` where
    /// a file has faults, or `failed`.
    pub code: String,
    /// What is the matter, in one line.
    pub message: String,
    /// What to do, where it is known.
    pub remedy: Option<String>,
    /// The command that does it.
    pub command: Option<String>,
    /// The bay of the drive that it is about.
    pub bay: Option<String>,
    /// All of it, as people read it.
    pub text: String,
}

impl Failure {
    /// Of an error of a command.
    pub fn of(error: &anyhow::Error) -> Self {
        let text = chain(error);
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let refusal = error.chain().find_map(|cause| {
            if let Some(PlanError::Refused(refused)) = cause.downcast_ref() {
                return Some(first(refused));
            }
            let own = cause.downcast_ref::<ReplaceError>().map(first);
            own.or_else(|| cause.downcast_ref::<Refused>().map(first))
        });
        let is_faulty = error.chain().any(|cause| {
            cause.is::<Faults>()
                || cause.is::<Unsound>()
                || matches!(cause.downcast_ref(), Some(PlanError::Faults(_)))
                || matches!(cause.downcast_ref(), Some(LoadError::Faults(_)))
        });
        let code = if is_faulty { "profile" } else { "failed" };
        match refusal {
            Some((id, Some(words))) => Self {
                remedy: words.remedy().map(str::to_owned),
                command: words.command().map(str::to_owned),
                bay: words.bay.as_ref().map(ToString::to_string),
                message: words.matter,
                ..Self::bare(id, text)
            },
            _ => Self::bare(code, text),
        }
    }

    /// Of a command line that cannot be understood.
    pub fn of_usage(text: &str) -> Self {
        Self::bare("usage", text.strip_prefix("error: ").unwrap_or(text).trim_end())
    }

    fn bare(code: &str, text: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: text.lines().next().unwrap_or_default().to_owned(),
            remedy: None,
            command: None,
            bay: None,
            text: text.to_owned(),
        }
    }

    /// The answer of a request that failed.
    pub fn json(&self) -> Value {
        answer(&[], Failed { error: self })
    }
}

fn first(refusal: &impl Refuses) -> (&'static str, Option<Words>) {
    (refusal.id(), refusal.words().into_iter().next())
}
