"""Forks a child for each call: an interpreter that has imported what readers need, and no more.

To start an interpreter and import a reader takes a quarter of a second, which is longer than it
takes to read most files. So one process does it once, and forks. It has no environment, no keys,
and never a byte of a foreign file: those pass it by, in the pipes of whoever calls. It ends when
the socket to its parent does, that is with its parent.
"""

import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple, NoReturn

from shared.sandbox.child import child

LENGTH, CODE = 4, 4
"""Bytes of a call's length, and of the code that a caller is told."""
_FILES = 5
_ABOVE = 16
"""No file has a place of its own from here on."""


class Call(NamedTuple):
    """What one child is for, and its files: three pipes, one to the caller, or one lent too."""

    setup: dict[str, Any]
    pipes: list[int]
    caller: socket.socket
    lent: list[int]


def serve(number: int) -> NoReturn:
    """Serve the socket of that number until its other end is closed."""
    with socket.socket(fileno=number) as parent:
        _Server(parent).run()
    os._exit(0)


class _Server:
    """Knows which children there are, and who waits for their ends."""

    def __init__(self, parent: socket.socket) -> None:
        """Take the socket on which calls come."""
        self._parent = parent
        self._callers: dict[int, socket.socket] = {}
        self._ended, self._wake = socket.socketpair()
        for end in (self._ended, self._wake):
            end.setblocking(False)  # noqa: FBT003 -- its name says what
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Fork, end and count out children; return when the parent has gone."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._parent, selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._parent:
                    if not (call := _received(self._parent)):
                        for pid in self._callers:
                            _kill(pid)
                        return
                    self._fork(call)
                elif key.fileobj is self._ended:
                    self._count_out()
                elif key.data in self._callers:
                    # A caller says nothing but that it has done, and waits for the end.
                    self._selector.unregister(key.fileobj)
                    _kill(key.data)

    def _fork(self, call: Call) -> None:
        sys.path[:] = call.setup["path"]
        # What cannot be imported fails in the child, whose caller hears of it.
        with suppress(Exception):
            import_module(call.setup["module"])
        gc.freeze()
        server = os.getpid()
        if not (pid := os.fork()):
            _be(call, server)
        # The child does it too: whoever comes second finds it done.
        with suppress(OSError):
            os.setpgid(pid, pid)
        for file in (*call.pipes, *call.lent):
            os.close(file)
        self._callers[pid] = call.caller
        self._selector.register(call.caller, selectors.EVENT_READ, pid)

    def _count_out(self) -> None:
        """Tell the callers of all children that have ended how they did."""
        with suppress(BlockingIOError):
            self._ended.recv(1 << 12)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                # What it has started is in its group, and ends with it.
                _kill(pid)
                caller = self._callers.pop(pid)
                with suppress(KeyError):
                    self._selector.unregister(caller)
                code = os.waitstatus_to_exitcode(status)
                with caller, suppress(OSError):
                    caller.sendall(code.to_bytes(CODE, "big", signed=True))


def _received(parent: socket.socket) -> Call | None:
    """Read a call and its files; None at the end."""
    head, files, _, _ = socket.recv_fds(parent, LENGTH, _FILES)
    length, words = int.from_bytes(head, "big"), b""
    while part := parent.recv(length - len(words)) if len(words) < length else b"":
        words += part
    if not words or len(words) < length:
        return None
    *pipes, caller = files[:4]
    return Call(json.loads(words), pipes, socket.socket(fileno=caller), files[4:])


def _kill(pid: int) -> None:
    """End a child with all that it has started, if there is something to end."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _be(call: Call, server: int) -> NoReturn:
    """Be the child, in a group of its own, with its own files and no others."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with suppress(OSError):
            os.setpgid(0, 0)
        files = (*call.pipes, *call.lent)
        # First all of them out of the way of each other's places.
        aside = [fcntl.fcntl(file, fcntl.F_DUPFD, _ABOVE) for file in files]
        for place, file in enumerate(aside):
            os.dup2(file, place)
        os.closerange(len(files), os.sysconf("SC_OPEN_MAX"))
        child(call.setup, server, len(call.pipes) if call.lent else None)
    finally:
        os._exit(1)
