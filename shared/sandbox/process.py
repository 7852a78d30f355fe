"""A child as its caller sees it: three pipes and its end, from a server that forks it."""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from io import FileIO
from pathlib import Path

from shared.sandbox.server import CODE, LENGTH

_BOOT = (
    "import json, sys; number, sys.path[:] = json.loads(sys.argv[1]);"
    "from shared.sandbox.server import serve; serve(number)"
)
_CHUNK = 1 << 16


class Process:
    """A child that runs: what it reads, what it says, and how it ended, once it has."""

    def __init__(
        self, stdin: asyncio.StreamWriter, stdout: asyncio.StreamReader, end: socket.socket
    ) -> None:
        """Take its pipes, and the socket on which its end is told."""
        self.stdin, self.stdout, self._end = stdin, stdout, end
        self._code: int | None = None

    async def wait(self) -> int:
        """Give its exit code once it has ended, or the signal that ended it, below zero."""
        if self._code is None:
            told = await asyncio.get_running_loop().sock_recv(self._end, CODE)
            # A server that died told nobody, and took it along.
            self._code = int.from_bytes(told, "big", signed=True) if told else -signal.SIGHUP
        return self._code

    async def end(self) -> None:
        """End it with all that it has started; return when it is gone."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)
        await self.wait()


@asynccontextmanager
async def started(
    setup: Mapping[str, object], *lent: int
) -> AsyncIterator[tuple[Process, "asyncio.Task[bytes]"]]:
    """Have a child forked; at the end it is gone with all it started, whatever happened.

    Gives it with what it will have complained of.
    """
    with ExitStack() as ours:
        ends, theirs = [], []
        for write in (True, False, False):
            reader, writer = os.pipe()
            ends.append(os.fdopen(writer if write else reader, "wb" if write else "rb", 0))
            theirs.append(reader if write else writer)
        here, there = socket.socketpair()
        here.setblocking(False)  # noqa: FBT003 -- its name says what
        ours.enter_context(here)
        try:
            _server.fork(setup, (*theirs, there.fileno(), *lent))
        finally:
            there.close()
            for file in theirs:
                os.close(file)
        loop = asyncio.get_running_loop()
        stdin = await _writer(loop, ends[0])
        stdout, stderr = [await _reader(loop, end) for end in ends[1:]]
        complaints = asyncio.create_task(_tail(stderr))
        process = Process(stdin, stdout, here)
        try:
            yield process, complaints
        finally:
            stdin.close()
            await process.end()
            # Pipes that nobody reads to their end would outlive the process.
            while await stdout.read(_CHUNK):
                pass
            await complaints


async def _writer(loop: asyncio.AbstractEventLoop, pipe: FileIO) -> asyncio.StreamWriter:
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop=loop), pipe
    )
    return asyncio.StreamWriter(transport, protocol, None, loop)


async def _reader(loop: asyncio.AbstractEventLoop, pipe: FileIO) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(loop=loop)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader, loop=loop), pipe)
    return reader


async def _tail(stream: asyncio.StreamReader) -> bytes:
    """Read all and keep the end."""
    kept = b""
    while chunk := await stream.read(_CHUNK):
        kept = (kept + chunk)[-4096:]
    return kept


class _Server:
    """The process that forks, started when it is first asked, and anew if it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, setup: Mapping[str, object], files: tuple[int, ...]) -> None:
        """Ask for a child with these files: three pipes, a socket for its end, one that is lent."""
        words = json.dumps({**setup, "path": _path()}).encode()
        with self._lock:
            try:
                self._send(self._socket or self._start(), words, files)
            except OSError:
                # It has died; a new one that dies at once is a failure.
                self._send(self._start(), words, files)

    @staticmethod
    def _send(to: socket.socket, words: bytes, files: tuple[int, ...]) -> None:
        socket.send_fds(to, [len(words).to_bytes(LENGTH, "big")], files)
        to.sendall(words)

    def end(self) -> None:
        """End it with all that it has forked, and count it out."""
        if self._process and self._socket:
            self._socket.close()
            self._process.kill()
            self._process.wait()

    def _start(self) -> socket.socket:
        if self._process:
            self.end()
        else:
            atexit.register(self.end)
        here, there = socket.socketpair()
        with there:
            number = there.fileno()
            self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and words
                [sys.executable, "-I", "-c", _BOOT, json.dumps([number, _path()])],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8"}, cwd="/", start_new_session=True, pass_fds=(number,),
            )  # fmt: skip
        self._socket = here
        return here


def _path() -> list[str]:
    return [str(Path(entry).absolute()) for entry in sys.path]


_server = _Server()


@contextmanager
def lent(content: bytes) -> Iterator[int]:
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
