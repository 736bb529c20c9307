//! The format of a console line, as Prefect's console has it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::printable::continued;
use crate::model::Level;

/// `15:54:59.119 | INFO    | Task run 'model my_model' - text`; `who` is the part before the dash: the task run or the flow run.
/// Further lines of the text are indented, and none of its characters controls the terminal.
pub(crate) fn render_line(
    (at, zone): (Timestamp, &TimeZone),
    level: Level,
    who: &str,
    text: &str,
    coloured: bool,
) -> String {
    let time = at
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S%.3f")
        .to_string();
    let (who, text) = (continued(who), continued(text));
    let (name, colour) = named(level);
    match colour.filter(|_| coloured) {
        Some(colour) => format!("{time} | \x1b[{colour}m{name:<7}\x1b[0m | {who} - {text}"),
        None => format!("{time} | {name:<7} | {who} - {text}"),
    }
}

/// The name of a level, and its ANSI colour.
fn named(level: Level) -> (&'static str, Option<&'static str>) {
    match level {
        Level::Debug => ("DEBUG", Some("2")),
        Level::Info => ("INFO", Some("36")),
        Level::Warning => ("WARNING", Some("33")),
        Level::Error => ("ERROR", Some("31")),
        Level::Critical => ("CRITICAL", Some("1;31")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_format_of_prefect() {
        let at = (Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        let line = |level, coloured| render_line(at, level, "Task run 'model a'", "done", coloured);
        assert_eq!(
            line(Level::Info, false),
            "00:00:00.000 | INFO    | Task run 'model a' - done"
        );
        assert_eq!(
            line(Level::Warning, false),
            "00:00:00.000 | WARNING | Task run 'model a' - done"
        );
        assert_eq!(
            line(Level::Error, true),
            "00:00:00.000 | \x1b[31mERROR  \x1b[0m | Task run 'model a' - done"
        );
    }
}
