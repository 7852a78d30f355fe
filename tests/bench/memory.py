"""`python -m tests.bench.memory URL FILE FOLDER`: import a statement, say the most MB over idle.

What counts is proportional: pages that a process and its child share are counted once.
"""

import asyncio
import gc
import sys
import threading
from pathlib import Path

import psutil

from shared import clock, pii
from shared.config import Runtime
from shared.files import Files
from tests.bench import statement
from tests.bench.ground import opened

EVERY = 0.02


def taken(pid: int | None = None) -> int:
    """Give the bytes that a process, this one if none is named, and its children take now."""
    own = psutil.Process(pid)
    total = own.memory_full_info().pss
    for child in own.children(recursive=True):
        try:
            # Until it begins its own command, a child has this process's memory, not more.
            if child.cmdline() != own.cmdline():
                total += child.memory_full_info().pss
        except psutil.Error:
            continue
    return int(total)


async def _measured(url: str, content: bytes, folder: Path) -> float:
    runtime = Runtime(data_dir=folder)
    pii.use(pii.Keyring.of(runtime))
    clock.move(clock.at(statement.TODAY, 12))
    async with opened("payroll", url) as sessions:
        sessions.files = Files.of(runtime, pii.keyring())
        async with sessions.begin("bench"):
            pass  # A connection is open in an idle process, too.
        gc.collect()
        idle = most = taken()
        ended = threading.Event()

        def watch() -> None:
            nonlocal most
            while not ended.wait(EVERY):
                most = max(most, taken())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            await statement.bring(sessions, content)
        finally:
            ended.set()
            watcher.join()
        return (most - idle) / (1 << 20)


if __name__ == "__main__":
    asked, path, home = sys.argv[1:]
    sys.stdout.write(f"{asyncio.run(_measured(asked, Path(path).read_bytes(), Path(home))):.1f}\n")
