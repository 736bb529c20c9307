//! The console script of dbt Core, as installers write it.

use std::io::Read;
use std::path::Path;

use super::not_launched::NotLaunched;
use super::shebang::Interpreter;

/// More than the longest console script has.
const LONGEST: u64 = 16 * 1024;
/// The line that makes a script the one of dbt Core.
const IMPORT: &str = "from dbt.cli.main import cli";

/// The console script of dbt Core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsoleScript {
    /// The path of the script, as it was given.
    pub(super) path: String,
    /// What runs it.
    pub(super) interpreter: Interpreter,
}

impl ConsoleScript {
    /// Reads the executable, which must be the console script of dbt Core.
    ///
    /// # Errors
    /// When it is something else, or cannot be read.
    pub(super) fn read(dbt: &Path) -> Result<Self, NotLaunched> {
        let unreadable = |error: std::io::Error| NotLaunched::Unreadable {
            path: dbt.display().to_string(),
            problem: error.to_string(),
        };
        let path = dbt.to_str().ok_or(NotLaunched::PathNotUtf8)?;
        let file = std::fs::File::open(dbt).map_err(unreadable)?;
        let mut text = Vec::new();
        file.take(LONGEST)
            .read_to_end(&mut text)
            .map_err(unreadable)?;
        Self::parse(path, &text)
    }

    pub(super) fn parse(path: &str, text: &[u8]) -> Result<Self, NotLaunched> {
        let is_script = text.starts_with(b"#!") && (text.len() as u64) < LONGEST;
        let text = std::str::from_utf8(text)
            .ok()
            .filter(|_| is_script)
            .ok_or_else(|| NotLaunched::NotAScript(path.to_owned()))?;
        let (interpreter, code) =
            Interpreter::split(text).ok_or_else(|| NotLaunched::NotPython(path.to_owned()))?;
        if let Some(line) = code.lines().find(|line| !is_known(line)) {
            return Err(NotLaunched::OtherScript {
                script: path.to_owned(),
                line: line.trim().to_owned(),
            });
        }
        if !code.lines().any(|line| line.trim() == IMPORT) {
            return Err(NotLaunched::OtherScript {
                script: path.to_owned(),
                line: format!("no `{IMPORT}`"),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            interpreter,
        })
    }
}

/// Whether console scripts have this line. pip, uv, pipx and Poetry write them in slightly different ways; none of these
/// lines does more than to start dbt.
fn is_known(line: &str) -> bool {
    let line = line.trim().replace('"', "'");
    let exact = [
        "import re",
        "import sys",
        IMPORT,
        "if __name__ == '__main__':",
        "sys.exit(cli())",
    ];
    let begins = [
        "#",
        "sys.argv[0] = re.sub(",
        "sys.argv[0] = sys.argv[0][:-",
        "sys.argv[0] = sys.argv[0].removesuffix('",
        "if sys.argv[0].endswith('",
        "elif sys.argv[0].endswith('",
    ];
    line.is_empty() || exact.contains(&&*line) || begins.iter().any(|begin| line.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIP: &str = "#!/venv/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom dbt.cli.main import cli\nif __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(cli())\n";
    const NEW_PIP: &str = "#!/venv/bin/python\nimport sys\nfrom dbt.cli.main import cli\nif __name__ == '__main__':\n    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n    sys.exit(cli())\n";
    const UV: &str = "#!/venv/bin/python3\n# -*- coding: utf-8 -*-\nimport sys\nfrom dbt.cli.main import cli\nif __name__ == \"__main__\":\n    if sys.argv[0].endswith(\"-script.pyw\"):\n        sys.argv[0] = sys.argv[0][:-11]\n    elif sys.argv[0].endswith(\".exe\"):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(cli())\n";
    const POETRY: &str = "#!/venv/bin/python\nimport sys\nfrom dbt.cli.main import cli\n\nif __name__ == '__main__':\n    sys.exit(cli())\n";

    fn refusal(text: &str) -> String {
        let found = ConsoleScript::parse("/bin/dbt", text.as_bytes());
        found.unwrap_err().to_string()
    }

    #[test]
    fn the_scripts_that_installers_write_are_known() {
        for script in [PIP, NEW_PIP, UV, POETRY] {
            let found = ConsoleScript::parse("/venv/bin/dbt", script.as_bytes()).unwrap();
            assert!(found.interpreter.program.starts_with("/venv/bin/python"));
        }
    }

    #[test]
    fn everything_else_starts_as_it_is() {
        let wrapper = PIP.replace(
            "import re\n",
            "import re\nimport os; os.environ['A'] = 'b'\n",
        );
        let patched = PIP.replace("sys.exit(cli())", "sys.exit(cli(['build']))");
        let other = PIP.replace("dbt.cli.main", "dbt_wrapper.main");
        let lone = "#!/venv/bin/python\nimport sys\n";
        let shim = "#!/usr/bin/env bash\nexec pyenv exec dbt \"$@\"\n";
        for (script, expected) in [
            (
                &*wrapper,
                "is not the console script of dbt Core: `import os; os.environ['A'] = 'b'`",
            ),
            (
                &*patched,
                "is not the console script of dbt Core: `sys.exit(cli(['build']))`",
            ),
            (
                &*other,
                "is not the console script of dbt Core: `from dbt_wrapper.main import cli`",
            ),
            (
                lone,
                "is not the console script of dbt Core: `no `from dbt.cli.main import cli``",
            ),
            (shim, "is not a script of Python"),
            ("\u{7f}ELF", "is not a script"),
            ("", "is not a script"),
        ] {
            assert_eq!(refusal(script), format!("/bin/dbt {expected}"));
        }
        let long = format!("{PIP}{}", "#\n".repeat(10_000));
        assert_eq!(
            refusal(&long[..LONGEST as usize]),
            "/bin/dbt is not a script"
        );
    }

    #[test]
    fn a_script_that_cannot_be_read_starts_as_it_is() {
        let missing = ConsoleScript::read(Path::new("/nowhere/dbt")).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "cannot read /nowhere/dbt: No such file or directory (os error 2)"
        );
        use std::os::unix::ffi::OsStrExt;
        let path = std::ffi::OsStr::from_bytes(b"/nowhere/\xff");
        let refused = ConsoleScript::read(Path::new(path)).unwrap_err();
        assert_eq!(refused, NotLaunched::PathNotUtf8);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_read(text in "(#!/venv/bin/python|#!/bin/sh|\n|'''exec' | \"\\$0\"|import sys|\\PC){0,40}") {
            let _ = ConsoleScript::parse("/bin/dbt", text.as_bytes());
        }
    }
}
