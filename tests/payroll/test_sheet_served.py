"""Uploads to a process that is really served: cut off, twice at once, heavy; it stays as it was."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from sqlalchemy import func, select

from services.payroll.models import Sheet, SheetLine
from shared import clock, db
from shared.auth import make_token
from shared.config import Runtime
from shared.db import Sessions
from tests.fixtures.database import Databases, load
from tests.fixtures.processes import ServiceProcess, in_one
from tests.payroll import factories as make
from tests.payroll import hostile_files
from tests.waiting import until

# What the process and its readers may hold more than when nothing is read; in bytes. It holds the
# 50,000 rows that are the most it takes until the next one comes.
MORE = 120 << 20
SHEETS = "/payroll/v1/sheets"


@dataclass
class Served:
    """A process of the service, whoever sends to it, and a project of his."""

    process: ServiceProcess
    http: httpx.AsyncClient
    sessions: Sessions
    project: UUID
    folder: Path

    @property
    def path(self) -> str:
        return f"/payroll/v1/projects/{self.project}/sheets"

    async def send(self, content: bytes) -> httpx.Response:
        month = f"{(clock.today().replace(day=1) - timedelta(days=1)):%Y-%m}"
        file = {"file": ("工资表.xlsx", content)}
        return await self.http.post(self.path, data={"period": month}, files=file)

    async def counts(self) -> tuple[int, int]:
        """Count sheets and lines."""
        async with self.sessions.begin("test") as session:
            found = [
                await session.scalar(select(func.count()).select_from(table))
                for table in (Sheet, SheetLine)
            ]
        return found[0] or 0, found[1] or 0

    def kept(self) -> int:
        return sum(one.is_file() for one in (self.folder / "files").rglob("*"))

    def cut(self, body: bytes, length: int) -> None:
        """Say that so many bytes come, send fewer, and hang up."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
            f"Authorization: {self.http.headers['authorization']}\r\n"
            "Content-Type: multipart/form-data; boundary=q\r\n\r\n"
        )
        url = httpx.URL(self.process.base)
        with socket.create_connection((url.host, url.port or 0)) as connection:
            connection.sendall(head.encode() + body)


@pytest.fixture
async def served(databases: Databases, tmp_path: Path) -> AsyncIterator[Served]:
    urls = await databases.clones()
    url = urls["payroll"]
    publishes = load("payroll").publishes
    sessions = Sessions(
        db.engine(url, pool_size=2), url=url, service="payroll", publishes=publishes
    )
    async with sessions.begin("test") as session:
        await make.tree(session)
        project = await make.contract(session)
    token_key = tmp_path / "token.pem"
    runtime = Runtime(data_dir=tmp_path, token_key=token_key)
    token = make_token(
        runtime, subject="sender", roles=("contractor",), areas=(make.COUNTY,), org=make.CONTRACTOR
    )
    process = in_one(urls, tmp_path)
    process.launch()
    async with httpx.AsyncClient(
        base_url=process.base, headers={"authorization": f"Bearer {token}"}, timeout=180,
        trust_env=False,
    ) as http:  # fmt: skip
        try:
            await process.ready(http)
            yield Served(process, http, sessions, project, tmp_path)
        finally:
            process.ask_to_end()
            await process.ended()
            await sessions.close()


class Peak:
    """The most memory that a process holds beside what it held, and its readers of their own."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        # Readers are forked from one that stands ready, with whom they share what they import.
        (self.forking,) = self.process.children()
        self.idle = self.process.memory_info().rss
        self.more = 0

    async def watch(self) -> None:
        while True:
            more = self.process.memory_info().rss - self.idle
            for reader in self.forking.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    more += reader.memory_full_info().uss
            self.more = max(self.more, more)
            await asyncio.sleep(0.01)


async def test_a_process_outlives_whatever_is_sent_to_it(served: Served) -> None:
    # Cut off: before the body, within a field, within the file, and a byte before the end.
    sheet = hostile_files.new()
    body = (
        b'--q\r\nContent-Disposition: form-data; name="period"\r\n\r\n2023-03\r\n--q\r\n'
        b'Content-Disposition: form-data; name="file"; filename="x.xlsx"\r\n\r\n'
        + sheet + b"\r\n--q--\r\n"
    )  # fmt: skip
    for sent in (b"", body[:60], body[:2000], body[:-1]):
        served.cut(sent, len(body))
    # As long as it was said to be, but not to its end.
    form = {"content-type": "multipart/form-data; boundary=q"}
    answer = await served.http.post(served.path, content=body[:2000], headers=form)
    assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, "file")

    async def told() -> bool:
        metrics = await served.process.metrics(served.http)
        return metrics.total("xinqing_requests_total", method="POST", status="400") == 4

    await until(told)
    assert await served.counts() == (0, 0)
    assert served.kept() == 0
    # The same file four times at once is one sheet.
    answers = await asyncio.gather(*(served.send(sheet) for _ in range(4)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["sheet"]["id"] for one in answers}) == 1
    assert await served.counts() == (1, 2)
    # Heavy ones at once, while others are answered.
    peak = Peak(served.process.pid)
    watch = asyncio.create_task(peak.watch())
    heavy = {
        "rows": hostile_files.many(200_000),
        "bomb": hostile_files.bomb(),
        "formatted": hostile_files.formatted(50_000),
        "wide": hostile_files.full(500, 390),
    }
    sending = asyncio.gather(*(served.send(one) for one in heavy.values()))
    while not sending.done():
        assert (await served.http.get(SHEETS)).status_code == 200
    watch.cancel()
    found = dict(zip(heavy, (one.status_code for one in await sending), strict=True))
    assert found == {"rows": 422, "bomb": 422, "formatted": 201, "wide": 201}
    assert peak.more < MORE
    assert psutil.Process(served.process.pid).children() == [peak.forking]
    assert peak.forking.children() == []
    metrics = await served.process.metrics(served.http)
    assert metrics.total("xinqing_requests_total", status="500") == 0
    assert "request_failed" not in served.process.log.read_text()
