"""Where dbt 2 writes: the JSON log on stdout, logs/dbt.log, and the OpenTelemetry file."""

import json
import os
import sys
import threading
import time
import uuid
from datetime import datetime, timezone

SEVERITY = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17}
LOWEST = {"off": 99, **SEVERITY}
PREFIX = "v1.public.events.fusion."


def nanoseconds(at):
    """RFC 3339 with nanoseconds."""
    return f"{datetime.fromtimestamp(at // 10**9, timezone.utc):%Y-%m-%dT%H:%M:%S}.{at % 10**9:09}Z"


def microseconds(at):
    """RFC 3339 with microseconds; empty if there is no time."""
    return nanoseconds(at)[:-4] + "Z" if at else ""


def panic(text):
    """What a panic does: no event, no artifact."""
    print(f"panic: panicked at crates/stand-in/src/lib.rs:1:1:\n{text}", file=sys.stderr, flush=True)
    os._exit(2)


class Output:
    """All that is written, a line at a time. Several threads write."""

    def __init__(self, values, invocation_id, logs):
        self.invocation_id = invocation_id
        self.lock = threading.Lock()
        self.level = self.level_of(values, "log_level")
        self.file_level = self.level_of(values, "log_level_file", "debug")
        self.format = values.get("log_format", "default")
        self.errors = 0
        self.spans = 0
        self.warn_error = bool(values.get("warn_error") and not values.get("no_warn_error"))
        self.extra = {name[15:]: value for name, value in os.environ.items() if name.startswith("DBT_ENV_CUSTOM_ENV_")}
        os.makedirs(logs, exist_ok=True)
        open(os.path.join(logs, "query_log.sql"), "w").close()
        # It has the format of the log: --log-format-file is read and not used.
        is_logged = self.file_level < LOWEST["off"] and self.format != "otel"
        self.text_log = open(os.path.join(logs, "dbt.log"), "a", encoding="utf-8") if is_logged else None
        otel = values.get("otel_file_name")
        self.otel_file = open(os.path.join(logs, otel), "a", encoding="utf-8") if otel else None

    @staticmethod
    def level_of(values, name, default="info"):
        if values.get("debug"):
            return LOWEST["debug"]
        return LOWEST[values.get(name, default)]

    def event(self, name, code, level, msg, data=None, shown_from=None):
        """Writes an event. `shown_from` is the level of its span where that differs from what the event says."""
        severity = LOWEST[shown_from or level]
        at = time.time_ns()
        info = {
            "category": "", "code": code, "extra": self.extra, "invocation_id": self.invocation_id, "level": level,
            "msg": msg, "name": name or "Generic", "pid": os.getpid(), "thread": thread(), "ts": nanoseconds(at),
        }
        line = json.dumps({"info": info, "data": data or {}}) if self.format == "json" else msg
        with self.lock:
            if severity >= self.level and self.format != "otel":
                self.write(line)
            if self.text_log and severity >= self.file_level:
                self.text_log.write(f"{line}\n" if self.format == "json" else f"{nanoseconds(at)} {msg}\n")
                self.text_log.flush()

    def write(self, line):
        try:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            panic("failed to write to stdout: Broken pipe (os error 32)")

    def diagnostic(self, level, name, number, text, unique_id=None):
        """A diagnostic: all that dbt 2 says about what went wrong. A warning can be made an error."""
        if level == "warn" and self.warn_error:
            level = "error"
        self.errors += level == "error"
        data = {"node_info": {"unique_id": unique_id}} if unique_id else {}
        self.event(name, str(number), level, f"[{level}] [{name} (dbt{number})]: {text}", data)
        attributes = {"code": number, "code_name": name, "original_severity_text": level.upper()}
        self.log_record(level, text, {**attributes, **({"unique_id": unique_id} if unique_id else {})})

    # OpenTelemetry: three kinds of records.

    def span(self):
        """The id of a new span."""
        with self.lock:
            self.spans += 1
            return f"{self.spans:016x}"

    def span_start(self, span, name, event, attributes, parent=None, at=None):
        self.record("info", "SpanStart", span, name, event, attributes, parent_span_id=parent, links=None,
                    start_time_unix_nano=str(at or time.time_ns()))

    def span_end(self, span, name, event, attributes, start, parent=None, status=None):
        self.record("info", "SpanEnd", span, name, event, attributes, parent_span_id=parent, links=None,
                    start_time_unix_nano=str(start), end_time_unix_nano=str(time.time_ns()), status=status)

    def log_record(self, level, body, attributes):
        self.record(level, "LogRecord", None, None, "log.LogMessage", attributes, body=body,
                    event_id=str(uuid.uuid4()), time_unix_nano=str(time.time_ns()))

    def record(self, level, kind, span, name, event, attributes, **more):
        record = {"record_type": kind, "trace_id": self.invocation_id.replace("-", ""), "span_id": span, "span_name": name,
                  **more, "severity_number": SEVERITY[level], "severity_text": level.upper(),
                  "event_type": PREFIX + event, "attributes": attributes}
        line = json.dumps({key: value for key, value in record.items() if value is not None or key in ("links", "status")})
        with self.lock:
            if self.otel_file and SEVERITY[level] >= self.file_level:
                self.otel_file.write(line + "\n")
                self.otel_file.flush()
            if self.format == "otel" and SEVERITY[level] >= self.level:
                self.write(line)


def thread():
    return "main" if threading.current_thread() is threading.main_thread() else "tokio-rt-worker"
