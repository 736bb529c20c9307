//! Advice for likely slips of the pen.

use crate::method::MethodName;

/// Names that people expect to be methods, and what to write instead.
const INSTEAD: &[(&str, &str)] = &[
    ("model", "name a model without a method"),
    (
        "seed",
        "name a seed without a method, or write `resource_type:seed`",
    ),
    (
        "snapshot",
        "name a snapshot without a method, or write `resource_type:snapshot`",
    ),
    (
        "test",
        "name a test without a method, or write `test_name:` or `test_type:`",
    ),
    (
        "function",
        "name a function without a method, or write `resource_type:function`",
    ),
    (
        "analysis",
        "name an analysis without a method, or write `resource_type:analysis`",
    ),
    ("materialized", "write `config.materialized:`"),
    ("name", "names need no method"),
];

/// What the writer of an unknown method may have meant.
pub(crate) fn for_method(name: &str) -> String {
    if let Some((_, instead)) = INSTEAD.iter().find(|(wrong, _)| *wrong == name) {
        return (*instead).to_owned();
    }
    let names = MethodName::ALL.iter().map(|method| method.as_str());
    match nearest(name, names.clone()) {
        Some(likely) => format!("did you mean `{likely}:`?"),
        None => format!("methods are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// The candidate that is at most two edits (and less than half of its length) away from `word`.
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

/// The Levenshtein distance between two words, cut short for words much longer than any method.
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
    fn typing_errors_lead_to_the_nearest_method() {
        assert_eq!(for_method("tags"), "did you mean `tag:`?");
        assert_eq!(for_method("Tag"), "did you mean `tag:`?");
        assert_eq!(for_method("packge"), "did you mean `package:`?");
        assert_eq!(for_method("model"), "name a model without a method");
        assert!(for_method("http").starts_with("methods are fqn, tag,"));
    }
}
