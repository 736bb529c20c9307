//! `prefect-dbt invoke`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use prefect_dbt::effect::{Effect, Entry};
use prefect_dbt::journal::JournalReader;
use prefect_dbt::report::Notice;
use prefect_dbt::{
    FlowChoice, Invocation, LogLevel, Observer, PrefectDbtSettings, StopCause, Stopper,
};
use uuid::Uuid;

#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    #[arg(long, env = "PREFECT_DBT_EXECUTABLE")]
    dbt: Option<PathBuf>,
    #[arg(long)]
    project_dir: Option<PathBuf>,
    #[arg(long)]
    profiles_dir: Option<PathBuf>,
    #[arg(long)]
    target_path: Option<PathBuf>,
    #[arg(long)]
    log_level: Option<String>,
    #[arg(long)]
    flow_name: Option<String>,
    #[arg(long)]
    flow_run_name: Option<String>,
    #[arg(long)]
    flow_run_id: Option<Uuid>,
    #[arg(long)]
    engine: bool,
    #[arg(long = "tag")]
    tags: Vec<String>,
    #[arg(long)]
    timeout: Option<f64>,
    #[arg(long)]
    no_raise_on_failure: bool,
    #[arg(long)]
    no_prefect: bool,
    #[arg(long)]
    verify_timeout: Option<f64>,
    #[arg(long)]
    journal_dir: Option<PathBuf>,
    #[arg(long)]
    quiet: bool,
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

struct Console;

impl Observer for Console {
    fn on_journal(&self, mut journal: JournalReader) {
        std::thread::spawn(move || {
            let mut err = std::io::stderr();
            while let Some(entry) = journal.blocking_next() {
                if let Entry::Effect(effect) = entry
                    && let Effect::Log(line) = *effect
                {
                    let who = line.task.map_or("Flow run".to_owned(), |task| {
                        format!("Task run '{}'", task.name)
                    });
                    let _ = writeln!(
                        err,
                        "{} | {} | {who} - {}",
                        line.at, line.level, line.message
                    );
                }
            }
        });
    }
    fn on_data(&self, line: &str) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    fn on_notice(&self, notice: &Notice) {
        let _ = writeln!(std::io::stderr(), "{notice:?}");
    }
    fn on_warning(&self, warning: &str) {
        let _ = writeln!(std::io::stderr(), "WARNING {warning}");
    }
}

pub(crate) fn run(args: InvokeArgs) -> u8 {
    let mut settings = PrefectDbtSettings::from_env();
    settings.project_dir = args.project_dir.or(settings.project_dir);
    settings.profiles_dir = args.profiles_dir.or(settings.profiles_dir);
    settings.target_path = args.target_path.or(settings.target_path);
    settings.log_level = args
        .log_level
        .as_deref()
        .and_then(LogLevel::from_name)
        .or(settings.log_level);
    let mut invocation = Invocation::new(args.args);
    invocation.dbt = args.dbt;
    invocation.settings = settings;
    invocation.raise_on_failure = !args.no_raise_on_failure;
    invocation.journal_dir = args.journal_dir;
    invocation.timeout = args.timeout.map(Duration::from_secs_f64);
    if let Some(t) = args.verify_timeout {
        invocation.verify_timeout = Duration::from_secs_f64(t);
    }
    let mut flow = FlowChoice::from_env();
    flow.declined = args.no_prefect;
    flow.engine = args.engine;
    flow.flow_run_id = args.flow_run_id;
    flow.flow_name = args.flow_name;
    flow.flow_run_name = args.flow_run_name;
    flow.tags = args.tags;
    invocation.flow = flow;
    if let Ok(settings) = prefect_client::Settings::from_env()
        && settings.api_url.is_some()
    {
        invocation.client = prefect_client::Client::new(&settings).ok();
    }
    let stopper = Stopper::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        let mut int = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
            .expect("signal");
        let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .expect("signal");
        let s = stopper.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = int.recv() => s.stop(StopCause::Interrupt),
                    _ = term.recv() => s.stop(StopCause::Terminate),
                }
            }
        });
        match prefect_dbt::engine::run(invocation, Arc::new(Console), stopper).await {
            Ok(outcome) => {
                if let Some(failure) = &outcome.failure {
                    let _ = writeln!(std::io::stderr(), "{failure}");
                }
                outcome.exit_code
            }
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "error: {error}");
                error.exit_code()
            }
        }
    })
}
