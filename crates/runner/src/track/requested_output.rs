//! What dbt writes as the output of a command, such as `ls` and `show`.

use dbt_events::EventName;

/// Whether an event's text is output of the command: it goes to standard output, not to the log.
pub(crate) fn is_data(name: EventName, command: &str) -> bool {
    match name {
        EventName::ShowNode | EventName::CompiledNode => true,
        EventName::PrintEvent => matches!(command, "ls" | "list"),
        _ => false,
    }
}

/// Whether what macros print (`print()`, an event or plain text) is output of the command, and also a line of its log.
pub(crate) fn is_for_prints(command: &str) -> bool {
    command == "run-operation"
}
