"""What Prefect's own tests expect of the class, in an empty folder of a project; then short runs of the workshop."""

import json
import os
from pathlib import Path

from prefect_dbt_rs import EventLevel, PrefectDbtRunner, PrefectDbtSettings
from prefect_dbt_rs._arguments import split


def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("it was accepted")


def imports():
    try:
        from prefect_dbt_rs import NoSuchName  # noqa: F401
    except ImportError as error:
        assert "cannot import name 'NoSuchName' from 'prefect_dbt_rs'" in str(error)
    else:
        raise AssertionError("it was imported")


def constructor():
    runner = PrefectDbtRunner()
    assert runner.raise_on_failure and not runner.include_compiled_code and not runner.disable_assets
    assert not runner._force_nodes_as_tasks and runner.client is None
    settings, client, manifest = PrefectDbtSettings(project_dir="a", target_path="b"), object(), object()
    runner = PrefectDbtRunner(manifest, settings, False, client, True, True, True)
    assert (runner.manifest, runner.settings, runner.client) == (manifest, settings, client)
    assert not runner.raise_on_failure and runner.include_compiled_code and runner.disable_assets
    assert runner._force_nodes_as_tasks
    assert (runner.project_dir, runner.target_path) == (Path("a"), Path("b"))
    assert (runner.profiles_dir, runner.log_level) == (settings.profiles_dir, settings.log_level)


def decorators():
    runner = PrefectDbtRunner()

    def hook(ctx):
        return None

    for decorate in (runner.on_run_start, runner.on_run_end, runner.post_model):
        assert decorate(hook) is hook and decorate()(hook) is hook
    assert runner.post_model(select="tag:a")(hook) is hook
    assert "unexpected keyword argument 'select'" in refused(runner.on_run_start, select="tag:a")


def manifest():
    settings = PrefectDbtSettings(project_dir=".", target_path="elsewhere")
    assert "Manifest file not found" in refused(lambda: PrefectDbtRunner(settings=settings).manifest)
    Path("elsewhere").mkdir()
    content = {"metadata": {"project_name": "shop"}, "nodes": {"model.shop.a": {"tags": ["b"]}}}
    Path("elsewhere/manifest.json").write_text(json.dumps(content))
    runner = PrefectDbtRunner(settings=settings)
    assert runner.project_name == "shop" and runner.manifest.nodes["model.shop.a"]["tags"] == ["b"]
    assert runner.manifest == content


def settings():
    given = PrefectDbtSettings()
    assert given.project_dir == given.profiles_dir == Path.cwd()
    assert (given.target_path, given.log_level) == (Path("target"), EventLevel.INFO)
    Path("empty").mkdir()
    os.chdir("empty")
    assert PrefectDbtSettings().profiles_dir == Path.home() / ".dbt"
    os.chdir("..")
    os.environ["PREFECT_LOGGING_LEVEL"] = "WARNING"
    assert PrefectDbtSettings().log_level == EventLevel.WARN
    variables = {"PROFILES_DIR": "p", "PROJECT_DIR": "q", "TARGET_PATH": "t", "LOG_LEVEL": "debug"}
    os.environ.update({f"DBT_{name}": value for name, value in variables.items()})
    given = PrefectDbtSettings()
    assert (given.profiles_dir, given.project_dir, given.target_path) == (Path("p"), Path("q"), Path("t"))
    assert given.log_level == EventLevel.DEBUG
    given = PrefectDbtSettings(target_path="own", log_level=EventLevel.ERROR)
    assert (given.target_path, given.log_level) == (Path("own"), EventLevel.ERROR)
    os.environ["DBT_LOG_LEVEL"] = "loud"
    assert refused(PrefectDbtSettings) == (
        "ValueError: invalid log level 'loud': expected one of debug, test, info, warn, error"
    )
    for name in ["PREFECT_LOGGING_LEVEL", *(f"DBT_{name}" for name in variables)]:
        del os.environ[name]


def arguments():
    words = split(["--target-path", "c", "run"], {"target_path": "k", "threads": 2}, {"target_path": "s"})
    assert words == ({"target_path": "c"}, ["run"], ["run", "--threads", "2"])
    words = split(["run", "--select", "a"], {"select": ["b"], "full_refresh": True, "quiet": False}, {})
    assert words == ({}, ["run", "--select", "a"], ["run", "--select", "a", "--full-refresh", "--no-quiet"])
    words = split(["run"], {"select": ["a", "b"], "exclude": None, "log_level": EventLevel.WARN}, {})
    assert words == ({"log_level": "warn"}, ["run"], ["run", "--select", "a", "b"])
    words = split(["a", "b", "--select", "c", "d", "--no-quiet"], {"select": ["e"], "quiet": True, "empty": True}, {})
    assert words[2] == ["a", "b", "--select", "c", "d", "--no-quiet", "--empty"]


def runs():
    runner = PrefectDbtRunner(settings=PrefectDbtSettings(target_path="new"))
    assert "Failed to invoke dbt command 'retry'" in refused(runner.invoke, ["retry"])
    Path("missing").mkdir()
    for name in ("prefect.variables.not-there", "prefect.blocks.secret.not-there"):
        profile = f"workshop: {{target: dev, outputs: {{dev: {{type: duckdb, path: '{{{{ {name} }}}}'}}}}}}"
        Path("missing/profiles.yml").write_text(profile)
        said = refused(runner.invoke, ["run"], profiles_dir="missing")
        assert "ValueError: Failed to invoke dbt command 'run'" in said and "not-there" in said
    assert runner.invoke(["--no-use-colors", "--log-format", "json", "deps", "--vars", '{"a": "b"}']).success
    assert runner.invoke(["source", "freshness"]).success
    assert runner.invoke(["run"], select=["base"], threads=1).success


workshop = Path.cwd()
Path("unit").mkdir()
os.chdir("unit")
Path("profiles.yml").touch()
for part in (imports, constructor, decorators, manifest, settings, arguments):
    part()
os.chdir(workshop)
runs()
