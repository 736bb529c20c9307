//! The names of dbt's commands.

/// Every first word of a command, dbt 1.5 to 2.
const FIRST_WORDS: [&str; 23] = [
    "build",
    "clean",
    "clone",
    "compile",
    "debug",
    "deps",
    "docs",
    "freshness",
    "init",
    "list",
    "login",
    "ls",
    "man",
    "parse",
    "retry",
    "run",
    "run-operation",
    "seed",
    "show",
    "snapshot",
    "source",
    "state",
    "test",
];

/// First words that need a second one: `docs generate`, `source freshness`.
const GROUPS: [&str; 3] = ["docs", "source", "state"];

/// Whether a command begins with this word.
pub(super) fn is_first_word(word: &str) -> bool {
    FIRST_WORDS.contains(&word)
}

/// Whether this first word needs a second one. dbt says which second words it knows.
pub(super) fn is_group(word: &str) -> bool {
    GROUPS.contains(&word)
}

/// Whether these words are one whole command and nothing else.
pub(crate) fn is_command<S: AsRef<str>>(words: &[S]) -> bool {
    match words {
        [only] => is_first_word(only.as_ref()) && !is_group(only.as_ref()),
        [group, second] => is_group(group.as_ref()) && !second.as_ref().starts_with('-'),
        _ => false,
    }
}

/// The name under which the table of flags knows a command that has several names.
pub(super) fn canonical(command: &str) -> &str {
    match command {
        "list" => "ls",
        "freshness" | "source snapshot-freshness" => "source freshness",
        other => other,
    }
}
