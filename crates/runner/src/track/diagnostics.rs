//! What dbt writes about a node beside its result. The results of dbt 2 have no message: the line before them says why a node
//! failed, and their own line says why a relation was reused.

use dbt_events::{Event, Level, strip_ansi};

use crate::model::NodeStatus;

/// The last error and the last warning about a node, and why its relation was reused.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    error: Option<String>,
    warning: Option<String>,
    reuse: Option<String>,
}

impl Diagnostics {
    /// Takes a line about the node.
    pub(super) fn add(&mut self, level: Level, message: &str) {
        let kept = match level {
            Level::Error => &mut self.error,
            Level::Warn => &mut self.warning,
            _ => return,
        };
        *kept = Some(without_level(message)).filter(|text| !text.is_empty());
    }

    /// Takes a line of the node's life: that of a result may say more than its status.
    pub(super) fn add_result(&mut self, event: &Event<'_>) {
        if event.raw_name().ends_with("Result") {
            self.reuse = reason_of_reuse(&event.message()).map(str::to_owned);
        }
    }

    /// The line that explains a result with this status.
    pub(super) fn explain(&mut self, status: &NodeStatus) -> Option<String> {
        match status {
            NodeStatus::Warn => self.warning.take(),
            NodeStatus::Reused => self.reuse.take(),
            status if status.is_failure() => self.error.take(),
            _ => None,
        }
    }
}

/// A message of dbt without colours and without its level, which dbt 2 and dbt 1.12 write before it (`[error] ...`,
/// `[WARNING]: ...`).
pub(super) fn without_level(message: &str) -> String {
    let message = strip_ansi(message);
    let message = message.trim();
    let level = ["[error]", "[warning]", "[warn]"]
        .into_iter()
        .find(|level| {
            message
                .get(..level.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(level))
        });
    match level {
        Some(level) => message[level.len()..]
            .trim_start_matches([':', ' '])
            .to_owned(),
        None => message.to_owned(),
    }
}

/// Why a relation was reused. In dbt 2, the line of a result ends with the materialization and what is special about the
/// node: `Reused [ 0.00s] model main.orders (table - No new changes on any upstreams)`.
fn reason_of_reuse(line: &str) -> Option<&str> {
    let (_, special) = line.trim_end().strip_suffix(')')?.rsplit_once(" (")?;
    special.split_once(" - ").map(|(_, reason)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_result_says_why_a_relation_was_reused() {
        let line = " Reused [  0.00s] model main.a (table - No new changes on any upstreams)";
        let reason = Some("No new changes on any upstreams");
        assert_eq!(reason_of_reuse(line), reason);
        for line in ["Reused model main.a (table)", "Reused model a - b", ")", ""] {
            assert_eq!(reason_of_reuse(line), None, "{line}");
        }
    }

    #[test]
    fn a_message_is_shown_without_its_level() {
        for (message, shown) in [
            (
                "[error] [RemoteError (dbt1014)]: no table\nraw",
                "[RemoteError (dbt1014)]: no table\nraw",
            ),
            ("\u{1b}[33m[WARNING]\u{1b}[0m: careful", "careful"),
            ("[warning]: careful", "careful"),
            ("[orders] failed", "[orders] failed"),
            ("é", "é"),
        ] {
            assert_eq!(without_level(message), shown);
        }
    }

    #[test]
    fn a_warning_does_not_explain_a_failure() {
        let mut lines = Diagnostics::default();
        lines.add(Level::Warn, "deprecated");
        lines.add(Level::Info, "compiled");
        assert_eq!(lines.explain(&NodeStatus::Error), None);
        assert_eq!(lines.explain(&NodeStatus::Success), None);
        assert_eq!(
            lines.explain(&NodeStatus::Warn).as_deref(),
            Some("deprecated")
        );
    }
}
