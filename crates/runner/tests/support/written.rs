//! A `tracing` subscriber whose output a test reads.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use tracing::Subscriber;
use tracing::subscriber::{set_global_default, with_default};

/// What a subscriber wrote.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// Runs `program` with a subscriber of its own.
    pub(crate) fn during<T>(&self, program: impl FnOnce() -> T) -> T {
        // Else a thread of another test, without a subscriber, that meets an event first would switch it off for all threads.
        static EVENTS_STAY_ON: Once = Once::new();
        EVENTS_STAY_ON.call_once(|| {
            set_global_default(tracing_subscriber::registry()).expect("no other default");
        });
        with_default(self.subscriber(), program)
    }

    /// A subscriber that writes here: a line an event, without times and colours.
    fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        let writer = self.clone();
        tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .finish()
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = self.0.lock().expect("no panic").clone();
        let text = String::from_utf8(text).expect("UTF-8");
        text.lines()
            .map(|line| line.trim_start().to_owned())
            .collect()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
