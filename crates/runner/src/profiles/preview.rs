//! The rendered profiles.yml for people, with secrets masked.

use std::path::PathBuf;

use dbt_templating::RenderOptions;
use prefect_client::Client;

use super::error::ProfilesError;
use super::rendered::RenderedProfiles;
use crate::dbt::{PROFILES_FILE, find_profiles_dir};
use crate::request::{PrefectDbtSettings, ProcessEnv};
use crate::track::Redactor;

/// A rendered profiles.yml for people, with secrets masked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) struct Preview {
    /// The file.
    pub file: PathBuf,
    /// The text that dbt gets, and a comment with the value of each reference. `None` if the file has no reference to
    /// Prefect; then dbt reads the file unchanged.
    pub text: Option<String>,
    /// Text in the file that is probably a mistake.
    pub warnings: Vec<String>,
}

impl Preview {
    /// Renders the profiles.yml that dbt would use in the working directory with these settings.
    ///
    /// # Errors
    /// When the file does not exist or is invalid, when a block or variable does not exist, and when Prefect is needed and
    /// not available.
    pub(crate) async fn from_env(
        settings: &PrefectDbtSettings,
        client: Option<&Client>,
    ) -> Result<Self, ProfilesError> {
        let around = ProcessEnv::from_env()?;
        let given = settings.profiles_dir.as_deref();
        let dir = find_profiles_dir(given, &around.cwd, around.home.as_deref())
            .unwrap_or_else(|| around.cwd.clone());
        let file = dir.join(PROFILES_FILE);
        // A missing file is not an error of `prepare`, because dbt reports it.
        std::fs::metadata(&file).map_err(|source| ProfilesError::Read {
            path: file.clone(),
            source,
        })?;
        let options =
            RenderOptions::default().missing(settings.missing_variables.unwrap_or_default());
        let rendered = RenderedProfiles::prepare(&dir, client, &options).await?;
        Ok(Self {
            file,
            text: rendered.as_ref().map(masked),
            warnings: rendered
                .iter()
                .flat_map(RenderedProfiles::warnings)
                .map(ToString::to_string)
                .collect(),
        })
    }
}

/// The report. A value that is not a secret may contain one, which is masked.
fn masked(rendered: &RenderedProfiles) -> String {
    let secrets = rendered
        .variables()
        .iter()
        .map(|variable| variable.value.expose());
    Redactor::new(secrets)
        .text(&rendered.report().to_string())
        .into_owned()
}
