"""The settings of dbt that affect the runner."""

from __future__ import annotations

import enum
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


class EventLevel(str, enum.Enum):
    """dbt's log levels. Those of dbt's own package are accepted as well."""

    DEBUG = "debug"
    TEST = "test"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class PrefectDbtSettings:
    """The settings of dbt that directly affect the runner.

    A setting that is not given is that of its variable (`DBT_PROJECT_DIR`, `DBT_PROFILES_DIR`, `DBT_LOG_LEVEL`,
    `DBT_TARGET_PATH`), otherwise dbt's default.
    """

    profiles_dir: Path
    project_dir: Path
    log_level: EventLevel
    target_path: Path

    def __init__(
        self,
        profiles_dir: str | os.PathLike[str] | None = None,
        project_dir: str | os.PathLike[str] | None = None,
        log_level: Any = None,
        target_path: str | os.PathLike[str] | None = None,
    ) -> None:
        from pathlib import Path

        given = {
            "profiles_dir": profiles_dir,
            "project_dir": project_dir,
            "log_level": log_level,
            "target_path": target_path,
        }
        self.given: dict[str, str] = {
            name: as_text(value) for name, value in given.items() if value is not None
        }
        """The settings that were not left to the environment."""
        get = lambda name: self.given.get(name) or os.environ.get(f"DBT_{name.upper()}")  # noqa: E731
        self.profiles_dir = Path(get("profiles_dir") or _default_profiles_dir())
        self.project_dir = Path(get("project_dir") or Path.cwd())
        self.log_level = _log_level(get("log_level") or _prefect_log_level())
        self.target_path = Path(get("target_path") or "target")

    def __repr__(self) -> str:
        return (
            f"PrefectDbtSettings(profiles_dir={self.profiles_dir!r}, project_dir={self.project_dir!r}, "
            f"log_level={self.log_level!r}, target_path={self.target_path!r})"
        )


def as_text(value: Any) -> str:
    """A setting as an argument of the command line; members of dbt's enumerations by their value."""
    return str(value.value if isinstance(value, enum.Enum) else os.fspath(value))


def _log_level(text: str) -> EventLevel:
    try:
        return EventLevel(text.lower())
    except ValueError:
        levels = ", ".join(level.value for level in EventLevel)
        raise ValueError(f"invalid log level {text!r}: expected one of {levels}") from None


def _default_profiles_dir() -> Path:
    from pathlib import Path

    here = Path.cwd()
    return here if (here / "profiles.yml").exists() else Path.home() / ".dbt"


def _prefect_log_level() -> str:
    level = os.environ.get("PREFECT_LOGGING_LEVEL", "info").lower()
    return {"warning": "warn", "critical": "error"}.get(level, level)
