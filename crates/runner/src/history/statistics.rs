//! Robust statistics: a few wild values do not change them.

/// The median; of an even number of values, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(
            *sorted.get(middle.checked_sub(1)?)?,
            sorted[middle],
        )),
    }
}

/// The value that a tenth of the values exceeds.
pub(super) fn upper_decile(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 9 / 10).copied()
}

/// An estimate of the standard deviation of normal values, 0 without two of them: the first quartile of the differences of all
/// pairs (Qn of Rousseeuw and Croux, 1993). Of 20 values, it varies half as much as the median of absolute deviations.
pub(super) fn scale(values: &[f64]) -> f64 {
    let pairs = values.iter().enumerate();
    let pairs = pairs.flat_map(|(at, one)| values[..at].iter().map(move |two| (one - two).abs()));
    let mut differences: Vec<f64> = pairs.collect();
    let half = values.len() / 2 + 1;
    let Some(place) = (half * (half - 1) / 2).checked_sub(1) else {
        return 0.0;
    };
    if place >= differences.len() {
        return 0.0;
    }
    let (_, quartile, _) = differences.select_nth_unstable_by(place, f64::total_cmp);
    // Both factors make the estimate right for normal values: of many, and of a few.
    #[expect(clippy::cast_precision_loss, reason = "at most 20 values")]
    let count = values.len() as f64;
    let few = if values.len().is_multiple_of(2) {
        3.8
    } else {
        1.4
    };
    *quartile * 2.2219 * count / (count + few)
}

/// How many standard deviations a normal value exceeds with this chance in `count` tries (an upper bound by its tail).
pub(super) fn quantile(chance: f64, count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no project has 10^15 nodes")]
    let each = (chance / count.max(1) as f64).ln();
    let first = (-2.0 * each).sqrt();
    (-2.0 * (each + (first * 2.5).ln())).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_normal_values_is_their_standard_deviation() {
        // The quantiles of a normal distribution in steps of 5 %.
        let half = [
            0.063, 0.189, 0.319, 0.454, 0.598, 0.755, 0.935, 1.150, 1.440, 1.960,
        ];
        let mut values: Vec<f64> = half.iter().flat_map(|value| [*value, -value]).collect();
        assert!((scale(&values) - 1.0).abs() < 0.1, "{}", scale(&values));
        values[..4].fill(1000.0);
        assert!(scale(&values) < 2.0, "{}", scale(&values));
        assert_eq!(
            (scale(&[]), scale(&[1.0]), scale(&[2.0; 5])),
            (0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn quantiles_are_those_of_the_normal_distribution() {
        for (chance, expected) in [(1e-3, 3.09), (1e-6, 4.75), (1e-8, 5.61)] {
            assert!(
                (quantile(chance, 1) - expected).abs() < 0.05,
                "{chance} {}",
                quantile(chance, 1)
            );
        }
        assert!((quantile(1e-4, 100) - quantile(1e-6, 1)).abs() < 1e-9);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), Some(2.5));
        assert_eq!((median(&[]), upper_decile(&[])), (None, None));
    }
}
