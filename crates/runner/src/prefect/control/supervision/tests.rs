//! Tests with a fake supervisor and an API that never answers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use prefect_client::{Secret, Settings};

use super::*;
use crate::request::FlowChoice;

/// A run with a supervisor.
struct Setup {
    supervision: Supervision,
    supervisor: TcpStream,
    stopper: Stopper,
    final_state: FinalStateSetter,
    _api: TcpListener,
}

impl Setup {
    fn new() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
        let (api, channel) = (listen(), listen());
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let id = Uuid::new_v4();
        let control = port(&channel).to_string();
        let flow = FlowChoice {
            inherited: Some(id),
            supervisor: Supervisor::new(Some(&control), Some(Secret::new("t0k3n")), None),
            ..FlowChoice::default()
        };
        let flow_run = ExistingFlowRun::owned(id);
        let silent = format!("http://127.0.0.1:{}/api", port(&api));
        let client = Client::new(&Settings::with_api_url(&silent)).expect("a client");
        let (stopper, final_state) = (Stopper::default(), FinalStateSetter::default());
        let ours = Some(final_state.clone());
        let supervision = Supervision::begin(
            flow.supervisor_of(id),
            Some(flow_run),
            Some(&client),
            ours,
            &stopper,
        );
        let (supervisor, _) = channel.accept().expect("a connection");
        Self {
            supervision,
            supervisor,
            stopper,
            final_state,
            _api: api,
        }
    }

    /// Sends an intent, and gives everything that it receives up to an acknowledgement.
    async fn send_intent(&mut self, intent: u8) -> Vec<u8> {
        self.supervisor
            .write_all(&[0, b'P', b'F', 2, 1, intent])
            .expect("a connection");
        let mut supervisor = self.supervisor.try_clone().expect("a clone");
        let receive = move || {
            let mut received = Vec::new();
            while received.last() != Some(&b'a') {
                let mut byte = [0];
                supervisor.read_exact(&mut byte).expect("an answer");
                received.extend(byte);
            }
            received
        };
        tokio::task::spawn_blocking(receive)
            .await
            .expect("an answer")
    }
}

/// The token and the greeting, which come first.
const HELLO: &[u8] = b"t0k3n\n\0PF\x02\x01";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_cancellation_is_left_to_the_supervisor_when_the_api_is_too_slow() {
    let mut setup = Setup::new();
    assert_eq!(setup.send_intent(b'c').await, [HELLO, b"a"].concat());
    assert_eq!(setup.stopper.cause(), Some(StopCause::Cancel));
    // The signal that follows changes nothing.
    setup.stopper.stop_for(StopCause::Terminate);
    assert_eq!(setup.stopper.cause(), Some(StopCause::Cancel));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_move_to_another_machine_does_not_end_the_flow_run() {
    for intent in [b'r', b'q'] {
        let mut setup = Setup::new();
        assert_eq!(setup.send_intent(intent).await, [HELLO, b"a"].concat());
        assert_eq!(setup.stopper.cause(), None);
        let explained = setup.supervision.explain(StopCause::Terminate).await;
        assert_eq!(explained, StopCause::Terminate);
        let end: Result<_, ()> = setup.final_state.decide(async |_| Err(())).await;
        assert_eq!(end, Ok(FinalState::LeftToSupervisor));
    }
}
