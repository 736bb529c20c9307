//! What decides how an interpreter starts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::console_script::ConsoleScript;

/// The variables that Python, the loader and the C library read when an interpreter starts. Everything else, such as a secret,
/// reaches dbt only.
const VARIABLES: [&str; 49] = [
    "GLIBC_TUNABLES",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NUMERIC",
    "LC_TIME",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MALLOC_ARENA_MAX",
    "PATH",
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "PYTHONASYNCIODEBUG",
    "PYTHONCOERCECLOCALE",
    "PYTHONDEBUG",
    "PYTHONDEVMODE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONEXECUTABLE",
    "PYTHONFAULTHANDLER",
    "PYTHONHASHSEED",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONMALLOC",
    "PYTHONNODEBUGRANGES",
    "PYTHONNOUSERSITE",
    "PYTHONOPTIMIZE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONPYCACHEPREFIX",
    "PYTHONSAFEPATH",
    "PYTHONTRACEMALLOC",
    "PYTHONUNBUFFERED",
    "PYTHONUSERBASE",
    "PYTHONUTF8",
    "PYTHONVERBOSE",
    "PYTHONWARNDEFAULTENCODING",
    "PYTHONWARNINGS",
    "PYTHON_GIL",
    "TZ",
    "VIRTUAL_ENV",
];

/// Variables that dbt reads when it is imported.
const READ_BY_DBT: [&str; 1] = ["DBT_PACKAGE_HUB_URL"];

/// What decides how an interpreter starts. Two that are equal give equal interpreters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dbt) struct Startup {
    pub(super) script: ConsoleScript,
    /// Size and time of modification of the script and of its interpreter: they change when dbt is installed anew.
    files: [Option<(u64, SystemTime)>; 2],
    /// The working directory, which relative paths in `PYTHONPATH` are about.
    cwd: PathBuf,
    /// The environment.
    pub(super) environment: Vec<(OsString, OsString)>,
}

impl Startup {
    /// How an interpreter for this script starts in this process. `None` where dbt needs an interpreter of its own: its import
    /// depends on more than what an interpreter that waits may know.
    pub(super) fn from_env(script: &ConsoleScript) -> Option<Self> {
        let set = |name: &&str| Some((OsString::from(name), std::env::var_os(name)?));
        if READ_BY_DBT.iter().any(|name| set(name).is_some()) {
            return None;
        }
        Some(Self {
            script: script.clone(),
            files: [&script.path, &script.interpreter.program].map(|file| stamp(Path::new(file))),
            cwd: std::env::current_dir().ok()?,
            environment: VARIABLES.iter().filter_map(set).collect(),
        })
    }
}

fn stamp(file: &Path) -> Option<(u64, SystemTime)> {
    let data = fs_err::metadata(file).ok()?;
    Some((data.len(), data.modified().ok()?))
}
