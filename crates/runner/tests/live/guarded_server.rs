//! A Prefect server for one test, with authentication and CSRF protection.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use prefect_client::{Client, Secret, Settings};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The user name and password that the server accepts.
pub(super) const AUTH: &str = "admin:open-sesame-4711";
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(100);

/// Ends the server when our end of its standard input closes: at `drop`, and also when the test is killed.
const UNTIL_STDIN_CLOSES: &str = r#""$@" </dev/null & server=$!
read -r never
kill -TERM "$server" 2>/dev/null
wait "$server""#;

/// A server with basic authentication and CSRF protection.
pub(super) struct GuardedServer {
    shell: Child,
    /// Its database is there, and its log.
    pub(super) home: TempDir,
    pub(super) api: String,
    port: u16,
}

impl GuardedServer {
    pub(super) fn start(runtime: &Runtime) -> Self {
        let port = free_port();
        let home = tempfile::tempdir().unwrap();
        let server = Self {
            shell: start_process(&home, port),
            home,
            port,
            api: format!("http://127.0.0.1:{port}/api"),
        };
        server.wait_until_it_answers(runtime);
        server
    }

    /// Stops the server, and starts it with the same database.
    pub(super) fn restart(&mut self, runtime: &Runtime) {
        self.stop();
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            assert!(Instant::now() < deadline, "the server did not stop");
            std::thread::sleep(POLL);
        }
        self.shell = start_process(&self.home, self.port);
        self.wait_until_it_answers(runtime);
    }

    fn wait_until_it_answers(&self, runtime: &Runtime) {
        let client = self.client();
        let deadline = Instant::now() + LIMIT;
        while !runtime
            .block_on(client.read_health())
            .is_ok_and(|healthy| healthy)
        {
            let log = std::fs::read_to_string(self.home.path().join("server.log"));
            assert!(
                Instant::now() < deadline,
                "the server did not come up: {log:?}"
            );
            std::thread::sleep(POLL);
        }
    }

    /// A client with the right credentials.
    pub(super) fn client(&self) -> Client {
        let mut settings = Settings::with_api_url(&self.api);
        settings.auth_string = Some(Secret::new(AUTH));
        Client::new(&settings).unwrap()
    }

    /// Stops the server, so that its database holds all that it will ever hold.
    pub(super) fn stop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Drop for GuardedServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts the server's process.
fn start_process(home: &TempDir, port: u16) -> Child {
    let prefect = std::env::var_os("PREFECT_DBT_TEST_PREFECT").map(PathBuf::from);
    let prefect =
        prefect.expect("PREFECT_DBT_TEST_PREFECT is not set: run the tests by `cargo xtask test`");
    let log = std::fs::File::options();
    let log = log
        .clone()
        .create(true)
        .append(true)
        .open(home.path().join("server.log"))
        .unwrap();
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PREFECT_") {
            shell.env_remove(&name);
        }
    }
    shell
        .args(["-c", UNTIL_STDIN_CLOSES, "server"])
        .arg(prefect)
        .args(["server", "start", "--host", "127.0.0.1"])
        .args(["--port", &port.to_string()])
        .env("PREFECT_HOME", home.path())
        .env("PREFECT_SERVER_API_AUTH_STRING", AUTH)
        .env("PREFECT_SERVER_CSRF_PROTECTION_ENABLED", "true")
        .env("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        .env("DO_NOT_TRACK", "1")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0);
    shell.spawn().unwrap()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
