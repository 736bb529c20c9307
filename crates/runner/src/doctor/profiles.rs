//! Checks profiles.yml: its references to Prefect, the profile of the project, and the target.

use std::path::Path;

use serde_json::Value as Json;
use serde_yaml::Value;

use super::report::Check;
use crate::dbt::DbtVersion;
use crate::model::error_chain;
use crate::profiles::{ProfilesError, RenderedProfiles};

const REFERENCES: &str = "references";
const PROFILE: &str = "profile";

/// Checks the references to Prefect in profiles.yml.
pub(super) fn check_references(
    rendered: &Result<Option<RenderedProfiles>, ProfilesError>,
) -> Check {
    match rendered {
        Ok(None) => Check::ok(REFERENCES, "profiles.yml has no reference to Prefect"),
        Ok(Some(rendered)) => {
            let given: Vec<Json> = rendered
                .report()
                .entries()
                .iter()
                .map(|entry| {
                    serde_json::json!({
                        "reference": entry.reference.to_string(),
                        "line": entry.line,
                        "column": entry.column,
                        "gave": entry.value.to_string(),
                    })
                })
                .collect();
            let warnings: Vec<String> = rendered
                .warnings()
                .iter()
                .map(ToString::to_string)
                .collect();
            let finding = format!(
                "resolved {} of profiles.yml",
                counted(given.len(), "reference")
            );
            let check = match warnings.is_empty() {
                true => Check::ok(REFERENCES, finding),
                false => Check::warning(
                    REFERENCES,
                    format!("{finding}\n{}", warnings.join("\n")),
                    "write the reference as a value",
                ),
            };
            check.detail("references", given)
        }
        Err(error) => {
            let advice = match error.is_about_prefect() {
                true => "see the checks `settings`, `api` and `auth` below",
                false => "correct profiles.yml, or create the block or variable in Prefect",
            };
            Check::problem(REFERENCES, error_chain(error), advice)
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// The profile and target that dbt will use.
#[derive(Debug, Default)]
pub(super) struct ProfileChoice {
    /// The profile: from an option or environment variable, otherwise from dbt_project.yml.
    pub(super) profile: Option<String>,
    /// The target: from an option or environment variable.
    pub(super) target: Option<String>,
}

/// Checks the profile in `file`. `why` is the reason why dbt reads this file. `bytes` is its content with the references resolved;
/// `None` if the file does not exist.
pub(super) fn check_profile(
    file: &Path,
    why: &'static str,
    bytes: Option<&[u8]>,
    choice: &ProfileChoice,
    dbt: Option<&DbtVersion>,
) -> Check {
    let found = find_target(file, bytes, choice, dbt);
    let check = match found {
        Ok((finding, kind)) => {
            Check::ok(PROFILE, format!("{finding}, in {} ({why})", file.display()))
                .detail("type", kind)
        }
        Err((finding, advice)) => Check::problem(PROFILE, finding, advice),
    };
    check
        .detail("file", file.display().to_string())
        .detail("found_by", why)
        .detail("profile", choice.profile.as_deref())
}

/// The finding and the adapter type, or the finding and the advice.
type Found = Result<(String, Option<String>), (String, String)>;

fn find_target(
    file: &Path,
    bytes: Option<&[u8]>,
    choice: &ProfileChoice,
    dbt: Option<&DbtVersion>,
) -> Found {
    let shown = file.display();
    let Some(bytes) = bytes else {
        return Err((
            format!("{shown} does not exist"),
            "create the file, or give its folder with --profiles-dir or DBT_PROFILES_DIR"
                .to_owned(),
        ));
    };
    let profiles: Value = serde_yaml::from_slice(bytes).map_err(|error| {
        let finding = format!("{shown} cannot be read: {error}");
        (finding, "correct the file".to_owned())
    })?;
    let Some(name) = &choice.profile else {
        return Err((
            "dbt_project.yml has no `profile`".to_owned(),
            "add `profile: ...` to dbt_project.yml, or give one with --profile".to_owned(),
        ));
    };
    if is_jinja(name) {
        return Ok((format!("profile `{name}`, which dbt renders"), None));
    }
    let Some(profile) = profiles.get(name.as_str()) else {
        let finding = format!("{shown} has no profile `{name}`");
        return Err((finding, known("profiles in it", &profiles)));
    };
    find_output(file, name, profile, choice, dbt)
}

/// The output of the target, and its adapter.
fn find_output(
    file: &Path,
    name: &str,
    profile: &Value,
    choice: &ProfileChoice,
    dbt: Option<&DbtVersion>,
) -> Found {
    let shown = file.display();
    let of_profile = profile.get("target").and_then(Value::as_str);
    let target = choice.target.as_deref().or(of_profile).unwrap_or("default");
    if is_jinja(target) {
        let finding = format!("profile `{name}` with the target `{target}`, which dbt renders");
        return Ok((finding, None));
    }
    let outputs = profile.get("outputs").unwrap_or(&Value::Null);
    let Some(output) = outputs.get(target) else {
        let finding = format!("the profile `{name}` in {shown} has no output `{target}`");
        return Err((finding, known("outputs in it", outputs)));
    };
    let Some(kind) = output.get("type").and_then(Value::as_str) else {
        let finding = format!("output `{target}` of the profile `{name}` in {shown} has no `type`");
        return Err((
            finding,
            "add `type: ...` with the name of an adapter".to_owned(),
        ));
    };
    if dbt.is_some_and(|dbt| !is_jinja(kind) && !dbt.has_adapter(kind)) {
        let finding =
            format!("output `{target}` has the type `{kind}`, but its adapter is not installed");
        let advice = format!("install the adapter, for example with `pip install dbt-{kind}`");
        return Err((finding, advice));
    }
    let finding = format!("profile `{name}` with the target `{target}` ({kind})");
    Ok((finding, Some(kind.to_owned())))
}

fn is_jinja(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// The keys of a mapping, as a hint.
fn known(what: &str, mapping: &Value) -> String {
    let keys: Vec<&str> = mapping
        .as_mapping()
        .into_iter()
        .flat_map(|mapping| mapping.keys())
        .filter_map(Value::as_str)
        .collect();
    match keys.is_empty() {
        true => "the file has none: add one".to_owned(),
        false => format!("{what}: {}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Status;

    const FILE: &str = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb}\n    prod: {type: snowflake}\n    odd: {}\nother:\n  target: \"{{ env_var('T') }}\"\n";

    fn checked(text: Option<&str>, profile: Option<&str>, target: Option<&str>) -> Check {
        let choice = ProfileChoice {
            profile: profile.map(str::to_owned),
            target: target.map(str::to_owned),
        };
        let dbt = DbtVersion {
            version: "1.11.0".to_owned(),
            adapters: vec![("duckdb".to_owned(), "1.11.0".to_owned())],
        };
        let bytes = text.map(str::as_bytes);
        check_profile(
            Path::new("profiles.yml"),
            "for a test",
            bytes,
            &choice,
            Some(&dbt),
        )
    }

    #[test]
    fn a_profile_is_found_or_left_to_dbt() {
        let good = checked(Some(FILE), Some("shop"), None);
        assert_eq!(
            good.finding,
            "profile `shop` with the target `dev` (duckdb), in profiles.yml (for a test)"
        );
        assert_eq!(good.details["type"], "duckdb");
        for profile in ["other", "{{ env_var('P') }}"] {
            let left = checked(Some(FILE), Some(profile), None);
            assert_eq!(left.status, Status::Ok);
            assert!(
                left.finding.contains("which dbt renders"),
                "{}",
                left.finding
            );
        }
    }

    #[test]
    fn each_mistake_has_a_finding_and_an_advice() {
        for (text, profile, target, finding, advice) in [
            (
                None,
                Some("shop"),
                None,
                "profiles.yml does not exist",
                "--profiles-dir",
            ),
            (Some("a: [b"), Some("shop"), None, "line 1", "correct"),
            (
                Some("a: \u{1}"),
                Some("shop"),
                None,
                "cannot be read",
                "correct",
            ),
            (Some(FILE), None, None, "has no `profile`", "--profile"),
            (
                Some(FILE),
                Some("store"),
                None,
                "no profile `store`",
                "shop, other",
            ),
            (
                Some(""),
                Some("store"),
                None,
                "no profile `store`",
                "has none",
            ),
            (
                Some("- a"),
                Some("store"),
                None,
                "no profile `store`",
                "has none",
            ),
            (
                Some(FILE),
                Some("shop"),
                Some("test"),
                "no output `test`",
                "dev, prod, odd",
            ),
            (
                Some(FILE),
                Some("shop"),
                Some("odd"),
                "has no `type`",
                "type",
            ),
            (
                Some(FILE),
                Some("shop"),
                Some("prod"),
                "not installed",
                "dbt-snowflake",
            ),
        ] {
            let check = checked(text, profile, target);
            assert_eq!(check.status, Status::Problem);
            assert!(check.finding.contains(finding), "{}", check.finding);
            assert!(
                check.advice.as_deref().unwrap_or_default().contains(advice),
                "{check:?}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_checked(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), text in "[a-z:{}\\[\\]&*!|>'\" \\n-]{0,80}") {
            let choice = ProfileChoice { profile: Some("a".to_owned()), target: None };
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let _ = check_profile(Path::new("profiles.yml"), "", Some(bytes), &choice, None);
            }
        }
    }
}
