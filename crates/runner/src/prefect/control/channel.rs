//! The control channel to the supervisor that started us.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prefect_client::Secret;
use tokio::sync::watch;

use super::frame::{ACKNOWLEDGED, HELLO, Intent, Word, read_word, receipt_frame};
use super::receipt::Receipt;

/// How long a supervisor on this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// A channel to the supervisor, or what is left of one: a supervisor that is not there, or speaks another language, is
/// no reason not to run.
///
/// It has a thread of its own, since it outlives the runtime of any one run.
#[derive(Debug)]
pub(super) struct Channel {
    line: Arc<Line>,
    /// The supervisor takes one conclusion: a receipt, or an acknowledgement.
    is_concluded: AtomicBool,
}

/// What the thread and its owner share.
#[derive(Debug)]
struct Line {
    stream: OnceLock<TcpStream>,
    heard: watch::Sender<Heard>,
}

/// What was heard of the supervisor.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    is_greeted: bool,
    takes_receipts: bool,
    intent: Option<Intent>,
    has_receipt: bool,
    is_closed: bool,
}

impl Channel {
    /// Opens the channel in the background.
    pub(super) fn open(port: u16, token: Secret) -> Self {
        let line = Arc::new(Line {
            stream: OnceLock::new(),
            heard: watch::Sender::new(Heard::default()),
        });
        let listening = Arc::clone(&line);
        let thread = std::thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                if let Err(error) = listening.listen(port, &token) {
                    tracing::debug!(%error, "the supervisor's channel is not to be had");
                }
                listening.heard.send_modify(|heard| heard.is_closed = true);
            });
        if let Err(error) = thread {
            tracing::debug!(%error, "nobody listens to the supervisor");
            line.heard.send_modify(|heard| heard.is_closed = true);
        }
        Self {
            line,
            is_concluded: AtomicBool::new(false),
        }
    }

    /// Comes when the supervisor wants something; `None` when it never will.
    pub(super) async fn intent(&self) -> Option<Intent> {
        let heard = self.wait(|heard| heard.intent.is_some() || heard.is_closed);
        heard.await.intent
    }

    /// What the supervisor wants, if it has said so.
    pub(super) fn known_intent(&self) -> Option<Intent> {
        self.line.heard.borrow().intent
    }

    /// Leaves the flow run's states to the supervisor. It sends SIGTERM next.
    pub(super) fn acknowledge(&self) {
        if !self.is_concluded.swap(true, Ordering::AcqRel) {
            self.line.send(&ACKNOWLEDGED);
        }
    }

    /// Tells how the flow run ended, and waits a moment until the supervisor has taken it: our exit code means nothing to
    /// it then. Only the first conclusion counts.
    pub(super) async fn report(&self, receipt: &Receipt) {
        let exchange = async {
            let heard = self.wait(|heard| heard.is_greeted || heard.is_closed).await;
            let Some(frame) = receipt_frame(receipt).filter(|_| heard.takes_receipts) else {
                return;
            };
            if self.is_concluded.swap(true, Ordering::AcqRel) {
                return;
            }
            self.line.send(&frame);
            self.wait(|heard| heard.has_receipt || heard.is_closed)
                .await;
        };
        if tokio::time::timeout(PATIENCE, exchange).await.is_err() {
            tracing::debug!("the supervisor does not confirm the receipt");
        }
    }

    async fn wait(&self, until: impl FnMut(&Heard) -> bool) -> Heard {
        let mut heard = self.line.heard.subscribe();
        // The sender is ours: it is there as long as we are.
        heard
            .wait_for(until)
            .await
            .map_or_else(|_| Heard::default(), |heard| *heard)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(stream) = self.line.stream.get() {
            // The thread hears of it, and ends. It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Line {
    /// Calls the supervisor, and listens until it hangs up.
    fn listen(&self, port: u16, token: &Secret) -> io::Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut greeting = format!("{}\n", token.expose()).into_bytes();
        greeting.extend(HELLO);
        stream.write_all(&greeting)?;
        let mine = self.stream.get_or_init(|| stream);
        let mut mine = mine;
        while let Some(word) = read_word(&mut mine)? {
            tracing::debug!(?word, "the supervisor");
            self.heard.send_modify(|heard| match word {
                Word::Hello { receipts } => {
                    heard.is_greeted = true;
                    heard.takes_receipts = receipts;
                }
                Word::Intent(intent) => heard.intent = Some(intent),
                Word::ReceiptTaken => heard.has_receipt = true,
            });
        }
        Ok(())
    }

    fn send(&self, bytes: &[u8]) {
        let Some(mut stream) = self.stream.get() else {
            return;
        };
        if let Err(error) = stream.write_all(bytes) {
            tracing::debug!(%error, "the supervisor cannot be told");
        }
    }
}

#[cfg(test)]
mod tests;
