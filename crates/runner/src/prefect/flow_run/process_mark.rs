//! Labels of a flow run that name the process that works for it. On its machine, they show whether it is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

const MACHINE: &str = "prefect-dbt.machine";
const BOOT: &str = "prefect-dbt.boot";
const PID_NAMESPACE: &str = "prefect-dbt.pid-namespace";
const PID: &str = "prefect-dbt.pid";
const STARTED: &str = "prefect-dbt.process-start";
const ATTEMPT: &str = "prefect-dbt.attempt";
const JOURNALS: &str = "prefect-dbt.journals";

/// The process that works for a flow run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessMark {
    pub(crate) host: Host,
    /// Its process id, in its PID namespace.
    pub(crate) pid: u32,
    /// When it started, in clock ticks since the boot; `None` where the system does not say.
    pub(crate) started: Option<u64>,
    /// The number of the attempt that it works at, from 1.
    pub(crate) attempt: u32,
    /// The folder of its journals.
    pub(crate) journals: Option<PathBuf>,
}

/// Where process ids have a meaning. A part is empty where the system does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Host {
    /// A hash of the machine id, which is not for the public.
    pub(crate) machine: String,
    pub(crate) boot: String,
    pub(crate) pid_namespace: String,
}

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessFate {
    /// It runs on this machine.
    Runs,
    /// It ran on this machine, and is gone.
    Gone,
    /// It is that of another machine or PID namespace.
    Unknown,
}

impl ProcessMark {
    /// This process, whose journals are in this folder, at the first attempt of a flow run.
    pub(crate) fn of_this_process(journals: Option<&Path>) -> Self {
        let pid = std::process::id();
        Self {
            host: Host::here(),
            pid,
            started: start_of(pid).map(|(_, started)| started),
            attempt: 1,
            journals: journals.map(Path::to_owned),
        }
    }

    /// The labels for an attempt of the flow run.
    pub(crate) fn labels(&self, attempt: u32) -> BTreeMap<String, Value> {
        let journals = self.journals.as_ref();
        let journals = journals.map(|path| path.to_string_lossy().into_owned());
        let labels = [
            (MACHINE, Some(self.host.machine.clone().into())),
            (BOOT, Some(self.host.boot.clone().into())),
            (PID_NAMESPACE, Some(self.host.pid_namespace.clone().into())),
            (PID, Some(self.pid.into())),
            (STARTED, self.started.map(Value::from)),
            (ATTEMPT, Some(attempt.into())),
            // Each label, so that those of an earlier process do not stay.
            (JOURNALS, Some(journals.unwrap_or_default().into())),
        ];
        let named = labels
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        named.collect()
    }

    /// The label of a flow run that its process leaves to another one: that it is gone then says nothing.
    pub(crate) fn left_to_another() -> BTreeMap<String, Value> {
        BTreeMap::from([(BOOT.to_owned(), "".into())])
    }

    /// The process that the labels of a flow run name; `None` for flow runs of other programs.
    pub(crate) fn of_labels(labels: &Map<String, Value>) -> Option<Self> {
        let text = |name| labels.get(name)?.as_str().map(str::to_owned);
        let number = |name| labels.get(name)?.as_u64();
        Some(Self {
            host: Host {
                machine: text(MACHINE)?,
                boot: text(BOOT)?,
                pid_namespace: text(PID_NAMESPACE)?,
            },
            pid: number(PID)?.try_into().ok()?,
            started: number(STARTED),
            attempt: number(ATTEMPT)?.try_into().ok()?,
            journals: text(JOURNALS)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
        })
    }

    /// What has become of the process, as seen from `here`.
    pub(crate) fn fate(&self, here: &Host) -> ProcessFate {
        if !here.is_known() || self.host != *here {
            return ProcessFate::Unknown;
        }
        match runs(self.pid, self.started) {
            true => ProcessFate::Runs,
            false => ProcessFate::Gone,
        }
    }
}

impl Host {
    /// That of this process.
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let machine = read("/etc/machine-id");
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            machine: hashed(machine.trim()),
            boot: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
            pid_namespace: namespace.to_string_lossy().into_owned(),
        }
    }

    /// Containers often have no machine id. Boot and PID namespace are enough to tell processes apart.
    fn is_known(&self) -> bool {
        !self.boot.is_empty() && !self.pid_namespace.is_empty()
    }
}

fn hashed(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let digest = Sha256::digest(text);
    let hex = digest[..8].iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

/// Whether a process of this PID namespace runs. A process of the same id that started at another time is another one.
fn runs(pid: u32, started: Option<u64>) -> bool {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    // /proc may hide the processes of other users; a signal says that they exist.
    if test_kill_process(id) == Err(Errno::SRCH) {
        return false;
    }
    let (Some((state, found)), Some(started)) = (start_of(pid), started) else {
        return true;
    };
    found == started && !matches!(state, 'Z' | 'X')
}

/// The state of a process and its start, in clock ticks since the boot: the third and the 22nd field of its `stat`.
fn start_of(pid: u32) -> Option<(char, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(&stat)
}

/// The second field is the name in parentheses, which can contain anything.
fn parse_stat(stat: &str) -> Option<(char, u64)> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_process() -> ProcessMark {
        ProcessMark::of_this_process(Some(Path::new("/shop/.prefect-dbt")))
    }

    #[test]
    fn labels_name_the_process() {
        let mark = this_process();
        let labels: Map<_, _> = mark.labels(3).into_iter().collect();
        let expected = ProcessMark { attempt: 3, ..mark };
        assert_eq!(ProcessMark::of_labels(&labels), Some(expected));
        assert_eq!(ProcessMark::of_labels(&Map::new()), None);
    }

    #[test]
    fn a_process_that_leaves_its_flow_run_does_not_count() {
        let mut labels: Map<_, _> = this_process().labels(1).into_iter().collect();
        labels.extend(ProcessMark::left_to_another());
        let mark = ProcessMark::of_labels(&labels).unwrap();
        assert_eq!(mark.fate(&Host::here()), ProcessFate::Unknown);
    }

    #[test]
    fn the_machine_id_itself_is_not_in_a_label() {
        let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let labels = format!("{:?}", this_process().labels(1));
        assert!(id.trim().is_empty() || !labels.contains(id.trim()));
    }

    #[test]
    fn a_process_is_gone_only_where_that_can_be_seen() {
        let here = Host::here();
        let fate = |mark: &ProcessMark| mark.fate(&here);
        let runs = this_process();
        assert_eq!(fate(&runs), ProcessFate::Runs);

        let mut child = std::process::Command::new("true").spawn().unwrap();
        let mut gone = runs.clone();
        gone.pid = child.id();
        // It is a zombie until it is waited for.
        child.wait().unwrap();
        assert_eq!(fate(&gone), ProcessFate::Gone);

        let mut reused = runs.clone();
        reused.started = reused.started.map(|started| started + 1);
        assert_eq!(fate(&reused), ProcessFate::Gone);

        for change in [
            |host: &mut Host| host.machine.push('x'),
            |host: &mut Host| host.boot.push('x'),
            |host: &mut Host| host.pid_namespace.push('x'),
            |host: &mut Host| *host = Host::default(),
        ] {
            let mut elsewhere = gone.clone();
            change(&mut elsewhere.host);
            assert_eq!(fate(&elsewhere), ProcessFate::Unknown);
        }
        assert_eq!(gone.fate(&Host::default()), ProcessFate::Unknown);
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_is_skipped() {
        let fields: Vec<String> = (4..=22).map(|n| n.to_string()).collect();
        let stat = format!("17 (a) b (c) S {} 23", fields.join(" "));
        assert_eq!(parse_stat(&stat), Some(('S', 22)));
        assert_eq!(parse_stat("17 (a"), None);
    }
}
