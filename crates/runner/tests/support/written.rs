//! A `tracing` subscriber whose output a test reads.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::Subscriber;

/// What a subscriber wrote.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// A subscriber that writes here: a line an event, without times and colours.
    pub(crate) fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
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
