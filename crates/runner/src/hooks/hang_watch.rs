//! Telling hooks that hang from hooks that work.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::watch;

/// What the thread of the hooks is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// Working, or waiting for work.
    Works,
    /// In this hook, for too long.
    Hangs(String),
    /// Ended.
    Done,
}

/// Says when a hook begins and ends. Dropping it says that no more will come.
#[derive(Debug)]
pub(super) struct Pulse(Sender<Option<String>>);

impl Pulse {
    pub(super) fn begins(&self, hook: &str) {
        // Without a watcher, nobody is told of hooks that hang.
        let _ = self.0.send(Some(hook.to_owned()));
    }

    pub(super) fn ends(&self) {
        let _ = self.0.send(None);
    }
}

/// Watches over hooks, on a thread of its own: one that takes longer than `patience` is reported once.
pub(super) fn watch_hooks(
    patience: Duration,
    warn: Arc<dyn Fn(&str) + Send + Sync>,
) -> std::io::Result<(Pulse, watch::Receiver<Progress>)> {
    let (pulse, beats) = channel();
    let (progress, seen) = watch::channel(Progress::Works);
    std::thread::Builder::new()
        .name("dbt-hooks-watch".to_owned())
        .spawn(move || {
            follow(&beats, patience, &*warn, &progress);
            progress.send_replace(Progress::Done);
        })?;
    Ok((Pulse(pulse), seen))
}

fn follow(
    beats: &Receiver<Option<String>>,
    patience: Duration,
    warn: &dyn Fn(&str),
    progress: &watch::Sender<Progress>,
) {
    while let Ok(beat) = beats.recv() {
        let Some(hook) = beat else { continue };
        match beats.recv_timeout(patience) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {
                warn(&format!(
                    "{hook} has not ended after {} s; hooks behind it wait",
                    patience.as_secs_f64()
                ));
                progress.send_replace(Progress::Hangs(hook));
                if beats.recv().is_err() {
                    return;
                }
                progress.send_replace(Progress::Works);
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
