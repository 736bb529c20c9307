//! Suggestions for misspelled or unknown methods and values.

use crate::method::MethodName;

/// Texts that people use as methods, and what to write instead.
const INSTEAD: &[(&str, &str)] = &[
    ("model", "write the name of the model without a method"),
    (
        "seed",
        "write the name of the seed without a method, or `resource_type:seed`",
    ),
    (
        "snapshot",
        "write the name of the snapshot without a method, or `resource_type:snapshot`",
    ),
    (
        "test",
        "write the name of the test without a method, or `test_name:` or `test_type:`",
    ),
    (
        "function",
        "write the name of the function without a method, or `resource_type:function`",
    ),
    (
        "analysis",
        "write the name of the analysis without a method, or `resource_type:analysis`",
    ),
    ("materialized", "write `config.materialized:`"),
    ("name", "write the name without a method"),
];

/// The suggestion for an unknown method.
pub(crate) fn for_method(name: &str) -> String {
    if let Some((_, instead)) = INSTEAD.iter().find(|(wrong, _)| *wrong == name) {
        return (*instead).to_owned();
    }
    let names = MethodName::ALL.iter().map(|method| method.as_str());
    match nearest(name, names.clone()) {
        Some(likely) => format!("did you mean `{likely}:`?"),
        None => format!("the methods are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// The candidate nearest to `word`: at most two edits, and less than half of its length.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (distance(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && distance * 2 < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance between two words. Words much longer than any method count as infinitely far.
fn distance(a: &str, b: &str) -> usize {
    if a.chars().count() > 64 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_suggest_the_nearest_method() {
        assert_eq!(for_method("tags"), "did you mean `tag:`?");
        assert_eq!(for_method("Tag"), "did you mean `tag:`?");
        assert_eq!(for_method("packge"), "did you mean `package:`?");
        assert_eq!(
            for_method("model"),
            "write the name of the model without a method"
        );
        assert!(for_method("http").starts_with("the methods are fqn, tag,"));
    }
}
