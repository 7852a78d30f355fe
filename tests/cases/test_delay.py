"""Who holds the delay, from what payroll tells to the answer over HTTP."""

from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from services.cases import actions
from services.cases.models import PayStage
from services.cases.rules.delay import StageCode
from services.cases.service import service
from shared.db import Session
from shared.events.base import Event
from shared.events.cases import WatchItemOpened, WatchItemRaised
from shared.events.payroll import PayMonthMoved
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.fixtures.service import Published, Time, Token

PATH = f"/cases/v1/projects/{an_id('p')}/delay"
office = pytest.mark.caller("wage_office", areas=[COUNTY])
MAY = an_id("p", "2023-05")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-06-02 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def tell(session: Session, *events: Event) -> None:
    for event in events:
        await service.handles[type(event)](session, event)
    await session.flush()  # As above.


async def paid(session: Session, on: str, said_at: str) -> None:
    when, day = at(said_at), date.fromisoformat(on)
    await actions.delay.reach_stage(
        session, MAY, StageCode.DEVELOPER_PAID, day, at=when, proof={"voucher": "V-1"}
    )
    await session.flush()  # As above.


async def delays(client: AsyncClient, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def charged(one: dict[str, Any]) -> dict[str, int]:
    return {each["party"]: each["days"] for each in one["charged"]}


@office
async def test_a_miss_is_held_by_the_developer_until_the_money_is_there(
    session: Session, client: AsyncClient, time: Time
) -> None:
    await tell(session, make.missed())
    [one] = await delays(client)
    # 26, 29, 30, 31 May, 1 and 2 June.
    assert charged(one) == {"developer": 6, "bank": 0}
    assert (one["days"], one["held_by"], one["as_of"]) == (6, "developer", "2023-06-02")
    assert one["charged"][0]["unit_id"] == str(make.DEVELOPER)
    assert one["waiting"]["zh"].startswith("等待建设单位")
    time.move_to(at("2023-06-30 10:00"))
    await tell(session, make.received("2023-05", "0.00", "2023-06-05 15:00"))
    [one] = await delays(client)
    assert charged(one) == {"developer": 7, "bank": 0}
    assert (one["held_by"], one["waiting"]) == (None, None)
    assert [stage["assumed"] for stage in one["stages"]] == [True, False]


@office
async def test_what_came_in_time_has_a_chain_without_delay(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.received("2023-05", "0.00", "2023-05-24 15:00"))
    [one] = await delays(client)
    assert (one["days"], one["held_by"], one["due_amount"]) == (0, None, None)


@office
async def test_the_last_line_that_settled_it_counts_not_the_one_told_last(
    session: Session, client: AsyncClient
) -> None:
    late = make.received("2023-05", "0.00", "2023-05-26 15:00", settled_on=date(2023, 5, 31))
    await tell(session, make.missed(), late)
    [one] = await delays(client)
    assert charged(one) == {"developer": 4, "bank": 0}


@office
async def test_part_of_the_money_stops_no_clock(session: Session, client: AsyncClient) -> None:
    await tell(session, make.missed(), make.received("2023-05", "1.00", "2023-05-29 15:00"))
    [one] = await delays(client)
    assert (charged(one)["developer"], one["held_by"]) == (6, "developer")


@office
async def test_once_the_developer_paid_the_days_are_the_banks(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed())
    await paid(session, "2023-05-30", "2023-05-31 11:00")
    [one] = await delays(client)
    assert charged(one) == {"developer": 3, "bank": 3}
    assert one["held_by"] == "bank"


@pytest.mark.caller("contractor", areas=[COUNTY], org=make.CONTRACTOR)
async def test_the_contractors_item_says_for_whom_it_waits(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed())
    item = await make.item_about(session, MAY)
    shown = (await client.get(f"/cases/v1/watch-items/{item.id}")).json()
    assert shown["waiting_for"] == "developer"
    assert "暂停" in shown["waiting"]["zh"]
    await paid(session, "2023-05-30", "2023-05-31 11:00")
    shown = (await client.get(f"/cases/v1/watch-items/{item.id}")).json()
    assert shown["waiting_for"] == "bank"
    await tell(session, make.received("2023-05", "0.00", "2023-05-31 15:00"))
    shown = (await client.get(f"/cases/v1/watch-items/{item.id}")).json()
    assert (shown["waiting_for"], shown["waiting"], shown["state"]) == (None, None, "closed")


async def test_the_news_of_an_item_says_it_too(session: Session, published: Published) -> None:
    await tell(session, make.missed(), make.missed("2023-06"))
    opened = await published(session, WatchItemOpened)
    raised = await published(session, WatchItemRaised)
    assert {event.waiting_for for event in [*opened, *raised]} == {"developer"}


@office
async def test_who_had_paid_before_the_miss_is_known_is_not_waited_for(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.received("2023-05", "100.00", "2023-05-25 15:00"))
    await paid(session, "2023-05-25", "2023-05-25 17:00")
    await tell(session, make.missed(occurred_at=at("2023-05-27 09:00")))
    assert (await make.item_about(session, MAY)).waiting_for == "bank"
    [one] = await delays(client)
    assert charged(one) == {"developer": 0, "bank": 6}


async def test_a_payment_that_came_back_is_the_developers_again(session: Session) -> None:
    await tell(session, make.missed())
    await paid(session, "2023-05-30", "2023-05-31 11:00")
    back = {"at": at("2023-06-01 11:00"), "proof": {"returned": "R-1"}}
    for _ in range(2):
        await actions.delay.reach_stage(session, MAY, StageCode.DEVELOPER_PAID, None, **back)
    assert (await make.item_about(session, MAY)).waiting_for == "developer"
    # Old news told once more changes nothing.
    await paid(session, "2023-05-30", "2023-05-31 11:00")
    assert (await make.item_about(session, MAY)).waiting_for == "developer"
    assert await session.scalar(select(func.count()).select_from(PayStage)) == 1


@office
async def test_periods_are_shown_in_order_and_found_by_month(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, *(make.missed(f"2023-0{month}") for month in (5, 3, 4)))
    assert [one["period"] for one in await delays(client)] == ["2023-03", "2023-04", "2023-05"]
    assert [one["period"] for one in await delays(client, period="2023-04")] == ["2023-04"]
    first = (await client.get(PATH, params={"limit": 2})).json()
    rest = (await client.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["period"] for one in rest["items"]] == ["2023-05"]
    assert (await client.get(PATH, params={"period": "2023-13"})).status_code == 422


async def test_whose_project_it_is_not_finds_nothing(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await tell(session, make.missed())
    for headers in (
        token("wage_office", areas=[NEIGHBOUR]),
        token("contractor", areas=[COUNTY], org=an_id("another")),
        token("bank", areas=[COUNTY], org=make.BANK),
    ):
        answer = await client.get(PATH, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/project-unknown")


def wages(said_at: str, **told: Any) -> PayMonthMoved:
    """Give how far May's wages have come."""
    said: dict[str, Any] = {
        "owed": True, "employer_id": an_id("crew"), "submitted_on": None, "reviewed_on": None,
        "sent_on": None, "settled_on": None,
    }  # fmt: skip
    days = {name: told[name] and date.fromisoformat(told[name]) for name in told}
    return PayMonthMoved(
        project_id=an_id("p"), area_code=COUNTY, period="2023-05", occurred_at=at(said_at),
        **(said | days),
    )  # fmt: skip


@office
async def test_the_chain_goes_on_from_the_money_to_the_worker_s_account(
    session: Session, client: AsyncClient, time: Time
) -> None:
    """Each working day is one party's; a sheet that was ready before the money cost nobody any.

    Of June 2023: the 22nd and 23rd are holidays, Sunday the 25th is worked.
    """
    time.move_to(at("2023-06-05 10:00"))
    # The sheet is there on 2 June, and nobody is charged for it while the money is not.
    await tell(session, make.missed(), wages("2023-06-02 16:00", submitted_on="2023-06-02"))
    [one] = await delays(client)
    assert (charged(one)["developer"], charged(one)["subcontractor"]) == (7, 0)
    assert one["held_by"] == "developer", "no clock runs before the stage ahead is done (B11)"
    time.move_to(at("2023-06-07 10:00"))
    await tell(session, make.received("2023-05", "0.00", "2023-06-05 15:00"))
    [one] = await delays(client)
    assert charged(one) == {
        "developer": 7, "bank": 0, "nobody": 0, "subcontractor": 0, "contractor": 2,
    }  # fmt: skip
    assert (one["held_by"], one["days"]) == ("contractor", 9)
    # It goes back and comes again on the 9th, and the contractor's steps take until the 13th.
    time.move_to(at("2023-06-09 10:00"))
    await tell(session, wages("2023-06-08 09:00"))
    [one] = await delays(client)
    assert (one["held_by"], charged(one)["subcontractor"], one["days"]) == ("subcontractor", 4, 11)
    unit = next(each for each in one["charged"] if each["party"] == "subcontractor")["unit_id"]
    assert unit == str(an_id("crew"))
    time.move_to(at("2023-06-30 10:00"))
    course = {"submitted_on": "2023-06-09", "reviewed_on": "2023-06-12", "sent_on": "2023-06-13"}
    await tell(session, wages("2023-06-20 10:00", **course, settled_on="2023-06-20"))
    await tell(session, wages("2023-06-14 10:00"))  # Older news changes nothing.
    [one] = await delays(client)
    assert charged(one) == {
        "developer": 7, "bank": 5, "nobody": 0, "subcontractor": 4, "contractor": 2,
    }  # fmt: skip
    assert (one["held_by"], one["waiting"], one["days"]) == (None, None, 18)
    assert [stage["code"] for stage in one["stages"]][-2:] == ["bank_paid", "workers_credited"]


@office
async def test_nobody_holds_a_month_that_is_not_over(
    session: Session, client: AsyncClient, time: Time
) -> None:
    """Paid early: from the due day to the end of May nobody's; an own crew's sheet is the GC's."""
    time.move_to(at("2023-06-02 10:00"))
    own = wages("2023-06-01 00:10").model_copy(update={"employer_id": make.CONTRACTOR})
    early = make.received("2023-05", "0.00", "2023-05-24 15:00", contractor_id=make.CONTRACTOR)
    await tell(session, early, own)
    [one] = await delays(client)
    # 26, 29, 30, 31 May; 1 and 2 June.
    assert charged(one) == {"developer": 0, "bank": 0, "nobody": 4, "contractor": 2}
    assert one["held_by"] == "contractor"
