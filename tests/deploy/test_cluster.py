"""What the cluster is made of: its supervisor's file, its folder, its database as a child."""

import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import RawConfigParser
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import asyncpg
import psutil
import pytest

from deploy.cluster import kafka
from deploy.cluster.folder import PROCESSES, SERVICES, Folder, PortTaken
from deploy.cluster.postgres import Supervised
from deploy.cluster.watch import CONF
from shared.config import Runtime
from tests.fixtures.database import connected
from tests.fixtures.processes import ROOT
from tests.waiting import until

ON_LINUX = pytest.mark.skipif(not shutil.which("setpriv"), reason="only Linux tells of orphans")


def test_the_supervisor_has_every_process_and_starts_each_again() -> None:
    conf = RawConfigParser(inline_comment_prefixes=None)
    conf.read(CONF, "utf-8")
    programs = {name: conf[f"program:{name}"] for name in PROCESSES}
    assert sorted(s for s in conf.sections() if s.startswith("program:")) == sorted(
        f"program:{name}" for name in programs
    )
    for name, program in programs.items():
        assert program["autorestart"] == "true"
        assert program["stdout_logfile"].endswith(f"/logs/{name}.log")
        if name in SERVICES:
            port = f"%(ENV_{name.upper()}_PORT)s"
            assert program["command"].endswith(f"-m services serve {name} --port {port}")


def test_several_that_need_the_jars_of_kafka_fetch_them_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[Path] = []

    def fetch(_: object, *, cwd: Path, **__: object) -> None:
        fetched.append(Path(cwd))
        Path(cwd, ".jgo").mkdir()
        meet.wait(5)  # The others have come by now, and wait for us.

    meet = Barrier(2)
    monkeypatch.setattr(kafka, "CACHE", tmp_path)
    monkeypatch.setattr(kafka.subprocess, "run", fetch)
    with ThreadPoolExecutor() as several:
        asked = [several.submit(kafka.fetch_jars) for _ in range(3)]
        meet.wait(5)
        assert {one.result(5) for one in asked} == {kafka.jars_folder()}
    assert len(fetched) == 1
    assert kafka.jars_folder().is_dir()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Give a folder with ports, settings and keys, of which nothing was started."""
    folder = Folder(tmp_path_factory.mktemp("new") / "cluster")
    assert not folder.known
    folder.prepare(0)
    return folder


def test_a_folder_has_ports_settings_and_keys_of_its_own_and_keeps_them(prepared: Folder) -> None:
    made, bases = prepared.settings(), prepared.bases
    assert len({*prepared.ports.values()}) == len(SERVICES) + 2
    assert made["KAFKA_BROKERS"] == f"127.0.0.1:{prepared.ports['kafka']}"
    assert stat.S_IMODE((prepared.path / "cluster.env").stat().st_mode) == 0o600
    (prepared.postgres / "data").mkdir(parents=True)

    again = Folder(prepared.path)
    again.prepare(None)
    again.forget()
    assert not prepared.postgres.exists()
    assert again.settings()["PII_KEYS"] == made["PII_KEYS"]
    assert again.bases == bases


def test_the_settings_are_such_as_the_services_take(
    prepared: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in prepared.settings().items():
        monkeypatch.setenv(name, value)
    assert Runtime().scenario_clock
    # What the file says is what lets an own key stand beside a broker.
    monkeypatch.delenv("ALLOW_OWN_TOKENS")
    with pytest.raises(ValueError, match="ALLOW_OWN_TOKENS"):
        Runtime()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port}"):
            Folder(tmp_path).prepare(port)


@contextmanager
def become(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a database as the supervisor does; end it at the end."""
    command = (sys.executable, "-m", "deploy.cluster.become", "postgres", str(folder))
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


@ON_LINUX
async def test_what_hangs_of_a_killed_database_is_ended_before_the_next_start(
    tmp_path: Path,
) -> None:
    server = Supervised(Folder(tmp_path).postgres)
    url = server.locate()
    with become(tmp_path) as first:
        await until(server.answers, within=60)
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        hanging = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        hanging.suspend()
        first.kill()
        first.wait()
        assert hanging.is_running()
        with become(tmp_path) as second:
            await until(server.answers, within=60)
            # The program that was started is the server itself: a signal to it is to the server.
            note = (tmp_path / "postgres" / "data" / "postmaster.pid").read_text()
            assert int(note.split()[0]) == second.pid
            assert not hanging.is_running() or hanging.status() == psutil.STATUS_ZOMBIE
            async with connected(url) as anew:
                assert await anew.fetchval("SELECT one FROM kept") == 1
        connection.terminate()


async def test_a_database_that_runs_is_not_started_twice(tmp_path: Path) -> None:
    server = Supervised(Folder(tmp_path).postgres)
    with become(tmp_path) as first:
        await until(server.answers, within=60)
        with become(tmp_path) as second:
            _, complained = second.communicate()
        assert b"another server" in complained
        assert first.poll() is None
        assert server.answers()
