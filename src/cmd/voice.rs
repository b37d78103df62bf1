//! The voice of a first boot: nobody sits at a keyboard, so what it says must be found later.
//!
//! * Standard error (the journal) and the console get every word, as ASCII: a console is not always UTF-8.
//! * /etc/issue.d/zbay.issue keeps the last screen above the login prompt, where agetty(8) shows it.
//! * /run/zbay/firstboot.json says for programs how far it is: see docs/install.md.
//!
//! Both files go through the seam, whole or not at all. They are a courtesy: one that cannot be written is told to the
//! log and stops nothing. The issue is left alone where it says the same already.

use std::fs::File;
use std::io::Write as _;

use camino::Utf8Path;
use jiff::Timestamp;
use serde::Serialize;

use crate::machine::{Change, Hash, Machine};

/// How far a first boot is, for programs.
pub const STATE: &str = "/run/zbay/firstboot.json";
/// The last screen, for whoever stands before the login prompt.
pub const ISSUE: &str = "/etc/issue.d/zbay.issue";

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// At work.
    Running,
    /// The machine is as wished.
    Done,
    /// Refused before the first step: nothing was written to any drive.
    Stopped,
    /// A step did not go as planned, or the machine differs from the profile after the last one.
    Failed,
}

/// The content of [`STATE`]. What is not known is null.
#[derive(Clone, Debug, Serialize)]
struct Progress {
    version: u32,
    state: State,
    /// From 1; 0: looking, before the first.
    step: usize,
    /// Of how many; 0: not known yet.
    steps: usize,
    /// The step in words.
    doing: Option<String>,
    /// What stopped it.
    reason: Option<String>,
    pool: Option<String>,
    /// As text: it may exceed what JSON's readers take for a number.
    pool_guid: Option<String>,
    time: Timestamp,
}

/// Says what a first boot has to say.
pub struct Voice<'a> {
    machine: &'a dyn Machine,
    console: Option<File>,
    screen: String,
    progress: Progress,
}

impl<'a> Voice<'a> {
    /// A voice that has said nothing yet.
    pub fn new(machine: &'a dyn Machine, console: Option<File>) -> Self {
        let progress = Progress {
            version: 1,
            state: State::Running,
            step: 0,
            steps: 0,
            doing: None,
            reason: None,
            pool: None,
            pool_guid: None,
            time: machine.now(),
        };
        Self { machine, console, screen: String::new(), progress }
    }

    /// To the journal, the console and the last screen.
    pub fn say(&mut self, text: &str) {
        let _ = write!(std::io::stderr().lock(), "{}", ascii(text));
        self.show(text);
    }

    /// The same without the journal, which gets the program's own answer.
    pub fn show(&mut self, text: &str) {
        self.screen.push_str(&ascii(text));
        self.print(text);
    }

    /// To the journal and the console, but not to the last screen, which is short.
    pub fn mention(&mut self, text: &str) {
        let _ = write!(std::io::stderr().lock(), "{}", ascii(text));
        self.print(text);
    }

    /// A step begins.
    pub fn step(&mut self, number: usize, count: usize, what: &str) {
        self.mention(&format!("  {number}/{count} {what}\n"));
        (self.progress.step, self.progress.steps) = (number, count);
        self.progress.doing = Some(what.to_owned());
        self.tell(State::Running);
    }

    /// The pool that it is about, and its guid once it is there.
    pub fn pool(&mut self, name: &str, guid: Option<u64>) {
        self.progress.pool = Some(name.to_owned());
        self.progress.pool_guid = guid.map(|guid| guid.to_string());
    }

    /// That it is at work, before there is a step.
    pub fn begin(&mut self) {
        self.tell(State::Running);
    }

    /// True once a step was begun.
    pub fn has_begun(&self) -> bool {
        self.progress.step > 0
    }

    /// The end: both files.
    pub fn end(&mut self, state: State, reason: Option<String>) {
        self.progress.reason = reason;
        self.tell(state);
        let body = format!("\n{}", self.screen.trim_matches('\n').replace('\\', "\\\\"));
        let path = Utf8Path::new(ISSUE);
        let same = format!("{body}\nsaid at");
        let old = self.machine.file(path).ok().flatten();
        if old.as_deref().is_some_and(|old| old.starts_with(same.as_bytes())) {
            return;
        }
        let time = self.progress.time.strftime("%Y-%m-%d %H:%M");
        self.write(path, format!("{same} {time} UTC by zbay firstboot\n\n"));
    }

    fn tell(&mut self, state: State) {
        self.progress.state = state;
        self.progress.time = self.machine.now();
        match serde_json::to_string_pretty(&self.progress) {
            Ok(text) => self.write(Utf8Path::new(STATE), text + "\n"),
            Err(error) => tracing::warn!(%error, "{STATE} is not written"),
        }
    }

    fn write(&self, path: &Utf8Path, content: String) {
        let write = || {
            let was = self.machine.file(path).ok().flatten().map(|bytes| Hash::of(&bytes));
            if was.is_none()
                && let Some(dir) = path.parent()
            {
                self.machine.change(&Change::Mkdir { path: dir.to_owned(), mode: 0o755 })?;
            }
            let path = path.to_owned();
            self.machine.change(&Change::WriteFile { path, mode: 0o644, content, was })
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "{path} is not written");
        }
    }

    fn print(&mut self, text: &str) {
        if let Some(console) = &mut self.console {
            // A console in raw mode needs the carriage return too.
            let _ = console.write_all(ascii(text).replace('\n', "\r\n").as_bytes());
        }
    }
}

/// Lines of printable ASCII, anything else as `?`.
fn ascii(text: &str) -> String {
    let shown = |c: char| if c == '\n' || c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ISSUE, STATE, State, Voice};
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{Answer, Bytes, Recording};
    use crate::machine::{Change, Machine};

    /// What was written to a file, in order.
    fn written(machine: &Recorded, file: &str) -> Vec<String> {
        let content = |change: Change| match change {
            Change::WriteFile { path, content, mode: 0o644, .. } if path == file => Some(content),
            _ => None,
        };
        machine.changes().into_iter().filter_map(content).collect()
    }

    fn state(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_change_of_state_is_written_down() {
        let machine = Recorded::new("x".to_owned(), Recording::default());
        let mut voice = Voice::new(&machine, None);
        voice.begin();
        voice.pool("tank", None);
        assert!(!voice.has_begun());
        voice.step(1, 2, "zpool create");
        assert!(voice.has_begun());
        voice.step(2, 2, "zfs create");
        voice.pool("tank", Some(u64::MAX));
        voice.end(State::Done, None);
        let states: Vec<Value> = written(&machine, STATE).iter().map(|it| state(it)).collect();
        let seen: Vec<_> = states.iter().map(|it| (&it["state"], &it["step"])).collect();
        let (running, done) = (json!("running"), json!("done"));
        let steps = [json!(0), json!(1), json!(2)];
        assert_eq!(
            seen,
            [
                (&running, &steps[0]),
                (&running, &steps[1]),
                (&running, &steps[2]),
                (&done, &steps[2])
            ]
        );
        assert_eq!(states[1]["doing"], json!("zpool create"));
        assert_eq!((&states[1]["pool"], &states[1]["pool_guid"]), (&json!("tank"), &Value::Null));
        assert_eq!(states[3]["pool_guid"], json!("18446744073709551615"));
        assert_eq!((&states[3]["steps"], &states[3]["reason"]), (&steps[2], &Value::Null));
    }

    #[test]
    fn the_last_screen_is_plain_and_safe_above_a_login_prompt() {
        let machine = Recorded::new("x".to_owned(), Recording::default());
        let mut voice = Voice::new(&machine, None);
        voice.say("zbay first boot: Gr\u{f6}\u{df}e \u{1b}[2J\n");
        voice.step(1, 1, "a step is not kept");
        voice.show("  zpool create \\\n");
        voice.end(State::Failed, Some("it \"failed\"".to_owned()));
        let [issue] = &written(&machine, ISSUE)[..] else { panic!("one issue") };
        assert_eq!(
            issue,
            "\nzbay first boot: Gr??e ?[2J\n  zpool create \\\\\n\
             said at 1970-01-01 00:00 UTC by zbay firstboot\n\n"
        );
        let last = written(&machine, STATE).pop().unwrap();
        assert_eq!(state(&last)["reason"], json!("it \"failed\""));
        assert_eq!(state(&last)["state"], json!("failed"));
    }

    #[test]
    fn an_issue_that_says_the_same_is_left_alone() {
        let mut recording = Recording::default();
        let old = "\ndone\nsaid at 2020-01-01 00:00 UTC by zbay firstboot\n\n";
        let file = Answer::Given(Some(Bytes::of(old.as_bytes())));
        recording.files.insert(ISSUE.into(), file);
        let machine = Recorded::new("x".to_owned(), recording);
        assert!(machine.file(ISSUE.into()).is_ok());
        let mut voice = Voice::new(&machine, None);
        voice.show("done\n");
        voice.end(State::Done, None);
        assert!(written(&machine, ISSUE).is_empty());
        voice.show("and more\n");
        voice.end(State::Done, None);
        assert_eq!(written(&machine, ISSUE).len(), 1);
    }
}
