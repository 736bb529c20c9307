//! Where settings are read from, tested in a child process with an environment, a working directory and a home of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use prefect_client::Settings;

/// Set in the child process, which prints the URL that it finds.
const CHILD: &str = "PREFECT_CLIENT_TEST_CHILD";
const MARK: &str = "found: ";

/// The test of the child process; it does nothing in the parent.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let found = match Settings::from_env() {
        Ok(settings) => settings
            .api_url
            .map_or("none".to_owned(), |url| url.to_string()),
        Err(error) => format!("error: {error}"),
    };
    println!("{MARK}{found}");
}

/// A temporary directory with an empty project and an empty home.
struct Places(tempfile::TempDir);

impl Places {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("project/below")).expect("a project");
        fs::create_dir_all(dir.path().join("home/.prefect")).expect("a home");
        Self(dir)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), bytes).expect("written");
        self
    }

    /// The API URL that a process in `dir` finds.
    fn found_in(&self, dir: &str, environment: &[(&str, &Path)]) -> String {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        for (name, _) in std::env::vars_os() {
            if name
                .to_string_lossy()
                .to_ascii_uppercase()
                .starts_with("PREFECT_")
            {
                command.env_remove(name);
            }
        }
        let output = command
            .args(["places::child", "--exact", "--nocapture"])
            .env(CHILD, "1")
            .env("HOME", self.path("home"))
            .envs(environment.iter().copied())
            .current_dir(self.path(dir))
            .output()
            .expect("a child");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = said.lines().find_map(|line| Some(line.split_once(MARK)?.1));
        found.unwrap_or_else(|| panic!("{output:?}")).to_owned()
    }

    fn found(&self, environment: &[(&str, &str)]) -> String {
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (*name, Path::new(*value)))
            .collect();
        self.found_in("project", &environment)
    }
}

fn profile(url: &str) -> String {
    format!("active = 'a'\n[profiles.a]\nPREFECT_API_URL = 'http://{url}'\n")
}

#[test]
fn each_file_has_precedence_over_the_next() {
    let places = Places::new();
    assert_eq!(places.found(&[]), "none");
    places.write("home/.prefect/profiles.toml", profile("profile"));
    assert_eq!(places.found(&[]), "http://profile");
    places.write(
        "project/pyproject.toml",
        "[tool.prefect.api]\nurl = 'http://pyproject'\n",
    );
    assert_eq!(places.found(&[]), "http://pyproject");
    places.write("project/prefect.toml", "[api]\nurl = 'http://prefect'\n");
    assert_eq!(places.found(&[]), "http://prefect");
    places.write("project/.env", "PREFECT_API_URL=http://dotenv\n");
    assert_eq!(places.found(&[]), "http://dotenv");
    assert_eq!(
        places.found(&[("prefect_api_url", "http://env/")]),
        "http://env"
    );
    assert_eq!(places.found(&[("PREFECT_API_URL", "")]), "none");
    // Only the working directory counts, not its parents.
    assert_eq!(places.found_in("project/below", &[]), "http://profile");
}

#[test]
fn the_profiles_file_is_found_in_order_of_precedence() {
    let places = Places::new();
    let at = |name: &str| places.path(name).display().to_string();
    places
        .write("home/.prefect/profiles.toml", profile("home"))
        .write("home/profiles.toml", profile("prefect-home"))
        .write("named-env.toml", profile("env"))
        .write("named-dotenv.toml", profile("dotenv"))
        .write("named-toml.toml", profile("toml"))
        .write("named-pyproject.toml", profile("pyproject"));
    assert_eq!(places.found(&[]), "http://home");
    let prefect_home = at("home");
    let home = ("PREFECT_HOME", prefect_home.as_str());
    assert_eq!(places.found(&[home]), "http://prefect-home");
    assert_eq!(
        places.found(&[home, ("PREFECT_PROFILE", "no-such")]),
        "none"
    );
    let named = |file| format!("profiles_path = '{}'\n", at(file));
    places.write(
        "project/pyproject.toml",
        format!("[tool.prefect]\n{}", named("named-pyproject.toml")),
    );
    assert_eq!(places.found(&[home]), "http://pyproject");
    places.write("project/prefect.toml", named("named-toml.toml"));
    assert_eq!(places.found(&[home]), "http://toml");
    places.write(
        "project/.env",
        format!("PREFECT_PROFILES_PATH={}\n", at("named-dotenv.toml")),
    );
    assert_eq!(places.found(&[home]), "http://dotenv");
    let from_env = at("named-env.toml");
    assert_eq!(
        places.found(&[home, ("PREFECT_PROFILES_PATH", &from_env)]),
        "http://env"
    );
}

#[test]
fn an_invalid_file_is_an_error_or_is_ignored() {
    let places = Places::new();
    fs::create_dir(places.path("project/.env")).expect("a virtual environment");
    places.write("home/.prefect/profiles.toml", b"active = 'a'\n\xff\xfe[");
    assert_eq!(places.found(&[]), "none");
    places.write("project/pyproject.toml", b"[tool.prefect\nurl = \xff");
    let found = places.found(&[]);
    assert!(
        found.contains("pyproject.toml is not valid TOML: line 1, column 14"),
        "{found}"
    );
    places.write("project/prefect.toml", b"a = 1\n\xff\xfe");
    let found = places.found(&[]);
    assert!(
        found.contains("prefect.toml is not valid TOML: line 2, column 3"),
        "{found}"
    );
}
