"""The example client as a process, what its copy holds, and what the lists themselves say."""

import asyncio
import json
import runpy
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import until

CLIENT = Path(__file__).parents[2] / "examples/sync_client.py"
LISTS: Mapping[str, str] = runpy.run_path(str(CLIENT))["LISTS"]
Rows = dict[str, dict[str, Any]]


async def started(url: str, key: str, copy: Path, lists: Collection[str], *more: str) -> Process:
    """Start the client; the key goes by standard input."""
    said = ("--url", url, "--copy", str(copy), "--lists", *lists, *more)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(CLIENT), *said, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdin
    process.stdin.write(f"{key}\n".encode())
    process.stdin.close()
    return process


async def bring_up_to_date(
    url: str, key: str, copy: Path, lists: Collection[str], *more: str
) -> None:
    """Let the client run to its end."""
    process = await started(url, key, copy, lists, *more)
    _, told = await process.communicate()
    assert process.returncode == 0, told.decode()


def size(path: Path) -> int:
    """Give how many rows the copy holds, however far the client has come."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as copy, suppress(sqlite3.OperationalError):
        return int(copy.execute("SELECT count(*) FROM rows").fetchone()[0])
    return 0


async def killed(url: str, key: str, copy: Path, lists: Collection[str], *, after: int) -> bool:
    """Kill the client once it has brought so many rows; say whether it was still at work."""
    before = size(copy)
    process = await started(url, key, copy, lists)
    await until(lambda: process.returncode is not None or size(copy) >= before + after, within=60)
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    await process.communicate()
    return process.returncode == -signal.SIGKILL


def copied(path: Path) -> dict[str, Rows]:
    """Give what the copy holds: rows by list and id."""
    found: dict[str, Rows] = {}
    with closing(sqlite3.connect(path)) as copy:
        for (name,) in copy.execute("SELECT list FROM cursors"):
            found[name] = {}
        for name, row_id, row in copy.execute("SELECT list, id, row FROM rows"):
            found[name][row_id] = json.loads(row)
    return found


async def truth(url: str, key: str, lists: Collection[str]) -> dict[str, Rows]:
    """Give every row that the key may see now, as the lists show it."""
    headers = {"authorization": f"Bearer {key}"}
    found: dict[str, Rows] = {}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        for name in lists:
            rows, cursor = found.setdefault(name, {}), None
            while True:
                asked = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
                path = LISTS[name].replace("/exports/", "/")
                page = (await http.get(path, params=asked)).raise_for_status().json()
                rows |= {row["id"]: row for row in page["items"]}
                if (cursor := page["next"]) is None:
                    break
    return found


async def said_as_of(url: str, key: str, name: str, day: str) -> Rows:
    """Give what a list said at the end of a day."""
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        answer = (await http.get(LISTS[name], params={"as_of": day})).raise_for_status()
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {line["row"]["id"]: line["row"] for line in lines if line["kind"] == "row"}
