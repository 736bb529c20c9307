//! The server's explanation of a failure, out of the body of its response.

use serde_json::Value;

/// The maximum length of an explanation, in characters.
const LIMIT: usize = 500;

/// The explanation, from the fields that the server uses: `exception_detail` and `detail` (a text or a list of validation
/// errors), then `exception_message`. Any other body is returned as it is.
pub(crate) fn explanation(body: &[u8]) -> String {
    let found = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| {
            let found = ["exception_detail", "detail", "exception_message"]
                .iter()
                .find_map(|name| value.get(name))?;
            Some(match found {
                Value::String(text) => text.clone(),
                Value::Array(errors) => validation(errors).unwrap_or_else(|| found.to_string()),
                other => other.to_string(),
            })
        });
    let found = found.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    shortened(&found, LIMIT)
}

/// Validation errors, joined with semicolons. Where a value may have one of several types, the server returns an error for
/// each type; then the errors about the value itself (`value_error`) are the useful ones.
fn validation(errors: &[Value]) -> Option<String> {
    let is_about_value = |error: &&Value| error["type"] == "value_error";
    let sentences: Option<Vec<String>> = match errors.iter().any(|error| is_about_value(&error)) {
        true => errors.iter().filter(is_about_value).map(sentence).collect(),
        false => errors.iter().map(sentence).collect(),
    };
    sentences
        .filter(|sentences| !sentences.is_empty())
        .map(|sentences| sentences.join("; "))
}

fn sentence(error: &Value) -> Option<String> {
    let message = error["msg"].as_str()?;
    let message = message.strip_prefix("Value error, ").unwrap_or(message);
    let place = error["loc"].as_array().into_iter().flatten();
    // The first part is `body`. Parts with a space or a bracket name the server's own types.
    let place: Vec<String> = place
        .skip(1)
        .filter_map(|part| match part {
            Value::String(name) if name.contains(['(', ' ']) => None,
            Value::String(name) => Some(name.clone()),
            Value::Number(index) => Some(index.to_string()),
            _ => None,
        })
        .collect();
    Some(match place.is_empty() {
        true => message.to_owned(),
        false => format!("{}: {message}", place.join(".")),
    })
}

/// The first `chars` characters of a text, with `...` if there are more.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn explained(body: &Value) -> String {
        explanation(body.to_string().as_bytes())
    }

    #[test]
    fn the_explanation_is_found_in_each_form_of_body() {
        for (body, wanted) in [
            (
                json!({ "detail": "Work pool \"x\" not found." }),
                "Work pool \"x\" not found.",
            ),
            (
                json!({ "exception_message": "Service Unavailable" }),
                "Service Unavailable",
            ),
            (json!({ "detail": {"a": 1} }), r#"{"a":1}"#),
            (
                json!({ "detail": [{"loc": ["body"]}] }),
                r#"[{"loc":["body"]}]"#,
            ),
        ] {
            assert_eq!(explained(&body), wanted);
        }
        assert_eq!(explanation(b" <html> "), "<html>");
        assert_eq!(explanation(b""), "");
        assert_eq!(
            explanation("ü".repeat(600).as_bytes()).chars().count(),
            LIMIT + 3
        );
    }

    #[test]
    fn validation_errors_become_sentences() {
        let missing = json!({"type": "missing", "loc": ["body", "schedules", 0, "schedule", "function-after[validate_timezone(), IntervalSchedule]", "interval"], "msg": "Field required"});
        let cron = json!({"type": "value_error", "loc": ["body", "schedules", 0, "schedule", "function-after[validate_timezone(), CronSchedule]", "cron"], "msg": "Value error, Invalid cron string: \"61\""});
        let detail = |errors: &[&Value]| {
            explained(
                &json!({ "exception_message": "Invalid request received.", "exception_detail": errors }),
            )
        };
        assert_eq!(
            detail(&[&missing, &cron]),
            "schedules.0.schedule.cron: Invalid cron string: \"61\""
        );
        assert_eq!(
            detail(&[&missing]),
            "schedules.0.schedule.interval: Field required"
        );
    }
}
