//! The control channel to the supervisor: the process of Prefect that started us.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prefect_client::Secret;
use tokio::sync::watch;

use super::frame::{ACKNOWLEDGED, HELLO, Intent, Message, read_message, receipt_frame};
use super::receipt::Receipt;

/// How long the supervisor, which is on this machine, may take to answer.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A channel to the supervisor. A supervisor that cannot be reached, or uses another protocol, does not prevent the run: the
/// channel is closed then.
///
/// It has a thread of its own, because it outlives the async runtime of a single run.
#[derive(Debug)]
pub(super) struct Channel {
    session: Arc<Session>,
    /// Whether the last message was sent: a receipt or an acknowledgement. The supervisor accepts one of them.
    is_concluded: AtomicBool,
}

/// What the thread and its owner share.
#[derive(Debug)]
struct Session {
    stream: OnceLock<TcpStream>,
    received: watch::Sender<Received>,
}

/// What the supervisor has sent.
#[derive(Debug, Clone, Copy, Default)]
struct Received {
    has_hello: bool,
    accepts_receipts: bool,
    intent: Option<Intent>,
    receipt_accepted: bool,
    is_closed: bool,
}

impl Channel {
    /// Opens the channel in the background.
    pub(super) fn open(port: u16, token: Secret) -> Self {
        let session = Arc::new(Session {
            stream: OnceLock::new(),
            received: watch::Sender::new(Received::default()),
        });
        let listening = Arc::clone(&session);
        let thread = std::thread::Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                if let Err(error) = listening.listen(port, &token) {
                    tracing::debug!(%error, "cannot open the control channel");
                }
                listening.received.send_modify(|now| now.is_closed = true);
            });
        if let Err(error) = thread {
            tracing::debug!(%error, "cannot start the thread of the control channel");
            session.received.send_modify(|now| now.is_closed = true);
        }
        Self {
            session,
            is_concluded: AtomicBool::new(false),
        }
    }

    /// Waits for the intent of the supervisor; `None` when the channel is closed without one.
    pub(super) async fn intent(&self) -> Option<Intent> {
        let received = self.wait(|now| now.intent.is_some() || now.is_closed);
        received.await.intent
    }

    /// The intent of the supervisor, if it has sent one.
    pub(super) fn known_intent(&self) -> Option<Intent> {
        self.session.received.borrow().intent
    }

    /// Acknowledges the intent: from now on the supervisor sets the states of the flow run. It sends SIGTERM next.
    pub(super) fn acknowledge(&self) {
        if !self.is_concluded.swap(true, Ordering::AcqRel) {
            self.session.send(&ACKNOWLEDGED);
        }
    }

    /// Reports the end of the flow run, and waits until the supervisor confirms it: it ignores our exit code then. Only the first
    /// receipt or acknowledgement is sent.
    pub(super) async fn report(&self, receipt: &Receipt) {
        let exchange = async {
            let received = self.wait(|now| now.has_hello || now.is_closed).await;
            let accepts_receipts = received.accepts_receipts;
            let Some(frame) = receipt_frame(receipt).filter(|_| accepts_receipts) else {
                return;
            };
            if self.is_concluded.swap(true, Ordering::AcqRel) {
                return;
            }
            self.session.send(&frame);
            self.wait(|now| now.receipt_accepted || now.is_closed).await;
        };
        if tokio::time::timeout(TIMEOUT, exchange).await.is_err() {
            tracing::debug!("the supervisor does not confirm the receipt");
        }
    }

    async fn wait(&self, until: impl FnMut(&Received) -> bool) -> Received {
        let mut received = self.session.received.subscribe();
        // Never an error: `self` keeps the sender.
        let now = received.wait_for(until).await;
        now.map_or_else(|_| Received::default(), |now| *now)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(stream) = self.session.stream.get() {
            // Ends the thread, unless it has ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Session {
    /// Connects to the supervisor, and reads its messages until it closes the connection.
    fn listen(&self, port: u16, token: &Secret) -> io::Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut greeting = format!("{}\n", token.expose()).into_bytes();
        greeting.extend(HELLO);
        stream.write_all(&greeting)?;
        let mine = self.stream.get_or_init(|| stream);
        let mut mine = mine;
        while let Some(message) = read_message(&mut mine)? {
            tracing::debug!(?message, "message of the supervisor");
            self.received.send_modify(|now| match message {
                Message::Hello { receipts } => {
                    now.has_hello = true;
                    now.accepts_receipts = receipts;
                }
                Message::Intent(intent) => now.intent = Some(intent),
                Message::ReceiptAccepted => now.receipt_accepted = true,
            });
        }
        Ok(())
    }

    fn send(&self, bytes: &[u8]) {
        let Some(mut stream) = self.stream.get() else {
            return;
        };
        if let Err(error) = stream.write_all(bytes) {
            tracing::debug!(%error, "cannot send to the supervisor");
        }
    }
}

#[cfg(test)]
mod tests;
