"""On sites and in payrolls: what is wrong is found, told as it moves, and ends by its proof."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.payroll import actions, handlers, jobs, queries
from services.payroll.rules.conditions import ProjectFacts
from services.payroll.rules.labour_conditions import (
    OnSite,
    Paid,
    PayMonth,
    Payroll,
    Site,
    of_sheets,
    of_site,
    ratio,
)
from services.payroll.rules.labour_conditions import weight as weighed
from services.payroll.schemas import attendance as bodies
from services.payroll.schemas.expectations import ExpectationIn
from services.payroll.schemas.roster import RosterIn
from services.payroll.schemas.tellings import ContractsIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.registry import OrganisationRegistered, ProjectSuspended
from tests.fixtures.service import Published, Time
from tests.payroll import attendance, people, sheets
from tests.payroll import factories as make

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
VENDOR = Caller("key:gate", frozenset({"gate_vendor"}), frozenset({make.COUNTY}))
CONTRACTOR = Caller("r", frozenset({"contractor"}), frozenset({make.COUNTY}), make.CONTRACTOR)
Told: TypeAlias = list[tuple[str, Any, Any, Any]]


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(date(2023, 3, 1), 9))
    await make.tree(session)
    project_id = await make.contract(session, make.card(supervised_since=date(2023, 1, 1)))
    await session.flush()  # The roster looks for it.
    await sheets.enrol(session, project_id)
    await session.flush()
    return project_id


async def saw(session: Session, project: UUID, day: date, *numbers: str) -> None:
    """Let gates tell at noon of the next day whom they saw on a day."""
    records = [
        attendance.seen(f"{day}-{n}", f"{day}T07:30:00+08:00", id_number=number)
        for n, number in enumerate(numbers)
    ]
    batch = bodies.read(attendance.body(*records))
    await actions.attendance.receive(
        session, VENDOR, project, batch, clock.at(day + timedelta(days=1), 12)
    )


async def enter(session: Session, project: UUID, *workers: dict[str, Any]) -> None:
    """Enter people on the roster."""
    said = RosterIn.model_validate(people.roster(*workers))
    await actions.roster.enter_workers(session, CONTRACTOR, project, said, clock.now())
    await session.flush()


async def look(session: Session, day: date) -> None:
    """Let the daily look at sites come."""
    await session.flush()
    assert await actions.conditions.look_at_sites(session, None, clock.at(day, 13)) is None
    await session.flush()


async def told(published: Published, kind: str) -> Told:
    """Give what was told of a kind: basis day or proof, value, facts, why its clock is still."""
    kinds = (PayrollConditionFound, PayrollConditionEnded)
    return [
        (one.reason, None, None, None)
        if isinstance(one, PayrollConditionEnded)
        else (str(one.since), one.value, one.facts, one.muted_by)  # type: ignore[attr-defined]
        for one in await published(None, *kinds)
        if one.kind == kind  # type: ignore[attr-defined]
    ]


async def test_whoever_is_on_site_without_registration_or_contract_is_counted_until_put_right(
    session: Session, project: UUID, published: Published
) -> None:
    strangers = [people.id_number(n) for n in range(3)]
    registered = [number for number, *_ in sheets.PEOPLE]
    await saw(session, project, date(2023, 3, 1), *registered, *strangers)
    await look(session, date(2023, 3, 2))
    await look(session, date(2023, 3, 3))  # Told once, while nothing moves.
    # One is registered with a contract, one without; all three go on.
    workers = [
        people.worker(0, entered_on="2023-03-03", contract={"start_on": "2023-03-03"}),
        people.worker(1, entered_on="2023-03-03", contract=None),
    ]
    await enter(session, project, *workers)
    await saw(session, project, date(2023, 3, 3), *registered, *strangers)
    await look(session, date(2023, 3, 4))
    said = {"id_number": strangers[1], "contract": {"start_on": "2023-03-05"}}
    body = ContractsIn.model_validate({"contracts": [said]})
    await actions.roster_moves.sign_contracts(session, CONTRACTOR, project, body, clock.now())
    await saw(session, project, date(2023, 3, 6), *registered, *strangers[:2])
    await look(session, date(2023, 3, 7))
    # The third was seen last on the third of March: a week later he is on the site no more.
    await saw(session, project, date(2023, 3, 10), *registered)
    await look(session, date(2023, 3, 11))
    assert await told(published, "unregistered_on_site") == [
        ("2023-03-02", Decimal("50.00"), [], None),
        ("2023-03-02", Decimal("33.33"), [], None),
        ("2023-03-02", Decimal("16.67"), [], None),
        ("all_registered", None, None, None),
    ]


async def test_attendance_that_stops_is_told_since_its_last_day_and_ends_when_people_come(
    session: Session, project: UUID, published: Published
) -> None:
    # Nobody ever told of attendance: none has stopped.
    await look(session, date(2023, 3, 6))
    await saw(session, project, date(2023, 3, 6), sheets.ID_CARD)
    await look(session, date(2023, 3, 7))
    assert await told(published, "attendance_stopped") == []
    await look(session, date(2023, 3, 8))
    await look(session, date(2023, 3, 20))
    # The works stand still by order: its clock does, too.
    stop = ProjectSuspended(
        suspension_id=new_id(), project_id=project, area_code=make.COUNTY,
        project=make.card(project, supervised_since=date(2023, 1, 1), status="005"),
        from_on=date(2023, 3, 20), until_on=date(2023, 5, 31), reason="汛期停工",
        occurred_at=clock.at(date(2023, 3, 20), 15),
    )  # fmt: skip
    await handlers.on_project_suspended(session, stop)
    await look(session, date(2023, 3, 21))
    await saw(session, project, date(2023, 3, 27), sheets.ID_CARD)
    await look(session, date(2023, 3, 28))
    assert await told(published, "attendance_stopped") == [
        ("2023-03-06", None, [], None),
        ("2023-03-06", None, [], "project_stopped"),
        ("attendance_resumed", None, None, None),
    ]


async def test_a_site_whose_gates_are_silent_is_not_said_to_stand_still(
    session: Session, project: UUID, published: Published, time: Time
) -> None:
    unit = OrganisationRegistered(
        organisation_id=make.CONTRACTOR, name="某建设公司", credit_code="", area_code=make.COUNTY,
        roles=["contractor"], trades=[], occurred_at=make.BEGAN,
    )  # fmt: skip
    await handlers.on_organisation_registered(session, unit)
    time.move_to(clock.at(date(2023, 3, 6), 9))
    body = ExpectationIn.model_validate({
        "kind": "gate_vendor", "area_code": make.COUNTY, "project_id": project,
        "name": "闸机考勤", "unit_id": make.CONTRACTOR, "valid_from": date(2023, 3, 6),
    })  # fmt: skip
    row = await actions.expectations.expect(session, make.person(), body, clock.now())
    await session.flush()
    await saw(session, project, date(2023, 3, 6), sheets.ID_CARD)
    await session.flush()
    [limit] = await timers.armed(session, row.id)
    await timers.fire_due(session, [row.id], limit.due_at, jobs.on_expected_feed_due)
    await look(session, date(2023, 3, 10))
    # Gates are heard of again, and say that nobody passed.
    await saw(session, project, date(2023, 3, 10))
    await look(session, date(2023, 3, 11))
    assert await told(published, "attendance_stopped") == [
        ("2023-03-06", None, [], "feed_silent"),
        ("2023-03-06", None, [], None),
    ]


def monthly(period: str, net: str, days: str = "20", **changes: Any) -> dict[str, Any]:
    both = {"days": days, "gross": net, "deductions": "0.00", "net": net}
    return sheets.body(sheets.line(**both), sheets.second(**both), period=period, **changes)


Submit: TypeAlias = Callable[[dict[str, Any]], Any]


@pytest.fixture
def submit(client: AsyncClient, project: UUID, time: Time) -> Submit:
    """Give what sends a sheet and submits it in the month after its own."""

    async def _submit(said: dict[str, Any]) -> str:
        year, month = map(int, said["period"].split("-"))
        time.move_to(clock.at(date(year, month, 28) + timedelta(days=8), 10))
        answer = await sheets.send(client, project, said)
        assert answer.status_code == 201, answer.text
        sheet_id: str = answer.json()["sheet"]["id"]
        done = await sheets.step(client, sheet_id, "submit")
        assert done.status_code == 200, done.text
        return sheet_id

    return _submit


async def test_average_pay_is_measured_against_the_minimum_wage_month_by_month(
    session: Session, published: Published, submit: Submit
) -> None:
    """Hubei's 1,520 yuan a month come to 1,397.70 for 20 days of 21.75."""
    await submit(monthly("2023-01", "1500.00"))
    await submit(monthly("2023-02", "1300.00"))
    await submit(monthly("2023-03", "1397.00", days="26"))
    await submit(monthly("2023-03", "1600.00", days="26"))
    # What is as it was told is not told each day again.
    await look(session, date(2023, 4, 7))
    assert await told(published, "below_minimum_wage") == [
        ("2023-02-05", Decimal("1.07"), [], None),
        ("2023-02-05", Decimal("0.93"), [], None),
        ("2023-02-05", Decimal("0.91"), ["second_month"], None),
        ("2023-02-05", Decimal("1.05"), [], None),
    ]


def same(period: str, net: str, count: int) -> dict[str, Any]:
    """Give a sheet that pays many people the same; the first two get other sums."""
    lines = [
        sheets.line(
            id_number=people.id_number(n), name=f"工人{n}", card_no=people.card_no(n),
            gross=net, deductions="0.00", net=net,
        )
        for n in range(count)
    ]  # fmt: skip
    odd = [
        who(gross=f"{n}000.00", deductions="0", net=f"{n}000.00")
        for n, who in enumerate((sheets.line, sheets.second), start=6)
    ]
    return sheets.body(*odd, *lines, period=period)


async def test_implausible_pay_is_told_with_its_signs_and_ends_when_it_is_corrected(
    session: Session, project: UUID, published: Published, submit: Submit
) -> None:
    kind = "implausible_pay"
    crew = [(people.id_number(n), f"工人{n}", people.card_no(n)) for n in range(10)]
    await sheets.enrol(session, project, *crew)
    await submit(monthly("2023-01", "50000.00"))
    await submit(same("2023-02", "5000.00", 9))
    assert await told(published, kind) == []
    await submit(monthly("2023-02", "50000.01"))
    await submit(same("2023-03", "5000.00", 10))
    await submit(monthly("2023-02", "5000.00"))
    await submit(monthly("2023-03", "5000.00"))
    assert await told(published, kind) == [
        ("2023-03-08", None, ["amount_a_month"], None),
        ("2023-03-08", None, ["amount_a_month", "same_amounts", "repeated"], None),
        ("2023-04-05", None, ["same_amounts"], None),
        ("payroll_plausible", None, None, None),
    ]


async def test_a_years_pay_and_the_cards_of_one_holder_are_looked_at_as_well(
    session: Session, project: UUID, published: Published, submit: Submit
) -> None:
    held = [
        people.worker(n, card={"card_no": people.card_no(n), "holder": "钱多多"}) for n in range(3)
    ]
    for month in range(1, 8):
        line = sheets.line(gross="45000.00", deductions="0.00", net="45000.00")
        await submit(sheets.body(line, period=f"2023-{month:02d}"))
    await enter(session, project, *held[:2])
    await submit(monthly("2023-08", "5000.00"))
    await enter(session, project, *held)
    await submit(monthly("2023-09", "4000.00"))
    assert await told(published, "implausible_pay") == [
        ("2023-08-05", None, ["amount_a_year"], None),
        ("2023-08-05", None, ["amount_a_year", "repeated"], None),
        ("2023-08-05", None, ["amount_a_year", "cards_of_one_holder", "repeated"], None),
    ]


async def test_what_sheets_say_is_looked_at_again_on_the_day_after_what_it_rests_on_changed(
    session: Session, project: UUID, published: Published, submit: Submit
) -> None:
    """Cards come, and a row of policy comes into force, without a sheet."""
    await saw(session, project, date(2023, 4, 1), sheets.ID_CARD)
    held = [
        people.worker(n, card={"card_no": people.card_no(n), "holder": "钱多多"}) for n in range(3)
    ]
    await submit(monthly("2023-03", "5000.00"))
    await look(session, date(2023, 4, 6))
    await enter(session, project, *held)
    await look(session, date(2023, 4, 7))
    assert await told(published, "implausible_pay") == [
        ("2023-04-05", None, ["cards_of_one_holder"], None)
    ]
    assert await told(published, "below_minimum_wage") == [
        ("2023-04-05", Decimal("3.57"), [], None)
    ]
    much = {
        "area_code": make.COUNTY, "kind": "minimum_wage", "version": 2,
        "valid_from": date(2023, 2, 1), "values": {"monthly": "6000.00"}, "basis": "test",
        "certainty": "C", "created_at": clock.now(), "created_by": "test",
    }  # fmt: skip
    assert await queries.policies.policy_is_new(session, id=new_id(), **much)
    await look(session, date(2023, 4, 8))
    assert len(await told(published, "below_minimum_wage")) == 2


# ---- what is measured, alone ------------------------------------------------------------------

PROJECT = ProjectFacts(
    UUID(int=1), "003", supervised=True, started=True, developer_id=UUID(int=2),
    contractor_id=UUID(int=3), area_code="422828", signed_on=None,
)  # fmt: skip
TODAY = date(2023, 4, 10)


@pytest.mark.parametrize(
    ("seen", "off", "weight"),
    [(500, 1, 1), (500, 5, 5), (100, 5, 5), (40, 2, 5), (10, 1, 10), (200, 11, 11), (0, 0, 0)],
)
def test_people_and_their_share_weigh_by_whichever_is_more(
    seen: int, off: int, weight: int
) -> None:
    assert weighed(OnSite(seen, off)) == weight


def test_a_full_month_is_no_more_than_a_month() -> None:
    full = Decimal("21.75")
    assert ratio([Paid(Decimal(31), 2, Decimal(3040))], Decimal(1520), full) == 1
    half = [Paid(full / 2, 1, Decimal(760)), Paid(full, 1, Decimal(1520))]
    assert ratio(half, Decimal(1520), full) == 1
    assert ratio([], Decimal(1520), full) is None
    assert ratio(half, Decimal(1520), Decimal(0)) is None


def test_of_what_nobody_knows_nothing_is_said() -> None:
    months = [PayMonth("2023-03", TODAY, [Paid(Decimal(20), 1, Decimal(1))])]
    assert of_site(PROJECT, Site(), TODAY) == []
    assert of_sheets(PROJECT, Payroll()) == []
    assert of_sheets(PROJECT, Payroll(months, {}, Decimal(21))) == []
    site = Site(OnSite(9, 9), TODAY - timedelta(days=9))
    payroll = Payroll(months, {"2023-03": Decimal(1520)}, Decimal(21))
    assert len(of_site(PROJECT, site, TODAY)) == 2
    assert len(of_sheets(PROJECT, payroll)) == 1
    for changes in ({"supervised": False}, {"status": "004"}):
        assert of_site(replace(PROJECT, **changes), site, TODAY) == []
        assert of_sheets(replace(PROJECT, **changes), payroll) == []


def test_a_month_without_payroll_between_two_is_no_second_month() -> None:
    low = [Paid(Decimal(20), 1, Decimal(100))]
    months = [PayMonth("2023-01", TODAY, low), PayMonth("2023-03", TODAY, low)]
    least = {"2023-01": Decimal(1520), "2023-03": Decimal(1520)}
    [one] = of_sheets(PROJECT, Payroll(months, least, Decimal(20)))
    assert one.facts == ()


def test_signs_older_than_the_window_weigh_no_longer() -> None:
    sign = frozenset({"same_amounts"})
    months = [
        PayMonth(f"2023-0{n}", TODAY, signs=sign if n < 3 else frozenset()) for n in range(1, 6)
    ]
    assert of_sheets(PROJECT, Payroll(months, window=3)) == []
    [one] = of_sheets(PROJECT, Payroll(months, window=4))
    assert one.facts == ("same_amounts",)
