"""Workers' data are blanked when their time is over: not before, not under a hold, not unproved."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.payroll.models import ArrearsCase, DiscardedFile, SheetLine, Worker
from services.payroll.rules.retention import earlier, kept_until
from shared import clock
from shared.db import AuditRow, Sessions, new_id
from shared.files import FileMissing
from tests.fixtures.service import Time, Token, kept_files, nightly
from tests.payroll import attendance as gates
from tests.payroll import factories as make
from tests.payroll import sheets
from tests.payroll.test_roster import listed, post
from tests.payroll.test_sheet_uploads import SHEETS, known, send, workbook

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
DAY = date(2026, 6, 30)
"""The last day on which records are kept: three years after the later of both facts."""


@pytest.mark.parametrize(
    ("completed", "settled", "until"),
    [
        (date(2023, 6, 1), date(2023, 6, 30), DAY),
        (date(2023, 6, 30), date(2023, 6, 1), DAY),
        (date(2024, 2, 29), date(2024, 2, 1), date(2027, 3, 1)),
        (None, date(2023, 6, 30), None),
        (date(2023, 6, 30), None, None),
    ],
)
def test_time_begins_with_the_later_fact_and_never_without_both(
    completed: date | None, settled: date | None, until: date | None
) -> None:
    assert kept_until(completed, settled, 3) == until
    assert earlier(date(2024, 2, 29), 2) == date(2022, 2, 28)


class Site:
    """A project with a roster, a sheet as a file and somebody at its gate, and its office."""

    def __init__(self, client: AsyncClient, sessions: Sessions, token: Token) -> None:
        self.client, self.sessions = client, sessions
        self.office = token("wage_office", areas=[make.COUNTY])
        self.project = self.sheet = self.attendee = UUID(int=0)

    async def begin(self, time: Time) -> None:
        async with self.sessions.begin("test") as session:
            self.project = await known(session, time)
        self.sheet = (await send(self.client, self.project, workbook())).json()["sheet"]["id"]
        await gates.send(self.client, self.project, gates.seen("a"))
        async with self.sessions.begin("test") as session:
            self.attendee = await gates.attendee_id(session, self.project)

    async def ask(self, method: str, path: str, **said: Any) -> Response:
        url = f"/payroll/v1/{path.format(self.project)}"
        return await self.client.request(method, url, headers=self.office, json=said or None)

    async def tell(self, **said: Any) -> Response:
        return await self.ask("POST", "projects/{}/endings", basis="竣工结算审核报告", **said)

    async def night(self, day: date) -> None:
        await nightly(self.sessions, "blank_what_is_over", day)
        await nightly(self.sessions, "blank_what_is_over", day)

    async def clear(self) -> bool:
        """Say whether it is still told who the people are."""
        async with self.sessions.begin("test") as session:
            workers = (await session.scalars(select(Worker.id_number))).all()
            lines = (await session.scalars(select(SheetLine.id_number))).all()
        told = [sheets.ID_CARD in workers, sheets.ID_CARD in lines]
        assert len(set(told)) == 1, "all or nothing"
        return told[0]


@pytest.fixture
async def site(client: AsyncClient, sessions: Sessions, time: Time, token: Token) -> Site:
    made = Site(client, sessions, token)
    await made.begin(time)
    return made


async def test_nothing_is_blanked_early_under_hold_or_without_both_facts(
    site: Site, sessions: Sessions, time: Time
) -> None:
    later = date(2040, 1, 1)
    time.move_to(clock.at(later, 1))
    await site.night(later)
    assert (await site.tell(completed_on="2023-06-30")).status_code == 201
    await site.night(later)
    assert (await site.tell(completed_on="2041-01-01")).status_code == 422
    told = await site.tell(completed_on="2023-06-01", settled_on="2023-06-30")
    assert told.status_code == 201
    standing = (await site.ask("GET", "projects/{}/retention")).json()
    assert (standing["kept_until"], standing["holds"]) == (f"{DAY}", [])
    # On its last day they are kept.
    time.move_to(clock.at(DAY, 1))
    await site.night(DAY)
    time.move_to(clock.at(later, 1))
    hold = (await site.ask("POST", "projects/{}/legal-holds", reason="法院调取证据")).json()
    await site.night(later)
    lifted = await site.ask("POST", f"legal-holds/{hold['id']}/lifting", reason="案件审结")
    assert lifted.json()["lift_reason"] == "案件审结"
    async with sessions.begin("test") as session:
        case = ArrearsCase(id=new_id(), project_id=site.project, opened_at=clock.now())
        session.add(case)
    await site.night(later)
    refused = await site.tell(completed_on="2023-06-01", settled_on="2023-06-29")
    assert [one["code"] for one in refused.json()["errors"]] == ["case_open"]
    assert await site.clear()
    async with sessions.begin("test") as session:
        (await session.get_one(ArrearsCase, case.id)).closed_at = clock.now()
    await site.night(later)
    assert not await site.clear()


async def test_what_is_blanked_is_gone_everywhere_and_every_route_says_so(
    site: Site, sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    before = (await client.get(f"{SHEETS}/{site.sheet}")).json()
    day = date(2026, 7, 1)
    time.move_to(clock.at(day, 1))
    await site.tell(completed_on="2023-06-01", settled_on="2023-06-30")
    await site.night(day)
    assert not await site.clear()
    after = (await client.get(f"{SHEETS}/{site.sheet}")).json()
    assert [after[name] for name in ("net", "rows", "status")] == [
        before[name] for name in ("net", "rows", "status")
    ]
    lines = (await client.get(f"{SHEETS}/{site.sheet}/lines")).json()["items"]
    assert {(one["name"], one["id_number"], one["card_no"]) for one in lines} == {(None,) * 3}
    entries = await listed(client, site.project, "roster-entries")
    assert {(one["name"], one["id_number"], one["phone"]) for one in entries} == {("", "", None)}
    cards = await listed(client, site.project, "payee-accounts")
    assert {one["card_no"] for one in cards} == {""}
    days = f"/payroll/v1/projects/{site.project}/attendance/days"
    seen = await client.get(days, params={"period": sheets.PERIOD})
    assert seen.status_code == 200, seen.text
    sought = {"id_number": sheets.ID_CARD}
    found = await post(client, site.project, "roster-entries/search", sought)
    assert found.json() == []
    entry, purpose = entries[0]["id"], {"purpose": "核对"}
    asked = [
        await site.ask("POST", f"sheets/{site.sheet}/reveal", **purpose),
        await site.ask("POST", f"attendees/{site.attendee}/reveal", **purpose),
        await site.ask("POST", f"projects/{{}}/roster-entries/{entry}/reveal", **purpose),
        await client.post(f"{SHEETS}/{site.sheet}/annotated", json=purpose),
        await sheets.step(client, site.sheet, "check"),
        await sheets.step(client, site.sheet, "submit"),
    ]
    assert {one.status_code for one in asked} == {410}, [one.text for one in asked]
    async with sessions.begin("test") as session:
        audited = (await session.scalars(select(AuditRow).where(AuditRow.action == "blank"))).all()
        rows = {row.table_name: (row.after or {})["rows"] for row in audited}
    assert rows == {
        "sheet_lines": 2, "payee_accounts": 3, "attendees": 1, "workers": 3, "roster_entries": 3,
        "discarded_files": 1,
    }  # fmt: skip
    files = kept_files()
    async with sessions.begin("test") as session:
        (gone,) = (await session.scalars(select(DiscardedFile))).all()
        assert gone.discarded_at
    with pytest.raises(FileMissing):
        await files.open(gone.file_id)
    # Somebody who comes again is somebody new.
    async with sessions.begin("test") as session:
        await sheets.enrol(session, site.project, sheets.PEOPLE[0])
    [again] = (await post(client, site.project, "roster-entries/search", sought)).json()
    assert again["worker_id"] not in {one["worker_id"] for one in entries}
