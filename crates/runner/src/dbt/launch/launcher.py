"""Starts dbt Core's console script in this interpreter, faster than the script itself does.

What dbt and its project see is what they see without it: arguments, paths, environment, output and exit code. What
differs: cyclic garbage is collected more rarely, dbt's events go to a pipe in place of standard output, an interrupted dbt
cancels its queries more than once, and the interpreter is not taken apart at the end. Whatever goes wrong before dbt's code
runs starts the script as it is.
"""

import gc
import os
import sys
import threading


def launch(config):
    was_collecting = gc.isenabled()
    # The import makes a million objects that all stay.
    gc.disable()
    try:
        hide_source(config)
        be_script(config["script"])
        parts = DbtParts()
        watch_events(parts, config)
        cancel_when_interrupted(parts)
        name_callers_fast(parts.behavior_flag)
    except Exception as problem:
        start_plain(config, problem)
    gc.freeze()
    gc.set_threshold(100000, 50, 100)
    if was_collecting:
        gc.enable()
    run_script(config["script"])


def hide_source(config):
    """Python shows lines of source in tracebacks: the name of this source must not lead to another file later."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, config["source_fd"], inheritable=False)
    os.close(nothing)


def be_script(script):
    """Sets what Python derives from the script that it runs."""
    source, sys.argv[0] = sys.argv[0], script
    given = getattr(sys, "orig_argv", [])
    if source in given:
        given[given.index(source)] = script
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    main = sys.modules["__main__"]
    main.__file__ = os.path.abspath(script) if sys.version_info >= (3, 9) else script
    main.__loader__ = type(main.__loader__)("__main__", script)


class DbtParts:
    """The parts of dbt that the launcher uses. Fails if this dbt does not have them as they are known."""

    def __init__(self):
        import_schemas()
        import dbt.cli.main
        from dbt.cli import requires
        from dbt.adapters.factory import FACTORY

        try:
            from dbt_common.events import functions
            from dbt_common.events.event_manager import EventManager
            from dbt_common.events.event_manager_client import get_event_manager
        except ImportError:
            # dbt before 1.8.
            from dbt.events import functions
            from dbt.events.eventmgr import EventManager

            get_event_manager = None
        expect(requires.setup_event_logger, ["flags", "callbacks"])
        expect(EventManager.fire_event, ["self", "e", "level"])
        self.behavior_flag = behavior_flag()
        self.adapters = FACTORY.adapters
        self.requires = requires
        self.manager_class = EventManager
        self.manager = get_event_manager or (lambda: functions.EVENT_MANAGER)
        self.scrub = functions.env_scrubber
        self.to_json = functions.msg_to_json


def import_schemas():
    """Imports mashumaro's classes of JSON schemas, whose code is written when they are used: dbt uses few of them (5 % of its
    import). dbt's own classes ask for the same."""
    try:
        from mashumaro.config import BaseConfig

        given = BaseConfig.lazy_compilation
        BaseConfig.lazy_compilation = True
        try:
            import mashumaro.jsonschema
        finally:
            BaseConfig.lazy_compilation = given
    except (AttributeError, ImportError):
        # It is too old for that, or this dbt does without it.
        pass


def behavior_flag():
    """The class that asks which module called it. None before dbt 1.9."""
    try:
        from dbt_common.behavior_flags import BehaviorFlagRendered
    except ImportError:
        return None
    return BehaviorFlagRendered if hasattr(BehaviorFlagRendered, "_default_source") else None


def expect(function, parameters):
    from inspect import signature

    found = list(signature(function).parameters)
    if found[: len(parameters)] != parameters:
        raise RuntimeError("unknown dbt: %s has the parameters %s" % (function.__qualname__, found))


def watch_events(parts, config):
    """Has dbt send its events to the pipe, and skip those that nothing reads before it makes their messages."""
    log = EventLog(config, parts)
    set_up, fire = parts.requires.setup_event_logger, parts.manager_class.fire_event

    def setup_event_logger(flags, callbacks=[]):
        set_up(Flags(flags, config), callbacks=callbacks)
        log.begin(parts.manager(), flags)
        # Other threads start without one, and dbt's events need it.
        parts.context = contextvars.copy_context()

    def fire_event(self, e, level=None, *others, **options):
        must_warn = options.get("force_warn_or_error_handling")
        if others or must_warn or log.needs(self, e, level):
            fire(self, e, level, *others, **options)

    parts.requires.setup_event_logger = setup_event_logger
    parts.manager_class.fire_event = fire_event


def name_callers_fast(flag):
    """Names the module that makes a behavior flag from its frame: `inspect` looks for the files of all modules first (60 ms)."""
    if flag is None:
        return
    ask_inspect = flag._default_source

    def default_source():
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") == flag.__module__:
            frame = frame.f_back
        name = frame and frame.f_globals.get("__name__")
        file = getattr(sys.modules.get(name), "__file__", None)
        is_certain = file is not None and file == frame.f_code.co_filename
        return name if is_certain else ask_inspect()

    flag._default_source = staticmethod(default_source)


class Flags:
    """dbt's flags, as its own loggers see them: nothing goes to standard output."""

    def __init__(self, flags, config):
        self._flags = flags
        self.LOG_LEVEL = "none"
        if not config["log_file"]:
            self.LOG_LEVEL_FILE = "none"

    def __getattr__(self, name):
        return getattr(self._flags, name)


def run_script(script):
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec", dont_inherit=True)
    try:
        exec(code, sys.modules["__main__"].__dict__)
    except SystemExit as end:
        is_plain = end.code is None or type(end.code) is int
        if not is_plain or sys.flags.inspect or os.environ.get("PYTHONINSPECT"):
            raise
        leave(end.code or 0)


def leave(code):
    """Ends this process as Python does, but does not take millions of objects apart."""
    import atexit

    for finish in (threading._shutdown, atexit._run_exitfuncs, flush_files):
        try:
            finish()
        except BaseException:
            # Python goes on, too.
            pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            code = code or 120
    os._exit(code & 0xFF)


def flush_files():
    """Writes what open files hold back, as their objects do at their end."""
    import io

    files = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
    for thing in gc.get_objects():
        if issubclass(type(thing), files):
            try:
                thing.flush()
            except Exception:
                # It is closed.
                pass


def start_plain(config, problem):
    """Starts the script as if there were no launcher: its events are on standard output."""
    note = "the launcher gave up: %s: %s\n" % (type(problem).__name__, problem)
    try:
        os.write(config["events_fd"], note.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except OSError:
        pass
    for name in config["plain"]["remove"]:
        os.environ.pop(name, None)
    os.environ.update(config["plain"]["set"])
    os.execv(config["script"], [config["script"], *sys.argv[1:]])
