"""No clear number or name of a worker lies anywhere, however it came in; planted, it shows."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlsxwriter
from aiokafka import AIOKafkaProducer

from services.demo.facts import read
from services.demo.player import Player
from shared.pii import Keyring
from tests.fixtures.database import connected
from tests.fixtures.processes import PII_KEYS, ROOT, Cluster, Town
from tests.flows.searching import Collector, Wanted, dumped, files, search, topics
from tests.payroll.people import card_no, id_number

FILES = 5
"""Kept of the story, at the least."""
COUNTY, PERIOD = "422828", "2023-02"
PHONE = "13900001234"
NAMES = ("欧阳振华", "司马相云", "诸葛明德", "上官文静")
TOPICS = ("registry.events", "payroll.events", "cases.events", "alerts.events", "platform.events")


def workbook(*rows: tuple[object, ...]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page = book.add_worksheet("工资表")
    for n, row in enumerate(rows):
        page.write_row(n, 0, row)
    book.close()
    return file.getvalue()


def worker(n: int) -> dict[str, Any]:
    """Give somebody who enters by JSON, by his number in `NAMES`."""
    return {
        "id_number": id_number(n), "name": NAMES[n], "phone": PHONE, "entered_on": "2023-02-16",
        "card": {"card_no": card_no(n)}, "contract": {"start_on": "2023-02-15"}, "crew": "钢筋班",
    }  # fmt: skip


class Story:
    """People of a project come in by every door there is, rightly and wrongly."""

    def __init__(self, town: Town) -> None:
        self.town, self.client = town, town.client
        self.project = self.contractor = ""

    async def tell(self) -> None:
        player = Player(read(ROOT / "scenarios" / "first"), self.client, lambda _: None)
        await player.enter()
        self.project = next(iter(player.projects.values()))
        found = await self.client.call("GET", f"/registry/v1/projects/{self.project}")
        self.contractor = found["contractor_id"]
        base = f"/payroll/v1/projects/{self.project}"
        await self.send("POST", f"{base}/roster-entries", json={"workers": [worker(0), worker(1)]})
        await self.send(
            "POST",
            f"{base}/roster-entries",
            json={"workers": [worker(0) | {"id_number": f"{id_number(0)[:-1]}?"}]},
            to_be=422,
        )
        roster = f"姓名,身份证号,手机号,进场日期\n{NAMES[2]},{id_number(2)},{PHONE},2023-02-16\n"
        for said, status in ((roster, 200), (roster.replace("2023-02-16", "何时"), 422)):
            await self.send(
                "POST",
                f"{base}/roster-lists",
                files=sent(said.encode("gb18030"), f"{NAMES[2]}.csv"),
                to_be=status,
            )
        titles = ("姓名", "身份证号", "银行卡号", "联系电话", "出勤天数", "应发工资", "实发工资")
        lines = [(NAMES[n], id_number(n), card_no(n), PHONE, 20, 5000, 5000) for n in range(4)]
        wrong = [*lines[:2], (NAMES[3], f"{id_number(3)}1", card_no(0), PHONE, 20, 5000, 4000)]
        for n, rows in enumerate((lines, wrong)):
            form = {"period": PERIOD, "run": str(n + 1)}
            await self.send(
                "POST",
                f"{base}/sheets",
                data=form,
                files=sent(workbook(titles, *rows), f"{NAMES[0]}.xlsx"),
                key=f"k{n}",
            )
        await self.send(
            "POST",
            f"{base}/sheets",
            data={"period": PERIOD},
            files=sent(f"{NAMES[0]} {id_number(0)}".encode(), "x.csv"),
            to_be=422,
        )
        seen = {"record_key": "a", "id_number": id_number(0), "at": "2023-02-15T07:30:00+08:00"}
        await self.send("POST", f"{base}/attendance", json={"source": "g1", "records": [seen]})
        await self.send(
            "POST",
            f"{base}/attendance",
            json={"source": "g1", "records": [seen | {"record_key": id_number(1)}]},
            to_be=422,
        )
        await self.send(
            "POST", f"{base}/roster-entries/search", json={"id_number": id_number(0)}, to_be=200
        )
        await self.send("GET", f"{base}/roster-entries?phone={PHONE}&name={NAMES[0]}", to_be=200)
        await self.lead()
        await player.stage.settle()

    async def lead(self) -> None:
        body = {
            "source": "national_platform", "external_id": "L1", "area_code": COUNTY,
            "place": "某工地",
            "text": f"{NAMES[0]}: {PHONE}, {card_no(0)}",
            "received_at": "2023-02-15T08:00:00+08:00",
        }  # fmt: skip
        await self.client.call("POST", "/cases/v1/leads", body=body, role="provincial_system")

    async def send(
        self, method: str, path: str, *, key: str = "", to_be: int = 201, **said: Any
    ) -> httpx.Response:
        token = self.client.token("contractor", COUNTY, self.contractor)
        headers = {"authorization": f"Bearer {token}"} | ({"idempotency-key": key} if key else {})
        answer = await self.client.http.request(
            method, self.client.bases["payroll"] + path, headers=headers, **said
        )
        assert answer.status_code == to_be, answer.text
        return answer


def sent(content: bytes, name: str) -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content)}


def expect(wanted: Wanted) -> None:
    """Hold that the search looks for everybody of the story."""
    people = range(len(NAMES))
    assert {PHONE, *map(id_number, people), *map(card_no, people)} <= wanted.numbers
    assert set(NAMES) <= wanted.names


async def test_nothing_clear_lies_in_databases_and_files_and_what_is_planted_is_found(
    household: Town, tmp_path: Path
) -> None:
    await Story(household).tell()
    wanted = await Wanted.of(household.urls)
    expect(wanted)
    lying = [one async for one in dumped(household.urls)]
    kept = list(files(tmp_path / "files"))
    assert len(kept) >= FILES
    assert search(wanted, [*lying, *kept]) == set()
    await plant(household, tmp_path)
    lying = [one async for one in dumped(household.urls)]
    assert search(wanted, [*lying, *files(tmp_path / "files")]) == {
        ("payroll.crews", NAMES[0]), ("cases.planted", card_no(1)), ("cases.planted", NAMES[2]),
        (f"{tmp_path}/files/a", NAMES[1]),
    }  # fmt: skip


@pytest.mark.kafka
@pytest.mark.soak
async def test_nothing_clear_lies_in_topics_logs_and_traces_either(cluster: Cluster) -> None:
    traces = Collector()
    environment = cluster.environment
    assert isinstance(environment, dict)
    environment |= {"LOG_LEVEL": "DEBUG", "OTLP_ENDPOINT": traces.address}
    await cluster.start()
    await Story(cluster).tell()
    await cluster.stop()
    wanted = await Wanted.by(Keyring.parse(PII_KEYS), cluster.urls)
    expect(wanted)

    async def lying() -> list[tuple[str, bytes]]:
        found = [one async for one in dumped(cluster.urls)]
        found += [one async for one in topics(cluster.broker.address, *TOPICS)]
        return [*found, *files(cluster.folder), *traces.taken]

    everything = await lying()
    assert {"registry.events", "registry.outbox", "traces"} <= {
        where.partition("_2")[0] for where, _ in everything
    }
    assert any(where.endswith(".log") and said for where, said in everything)
    assert search(wanted, everything) == set()
    producer = AIOKafkaProducer(bootstrap_servers=cluster.broker.address)
    await producer.start()
    await producer.send_and_wait("payroll.events", f'{{"id": "{id_number(0)}"}}'.encode())
    await producer.stop()
    (cluster.folder / "planted.log").write_text(f"called {PHONE}")
    traces.taken.append(("traces", f"GET /x?phone={PHONE}".encode()))
    assert search(wanted, await lying()) == {
        ("payroll.events", id_number(0)), (f"{cluster.folder}/planted.log", PHONE),
        ("traces", PHONE),
    }  # fmt: skip
    traces.close()


async def plant(town: Town, folder: Path) -> None:
    """Let something clear lie in a column, a document of JSON, bytes and a packed file."""
    async with connected(town.urls["payroll"]) as connection:
        await connection.execute("UPDATE crews SET name = $1", f"{NAMES[0]}班组")
    async with connected(town.urls["cases"]) as connection:
        await connection.execute("CREATE TABLE planted (told jsonb, kept bytea)")
        row = f'{{"card": "6228 {card_no(1)[4:]}"}}', json.dumps({"name": NAMES[2]}).encode()
        await connection.execute("INSERT INTO planted VALUES ($1, $2)", *row)
    (folder / "files" / "a").write_bytes(gzip.compress(NAMES[1].encode("gb18030")))
