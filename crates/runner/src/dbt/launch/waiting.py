"""An interpreter that has imported dbt and waits. Each dbt that it is asked for runs in a fork of it.

It has one thread and no adapter, and gets no secret: a dbt reads its arguments and its environment itself. The parent of
dbt is a process in between, which does nothing but to report how dbt ends.

Standard input is where this source came from, standard output is the socket of the requests, and standard error is a file
for what the import prints.
"""

import signal
import socket

# The files of a request: three that dbt writes to, one that it reads, the watchdog, and one for the reports on the process.
FILES = struct.Struct("6i")


def wait(config):
    hangup = ignore_signals()
    was_collecting = gc.isenabled()
    gc.disable()
    requests = socket.socket(fileno=os.dup(1))
    connect_to_null(0)
    connect_to_null(1)
    be_script(config["script"])
    parts = DbtParts()
    name_callers_fast(parts.behavior_flag)
    expect_one_thread()
    gc.freeze()
    sys.stdout.flush()
    sys.stderr.flush()
    files = next_request(requests)
    requests.close()
    config = fork_dbt(files, hangup)
    take_over(config)
    watch_events(parts, config)
    cancel_when_interrupted(parts)
    gc.set_threshold(100000, 50, 100)
    if was_collecting:
        gc.enable()
    run_script(sys.argv[0])


def ignore_signals():
    """Signals are for dbt: this process ends with the socket. Returns what SIGHUP does to dbt, which `nohup` changes."""
    hangup = signal.getsignal(signal.SIGHUP)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, reap)
    return hangup


def reap(*_):
    """Reaps the processes in between. Their CPU time, which has dbt's in it, then counts as that of prefect-dbt."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def connect_to_null(file):
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, file)
    os.close(nothing)


def expect_one_thread():
    """A fork has one thread only: what other threads were doing would never be done."""
    found = len(os.listdir("/proc/self/task"))
    if found != 1:
        raise RuntimeError("the import of dbt started %d threads" % (found - 1))


def next_request(requests):
    """Returns in the process between this one and dbt."""
    while True:
        data, ancillary, _, _ = requests.recvmsg(1, socket.CMSG_SPACE(FILES.size), socket.MSG_CMSG_CLOEXEC)
        if not data:
            os._exit(0)
        files = FILES.unpack(ancillary[0][2])
        if not os.fork():
            return files
        for file in files:
            os.close(file)


def fork_dbt(files, hangup):
    """Returns in dbt's process, with what it has to do."""
    *outputs, source, watchdog, reports = files
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    dbt = os.fork()
    if dbt:
        for file in (*outputs, source, watchdog):
            os.close(file)
        report_end(dbt, reports)
    begin((watchdog, reports), hangup)
    events = connect(outputs)
    with open(source, "rb") as file:
        return {**json.load(file), "events_fd": events}


def report_end(dbt, reports):
    """Reports how dbt ends. Its id stays in use until prefect-dbt has taken note."""
    end = os.waitid(os.P_PID, dbt, os.WEXITED | os.WNOWAIT)
    status = end.si_status << 8 if end.si_code == os.CLD_EXITED else end.si_status
    try:
        os.write(reports, b"%d\n" % status)
        os.read(reports, 1)
    except OSError:
        # prefect-dbt has gone.
        pass
    os.waitpid(dbt, 0)
    os._exit(0)


def begin(listeners, hangup):
    """Makes this process one that can be signalled, and reports its id."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, hangup)
    line = b"%d\n" % os.getpid()
    for file in listeners:
        try:
            os.write(file, line)
        except OSError:
            # Nobody waits for this dbt any more.
            os._exit(1)
        os.close(file)


def connect(outputs):
    """Connects standard output and error, and repeats what the import has printed. Returns the pipe of the events."""
    stdout, stderr, events = outputs
    printed = os.pread(2, os.fstat(2).st_size, 0)
    for file, place in ((stdout, 1), (stderr, 2)):
        os.dup2(file, place)
        os.close(file)
    while printed:
        printed = printed[os.write(2, printed) :]
    return events


def take_over(config):
    """Sets the arguments and the environment of dbt. Each byte of them arrives as a character."""
    arguments = [os.fsdecode(word.encode("latin-1")) for word in config["args"]]
    sys.argv[1:] = arguments
    getattr(sys, "orig_argv", []).extend(arguments)
    # What Python itself has set, such as `LC_CTYPE`, stays.
    own = dict(os.environb)
    os.environb.clear()
    for name, value in config["environment"]:
        os.environb[name.encode("latin-1")] = value.encode("latin-1")
    for name, value in own.items():
        os.environb.setdefault(name, value)
