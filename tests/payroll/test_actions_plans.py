"""What is owed follows terms, stops and completion; money that is freed goes on; people ask."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.payroll import actions, handlers, queries
from services.payroll.errors import AddOnRefused, RequestAnswered, RequestRefused, RequestThere
from services.payroll.models import ObligationNote
from services.payroll.rules.dues import DueGrouping
from services.payroll.rules.periods import Basis, Terms, TransferMonth
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.dues import (
    AddOnDecisionIn,
    AddOnIn,
    DueFilter,
    DueSummaryFilter,
    FundingAnswerIn,
    FundingRequestIn,
)
from services.payroll.schemas.policies import PolicyIn
from shared import clock
from shared.db import Session, new_id
from shared.events.payroll import TransferMissed, TransferNoted, TransferReceived, TransfersReminded
from shared.events.registry import ProjectCard, ProjectChanged
from shared.workdays import DueShift
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import EVERYWHERE, line, person, statement

FEB_1 = clock.at(date(2023, 2, 1))
CONTRACT = UUID(int=77)
TERMS = Terms(
    Basis.PER_PERIOD, Decimal(10000), Decimal(100), None, "2023-01", "2023-04", 25,
    TransferMonth.SAME, DueShift.BACKWARDS,
)  # fmt: skip


@pytest.fixture
async def card(session: Session) -> ProjectCard:
    """Give a project with a contract, a source and an account: 100 is due each month to April."""
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made, works_contract_id=CONTRACT)
    await factories.source(session)
    await factories.account(session, made.project_id)
    return made


async def supplement(session: Session, card: ProjectCard, **changes: Any) -> None:
    values = {"version": 2, "valid_from": "2023-03", "terms": TERMS, "now": FEB_1}
    await actions.plans.supplement_contract(
        session, works_contract_id=CONTRACT, project_id=card.project_id,
        signed_on=date(2023, 2, 1), **(values | changes),
    )  # fmt: skip
    await session.flush()


async def owed(session: Session, card: ProjectCard) -> list[tuple[str, int, str, int]]:
    return [
        (row.period, int(row.due_amount), row.status.value, int(row.credited_amount))
        for row in await factories.owed(session, card.project_id)
    ]


async def test_a_supplement_is_planned_forward_once(session: Session, card: ProjectCard) -> None:
    terms = replace(TERMS, labour_cost=Decimal(130), last_period="2023-05")
    for _ in range(2):
        await supplement(session, card, terms=terms)
    assert await owed(session, card) == [
        ("2023-01", 100, "planned", 0),
        ("2023-02", 100, "planned", 0),
        ("2023-03", 130, "planned", 0),
        ("2023-04", 130, "planned", 0),
        ("2023-05", 130, "planned", 0),
    ]
    row = (await factories.owed(session, card.project_id))[2]
    found = await queries.plans.notes(session, row.id, EVERYWHERE, cursor=None, limit=9)
    said = [(one.what.value, one.details["after"]["due_amount"]) for one in found.items]
    assert said == [("replanned", "130.00")]


async def test_money_of_what_is_owed_no_longer_goes_on(session: Session, card: ProjectCard) -> None:
    paid = line("A", "2023-01-12T09:00:00", 400, 400)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid))
    assert {status for _, _, status, _ in await owed(session, card)} == {"full"}
    less = replace(TERMS, labour_cost=Decimal(70), last_period="2023-03")
    await supplement(session, card, valid_from="2023-03", terms=less)
    assert await owed(session, card) == [
        ("2023-01", 100, "full", 100),
        ("2023-02", 100, "full", 100),
        ("2023-03", 70, "full", 70),
        ("2023-04", 100, "closed", 0),
    ]
    found = await queries.lines.locked_lines_left(
        session, (await factories.owed(session, card.project_id))[0].account_id or new_id()
    )
    assert [(each.serial, int(each.left_amount)) for each in found] == [("A", 130)]
    # A longer contract takes what is left.
    more = replace(TERMS, labour_cost=Decimal(70), last_period="2023-05")
    await supplement(session, card, version=3, terms=more)
    assert (await owed(session, card))[2:] == [
        ("2023-03", 70, "full", 70),
        ("2023-04", 70, "full", 70),
        ("2023-05", 70, "planned", 60),
    ]


async def test_what_is_over_stays_as_it_was_judged(
    session: Session, published: Published, card: ProjectCard
) -> None:
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 20))
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 1, 21)))
    await supplement(session, card, valid_from="2023-01",
                     terms=replace(TERMS, labour_cost=Decimal(1)))  # fmt: skip
    assert (await owed(session, card))[:2] == [
        ("2023-01", 100, "none", 0),
        ("2023-02", 1, "planned", 0),
    ]
    assert len(await published(session, TransferMissed)) == 1


async def _told(session: Session, card: ProjectCard, at: date, **changes: Any) -> None:
    event = ProjectChanged(
        project_id=card.project_id, project=card.model_copy(update=changes),
        occurred_at=clock.at(at),
    )  # fmt: skip
    await handlers.on_project_changed(session, event)
    await session.flush()


async def test_a_project_that_completes_owes_nothing_for_the_months_after(
    session: Session, card: ProjectCard
) -> None:
    await _told(session, card, date(2023, 2, 3), status="004")
    assert [status for _, _, status, _ in await owed(session, card)] == [
        "planned", "planned", "closed", "closed",
    ]  # fmt: skip
    closed = {row.closed_reason for row in await factories.owed(session, card.project_id)}
    assert closed == {None, "project_completed"}


async def test_a_stop_closes_whole_months_and_going_on_plans_them_again(
    session: Session, card: ProjectCard
) -> None:
    stop = {
        "stop_id": new_id(), "project_id": card.project_id, "from_on": date(2023, 2, 1),
        "until_on": date(2023, 6, 30), "reason": "season", "now": FEB_1,
    }  # fmt: skip
    await actions.plans.stop_works(session, **stop)  # type: ignore[arg-type]
    assert [status for _, _, status, _ in await owed(session, card)] == [
        "planned", "closed", "closed", "closed",
    ]  # fmt: skip
    resumed = stop | {"until_on": date(2023, 3, 9), "now": clock.at(date(2023, 3, 10))}
    await actions.plans.stop_works(session, **resumed)  # type: ignore[arg-type]
    rows = await factories.owed(session, card.project_id)
    assert [(row.status.value, row.previous_period) for row in rows] == [
        ("planned", None), ("closed", "2023-01"), ("planned", "2023-01"), ("planned", "2023-03"),
    ]  # fmt: skip
    assert rows[2].due_since == clock.at(date(2023, 3, 10)), "it was owed by nobody meanwhile"


async def test_a_stop_that_only_the_status_tells_of_ends_with_it(
    session: Session, card: ProjectCard
) -> None:
    await _told(session, card, date(2023, 1, 30), status="005")
    assert [status for _, _, status, _ in await owed(session, card)] == [
        "planned", "closed", "closed", "closed",
    ]  # fmt: skip
    await _told(session, card, date(2023, 2, 10), status="003")
    assert [status for _, _, status, _ in await owed(session, card)] == ["planned"] * 4


async def test_a_closed_transfer_is_never_missed(
    session: Session, published: Published, card: ProjectCard
) -> None:
    await _told(session, card, date(2023, 1, 12), status="004")
    await factories.feeds(session, date(2023, 1, 10), date(2023, 4, 30))
    for _ in range(3):
        await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 5, 1)))
        await session.flush()
    missed = await published(session, TransferMissed)
    assert [one.period for one in missed] == ["2023-01"]  # type: ignore[attr-defined]


# ---- what falls due ------------------------------------------------------------------------


async def test_the_list_of_what_falls_due_and_its_sums_are_one(
    session: Session, card: ProjectCard
) -> None:
    other = factories.card(
        investment_type="private", funding_source="own_funds", developer_name="某置业"
    )
    await factories.contract(session, other, labour_cost=Decimal(40), transfer_day=10)
    await factories.contract(session, factories.card(supervised_since=None))
    paid = line("A", "2023-01-12T09:00:00", 30, 30)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid))
    today = date(2023, 1, 13)
    only = DueSummaryFilter(days=60, by=DueGrouping.INVESTMENT_TYPE)
    found = await queries.dues.due_summary(session, EVERYWHERE, only, today)
    assert [(one.key, one.projects, one.transfers, one.lacking) for one in found.items] == [
        ("government", 1, 2, Decimal(170)), ("private", 1, 2, Decimal(80)),
    ]  # fmt: skip
    assert (found.total.transfers, found.total.due_amount, found.total.credited_amount) == (
        4, Decimal(280), Decimal(30),
    )  # fmt: skip
    rows = await queries.dues.dues(
        session, EVERYWHERE, DueFilter(days=60), today, cursor=None, limit=50
    )
    assert [(row.period, row.due_on, row.lacking) for row in rows.items] == [
        ("2023-01", date(2023, 1, 20), Decimal(70)),
        ("2023-02", date(2023, 2, 10), Decimal(40)),
        ("2023-02", date(2023, 2, 24), Decimal(100)),
        ("2023-03", date(2023, 3, 10), Decimal(40)),
    ]
    # As the nation decides it looks thirty days ahead; 45 where an area says so.
    found = await queries.dues.due_summary(session, EVERYWHERE, DueSummaryFilter(), today)
    assert (found.until_on, found.total.transfers) == (date(2023, 2, 12), 2)
    policy = PolicyIn(
        area_code="422828", kind=PolicyKind.TRANSFERS_DUE, version=1,
        valid_from=date(2023, 1, 1), values={"days": 45}, basis="县财政局通知", certainty="B",
    )  # fmt: skip
    await actions.policies.add_policy(session, person(), policy, FEB_1)
    county = await queries.dues.due_summary(session, person().scope, DueSummaryFilter(), today)
    assert (county.until_on, county.total.transfers) == (date(2023, 2, 27), 3)


# ---- requests ------------------------------------------------------------------------------


async def test_finance_answers_with_a_date_and_the_ladder_runs_on(
    session: Session, published: Published, card: ProjectCard
) -> None:
    owed_row = (await factories.owed(session, card.project_id))[0]
    ask = FundingRequestIn(amount=Decimal(100), reason="库款未到")
    at = clock.at(date(2023, 1, 16))
    with pytest.raises(RequestRefused):
        await actions.requests.request_funding(
            session, person(), owed_row.id, FundingRequestIn(amount=Decimal(101), reason="库款"), at
        )
    request = await actions.requests.request_funding(session, person(), owed_row.id, ask, at)
    await session.flush()
    with pytest.raises(RequestThere):
        await actions.requests.request_funding(session, person(), owed_row.id, ask, at)
    answer = FundingAnswerIn(promised_on=date(2023, 2, 1), answer="月底前拨付")
    await actions.requests.answer_funding(session, person("finance"), request.id, answer, at)
    assert (request.state, request.promised_amount) == ("promised", Decimal(100))
    with pytest.raises(RequestAnswered):
        await actions.requests.answer_funding(session, person("finance"), request.id, answer, at)
    noted = [one.what for one in await published(session, TransferNoted)]  # type: ignore[attr-defined]
    assert noted == ["funding_requested", "funding_answered"]
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 20))
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 1, 21)))
    assert owed_row.status.value == "none", "a promise is no payment"


async def test_a_developer_decides_what_is_added_for_more_people(
    session: Session, card: ProjectCard
) -> None:
    first, second, *_ = await factories.owed(session, card.project_id)
    ask = AddOnIn(amount=Decimal(50), workers=12, reason="赶工增加工人")
    proposal = await actions.requests.propose_add_on(session, person(), second.id, ask, FEB_1)
    await actions.requests.decide_add_on(
        session, person("dev"), proposal.id, AddOnDecisionIn(approve=True, reason="同意"), FEB_1
    )
    assert (second.due_amount, second.added_amount) == (Decimal(150), Decimal(50))
    # A supplement works out its own part, and leaves what was approved beside it.
    await supplement(session, card, valid_from="2023-02",
                     terms=replace(TERMS, labour_cost=Decimal(120)))  # fmt: skip
    assert second.due_amount == Decimal(170)
    with pytest.raises(AddOnRefused):
        await actions.requests.propose_add_on(session, person(), first.id, ask, FEB_1)


# ---- forecast and reminders ----------------------------------------------------------------


async def _remind(session: Session, day: date) -> int:
    return await actions.reminders.remind(session, day, clock.at(day, 9))


async def test_a_due_day_is_foretold_and_reminded_of_until_the_money_is_there(
    session: Session, published: Published, card: ProjectCard
) -> None:
    # Due on Friday 20 January: seven working days before is the 11th, three the 17th.
    assert [await _remind(session, date(2023, 1, day)) for day in range(9, 18)] == [
        0, 0, 1, 0, 0, 0, 0, 0, 1,
    ]  # fmt: skip
    assert await _remind(session, date(2023, 1, 17)) == 0, "told once"
    paid = line("A", "2023-01-18T09:00:00", 100, 100)
    await factories.feed(session, date(2023, 1, 18), statement(0, paid), final=False)
    assert await _remind(session, date(2023, 1, 19)) == 0
    events = await published(session, TransfersReminded)
    assert [
        (one.step, one.workdays, [each.period for each in one.transfers])  # type: ignore[attr-defined]
        for one in events
    ] == [("forecast", 7, ["2023-01"]), ("reminder", 3, ["2023-01"])]
    notes = (await session.scalars(select(ObligationNote.what).order_by(ObligationNote.at))).all()
    assert [each.value for each in notes] == ["foretold", "reminded"]


async def test_a_forecast_knows_what_finance_promised(
    session: Session, published: Published, card: ProjectCard
) -> None:
    row = (await factories.owed(session, card.project_id))[0]
    at = clock.at(date(2023, 1, 10))
    ask = FundingRequestIn(amount=Decimal(80), reason="申请拨款")
    request = await actions.requests.request_funding(session, person(), row.id, ask, at)
    answer = FundingAnswerIn(
        promised_on=date(2023, 1, 19), promised_amount=Decimal(60), answer="同意"
    )
    await actions.requests.answer_funding(session, person("fin"), request.id, answer, at)
    await session.flush()
    await _remind(session, date(2023, 1, 11))
    (event,) = await published(session, TransfersReminded)
    (ahead,) = event.transfers  # type: ignore[attr-defined]
    assert (ahead.lacking, ahead.projected, ahead.reasons) == (Decimal(100), Decimal(40), [])
    assert (ahead.basis, ahead.promised_on) == ("per_period", date(2023, 1, 19))


async def test_steps_before_a_due_day_are_rows_of_an_area(
    session: Session, card: ProjectCard
) -> None:
    for kind, values in (
        (PolicyKind.FORECAST, {"workdays": 6}),
        (PolicyKind.REMINDERS, {"workdays": [2]}),
    ):
        policy = PolicyIn(
            area_code="422828", kind=kind, version=1, valid_from=date(2023, 1, 1), values=values,
            basis="县治欠办", certainty="C",
        )  # fmt: skip
        await actions.policies.add_policy(session, person(), policy, FEB_1)
    assert [await _remind(session, date(2023, 1, day)) for day in (11, 12, 17, 18, 19)] == [
        0, 1, 0, 1, 0,
    ]  # fmt: skip


async def test_nobody_is_told_of_money_before_a_stopped_or_unsupervised_project(
    session: Session, published: Published, card: ProjectCard
) -> None:
    await _told(session, card, date(2023, 1, 10), supervised_since=None)
    assert await _remind(session, date(2023, 1, 11)) == 0
    assert await published(session, TransferReceived) == []
