//! Finds mistakes in cron expressions before they are sent.
//!
//! Not the crate `croner`: it refuses expressions that the server's croniter accepts (`0/5 * * * *`; a sixth field is the
//! second there, not the first), and its errors do not name the field.

/// The fields in their order: name, smallest and largest number.
const FIELDS: [(&str, u32, u32); 7] = [
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 7),
    ("second", 0, 59),
    ("year", 1970, 2099),
];

/// The names for whole expressions.
const ALIASES: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// What is certainly wrong with an expression. Only the server can check all of it (`L`, `#`, names).
pub(super) fn problem(line: &str) -> Option<String> {
    if line.trim().starts_with('@') {
        let known = ALIASES.contains(&line.trim());
        return (!known).then(|| {
            format!(
                "`{line}` is not a cron expression: expected one of {}",
                ALIASES.join(", ")
            )
        });
    }
    let fields: Vec<&str> = line.split_whitespace().collect();
    if !(5..=7).contains(&fields.len()) {
        return Some(format!(
            "the cron expression `{line}` has {} fields, expected 5: minute, hour, day of the month, month, day of the week",
            fields.len()
        ));
    }
    fields
        .iter()
        .zip(FIELDS)
        .find_map(|(field, limits)| field_problem(field, limits))
}

fn field_problem(field: &str, (name, least, greatest): (&str, u32, u32)) -> Option<String> {
    let is_possible = |c: char| c.is_ascii_alphanumeric() || "*/,-#?".contains(c);
    if !field.chars().all(is_possible) {
        return Some(format!(
            "`{field}` is not a valid {name} in a cron expression"
        ));
    }
    let ranges = field.split(',').filter_map(|item| item.split('/').next());
    let mut numbers = ranges
        .filter(|range| !range.contains('#'))
        .flat_map(|range| range.split('-'))
        .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()))
        .filter(|number| number.chars().all(|c| c.is_ascii_digit()));
    let is_outside = |number: &&str| {
        !number
            .parse()
            .is_ok_and(|number: u32| (least..=greatest).contains(&number))
    };
    let outside = numbers.find(is_outside)?;
    Some(format!(
        "the {name} `{outside}` of the cron expression is not between {least} and {greatest}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_the_server_accepts_are_accepted() {
        for line in [
            "0 6 * * *",
            "*/15 0-6,22 1,15 jan-mar mon-fri",
            "0 6 L * *",
            "0 6 * * fri#1",
            "0 6 * * 5#3",
            "0 6 * * * 30",
            "0 0 6 * * 0 2030",
            "@daily",
            "0/5 * * * 7",
        ] {
            assert_eq!(problem(line), None, "{line}");
        }
    }

    #[test]
    fn each_mistake_is_named() {
        for (line, expected) in [
            ("61 * * * *", "minute `61`"),
            ("0 6-24 * * *", "hour `24`"),
            ("0 6 0 * *", "day of the month `0`"),
            ("0 6 * 13 *", "month `13`"),
            ("0 6 * * 8", "day of the week `8`"),
            ("nonsense", "1 fields, expected 5"),
            ("", "0 fields"),
            ("0 6 * * $", "`$` is not a valid day of the week"),
            ("@sometimes", "@daily"),
            ("99999999999999999999 * * * *", "minute"),
        ] {
            let problem = problem(line).expect(line);
            assert!(problem.contains(expected), "{problem}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_expression_can_be_checked(line in "[ 0-9a-z*,/#@ü-]{0,20}") {
            let _ = problem(&line);
        }
    }
}
