//! Sessions with the PostgreSQL server of the tests.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::variable;

/// A session.
pub(super) struct Session {
    psql: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Session {
    pub(super) fn start() -> Self {
        let port = variable("PREFECT_DBT_TEST_POSTGRES_PORT");
        let mut psql = Command::new("psql")
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "tester"])
            .args(["-d", "postgres", "-qAt"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql");
        Self {
            input: psql.stdin.take().expect("a pipe"),
            output: BufReader::new(psql.stdout.take().expect("a pipe")),
            psql,
        }
    }

    /// Sends a statement, and does not wait for it.
    pub(super) fn tell(&mut self, statement: &str) {
        writeln!(self.input, "{statement};").expect("it runs");
    }

    /// The line that a query answers.
    pub(super) fn ask(&mut self, query: &str) -> String {
        self.tell(query);
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        line.trim_end().to_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.psql.kill();
        let _ = self.psql.wait();
    }
}
