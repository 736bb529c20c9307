//! Says what works with this version of dbt and what does not.

use super::report::Check;
use crate::dbt::{Capabilities, DbtVersion, ManifestTime, RetrySupport};

const ID: &str = "engine";
/// What works with every version.
const EVERYWHERE: &str =
    "works: task runs with edges, times, states and logs; assets; hooks; retries; cancellation";

/// What works with a version of dbt, and what does not, a line each.
pub(super) fn check(version: &DbtVersion) -> Check {
    let capabilities = Capabilities::of(version);
    let name = match version.numbers() {
        Some((2.., _)) => "dbt 2".to_owned(),
        Some((major, minor)) => format!("dbt {major}.{minor}"),
        None => format!("dbt {}, taken for a current dbt 1", version.version),
    };
    let mut lines = vec![name.as_str(), EVERYWHERE];
    lines.extend(limits(capabilities));
    let details = serde_json::to_value(capabilities).unwrap_or_default();
    Check::ok(ID, lines.join("\n")).detail("capabilities", details)
}

/// What a version does not do, or does at a price.
fn limits(capabilities: &Capabilities) -> Vec<&'static str> {
    let mut limits = Vec::new();
    if capabilities.manifest == ManifestTime::AfterNodes {
        limits.push("costs: `dbt parse` runs before each command that builds nodes, since manifest.json is written after them");
    }
    limits.push(match capabilities.retry {
        RetrySupport::DbtRetry => "works: a retry runs only what did not succeed (`dbt retry`)",
        RetrySupport::WholeCommand => {
            "does not work: `dbt retry` with a saved state; a retry runs the whole command"
        }
        RetrySupport::ForgetsArguments => {
            "does not work: `dbt retry` forgets --vars, --target and others; a retry runs the whole command"
        }
    });
    if capabilities.engine == crate::dbt::command_line::Engine::Fusion {
        limits.extend([
            "does not work: results of single batches of microbatch models, and totals of nodes: there are no events",
            "costs: each run asks for updates online; DBT_DISABLE_VERSION_CHECK=1 turns that off, and require-dbt-version with it",
        ]);
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_limits() {
        for version in ["1.5.12", "1.11.16", "2.0.9", "odd"] {
            let check = check(&DbtVersion::new(version));
            insta::with_settings!({ snapshot_suffix => version }, {
                insta::assert_snapshot!("engine", check.finding);
            });
        }
    }
}
