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
    let mut names: Vec<&str> = MethodName::ALL
        .iter()
        .map(|method| method.as_str())
        .collect();
    names.sort_unstable();
    match nearest(name, names.iter().copied()) {
        Some(likely) => format!("did you mean `{likely}:`?"),
        None => format!("the methods are {}", names.join(", ")),
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

/// The number of edits between two words, where two swapped neighbours are one edit. Words much longer than any method count
/// as infinitely far.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > 64 {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut edits = substituted.min(row[j - 1] + 1).min(rows[i - 1][j] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                edits = edits.min(rows[i - 2][j - 2] + 1);
            }
            row.push(edits);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_suggest_the_nearest_method() {
        assert_eq!(for_method("tags"), "did you mean `tag:`?");
        assert_eq!(for_method("Tag"), "did you mean `tag:`?");
        assert_eq!(for_method("packge"), "did you mean `package:`?");
        assert_eq!(for_method("tga"), "did you mean `tag:`?");
        assert_eq!(for_method("paht"), "did you mean `path:`?");
        assert_eq!(
            for_method("model"),
            "write the name of the model without a method"
        );
        assert!(for_method("http").starts_with("the methods are access, config,"));
    }
}
