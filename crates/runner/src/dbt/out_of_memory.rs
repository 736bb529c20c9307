//! Whether the kernel killed dbt because memory ran out. SIGKILL alone does not say so; the counters of the control group do.

use std::path::{Component, Path, PathBuf};

use super::process::DbtExit;

/// Where control groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";
/// The exit code of a shell whose command was killed by SIGKILL.
const KILLED: i32 = 128 + libc::SIGKILL;

/// The number of processes that the kernel has killed for lack of memory in the control group of this process, which is
/// dbt's as well. `None` where there is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryKills(Option<u64>);

impl MemoryKills {
    /// Reads the number.
    pub(crate) fn read() -> Self {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let read = |file: &Path| std::fs::read_to_string(Path::new(MOUNT).join(file)).ok();
        Self(count(&groups, read))
    }

    /// Whether memory ran out between this reading and a `later` one, and a dbt with this end is a victim.
    pub(crate) fn explain(self, later: Self, exit: &DbtExit) -> bool {
        let is_killed = exit.signal() == Some(libc::SIGKILL) || exit.exit_code() == Some(KILLED);
        let grew = self
            .0
            .zip(later.0)
            .is_some_and(|(before, after)| after > before);
        is_killed && grew
    }
}

/// The number of the first file that has one. `groups` is the text of /proc/self/cgroup; `read` gives the text of a file
/// below the mount.
fn count(groups: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let files = groups.lines().filter_map(file_of);
    // In a container, the group can be mounted in place of the root while its path is that on the host.
    let at_the_root = ["memory.events", "memory/memory.oom_control"].map(PathBuf::from);
    files
        .chain(at_the_root)
        .find_map(|file| kills(&read(&file)?))
}

/// The file with the number, of a line of /proc/self/cgroup: `0::/PATH` (version 2), or `4:memory:/PATH` (version 1).
fn file_of(line: &str) -> Option<PathBuf> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, Path::new(parts.next()?));
    // `..` is a group outside of what this process can see.
    let path: PathBuf = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    if controllers.is_empty() {
        Some(path.join("memory.events"))
    } else if controllers.split(',').any(|name| name == "memory") {
        Some(Path::new("memory").join(path).join("memory.oom_control"))
    } else {
        None
    }
}

/// The value of the line `oom_kill`, which both versions have.
fn kills(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let (_, number) = lines.find(|(name, _)| *name == "oom_kill")?;
    number.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use jiff::Timestamp;

    use super::*;

    const V2: &str = "low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n";
    const V1: &str = "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n";

    #[test]
    fn the_number_is_found_in_both_versions_and_in_containers() {
        let hybrid = "5:cpu,cpuacct:/\n4:memory:/docker/ab:c\n0::/\n";
        let cases = [
            (
                "0::/system.slice/dbt.service\n",
                "system.slice/dbt.service/memory.events",
                V2,
                Some(2),
            ),
            ("0::/../host/pod\n", "memory.events", V2, Some(2)),
            (hybrid, "memory/docker/ab:c/memory.oom_control", V1, Some(7)),
            (hybrid, "memory/memory.oom_control", V1, Some(7)),
            ("0::/kernel\n", "kernel/memory.events", "low 0\n", None),
            ("", "elsewhere", V2, None),
        ];
        for (groups, exists, text, number) in cases {
            let read = |file: &Path| (file == Path::new(exists)).then(|| text.to_owned());
            assert_eq!(count(groups, read), number, "{groups}");
        }
    }

    #[test]
    fn only_a_killed_dbt_is_a_victim() {
        let (before, after) = (MemoryKills(Some(1)), MemoryKills(Some(2)));
        let exit = |raw| DbtExit {
            status: Some(ExitStatus::from_raw(raw)),
            at: Timestamp::UNIX_EPOCH,
        };
        let (killed, by_shell, terminated) = (exit(9), exit(137 << 8), exit(15));
        assert!(before.explain(after, &killed));
        assert!(before.explain(after, &by_shell));
        assert!(!before.explain(after, &terminated));
        assert!(!before.explain(before, &killed));
        assert!(!MemoryKills(None).explain(after, &killed));
    }
}
