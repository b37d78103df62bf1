//! What every JSON answer has: a version, whether anything was changed, and the notes.
//!
//! Bytes are numbers, GUIDs are texts (they exceed what a JSON number holds safely), what is not known is
//! `null` or says why. Fields are added without notice; the version changes when one goes or means something else.

use serde_json::{Map, Value, json};

use crate::check::Note;

/// Version of the answers' shape.
pub const VERSION: u32 = 1;

/// An answer of a command that changes nothing: `body` beside `version`, `changed` and `notes`.
pub fn answer(notes: &[Note], body: Value) -> Value {
    let mut all = Map::new();
    all.insert("version".to_owned(), json!(VERSION));
    all.insert("changed".to_owned(), json!(false));
    if let Value::Object(body) = body {
        all.extend(body);
    }
    all.insert("notes".to_owned(), notes.iter().map(note).collect());
    Value::Object(all)
}

/// A note: rule, severity, message, remedy; bay and wwn where it is about a drive.
fn note(note: &Note) -> Value {
    let mut value = json!({
        "rule": note.rule,
        "severity": note.severity,
        "message": note.message,
        "remedy": note.remedy,
    });
    if let Value::Object(map) = &mut value {
        let at = (!note.at.is_empty()).then(|| json!(note.at));
        let bay = note.bay.as_ref().map(|bay| json!(bay));
        let wwn = note.wwn.as_ref().map(|wwn| json!(wwn));
        for (key, value) in [("at", at), ("bay", bay), ("wwn", wwn)] {
            map.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::answer;

    #[test]
    fn every_answer_has_the_same_frame() {
        let value = answer(&[], json!({"disks": [1]}));
        assert_eq!(value, json!({"version": 1, "changed": false, "disks": [1], "notes": []}));
    }
}
