use std::collections::BTreeSet;

use dbt_manifest::Manifest;
use proptest::prelude::*;
use serde_json::json;

use crate::{Context, Dialect, Expr, IndirectSelection, SelectionGraph};

/// A manifest with `models` models, each of which depends on earlier ones, and a test for each set of parents in `tests`.
fn manifest(models: &[Vec<usize>], tests: &[Vec<usize>]) -> Manifest {
    let model = |at: usize| format!("model.p.m{at}");
    let nodes = models.iter().enumerate().map(|(at, parents)| {
        let parents: Vec<String> = parents
            .iter()
            .filter(|_| at > 0)
            .map(|parent| model(parent % at.max(1)))
            .collect();
        entry(&model(at), "model", &format!("m{at}"), &parents)
    });
    let tests = tests.iter().enumerate().map(|(at, parents)| {
        let parents: Vec<String> = parents
            .iter()
            .map(|parent| model(parent % models.len()))
            .collect();
        entry(
            &format!("test.p.t{at}"),
            "test",
            &format!("t{at}"),
            &parents,
        )
    });
    let nodes: serde_json::Map<_, _> = nodes.chain(tests).collect();
    let text = json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.11.16",
            "project_name": "p",
        },
        "nodes": nodes,
    });
    Manifest::from_slice(text.to_string().as_bytes()).unwrap()
}

fn entry(id: &str, kind: &str, name: &str, parents: &[String]) -> (String, serde_json::Value) {
    let entry = json!({
        "unique_id": id,
        "resource_type": kind,
        "name": name,
        "package_name": "p",
        "fqn": ["p", name],
        "path": "x.sql",
        "original_file_path": "models/x.sql",
        "tags": [if kind == "test" { "tests" } else { "models" }],
        "raw_code": "select 1",
        "config": {"enabled": true},
        "depends_on": {"nodes": parents, "macros": []},
    });
    (id.to_owned(), entry)
}

fn select(graph: &SelectionGraph<'_>, text: &str, mode: IndirectSelection) -> BTreeSet<String> {
    let compiled = Expr::parse(text, mode)
        .unwrap()
        .compile(graph, &Context::default())
        .unwrap();
    compiled
        .evaluate()
        .unique_ids()
        .map(|id| id.rsplit('.').next().unwrap().to_owned())
        .collect()
}

fn names(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

/// m0 -> m1 -> m2, and m3 alone; t0 tests m0, t1 tests m0 and m1, t2 tests m1 and m3.
fn chain() -> Manifest {
    manifest(
        &[vec![], vec![0], vec![1], vec![]],
        &[vec![0], vec![0, 1], vec![1, 3]],
    )
}

#[test]
fn modes_differ_in_the_tests_that_come_along() {
    let manifest = chain();
    let graph = SelectionGraph::new(&manifest);
    let cases = [
        ("m1", "m1 t1 t2", "m1", "m1 t1", "m1"),
        ("m0", "m0 t0 t1", "m0 t0", "m0 t0", "m0"),
        (
            "m0 m1",
            "m0 m1 t0 t1 t2",
            "m0 m1 t0 t1",
            "m0 m1 t0 t1",
            "m0 m1",
        ),
        // Each term alone leaves out t2. Both together contain all of its parents.
        ("m1 m3", "m1 m3 t1 t2", "m1 m3 t2", "m1 m3 t1 t2", "m1 m3"),
        (
            "1+m1+0",
            "m0 m1 t0 t1 t2",
            "m0 m1 t0 t1",
            "m0 m1 t0 t1",
            "m0 m1",
        ),
        (
            "m0+1",
            "m0 m1 t0 t1 t2",
            "m0 m1 t0 t1",
            "m0 m1 t0 t1",
            "m0 m1 t0 t1",
        ),
        // Excluded nodes exclude their tests as well, in the same mode.
        (
            "tag:tests --exclude m1",
            "t0",
            "t0 t1 t2",
            "t0 t2",
            "t0 t1 t2",
        ),
    ];
    for (text, eager, cautious, buildable, empty) in cases {
        for (mode, expected) in IndirectSelection::ALL
            .into_iter()
            .zip([eager, cautious, buildable, empty])
        {
            assert_eq!(
                select(&graph, text, mode),
                names(expected),
                "{text} {mode:?}"
            );
        }
    }
}

#[test]
fn older_dialects_lose_what_operators_reach_in_mode_empty() {
    let manifest = chain();
    let graph = SelectionGraph::with_dialect(&manifest, Dialect::V1_8);
    assert_eq!(select(&graph, "+m1", IndirectSelection::Empty), names("m1"));
}

#[test]
fn package_this_selects_nothing_before_1_8() {
    let manifest = chain();
    let count = |dialect| {
        let graph = SelectionGraph::with_dialect(&manifest, dialect);
        select(&graph, "package:this", IndirectSelection::Empty).len()
    };
    assert!(count(Dialect::V1_8) > 0);
    assert_eq!(count(Dialect::V1_7), 0);
}

#[test]
fn resource_type_function_is_an_error_before_1_11() {
    let manifest = chain();
    let errors = |dialect, text: &str| {
        let graph = SelectionGraph::with_dialect(&manifest, dialect);
        let expr = Expr::parse_arguments(&[text], &[""; 0], IndirectSelection::Empty).unwrap();
        let compiled = expr.compile(&graph, &Context::default());
        compiled.err().map(|errors| errors.to_string())
    };
    assert_eq!(errors(Dialect::V1_11, "resource_type:function"), None);
    let error = errors(Dialect::V1_10, "resource_type:function").unwrap();
    assert!(
        error.contains("dbt 1.10 does not have `resource_type:function`"),
        "{error}"
    );
    assert!(error.contains("use dbt 1.11 or later"), "{error}");
    assert!(errors(Dialect::V1_7, "resource_type:unit_test").is_some());
    assert!(errors(Dialect::V1_6, "resource_type:saved_query").is_some());
}

#[test]
fn terms_that_select_nothing_are_named_in_order() {
    let manifest = chain();
    let graph = SelectionGraph::new(&manifest);
    let expr =
        Expr::parse_arguments(&["m0,m3 m1", "gone"], &["lost+"], IndirectSelection::Empty).unwrap();
    let selection = expr
        .compile(&graph, &Context::default())
        .unwrap()
        .evaluate();
    let warnings: Vec<String> = selection
        .warnings()
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(warnings.join("\n"));
}

#[test]
fn all_invalid_values_are_reported() {
    let manifest = chain();
    let graph = SelectionGraph::new(&manifest);
    let text = "source:a.b.c.d metric:a.b.c,m0 resource_type:modle test_type:x version:newest path:/x selector:s";
    let expr = Expr::parse(text, IndirectSelection::Eager).unwrap();
    insta::assert_snapshot!(expr.compile(&graph, &Context::default()).unwrap_err());
}

#[test]
fn everything_is_selected_by_default_in_each_version() {
    let manifest = chain();
    for dialect in [Dialect::V1_5, Dialect::V1_6, Dialect::V1_11] {
        let graph = SelectionGraph::with_dialect(&manifest, dialect);
        let none: [&str; 0] = [];
        let expr = Expr::parse_arguments(&none, &none, IndirectSelection::Eager).unwrap();
        let compiled = expr.compile(&graph, &Context::default()).unwrap();
        assert_eq!(
            compiled.evaluate().nodes().len(),
            manifest.len(),
            "{dialect}"
        );
        let named = Expr::parse("semantic_model:*", IndirectSelection::Eager).unwrap();
        let is_known = named.compile(&graph, &Context::default()).is_ok();
        assert_eq!(is_known, dialect > Dialect::V1_5);
    }
}

prop_compose! {
    fn graphs()(
        models in proptest::collection::vec(proptest::collection::vec(0_usize..100, 0..3), 1..9),
        tests in proptest::collection::vec(proptest::collection::vec(0_usize..100, 1..4), 0..5),
    ) -> Manifest {
        manifest(&models, &tests)
    }
}

fn criterion() -> impl Strategy<Value = String> {
    (
        prop_oneof!["", "@", "[+]", "1[+]"],
        "m[0-9]|t[0-4]|m\\?|tag:models",
        prop_oneof!["", "[+]", "[+]1"],
    )
        .prop_filter("@ and + exclude each other", |(before, _, after)| {
            before != "@" || after.is_empty()
        })
        .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

proptest! {
    #[test]
    fn both_directions_are_the_union_of_each(manifest in graphs(), node in "m[0-9]", depth in "|[0-3]") {
        let graph = SelectionGraph::new(&manifest);
        for mode in [IndirectSelection::Eager, IndirectSelection::Empty] {
            let both = select(&graph, &format!("{depth}+{node}+{depth}"), mode);
            let halves = select(&graph, &format!("{depth}+{node} {node}+{depth}"), mode);
            prop_assert_eq!(both, halves);
        }
    }

    #[test]
    fn terms_criteria_and_exclusions_are_set_operations(
        manifest in graphs(), a in criterion(), b in criterion(), c in criterion(),
    ) {
        let graph = SelectionGraph::new(&manifest);
        let set = |text: &str| select(&graph, text, IndirectSelection::Empty);
        let union = set(&format!("{a} {b}"));
        prop_assert_eq!(&union, &(&set(&a) | &set(&b)));
        prop_assert_eq!(&set(&format!("{b} {a}")), &union);
        prop_assert_eq!(set(&format!("{a},{b}")), &set(&a) & &set(&b));
        prop_assert_eq!(set(&format!("{a} {b} --exclude {c}")), &union - &set(&c));
        prop_assert_eq!(set(&format!("{a} --exclude {a}")), BTreeSet::new());
    }

    #[test]
    fn eager_selects_most_tests_and_empty_fewest(manifest in graphs(), a in criterion(), b in criterion()) {
        let graph = SelectionGraph::new(&manifest);
        for text in [a.clone(), format!("{a} {b}"), format!("{a},{b}")] {
            let [eager, cautious, buildable, _] = IndirectSelection::ALL.map(|mode| select(&graph, &text, mode));
            prop_assert!(cautious.is_subset(&buildable), "{}", text);
            prop_assert!(buildable.is_subset(&eager), "{}", text);
        }
    }
}
