//! Names of flow runs.

use petname::Petnames;
use uuid::Uuid;

/// A name of an adjective and an animal, the same for the same run.
#[must_use]
pub(crate) fn flow_run_name(run_id: Uuid) -> String {
    // A UUIDv7 begins with the time: runs of one minute must not get similar names.
    let mixed = Uuid::new_v5(&run_id, b"flow run name").as_u128();
    let pick = |words: &[&'static str], seed: u128| {
        let index = seed % (words.len() as u128);
        words[usize::try_from(index).unwrap_or_default()]
    };
    let words = Petnames::small();
    let adjective = pick(&words.adjectives, mixed >> 64);
    let animal = pick(&words.nouns, mixed & u128::from(u64::MAX));
    format!("{adjective}-{animal}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_stable_and_differ_between_runs() {
        let name = |n| flow_run_name(Uuid::from_u128(n));
        assert_eq!(name(7), name(7));
        let names: BTreeSet<_> = (0..200).map(name).collect();
        assert!(names.len() > 180, "{} different names of 200", names.len());
        assert!(names.iter().all(|name| {
            name.split('-').count() == 2 && name.chars().all(|c| c == '-' || c.is_ascii_lowercase())
        }));
    }
}
