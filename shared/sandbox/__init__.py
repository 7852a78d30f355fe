"""Foreign bytes are read in a child process with limits of memory and time, which ends with us.

The child is forked from an interpreter that has imported the readers and nothing else (`server`):
no environment, no keys in its memory, no files to write, and where the kernel lets us, no network.
Arguments and answer cross as JSON, by the annotations of the function, in both directions: a child
that foreign bytes have taken over can give a wrong answer of the right type, and nothing else
(unpickling its answer would hand over the parent).

`run` gives one answer. `stream` lends a file and gives what the child yields, piece by piece: what
is read of a large file is never in memory as a whole, here or there.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, BinaryIO, TypeVar, TypeVarTuple, cast
from weakref import WeakKeyDictionary

from pydantic import ValidationError

from shared.sandbox.forms import DONE, FAILED, LENGTH, MORE, READY, Value, codecs
from shared.sandbox.process import Process, lent, started

_Args = TypeVarTuple("_Args")
_Answer = TypeVar("_Answer")
_Piece = TypeVar("_Piece")

_START_SECONDS = 60.0  # until the child stands; no time of the function's
_CHUNK = 1 << 16
_MEGA = 1 << 20


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
    ask, answer = codecs(function, len(args))
    call = await asyncio.to_thread(lambda: ask(value=args).model_dump_json().encode())
    setup = _setup(function, len(args), memory_mb, seconds) | {"file": file_mb * _MEGA}
    async with _slots(), started(setup) as (process, complaints):
        body = await _converse(process, call, seconds, answer_mb * _MEGA)
        if body[:1] != DONE:
            raise _failure(body, await process.wait(), await complaints)
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
        "module": function.__module__,
        "function": function.__qualname__,
        "args": args,
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
    ask, answer = codecs(function, 1 + len(args), stream=True)
    call = ask(value=args).model_dump_json().encode()
    setup = _setup(function, 1 + len(args), memory_mb, seconds)
    async with _slots():
        with lent(content) as file:
            async with started(setup, file) as (process, complaints):
                limit = piece_mb * _MEGA
                yield _pieces(process, complaints, call, answer, seconds=seconds, limit=limit)


async def _pieces(
    process: Process,
    complaints: "asyncio.Task[bytes]",
    call: bytes,
    answer: type[Value],
    *,
    seconds: float,
    limit: int,
) -> AsyncIterator[Any]:
    """Send the call when the child stands, then take frames: a mark, a length, a piece."""
    stdin, stdout = process.stdin, process.stdout
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
                if mark != MORE:
                    body = mark + await stdout.read(_CHUNK)
                    await process.wait()
                    break
                length = int.from_bytes(await stdout.readexactly(LENGTH), "big")
                if length > limit:
                    raise Crashed("answer too large")
                piece = await stdout.readexactly(length)
            yield cast("Any", answer.model_validate_json(piece)).value
    except TimeoutError:
        raise TimedOut from None
    except asyncio.IncompleteReadError:
        raise _failure(b"", await process.wait(), await complaints) from None
    except ValidationError:
        raise Crashed("answer of another type") from None
    if body[:1] != DONE:
        raise _failure(body, await process.wait(), await complaints)


async def _converse(process: Process, call: bytes, seconds: float, limit: int) -> bytes:
    """Send the call when the child stands, and read its answer up to a limit."""
    stdin, stdout = process.stdin, process.stdout
    try:
        async with asyncio.timeout(_START_SECONDS):
            if await stdout.read(1) != READY:
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
    if body[:1] == FAILED:
        error = body[1:].decode("ascii", "replace")
        return OutOfMemory() if error == "MemoryError" else Crashed(error)
    if code == -signal.SIGXCPU:
        return TimedOut()
    # The kernel kills for memory; Rust aborts with a word when an allocation is refused.
    if code == -signal.SIGKILL or b"memory allocation" in complaints:
        return OutOfMemory()
    return Crashed(signal.Signals(-code).name if code < 0 else f"exit {code}")


_semaphores: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _slots() -> asyncio.Semaphore:
    """Give the process's places: as many children at once as processors, and two at least."""
    loop = asyncio.get_running_loop()
    return _semaphores.setdefault(loop, asyncio.Semaphore(max(2, os.cpu_count() or 1)))
