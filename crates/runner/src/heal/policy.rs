//! What the user allows, and the decision about one failure.

use std::str::FromStr;
use std::time::Duration;

use regex::Regex;

use super::can_repeat::CanRepeat;
use super::transient::class_of;

/// The longest pause before a round.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The class of an error that the user calls transient.
const BY_CHOICE: &str = "declared as transient";

/// A regular expression for messages of errors that count as transient. It matches anywhere in a message; `(?i)` ignores the
/// letter case.
///
/// ```
/// use prefect_dbt::HealPattern;
/// let pattern: HealPattern = "(?i)warehouse .* is suspended".parse().expect("a pattern");
/// assert!("(unclosed".parse::<HealPattern>().is_err());
/// # let _ = pattern;
/// ```
#[derive(Debug, Clone)]
pub struct HealPattern(Regex);

impl FromStr for HealPattern {
    type Err = String;

    /// # Errors
    /// What is wrong with the expression.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Regex::new(text)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

/// What the user allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct HealPolicy {
    /// The most rounds of a run; 0 to heal nothing.
    pub(crate) rounds: u32,
    /// Messages that count as transient, too.
    pub(crate) on: Option<HealPattern>,
    /// Whether SQL hooks around the run may run again.
    pub(crate) hooks: bool,
}

impl HealPolicy {
    /// Why the failure of a node is worth another run; `None` if it is permanent, or if the node cannot be repeated.
    pub(crate) fn reason(&self, node: CanRepeat, adapter: &str, message: &str) -> Option<String> {
        if !node.is_safe || node.retry == Some(false) {
            return None;
        }
        if let Some(class) = class_of(adapter, message) {
            return Some(class.to_string());
        }
        let matches = self.on.as_ref().is_some_and(|on| on.0.is_match(message));
        (matches || node.retry == Some(true)).then(|| BY_CHOICE.to_owned())
    }
}

/// The pause before a round, counted from 1: it doubles from 2 seconds up to a minute.
pub(crate) fn back_off(round: u32) -> Duration {
    let seconds = 1_u64.checked_shl(round).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAFE: CanRepeat = CanRepeat {
        is_safe: true,
        retry: None,
    };

    fn policy(on: &str) -> HealPolicy {
        HealPolicy {
            rounds: 1,
            on: Some(on)
                .filter(|on| !on.is_empty())
                .map(|on| on.parse().expect("a pattern")),
            hooks: false,
        }
    }

    #[test]
    fn a_failure_is_repeated_if_it_is_transient_and_the_node_is_safe() {
        let deadlock = "deadlock detected";
        let reason = |on, node, message| policy(on).reason(node, "postgres", message);
        assert_eq!(
            reason("", SAFE, deadlock).as_deref(),
            Some("lock not available")
        );
        assert_eq!(reason("", SAFE, "division by zero"), None);
        assert_eq!(
            reason("zero$", SAFE, "division by zero").as_deref(),
            Some(BY_CHOICE)
        );
        let never = CanRepeat {
            retry: Some(false),
            ..SAFE
        };
        assert_eq!(reason("lock", never, deadlock), None);
        let always = CanRepeat {
            retry: Some(true),
            ..SAFE
        };
        assert_eq!(
            reason("", always, "division by zero").as_deref(),
            Some(BY_CHOICE)
        );
    }

    #[test]
    fn pauses_grow_to_a_minute() {
        let pauses = [1, 2, 3, 5, 6, 64, u32::MAX].map(|round| back_off(round).as_secs());
        assert_eq!(pauses, [2, 4, 8, 32, 60, 60, 60]);
    }

    proptest! {
        #[test]
        fn a_node_that_cannot_be_repeated_never_is(message in ".*", retry: Option<bool>, adapter in "[a-z]*") {
            let node = CanRepeat { is_safe: false, retry };
            prop_assert_eq!(policy(".").reason(node, &adapter, &message), None);
        }

        #[test]
        fn words_around_a_transient_message_do_not_hide_it(before in ".*", after in ".*") {
            let message = format!("{before}\nDeadlock detected\n{after}");
            prop_assert!(policy("").reason(SAFE, "postgres", &message).is_some());
        }

        #[test]
        fn any_text_is_a_pattern_or_an_error(text in ".*") {
            let _ = text.parse::<HealPattern>();
        }
    }
}
