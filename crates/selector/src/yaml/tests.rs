//! All forms of a definition, and all errors.

use serde_json::{Value, json};

use crate::ast::{Depth, Expr, IndirectSelection, Operation};
use crate::dialect::Dialect;
use crate::{Errors, RenderJinja, Selectors};

fn jinja(text: &str) -> Result<Value, String> {
    match text {
        "{{ var('days') }}" => Ok(json!(3)),
        "tag:{{ env_var('TAG') }}" => Ok(json!("tag:nightly")),
        _ => Err("undefined".into()),
    }
}

fn parse(text: &str) -> Result<Selectors, Errors> {
    let jinja: &dyn RenderJinja = &jinja;
    Selectors::parse(text, jinja, IndirectSelection::Cautious, Dialect::default())
}

/// The definition of the only selector in a file.
fn definition(yaml: &str) -> Result<Expr, Errors> {
    let selectors = parse(&format!("selectors: [{{name: s, definition: {yaml}}}]"))?;
    Ok(selectors.find("s").unwrap().clone())
}

fn outline(expr: &Expr) -> String {
    match expr {
        Expr::Criterion(criterion) => {
            let depth = |depth: Option<Depth>| match depth {
                None => String::new(),
                Some(Depth::Unlimited) => "+".into(),
                Some(Depth::Layers(layers)) => format!("+{layers}"),
            };
            let at = if criterion.childrens_parents { "@" } else { "" };
            let mode = if criterion.mode == IndirectSelection::Cautious {
                ""
            } else {
                criterion.mode.as_str()
            };
            let [up, down] = [criterion.parents, criterion.children].map(depth);
            format!(
                "{at}{up}[{}:{}]{down}{mode}",
                criterion.method, criterion.value
            )
        }
        Expr::Group(group) => {
            assert_eq!(
                group.mode,
                IndirectSelection::Eager,
                "groups of YAML are eager"
            );
            let name = match group.operation {
                Operation::Union => "union",
                Operation::Intersection => "intersection",
                Operation::Difference => "difference",
            };
            let members: Vec<String> = group.members.iter().map(outline).collect();
            format!("{name}({})", members.join(", "))
        }
    }
}

#[test]
fn forms_of_definitions() {
    let cases = [
        ("'2+tag:a,tag:b c'", r#"+2[tag:"a,tag:b c"]"#),
        ("models/staging", r#"[path:"models/staging"]"#),
        ("{fqn: x+}", r#"[fqn:"x+"]"#),
        ("{config.meta.tier: 4}", "[config.meta.tier:4]"),
        ("{config.meta.pii: yes}", "[config.meta.pii:true]"),
        ("{method: tag, value: '017'}", r#"[tag:"017"]"#),
        ("{method: null, value: a.sql}", r#"[file:"a.sql"]"#),
        (
            "{method: tag, value: a, children: 'false'}",
            r#"[tag:"a"]+"#,
        ),
        (
            "{method: tag, value: a, children: true, children_depth: 0}",
            r#"[tag:"a"]+"#,
        ),
        (
            "{method: tag, value: a, children: true, children_depth: '0'}",
            r#"[tag:"a"]+0"#,
        ),
        (
            "{method: tag, value: a, parents: 1, parents_depth: 2.9}",
            r#"+2[tag:"a"]"#,
        ),
        (
            "{method: tag, value: a, parents: 1, parents_depth: -2}",
            r#"+0[tag:"a"]"#,
        ),
        ("{method: tag, value: a, parents_depth: 2}", r#"[tag:"a"]"#),
        (
            "{method: tag, value: a, childrens_parents: true, parents: true}",
            r#"@+[tag:"a"]"#,
        ),
        (
            "{method: tag, value: a, indirect_selection: empty}",
            r#"[tag:"a"]empty"#,
        ),
        (
            "{method: tag, value: a, exclude: [b]}",
            r#"difference([tag:"a"], [fqn:"b"])"#,
        ),
        (
            "{method: tag, value: a, exclude: [b, c]}",
            r#"difference([tag:"a"], union([fqn:"b"], [fqn:"c"]))"#,
        ),
        ("{method: tag, value: a, exclude: []}", r#"[tag:"a"]"#),
        ("{union: []}", "union()"),
        (
            "{union: [a, {intersection: [b, c]}]}",
            r#"union([fqn:"a"], intersection([fqn:"b"], [fqn:"c"]))"#,
        ),
        (
            "{union: [a, {method: tag, value: lost, exclude: [b]}]}",
            r#"difference(union([fqn:"a"]), [fqn:"b"])"#,
        ),
        (
            "{union: [a, {exclude: []}, {exclude: [b]}]}",
            r#"difference(union([fqn:"a"]), [fqn:"b"])"#,
        ),
        (
            "{union: [{union: [a], intersection: [b], tag: c}]}",
            r#"union(union([fqn:"a"]))"#,
        ),
        (r#""tag:{{ env_var('TAG') }}""#, r#"[tag:"nightly"]"#),
        (
            r#"{config.meta.days: "{{ var('days') }}"}"#,
            "[config.meta.days:3]",
        ),
    ];
    for (yaml, expected) in cases {
        let parsed = definition(yaml).unwrap_or_else(|errors| panic!("{yaml}: {errors}"));
        assert_eq!(outline(&parsed), expected, "{yaml}");
    }
}

#[test]
fn mistakes_in_definitions() {
    let cases = [
        "[a]",
        "4",
        "tags:a",
        "'@a+'",
        "{}",
        "{tags: a}",
        "{selector: s}",
        "{exclude: [a]}",
        "{tag: a, fqn: b}",
        "{method: tag}",
        "{method: 4, value: a}",
        "{method: null, value: 4}",
        "{method: selector, value: later}",
        "{method: tag, value: a, childrens_parents: true, children: true}",
        "{method: tag, value: a, children: true, children_depth: two}",
        "{method: tag, value: a, indirect_selection: sometimes}",
        "{method: tag, value: a, indirect_selection: null}",
        "{method: tag, value: a, exclude: b}",
        "{union: a}",
        "{union: [4]}",
        "{union: [a], exclude: [b]}",
        "{union: [a, {exclude: [b]}, {exclude: [c]}]}",
        "\"{{ nothing }}\"",
        "{union: [tags:a, {tags: b}]}",
    ];
    let rendered = cases.map(|yaml| match definition(yaml) {
        Ok(expr) => panic!("{yaml} is {expr}"),
        Err(errors) => format!("{yaml}\n{errors}"),
    });
    insta::assert_snapshot!(rendered.join("\n\n"));
}

#[test]
fn mistakes_in_files() {
    let cases = [
        "selectors: [",
        "version: 2",
        "selectors: {}",
        "nonsense",
        "selectors: []\nversion: two",
        "selectors: []\nmodels: []",
        "selectors: [a]",
        "selectors: [{definition: a}]",
        "selectors: [{name: 4, definition: a}]",
        "selectors: [{name: a}]",
        "selectors: [{name: a, definition: a, default: 'true'}]",
        "selectors: [{name: a, definition: a, description: null}]",
        "selectors: [{name: a, definition: a, tags: []}]",
        "selectors: [{name: a, definition: a, default: yes}, {name: b, definition: a, default: on}]",
    ];
    let rendered = cases.map(|yaml| match parse(yaml) {
        Ok(_) => panic!("{yaml} is fine"),
        Err(errors) => format!("{yaml}\n{errors}"),
    });
    insta::assert_snapshot!(rendered.join("\n\n"));
}

#[test]
fn files_without_selectors_define_none() {
    for text in ["", "# nothing\n", "{}", "[]", "false", "selectors: []"] {
        assert_eq!(parse(text).unwrap(), Selectors::default(), "{text}");
    }
}

#[test]
fn a_selector_can_refer_to_those_above_it() {
    let text = "
selectors:
  - {name: a, definition: {tag: old}}
  - {name: b, definition: {method: selector, value: a, children: true, exclude: [x]}}
  - {name: a, definition: {tag: new}, default: true}
  - {name: c, definition: {union: [{method: selector, value: a}]}}
";
    let selectors = parse(text).unwrap();
    let outlines: Vec<_> = selectors
        .iter()
        .map(|entry| format!("{} {}", entry.name, outline(&entry.definition)))
        .collect();
    assert_eq!(
        outlines,
        [
            r#"a [tag:"new"]"#,
            r#"b [tag:"old"]"#,
            r#"c union([tag:"new"])"#
        ]
    );
    assert_eq!(selectors.default_selector().unwrap().name, "a");
    insta::assert_snapshot!(selectors.find("d").unwrap_err().render());
}

#[test]
fn since_dbt_1_12_selector_is_a_method() {
    let text = "selectors: [{name: a, definition: {method: selector, value: b, children: true}}]";
    let selectors =
        Selectors::parse(text, &jinja, IndirectSelection::Cautious, Dialect::V1_12).unwrap();
    assert_eq!(outline(selectors.find("a").unwrap()), r#"[selector:"b"]+"#);
}

proptest::proptest! {
    #[test]
    fn any_text_is_parsed_or_an_error(text in ".{0,80}") {
        drop(parse(&text));
        drop(definition(&text));
    }
}
