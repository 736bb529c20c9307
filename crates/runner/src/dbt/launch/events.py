"""dbt's events as JSON lines in dbt's own form, with only the events and fields that prefect-dbt reads."""

import json
import math
import os
import struct
import sys
import threading

DETAIL_LEVELS = ("debug", "test")
CACHE_EVENTS = ("CacheAction", "CacheDumpGraph")
UNREAD_FIELDS = ("extra",)
FLOAT = struct.Struct("f")


class EventLog:
    """A logger among those of dbt's event manager. It never raises: dbt would end."""

    name = "prefect_dbt"

    def __init__(self, config, parts):
        self.names = frozenset(config["events"])
        self.is_complete = config["complete"]
        self.shows_details = config["details"] or self.is_complete
        self.parts = parts
        self.pipe = EventPipe(config["events_fd"])
        self.stdout = sys.stdout
        self.caches = False
        self.can_skip = False

    def begin(self, manager, flags):
        """Takes part in a dbt command whose loggers are set up."""
        self.stdout = sys.stdout
        self.caches = bool(getattr(flags, "LOG_CACHE_EVENTS", False))
        manager.loggers.insert(0, self)
        # A log file or a plugin's callback gets every event.
        is_alone = len(manager.loggers) == 1 and all(
            getattr(callback, "__module__", "") == "dbt.tracking" for callback in manager.callbacks
        )
        self.watched = (len(manager.loggers), len(manager.callbacks))
        self.can_skip = is_alone and not self.shows_details

    def needs(self, manager, event, level):
        """Whether dbt has to make the message of an event: a log reads it, or something else that has been added."""
        if not self.can_skip or (len(manager.loggers), len(manager.callbacks)) != self.watched:
            return True
        return self.reads(type(event).__name__, level or event.level_tag())

    def reads(self, name, level):
        if name in CACHE_EVENTS and not self.caches:
            return False
        return (
            self.shows_details
            or getattr(level, "value", level) not in DETAIL_LEVELS
            or self.has_data(name)
        )

    def has_data(self, name):
        return name in self.names or name.startswith("Log")

    def filter(self, message):
        return self.reads(message.info.name, message.info.level)

    def write_line(self, message):
        try:
            # What a Python model has printed comes before this event.
            self.stdout.flush()
        except Exception:
            pass
        try:
            line = self.parts.to_json(message) if self.is_complete else self.line(message)
            self.pipe.write(self.parts.scrub(line))
        except Exception as problem:
            self.pipe.write("cannot write an event of the type %s: %r" % (type(message).__name__, problem))

    def flush(self):
        pass

    def line(self, message):
        info = message.info
        head = {
            "name": info.name,
            "level": info.level,
            "ts": info.ts.ToJsonString(),
            "invocation_id": info.invocation_id,
            "thread": info.thread,
        }
        if self.shows_details or info.level not in DETAIL_LEVELS:
            head["msg"] = info.msg
        fields = None if self.has_data(info.name) else ("node_info",)
        return json.dumps({"info": head, "data": as_dict(message.data, fields)})


class EventPipe:
    """Writes whole lines, from any thread."""

    def __init__(self, fd):
        os.set_inheritable(fd, False)
        self.fd = fd
        self.lock = threading.RLock()
        self.is_torn = False

    def write(self, line):
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        with self.lock:
            if self.is_torn:
                data = b"\n" + data
            # A KeyboardInterrupt can end this loop.
            self.is_torn = True
            try:
                while data:
                    data = data[os.write(self.fd, data) :]
            except OSError:
                # prefect-dbt has gone.
                pass
            self.is_torn = False


def as_dict(message, names=None):
    """A protobuf message as a dictionary. Integers stay numbers; what is not set is left out, but for plain values."""
    values = {}
    for name, is_message, convert in plan(message.DESCRIPTOR):
        if names is not None and name not in names:
            continue
        if is_message and not message.HasField(name):
            continue
        value = getattr(message, name)
        if convert is not None:
            value = convert(value)
        if value is not None:
            values[name] = value
    return values


PLANS = {}


def plan(descriptor):
    """How to read each field of a type of message: its name, whether it can be unset, how to convert its value."""
    known = PLANS.get(descriptor.full_name)
    if known is None:
        fields = [field for field in descriptor.fields if field.name not in UNREAD_FIELDS]
        known = [(field.name, *reader(field)) for field in fields]
        PLANS[descriptor.full_name] = known
    return known


def reader(field):
    inner = field.message_type
    one = convert_message(field.name, inner) if inner else None
    if inner and inner.GetOptions().map_entry:
        return (False, convert_map)
    if is_repeated(field):
        return (False, lambda values: [one(value) if one else value for value in values])
    if inner:
        return (True, one)
    return (False, {field.CPPTYPE_FLOAT: shortest, field.CPPTYPE_DOUBLE: finite}.get(field.cpp_type))


def is_repeated(field):
    known = getattr(field, "is_repeated", None)
    return field.label == field.LABEL_REPEATED if known is None else known


def convert_message(name, descriptor):
    if descriptor.full_name == "google.protobuf.Timestamp":
        return lambda value: value.ToJsonString()
    if descriptor.full_name.startswith("google.protobuf."):
        return convert_free
    if name == "node_info":
        return lambda value: as_dict(value) if value.node_name else None
    return as_dict


def convert_free(value):
    """A value of any form, such as a node's `meta`. None if JSON cannot hold it: dbt then writes no event at all."""
    from google.protobuf.json_format import MessageToDict

    try:
        return MessageToDict(value)
    except Exception:
        return None


def convert_map(value):
    return {str(key): str(item) for key, item in value.items()}


def shortest(value):
    """A number of 32 bits with no more digits than tell it from its neighbours, as dbt writes it."""
    if math.isfinite(value):
        for digits in range(6, 10):
            rounded = float("%.*g" % (digits, value))
            if FLOAT.unpack(FLOAT.pack(rounded)) == (value,):
                return rounded
    return finite(value)


def finite(value):
    return value if math.isfinite(value) else str(value)
