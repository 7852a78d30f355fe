"""Wage accounts from contract to closing: what must be put right, who may close, what is held."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from services.payroll import actions, handlers, jobs, queries
from services.payroll.errors import (
    AccountRefused,
    AccountStep,
    AccountTaken,
    ClosingNeedsAnother,
    ClosingRefused,
    PersonNeeded,
    PolicyVersionTaken,
    SubLedgersForbidden,
)
from services.payroll.models import Condition, WageAccount
from services.payroll.rules.accounts import CloseReason, Gate
from services.payroll.rules.policies import Certainty, PolicyKind
from services.payroll.schemas.life import (
    AgreementIn,
    ClosingNoticeIn,
    FilingIn,
    FreezeIn,
    LiftIn,
    OpeningIn,
)
from services.payroll.schemas.policies import PolicyIn
from shared import clock, timers
from shared.db import Session, new_id
from shared.events.cases import ArrearsCaseOpened
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.payroll import WageAccountChanged
from shared.events.registry import ProjectCard, ProjectChanged
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import COUNTY, EVERYWHERE, line, person, statement

NOON = clock.at(date(2023, 1, 10), 12)


@pytest.fixture
async def card(session: Session) -> ProjectCard:
    """Give a project with a contract and a source, and no account."""
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made)
    await factories.source(session)
    return made


async def told(published: Published, session: Session) -> list[tuple[str, ...]]:
    """Give what was found and ended, in order."""
    events = await published(session, PayrollConditionFound, PayrollConditionEnded)
    return [
        ("found", one.kind, str(one.since), *one.facts)
        if isinstance(one, PayrollConditionFound)
        else ("ended", one.kind, one.reason)  # type: ignore[attr-defined]
        for one in events
    ]


async def changed(session: Session, card: ProjectCard, at: datetime, **changes: object) -> None:
    news = card.model_copy(update=changes)
    event = ProjectChanged(project_id=card.project_id, project=news, occurred_at=at)
    await handlers.on_project_changed(session, event)


async def test_what_is_owed_about_an_account_is_told_at_once_and_ends_with_its_proof(
    session: Session, published: Published, card: ProjectCard
) -> None:
    assert await told(published, session) == [
        ("found", "account_not_opened", "2023-01-01", "works_started")
    ]
    account = await factories.account(session, card.project_id)
    body = AgreementIn(signed_on=date(2023, 1, 9))
    await actions.life.note_agreement(session, EVERYWHERE, account.id, body, NOON)
    filing = FilingIn(filed_on=date(2023, 1, 10), reference="鹤备1号")
    await actions.life.note_filing(session, EVERYWHERE, account.id, filing, NOON)
    assert (await told(published, session))[1:] == [
        ("found", "account_not_filed", "2023-01-10"),
        ("found", "agreement_missing", "2023-01-10"),
        ("ended", "account_not_opened", "account_opened"),
        ("ended", "agreement_missing", "agreement_signed"),
        ("ended", "account_not_filed", "account_filed"),
    ]
    stood = [
        (one.status, one.agreement_on, one.filed_on)  # type: ignore[attr-defined]
        for one in await published(session, WageAccountChanged)
    ]
    assert stood == [
        ("open", None, None),
        ("open", date(2023, 1, 9), None),
        ("filed", date(2023, 1, 9), date(2023, 1, 10)),
    ]


async def test_the_same_news_again_tells_nothing_new(
    session: Session, published: Published, card: ProjectCard
) -> None:
    before = await told(published, session)
    await changed(session, card, NOON, name="另一个名称")
    await factories.contract(session, card)
    assert await told(published, session) == before


async def test_works_that_begin_without_an_account_weigh_more_from_that_day_on(
    session: Session, published: Published
) -> None:
    await factories.tree(session)
    made = factories.card(status="001", started_on=date(2023, 1, 20))
    await factories.contract(session, made)
    waits = []
    for day in (date(2023, 1, 19), date(2023, 1, 20), date(2023, 1, 21), date(2023, 2, 1)):
        asked = select(queries.conditions.ACCOUNT_WAITS)
        waits.append(await session.scalar(asked, {"today": day}))
        await actions.conditions.note_starts(session, day)
        await session.flush()
    assert waits == [False, True, False, True]
    assert [one[3:] for one in await told(published, session)] == [(), ("works_started",)]


async def test_a_project_that_is_not_supervised_owes_nothing_until_it_is(
    session: Session, published: Published
) -> None:
    await factories.tree(session)
    made = factories.card(supervised_since=None, status="001")
    await factories.contract(session, made)
    assert await told(published, session) == []
    await changed(session, made, NOON, supervised_since=date(2023, 1, 5))
    assert await told(published, session) == [("found", "account_not_opened", "2023-01-01")]
    await changed(session, made, clock.at(date(2023, 1, 11)), status="003",
                  supervised_since=date(2023, 1, 5))  # fmt: skip
    assert (await told(published, session))[1:] == [
        ("found", "account_not_opened", "2023-01-01", "works_started")
    ]
    await changed(session, made, clock.at(date(2023, 2, 1)), status="004")
    assert (await told(published, session))[2:] == [
        ("ended", "account_not_opened", "project_closed")
    ]


async def test_a_pending_account_takes_no_money_before_it_is_open(
    session: Session, published: Published, card: ProjectCard
) -> None:
    account = await factories.account(
        session, card.project_id, pending=True, opened_on=date(2023, 1, 20)
    )
    assert account.status == "pending"
    paid = line("A", "2023-01-12T09:00:00", 100, 100)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    assert (await factories.stands(session, card.project_id))[0] == ("2023-01", "planned", 0)
    body = OpeningIn(opened_on=date(2023, 1, 14))
    at = clock.at(date(2023, 1, 14), 15)
    await actions.life.open_account(session, EVERYWHERE, account.id, body, at)
    assert (await factories.stands(session, card.project_id))[0] == ("2023-01", "full", 100)
    assert (account.status, account.used_since) == ("open", date(2023, 1, 12))
    assert ("ended", "account_not_opened", "account_opened") in await told(published, session)
    with pytest.raises(AccountStep):
        await actions.life.open_account(
            session, EVERYWHERE, account.id, OpeningIn(opened_on=date(2023, 1, 13)), at
        )


async def test_days_that_have_not_come_or_cannot_be_are_refused_all_at_once(
    session: Session, card: ProjectCard
) -> None:
    with pytest.raises(AccountRefused) as refused:
        await factories.account(
            session, card.project_id, agreement_on=date(2023, 1, 11), filed_on=date(2023, 1, 9)
        )
    places = [(finding.place, finding.code) for finding in refused.value.errors]
    assert places == [("agreement_on", "day_in_future"), ("filed_on", "before_opening")]


async def test_a_filed_account_is_in_use_once_money_moves(
    session: Session, published: Published, card: ProjectCard
) -> None:
    account = await factories.account(session, card.project_id, filed_on=date(2023, 1, 10))
    paid = line("A", "2023-01-12T09:00:00", 40, 40)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    more = line("B", "2023-01-13T09:00:00", 60, 100)
    await factories.feed(session, date(2023, 1, 13), statement(40, more), final=False)
    assert (account.status, account.used_since) == ("in_use", date(2023, 1, 12))
    news = await published(session, WageAccountChanged)
    assert [one.status for one in news] == ["filed", "in_use"]  # type: ignore[attr-defined]


# ---- ledgers -------------------------------------------------------------------------------


def allowing(**changes: object) -> PolicyIn:
    values: dict[str, object] = {
        "area_code": COUNTY, "kind": PolicyKind.SUB_LEDGERS, "version": 1,
        "valid_from": date(2023, 1, 1), "values": {"allowed": True}, "basis": "县人社局通知",
        "certainty": Certainty.B,
    }  # fmt: skip
    return PolicyIn(**(values | changes))  # type: ignore[arg-type]


async def test_one_account_serves_several_projects_where_the_area_lets_it(
    session: Session, card: ProjectCard
) -> None:
    other = await factories.contract(session)
    with pytest.raises(SubLedgersForbidden):
        await factories.account(session, card.project_id, ledger_no="01")
    await actions.policies.add_policy(session, person(), allowing(), NOON)
    first = await factories.account(session, card.project_id, ledger_no="01")
    await factories.account(session, other, ledger_no="02")
    with pytest.raises(AccountTaken):
        await factories.account(session, other, ledger_no="01")
    ledgers = [
        statement(0, line("A", "2023-01-12T09:00:00", 100, 100)) | {"ledger_no": "01"},
        statement(5, line("A", "2023-01-12T09:00:00", 30, 35)) | {"ledger_no": "02"},
    ]
    await factories.feed(session, date(2023, 1, 12), *ledgers)
    assert (await factories.stands(session, card.project_id))[0] == ("2023-01", "full", 100)
    assert (await factories.stands(session, other))[0] == ("2023-01", "planned", 30)
    found = await queries.reserves.reserve_of_project(
        session, card.project_id, EVERYWHERE, date(2023, 1, 13)
    )
    assert (found.balance, found.account_balance) == (Decimal(100), Decimal(135))
    assert (found.account_id, found.ledger_no) == (first.id, "01")


async def test_an_account_that_serves_one_project_takes_no_ledgers(
    session: Session, card: ProjectCard
) -> None:
    other = await factories.contract(session)
    await actions.policies.add_policy(session, person(), allowing(), NOON)
    await factories.account(session, card.project_id)
    with pytest.raises(AccountTaken):
        await factories.account(session, other, ledger_no="01")


async def test_a_version_says_one_thing_for_ever(session: Session, card: ProjectCard) -> None:
    first = await actions.policies.add_policy(session, person(), allowing(), NOON)
    assert await actions.policies.add_policy(session, person(), allowing(), NOON) is first
    with pytest.raises(PolicyVersionTaken):
        await actions.policies.add_policy(
            session, person(), allowing(values={"allowed": False}), NOON
        )


# ---- frozen, announced, closed -------------------------------------------------------------


@pytest.fixture
async def account(session: Session, card: ProjectCard) -> WageAccount:
    """Give the project's account: agreed and filed."""
    return await factories.account(
        session, card.project_id, agreement_on=date(2023, 1, 9), filed_on=date(2023, 1, 10)
    )


async def test_a_freeze_is_told_beside_the_status_and_ends_with_its_day(
    session: Session, published: Published, account: WageAccount
) -> None:
    body = FreezeIn(from_on=date(2023, 1, 10), by="县人民法院", reason="案外人申请")
    freeze = await actions.life.freeze_account(session, person(), account.id, body, NOON)
    lift = LiftIn(until_on=date(2023, 1, 11))
    await actions.life.lift_freeze(
        session, EVERYWHERE, (account.id, freeze.id), lift, clock.at(date(2023, 1, 12))
    )
    news = await published(session, WageAccountChanged)
    stood = [(one.status, one.frozen) for one in news]  # type: ignore[attr-defined]
    assert stood == [("filed", False), ("filed", True), ("filed", False)]
    assert freeze.holds(date(2023, 1, 11))
    assert not freeze.holds(date(2023, 1, 12))


async def test_a_freeze_is_told_with_its_last_day_where_each_that_holds_has_one(
    session: Session, published: Published, account: WageAccount
) -> None:
    """The longest counts, and one without an end lets nobody know the last day."""
    for until in (date(2023, 1, 20), date(2023, 1, 15), None):
        body = FreezeIn(from_on=date(2023, 1, 10), until_on=until, by="县人民法院", reason="执行")
        await actions.life.freeze_account(session, person(), account.id, body, NOON)
    news = await published(session, WageAccountChanged)
    told = [one.frozen_until for one in news if one.frozen]  # type: ignore[attr-defined]
    assert told == [date(2023, 1, 20), date(2023, 1, 20), None]


async def test_a_freeze_that_lies_ahead_is_told_as_its_first_day_begins(
    session: Session, published: Published, account: WageAccount
) -> None:
    body = FreezeIn(
        from_on=date(2023, 1, 12), until_on=date(2023, 1, 13), by="县人民法院", reason="执行"
    )
    freeze = await actions.life.freeze_account(session, person(), account.id, body, NOON)
    await session.flush()
    [timer] = await timers.armed(session, freeze.id)
    assert timer.due_at == clock.at(date(2023, 1, 12))
    for _ in range(2):
        await jobs.on_freeze_due(session, timer)
    news = await published(session, WageAccountChanged)
    said = [(one.occurred_at, one.frozen, one.frozen_until) for one in news]  # type: ignore[attr-defined]
    begun = (timer.due_at, True, date(2023, 1, 13))
    assert said[-3:] == [(NOON, False, None), begun, begun]
    # One that holds from its entry on is told with it, and waits for nothing.
    at_once = FreezeIn(from_on=date(2023, 1, 10), by="县人民法院", reason="执行")
    now = await actions.life.freeze_account(session, person(), account.id, at_once, NOON)
    assert await timers.armed(session, now.id) == []


async def test_an_account_that_is_closed_by_then_is_frozen_no_more(
    session: Session, published: Published, account: WageAccount
) -> None:
    body = FreezeIn(from_on=date(2023, 1, 12), by="县人民法院", reason="执行")
    freeze = await actions.life.freeze_account(session, person(), account.id, body, NOON)
    await session.flush()
    account.closed_on, account.closed_at = date(2023, 1, 11), NOON
    account.stand()
    before = len(await published(session, WageAccountChanged))
    [timer] = await timers.armed(session, freeze.id)
    await jobs.on_freeze_due(session, timer)
    assert len(await published(session, WageAccountChanged)) == before


async def _announce(session: Session, account: WageAccount, reason: CloseReason) -> None:
    body = ClosingNoticeIn(noticed_on=date(2023, 1, 10), reason=reason)
    await actions.life.announce_closing(session, EVERYWHERE, account.id, body, NOON)


async def _gates(session: Session, account: WageAccount, at: datetime) -> list[str]:
    with pytest.raises(ClosingRefused) as refused:
        await actions.life.close_account(session, person(), account.id, "项目结束", at)
    return [finding.code for finding in refused.value.errors]


async def test_two_persons_close_an_account_after_its_notice(
    session: Session, published: Published, card: ProjectCard, account: WageAccount
) -> None:
    await _announce(session, account, CloseReason.BANK_CHANGED)
    day = clock.at(date(2023, 2, 9), 12)
    assert await _gates(session, account, day) == ["notice_running"]
    # 10 January and 30 days: 9 February is the last.
    day = clock.at(date(2023, 2, 10), 12)
    first = await actions.life.close_account(session, person(), account.id, "换行", day)
    assert (first.completes, account.status) == (False, "closing_notice")
    with pytest.raises(ClosingNeedsAnother):
        await actions.life.close_account(session, person(), account.id, "换行", day)
    machine = replace(person("key:1"))
    with pytest.raises(PersonNeeded):
        await actions.life.close_account(session, machine, account.id, "换行", day)
    second = await actions.life.close_account(session, person("bert"), account.id, "换行", day)
    assert (second.completes, account.status) == (True, "closed")
    assert {row.account_id for row in await factories.owed(session, card.project_id)} == {None}
    # The next account is owed since then, and takes what is planned.
    found = (await told(published, session))[-1]
    assert found == ("found", "account_not_opened", "2023-02-10", "works_started")
    fresh = await actions.accounts.register_wage_account(
        session,
        EVERYWHERE,
        factories.account_in(card.project_id, account_no="17550000000000000029"),
        clock.at(date(2023, 2, 11)),
    )
    assert {row.account_id for row in await factories.owed(session, card.project_id)} == {fresh.id}


async def test_arrears_and_open_transfers_keep_an_account_open(
    session: Session, card: ProjectCard, account: WageAccount
) -> None:
    event = ArrearsCaseOpened(
        project_id=card.project_id, project=card, arrears_case_id=new_id(), proposal_id=new_id(),
        area_code=COUNTY, opened_at=NOON, by_rule=False, occurred_at=NOON,
    )  # fmt: skip
    for _ in range(2):  # Told again it is one case.
        await handlers.on_arrears_case_opened(session, event)
    assert await _gates(session, account, NOON) == [
        Gate.NOT_ANNOUNCED, Gate.ARREARS_CASE_OPEN,
    ]  # fmt: skip
    await _announce(session, account, CloseReason.COMPLETED)
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 20))
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 1, 21)))
    at = clock.at(date(2023, 3, 1))
    assert await _gates(session, account, at) == [
        Gate.PROJECT_NOT_COMPLETE, Gate.TRANSFER_AHEAD, Gate.ARREARS_CASE_OPEN,
        Gate.TRANSFER_MISSED,
    ]  # fmt: skip


async def test_a_notice_that_is_taken_back_asks_everybody_again(
    session: Session, account: WageAccount
) -> None:
    await _announce(session, account, CloseReason.BANK_CHANGED)
    at = clock.at(date(2023, 3, 1))
    await actions.life.close_account(session, person(), account.id, "换行", at)
    await actions.life.withdraw_notice(session, EVERYWHERE, account.id, at)
    assert account.status == "filed"
    await _announce(session, account, CloseReason.BANK_CHANGED)
    again = await actions.life.close_account(session, person("bert"), account.id, "换行", at)
    assert (again.completes, account.status) == (False, "closing_notice")


# ---- reserves ------------------------------------------------------------------------------


def wages(serial: str, at: str, amount: int, balance: int, purpose: str) -> dict[str, object]:
    return line(serial, at, -amount, balance, purpose=purpose)


async def test_a_reserve_is_what_came_in_less_what_went_out_and_lasts_for_months(
    session: Session, published: Published, card: ProjectCard, account: WageAccount
) -> None:
    await factories.feed(
        session,
        date(2023, 1, 12),
        statement(
            50,
            line("A", "2023-01-12T09:00:00", 1000, 1050),
            wages("B", "2023-01-12T10:00:00", 300, 750, "1月工资"),
            wages("C", "2023-01-12T11:00:00", 30, 720, "手续费"),
        ),
    )
    assert (await told(published, session))[3:] == [], "no month with wages is over"
    await factories.feeds(session, date(2023, 1, 13), date(2023, 1, 31))
    await actions.reserves.look_at_covers(session, None, date(2023, 2, 1))
    row = (await session.scalars(select(Condition).where(Condition.kind == "cover_low"))).one()
    assert (row.value, row.facts) == (Decimal("2.40"), [])
    await factories.feed(
        session,
        date(2023, 2, 15),
        statement(720, wages("D", "2023-02-15T10:00:00", 360, 360, "2023年1月 农民工工资")),
    )
    # 360 left, and January took 660 in all.
    assert row.value == Decimal("0.54")
    found = await queries.reserves.reserve_of_project(
        session, card.project_id, EVERYWHERE, date(2023, 2, 16)
    )
    assert (found.balance, found.bank_balance) == (Decimal(360), Decimal(360))
    assert (found.average_payroll, found.months_covered) == (Decimal(660), Decimal("0.5"))
    months = [(each.month, each.came_in, each.went_out, each.payroll) for each in found.months]
    assert months == [("2023-01", 1000, 330, 660), ("2023-02", 0, 360, 0)]
    # March begins, and nobody was paid for February.
    await actions.reserves.look_at_covers(session, None, date(2023, 3, 1))
    assert (row.value, row.facts) == (Decimal("0.54"), ["payroll_due"])
    events = await published(session, PayrollConditionFound)
    values = [one.value for one in events if one.kind == "cover_low"]  # type: ignore[attr-defined]
    assert values == [Decimal("2.40"), Decimal("0.54"), Decimal("0.54")]


async def test_wages_that_came_back_are_spent_no_longer(
    session: Session, card: ProjectCard, account: WageAccount
) -> None:
    await factories.feed(
        session,
        date(2023, 1, 12),
        statement(
            1000,
            wages("A", "2023-01-12T10:00:00", 300, 700, "1月工资"),
            wages("B", "2023-01-12T10:01:00", 200, 500, "1月工资"),
            line("C", "2023-01-12T15:00:00", 200, 700, purpose="1月工资 账号有误 退汇"),
        ),
    )
    found = await queries.reserves.reserve_of_project(
        session, card.project_id, EVERYWHERE, date(2023, 1, 13)
    )
    (month,) = found.months
    assert (month.payroll, month.payroll_lines, month.returned_lines) == (300, 2, 1)
    assert (found.balance, month.settled_share) == (Decimal(700), Decimal("50.0"))


async def test_lines_of_an_account_that_nobody_had_registered_are_in_its_reserve(
    session: Session, card: ProjectCard
) -> None:
    paid = line("A", "2023-01-10T09:00:00", 100, 107)
    await factories.feed(
        session, date(2023, 1, 10), statement(7, paid), final=False, now=clock.at(
            date(2023, 1, 10), 11
        )
    )  # fmt: skip
    await factories.account(session, card.project_id)
    found = await queries.reserves.reserve_of_project(
        session, card.project_id, EVERYWHERE, date(2023, 1, 11)
    )
    assert found.balance == Decimal(107)
