//! Hooks that run in the program that started us.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::message::{HookRequest, Outgoing};
use super::outbox::Outbox;
use crate::hooks::{BoxError, DbtHookContext, Hooks};

/// The calls of the program's hooks. Hooks run one at a time, and so do calls.
struct Calls {
    outbox: Outbox,
    /// The number of the last call, and the numbers of the calls that have returned.
    state: Mutex<(u64, Receiver<u64>)>,
}

/// Registers the hooks. The sender gets the number of each call that has returned; when it is dropped, no call waits any
/// longer.
pub(super) fn register(requests: Vec<HookRequest>, hooks: &Hooks, outbox: &Outbox) -> Sender<u64> {
    let (done, returned) = channel();
    let calls = Arc::new(Calls {
        outbox: outbox.clone(),
        state: Mutex::new((0, returned)),
    });
    for (place, request) in requests.into_iter().enumerate() {
        let mut builder = hooks.builder(request.event.into()).named(request.name);
        if let Some(select) = request.select {
            builder = builder.select(select);
        }
        let calls = Arc::clone(&calls);
        builder.call(move |context: &DbtHookContext| calls.call(place, context));
    }
    done
}

impl Calls {
    /// Calls a hook and waits until it has returned, or the program has ended. An error of the hook is shown by the program.
    fn call(&self, hook: usize, context: &DbtHookContext) -> Result<(), BoxError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, returned) = &mut *state;
        *last += 1;
        let call = *last;
        let message = Outgoing::Hook {
            call,
            hook,
            context,
        };
        let is_sent = self.outbox.send(&message);
        if is_sent && returned.iter().any(|done| done == call) {
            return Ok(());
        }
        Err("the program that registered it has ended".into())
    }
}
