//! `prefect-dbt doctor` with the real dbt and a real server. A server with authentication is tested in `profiles`.

use super::project::{Finished, Project};

/// A project with a mistake in each of its files. dbt itself refuses both.
fn broken() -> Project {
    let project = Project::new();
    let change = |file: &str, from: &str, to: &str| {
        let path = project.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        std::fs::write(path, text.replace(from, to)).unwrap();
    };
    change(
        "dbt_project.yml",
        "profile: shop",
        "profile: shop\nprefect: {enable_assets: false}",
    );
    change("profiles.yml", "target: dev", "target: production");
    project
}

/// The report, with placeholders for what differs between machines.
fn report(project: &Project, finished: &Finished) -> String {
    let here = project.path().canonicalize().unwrap();
    let above = here.parent().unwrap();
    let mut text = finished.stdout.clone();
    for (found, name) in [
        (here.to_str().unwrap(), "<project>"),
        (project.path().to_str().unwrap(), "<project>"),
        (above.to_str().unwrap(), "<folder>"),
        (project.environment.dbt.to_str().unwrap(), "<dbt>"),
        (project.environment.api.as_str(), "<api>"),
    ] {
        text = text.replace(found, name);
    }
    text
}

#[test]
fn every_mistake_is_reported_with_what_to_do() {
    let project = broken();
    let finished = Finished::of(
        project
            .program()
            .arg("doctor")
            .env_remove("PREFECT_DBT_LAUNCHER")
            .env_remove("PREFECT_API_URL"),
    );
    finished.exits_with(2);
    insta::with_settings!({filters => [(r"\d+\.\d+\.\d+", "<version>")]}, {
        insta::assert_snapshot!(report(&project, &finished));
    });
    // dbt reports the same mistakes, one at a time.
    let target = project.invoke(&["--no-prefect"], &["parse"]);
    target.exits_with(2).says("'production'");
    let key = project.invoke(&["--no-prefect"], &["parse", "--target", "dev"]);
    key.exits_with(2).says("'prefect' was unexpected");
}

#[test]
fn the_json_form_is_stable() {
    let project = Project::new();
    let mut doctor = project.program();
    doctor.env_remove("PREFECT_DBT_LAUNCHER");
    let finished = Finished::of(doctor.args(["doctor", "--output", "json"]));
    finished.exits_with(0);
    let filters = [
        (r"\d+\.\d+\.\d+", "<version>"),
        (
            r#""server_ahead_seconds": .*"#,
            r#""server_ahead_seconds": "<seconds>""#,
        ),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(report(&project, &finished));
    });
}
