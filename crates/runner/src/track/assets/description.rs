//! The description of an asset.

/// Most characters of a description that Prefect takes.
const MAX_CHARS: usize = 2500;

/// The description, with the code behind it if there is any and it has room. The flag tells that it had none.
pub(super) fn description(told: &str, code: Option<&str>) -> (String, bool) {
    if let Some(code) = code {
        let whole = format!("{told}\n ### Compiled code\n```sql\n{}\n```", code.trim());
        if whole.chars().count() <= MAX_CHARS {
            return (whole, false);
        }
    }
    (shortened(told), code.is_some())
}

fn shortened(told: &str) -> String {
    const CUT: &str = "...";
    if told.chars().count() <= MAX_CHARS {
        return told.to_owned();
    }
    let mut short: String = told.chars().take(MAX_CHARS - CUT.len()).collect();
    short.push_str(CUT);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_stands_behind_the_description() {
        assert_eq!(
            description("Orders.", Some("\nselect 1\n\n")),
            (
                "Orders.\n ### Compiled code\n```sql\nselect 1\n```".to_owned(),
                false
            )
        );
        assert_eq!(description("Orders.", None), ("Orders.".to_owned(), false));
    }

    #[test]
    fn code_without_room_is_dropped_before_the_description_is_cut() {
        let code = "ü".repeat(2_460);
        let told = "ö".repeat(2_500);
        assert!(!description("", Some(&code)).1);
        assert_eq!(description("Four", Some(&code)).0.chars().count(), 2_495);
        let long = format!("{code}{code}");
        assert_eq!(description("Four", Some(&long)), ("Four".to_owned(), true));
        assert_eq!(description(&told, Some("x")), (told.clone(), true));
        let (short, dropped) = description(&format!("{told}ö"), None);
        assert!(!dropped && short.ends_with("ö..."));
        assert_eq!(short.chars().count(), 2_500);
    }
}
