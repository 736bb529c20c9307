use proptest::prelude::*;
use serde_json::json;

use super::EXCLUDE;
use crate::ast::{Criterion, Depth, Expr, IndirectSelection};
use crate::span::{Origin, Place, Span};

const EAGER: IndirectSelection = IndirectSelection::Eager;

/// The `@`, parents, method, value and children of a criterion.
type Parts = (bool, Option<Depth>, String, String, Option<Depth>);

fn parts(text: &str) -> Parts {
    let criterion = Criterion::parse(text, EAGER).unwrap();
    let value = criterion.value.as_str().unwrap().to_owned();
    let method = criterion.method.to_string();
    (
        criterion.childrens_parents,
        criterion.parents,
        method,
        value,
        criterion.children,
    )
}

fn message(select: &[&str], exclude: &[&str]) -> String {
    Expr::parse_arguments(select, exclude, EAGER)
        .unwrap_err()
        .to_string()
}

#[test]
fn operators_surround_method_and_value() {
    use Depth::{Layers, Unlimited};
    let all = Some(Unlimited);
    let cases = [
        ("x", false, None, "fqn", "x", None),
        ("+x+", false, all, "fqn", "x", all),
        ("@x", true, None, "fqn", "x", None),
        ("@2+x", true, Some(Layers(2)), "fqn", "x", None),
        (
            "007+x+0",
            false,
            Some(Layers(7)),
            "fqn",
            "x",
            Some(Layers(0)),
        ),
        (
            "99999999999+x",
            false,
            Some(Layers(u32::MAX)),
            "fqn",
            "x",
            None,
        ),
        ("++x", false, all, "fqn", "+x", None),
        ("x++", false, None, "fqn", "x+", all),
        ("x+1+2", false, None, "fqn", "x+1", Some(Layers(2))),
        ("1.5+x", false, None, "fqn", "1.5+x", None),
        ("-1+x", false, None, "fqn", "-1+x", None),
        ("1x+", false, None, "fqn", "1x", all),
        ("", false, None, "fqn", "", None),
        ("+", false, all, "fqn", "", None),
        ("@+", true, all, "fqn", "", None),
        ("1+", false, Some(Layers(1)), "fqn", "", None),
        ("tag:+hot", false, None, "tag", "+hot", None),
        ("+tag:hot+1", false, all, "tag", "hot", Some(Layers(1))),
        ("tag:pii:high", false, None, "tag", "pii:high", None),
        ("tag:", false, None, "tag", "", None),
        ("my-tag:x", false, None, "fqn", "my-tag:x", None),
        (":x", false, None, "fqn", ":x", None),
        ("models/a:b", false, None, "path", "models/a:b", None),
        (
            "config.meta.owner:me",
            false,
            None,
            "config.meta.owner",
            "me",
            None,
        ),
        ("fqn..:x", false, None, "fqn..", "x", None),
        ("models/x.sql", false, None, "path", "models/x.sql", None),
        ("X.SQL", false, None, "file", "X.SQL", None),
        ("seeds.csv+", false, None, "file", "seeds.csv", all),
        ("fct_orders.yml", false, None, "fqn", "fct_orders.yml", None),
    ];
    for (text, at, parents, method, value, children) in cases {
        let expected = (at, parents, method.to_owned(), value.to_owned(), children);
        assert_eq!(parts(text), expected, "{text}");
    }
}

#[test]
fn all_mistakes_are_reported_with_carets() {
    insta::assert_snapshot!(message(
        &["x seed:y,+tags.z:a", "ok @b+1"],
        &["c 1+2:3", "d\ne"]
    ));
}

#[test]
fn commas_are_part_of_a_single_criterion() {
    assert_eq!(parts("tag:a,tag:b").3, "a,tag:b");
}

#[test]
fn values_split_on_spaces_only() {
    let expr = Expr::parse_arguments(&["a\tb  c,d"], &[] as &[&str], EAGER).unwrap();
    assert_eq!(expr.to_string(), "a\tb  c,d");
}

#[test]
fn nothing_selected_is_everything_and_prints_so() {
    let none: &[&str] = &[];
    let everything = Expr::parse_arguments(none, none, EAGER).unwrap();
    assert_eq!(everything.to_string(), EXCLUDE);
    assert_eq!(Expr::parse(EXCLUDE, EAGER).unwrap(), everything);
    let empty = Expr::parse_arguments(&[""], none, EAGER).unwrap();
    assert_eq!(empty.to_string(), "");
    assert_eq!(
        without_origins(Expr::parse("", EAGER).unwrap()),
        without_origins(empty)
    );
}

#[test]
fn typed_values_print_as_json() {
    let mut criterion = Criterion::parse("config.meta.sla:x+", EAGER).unwrap();
    criterion.value = json!(4);
    assert_eq!(criterion.to_string(), "config.meta.sla:4+");
}

/// Removes the origins and terms, in which two spellings of one expression differ.
fn without_origins(expr: Expr) -> Expr {
    match expr {
        Expr::Criterion(mut criterion) => {
            let place = match criterion.origin.place {
                Place::Default => Place::Default,
                _ => Place::Text,
            };
            criterion.origin = Origin::new(place, "".into(), Span::default());
            Expr::Criterion(criterion)
        }
        Expr::Group(mut group) => {
            group.term = group.term.map(|_| "".into());
            group.members = group.members.into_iter().map(without_origins).collect();
            Expr::Group(group)
        }
    }
}

/// A text that is similar to a criterion.
fn near_grammar() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("@"),
        Just("+"),
        Just("1"),
        Just("07+"),
        Just("tag:"),
        Just("config.meta:"),
        Just("fqn..:"),
        Just(","),
        Just(" "),
        Just("--exclude"),
        Just("x"),
        Just("a/b"),
        Just(".sql"),
        Just("*"),
        Just("é"),
        Just(":"),
        Just("path:"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        if let Err(errors) = Expr::parse(&text, EAGER) {
            prop_assert!(!errors.to_string().is_empty());
        }
    }

    #[test]
    fn displayed_expressions_parse_to_the_same(
        select in proptest::collection::vec(near_grammar(), 0..3),
        exclude in proptest::collection::vec(near_grammar(), 0..3),
    ) {
        if let Ok(expr) = Expr::parse_arguments(&select, &exclude, IndirectSelection::Cautious) {
            let printed = expr.to_string();
            let read = Expr::parse(&printed, IndirectSelection::Cautious);
            prop_assert_eq!(read.map(without_origins), Ok(without_origins(expr)), "{:?}", printed);
        }
    }
}
