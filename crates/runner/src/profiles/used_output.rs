//! The part of profiles.yml that dbt reads: one output of one profile. References elsewhere need not exist.

use std::path::Path;

use dbt_templating::{Profiles, RenderOptions, Template};
use prefect_client::Client;

use super::error::ProfilesError;
use super::fetch::resolve;
use super::rendered::parse;
use crate::selection::OutputChoice;

/// The template with only those references that dbt reads: in the output that `choice` names, and in the `target` of its
/// profile. Where Jinja that is not known here names the target, those in all outputs of the profile.
///
/// # Errors
/// When the name of the target refers to Prefect, and cannot be resolved.
pub(super) async fn used_by_dbt(
    path: &Path,
    source: &[u8],
    client: Option<&Client>,
    choice: &OutputChoice,
    options: &RenderOptions,
) -> Result<Template, ProfilesError> {
    let template = parse(path, source)?;
    let Some(profile) = choice.profile() else {
        return Ok(template);
    };
    let of_profile = [profile.clone(), "target".to_owned()];
    let names_target = |keys: &[String]| !choice.has_target() && keys == of_profile;
    let target = match parse(path, source)?.only(names_target) {
        named if named.references().is_empty() => choice.target(&String::from_utf8_lossy(source)),
        named => {
            let resolved = resolve(path, &named, client).await?;
            match named.render(&resolved, options)?.profiles {
                Profiles::Rewritten(text) => choice.target(&text),
                Profiles::Unchanged => None,
            }
        }
    };
    Ok(match target {
        Some(target) => {
            let output = [profile, "outputs".to_owned(), target];
            template.only(|keys| keys.starts_with(&output) || names_target(keys))
        }
        None => template.only(|keys| keys.first() == Some(&profile)),
    })
}
