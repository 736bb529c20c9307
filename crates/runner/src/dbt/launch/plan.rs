//! What the launcher is to do, and its text.

use std::collections::BTreeMap;
use std::os::fd::RawFd;
use std::path::Path;

use dbt_events::EventName;
use serde::Serialize;

use super::choice::Launcher;
use super::console_script::ConsoleScript;
use super::not_launched::NotLaunched;
use super::program::LAUNCHER;
use crate::dbt::child_environment::EnvironmentChange;

/// The events that dbt sends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WantedEvents {
    /// Events of the level debug, as log lines.
    pub(crate) details: bool,
    /// Every event with all of its fields, as dbt writes them.
    pub(crate) complete: bool,
    /// Whether dbt also writes its own log file.
    pub(crate) log_file: bool,
}

/// A dbt that the launcher starts.
#[derive(Debug, Clone)]
pub(crate) struct LaunchPlan {
    pub(super) script: ConsoleScript,
    pub(super) events: WantedEvents,
}

impl LaunchPlan {
    /// The plan for this executable.
    ///
    /// # Errors
    /// When dbt is to be started as it is.
    pub(crate) fn new(
        choice: Launcher,
        dbt: &Path,
        events: WantedEvents,
    ) -> Result<Self, NotLaunched> {
        Self::on_system(choice, dbt, events, Path::new("/dev/fd"))
    }

    /// The same on a system that names open files in `names`.
    fn on_system(
        choice: Launcher,
        dbt: &Path,
        events: WantedEvents,
        names: &Path,
    ) -> Result<Self, NotLaunched> {
        if choice == Launcher::Off {
            return Err(NotLaunched::Off);
        }
        if !names.exists() {
            return Err(NotLaunched::NoFileNames);
        }
        Ok(Self {
            script: ConsoleScript::read(dbt)?,
            events,
        })
    }

    /// The text that Python runs: the program, and what it has to do. `source` is the file that Python reads it from,
    /// `events` the one that it writes events to, `plain` the environment for a start without the launcher.
    ///
    /// # Errors
    /// When a value cannot be written as JSON.
    pub(super) fn text(
        &self,
        (source, events): (RawFd, RawFd),
        plain: &[EnvironmentChange],
    ) -> serde_json::Result<String> {
        LAUNCHER.text(&Config {
            script: &self.script.path,
            source_fd: source,
            events_fd: events,
            events: EventConfig::of(self.events),
            plain: Plain::of(plain),
        })
    }
}

/// Which events dbt sends, for the program.
#[derive(Serialize)]
pub(super) struct EventConfig {
    events: Vec<&'static str>,
    details: bool,
    complete: bool,
    log_file: bool,
}

impl EventConfig {
    pub(super) fn of(events: WantedEvents) -> Self {
        Self {
            events: names().collect(),
            details: events.details,
            complete: events.complete,
            log_file: events.log_file,
        }
    }
}

/// The events whose data is read. A node's events always arrive, so that the names of connections are not needed.
fn names() -> impl Iterator<Item = &'static str> {
    let unread = ["NewConnection", "ConnectionReused", "Formatting"];
    let known = EventName::ALL.iter().copied();
    // Its first event after NodeStart shows that dbt runs the node.
    known
        .filter(move |name| !unread.contains(name))
        .chain(["NodeCompiling"])
}

/// What the program has to do.
#[derive(Serialize)]
struct Config<'a> {
    script: &'a str,
    source_fd: RawFd,
    events_fd: RawFd,
    #[serde(flatten)]
    events: EventConfig,
    plain: Plain<'a>,
}

/// The environment for a start without the launcher.
#[derive(Serialize)]
struct Plain<'a> {
    set: BTreeMap<&'a str, &'a str>,
    remove: Vec<&'a str>,
}

impl<'a> Plain<'a> {
    fn of(changes: &'a [EnvironmentChange]) -> Self {
        let set = changes.iter().filter_map(|change| match change {
            EnvironmentChange::Set(name, value) => Some((&**name, value.to_str()?)),
            _ => None,
        });
        let remove = changes.iter().filter_map(|change| match change {
            EnvironmentChange::Remove(name) => Some(&**name),
            _ => None,
        });
        Self {
            set: set.collect(),
            remove: remove.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt::Capabilities;
    use crate::dbt::child_environment::output_environment;

    fn plan(choice: Launcher, names: &str) -> Result<LaunchPlan, NotLaunched> {
        let events = WantedEvents::default();
        LaunchPlan::on_system(choice, Path::new("/nowhere/dbt"), events, Path::new(names))
    }

    #[test]
    fn the_choice_and_the_system_come_before_the_script() {
        assert_eq!(plan(Launcher::Off, "/dev").unwrap_err(), NotLaunched::Off);
        let without_names = plan(Launcher::Auto, "/nowhere/fd").unwrap_err();
        assert_eq!(without_names, NotLaunched::NoFileNames);
        let unreadable = plan(Launcher::Auto, "/dev").unwrap_err();
        assert!(matches!(unreadable, NotLaunched::Unreadable { .. }));
    }

    #[test]
    fn the_text_is_one_line_of_python_without_a_users_value() {
        let script = ConsoleScript::parse(
            "/a 'b' \"c\"/dbt",
            b"#!/bin/python\nfrom dbt.cli.main import cli\n",
        );
        let plan = LaunchPlan {
            script: script.unwrap(),
            events: WantedEvents::default(),
        };
        let text = plan
            .text(
                (3, 4),
                &output_environment(<&Capabilities>::default(), false),
            )
            .unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.starts_with("exec(compile(\"\\\"\\\"\\\"dbt's events"),
            "{text}"
        );
        assert!(text.contains(r#"DBT_LOG_FORMAT\":\"json"#), "{text}");
    }
}
