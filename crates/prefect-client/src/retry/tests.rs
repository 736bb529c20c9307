use super::*;

fn status(code: u16) -> Failure {
    Failure::Status {
        code,
        retry_after: None,
        maintenance: false,
    }
}

fn lost(kind: TransportKind, reached_before: bool) -> Failure {
    Failure::Transport {
        kind,
        reached_before,
    }
}

#[test]
fn which_failures_are_retried() {
    let policy = RetryPolicy {
        extra_codes: vec![418],
        ..RetryPolicy::default()
    };
    // The failure; whether a repeatable request is retried; whether another one is.
    let cases = [
        (status(408), true, false),
        (status(429), true, true),
        (status(502), true, false),
        (status(503), true, true),
        (status(418), true, false),
        (status(500), false, false),
        (status(504), false, false),
        (status(401), false, false),
        (status(422), false, false),
        (lost(TransportKind::Connect, false), false, false),
        (lost(TransportKind::Connect, true), true, true),
        (lost(TransportKind::Timeout, false), true, false),
        (lost(TransportKind::Interrupted, true), true, false),
    ];
    for (failure, repeatable, unrepeatable) in cases {
        let is_repeated = |repeatable| policy.next_delay(0, &failure, repeatable, 0.5).is_some();
        assert_eq!(is_repeated(true), repeatable, "{failure:?}");
        assert_eq!(is_repeated(false), unrepeatable, "{failure:?}");
    }
}

#[test]
fn delays_double_with_jitter_to_both_sides() {
    let policy = RetryPolicy::default();
    let delays: Vec<_> = (0..6)
        .map(|retries| policy.next_delay(retries, &status(503), true, 0.5))
        .map(|delay| delay.map(|delay| delay.as_secs()))
        .collect();
    assert_eq!(
        delays,
        [Some(2), Some(4), Some(8), Some(16), Some(32), None]
    );
    let spread = [0.0, 0.999_999].map(|roll| {
        let delay = policy.next_delay(0, &status(503), true, roll);
        delay.map(|delay| (delay.as_secs_f64() * 10.0).round())
    });
    assert_eq!(spread, [Some(16.0), Some(24.0)]);
}

#[test]
fn a_delay_of_the_server_is_only_lengthened() {
    let policy = RetryPolicy::default();
    let failure = Failure::Status {
        code: 429,
        retry_after: Some(Duration::from_secs(10)),
        maintenance: false,
    };
    let delays = [0.0, 1.0].map(|roll| policy.next_delay(0, &failure, true, roll));
    assert_eq!(delays, [10, 12].map(|s| Some(Duration::from_secs(s))));
}

#[test]
fn maintenance_is_retried_without_limit() {
    let failure = Failure::Status {
        code: 503,
        retry_after: None,
        maintenance: true,
    };
    assert!(
        RetryPolicy::none()
            .next_delay(1_000, &failure, false, 0.5)
            .is_some()
    );
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().expect("a time");
    let seconds = |value: &str| parse_retry_after(value, now).map(|wait| wait.as_secs_f64());
    assert_eq!(seconds("7"), Some(7.0));
    assert_eq!(seconds(" 0.25 "), Some(0.25));
    assert_eq!(seconds("-3"), Some(0.0));
    assert_eq!(seconds("1e300"), Some(3600.0));
    assert_eq!(seconds("Mon, 23 Nov 2026 10:00:30 GMT"), Some(30.0));
    assert_eq!(seconds("Mon, 23 Nov 2026 09:00:00 GMT"), Some(0.0));
    assert_eq!(seconds("NaN"), None);
    assert_eq!(seconds("soon"), None);
}

proptest::proptest! {
    #[test]
    fn no_header_panics(value in ".*") {
        let _ = parse_retry_after(&value, Timestamp::UNIX_EPOCH);
    }
}
