"""Foreign bytes are read in a child process with limits of memory and time, which ends with us.

The child is a new interpreter: no environment, no keys in its memory, no files to write, and where
the kernel lets us, no network. Arguments and answer cross as JSON, by the annotations of the
function, in both directions: a child that foreign bytes have taken over can give a wrong answer of
the right type, and nothing else (unpickling its answer would hand over the parent).

`run` gives one answer. `stream` lends a file and gives what the child yields, piece by piece: what
is read of a large file is never in memory as a whole, here or there.
"""

import asyncio
import ctypes
import gc
import json
import math
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache, reduce
from importlib import import_module
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar, TypeVarTuple, cast, get_args, get_type_hints
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

_Args = TypeVarTuple("_Args")
_Answer = TypeVar("_Answer")
_Piece = TypeVar("_Piece")

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1])['path'];"
    "from shared.sandbox import child; child()"
)
_START_SECONDS = 60.0  # until the interpreter stands; no time of the function's
_CHUNK = 1 << 16
_MEGA = 1 << 20
_OPEN_FILES = 64
_BEHIND = 5  # whoever only asks for something goes before
_READY, _DONE, _FAILED, _MORE = b".", b"+", b"!", b">"
_LENGTH = 4
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


class SandboxRefused(Exception):
    """The foreign bytes could not be read within the limits."""


class TimedOut(SandboxRefused):
    """The function did not end in time."""


class OutOfMemory(SandboxRefused):
    """The function asked for more memory than it was given."""


class Crashed(SandboxRefused):
    """The function raised, died or gave no answer; `error` names the exception or signal.

    What the exception said stays in the child: it may quote what it was reading.
    """

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


async def run(
    function: Callable[[*_Args], _Answer],
    *args: *_Args,
    memory_mb: int,
    seconds: float,
    file_mb: int = 0,
    answer_mb: int = 64,
) -> _Answer:
    """Call a function in a child and give its answer; a cancelled call kills its child.

    The function is one that can be imported, with annotations that pydantic knows; expected
    failures belong in its answer. `memory_mb` counts on top of the interpreter and its imports,
    `seconds` from when they stand. `file_mb`: how large a file it may write (temporary ones of
    spreadsheet writers). Raises TimedOut, OutOfMemory, Crashed.
    """
    ask, answer = _codecs(function, len(args))
    call = await asyncio.to_thread(lambda: ask(value=args).model_dump_json().encode())
    setup = _setup(function, len(args), memory_mb, seconds) | {"file": file_mb * _MEGA}
    async with _slots(), _child(setup) as (process, complaints):
        body = await _converse(process, call, seconds, answer_mb * _MEGA)
        if body[:1] != _DONE:
            raise _failure(body, cast("int", process.returncode), await complaints)
    try:
        read = await asyncio.to_thread(answer.model_validate_json, body[1:])
    except ValidationError:
        raise Crashed("answer of another type") from None
    return cast("_Answer", cast("Any", read).value)


def _setup(
    function: Callable[..., object], args: int, memory_mb: int, seconds: float
) -> dict[str, object]:
    """Say what the child is to import and within which limits."""
    return {
        "path": [entry or str(Path.cwd()) for entry in sys.path],
        "module": function.__module__,
        "function": function.__qualname__,
        "args": args,
        "parent": os.getpid(),
        "memory": memory_mb * _MEGA,
        "seconds": seconds,
        "file": 0,
    }


@asynccontextmanager
async def stream(
    function: Callable[[BinaryIO, *_Args], Iterator[_Piece]],
    content: bytes,
    *args: *_Args,
    memory_mb: int,
    seconds: float,
    piece_mb: int = 8,
) -> AsyncIterator[AsyncIterator[_Piece]]:
    """Lend a file to a generator in a child and give what it yields, one piece after the other.

    The child waits while nobody takes its next piece, so neither side holds more than one or two.
    `seconds` is the child's processor time, and how long one piece may take. Raises TimedOut,
    OutOfMemory and Crashed where a piece is asked for.
    """
    ask, answer = _codecs(function, 1 + len(args), stream=True)
    call = ask(value=args).model_dump_json().encode()
    setup = _setup(function, 1 + len(args), memory_mb, seconds)
    async with _slots():
        with _lent(content) as file:
            async with _child(setup | {"lent": file}, file) as (process, complaints):
                limit = piece_mb * _MEGA
                yield _pieces(process, complaints, call, answer, seconds=seconds, limit=limit)


async def _pieces(
    process: asyncio.subprocess.Process,
    complaints: "asyncio.Task[bytes]",
    call: bytes,
    answer: type["_Value"],
    *,
    seconds: float,
    limit: int,
) -> AsyncIterator[Any]:
    """Send the call when the child stands, then take frames: a mark, a length, a piece."""
    stdin = cast("asyncio.StreamWriter", process.stdin)
    stdout = cast("asyncio.StreamReader", process.stdout)
    try:
        async with asyncio.timeout(_START_SECONDS):
            mark = await stdout.read(1)
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(call)
            await stdin.drain()
        stdin.close()
        while True:
            async with asyncio.timeout(seconds):
                mark = await stdout.read(1)
                if mark != _MORE:
                    body = mark + await stdout.read(_CHUNK)
                    await process.wait()
                    break
                length = int.from_bytes(await stdout.readexactly(_LENGTH), "big")
                if length > limit:
                    raise Crashed("answer too large")
                piece = await stdout.readexactly(length)
            yield cast("Any", answer.model_validate_json(piece)).value
    except TimeoutError:
        raise TimedOut from None
    except asyncio.IncompleteReadError:
        await process.wait()
        raise _failure(b"", cast("int", process.returncode), await complaints) from None
    except ValidationError:
        raise Crashed("answer of another type") from None
    if body[:1] != _DONE:
        raise _failure(body, cast("int", process.returncode), await complaints)


@contextmanager
def _lent(content: bytes) -> Iterator[int]:
    """Give the number of an open file that lies in memory where the kernel has such, else unnamed.

    A pipe would do for reading onwards, but archives are read from their end.
    """
    if sys.platform == "linux":
        number = os.memfd_create("lent")
    else:
        # The folder forgets its name at once; the child gets its number and no other.
        number = os.dup(tempfile.TemporaryFile().fileno())  # noqa: SIM115
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(number, rest) :]
        os.lseek(number, 0, os.SEEK_SET)
        yield number
    finally:
        os.close(number)


async def _converse(
    process: asyncio.subprocess.Process, call: bytes, seconds: float, limit: int
) -> bytes:
    """Send the call when the child stands, and read its answer up to a limit."""
    stdin = cast("asyncio.StreamWriter", process.stdin)
    stdout = cast("asyncio.StreamReader", process.stdout)
    try:
        async with asyncio.timeout(_START_SECONDS):
            if await stdout.read(1) != _READY:
                await process.wait()
                return b""
        async with asyncio.timeout(seconds):
            with suppress(BrokenPipeError, ConnectionResetError):
                stdin.write(call)
                await stdin.drain()
            stdin.close()
            body = bytearray()
            while chunk := await stdout.read(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise Crashed("answer too large")
            await process.wait()
    except TimeoutError:
        raise TimedOut from None
    return bytes(body)


def _failure(body: bytes, code: int, complaints: bytes) -> SandboxRefused:
    """Say why there is no answer, by the child's last words, its signal and its complaints."""
    if body[:1] == _FAILED:
        error = body[1:].decode("ascii", "replace")
        return OutOfMemory() if error == "MemoryError" else Crashed(error)
    if code == -signal.SIGXCPU:
        return TimedOut()
    # The kernel kills for memory; Rust aborts with a word when an allocation is refused.
    if code == -signal.SIGKILL or b"memory allocation" in complaints:
        return OutOfMemory()
    return Crashed(signal.Signals(-code).name if code < 0 else f"exit {code}")


@asynccontextmanager
async def _child(
    setup: dict[str, object], *files: int
) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.Task[bytes]]]:
    """Start a child; at the end it is gone with all it started, whatever happened."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", _BOOT, json.dumps(setup),
        stdin=pipe, stdout=pipe, stderr=pipe, env={"LANG": "C.UTF-8"}, cwd="/",
        start_new_session=True, pass_fds=files,
    )  # fmt: skip
    stdout, stderr = process.stdout, process.stderr
    complaints = asyncio.create_task(_tail(cast("asyncio.StreamReader", stderr)))
    try:
        yield process, complaints
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        # Pipes that nobody reads to their end would outlive the process.
        while await cast("asyncio.StreamReader", stdout).read(_CHUNK):
            pass
        await complaints
        await process.wait()


async def _tail(stream: asyncio.StreamReader) -> bytes:
    """Read all and keep the end."""
    kept = b""
    while chunk := await stream.read(_CHUNK):
        kept = (kept + chunk)[-4096:]
    return kept


_semaphores: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _slots() -> asyncio.Semaphore:
    """Give the process's places: as many children at once as processors, and two at least."""
    loop = asyncio.get_running_loop()
    return _semaphores.setdefault(loop, asyncio.Semaphore(max(2, os.cpu_count() or 1)))


class _Value(BaseModel):
    """What crosses; bytes as base64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@lru_cache
def _codecs(
    function: Callable[..., object], args: int, *, stream: bool = False
) -> tuple[type[_Value], type[_Value]]:
    """Give the forms of a function's arguments and of its answer, or of each piece that it yields.

    The file that is lent, a stream's first argument, does not cross.
    """
    if function.__module__ == "__main__" or "<" in function.__qualname__:
        raise ValueError(f"{function.__qualname__} cannot be imported by a child")
    hints = get_type_hints(function, include_extras=True)
    result = hints.pop("return")
    kinds = tuple(hints.values())[int(stream) : args]
    asked: Any = tuple[kinds] if kinds else tuple[()]  # type: ignore[valid-type]
    if stream:
        (result,) = get_args(result)
    return (
        create_model("Ask", __base__=_Value, value=(asked, ...)),
        create_model("Answer", __base__=_Value, value=(result, ...)),
    )


# ---- in the child ----------------------------------------------------------------------------


def child() -> NoReturn:
    """Be the child: import, take on the limits, say so, read the call, answer, end."""
    setup = json.loads(sys.argv[1])
    _end_with(setup["parent"])
    # What the function prints must not mix with its answer.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    function = reduce(
        getattr, setup["function"].split("."), cast("Any", import_module(setup["module"]))
    )
    gc.set_threshold(100_000, 20, 20)  # else it looks for cycles for longer than we read
    os.nice(_BEHIND)
    lent = setup.get("lent")
    ask, answer = _codecs(function, setup["args"], stream=lent is not None)
    _cut_off()
    _limit(setup["memory"], setup["seconds"], setup["file"])
    out.write(_READY)
    call: Any = None
    try:
        call = ask.model_validate_json(sys.stdin.buffer.read())
        if lent is None:
            words = _DONE + answer(value=function(*call.value)).model_dump_json().encode()
        else:
            with os.fdopen(lent, "rb") as file:
                for piece in function(file, *call.value):
                    told = answer(value=piece).model_dump_json().encode()
                    _say(out, _MORE + len(told).to_bytes(_LENGTH, "big") + told)
            words = _DONE
    except BaseException as error:  # noqa: BLE001 -- all that foreign bytes can raise
        words = _FAILED + type(error).__name__.encode("ascii", "replace")
        call = None
    _say(out, words)
    os._exit(0)


def _say(out: FileIO, words: bytes) -> None:
    """Write all of it; a pipe takes a part at a time."""
    rest = memoryview(words)
    while rest:
        rest = rest[out.write(rest) :]


def _end_with(parent: int) -> None:
    """Have the kernel kill us when the parent dies (Linux; elsewhere the time limit must do)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
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
