//! Names for flow runs.

use uuid::Uuid;

use super::words::{ADJECTIVES, ANIMALS};

/// A two-word name for a flow run, the same for the same run.
#[must_use]
pub(crate) fn flow_run_name(run_id: Uuid) -> String {
    // The time in the front of a UUIDv7 must not make runs of one minute look alike.
    let mixed = Uuid::new_v5(&run_id, b"flow run name").as_u128();
    let pick = |words: &[&'static str], seed: u128| {
        let index = seed % (words.len() as u128);
        words[usize::try_from(index).unwrap_or_default()]
    };
    let adjective = pick(ADJECTIVES, mixed >> 64);
    let animal = pick(ANIMALS, mixed & u128::from(u64::MAX));
    format!("{adjective}-{animal}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_stable_and_spread() {
        let name = |n| flow_run_name(Uuid::from_u128(n));
        assert_eq!(name(7), name(7));
        let names: BTreeSet<_> = (0..200).map(name).collect();
        assert!(names.len() > 180, "{} different names of 200", names.len());
        assert!(names.iter().all(|name| {
            name.split('-').count() == 2 && name.chars().all(|c| c == '-' || c.is_ascii_lowercase())
        }));
    }
}
