//! A box's processor and hardware, spoken to by QEMU's own monitor (QMP).

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use crate::host::COMMAND;
use crate::lab::Lab;

impl Lab {
    /// A command for QEMU's own monitor (QMP), such as `device_del` with `{"id": "dev-bay-1"}`.
    pub fn qmp(&self, command: &str, arguments: &serde_json::Value) -> serde_json::Value {
        let socket = UnixStream::connect(self.files.qmp()).expect("QEMU's socket");
        socket.set_read_timeout(Some(COMMAND)).expect("a limit");
        let mut lines = BufReader::new(socket.try_clone().expect("a socket")).lines();
        let mut answer = |ask: Option<serde_json::Value>| {
            if let Some(ask) = ask {
                writeln!(&socket, "{ask}").expect("QEMU's socket");
            }
            for line in &mut lines {
                let line: serde_json::Value =
                    serde_json::from_str(&line.expect("an answer")).expect("JSON");
                if line.get("event").is_none() {
                    return line;
                }
            }
            panic!("QEMU closed its socket");
        };
        answer(None);
        answer(Some(serde_json::json!({"execute": "qmp_capabilities"})));
        let ask = if arguments.is_null() {
            serde_json::json!({ "execute": command })
        } else {
            serde_json::json!({"execute": command, "arguments": arguments})
        };
        let got = answer(Some(ask));
        assert!(got.get("error").is_none(), "{command}: {got}");
        got["return"].clone()
    }
}
