//! Events that carry what the user asked dbt to print.

use dbt_events::EventName;

/// Whether an event is a result that the user asked for, which goes to standard output and not to the log.
pub(crate) fn is_data(name: EventName, command: &str) -> bool {
    match name {
        EventName::ShowNode | EventName::CompiledNode => true,
        EventName::PrintEvent => matches!(command, "ls" | "list"),
        _ => false,
    }
}
