"""Limits of the child process, its silence, and its end with its parent."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, TypeVar, TypeVarTuple

import psutil
import pytest

from shared import sandbox
from shared.sandbox import Crashed, OutOfMemory, TimedOut
from tests.shared import foreign

ROOT = Path(__file__).parents[2]


_Args = TypeVarTuple("_Args")
_Answer = TypeVar("_Answer")
Function = Callable[..., object]


async def _run(
    function: Callable[[*_Args], _Answer], *args: *_Args, seconds: float = 20
) -> _Answer:
    return await sandbox.run(function, *args, memory_mb=200, seconds=seconds)


def _children(pid: int, besides: Collection[psutil.Process] = ()) -> list[psutil.Process]:
    """The children that have been forked for a process, once one has; `besides` were there before.

    Between them and the process stands the server that forks them.
    """
    children: list[psutil.Process] = []
    while not children:
        time.sleep(0.01)
        with suppress(psutil.NoSuchProcess):
            servers = psutil.Process(pid).children()
            found = [child for server in servers for child in server.children()]
            children = [one for one in found if one not in besides]
    return children


async def test_bytes_go_in_and_typed_values_come_out() -> None:
    day = date(2026, 2, 14)
    table = await _run(foreign.read, bytes(range(256)), day)
    assert table == foreign.Table(
        "256", b"\x00\x01\x02\x03", [(day, Decimal("12.30")), (day, None)]
    )


async def test_the_child_inherits_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PII_KEYS", "secret")
    assert set(await _run(foreign.environment)) <= {"LANG", "LC_CTYPE"}


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold RLIMIT_AS")
async def test_memory_ends_at_its_limit() -> None:
    assert await _run(foreign.hungry, 50) == 50 * 1024 * 1024
    for megabytes in (300, 512 * 1024):
        with pytest.raises(OutOfMemory):
            await _run(foreign.hungry, megabytes)


async def test_a_native_reader_that_aborts_for_memory_is_out_of_memory() -> None:
    with pytest.raises(OutOfMemory):
        await _run(foreign.abort_like_rust)


@pytest.mark.parametrize(("function", "args"), [(foreign.sleep, (60,)), (foreign.spin, ())])
async def test_time_ends_at_its_limit(function: Function, args: tuple[object, ...]) -> None:
    with pytest.raises(TimedOut):
        await _run(function, *args, seconds=0.5)


@pytest.mark.parametrize(
    ("function", "args", "error"),
    [(foreign.segfault, (), "SIGSEGV"), (foreign.leave, (), "exit 3"),
     (foreign.fail, ("张三 13812345678",), "LookupError"),
     (foreign.other_type, (), "ValidationError"),
     (foreign.forge, ('+{"value":"words"}',), "answer of another type"),
     (foreign.forge, ("cos\nsystem\n",), "exit 0")],
)  # fmt: skip
async def test_a_crash_says_what_happened_and_nothing_of_the_content(
    function: Function, args: tuple[object, ...], error: str
) -> None:
    with pytest.raises(Crashed) as caught:
        await _run(function, *args)
    assert (str(caught.value), caught.value.__cause__) == (error, None)


async def test_an_answer_is_bounded() -> None:
    with pytest.raises(Crashed, match="too large"):
        await sandbox.run(foreign.long_answer, 3, memory_mb=200, seconds=20, answer_mb=1)


async def test_a_child_writes_no_file_unless_it_may(tmp_path: Path) -> None:
    path = str(tmp_path / "left")
    assert await _run(foreign.write, path, 10) == "OSError"
    assert await sandbox.run(
        foreign.write, path, 10, memory_mb=100, seconds=20, file_mb=1
    ) == "written"  # fmt: skip


@pytest.mark.skipif(os.geteuid() == 0, reason="root may fork in spite of the limit")
async def test_a_child_has_no_children() -> None:
    assert await _run(foreign.fork) == "BlockingIOError"


async def test_a_child_reaches_no_network_where_the_kernel_cuts_it_off() -> None:
    if not _kernel_cuts_off():
        pytest.skip("this kernel gives no user namespaces")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert foreign.dial(port) == "connected"
        assert await _run(foreign.dial, port) == "OSError"


def _kernel_cuts_off() -> bool:
    code = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x50000000) != 0)"
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_cancelled_call_leaves_no_child() -> None:
    # Other tests of this run have started servers, which stay.
    before = psutil.Process().children(recursive=True)
    task = asyncio.create_task(_run(foreign.sleep, 60))
    children = await asyncio.to_thread(_children, os.getpid(), before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not any(child.is_running() for child in children)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_a_child_ends_with_its_parent() -> None:
    code = (
        "import asyncio; from shared import sandbox; from tests.shared import foreign;"
        "asyncio.run(sandbox.run(foreign.sleep, 600, memory_mb=100, seconds=600))"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    children = await asyncio.to_thread(_children, parent.pid)
    parent.kill()
    await parent.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 10)
    assert not alive


async def test_what_a_child_cannot_import_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="cannot be imported"):
        await sandbox.run(lambda: None, memory_mb=100, seconds=1)


async def test_calls_at_once_have_children_of_their_own_that_see_no_file_of_another() -> None:
    secret = b"of somebody else"
    async with sandbox.stream(
        foreign.backwards, secret, 3, "", memory_mb=200, seconds=20
    ) as pieces:
        assert await anext(pieces) == (13, b"lse")
        seen = await asyncio.gather(*(_run(foreign.open_files) for _ in range(3)))
        # Three pipes, the way out of its answer, and the folder in which it looks.
        assert {len(files) for files in seen} == {4}
        assert not any("lent" in file for files in seen for file in files)


async def test_a_server_that_was_killed_is_started_anew() -> None:
    assert await _run(foreign.environment)
    [server] = [one for one in psutil.Process().children() if "shared.sandbox" in _words(one)]
    asleep = asyncio.create_task(_run(foreign.sleep, 60))
    await asyncio.to_thread(_children, os.getpid())
    server.kill()
    with pytest.raises(Crashed, match="SIGHUP"):
        await asleep
    assert set(await _run(foreign.environment)) <= {"LANG", "LC_CTYPE"}
    assert not server.is_running()


def _words(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


# ---- streams ---------------------------------------------------------------------------------


async def _streamed(
    function: Callable[[BinaryIO, *_Args], Iterator[_Answer]],
    content: bytes,
    *args: *_Args,
    seconds: float = 20,
) -> list[_Answer]:
    async with sandbox.stream(function, content, *args, memory_mb=200, seconds=seconds) as pieces:
        return [piece async for piece in pieces]


async def test_a_lent_file_is_read_from_its_end_and_comes_back_in_pieces() -> None:
    pieces = await _streamed(foreign.backwards, b"abcdefg", 3, "")
    assert pieces == [(4, b"efg"), (1, b"bcd"), (0, b"abc")]
    assert await _streamed(foreign.backwards, b"", 3, "") == []


async def test_a_stream_that_fails_says_so_after_its_pieces() -> None:
    async with sandbox.stream(
        foreign.backwards, b"ab", 1, "secret", memory_mb=200, seconds=20
    ) as pieces:
        assert [await anext(pieces), await anext(pieces)] == [(1, b"b"), (0, b"a")]
        with pytest.raises(Crashed, match="LookupError"):
            await anext(pieces)


async def test_whoever_takes_no_more_ends_the_child() -> None:
    before = psutil.Process().children(recursive=True)
    async with sandbox.stream(foreign.endless, b"", memory_mb=200, seconds=20) as pieces:
        assert len(await anext(pieces)) == 1 << 16
        [child] = _children(os.getpid(), before)
        held = child.memory_info().rss
        # Nobody takes the next piece, so the child waits with it.
        assert child.memory_info().rss - held < 8 << 20
    assert not child.is_running()


async def test_a_piece_that_does_not_come_in_time_ends_the_child() -> None:
    with pytest.raises(TimedOut):
        await _streamed(foreign.slow, b"", seconds=0.2)


async def test_a_piece_of_another_type_is_a_crash() -> None:
    with pytest.raises(Crashed, match="ValidationError"):
        await _streamed(foreign.wrong, b"")
