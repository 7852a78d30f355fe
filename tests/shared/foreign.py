"""What tests run in the sandbox's child: readers that behave, and readers that do not."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Table:
    name: str
    digest: bytes
    rows: list[tuple[date, Decimal | None]]


def read(content: bytes, day: date) -> Table:
    print("a reader that talks")  # noqa: T201
    return Table(str(len(content)), content[:4], [(day, Decimal("12.30")), (day, None)])


def environment() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251


def open_files() -> list[str]:
    """What lies behind the numbers of files that it has."""
    found = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(number.readlink()))
    return found


def hungry(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def abort_like_rust() -> None:
    os.write(2, b"memory allocation of 549755813888 bytes failed\n")
    os.kill(os.getpid(), signal.SIGABRT)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def spin() -> None:
    while True:
        pass


def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def fail(words: str) -> None:
    raise LookupError(words)


def other_type() -> int:
    return "words"  # type: ignore[return-value]


def forge(words: str) -> int:
    """Write an answer of another type straight into the pipe, as a taken-over child could."""
    for descriptor in range(3, 16):
        try:
            os.write(descriptor, words.encode())
        except OSError:
            continue
    os._exit(0)


def long_answer(megabytes: int) -> str:
    return "x" * megabytes * 1024 * 1024


def write(path: str, size: int) -> str:
    try:
        Path(path).write_bytes(b"x" * size)
    except OSError as error:
        return type(error).__name__
    return "written"


def fork() -> str:
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError as error:
        return type(error).__name__
    return "forked"


def dial(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def backwards(file: BinaryIO, size: int, end: str) -> Iterator[tuple[int, bytes]]:
    """Read a file from its end, as readers of archives do, in pieces."""
    at = file.seek(0, os.SEEK_END)
    while at > 0:
        at = max(0, at - size)
        file.seek(at)
        yield at, file.read(size)
    if end:
        raise LookupError(end)


def endless(file: BinaryIO) -> Iterator[bytes]:
    """Give pieces for as long as somebody takes them."""
    while True:
        yield bytes(1 << 16)


def slow(file: BinaryIO) -> Iterator[int]:
    """Give one piece, and never the next."""
    yield 1
    time.sleep(600)


def wrong(file: BinaryIO) -> Iterator[int]:
    """Give a piece of another type."""
    yield "words"  # type: ignore[misc]
