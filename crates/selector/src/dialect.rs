//! Versions of dbt that select differently.

use std::fmt;

/// A version of dbt, as far as selection differs. Later versions compare greater.
///
/// | since | difference |
/// |---|---|
/// | 1.6 | `semantic_model:`; `state:old`, `state:unmodified`; `fqn` and `resource_type` match all kinds, not only models, tests, seeds, snapshots and analyses; `file` also matches the name without suffix; `name_v2` matches a version |
/// | 1.7 | `saved_query:` |
/// | 1.8 | `unit_test:` and `test_type:unit`; wildcards in `group:`; `package:this`; `test_type:data` matches generic tests; tests left out on one side of `--exclude` stay out |
/// | 1.8 only | `ls --resource-type test` also lists unit tests |
/// | 1.9 | mode `empty` follows graph operators; saved queries have tags, paths and packages |
/// | 1.11 | the kind `function`; `ls --output-keys` takes paths with dots and keeps the order of the keys |
/// | 1.11.16, 1.12.6 | a wildcard without dots matches the name of a node in any directory (1.12.0 to 1.12.5 do not have it) |
/// | 1.12 | `selector:`; `ls --output json` ends with `direct_parents` for a model |
/// | 2 | `function:`; unique ids; wildcards without dots match names only; `path:` compares text and looks up nothing; `config:` has wildcards, and compares numbers as text; wrong values of `resource_type:` and `test_type:`, and `result:` and `source_status:` without files, match nothing; `state:new` without a state matches everything; empty pieces of `a,,b` are dropped |
///
/// What dbt 2 does in other ways is from its source (2.0.0-beta.2). It has never been run here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dialect {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Dialect {
    /// dbt 1.5, also for older versions.
    pub const V1_5: Self = Self::new(1, 5, 0);
    /// dbt 1.6.
    pub const V1_6: Self = Self::new(1, 6, 0);
    /// dbt 1.7.
    pub const V1_7: Self = Self::new(1, 7, 0);
    /// dbt 1.8.
    pub const V1_8: Self = Self::new(1, 8, 0);
    /// dbt 1.9.
    pub const V1_9: Self = Self::new(1, 9, 0);
    /// dbt 1.10.
    pub const V1_10: Self = Self::new(1, 10, 0);
    /// dbt 1.11 up to 1.11.14.
    pub const V1_11: Self = Self::new(1, 11, 0);
    /// dbt 1.11 since 1.11.16: the default.
    pub const V1_11_16: Self = Self::new(1, 11, 16);
    /// dbt 1.12 up to 1.12.5.
    pub const V1_12: Self = Self::new(1, 12, 0);
    /// dbt 1.12 since 1.12.6.
    pub const V1_12_6: Self = Self::new(1, 12, 6);
    /// dbt 2.
    pub const V2: Self = Self::new(2, 0, 0);

    /// The dialect of a version, from its numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// The dialect of a version such as `1.11.16`, `1.8` or `2.0.0-preview.76`; `None` if it does not begin with two numbers.
    #[must_use]
    pub fn from_dbt_version(version: &str) -> Option<Self> {
        let mut numbers = version.trim().split('.').map(|part| {
            let digits = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..digits].parse().ok()
        });
        let (major, minor) = (numbers.next()??, numbers.next()??);
        Some(Self::new(
            major,
            minor,
            numbers.next().flatten().unwrap_or(0),
        ))
    }

    /// Whether `selector:` is a method, with operators and wildcards.
    pub(crate) fn has_selector_method(self) -> bool {
        self >= Self::V1_12
    }

    /// Whether a wildcard without a dot is also compared with the last part of an fqn.
    pub(crate) fn matches_leaves(self) -> bool {
        (Self::V1_11_16..Self::V1_12).contains(&self) || self >= Self::V1_12_6
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::V1_11_16
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_parsed_leniently() {
        let read = Dialect::from_dbt_version;
        assert_eq!(read("1.11.16"), Some(Dialect::new(1, 11, 16)));
        assert_eq!(read("1.8"), Some(Dialect::V1_8));
        assert_eq!(read("1.12.0b3"), Some(Dialect::V1_12));
        assert_eq!(read("2.0.0-preview.76"), Some(Dialect::V2));
        assert_eq!(read("dev"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn the_leaf_wildcard_exists_since_1_11_16_and_1_12_6() {
        let has_it = |version| Dialect::from_dbt_version(version).unwrap().matches_leaves();
        for version in ["1.11.16", "1.12.6", "1.12.7", "1.13.0b1", "2.0.0"] {
            assert!(has_it(version), "{version}");
        }
        for version in ["1.5.12", "1.11.15", "1.12.0b3", "1.12.0", "1.12.5"] {
            assert!(!has_it(version), "{version}");
        }
    }
}
