//! The interpreter of a console script.

/// The interpreter of a script, with the words that come before the script on its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interpreter {
    /// The path of the program.
    pub(super) program: String,
    /// Its options; for `env`, the name of the program.
    pub(super) options: Vec<String>,
}

impl Interpreter {
    /// Takes the interpreter off the beginning of a script: the interpreter, and the lines after its header. `None` if the
    /// header has another form.
    ///
    /// The forms are those of pip, uv and pipx: a first line that names Python, or, for a path that is too long for it or has
    /// spaces, a shell that starts Python.
    pub(super) fn split(script: &str) -> Option<(Self, &str)> {
        let (first, rest) = script.split_once('\n')?;
        let line = first.strip_prefix("#!")?.trim();
        if line != "/bin/sh" {
            return Some((Self::of_line(line)?, rest));
        }
        let (command, rest) = rest.split_once('\n')?;
        let (end, rest) = rest.split_once('\n')?;
        let words = command
            .strip_prefix("'''exec' ")?
            .strip_suffix(r#" "$0" "$@""#)?;
        (end == "' '''").then_some((Self::of_words(words)?, rest))
    }

    /// The interpreter of a first line. As the kernel does, everything after the path is one word.
    fn of_line(line: &str) -> Option<Self> {
        let (program, option) = match line.split_once([' ', '\t']) {
            Some((program, option)) => (program, Some(option.trim())),
            None => (line, None),
        };
        let found = Self {
            program: program.to_owned(),
            options: option.map(str::to_owned).into_iter().collect(),
        };
        found.is_python().then_some(found)
    }

    /// The interpreter in the command of a shell: a path, in quotes or not, and options.
    fn of_words(words: &str) -> Option<Self> {
        let quoted = ['"', '\''].into_iter().find_map(|quote| {
            let rest = words.strip_prefix(quote)?;
            rest.split_once(quote)
        });
        let (program, options) = quoted
            .or_else(|| words.split_once(' '))
            .unwrap_or((words, ""));
        let is_literal = !words.contains(['$', '`', '\\', ';', '&', '|', '(', '*', '?']);
        let found = Self {
            program: program.to_owned(),
            options: options.split_whitespace().map(str::to_owned).collect(),
        };
        (is_literal && !options.contains(['"', '\'']) && found.is_python()).then_some(found)
    }

    /// Whether the script runs in Python, by the name of the program.
    fn is_python(&self) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let program = match (name(&self.program).as_str(), self.options.as_slice()) {
            ("env", [name]) => name.clone(),
            (name, _) => name.to_owned(),
        };
        let version = program.strip_prefix("python");
        version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(script: &str) -> Option<(String, Vec<String>)> {
        Interpreter::split(script).map(|(found, _)| (found.program, found.options))
    }

    fn python(program: &str, options: &[&str]) -> Option<(String, Vec<String>)> {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Some((program.to_owned(), options))
    }

    #[test]
    fn the_headers_that_installers_write_are_read() {
        for (header, expected) in [
            ("#!/venv/bin/python\n", python("/venv/bin/python", &[])),
            (
                "#! /usr/bin/python3.11 \n",
                python("/usr/bin/python3.11", &[]),
            ),
            (
                "#!/venv/bin/python3 -X utf8 -sP\n",
                python("/venv/bin/python3", &["-X utf8 -sP"]),
            ),
            (
                "#!/usr/bin/env python3\n",
                python("/usr/bin/env", &["python3"]),
            ),
            (
                "#!/bin/sh\n'''exec' \"/a folder/bin/python\" \"$0\" \"$@\"\n' '''\n",
                python("/a folder/bin/python", &[]),
            ),
            (
                "#!/bin/sh\n'''exec' '/a folder/bin/python3' -E \"$0\" \"$@\"\n' '''\n",
                python("/a folder/bin/python3", &["-E"]),
            ),
            (
                "#!/bin/sh\n'''exec' /long/bin/python -s \"$0\" \"$@\"\n' '''\n",
                python("/long/bin/python", &["-s"]),
            ),
        ] {
            assert_eq!(split(header), expected, "{header}");
        }
    }

    #[test]
    fn other_headers_are_refused() {
        for header in [
            "",
            "import dbt\n",
            "#!/usr/bin/env bash\n",
            "#!/usr/bin/env -S uv run python\n",
            "#!/usr/bin/pythonic\n",
            "#!/bin/sh\nexec python \"$0\"\n",
            "#!/bin/sh\n'''exec' \"$(dirname -- \"$0\")\"/'python' \"$0\" \"$@\"\n' '''\n",
            "#!/bin/sh\n'''exec' /venv/bin/python \"$0\" \"$@\"\n",
            "#!/bin/sh\n'''exec' /bin/bash \"$0\" \"$@\"\n' '''\n",
        ] {
            assert_eq!(split(header), None, "{header}");
        }
    }
}
