//! The description of an asset.

/// The most characters that Prefect accepts in a description.
const MAX_CHARS: usize = 2500;

/// The description, followed by the code if there is any and both fit. The flag says that the code did not fit.
pub(super) fn description(text: &str, code: Option<&str>) -> (String, bool) {
    if let Some(code) = code {
        let whole = format!("{text}\n ### Compiled code\n```sql\n{}\n```", code.trim());
        if whole.chars().count() <= MAX_CHARS {
            return (whole, false);
        }
    }
    (shortened(text), code.is_some())
}

fn shortened(text: &str) -> String {
    const CUT: &str = "...";
    if text.chars().count() <= MAX_CHARS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MAX_CHARS - CUT.len()).collect();
    short.push_str(CUT);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_follows_the_description() {
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
    fn code_that_does_not_fit_is_dropped_before_the_description_is_cut() {
        let code = "ü".repeat(2_460);
        let text = "ö".repeat(2_500);
        assert!(!description("", Some(&code)).1);
        assert_eq!(description("Four", Some(&code)).0.chars().count(), 2_495);
        let long = format!("{code}{code}");
        assert_eq!(description("Four", Some(&long)), ("Four".to_owned(), true));
        assert_eq!(description(&text, Some("x")), (text.clone(), true));
        let (short, dropped) = description(&format!("{text}ö"), None);
        assert!(!dropped && short.ends_with("ö..."));
        assert_eq!(short.chars().count(), 2_500);
    }
}
