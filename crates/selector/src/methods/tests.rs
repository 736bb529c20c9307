use crate::{MethodName, REFERENCE};

#[test]
fn the_reference_describes_every_method() {
    let described: Vec<&str> = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix(":`"))
        .collect();
    let known: Vec<&str> = MethodName::ALL
        .iter()
        .map(|method| method.as_str())
        .collect();
    assert_eq!(described, known);
}
