"""What somebody from another area, or of another organisation, gets of rows that are there."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import exports
from shared.areas import NATION
from shared.auth import ApiKey, Caller, make_token, new_key
from shared.config import Runtime
from shared.db import Plumbing, new_id
from shared.files import MEDIA_TYPES, FileKind
from shared.roles import LIMITED_TO_OWN
from tests.contracts.access import alerts, cases, fields, payroll, registry, table
from tests.contracts.access.rows import ELSEWHERE, HERE, Request, Rows, park
from tests.contracts.access.table import PUBLIC, Route
from tests.contracts.conftest import Process
from tests.fixtures.database import load, names
from tests.fixtures.service import Time

CODES = re.compile(rf"\b{HERE}(\d{{3}})?\b")
# What persons decide no machine decides.
FOR_PERSONS = {
    "POST /payroll/v1/bank-feeds/{feed_id}/waivers",
    "POST /cases/v1/correction-orders/{order_id}/sign",
    "POST /cases/v1/correction-orders/{order_id}/penalty",
    "POST /cases/v1/extensions/{extension_id}/decision",
    "POST /cases/v1/watch-items/{item_id}/closings",
    "POST /cases/v1/watch-items/{item_id}/reopen",
    "POST /cases/v1/closings/{closing_id}/decision",
    "POST /cases/v1/funding-orders/{order_id}/approval",
    "POST /cases/v1/restrictions/{restriction_id}/decision",
    "POST /cases/v1/restrictions/{restriction_id}/lifting",
    "POST /cases/v1/incidents/{incident_id}/decision",
    "POST /cases/v1/incidents/{incident_id}/end",
    "POST /payroll/v1/allocations",
    "POST /payroll/v1/allocations/{allocation_id}/confirm",
    "POST /payroll/v1/allocations/{allocation_id}/refuse",
    "POST /payroll/v1/allocations/{allocation_id}/reversal",
    "POST /registry/v1/projects/{project_id}/suspensions",
    "POST /registry/v1/suspensions/{suspension_id}/decide",
    "POST /payroll/v1/wage-accounts/{account_id}/closings",
    "POST /registry/v1/requirements/{requirement_id}/exemptions",
    "POST /registry/v1/exemptions/{exemption_id}/confirm",
    "POST /payroll/v1/sheets/{sheet_id}/review",
    "POST /payroll/v1/sheets/{sheet_id}/approve",
    "POST /payroll/v1/sheets/{sheet_id}/return",
    "POST /payroll/v1/sheets/{sheet_id}/disbursements",
    "POST /payroll/v1/disbursements/{disbursement_id}/retry",
    "POST /payroll/v1/disbursements/{disbursement_id}/lines/{line_id}/disputes",
    "POST /payroll/v1/disbursements/{disbursement_id}/disputes/{dispute_id}/close",
    "POST /alerts/v1/silences",
    "POST /alerts/v1/silences/{silence_id}/approve",
    "POST /alerts/v1/silences/{silence_id}/end",
}
# What is refused elsewhere although its body names no area: it names rows of one.
NAMES_ROWS = {
    "POST /registry/v1/requirements/evidence",
    "POST /alerts/v1/leaves",
    "POST /cases/v1/contractor-arrears",
}
REFUSALS = {"404": {404}, "403 or 404": {403, 404}, "refused": {404, 409, 422}}
# As the server counts in the transaction in which everything of a test happens.
WRITTEN = text("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
MAKERS = {"registry": registry, "payroll": payroll, "cases": cases, "alerts": alerts}


def callers(role: str, route: Route, parties: Mapping[str, UUID]) -> Iterator[tuple[Caller, bool]]:
    """Give callers with a role, and whether the row under test is theirs to see."""
    roles, here, there = frozenset({role}), frozenset({HERE}), frozenset({ELSEWHERE})
    nobodys = route.elsewhere == "–"  # what it tells is of no area and no unit
    if nobodys or role not in LIMITED_TO_OWN:
        yield Caller("tester", roles, here), True
        yield Caller("tester", roles, there), nobodys
        return
    named = route.parties if route.parties is not None else parties.keys()
    assert named <= parties.keys(), f"{route.name}: {sorted(named)}"
    own = {parties[party] for party in named}
    for org in {*parties.values(), new_id()}:
        yield Caller("tester", roles, here, org), org in own or route.parties is None
    yield Caller("tester", roles, there, min(own)), False
    yield Caller("tester", roles, here), False


def shows(answer: Response, mark: object) -> bool:
    """Say whether a list holds the row, or a count counts anything."""
    total = counted(told(answer))
    return str(mark) in answer.text if total is None else bool(total)


def told(answer: Response) -> Any:  # noqa: ANN401  a JSON value
    """Give what an answer tells; of an export its rows, as a list has them; a file as it is.

    Of a workbook, the numbered rows of its first sheet.
    """
    if answer.headers["content-type"] == MEDIA_TYPES[FileKind.XLSX]:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        rows = [row for row in book.get_sheet_by_index(0).to_python() if isinstance(row[0], float)]
        return {"items": rows, "total": len(rows)}
    if answer.headers["content-type"] != exports.MEDIA_TYPE:
        is_json = "json" in answer.headers["content-type"]
        said = answer.json() if is_json else answer.content
        return {"items": said} if isinstance(said, list) else said
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {"items": [line["row"] for line in lines if line["kind"] == "row"]}


def counted(said: Mapping[str, Any]) -> int | None:
    """Give how many rows an answer counts, in all; None of one that counts none."""
    total = said.get("total")
    if isinstance(total, dict):
        return total.get("projects", total.get("known"))
    return total


@dataclass
class Hefeng:
    """One service with rows of a county, and whoever asks for them."""

    name: str
    process: Process
    runtime: Runtime
    rows: Rows
    connection: AsyncConnection
    before: str = ""
    """The digest of all rows before anybody called."""
    _tokens: dict[Caller, str] = field(default_factory=dict)

    def headers(self, caller: Caller) -> dict[str, str]:
        if caller not in self._tokens:
            self._tokens[caller] = make_token(
                self.runtime, subject=caller.subject, roles=caller.roles, areas=caller.areas,
                org=caller.org,
            )  # fmt: skip
        return {"authorization": f"Bearer {self._tokens[caller]}"}

    async def key(self, caller: Caller) -> str:
        """Let a machine call with a caller's roles, areas and organisation; give its key."""
        key, key_hash = new_key()
        async with self.process.sessions[self.name].begin("test") as session:
            session.add(
                ApiKey(
                    id=new_id(), key_hash=key_hash, name="machine", roles=sorted(caller.roles),
                    areas=sorted(caller.areas), org_id=caller.org,
                )
            )  # fmt: skip
        return key

    async def call(
        self,
        name: str,
        caller: Caller,
        sent: Request,
        *,
        key: str | None = None,
        undo: bool = True,
        unchanged: bool = False,
    ) -> Response:
        """Send a request whose work is undone after it; see that it did nothing, if asked to."""
        method, said = name.split(maxsplit=1)[0], dict(sent)
        who = {"authorization": f"Bearer {key}"} if key else self.headers(caller)
        said["headers"] = {**said.get("headers", {}), **who}
        undone = await self.connection.begin_nested()
        written = await self.written() if unchanged else 0
        answer = await self.process.http.request(method, self.rows.path(name), **said)
        # What was written and undone may have been; a digest of all rows tells, and takes long.
        if unchanged and await self.written() != written:
            assert await self.digest() == self.before, f"{name} {caller} wrote something"
        await (undone.rollback() if undo else undone.commit())
        return answer

    async def written(self) -> int:
        """Count the rows written so far, those that were undone again too, in any table."""
        return int(await self.connection.scalar(WRITTEN) or 0)

    async def digest(self) -> str:
        """Give a digest of every row of every table, audit and outbox included."""
        tables = [*load(self.name).metadata.tables, *Plumbing.metadata.tables]
        hashes = " UNION ALL ".join(
            f"SELECT '{table}' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS h"  # noqa: S608  our own tables
            f" FROM {table} AS t"
            for table in tables
        )
        statement = f"SELECT md5(string_agg(h, '' ORDER BY h)) FROM ({hashes}) AS all_tables"  # noqa: S608  as above
        return str(await self.connection.scalar(text(statement)))

    async def meet(self, route: Route, sent: Request, caller: Caller) -> Response:
        """Call a route as somebody whose row this is: it works, and shows the row."""
        answer = await self.call(route.name, caller, sent)
        assert answer.is_success, f"{route.name} {caller}: {answer.status_code} {answer.text}"
        if route.name in self.rows.marks or route.elsewhere == "not shown":
            assert shows(answer, self.rows.mark(route.name)), f"{route.name} {caller}"
        return answer

    async def miss(self, route: Route, sent: Request, caller: Caller) -> Response:
        """Call a route as somebody from elsewhere: the answer is the table's, nothing is done."""
        answer = await self.call(route.name, caller, sent, unchanged=route.writes)
        said = f"{route.name} {caller}: {answer.status_code} {answer.text}"
        if route.elsewhere == "not shown":
            assert answer.status_code == 200, said
            assert not shows(answer, self.rows.mark(route.name)), said
            assert f'"{HERE}"' not in answer.text, said
        else:
            assert answer.status_code in REFUSALS[route.elsewhere], said
        return answer


async def with_rows(name: str, process: Process, runtime: Runtime, time: Time) -> Hefeng:
    """Give a service with its rows made."""
    sessions = process.sessions[name]
    async with sessions.begin("test") as session:
        rows = await MAKERS[name].rows(session, time)
        await park(session, name, rows)
    assert isinstance(sessions.bind, AsyncConnection)
    return Hefeng(name, process, runtime, rows, sessions.bind)


@pytest.fixture(params=names())
async def hefeng(
    request: pytest.FixtureRequest, process: Process, runtime: Runtime, time: Time
) -> Hefeng:
    """Give each service in turn, with its rows made."""
    made = await with_rows(request.param, process, runtime, time)
    made.before = await made.digest()
    return made


def guarded(hefeng: Hefeng) -> Iterator[tuple[Route, Request]]:
    """Give every route of a service that is not open to all, with each request for it."""
    for route in table.routes():
        if route.service == hefeng.name and route.permission != PUBLIC:
            for sent in hefeng.rows.requests.get(route.name, [{}]):
                yield route, sent


def of_role(hefeng: Hefeng, route: Route, role: str, *, own: bool) -> Caller:
    """Give a caller of a role who meets the rows of a route, or one who does not."""
    found = callers(role, route, hefeng.rows.parties)
    return next(caller for caller, meets in found if meets is own)


async def test_rows_are_met_by_their_own_alone_and_name_nobody(hefeng: Hefeng) -> None:
    """What an answer shows of people is masked, for all the same: the table of fields holds."""
    found = fields.Fields(hefeng.name, await fields.clear(hefeng.name, hefeng.connection))
    for route, sent in guarded(hefeng):
        for role in sorted(table.holders()[route.permission]):
            for caller, own in callers(role, route, hefeng.rows.parties):
                answer = await (hefeng.meet if own else hefeng.miss)(route, sent, caller)
                found.look(route, sent, caller, answer)
    assert found.by_role() == fields.expected(hefeng.name)
    assert not found.lacking(), "no row of this test shows it"


async def test_whoever_has_no_area_or_no_unit_of_his_own_sees_nothing(hefeng: Hefeng) -> None:
    for route, sent in guarded(hefeng):
        if route.elsewhere != "not shown":
            continue
        for role in sorted(table.holders()[route.permission]):
            caller = Caller("nobody", frozenset({role}), frozenset())
            if role in LIMITED_TO_OWN:
                caller = Caller("nobody", frozenset({role}), frozenset({NATION}))
            said = told(await hefeng.call(route.name, caller, sent))
            assert not counted(said), f"{role}: {route.name}"
            assert said.get("items", []) == [], f"{role}: {route.name}"


async def test_what_is_no_area_opens_none(hefeng: Hefeng) -> None:
    """Neither a prefix of digits nor a pattern nor a path is an area; what lies below sees less."""
    village = {"422828101201"}
    for areas in ({"42282", "42282%", "%", "/0/", "/0/42/4228/422828/", ""}, village):
        for route, sent in guarded(hefeng):
            roles = table.holders()[route.permission] - LIMITED_TO_OWN
            governed = areas is village and route.rows.endswith("above")
            for role in sorted(roles)[: route.elsewhere != "–" and not governed]:
                caller = Caller("tester", frozenset({role}), frozenset(areas))
                await hefeng.miss(route, sent, caller)


async def test_nothing_is_written_into_an_area_above_or_beside(hefeng: Hefeng) -> None:
    for route, sent in guarded(hefeng):
        if route.elsewhere != "refused" or route.name in NAMES_ROWS:
            continue
        for area in (ELSEWHERE, "4228", NATION):
            for role in sorted(table.holders()[route.permission] - LIMITED_TO_OWN):
                moved = into(area, sent)
                assert moved != sent, f"{route.name} names no area"
                await hefeng.miss(route, moved, of_role(hefeng, route, role, own=True))


def into(area: str, sent: Request) -> Request:
    """Give a request for the same in another area: HERE and towns in it become that area."""
    if "content" in sent:
        return {**sent, "content": CODES.sub(area, sent["content"].decode()).encode()}
    if "files" in sent:
        return {**sent, "data": json.loads(CODES.sub(area, json.dumps(sent["data"])))}
    moved: Request = json.loads(CODES.sub(area, json.dumps(sent)))
    return moved


async def test_no_stored_answer_is_given_to_another_scope(hefeng: Hefeng) -> None:
    """Somebody who works elsewhere now repeats a request of his that went well here."""
    for route, sent in guarded(hefeng):
        if route.writes:
            role, key = min(table.holders()[route.permission]), {"idempotency-key": route.name}
            again = {**sent, "headers": {**sent.get("headers", {}), **key}}
            outer = await hefeng.connection.begin_nested()
            for own, expected in ((True, True), (False, False)):
                caller = of_role(hefeng, route, role, own=own)
                answer = await hefeng.call(route.name, caller, again, undo=False)
                assert answer.is_success is expected, f"{route.name} {answer.text}"
                assert "idempotency-replayed" not in answer.headers, route.name
            await outer.rollback()


async def test_a_machine_meets_what_a_person_of_its_role_meets(hefeng: Hefeng) -> None:
    keys: dict[Caller, str] = {}
    for route, sent in guarded(hefeng):
        role = min(table.holders()[route.permission])
        for own in (True,) if route.elsewhere == "–" else (True, False):
            caller = of_role(hefeng, route, role, own=own)
            keys[caller] = keys.get(caller) or await hefeng.key(caller)
            person = await hefeng.call(route.name, caller, sent)
            machine = await hefeng.call(route.name, caller, sent, key=keys[caller])
            said = f"{route.name} {caller}: {machine.text}"
            asked = {person.status_code}
            if route.name in FOR_PERSONS:
                # What is not there may be said to be not there before it is asked who calls.
                asked = {403} if person.is_success else {403, *asked}
            assert machine.status_code in asked, said
            if route.method == "GET" and route.elsewhere != "–":
                assert told(machine) == told(person), said
