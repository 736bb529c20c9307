//! The faults: what networks, gateways and servers can do to requests.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use super::proxy::{Answer, Fate, Judge, Retry};

/// One way to fail.
pub(super) struct Plan {
    pub(super) name: &'static str,
    /// Made from a file that is there once dbt has said half of what it says.
    pub(super) judge: fn(PathBuf) -> Judge,
    pub(super) end: End,
}

/// What is to be seen of it in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The run itself delivers everything, and knows it.
    Whole,
    /// The run delivers everything, and cannot know it: a replay finds that, and doubles nothing.
    Unseen,
    /// The server is away when the run ends: a replay brings what is missing.
    Replayed,
}

const fn plan(name: &'static str, judge: fn(PathBuf) -> Judge, end: End) -> Plan {
    Plan { name, judge, end }
}

/// SQLite has more to do than it can.
const BUSY: Fate = Fate::Answer(Answer {
    status: 503,
    retry: Retry::Unsaid,
    body: r#"{"exception_message":"Service Unavailable"}"#,
});
const GATEWAY: Fate = Fate::Answer(Answer {
    status: 502,
    retry: Retry::Unsaid,
    body: "<html><head><title>502 Bad Gateway</title></head></html>",
});
/// No JSON, whatever it says.
const GARBLED: Fate = Fate::Answer(Answer {
    status: 200,
    retry: Retry::Unsaid,
    body: r#"{"id": "0"#,
});
const NOTHING: Fate = Fate::Answer(Answer::empty(200));

const fn too_many(retry: Retry) -> Fate {
    Fate::Answer(Answer {
        status: 429,
        retry,
        body: r#"{"detail":"Rate limit exceeded"}"#,
    })
}

/// The requests that make the flow run and end it.
pub(super) const ORCHESTRATION: &[Plan] = &[
    plan(
        "no connection at first",
        |_| hit("", 0..3, Fate::Cut),
        End::Whole,
    ),
    plan(
        "the flow is made, unheard",
        |_| hit("POST /api/flows/", 0..2, Fate::LOSE_ANSWER),
        End::Whole,
    ),
    plan(
        "the flow's answer is garbled",
        |_| hit("POST /api/flows/", 0..2, GARBLED),
        End::Whole,
    ),
    plan(
        "the flow run is made, unheard",
        |_| hit("POST /api/flow_runs/ ", 0..2, Fate::LOSE_ANSWER),
        End::Whole,
    ),
    plan(
        "the flow run's answer is empty",
        |_| hit("POST /api/flow_runs/ ", 0..1, NOTHING),
        End::Whole,
    ),
    plan(
        "the flow run is half asked for",
        |_| hit("POST /api/flow_runs/ ", 0..2, Fate::CutRequest(200)),
        End::Whole,
    ),
    plan(
        "Running is answered by half",
        |_| hit("/set_state", 0..1, Fate::CutAnswer(60)),
        End::Whole,
    ),
    plan(
        "Running is answered by nonsense",
        |_| hit("/set_state", 0..1, GARBLED),
        End::Whole,
    ),
    plan(
        "the end is set, unheard",
        |_| hit("/set_state", 1..3, Fate::LOSE_ANSWER),
        End::Whole,
    ),
    plan(
        "the end finds the database locked",
        |_| hit("/set_state", 1..4, BUSY),
        End::Whole,
    ),
    plan(
        "the summary is stored, unheard",
        |_| hit("POST /api/artifacts/", 0..1, Fate::LOSE_ANSWER),
        End::Whole,
    ),
    plan(
        "the summary meets a gateway",
        |_| hit("POST /api/artifacts/", 0..2, GATEWAY),
        End::Whole,
    ),
];

/// The requests that carry the run.
pub(super) const TELLING: &[Plan] = &[
    plan(
        "events are cut on their way",
        |_| hit("POST /api/events ", 0..3, Fate::CutRequest(700)),
        End::Whole,
    ),
    plan(
        "events are taken, unheard",
        |_| hit("POST /api/events ", 0..3, Fate::LOSE_ANSWER),
        End::Whole,
    ),
    plan(
        "events are too many",
        |_| hit("POST /api/events ", 0..1, too_many(Retry::Seconds(1))),
        End::Whole,
    ),
    plan(
        "events meet a gateway",
        |_| hit("POST /api/events ", 0..4, GATEWAY),
        End::Whole,
    ),
    plan(
        "logs are cut on their way",
        |_| hit("POST /api/logs/ ", 0..2, Fate::CutRequest(900)),
        End::Whole,
    ),
    plan(
        "logs are stored, unheard",
        |_| hit("POST /api/logs/ ", 0..2, Fate::LOSE_ANSWER),
        End::Whole,
    ),
    plan(
        "logs are answered by half a line",
        |_| hit("POST /api/logs/ ", 0..1, Fate::CutAnswer(10)),
        End::Whole,
    ),
    plan(
        "logs are too many until a date",
        |_| hit("POST /api/logs/ ", 0..1, too_many(Retry::Date(2))),
        End::Whole,
    ),
    plan(
        "logs break the server",
        |_| hit("POST /api/logs/ ", 0..2, Fate::refuse(500)),
        End::Whole,
    ),
    plan(
        "what is stored cannot be asked",
        |_| hit("_runs/count", 0..1000, Fate::refuse(500)),
        End::Unseen,
    ),
];

/// Servers that come and go.
pub(super) const OUTAGES: &[Plan] = &[
    plan(
        "every third connection is reset",
        |_| every(3, Fate::Reset),
        End::Whole,
    ),
    plan(
        "every second request finds the database locked",
        |_| every(2, BUSY),
        End::Whole,
    ),
    plan(
        "everything takes its time",
        |_| every(1, Fate::Delay(Duration::from_millis(300))),
        End::Whole,
    ),
    plan(
        "five requests come through, five do not",
        |_| Box::new(flapping()),
        End::Whole,
    ),
    plan(
        "down for the first half",
        |half| first_half(half, Fate::Reset),
        End::Whole,
    ),
    plan(
        "locked out for the first half",
        |half| first_half(half, Fate::refuse(401)),
        End::Whole,
    ),
    plan(
        "a restart in the middle",
        |_| hit("", 8..14, Fate::Cut),
        End::Whole,
    ),
    plan(
        "a restart with an empty queue",
        |_| hit("POST /api/events ", 0..2, Fate::SWALLOW),
        End::Whole,
    ),
    plan(
        "down for the second half",
        |half| second_half(half, Fate::Cut),
        End::Replayed,
    ),
    plan(
        "down for the whole run",
        |_| every(1, Fate::Reset),
        End::Replayed,
    ),
    plan(
        "every queue is lost",
        |_| hit("POST /api/events ", 0..1000, Fate::SWALLOW),
        End::Replayed,
    ),
    plan(
        "down when the end is set",
        |_| hit("/set_state", 1..1000, BUSY),
        End::Replayed,
    ),
];

/// This fate for those of the requests that have `part` in `METHOD path `, counted from 0.
fn hit(part: &'static str, which: Range<usize>, fate: Fate) -> Judge {
    let mut seen = 0;
    Box::new(move |request| {
        if !format!("{request} ").contains(part) {
            return Fate::Pass;
        }
        seen += 1;
        if which.contains(&(seen - 1)) {
            fate
        } else {
            Fate::Pass
        }
    })
}

fn every(nth: usize, fate: Fate) -> Judge {
    let mut seen = 0;
    Box::new(move |_| {
        seen += 1;
        if seen % nth == 0 { fate } else { Fate::Pass }
    })
}

fn flapping() -> impl FnMut(&str) -> Fate {
    let mut seen = 0;
    move |_| {
        seen += 1;
        if (seen / 5) % 2 == 1 {
            Fate::Cut
        } else {
            Fate::Pass
        }
    }
}

fn first_half(half: PathBuf, fate: Fate) -> Judge {
    Box::new(move |_| if half.exists() { Fate::Pass } else { fate })
}

fn second_half(half: PathBuf, fate: Fate) -> Judge {
    Box::new(move |_| if half.exists() { fate } else { Fate::Pass })
}
