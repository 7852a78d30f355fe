"""The day by which a case has to be cleared, and that it is told of before."""

from datetime import date

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import WatchItem
from services.cases.rules import case_clocks
from shared import workdays
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at, calendar_told
from tests.cases.test_arrears import CASES, opened
from tests.fixtures.service import Time

desk = pytest.mark.caller("intake_desk", areas=[COUNTY], subject="desk")
CALENDAR = workdays.national_calendar(range(2020, 2027))


@pytest.mark.parametrize(
    ("arisen", "investment", "expected"),
    [
        ("2025-11-30", "government", "2025-12-31"),
        ("2025-01-05", "state_firm", "2025-12-31"),
        ("2026-01-05", "ppp", "2026-12-31"),
        # Saturday 14 February 2026 is worked, and the festival is the 17th.
        ("2025-11-30", "private", "2026-02-14"),
        ("2026-01-31", None, "2026-02-14"),
        ("2026-02-15", "private", "2027-02-05"),
        ("2023-01-22", "private", "2024-02-09"),
        (None, "private", None),
        ("1900-01-31", "private", None),
        ("2023-06-30", "private", "2024-02-09"),
    ],
)
def test_who_pays_and_when_it_arose_give_the_clearing_day(
    arisen: str | None, investment: str | None, expected: str | None
) -> None:
    day = date.fromisoformat(arisen) if arisen else None
    found = case_clocks.clear_by(day, investment, CALENDAR)
    assert (found and found.isoformat()) == expected


@desk
async def test_a_clearing_day_is_listed_and_counted_down_from_ten_working_days_before(
    session: Session, client: AsyncClient, time: Time
) -> None:
    time.move_to(at("2023-11-01 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.
    public = await opened(client, investment="government", months="2023-09")
    other = await opened(client, external_id="H-2", months="2023-09", own_case=True)
    assert (public["clear_by"], other["clear_by"]) == ("2023-12-31", "2024-02-09")
    until = {"clear_by_until": "2023-12-31"}
    listed = (await client.get(CASES, params=until)).json()["items"]
    assert [one["id"] for one in listed] == [public["id"]]
    assert (await client.get(f"{CASES}/counts", params=until)).json()["total"] == 1
    await make.tell(session, calendar_told(2024, occurred_at=at("2023-11-02 09:00")))
    statement = select(WatchItem).where(
        WatchItem.kind == "case_limit_near", WatchItem.key.contains("clear_by")
    )
    await make.pass_time(session, at("2023-12-18 08:00"))
    assert (await session.scalars(statement)).all() == []
    await make.pass_time(session, at("2024-01-02 08:00"))
    [item] = (await session.scalars(statement)).all()
    climbed = [(level, f"{when:%m-%d}") for level, when in await make.climbed(session, item)]
    assert [level for level, _ in climbed] == ["blue", "yellow", "orange", "red"]
