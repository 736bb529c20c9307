//! Says what works with this version of dbt and what does not.

use super::report::Check;
use crate::dbt::{Capabilities, DbtVersion, ManifestTime, NodeEvents, RetrySupport};

const ID: &str = "engine";
/// What works with every version.
const EVERYWHERE: &str =
    "works: task runs with edges, times, states and logs; assets; hooks; retries; cancellation";

/// The newest version of dbt 1 that the tests run.
const NEWEST: (u32, u32) = (1, 13);

/// What works with a version of dbt, and what does not, a line each.
pub(super) fn check(version: &DbtVersion) -> Check {
    let capabilities = Capabilities::of(version);
    let name = match version.numbers() {
        Some((2.., _)) => "dbt 2".to_owned(),
        Some(numbers @ (major, minor)) if numbers > NEWEST => {
            format!(
                "dbt {major}.{minor}, taken for dbt {}.{}",
                NEWEST.0, NEWEST.1
            )
        }
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
    if capabilities.node_events == NodeEvents::DebugSwitch {
        limits
            .push("costs: dbt runs with DBT_DEBUG, since it writes the events of nodes only then");
    }
    if capabilities.manifest == ManifestTime::AfterNodes {
        limits.push("costs: `dbt parse` runs before each command that builds nodes, since manifest.json is written after them");
    }
    limits.push(match capabilities.retry {
        RetrySupport::DbtRetry => "works: a retry runs only what did not succeed (`dbt retry`)",
        RetrySupport::WholeCommand => {
            "does not work: `dbt retry` with a saved state; a retry runs the whole command"
        }
        RetrySupport::ForgetsArguments => {
            "does not work: `dbt retry`, which forgets --vars, --target and others; a retry runs the whole command"
        }
    });
    if capabilities.engine == crate::dbt::command_line::Engine::Fusion {
        limits.extend([
            "does not work: --heal, because dbt 2 cannot run the nodes of given results",
            "does not work: results of single batches of microbatch models, which have no events",
            "costs: each run asks for updates online; DBT_DISABLE_VERSION_CHECK=1 turns that off, and require-dbt-version with it",
            "not tested: dbt 2 itself; all of this follows the source of dbt 2.0.0-beta.2, and is tested with a program that imitates it",
        ]);
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_limits() {
        let versions = [
            "1.5.12", "1.6.18", "1.7.20", "1.8.10", "1.9.10", "1.10.22", "1.11.16", "1.12.6",
            "1.13.0b1", "1.14.0", "2.0.9", "odd",
        ];
        let findings = versions.map(|version| check(&DbtVersion::new(version)).finding);
        insta::assert_snapshot!("engine", findings.join("\n\n"));
    }
}
