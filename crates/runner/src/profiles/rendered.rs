//! The rendered file for dbt.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[cfg(feature = "cli")]
use dbt_templating::RenderReport;
use dbt_templating::{EnvironmentVariable, Profiles, RenderOptions, Resolved, Template, Warning};
use prefect_client::Client;
use tempfile::TempDir;

use super::error::ProfilesError;
use super::fetch::resolve;
use super::used_output::used_by_dbt;
use crate::dbt::{PROFILES_FILE, read_config};
use crate::selection::OutputChoice;

/// A rendered profiles.yml in a private temporary directory, which is deleted when this value is dropped.
///
/// The file contains no secrets, but references to the environment variables that do.
#[derive(Debug)]
pub(crate) struct RenderedProfiles {
    dir: TempDir,
    variables: Vec<EnvironmentVariable>,
    #[cfg(feature = "cli")]
    report: RenderReport,
    warnings: Vec<Warning>,
}

impl RenderedProfiles {
    /// Renders every reference of the profiles.yml in `dir`. `None` if the file does not exist or has no reference to
    /// Prefect: then dbt reads it itself, or reports that it is missing.
    ///
    /// # Errors
    /// When the file cannot be read or is invalid, when a block or variable does not exist, and when Prefect is needed and
    /// not available.
    #[cfg(feature = "cli")]
    pub(crate) async fn prepare(
        dir: &Path,
        client: Option<&Client>,
        options: &RenderOptions,
    ) -> Result<Option<Self>, ProfilesError> {
        Self::prepare_for(dir, client, None, options).await
    }

    /// The same, but only for the references that dbt reads if it uses this output. `None`: for all of them.
    pub(crate) async fn prepare_for(
        dir: &Path,
        client: Option<&Client>,
        choice: Option<&OutputChoice>,
        options: &RenderOptions,
    ) -> Result<Option<Self>, ProfilesError> {
        let path = dir.join(PROFILES_FILE);
        let Some(source) = read(&path)? else {
            return Ok(None);
        };
        let template = match choice {
            Some(choice) => used_by_dbt(&path, &source, client, choice, options).await?,
            None => parse(&path, &source)?,
        };
        let resolved = resolve(&path, &template, client).await?;
        Self::render(&template, &resolved, options)
    }

    /// Renders a template whose values are fetched. `None` when nothing in it changes.
    pub(crate) fn render(
        template: &Template,
        resolved: &Resolved,
        options: &RenderOptions,
    ) -> Result<Option<Self>, ProfilesError> {
        let rendered = template.render(resolved, options)?;
        check_sizes(&rendered.variables)?;
        let Profiles::Rewritten(text) = rendered.profiles else {
            return Ok(None);
        };
        Ok(Some(Self {
            dir: write(&text).map_err(ProfilesError::Write)?,
            variables: rendered.variables,
            #[cfg(feature = "cli")]
            report: rendered.report,
            warnings: template.warnings().to_vec(),
        }))
    }

    /// The directory of the rendered profiles.yml, for dbt's `--profiles-dir`.
    #[must_use]
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The environment variables that dbt needs. Their values are secrets, to be masked everywhere.
    #[must_use]
    pub(crate) fn variables(&self) -> &[EnvironmentVariable] {
        &self.variables
    }

    /// Text in the file that is probably a mistake.
    #[must_use]
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The value of each reference, secrets masked.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn report(&self) -> &RenderReport {
        &self.report
    }
}

/// The most bytes of `NAME=value` that Linux accepts, without the byte that ends it (`MAX_ARG_STRLEN`).
const LONGEST_VARIABLE: usize = 128 * 1024 - 1;

/// Names the first secret that is too large, because the operating system only says that dbt cannot be started.
fn check_sizes(variables: &[EnvironmentVariable]) -> Result<(), ProfilesError> {
    for variable in variables {
        let bytes = variable.value.expose().len();
        let most = LONGEST_VARIABLE.saturating_sub(variable.name.len() + 1);
        if bytes > most {
            let reference = variable.reference.clone();
            return Err(ProfilesError::SecretTooLarge {
                reference,
                bytes,
                most,
            });
        }
    }
    Ok(())
}

/// Reads the file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Vec<u8>>, ProfilesError> {
    match read_config(path) {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProfilesError::Read {
            path: PathBuf::from(path),
            source,
        }),
    }
}

/// Parses the file at `path`.
pub(super) fn parse(path: &Path, source: &[u8]) -> Result<Template, ProfilesError> {
    Ok(Template::parse(path.display().to_string(), source)?)
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
    use crate::dbt::{CommandLine, Project};
    use crate::selection::SelectionFlags;

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

    #[tokio::test]
    async fn references_in_outputs_that_dbt_does_not_use_need_no_api() {
        let dir = tempfile::tempdir().unwrap();
        let text = r#"
other: {outputs: {dev: {path: "{{ prefect.variables.other }}"}}}
shop:
  target: dev
  outputs:
    dev: {type: duckdb}
    prod: {type: duckdb, path: "{{ prefect.blocks.secret.prod }}"}
"#;
        std::fs::write(dir.path().join(PROFILES_FILE), text).unwrap();
        std::fs::write(dir.path().join("dbt_project.yml"), "profile: shop\n").unwrap();
        let project = Project::find(Some(dir.path()), None, Path::new("/"));
        let prepared = async |line: &[&str]| {
            let flags = SelectionFlags::read(&CommandLine::parse(line), |_| None);
            let choice = OutputChoice::of(&project, &flags).unwrap();
            let options = RenderOptions::default();
            RenderedProfiles::prepare_for(dir.path(), None, Some(&choice), &options).await
        };
        assert!(prepared(&["build"]).await.unwrap().is_none());
        let error = prepared(&["build", "-t", "prod"]).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`prefect.blocks.secret.prod`"), "{text}");
    }

    #[test]
    fn a_secret_that_is_too_large_is_named_and_the_longest_is_accepted() {
        let rendered = |length: usize| {
            let source = b"shop: {password: '{{ prefect.blocks.secret.warehouse }}'}\n".to_vec();
            let template = Template::parse("profiles.yml", source).unwrap();
            let block =
                dbt_templating::Block::new(serde_json::json!({"value": "x".repeat(length)}))
                    .secret_fields(["value"]);
            let resolved = dbt_templating::Resolved::new().block("secret", "warehouse", block);
            template
                .render(&resolved, &RenderOptions::default())
                .unwrap()
        };
        let error = check_sizes(&rendered(200_000).variables).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`prefect.blocks.secret.warehouse`"), "{text}");
        let ProfilesError::SecretTooLarge { most, .. } = error else {
            panic!("{text}");
        };
        for (length, is_accepted) in [(most, true), (most + 1, false)] {
            let variables = rendered(length).variables;
            assert_eq!(check_sizes(&variables).is_ok(), is_accepted);
            let variable = &variables[0];
            let started = std::process::Command::new("true")
                .env(&variable.name, variable.value.expose())
                .status();
            if cfg!(target_os = "linux") {
                assert_eq!(started.is_ok(), is_accepted, "{length}");
            }
        }
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
