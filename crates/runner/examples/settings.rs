//! Names the folders of the project and of profiles.yml: the two arguments.

use prefect_dbt::{Flow, PrefectDbtRunner, PrefectDbtSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut folders = std::env::args().skip(1);
    let (project, profiles) = (folders.next(), folders.next());
    let settings = PrefectDbtSettings::from_env()?
        .with_project_dir(project.as_deref().unwrap_or("test"))
        .with_profiles_dir(profiles.as_deref().unwrap_or("examples/run_dbt"));
    let runner = PrefectDbtRunner::builder().settings(settings).build()?;
    Flow::new("with-settings")
        .run(&runner, |_| ["build"])
        .await?;
    Ok(())
}
