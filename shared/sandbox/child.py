"""The child: it takes on its limits, says so, reads the call, answers, and ends."""

import ctypes
import gc
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import reduce
from importlib import import_module
from io import FileIO
from pathlib import Path
from typing import Any, NoReturn, cast

from shared.sandbox.forms import DONE, FAILED, LENGTH, MORE, READY, codecs

_OPEN_FILES = 64
_BEHIND = 5  # whoever only asks for something goes before
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def child(setup: Mapping[str, Any], server: int, lent: int | None) -> NoReturn:
    """Be the child of the process `server`, with the number of a file that is lent, or None."""
    _end_with(server)
    # What the function prints must not mix with its answer.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    function = reduce(
        getattr, setup["function"].split("."), cast("Any", import_module(setup["module"]))
    )
    gc.set_threshold(100_000, 20, 20)  # else it looks for cycles for longer than we read
    os.nice(_BEHIND)
    ask, answer = codecs(function, setup["args"], stream=lent is not None)
    _cut_off()
    _limit(setup["memory"], setup["seconds"], setup["file"])
    out.write(READY)
    call: Any = None
    try:
        call = ask.model_validate_json(sys.stdin.buffer.read())
        if lent is None:
            words = DONE + answer(value=function(*call.value)).model_dump_json().encode()
        else:
            with os.fdopen(lent, "rb") as file:
                for piece in function(file, *call.value):
                    told = answer(value=piece).model_dump_json().encode()
                    _say(out, MORE + len(told).to_bytes(LENGTH, "big") + told)
            words = DONE
    except BaseException as error:  # noqa: BLE001 -- all that foreign bytes can raise
        words = FAILED + type(error).__name__.encode("ascii", "replace")
        call = None
    _say(out, words)
    os._exit(0)


def _say(out: FileIO, words: bytes) -> None:
    """Write all of it; a pipe takes a part at a time."""
    rest = memoryview(words)
    while rest:
        rest = rest[out.write(rest) :]


def _end_with(server: int) -> None:
    """Have the kernel kill us when the server dies (Linux; elsewhere the time limit must do)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:
            os._exit(1)


def _cut_off() -> None:
    """Go into a network of our own, with nothing in it, where the kernel allows that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _limit(memory: int, seconds: float, file: int) -> None:
    """Take on the limits; a limit that the platform does not know is left out."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: math.ceil(time.process_time() + seconds) + 1,
        resource.RLIMIT_FSIZE: file,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_NPROC: 0,
    }
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + memory
    for kind, limit in limits.items():
        with suppress(OSError, ValueError):
            # At the soft limit of processor time comes SIGXCPU, at the hard one SIGKILL.
            resource.setrlimit(kind, (limit, limit + (kind == resource.RLIMIT_CPU)))
