"""The picture of a month, from who was seen at the gates to the last line that settled."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from services.payroll import actions
from services.payroll.models import Condition, Source
from services.payroll.rules.conditions import WAGES
from services.payroll.schemas.roster import MovementsIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from shared.events.conditions import PayrollConditionEnded
from shared.events.payroll import PayMonthMoved
from tests.fixtures.service import Published, Time, Token
from tests.payroll import attendance, sheets
from tests.payroll import disbursements as pay
from tests.payroll import factories as make
from tests.payroll.disbursements import V1
from tests.payroll.test_disbursement_results import Sent, returned, settled

Speak = Callable[..., None]
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"2023-{said}").replace(tzinfo=clock.BEIJING)


@pytest.fixture
def speak(client: AsyncClient, token: Token) -> Speak:
    return pay.speaker(client, token)


async def look(session: Session, time: Time, now: str) -> dict[str, tuple[Any, ...]]:
    """Let the poll look at an instant; give what holds then, by kind."""
    time.move_to(at(now))
    await session.flush()
    while await actions.paydays.review(session, clock.now(), 50):
        pass
    await session.flush()
    rows = await session.scalars(
        select(Condition).where(Condition.ended_at.is_(None), Condition.kind.in_(WAGES))
    )
    return {row.kind: (row.period, row.since.isoformat(), row.value) for row in rows}


async def leave(session: Session, project: UUID, *numbers: str) -> None:
    """Let people leave the site on 28 March."""
    roster = Caller("roster", frozenset({"contractor"}), frozenset({make.COUNTY}), make.CONTRACTOR)
    said = [{"id_number": one, "kind": "out", "day": "2023-03-28"} for one in numbers]
    body = MovementsIn.model_validate({"movements": said})
    await actions.roster_moves.move_workers(session, roster, project, body, clock.now())


async def sent(client: AsyncClient, speak: Speak, project: UUID, *lines: Any, run: int) -> Sent:
    """Bring a sheet to the bank, each step by another person."""
    speak("contractor", "maker")
    answer = await sheets.send(client, project, sheets.body(*lines, run=run))
    assert answer.status_code == 201, answer.text
    sheet_id = await pay.passed(client, speak, answer.json()["sheet"]["id"])
    done = await pay.send(client, sheet_id)
    assert done.status_code == 201, done.text
    return Sent(client, speak, done.json()["disbursement"])


async def picture(client: AsyncClient, project: UUID, *names: str) -> list[Any]:
    [month] = (await client.get(f"{V1}/projects/{project}/months")).json()["items"]
    return [month[name] for name in names]


async def test_a_month_is_followed_until_everybody_who_attended_is_paid(
    client: AsyncClient, session: Session, *, time: Time, published: Published, speak: Speak
) -> None:  # fmt: skip
    """Three attended, two of them left; one line comes back, and one is on no sheet at first."""
    project = await pay.known(session, time)
    people = (sheets.ID_CARD, sheets.OTHER_CARD, sheets.THIRD_CARD)
    seen = [attendance.seen(f"{n}", id_number=one) for n, one in enumerate(people)]
    assert (await attendance.send(client, project, *seen)).status_code == 201
    await leave(session, project, *people[:2])
    left, missing = ("2023-03-28", "2023-03-28", None), ("2023-03", "2023-04-25", None)
    assert await look(session, time, "04-03 09:30") == {
        "leaver_not_settled": left, "payroll_not_submitted": missing,
    }  # fmt: skip
    names = ("state", "attended", "on_sheet", "settled", "returned", "pending", "paid_share")
    assert await picture(client, project, *names) == ["not_submitted", 3, 0, 0, 0, 0, "0.00"]

    batch = await sent(client, speak, project, sheets.line(), sheets.second(), run=1)
    assert await look(session, time, "04-03 10:00") == {"leaver_not_settled": left}
    speak("contractor", "maker")
    assert await picture(client, project, *names) == ["under_way", 3, 2, 0, 0, 2, "0.00"]
    assert (await batch.tell(settled(0), returned(1))).status_code == 200
    await look(session, time, "04-03 11:00")
    speak("contractor", "maker")
    assert await picture(client, project, *names) == ["under_way", 3, 2, 1, 1, 0, "33.33"]
    # Its day is over, and the bank has told of all days up to it.
    await session.execute(update(Source).values(fed_until=date(2023, 4, 25)))
    assert await look(session, time, "04-26 00:01") == {
        "leaver_not_settled": left, "wages_unpaid": missing,
        "paid_share_low": ("2023-03", "2023-04-25", Decimal("33.33")),
    }  # fmt: skip

    assert (await batch.retry()).status_code == 200
    done = await batch.tell(settled(1, "S2", "2023-04-26", attempt=2))
    assert done.status_code == 200, done.text
    assert await look(session, time, "04-26 10:00") == {
        "paid_share_low": ("2023-03", "2023-04-25", Decimal("66.66"))
    }
    speak("contractor", "maker")
    assert await picture(client, project, *names) == ["paid", 3, 2, 2, 0, 0, "66.66"]
    days = ("submitted_on", "reviewed_on", "sent_on", "settled_on", "settled_total")
    assert await picture(client, project, *days) == [
        "2023-04-03", "2023-04-03", "2023-04-03", "2023-04-26", "11000.00",
    ]  # fmt: skip
    rest = await sent(client, speak, project, sheets.third(), run=2)
    assert (await rest.tell(settled(0, "S3", "2023-04-26"))).status_code == 200
    assert await look(session, time, "04-26 15:00") == {}
    told = await published(session, PayrollConditionEnded)
    assert {one.kind: one.reason for one in told if one.kind in WAGES} == {
        "payroll_not_submitted": "sheet_submitted", "wages_unpaid": "wages_settled",
        "leaver_not_settled": "leaver_settled", "paid_share_low": "all_paid",
    }  # fmt: skip
    moved = await published(session, PayMonthMoved)
    assert [(one.submitted_on, one.sent_on, one.settled_on) for one in moved] == [
        (None, None, None), (date(2023, 4, 3), date(2023, 4, 3), None),
        (date(2023, 4, 3), date(2023, 4, 3), date(2023, 4, 26)),
        # A second sheet for the third: all of it was with the bank only then.
        (date(2023, 4, 3), date(2023, 4, 26), date(2023, 4, 26)),
    ]  # fmt: skip
    speak("contractor", "maker")
    counts = (await client.get(f"{V1}/months/counts", params={"period": "2023-03"})).json()
    sums = [counts[name] for name in ("months", "months_paid", "attended", "attended_paid")]
    assert (sums, counts["settled_total"], counts["settled_share"]) == (
        [1, 1, 3, 3], "16500.00", "100.00",
    )  # fmt: skip
    found = (await client.get(f"{V1}/months", params={"state": "paid"})).json()["items"]
    assert [one["project_id"] for one in found] == [f"{project}"]
    assert (await client.get(f"{V1}/months", params={"state": "unpaid"})).json()["items"] == []
