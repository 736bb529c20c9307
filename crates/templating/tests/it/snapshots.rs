//! The result of each case as people see it. No result may show a secret.

use std::fmt::Write as _;

use dbt_templating::{Block, Profiles, RenderOptions, Rendered, Resolved, Template};
use serde_json::json;

use crate::case::{self, Case};

#[test]
fn cases() {
    insta::glob!("cases/*.case", |path| {
        let case = Case::read(path);
        let mut shown = String::new();
        match case.render() {
            Ok(rendered) => {
                for warning in Template::parse("profiles.yml", &case.source)
                    .expect("parsed")
                    .warnings()
                {
                    writeln!(shown, "warning: {warning}").expect("written");
                }
                match &rendered.profiles {
                    Profiles::Unchanged => assert!(rendered.variables.is_empty()),
                    Profiles::Rewritten(text) => {
                        // Line ends and byte order marks, which a snapshot cannot show.
                        shown.push_str(&text.replace('\r', "\\r").replace('\u{feff}', "\\ufeff"));
                        shown.push_str("\n----- report\n");
                    }
                }
                let report = rendered.report.to_string();
                shown.push_str(
                    report
                        .rsplit_once("\n\n")
                        .map_or(report.as_str(), |parts| parts.1),
                );
                for variable in &rendered.variables {
                    writeln!(shown, "variable {variable:?}").expect("written");
                }
                assert_silent(&case, &format!("{rendered:?} {report}"));
            }
            Err(errors) => {
                assert_silent(&case, &format!("{errors:?}"));
                shown = errors.to_string();
            }
        }
        assert_silent(&case, &shown);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("case", shown);
        });
    });
}

/// No text that only a secret field contains may be shown.
fn assert_silent(case: &Case, shown: &str) {
    for secret in [
        "hunt3r",
        "tok\"en",
        "other-secret",
        "98765",
        "nul\0",
        "--key--",
        "k-secret",
    ] {
        assert!(!shown.contains(secret), "{} shows {secret}", case.name);
    }
}

#[test]
fn there_are_many_cases() {
    assert!(case::all().len() >= 60);
}

#[test]
fn references_are_listed_before_anything_is_fetched() {
    let source =
        "a: '{{ prefect.variables.b }}'\nc: '{{ prefect.blocks.d.e.f ~ prefect.blocks.d.e.g }}'\n";
    let template = Template::parse("profiles.yml", source).expect("parsed");
    let references: Vec<String> = template
        .references()
        .iter()
        .map(ToString::to_string)
        .collect();
    let sources: Vec<String> = template.sources().iter().map(ToString::to_string).collect();
    assert_eq!(
        references,
        [
            "prefect.variables.b",
            "prefect.blocks.d.e.f",
            "prefect.blocks.d.e.g"
        ]
    );
    assert_eq!(sources, ["prefect.blocks.d.e", "prefect.variables.b"]);
}

#[test]
fn the_text_does_not_depend_on_secrets() {
    let source =
        "a: '{{ prefect.blocks.s.x }}'\nb: '{{ prefect.blocks.s.x }} {{ prefect.blocks.s.y }}'\n";
    let template = Template::parse("profiles.yml", source).expect("parsed");
    let render = |x: &str, y: &str| {
        let block = |text: &str| Block::new(json!({"value": text})).secret_fields(["value"]);
        let resolved = Resolved::new()
            .block("s", "x", block(x))
            .block("s", "y", block(y));
        template
            .render(&resolved, &RenderOptions::default())
            .expect("rendered")
    };
    let (first, second) = (render("one", "two"), render("{{ '\n", ""));
    assert_eq!(first.profiles, second.profiles);
    let names = |rendered: &Rendered| -> Vec<String> {
        rendered
            .variables
            .iter()
            .map(|variable| variable.name.clone())
            .collect()
    };
    assert_eq!(names(&first), names(&second));
}

#[test]
fn what_is_not_wanted_stays_unless_an_alias_may_use_it() {
    let source = r#"other: {outputs: {dev: {path: "{{ prefect.variables.a }}"}}}
shop:
  target: "{{ prefect.variables.target }}"
  outputs:
    dev:
      <<: {schema: "{{ prefect.variables.merged }}"}
      path: ["{{ prefect.variables.listed }}"]
    prod: &prod {host: "{{ prefect.variables.anchored }}"}
    test: {host: "{{ prefect.variables.b }}", "{{ prefect.variables.key }}": 1}
    copy: {port: &port "{{ prefect.variables.scalar }}"}
"#;
    let template = Template::parse("profiles.yml", source).expect("parsed");
    let dev = ["shop", "outputs", "dev"].map(str::to_owned);
    let template = template.only(|keys| keys.starts_with(&dev) || keys == ["shop", "target"]);
    let names = |template: &Template| -> Vec<String> {
        let references = template.references();
        references.iter().map(ToString::to_string).collect()
    };
    let kept = ["target", "merged", "listed", "anchored", "scalar"];
    let kept = kept.map(|name| format!("prefect.variables.{name}"));
    assert_eq!(names(&template), kept);

    let mut resolved = Resolved::new();
    for name in ["target", "merged", "listed", "anchored", "scalar"] {
        resolved = resolved.variable(name, "value");
    }
    let rendered = template.render(&resolved, &RenderOptions::default());
    let Profiles::Rewritten(text) = rendered.expect("rendered").profiles else {
        panic!("unchanged");
    };
    let left: Vec<&str> = text
        .split("prefect.variables.")
        .skip(1)
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    assert_eq!(left, ["a", "b", "key"]);
}
