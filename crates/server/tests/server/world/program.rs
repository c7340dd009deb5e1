//! The program as it is run.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

pub const SERVER: &str = env!("CARGO_BIN_EXE_ruhu-server");
/// A program that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts"))
    }

    /// Reads what a program says until a line has this in it; what comes later is read and dropped.
    pub fn says(pipe: impl Read + Send + 'static, wanted: &str) -> String {
        let mut lines = BufReader::new(pipe).lines();
        let mut said = Vec::new();
        for line in lines.by_ref() {
            let line = line.expect("text");
            if line.contains(wanted) {
                std::thread::spawn(move || lines.for_each(drop));
                return line;
            }
            said.push(line);
            assert!(said.len() < 60, "it says other things: {said:#?}");
        }
        panic!("it never said {wanted}: {said:#?}");
    }
}

/// A port that is free now.
pub fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}
