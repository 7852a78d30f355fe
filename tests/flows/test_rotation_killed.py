"""`keys rotate`, ended by -9 in the middle of rows and of files, and begun again; the old key goes.

Then nothing bears its id, and doors find, show and give back all that came in under it.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from shared import db, pii, rotation
from shared.config import Runtime
from shared.db import Sessions
from shared.files import FileKind, Files
from shared.pii import Keyring
from tests.fixtures.database import connected, load
from tests.fixtures.processes import PII_KEYS, ROOT, Town, at_home
from tests.flows import sealed, searching
from tests.flows.test_clear_data import COUNTY, NAMES, PERIOD, PHONE, Story, sent, workbook
from tests.kafka import GUARD
from tests.payroll.people import card_no, id_number
from tests.waiting import until

OLD, _, _INDEX = PII_KEYS.partition(",")
NEW = f"of-today:{b64encode(b'of-today'.ljust(32, b'.')).decode()}"
BOTH, LATER = f"{NEW},{PII_KEYS}", f"{NEW},{_INDEX}"
OLD_HEAD, NEW_HEAD = (pii.head_of(one.partition(":")[0]) for one in (OLD, NEW))
LINES = 2 * rotation.BATCH + 100
BLOCKED_AT = rotation.BATCH + 200
FILES = 1_100
"""More than the store lists at once: between two lists the command takes its lock anew."""
TITLES = ("姓名", "身份证号", "银行卡号", "联系电话", "出勤天数", "应发工资", "实发工资")
WAITING = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
OURS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'xinqing%'
"""
# From some row on, a statement that changes lines waits as it would on a server that stands still.
STANDS_STILL = f"""
    CREATE SEQUENCE changed;
    CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('changed') > {BLOCKED_AT} THEN PERFORM pg_advisory_xact_lock(1); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER stand_still BEFORE UPDATE ON sheet_lines
        FOR EACH ROW EXECUTE FUNCTION stand_still();
"""
GOES_ON = "DROP TRIGGER stand_still ON sheet_lines"
BY_KEY = """
    SELECT count(*) FROM sheet_lines
    WHERE substring(id_number, 1, octet_length($1::bytea)) = $1::bytea
"""


class Command:
    """`services keys rotate` over databases and files that nobody serves meanwhile."""

    def __init__(self, urls: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.urls, self._environment = urls, {**environment, "PII_KEYS": BOTH}

    async def begun(self) -> Process:
        command = (*GUARD, sys.executable, "-m", "services", "keys", "rotate")
        return await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=self._environment, stdout=PIPE, stderr=PIPE
        )

    async def kill(self, process: Process) -> str:
        """End it at once, and wait until the servers have noticed; give what it had said."""
        process.kill()
        said, complained = await process.communicate()
        assert process.returncode == -SIGKILL, complained.decode()
        return said.decode()

    async def gone(self) -> None:
        """Wait until no session of its is left."""
        for url in self.urls.values():
            async with connected(url) as connection:
                await until_found(connection, OURS, 0)


async def until_found(connection: Any, query: str, expected: int) -> None:  # noqa: ANN401
    async def found() -> bool:
        return bool(await connection.fetchval(query) == expected)

    await until(found, within=60)


async def killed_among_rows(command: Command) -> None:
    """Kill it when one batch of lines is written and the next is half written."""
    async with AsyncExitStack() as stack:
        look = await stack.enter_async_context(connected(command.urls["payroll"]))
        await look.execute(STANDS_STILL)
        async with connected(command.urls["payroll"]) as held:
            await held.execute("SELECT pg_advisory_lock(1)")
            process = await command.begun()
            await until_found(look, WAITING, 1)
            await command.kill(process)
        await command.gone()
        await look.execute(GOES_ON)
        anew, left = [await look.fetchval(BY_KEY, head) for head in (NEW_HEAD, OLD_HEAD)]
        assert 0 < anew <= rotation.BATCH < left


async def killed_among_files(command: Command, folder: Path) -> None:
    """Kill it when it has begun to write files; it cannot end before, as its lock is awaited."""
    first = command.urls[min(command.urls)]
    take = "SELECT pg_advisory_lock(hashtextextended($1, 0))"
    async with connected(first) as look, connected(first) as behind:
        async with connected(first) as before:
            await before.fetchval(take, rotation.FILES_LOCK)
            process = await command.begun()
            await until_found(look, WAITING, 1)
            taken = asyncio.create_task(behind.fetchval(take, rotation.FILES_LOCK))
            await until_found(look, WAITING, 2)
            assert by_key(folder)[0] == 0
        await until(lambda: by_key(folder)[0] > 0, within=60)
        said = await command.kill(process)
        await taken
    await command.gone()
    # It went on with what the first one had left of the rows.
    assert "payroll: 0 rows" not in said
    assert "kept files" not in said
    anew, left = by_key(folder)
    assert anew > 0 < left


def by_key(folder: Path) -> tuple[int, int]:
    """Count the files that the new key sealed, and those that the old one did."""
    heads = [path.read_bytes()[: pii.LONGEST_HEAD] for path in folder.rglob("*") if path.is_file()]
    return tuple(sum(one.startswith(head) for one in heads) for head in (NEW_HEAD, OLD_HEAD))  # type: ignore[return-value]


# ---- what is there, before and after -----------------------------------------------------------


@asynccontextmanager
async def read(urls: Mapping[str, str], keys: str) -> AsyncIterator[Mapping[str, Sessions]]:
    """Give sessions of all services, which open what is sealed with some keys alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pii._Ring, "current", Keyring.parse(keys))  # noqa: SLF001  undone after
        made = {
            name: Sessions(db.engine(url, pool_size=1), url=url, service=name)
            for name, url in urls.items()
        }
        yield made
        for one in made.values():
            await one.close()


async def everything(urls: Mapping[str, str], files: Path, keys: str) -> dict[str, Any]:
    """Give all sealed values, all blind indexes, and all kept files with their names."""
    found: dict[str, Any] = {}
    async with read(urls, keys) as sessions:
        for name, one in sessions.items():
            found[name] = await sealed.kept(one, load(name))
            async with connected(urls[name]) as connection:
                found[f"{name} indexes"] = await indexes(connection)
        kept = Files.of(Runtime(data_dir=files.parent), pii.keyring())
        async for batch in kept.listed():
            found["files"] = found.get("files", {}) | {one: await kept.open(one) for one in batch}
    return found


async def indexes(connection: Any) -> Mapping[str, Sequence[str]]:  # noqa: ANN401
    columns = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name LIKE '%\\_index' ORDER BY 1, 2"
    )
    return {
        f"{table}.{column}": [row[0] for row in await connection.fetch(
            f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL ORDER BY 1'  # noqa: S608
        )]
        for table, column in columns
    }  # fmt: skip


async def bearing(urls: Mapping[str, str], files: Path) -> set[str]:
    """Give the tables that hold something which the old key sealed, and the folder of files."""
    found = [one async for one in searching.dumped(urls)]
    found += [("files", content) for _, content in searching.files(files)]
    signs = (OLD_HEAD, OLD_HEAD.hex().encode())
    return {where for where, content in found if any(one in content for one in signs)}


# ---- the story ---------------------------------------------------------------------------------


def large() -> bytes:
    rows = [(f"工人{n}", id_number(n), card_no(n), PHONE, 20, 5000, 5000) for n in range(LINES)]
    return workbook(TITLES, *rows)


class Grown(Story):
    """The story of people who come in by every door, with a large sheet."""

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.content = large()
        self.sheet = ""

    async def tell(self) -> None:
        await super().tell()
        self.sheet = (await self.upload(self.content)).json()["sheet"]["id"]
        body = {"url": "http://127.0.0.1:9/", "types": ["cases.watch_item_opened.v1"]}
        await self.ask("/alerts/v1/endpoints", body | {"areas": [COUNTY]})

    async def upload(self, content: bytes, run: int = 3) -> Any:  # noqa: ANN401  an answer
        form = {"period": PERIOD, "run": str(run)}
        path = f"/payroll/v1/projects/{self.project}/sheets"
        return await self.send("POST", path, data=form, files=sent(content, "工资表.xlsx"))

    async def check(self) -> None:
        """Find, show and give back by doors what came in under the old key."""
        base = f"/payroll/v1/projects/{self.project}/roster-entries"
        sought = (
            {"id_number": id_number(0)}, {"phone": PHONE, "id_number": id_number(0)},
            {"name": NAMES[0]}, {"card_no": card_no(0)},
        )  # fmt: skip
        found = [await self.send("POST", f"{base}/search", json=one, to_be=200) for one in sought]
        (entry,) = {one["id"] for answer in found for one in answer.json()}
        why = {"purpose": "核对身份"}
        shown = await self.ask(f"{base}/{entry}/reveal", why)
        assert (shown["id_number"], shown["name"], shown["phone"]) == (
            id_number(0),
            NAMES[0],
            PHONE,
        )
        # The same file is the same sheet; somebody who is on it is known on another.
        assert (await self.upload(self.content)).json()["sheet"]["id"] == self.sheet
        row = (NAMES[1], id_number(0), card_no(0), PHONE, 20, 5000, 5000)
        told = (await self.upload(workbook(TITLES, row, row), 4)).json()["findings"]
        assert {"person_twice", "name_differs"} <= {one["code"] for one in told}
        assert not {"not_on_roster", "card_differs"} & {one["code"] for one in told}
        await self.send("POST", f"/payroll/v1/sheets/{self.sheet}/check", to_be=200)
        path = f"/payroll/v1/sheets/{self.sheet}/annotated"
        back = await self.send("POST", path, json=why, to_be=200)
        assert back.content[:2] == b"PK"
        who = {"role": "wage_office", "area": COUNTY}
        (lead,) = (await self.client.call("GET", "/cases/v1/leads", **who))["items"]
        text = (await self.ask(f"/cases/v1/leads/{lead['id']}/reveal", why))["text"]
        assert text == f"{NAMES[0]}: {PHONE}, {card_no(0)}"

    async def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self.client.call("POST", path, body=body, role="wage_office", area=COUNTY)


@pytest.mark.soak
async def test_it_is_begun_again_and_all_that_the_old_key_sealed_stays_when_that_is_gone(
    home: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_home(home, tmp_path) as town:
        story = Grown(town)
        await story.tell()
        await story.check()
        environment = town.environment
    folder = tmp_path / "files"
    kept = Files.of(Runtime(data_dir=tmp_path), Keyring.parse(PII_KEYS))
    for n in range(FILES):
        await kept.keep(f"{NAMES[0]} {n}".encode(), kind=FileKind.CSV, name=f"{n}.csv")
    before = await everything(home, folder, PII_KEYS)
    assert {"payroll.workers", "cases.leads", "alerts.endpoints", "files"} <= await bearing(
        home, folder
    )
    command = Command(home, environment)
    await killed_among_rows(command)
    await killed_among_files(command, folder)
    process = await command.begun()
    said, complained = await process.communicate()
    assert (process.returncode, said.decode().splitlines()[-1]) == (
        0, "all is sealed by of-today",
    ), complained.decode()  # fmt: skip
    monkeypatch.setenv("PII_KEYS", LATER)
    assert await bearing(home, folder) == set()
    assert await everything(home, folder, LATER) == before
    async with at_home(home, tmp_path) as town:
        story.town, story.client = town, town.client
        await story.check()
