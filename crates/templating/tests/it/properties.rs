//! Any input gives a result, or an error with a place.

use dbt_templating::{Profiles, RenderOptions, Resolved, Template};
use proptest::prelude::*;

/// Fragments that are often valid YAML and Jinja.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"{{ prefect.variables.a }}".to_vec()),
        Just(b"{{ prefect.blocks.b.c.d | default('x') }}".to_vec()),
        Just(b"prefect.".to_vec()),
        Just(b"k: ".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n  ".to_vec()),
        Just(b"\n- ".to_vec()),
        prop::sample::select(b"\"'|>&*!#{}[]%,?:-+ \t\\x\xc3\xa9\xff\xef\xbb\xbf\x00".to_vec())
            .prop_map(|byte| vec![byte]),
        "\\PC{0,3}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn try_out(source: &[u8]) {
    let resolved = Resolved::new().variable("a", serde_json::json!({"k": [1, "{{"]}));
    let result = Template::parse("profiles.yml", source)
        .and_then(|template| template.render(&resolved, &RenderOptions::default()));
    if let Err(errors) = result {
        let text = String::from_utf8_lossy(source);
        for error in errors.iter() {
            assert!(error.place().line >= 1 && error.place().column >= 1);
            assert!(error.place().line <= text.matches('\n').count() + 1);
        }
        assert!(!errors.to_string().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(source in prop::collection::vec(any::<u8>(), 0..200)) {
        try_out(&source);
    }

    #[test]
    fn likely_bytes(source in fragments()) {
        try_out(&source);
    }

    #[test]
    fn text_without_references_is_unchanged(source in "(\\PC|[\n\r\t]|\\{\\{|\\}\\}){0,80}") {
        prop_assume!(!source.contains("prefect."));
        let rendered = Template::parse("profiles.yml", &source)
            .and_then(|template| template.render(&Resolved::new(), &RenderOptions::default()))
            .expect("nothing to do");
        prop_assert_eq!(rendered.profiles, Profiles::Unchanged);
    }

    #[test]
    fn any_text_is_written_on_one_quoted_line(value in "(\\PC|[\n\r\t{}%#'\"]){0,20}") {
        let resolved = Resolved::new().variable("a", value);
        let source = "x: '{{ prefect.variables.a }}'\ny: 1\n";
        let rendered = Template::parse("profiles.yml", source)
            .and_then(|template| template.render(&resolved, &RenderOptions::default()))
            .expect("rendered");
        let Profiles::Rewritten(text) = rendered.profiles else { panic!("unchanged") };
        prop_assert_eq!(text.lines().count(), 2);
        prop_assert!(text.ends_with("\"\ny: 1\n"));
    }
}
