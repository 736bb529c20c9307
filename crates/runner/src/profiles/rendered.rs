//! The rendered file for dbt.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use dbt_templating::{
    EnvironmentVariable, Profiles, RenderOptions, RenderReport, Resolved, Template, Warning,
};
use prefect_client::Client;
use tempfile::TempDir;

use super::error::ProfilesError;
use super::fetch::fetch;
use crate::dbt::PROFILES_FILE;

/// A rendered profiles.yml in a private temporary directory, which is deleted when this value is dropped.
///
/// The file contains no secrets, but references to the environment variables that do.
#[derive(Debug)]
pub struct RenderedProfiles {
    dir: TempDir,
    variables: Vec<EnvironmentVariable>,
    report: RenderReport,
    warnings: Vec<Warning>,
}

impl RenderedProfiles {
    /// Renders the profiles.yml in `dir`. `None` if the file does not exist or has no reference to Prefect: then dbt reads
    /// it itself, or reports that it is missing.
    ///
    /// # Errors
    /// When the file cannot be read or is invalid, when a block or variable does not exist, and when Prefect is needed and
    /// not available.
    pub async fn prepare(
        dir: &Path,
        client: Option<&Client>,
        options: &RenderOptions,
    ) -> Result<Option<Self>, ProfilesError> {
        let path = dir.join(PROFILES_FILE);
        let Some(template) = read(&path)? else {
            return Ok(None);
        };
        let Some(reference) = template.references().first().map(ToString::to_string) else {
            return Ok(None);
        };
        let client = client.ok_or(ProfilesError::NoApi { path, reference })?;
        let resolved = fetch(client, &template).await?;
        Self::render(&template, &resolved, options)
    }

    /// Renders a template whose values are fetched. `None` when nothing in it changes.
    pub(crate) fn render(
        template: &Template,
        resolved: &Resolved,
        options: &RenderOptions,
    ) -> Result<Option<Self>, ProfilesError> {
        let rendered = template.render(resolved, options)?;
        let Profiles::Rewritten(text) = rendered.profiles else {
            return Ok(None);
        };
        Ok(Some(Self {
            dir: write(&text).map_err(ProfilesError::Write)?,
            variables: rendered.variables,
            report: rendered.report,
            warnings: template.warnings().to_vec(),
        }))
    }

    /// The directory of the rendered profiles.yml, for dbt's `--profiles-dir`.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The environment variables that dbt needs. Their values are secrets, to be masked everywhere.
    #[must_use]
    pub fn variables(&self) -> &[EnvironmentVariable] {
        &self.variables
    }

    /// Text in the file that is probably a mistake.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The value of each reference, secrets masked.
    #[must_use]
    pub fn report(&self) -> &RenderReport {
        &self.report
    }
}

/// Reads the template; `None` if the file does not exist.
fn read(path: &Path) -> Result<Option<Template>, ProfilesError> {
    let source = match std::fs::read(path) {
        Ok(source) => source,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(ProfilesError::Read {
                path: PathBuf::from(path),
                source,
            });
        }
    };
    Ok(Some(Template::parse(path.display().to_string(), source)?))
}

/// Writes the file to a new directory. Only the user can read it.
fn write(text: &str) -> std::io::Result<TempDir> {
    let dir = tempfile::Builder::new()
        .prefix("prefect-dbt-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()?;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(dir.path().join(PROFILES_FILE))?
        .write_all(text.as_bytes())?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_without_references_is_left_to_dbt() {
        let dir = tempfile::tempdir().unwrap();
        let options = RenderOptions::default();
        let none = RenderedProfiles::prepare(dir.path(), None, &options).await;
        assert!(none.unwrap().is_none(), "no file");
        std::fs::write(dir.path().join(PROFILES_FILE), "shop: {target: dev}\n").unwrap();
        let none = RenderedProfiles::prepare(dir.path(), None, &options).await;
        assert!(none.unwrap().is_none(), "no reference");
    }

    #[tokio::test]
    async fn a_reference_without_an_api_is_an_error_with_the_file_and_the_reference() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(PROFILES_FILE);
        std::fs::write(&path, "shop:\n  target: '{{ prefect.variables.target }}'\n").unwrap();
        let error = RenderedProfiles::prepare(dir.path(), None, &RenderOptions::default())
            .await
            .unwrap_err();
        assert!(error.is_about_prefect());
        let text = error.to_string();
        assert!(text.contains("prefect.variables.target"), "{text}");
        assert!(text.contains(&path.display().to_string()), "{text}");
    }

    #[test]
    fn the_rendered_file_is_private_and_is_deleted_on_drop() {
        let dir = write("shop: {}\n").unwrap();
        let path = dir.path().join(PROFILES_FILE);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(dir.path()), mode(&path)), (0o700, 0o600));
        drop(dir);
        assert!(!path.exists());
    }
}
