//! What dbt would get for a profiles.yml, for people to look at.

use std::path::PathBuf;

use dbt_templating::RenderOptions;
use prefect_client::Client;

use super::error::ProfilesError;
use super::rendered::RenderedProfiles;
use crate::dbt::{PROFILES_FILE, find_profiles_dir};
use crate::request::{PrefectDbtSettings, ProcessEnv};
use crate::track::Redactor;

/// What dbt would get for a profiles.yml, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// The file.
    pub file: PathBuf,
    /// Its text as dbt gets it, then a comment for each reference with what it gave; secrets masked. `None` when it
    /// refers to nothing in Prefect, so that dbt reads the file itself.
    pub text: Option<String>,
    /// What in the file is probably not meant.
    pub warnings: Vec<String>,
}

impl Preview {
    /// Renders the profiles.yml that dbt would take here, with these settings.
    ///
    /// # Errors
    /// When there is no such file or it is wrong, when something that it refers to does not exist, and when Prefect is
    /// needed and cannot be asked.
    pub async fn from_env(
        settings: &PrefectDbtSettings,
        client: Option<&Client>,
    ) -> Result<Self, ProfilesError> {
        let around = ProcessEnv::from_env()?;
        let given = settings.profiles_dir.as_deref();
        let dir = find_profiles_dir(given, &around.cwd, around.home.as_deref())
            .unwrap_or_else(|| around.cwd.clone());
        let file = dir.join(PROFILES_FILE);
        // Rendering leaves it to dbt to miss the file.
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

/// The report, in which a value that is not secret may hold a secret one.
fn masked(rendered: &RenderedProfiles) -> String {
    let secrets = rendered
        .variables()
        .iter()
        .map(|variable| variable.value.expose());
    Redactor::new(secrets)
        .text(&rendered.report().to_string())
        .into_owned()
}
