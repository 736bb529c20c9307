//! The enumerations of the records. dbt writes their names in full (`NODE_OUTCOME_SUCCESS`), and leaves out the first one.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Text;

/// Declares enumerations: a missing value is the first variant, an unknown one is `Other`.
macro_rules! enums {
    ($($(#[$doc:meta])* $name:ident: $prefix:literal {
        $(#[$first_doc:meta])* $first:ident = $first_text:literal,
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)*
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[$first_doc])* #[default] $first,
            $($(#[$variant_doc])* $variant,)*
            /// A value that this version of the crate does not know.
            Other,
        }

        impl $name {
            /// The variant of dbt's name for it.
            pub fn from_name(name: &str) -> Self {
                match name.strip_prefix($prefix) {
                    Some($first_text) => Self::$first,
                    $(Some($text) => Self::$variant,)*
                    None if name.is_empty() => Self::$first,
                    _ => Self::Other,
                }
            }

            /// dbt's name of the variant.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => concat!($prefix, $first_text),
                    $(Self::$variant => concat!($prefix, $text),)*
                    Self::Other => concat!($prefix, "OTHER"),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Text::deserialize(deserializer).map(|name| Self::from_name(&name))
            }
        }
    )+};
}

enums! {
    /// How a node ended.
    NodeOutcome: "NODE_OUTCOME_" {
        /// Not ended yet; of a node that ended, that there was nothing to do.
        Unspecified = "UNSPECIFIED",
        /// All phases succeeded; the details say more of tests, sources and warnings.
        Success = "SUCCESS",
        /// A phase failed.
        Error = "ERROR",
        /// It was cancelled.
        Canceled = "CANCELED",
        /// It was not run: see [`SkipReason`].
        Skipped = "SKIPPED",
    }
    /// Why a node was not run.
    SkipReason: "NODE_SKIP_REASON_" {
        /// No reason is given.
        Unspecified = "UNSPECIFIED",
        /// A node upstream prevents it.
        Upstream = "UPSTREAM",
        /// Its relation was up to date: dbt reuses it.
        Cached = "CACHED",
        /// The phase is switched off for the node.
        PhaseDisabled = "PHASE_DISABLED",
        /// There is nothing to do, as for an ephemeral model.
        NoOp = "NO_OP",
        /// An earlier phase made this one pointless.
        PhaseSkipped = "PHASE_SKIPPED",
    }
    /// The class of a node's error. dbt 2.0 calls every failure while running `User`, a lost database included, so this says
    /// nothing about whether a repetition would help.
    ErrorType: "NODE_ERROR_TYPE_" {
        /// A defect of dbt, or a failure before the node ran.
        Internal = "INTERNAL",
        /// Another system failed.
        External = "EXTERNAL",
        /// The code of the project failed.
        User = "USER",
    }
    /// The verdict of a test.
    TestOutcome: "TEST_OUTCOME_" {
        /// It passed.
        Passed = "PASSED",
        /// It failed, and is a warning.
        Warned = "WARNED",
        /// It failed.
        Failed = "FAILED",
    }
    /// The verdict of a freshness check.
    FreshnessOutcome: "SOURCE_FRESHNESS_OUTCOME_OUTCOME_" {
        /// The source is fresh.
        Passed = "PASSED",
        /// The source is older than `warn_after`.
        Warned = "WARNED",
        /// The source is older than `error_after`.
        Failed = "FAILED",
    }
    /// Whether a node that succeeded has warnings.
    WarningOutcome: "NODE_WARNING_OUTCOME_" {
        /// Not said.
        Unspecified = "UNSPECIFIED",
        /// It has none.
        NoWarnings = "NO_WARNINGS",
        /// It has some.
        WithWarnings = "WITH_WARNINGS",
    }
    /// Why a relation could be reused.
    CacheReason: "NODE_CACHE_REASON_" {
        /// Neither code nor data changed.
        NoChanges = "NO_CHANGES",
        /// Data changed, and the relation is still fresh enough.
        StillFresh = "STILL_FRESH",
        /// Data changed, and the criteria for a new build are not met.
        UpdateCriteriaNotMet = "UPDATE_CRITERIA_NOT_MET",
        /// An existing relation was cloned.
        ClonedExisting = "CLONED_EXISTING",
        /// An existing relation that is fresh enough was cloned.
        ClonedExistingStillFresh = "CLONED_EXISTING_STILL_FRESH",
    }
    /// When a SQL hook runs.
    HookType: "HOOK_TYPE_" {
        /// Not said.
        Unspecified = "UNSPECIFIED",
        /// Before the first node.
        OnRunStart = "ON_RUN_START",
        /// After the last node.
        OnRunEnd = "ON_RUN_END",
        /// Before its node.
        PreHook = "PRE_HOOK",
        /// After its node.
        PostHook = "POST_HOOK",
    }
    /// How a SQL hook ended.
    HookOutcome: "HOOK_OUTCOME_" {
        /// Not ended yet.
        Unspecified = "UNSPECIFIED",
        /// It succeeded.
        Success = "SUCCESS",
        /// It failed.
        Error = "ERROR",
        /// It was cancelled.
        Canceled = "CANCELED",
    }
    /// A phase of the invocation or of a node. Those that have nothing to do with nodes are [`Phase::Other`].
    Phase: "EXECUTION_PHASE_" {
        /// Not said.
        Unspecified = "UNSPECIFIED",
        /// The project is parsed.
        Parse = "PARSE",
        /// The nodes are selected.
        Schedule = "SCHEDULE",
        /// The SQL is rendered.
        Render = "RENDER",
        /// The SQL is analysed.
        Analyze = "ANALYZE",
        /// The node is run.
        Run = "RUN",
        /// The age of a source is read.
        FreshnessAnalysis = "FRESHNESS_ANALYSIS",
        /// SQL hooks before the first node.
        OnRunStart = "ON_RUN_START",
        /// SQL hooks after the last node.
        OnRunEnd = "ON_RUN_END",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_are_the_first_and_unknown_ones_are_other() {
        let read = |text: &str| serde_json::from_str::<NodeOutcome>(text).unwrap();
        assert_eq!(read(r#""NODE_OUTCOME_CANCELED""#), NodeOutcome::Canceled);
        assert_eq!(
            read(r#""NODE_OUTCOME_UNSPECIFIED""#),
            NodeOutcome::Unspecified
        );
        assert_eq!(read(r#""NODE_OUTCOME_EXPLODED""#), NodeOutcome::Other);
        assert_eq!(read(r#""SUCCESS""#), NodeOutcome::Other);
        assert_eq!(read("null"), NodeOutcome::Unspecified);
        assert_eq!(TestOutcome::default(), TestOutcome::Passed);
    }
}
