//! A supervisor that the tests play, and an API that never answers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use prefect_client::{Secret, Settings};

use super::*;
use crate::request::FlowChoice;

/// A run that is supervised.
struct Scene {
    supervision: Supervision,
    supervisor: TcpStream,
    stopper: Stopper,
    ending: Ending,
    _api: TcpListener,
}

impl Scene {
    fn set() -> Self {
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
        let target = FlowTarget::Existing {
            flow_run_id: id,
            own_states: true,
        };
        let silent = format!("http://127.0.0.1:{}/api", port(&api));
        let client = Client::new(&Settings::with_api_url(&silent)).expect("a client");
        let (stopper, ending) = (Stopper::default(), Ending::default());
        let ours = Some(ending.clone());
        let supervision = Supervision::begin(
            flow.supervisor_of_target(&target),
            &target,
            Some(&client),
            ours,
            &stopper,
        );
        let (supervisor, _) = channel.accept().expect("a call");
        Self {
            supervision,
            supervisor,
            stopper,
            ending,
            _api: api,
        }
    }

    /// Says what it wants, and gives everything that it hears until an acknowledgement.
    async fn want(&mut self, intent: u8) -> Vec<u8> {
        self.supervisor
            .write_all(&[0, b'P', b'F', 2, 1, intent])
            .expect("it listens");
        let mut supervisor = self.supervisor.try_clone().expect("a clone");
        let hear = move || {
            let mut heard = Vec::new();
            while heard.last() != Some(&b'a') {
                let mut byte = [0];
                supervisor.read_exact(&mut byte).expect("an answer");
                heard.extend(byte);
            }
            heard
        };
        tokio::task::spawn_blocking(hear).await.expect("an answer")
    }
}

/// The token and the greeting, which come first.
const CALL: &[u8] = b"t0k3n\n\0PF\x02\x01";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_cancellation_that_the_api_is_too_slow_for_is_left_to_the_supervisor() {
    let mut scene = Scene::set();
    assert_eq!(scene.want(b'c').await, [CALL, b"a"].concat());
    assert_eq!(scene.stopper.cause(), Some(StopCause::Cancel));
    // The signal that comes now says nothing new.
    scene.stopper.stop(StopCause::Terminate);
    assert_eq!(scene.stopper.cause(), Some(StopCause::Cancel));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_move_to_another_place_is_no_end() {
    for intent in [b'r', b'q'] {
        let mut scene = Scene::set();
        assert_eq!(scene.want(intent).await, [CALL, b"a"].concat());
        assert_eq!(scene.stopper.cause(), None);
        let explained = scene.supervision.explain(StopCause::Terminate).await;
        assert_eq!(explained, StopCause::Terminate);
        let end: Result<_, ()> = scene.ending.decide(async |_| Err(())).await;
        assert_eq!(end, Ok(FinalState::LeftAlone));
    }
}
