//! `prefect-dbt invoke --channel`.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::connection::Connection;
use super::message::{Outgoing, VERSION};
use super::observer::ChannelObserver;
use super::outbox::Outbox;
use super::remote_hooks;
use crate::cli::error_report::ErrorReport;
use crate::cli::invoke::invocation_of;
use crate::cli::invoke_args::InvokeArgs;
use crate::cli::json_result::ResultObject;
use crate::cli::logging;
use crate::hooks::HookOptions;
use crate::model::{Stopper, exit_codes};
use crate::outcome::{Error, Outcome};
use crate::prefect::control::forward_signals;
use crate::retry;

/// How long the other side may take to read the end of a run that was stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs dbt for the program at the other end of the channel. Returns the exit code.
pub(in crate::cli) fn run(args: InvokeArgs) -> u8 {
    logging::from_env(io::stderr);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let ended = runtime.and_then(|runtime| {
        let connection = Connection::open()?;
        let exit_code = runtime.block_on(serve(args, connection));
        runtime.shutdown_background();
        exit_code
    });
    ended.unwrap_or_else(|error| {
        // A closed stderr does not change the exit code.
        let _ = writeln!(
            io::stderr(),
            "error: cannot use the channel\n  caused by: {error}"
        );
        exit_codes::CANNOT_RUN
    })
}

/// Runs dbt, and sends the result.
async fn serve(args: InvokeArgs, mut connection: Connection) -> io::Result<u8> {
    let stopper = Stopper::default();
    forward_signals(stopper.clone())?;
    let (outbox, writer) = Outbox::open(connection.socket.try_clone()?)?;
    outbox.send(&Outgoing::Hello {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION"),
    });
    let observer = Arc::new(ChannelObserver::new(outbox.clone()));
    let dbt_args = args.args.clone();
    let outcome = invoke(args, &mut connection, &outbox, &observer, &stopper);
    let outcome = match outcome {
        Ok((run, hook_done)) => {
            connection.listen(stopper.clone(), hook_done)?;
            run.await
        }
        Err(error) => Err(error),
    };
    let (exit_code, result) = match outcome {
        Ok(outcome) => (outcome.exit_code, ResultObject::of(outcome)),
        Err(error) => {
            let report = ErrorReport::of_invoke(&error, false);
            (report.exit_code, ResultObject::of_error(dbt_args, &report))
        }
    };
    let (done, sent) = oneshot::channel();
    std::thread::Builder::new()
        .name("channel-end".to_owned())
        .spawn(move || {
            observer.finish();
            outbox.send(&Outgoing::Result { result: &result });
            outbox.end();
            // A panic was printed.
            let _ = writer.join();
            let _ = done.send(());
        })?;
    tokio::select! {
        _ = sent => {}
        () = after_stop(&stopper) => {}
    }
    Ok(exit_code)
}

/// The run that the program asked for, and where to report its hooks that have returned.
fn invoke(
    args: InvokeArgs,
    connection: &mut Connection,
    outbox: &Outbox,
    observer: &Arc<ChannelObserver>,
    stopper: &Stopper,
) -> Result<
    (
        impl Future<Output = Result<Outcome, Error>> + use<>,
        std::sync::mpsc::Sender<u64>,
    ),
    Error,
> {
    let (mut invocation, hooks) = invocation_of(args, &**observer)?;
    invocation.flow.declined |= !connection.hello.report;
    let requests = std::mem::take(&mut connection.hello.hooks);
    let hook_done = remote_hooks::register(requests, &hooks, outbox);
    let (observer, stopper) = (Arc::clone(observer), stopper.clone());
    let run = async move {
        let options = HookOptions::default();
        retry::run(invocation, observer, stopper, &hooks, options).await
    };
    Ok((run, hook_done))
}

/// Waits until the run is stopped, and then as long as the other side may take.
async fn after_stop(stopper: &Stopper) {
    stopper.stopped().await;
    tokio::time::sleep(PATIENCE).await;
}
