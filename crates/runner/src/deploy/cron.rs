//! Lines of cron's, as far as they can be judged without asking.

/// The fields in their order: names, and the least and the greatest number.
const FIELDS: [(&str, u32, u32); 7] = [
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 7),
    ("second", 0, 59),
    ("year", 1970, 2099),
];

/// What stands for a whole line.
const ALIASES: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// What is plainly wrong with a line. What only the server's library can judge (`L`, `#`, names) is left to it.
pub(super) fn problem(line: &str) -> Option<String> {
    if line.trim().starts_with('@') {
        let known = ALIASES.contains(&line.trim());
        return (!known).then(|| {
            format!(
                "`{line}` is none of cron's short forms: {}",
                ALIASES.join(", ")
            )
        });
    }
    let fields: Vec<&str> = line.split_whitespace().collect();
    if !(5..=7).contains(&fields.len()) {
        return Some(format!(
            "the cron line `{line}` has {} fields instead of 5: minute, hour, day of the month, month, day of the week",
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
        return Some(format!("`{field}` is no {name} of a cron line"));
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
        "the {name} `{outside}` of the cron line is not between {least} and {greatest}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_the_server_takes_are_taken() {
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
    fn what_is_wrong_is_told() {
        for (line, told) in [
            ("61 * * * *", "minute `61`"),
            ("0 6-24 * * *", "hour `24`"),
            ("0 6 0 * *", "day of the month `0`"),
            ("0 6 * 13 *", "month `13`"),
            ("0 6 * * 8", "day of the week `8`"),
            ("nonsense", "1 fields instead of 5"),
            ("", "0 fields"),
            ("0 6 * * $", "`$` is no day of the week"),
            ("@sometimes", "@daily"),
            ("99999999999999999999 * * * *", "minute"),
        ] {
            let problem = problem(line).expect(line);
            assert!(problem.contains(told), "{problem}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_judged(line in "[ 0-9a-z*,/#@ü-]{0,20}") {
            let _ = problem(&line);
        }
    }
}
