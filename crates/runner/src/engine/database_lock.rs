//! The database lock of an attempt: whether it needs one, its name, and the wait for it.

use std::path::Path;
use std::sync::Arc;

use super::prepare::Prepared;
use super::run::Attempt;
use crate::prefect::flow_run::NewRun;
use crate::prefect::lock::{DatabaseLock, Holder, LockError, OUTPUT_KEYS, Wanted, lock_name};
use crate::request::{LockMode, Request};

/// The commands that write to the database.
const WRITING: [&str; 7] = [
    "build",
    "clone",
    "retry",
    "run",
    "run-operation",
    "seed",
    "snapshot",
];

/// Waits for the lock, if the command writes. `None` without one: the run needs none, or a process that has started this one
/// holds it.
///
/// # Errors
/// When the lock cannot be had, or has no name.
pub(super) async fn lock_database(
    attempt: Attempt<'_>,
    prepared: &Prepared,
    new: Option<&NewRun>,
) -> Result<Option<DatabaseLock>, LockError> {
    let request = attempt.request;
    let options = &request.lock;
    let writes = WRITING.contains(&prepared.args.command.as_str());
    if options.mode == LockMode::Off || !writes {
        return Ok(None);
    }
    let client = request.client.as_ref().ok_or(LockError::NoApi)?;
    let name = name(request, prepared)?;
    if options.inherited.contains(&name) {
        return Ok(None);
    }
    let observer = Arc::clone(attempt.observer);
    let wanted = Wanted {
        client,
        name: &name,
        holder: holder(request, new),
        timeout: options.timeout,
        outage: request.delivery.at_start(),
        warn: Arc::new(move |text| observer.on_warning(text)),
    };
    Ok(Some(request.locks.take(&wanted).await?))
}

/// The name of the lock.
fn name(request: &Request, prepared: &Prepared) -> Result<String, LockError> {
    if let LockMode::Named(name) = &request.lock.mode {
        return Ok(name.clone());
    }
    if request.original_line().command() == "retry" {
        // The target is that of the run that it retries. A flow that retries so holds the lock of that run.
        let held = request.locks.names().pop();
        let unknown = || LockError::NoName("`dbt retry` uses that of an earlier run".to_owned());
        return held.ok_or_else(unknown);
    }
    let name = target_name(request, prepared);
    name.map_err(LockError::NoName)
}

fn target_name(request: &Request, prepared: &Prepared) -> Result<String, String> {
    let choice = prepared.output_choice(request);
    let choice = choice.ok_or("the value of --vars is not a YAML mapping")?;
    let profiles = prepared.profiles_text(request)?;
    let mut output = choice.output(&profiles, &OUTPUT_KEYS)?;
    if let Some(path) = output.get_mut("path") {
        *path = absolute(path, &prepared.project.root);
    }
    lock_name(&output)
}

/// The path of a database file, which dbt reads relative to the project. An address of another kind stays as it is.
fn absolute(path: &str, root: &Path) -> String {
    if path.contains(':') {
        return path.to_owned();
    }
    let path = root.join(path);
    let found = fs_err::canonicalize(&path).or_else(|error| {
        let (folder, name) = (path.parent(), path.file_name());
        let (folder, name) = folder.zip(name).ok_or(error)?;
        Ok::<_, std::io::Error>(fs_err::canonicalize(folder)?.join(name))
    });
    found.unwrap_or(path).to_string_lossy().into_owned()
}

/// This run as others see it that wait for it.
fn holder(request: &Request, new: Option<&NewRun>) -> Holder {
    let flow = &request.flow;
    let shared = request.shared.as_ref();
    let existing = flow.flow_run_id.or(flow.inherited);
    let existing = existing.filter(|_| !flow.declined);
    let flow_run_id = shared.map_or(existing, |shared| shared.known_id());
    let new = shared.map(|shared| &shared.new).or(new);
    let description = match (new, flow_run_id) {
        (Some(new), _) => format!("flow run `{}`", new.names.flow_run_name),
        (None, Some(id)) => format!("flow run {id}"),
        (None, None) => format!("process {}", std::process::id()),
    };
    Holder {
        description,
        flow_run_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_path_and_an_address_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("data")).unwrap();
        let shop = root.join("shop.duckdb");
        for path in ["shop.duckdb", "./data/../shop.duckdb"] {
            assert_eq!(absolute(path, &root), shop.to_string_lossy());
        }
        std::os::unix::fs::symlink(&shop, root.join("link.duckdb")).unwrap();
        std::fs::write(&shop, "").unwrap();
        assert_eq!(absolute("link.duckdb", &root), shop.to_string_lossy());
        for address in ["md:shop", ":memory:", "s3://shop/shop.duckdb"] {
            assert_eq!(absolute(address, &root), address);
        }
    }
}
