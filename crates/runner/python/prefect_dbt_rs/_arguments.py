"""The arguments and keywords of `invoke` as a command line."""

from __future__ import annotations

from ._settings import as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SETTINGS = ("project_dir", "profiles_dir", "target_path", "log_level")


def split(args: list[str], keywords: dict[str, Any], given: dict[str, str]) -> tuple[dict[str, str], list[str], list[str]]:
    """The settings, dbt's arguments without settings, and the arguments with all keywords as flags.

    Arguments beat keywords, and keywords beat `given`, the settings of the runner.
    """
    settings, rest = dict(given), list(args)
    keywords = {name: value for name, value in keywords.items() if value is not None}
    for name in SETTINGS:
        if name in keywords:
            settings[name] = as_text(keywords.pop(name))
        flag = "--" + name.replace("_", "-")
        if flag in rest[:-1]:
            at = rest.index(flag)
            settings[name] = rest[at + 1]
            del rest[at : at + 2]
    return settings, rest, rest + _flags(keywords, rest)


def _flags(keywords: dict[str, Any], args: list[str]) -> list[str]:
    """The keywords as flags, without those that the arguments have."""
    present = {arg.split("=")[0] for arg in args if arg.startswith("--")}
    words: list[str] = []
    for name, value in keywords.items():
        name = name.replace("_", "-")
        if {f"--{name}", f"--no-{name}"} & present:
            continue
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no-{name}")
        elif isinstance(value, (list, tuple)):
            words += [f"--{name}", *map(str, value)]
        else:
            words += [f"--{name}", as_text(value) if hasattr(value, "value") else str(value)]
    return words
