//! Opens the channel, and reads what the program that started us says.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Sender;

use super::message::{Hello, Incoming, VERSION};
use crate::model::{StopCause, Stopper};

/// The longest line that is read.
const LONGEST_LINE: u64 = 1 << 20;

/// The channel, after the program has said hello.
pub(super) struct Connection {
    pub(super) hello: Hello,
    pub(super) socket: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Connection {
    /// Takes the socket from standard input, which no child then inherits, and reads the first message.
    ///
    /// # Errors
    /// If standard input is no socket, or the first message is not a hello of this version.
    pub(super) fn open() -> io::Result<Self> {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        socket
            .peer_addr()
            .map_err(|_| invalid("standard input is not the channel of a program"))?;
        let mut lines = BufReader::new(socket.try_clone()?);
        let hello = match read(&mut lines)? {
            Some(Incoming::Hello(hello)) => hello,
            _ => return Err(invalid("the first message is not a hello")),
        };
        if hello.version != VERSION {
            let versions = format!(
                "the program that started this run uses version {} of the channel, and prefect-dbt version {VERSION}",
                hello.version
            );
            return Err(invalid(&versions));
        }
        Ok(Self {
            hello,
            socket,
            lines,
        })
    }

    /// Reads until the other side ends, on a thread of its own. The end of the program that started us is a request to stop:
    /// nobody waits for the run any more.
    pub(super) fn listen(self, stopper: Stopper, hook_done: Sender<u64>) -> io::Result<()> {
        let mut lines = self.lines;
        std::thread::Builder::new()
            .name("channel-reader".to_owned())
            .spawn(move || {
                while let Ok(Some(message)) = read(&mut lines) {
                    match message {
                        // A call that was abandoned waits for nothing.
                        Incoming::HookDone { call } => _ = hook_done.send(call),
                        Incoming::Stop { cause } => stopper.stop_for(cause.into()),
                        Incoming::Hello(_) | Incoming::Unknown => {}
                    }
                }
                stopper.stop_for(StopCause::Terminate);
            })?;
        Ok(())
    }
}

/// The next message; `None` at the end. What is not a message is an error.
fn read(lines: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut line = String::new();
    lines.take(LONGEST_LINE).read_line(&mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
