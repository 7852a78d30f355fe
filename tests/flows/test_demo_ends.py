"""A demo that is told to end takes with it what it started, wherever it stands."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import ROOT
from tests.waiting import until

FIRST = ROOT / "scenarios" / "first"


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _database(folder: Path) -> int | None:
    """Give the process of the demo's database once there is one."""
    for note in folder.glob("xinqing-demo-*/postgres/data/postmaster.pid"):
        if lines := note.read_text("utf-8").splitlines():
            return int(lines[0])
    return None


def _left(folder: Path) -> list[Path]:
    return list(folder.glob("xinqing-demo-*"))


@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.soak)])
async def test_a_demo_that_is_told_to_end_takes_its_services_with_it(
    tmp_path: Path, name: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        # Whoever starts a program in a shell's background lets it ignore SIGINT.
        "env", "--default-signal=SIGINT", sys.executable, "-m", "services", "demo",
        "--scenario", str(FIRST), "--port", "0",
        cwd=ROOT,
        env={"PATH": os.defpath, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    # The database is there, so its services are, or will be in a moment.
    await until(lambda: _database(tmp_path) is not None, within=60)
    server = _database(tmp_path)
    assert server is not None
    process.send_signal(getattr(signal, name))
    await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode != 0
    await until(lambda: not _is_there(server), within=30)
    assert _left(tmp_path) == []
