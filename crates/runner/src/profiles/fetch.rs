//! Fetches the blocks and variables of a template, before it is rendered.

use std::collections::BTreeSet;
use std::path::Path;

use dbt_templating::{Block, Resolved, Source, Template};
use prefect_client::{Client, Error};
use serde_json::Value;
use tokio::task::JoinSet;

use super::error::ProfilesError;

/// The most requests at a time: enough to hide the delay of the network, and few for a server.
const AT_ONCE: usize = 16;

/// What the API returned for a block or variable.
enum Found {
    Block(Block),
    Variable(Value),
    Nothing,
}

/// Fetches what the template in `path` refers to, if it refers to anything.
///
/// # Errors
/// Those of [`fetch`], and when there is no API to fetch it from.
pub(super) async fn resolve(
    path: &Path,
    template: &Template,
    client: Option<&Client>,
) -> Result<Resolved, ProfilesError> {
    let Some(reference) = template.references().first().map(ToString::to_string) else {
        return Ok(Resolved::new());
    };
    let path = path.to_path_buf();
    let client = client.ok_or(ProfilesError::NoApi { path, reference })?;
    fetch(client, template).await
}

/// Fetches every block and variable of `template`, each once, several at a time. For those that do not exist, the names of
/// existing ones are fetched instead, so that the error can list them.
///
/// # Errors
/// When a request fails. A block or variable that does not exist is an error when the template is rendered.
async fn fetch(client: &Client, template: &Template) -> Result<Resolved, ProfilesError> {
    let mut resolved = Resolved::new();
    let mut missing = Vec::new();
    let mut wanted = template.sources().into_iter().cloned();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(source) = wanted.next()
        {
            let client = client.clone();
            running.spawn(async move {
                let found = fetch_one(&client, &source).await;
                (source, found)
            });
        }
        let Some(joined) = running.join_next().await else {
            break;
        };
        let (source, found) = match joined {
            Ok(fetched) => fetched,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let found = found.map_err(|error| failed(&source, error))?;
        match (&source, found) {
            (_, Found::Nothing) => missing.push(source),
            (Source::Block { type_slug, name }, Found::Block(block)) => {
                resolved = resolved.block(type_slug, name, block);
            }
            (Source::Variable { name }, Found::Variable(value)) => {
                resolved = resolved.variable(name, value);
            }
            _ => {}
        }
    }
    with_known_names(client, resolved, missing).await
}

async fn fetch_one(client: &Client, wanted: &Source) -> Result<Found, Error> {
    Ok(match wanted {
        Source::Block { type_slug, name } => match client.read_block(type_slug, name).await? {
            Some(document) => {
                let secret_fields = document.secret_fields();
                let block = Block::new(Value::Object(document.data)).secret_fields(secret_fields);
                Found::Block(block)
            }
            None => Found::Nothing,
        },
        Source::Variable { name } => match client.read_variable(name).await? {
            Some(variable) => Found::Variable(variable.value),
            None => Found::Nothing,
        },
    })
}

/// Adds the names of the blocks and variables that exist, for each kind of which one is missing.
async fn with_known_names(
    client: &Client,
    mut resolved: Resolved,
    missing: Vec<Source>,
) -> Result<Resolved, ProfilesError> {
    let mut listed = BTreeSet::new();
    for source in missing {
        let kind = match &source {
            Source::Block { type_slug, .. } => Some(type_slug.clone()),
            Source::Variable { .. } => None,
        };
        if !listed.insert(kind.clone()) {
            continue;
        }
        let names = match &kind {
            Some(type_slug) => client.read_block_names(type_slug).await,
            None => client.read_variable_names().await,
        };
        for name in names.map_err(|error| failed(&source, error))? {
            resolved = match &kind {
                Some(type_slug) => resolved.known_block(type_slug, name),
                None => resolved.known_variable(name),
            };
        }
    }
    Ok(resolved)
}

fn failed(wanted: &Source, error: Error) -> ProfilesError {
    ProfilesError::Fetch {
        wanted: wanted.clone(),
        source: Box::new(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    use dbt_templating::RenderOptions;
    use prefect_client::Settings;

    use super::*;

    #[derive(Default)]
    struct AtWork {
        counts: Mutex<Counts>,
        more: Condvar,
    }

    /// How many requests are at work, the most that ever were, and whether one has waited in vain for more.
    #[derive(Default)]
    struct Counts {
        now: usize,
        most: usize,
        is_in_vain: bool,
    }

    impl AtWork {
        /// Answers a request for a variable once `AT_ONCE` requests are at work. Only one waits in vain, so that the test ends
        /// soon if the requests come one by one.
        fn serve(&self, mut stream: TcpStream) {
            let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
            let name = head.next().unwrap_or_default();
            head.take_while(|line| !line.is_empty()).for_each(drop);
            let name = name
                .split(['/', ' '])
                .rev()
                .nth(2)
                .unwrap_or_default()
                .to_owned();
            let mut counts = self.counts.lock().unwrap();
            counts.now += 1;
            counts.most = counts.most.max(counts.now);
            self.more.notify_all();
            let too_few = |counts: &mut Counts| counts.most < AT_ONCE && !counts.is_in_vain;
            let waited = self
                .more
                .wait_timeout_while(counts, Duration::from_secs(5), too_few);
            let (mut counts, waited) = waited.unwrap();
            counts.now -= 1;
            counts.is_in_vain |= waited.timed_out();
            drop(counts);
            let id = uuid::Uuid::nil();
            let body = format!(r#"{{"id":"{id}","name":"{name}","value":"of {name}"}}"#);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    }

    #[tokio::test]
    async fn many_references_are_fetched_at_a_time_with_a_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let at_work = Arc::<AtWork>::default();
        let shared = Arc::clone(&at_work);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let at_work = Arc::clone(&shared);
                std::thread::spawn(move || at_work.serve(stream));
            }
        });
        let mut source = "shop:\n".to_owned();
        for number in 0..100 {
            let _ = writeln!(
                source,
                "  v{number}: '{{{{ prefect.variables.v{number} }}}}'"
            );
        }
        let template = Template::parse("profiles.yml", source.into_bytes()).unwrap();
        let client = Client::new(&Settings::with_api_url(&url)).unwrap();
        let resolved = fetch(&client, &template).await.unwrap();
        assert_eq!(at_work.counts.lock().unwrap().most, AT_ONCE);
        let rendered = template
            .render(&resolved, &RenderOptions::default())
            .unwrap();
        let dbt_templating::Profiles::Rewritten(text) = rendered.profiles else {
            panic!("nothing was rendered");
        };
        assert!(text.contains("of v0") && text.contains("of v99"), "{text}");
    }
}
