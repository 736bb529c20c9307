use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_minute_has_more_than_the_rate(
        per_minute in 2..1000_u32,
        asked in proptest::collection::vec((1..200_usize, 0..30_000_u64), 1..200),
    ) {
        let mut now = Instant::now();
        let mut rate = Rate::new(per_minute, now);
        let mut sent: Vec<(Instant, usize)> = Vec::new();
        for (units, pause) in asked {
            now += Duration::from_millis(pause);
            let units = units.min(rate.most());
            if let Err(wait) = rate.take(units, now) {
                now += wait;
                prop_assert_eq!(rate.take(units, now), Ok(()));
            }
            sent.push((now, units));
            let minute = sent
                .iter()
                .filter(|(at, _)| now.duration_since(*at) < Duration::from_secs(60));
            let units: usize = minute.map(|(_, units)| units).sum();
            prop_assert!(units <= usize::try_from(per_minute).expect("small"));
        }
    }
}

#[test]
fn a_slow_rate_still_gets_on() {
    let now = Instant::now();
    let mut rate = Rate::new(0, now);
    assert_eq!(rate.take(1, now), Ok(()));
    let wait = rate.take(1, now).expect_err("nothing is left");
    assert!(wait >= Duration::from_secs(60));
    assert_eq!(rate.take(1, now + wait), Ok(()));
}
