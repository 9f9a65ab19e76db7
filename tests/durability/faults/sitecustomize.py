"""Faults in the file system calls of a real process: Python imports this by itself when the directory is on its path.

The environment variable FAULTS is JSON: `under` is the directory whose files are concerned, and `log` takes one line a
call, one with `!` for each that was disturbed. `calls` are the names of the calls that are disturbed from their
`first` to their `last` one, counted together. `errno` is what they fail with, or `signal` what the process then sends
itself. `how`: `before` the call, `after` it was done, or after a `part` of a write; a `short` write does not fail.
"""

import builtins
import errno
import fcntl
import functools
import io
import json
import os
import signal
import stat

PLAN = json.loads(os.environ.get("FAULTS", "null"))
REAL = {name: getattr(os, name) for name in ("open", "write", "readlink", "fstat", "stat", "kill", "getpid")}
BY_PATH = [
    "stat",
    "lstat",
    "mkdir",
    "rmdir",
    "replace",
    "rename",
    "unlink",
    "remove",
    "link",
    "symlink",
    "chmod",
    "chown",
    "utime",
    "truncate",
    "access",
    "listdir",
    "scandir",
    "readlink",
]
BY_HANDLE = ["pwrite", "writev", "fdatasync", "ftruncate", "fstat", "close", "fchmod", "fchown", "lseek"]
OF_FILES = ["read", "readline", "write", "truncate", "seek", "flush", "close"]
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Faults:
    """Counts the calls, and disturbs those that the plan names."""

    def __init__(self, plan):
        self.plan = plan
        self.under = os.path.abspath(plan["under"])  # noqa: PTH100 - Path would call what is counted here
        self.count = 0
        self.log = REAL["open"](plan["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def has_path(self, path):
        try:
            found = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - as above
        except (TypeError, ValueError):
            return isinstance(path, int) and self.has_handle(path)
        return found == self.under or found.startswith(self.under + os.sep)

    def has_handle(self, handle):
        try:
            found = REAL["readlink"](f"/proc/self/fd/{handle}")
        except OSError:
            return False
        return found == self.under or found.startswith(self.under + os.sep)

    def kind_of(self, handle):
        return "directory " if stat.S_ISDIR(REAL["fstat"](handle).st_mode) else ""

    def is_directory(self, path):
        try:
            return stat.S_ISDIR(REAL["stat"](path).st_mode)
        except OSError:
            return False

    def note(self, text):
        REAL["write"](self.log, f"{text}\n".encode())

    def call(self, name, act, part=None):
        """Do a call, or what the plan says instead; `part` does half of it."""
        plan = self.plan
        self.note(name)
        if name not in plan.get("calls", ()):
            return act()
        self.count += 1
        if not plan["first"] <= self.count <= plan["last"]:
            return act()
        how = plan.get("how", "before")
        done = None
        if how == "after" or name.endswith("close"):  # a handle is closed even when close fails
            done = act()
        elif how in {"part", "short"} and part:
            done = part()
        what = signal.Signals(plan["signal"]).name if "signal" in plan else errno.errorcode[plan["errno"]]
        self.note(f"!{name} {'short' if how == 'short' and part else what}")
        if how == "short" and part:
            return done
        if "signal" in plan:
            REAL["kill"](REAL["getpid"](), plan["signal"])
            return done if how == "after" or name.endswith("close") or done is not None else act()  # it may live on
        raise OSError(plan["errno"], os.strerror(plan["errno"]))

    # --- Standing in for the calls ---

    def install(self):
        for name in BY_PATH:
            self.wrap(os, name, self.concerns_path)
        for name in BY_HANDLE:
            self.wrap(os, name, self.concerns_handle)
        for name in ("flock", "lockf"):
            self.wrap(fcntl, name, self.concerns_handle)
        os.open, os.write, os.fsync = self.open, self.write, self.fsync
        io.open = builtins.open = functools.wraps(io.open)(functools.partial(self.open_file, io.open))

    def concerns_path(self, *arguments, **_more):
        return any(isinstance(one, str | bytes | os.PathLike | int) and self.has_path(one) for one in arguments[:2])

    def concerns_handle(self, handle, *_rest, **_more):
        handle = handle if isinstance(handle, int) else handle.fileno()
        return self.has_handle(handle)

    def wrap(self, module, name, concerns):
        real = getattr(module, name)

        @functools.wraps(real)
        def stand_in(*arguments, **more):
            if arguments and concerns(*arguments, **more):
                return self.call(name, lambda: real(*arguments, **more))
            return real(*arguments, **more)

        setattr(module, name, stand_in)

    def open(self, path, flags, *rest, **more):
        def act():
            return REAL["open"](path, flags, *rest, **more)

        if not self.has_path(path):
            return act()
        if not flags & WRITES and self.is_directory(path):
            return self.call("directory open", act)
        return self.call("open" if flags & WRITES else "open to read", act)

    def write(self, handle, data):
        data = bytes(data)
        if not self.has_handle(handle):
            return REAL["write"](handle, data)
        half = data[: max(1, len(data) // 2)]
        return self.call("write", lambda: REAL["write"](handle, data), lambda: REAL["write"](handle, half))

    def fsync(self, handle, real=os.fsync):
        number = handle if isinstance(handle, int) else handle.fileno()
        if not self.has_handle(number):
            return real(handle)
        return self.call(self.kind_of(number) + "fsync", lambda: real(handle))

    def open_file(self, real, path, mode="r", *rest, **more):
        if not self.has_path(path):
            return real(path, mode, *rest, **more)
        if isinstance(path, int):
            file = real(path, mode, *rest, **more)
        else:
            name = "open" if set(mode) & set("wax+") else "open to read"
            file = self.call(name, lambda: real(path, mode, *rest, **more))
        for name in OF_FILES:
            method = getattr(file, name, None)
            if method:
                setattr(file, name, self.of_file(name, method))
        return file

    def of_file(self, name, method):
        return lambda *arguments: self.call(f"file {name}", lambda: method(*arguments))


if PLAN:
    Faults(PLAN).install()
