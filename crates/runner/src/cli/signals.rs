//! What the program does about signals that do not stop the run.

/// Makes a write beyond the limit for the size of files (`ulimit -f`) an error, which a run survives, not a signal.
#[expect(unsafe_code, reason = "ignoring a signal is unsafe to the language")]
pub(super) fn survive_the_file_size_limit() {
    // SAFETY: no handler is installed, and this is called before there is another thread.
    if unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) } == libc::SIG_ERR {
        tracing::debug!("cannot ignore SIGXFSZ");
    }
}
