//! Durations as text.

/// A duration as people write it: `0.3 s`, `42 s`, `3 min 5 s`, `2 h 10 min`.
pub(crate) fn duration(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are positive"
    )]
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_at_most_two_units() {
        let texts = [0.04, 9.44, 9.5, 59.4, 59.6, 3599.0, 7799.0].map(duration);
        assert_eq!(
            texts,
            [
                "0.0 s",
                "9.4 s",
                "10 s",
                "59 s",
                "1 min 0 s",
                "59 min 59 s",
                "2 h 9 min"
            ]
        );
    }
}
