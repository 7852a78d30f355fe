"""Two persons decide what money counts for, and undo it; what the bank took back counts no more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.payroll import actions, queries
from services.payroll.errors import (
    AllocationDecided,
    AllocationRefused,
    LineBeingAllocated,
    PersonNeeded,
    SecondPersonNeeded,
)
from services.payroll.models import Allocation, BankLine, Credit, Obligation
from services.payroll.rules.matching import AllocationState, MatchedAs
from services.payroll.schemas.allocations import AllocationIn
from shared import clock
from shared.db import Session
from shared.events.payroll import TransferMissed, TransferReceived, TransferReversed
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import EVERYWHERE, OTHER_BANK, line, person, sender, statement

DAY = timedelta(days=1)
FIRST, JAN_20 = date(2023, 1, 10), date(2023, 1, 20)
ANNA, BO = person("anna"), person("bo")
OTHER_NO = "1755000000000000002"


@pytest.fixture
async def project_id(session: Session) -> UUID:
    """Give a project with a contract, a source and an account: 100 is due each month."""
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    return found


@pytest.fixture
async def other_id(session: Session, project_id: UUID) -> UUID:
    """Give another project of the same source, with an account of its own."""
    found = await factories.contract(session)
    await factories.account(session, found, account_no=OTHER_NO)
    return found


def at(day: date, hour: int = 9) -> datetime:
    return clock.at(day, hour)


async def bank_line(session: Session, serial: str) -> BankLine:
    await session.flush()
    rows = select(BankLine).where(BankLine.serial == serial)
    return (await session.scalars(rows.execution_options(populate_existing=True))).one()


async def owed(session: Session, project_id: UUID, n: int = 0) -> Obligation:
    return (await factories.owed(session, project_id))[n]


async def propose(
    session: Session, line_id: UUID, amount: int, obligation_id: UUID | None = None, **changes: Any
) -> Allocation:
    body = AllocationIn(
        line_id=line_id,
        amount=Decimal(amount),
        obligation_id=obligation_id,
        reason="核对付款凭证",
        **changes,
    )
    return await actions.allocations.propose_allocation(session, ANNA, body, at(date(2023, 1, 19)))


async def decide(
    session: Session,
    line_id: UUID,
    amount: int,
    obligation_id: UUID | None = None,
    on: date = date(2023, 1, 30),
) -> Allocation:
    """Let two persons decide."""
    made = await propose(session, line_id, amount, obligation_id)
    return await actions.allocations.confirm_allocation(session, BO, made.id, at(on))


async def undo(session: Session, made: Allocation, on: date = date(2023, 1, 31)) -> Allocation:
    """Let two persons undo a decision."""
    await actions.allocations.propose_reversal(session, BO, made.id, "凭证有误", at(on))
    return await actions.allocations.confirm_allocation(session, ANNA, made.id, at(on))


async def paid(
    session: Session, amount: int, day: date = date(2023, 1, 12), **changes: Any
) -> UUID:
    """Let money come to the first account; give its line."""
    said = line("A", f"{day}T09:00:00", amount, amount, **changes)
    await factories.feed(session, day, statement(0, said), final=False)
    return (await bank_line(session, "A")).id


async def amounts(session: Session, project_id: UUID) -> list[int]:
    return [amount for *_, amount in await factories.stands(session, project_id)]


async def matched(session: Session, obligation_id: UUID) -> list[tuple[str, set[MatchedAs]]]:
    await session.flush()
    found = await queries.money.credits_page(
        session, obligation_id, EVERYWHERE, cursor=None, limit=50
    )
    return [(one.serial, set(one.matched_as)) for one in found.items]


# ---- one decision ----------------------------------------------------------------------------


async def test_a_decision_counts_once_another_person_confirms_it(
    session: Session, project_id: UUID
) -> None:
    line_id = await paid(session, 60)
    march = await owed(session, project_id, 2)
    made = await propose(session, line_id, 60, march.id)
    assert await amounts(session, project_id) == [60, 0, 0, 0]
    done = await actions.allocations.confirm_allocation(session, BO, made.id, at(JAN_20))
    assert done.state is AllocationState.CONFIRMED
    assert [(step.what.value, step.by) for step in done.steps] == [
        ("proposed", "anna"), ("confirmed", "bo"),
    ]  # fmt: skip
    assert await amounts(session, project_id) == [0, 0, 60, 0]
    assert await matched(session, march.id) == [
        ("A", {MatchedAs.PART, MatchedAs.EARLY, MatchedAs.BY_HAND})
    ]


async def test_money_in_the_wrong_account_counts_for_the_project_it_was_meant_for(
    session: Session, project_id: UUID, other_id: UUID
) -> None:
    line_id = await paid(session, 150)
    january = await owed(session, other_id)
    made = await decide(session, line_id, 100, january.id)
    assert await amounts(session, project_id) == [50, 0, 0, 0]
    assert await amounts(session, other_id) == [100, 0, 0, 0]
    assert await matched(session, january.id) == [
        ("A", {MatchedAs.SPLIT, MatchedAs.WRONG_ACCOUNT, MatchedAs.BY_HAND})
    ]
    await undo(session, made)
    assert await amounts(session, project_id) == [100, 50, 0, 0]
    assert await amounts(session, other_id) == [0, 0, 0, 0]


async def test_money_of_an_account_that_nobody_registered_can_be_decided(
    session: Session, project_id: UUID
) -> None:
    said = line("X", "2023-01-12T09:00:00", 80, 80)
    stray = statement(0, said, account_no="1755000000000000009")
    await factories.feed(session, date(2023, 1, 12), stray, final=False)
    january = await owed(session, project_id)
    made = await decide(session, (await bank_line(session, "X")).id, 30, january.id)
    assert await amounts(session, project_id) == [30, 0, 0, 0]
    assert (await bank_line(session, "X")).left_amount == 50
    # Once the account is entered, only what is left of it counts there.
    other = await factories.contract(session)
    await factories.account(session, other, account_no="1755000000000000009")
    assert await amounts(session, other) == [50, 0, 0, 0]
    await undo(session, made)
    assert await amounts(session, project_id) == [0, 0, 0, 0]
    assert await amounts(session, other) == [80, 0, 0, 0]


async def test_money_set_aside_counts_for_nothing_until_it_is_undone(
    session: Session, project_id: UUID
) -> None:
    line_id = await paid(session, 150)
    made = await decide(session, line_id, 150)
    assert await amounts(session, project_id) == [0, 0, 0, 0]
    later = line("B", "2023-01-13T09:00:00", 40, 190)
    await factories.feed(session, date(2023, 1, 13), statement(150, later), final=False)
    assert await amounts(session, project_id) == [40, 0, 0, 0]
    await undo(session, made)
    # As if nothing had been decided: the older line comes first.
    assert await amounts(session, project_id) == [100, 90, 0, 0]
    assert await matched(session, (await owed(session, project_id)).id) == [
        ("A", {MatchedAs.SPLIT})
    ]


async def test_what_cannot_be_decided_is_refused_with_all_that_is_wrong(
    session: Session, project_id: UUID
) -> None:
    line_id = await paid(session, 150)
    january = await owed(session, project_id)
    await decide(session, line_id, 90, january.id)
    with pytest.raises(AllocationRefused) as refused:
        await propose(session, line_id, 70, january.id)
    assert [finding.code for finding in refused.value.errors] == [
        "amount_not_free", "amount_not_owed",
    ]  # fmt: skip
    out = line("O", "2023-01-13T09:00:00", -10, 140)
    await factories.feed(session, date(2023, 1, 13), statement(150, out), final=False)
    with pytest.raises(AllocationRefused) as refused:
        await propose(session, (await bank_line(session, "O")).id, -5, january.id)
    assert [finding.code for finding in refused.value.errors] == [
        "line_brought_no_money", "amount_not_positive",
    ]  # fmt: skip


async def test_nobody_decides_alone_and_no_machine_at_all(
    session: Session, project_id: UUID
) -> None:
    line_id = await paid(session, 60)
    made = await propose(session, line_id, 60)
    with pytest.raises(SecondPersonNeeded):
        await actions.allocations.confirm_allocation(session, ANNA, made.id, at(JAN_20))
    with pytest.raises(PersonNeeded):
        await actions.allocations.confirm_allocation(session, sender(), made.id, at(JAN_20))
    refused = await actions.allocations.refuse_allocation(session, BO, made.id, "不符", at(JAN_20))
    assert (refused.state, refused.steps[-1].reason) == (AllocationState.REFUSED, "不符")
    with pytest.raises(AllocationDecided):
        await actions.allocations.confirm_allocation(session, BO, made.id, at(JAN_20))
    # What was refused stands in nobody's way.
    again = await propose(session, line_id, 60)
    assert again.state is AllocationState.PROPOSED


async def test_a_second_proposal_for_a_line_is_told_of_the_first(
    session: Session, project_id: UUID
) -> None:
    line_id = await paid(session, 60)
    made = await propose(session, line_id, 20)
    with pytest.raises(LineBeingAllocated) as met:
        await propose(session, line_id, 20)
    assert met.value.extra["allocation_id"] == str(made.id)
    await actions.allocations.confirm_allocation(session, BO, made.id, at(JAN_20))
    await actions.allocations.propose_reversal(session, ANNA, made.id, "有误", at(JAN_20))
    with pytest.raises(LineBeingAllocated):
        await propose(session, line_id, 20)
    kept = await actions.allocations.refuse_allocation(session, BO, made.id, "无误", at(JAN_20))
    assert kept.state is AllocationState.CONFIRMED
    assert await amounts(session, project_id) == [40, 0, 0, 0]


# ---- misses ----------------------------------------------------------------------------------


async def mark(session: Session, day: date) -> None:
    while await actions.transfers.mark_missed_transfers(session, clock.at(day, 0, 1)):
        await session.flush()


async def test_a_miss_that_a_decision_settles_is_open_again_when_it_is_undone(
    session: Session, project_id: UUID, other_id: UUID, published: Published
) -> None:
    late = line("A", "2023-01-21T09:00:00", 100, 100)
    await factories.feeds(session, FIRST, JAN_20)
    await factories.feed(session, JAN_20 + DAY, statement(0, late))
    await mark(session, date(2023, 1, 22))
    made = await decide(session, (await bank_line(session, "A")).id, 100, (
        await owed(session, other_id)).id)  # fmt: skip
    assert (await factories.stands(session, other_id))[0] == ("2023-01", "full", 100)
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "none", 0)
    await undo(session, made)
    assert (await factories.stands(session, other_id))[0] == ("2023-01", "none", 0)
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "full", 100)
    told = [
        (each.obligation_id == (await owed(session, other_id)).id, each.lacking, each.missed)
        for each in await published(session, TransferReversed)
    ]
    # First the one whose money went elsewhere, then the other.
    assert told == [(False, Decimal(100), True), (True, Decimal(100), True)]
    assert len(await published(session, TransferMissed)) == 2


async def test_a_miss_that_only_a_decision_made_is_none_when_it_is_undone(
    session: Session, project_id: UUID, published: Published
) -> None:
    line_id = await paid(session, 100)
    made = await decide(session, line_id, 100)
    await factories.feed(session, date(2023, 1, 12))
    for day in (date(2023, 1, 10), date(2023, 1, 11)):
        await factories.feed(session, day)
    await factories.feeds(session, date(2023, 1, 13), JAN_20)
    await mark(session, JAN_20 + DAY)
    assert (await owed(session, project_id)).missed_on == JAN_20 + DAY
    await undo(session, made)
    january = await owed(session, project_id)
    assert (january.status.value, january.missed_on) == ("full", None)
    told = await published(session, TransferReceived)
    assert [(each.lacking, each.in_time) for each in told][-1:] == [(Decimal(0), True)]
    # Decided so once more, it is missed once more, and told as another miss.
    await decide(session, line_id, 100, on=date(2023, 2, 2))
    await mark(session, date(2023, 2, 3))
    missed = await published(session, TransferMissed)
    assert [each.obligation_id for each in missed] == [january.id] * 2
    assert len({each.id for each in missed}) == 2


# ---- returns ---------------------------------------------------------------------------------


async def took_back(session: Session) -> int:
    """Look at returns until none waits; give how many there were."""
    await session.flush()
    done = 0
    while await actions.returns.match_return(session, at(date(2023, 1, 29))):
        await session.flush()
        done += 1
    return done


DEVELOPER_SIDE = {"counterparty": {"name": "某建设单位", "account_no": "6200111122223333"}}


async def test_money_that_the_bank_returned_counts_no_longer(
    session: Session, project_id: UUID
) -> None:
    day = date(2023, 1, 12)
    came = line("A", f"{day}T09:00:00", 100, 100, **DEVELOPER_SIDE)
    back = line("R", f"{day}T15:00:00", -100, 0, returned=True, **DEVELOPER_SIDE)
    await factories.feed(session, day, statement(0, came, back), final=False)
    assert await took_back(session) == 1
    assert await amounts(session, project_id) == [0, 0, 0, 0]
    assert (await bank_line(session, "A")).left_amount == 0
    made = (await session.scalars(select(Allocation))).one()
    assert (made.kind.value, made.by_rule, made.amount) == ("returned", True, 100)
    # Two persons may say that the bank was misread; it is not looked at again.
    shown = await queries.allocations.allocation(session, made.id, EVERYWHERE)
    await undo(session, shown)
    assert await amounts(session, project_id) == [100, 0, 0, 0]
    more = line("B", "2023-01-13T09:00:00", 5, 5)
    await factories.feed(session, date(2023, 1, 13), statement(0, more), final=False)
    assert await took_back(session) == 0


async def test_a_return_that_came_before_its_credit_waits_for_it(
    session: Session, project_id: UUID
) -> None:
    back = line("R", "2023-01-13T15:00:00", -100, 0, returned=True, **DEVELOPER_SIDE)
    await factories.feed(session, date(2023, 1, 13), statement(100, back), final=False)
    assert await took_back(session) == 1
    assert (await session.scalars(select(Allocation))).all() == []
    came = line("A", "2023-01-12T09:00:00", 100, 100, **DEVELOPER_SIDE)
    await factories.feed(session, date(2023, 1, 12), statement(0, came), final=False)
    assert await took_back(session) == 1
    assert await amounts(session, project_id) == [0, 0, 0, 0]


async def test_wages_that_come_back_are_no_transfer(session: Session, project_id: UUID) -> None:
    failed = line("W", "2023-01-12T09:00:00", 100, 100, returned=True)
    await factories.feed(session, date(2023, 1, 12), statement(0, failed), final=False)
    assert await took_back(session) == 0
    assert await amounts(session, project_id) == [0, 0, 0, 0]
    assert (await bank_line(session, "W")).left_amount == 0


async def test_a_return_of_which_part_was_decided_takes_that_too(
    session: Session, project_id: UUID, other_id: UUID
) -> None:
    day = date(2023, 1, 12)
    came = line("A", f"{day}T09:00:00", 100, 100)
    await factories.feed(session, day, statement(0, came), final=False)
    await decide(session, (await bank_line(session, "A")).id, 70, (
        await owed(session, other_id)).id)  # fmt: skip
    back = line("R", f"{day}T15:00:00", -50, 50, returned=True, reference="A")
    await factories.feed(session, day, statement(100, back), final=False)
    assert await took_back(session) == 1
    assert await amounts(session, other_id) == [50, 0, 0, 0]
    assert await amounts(session, project_id) == [0, 0, 0, 0]


# ---- any decisions ---------------------------------------------------------------------------


@dataclass
class World:
    """Three projects with accounts of two banks, whose weeks are drawn; one may be decided of."""

    session: Session
    name: str
    dice: Random
    """Of what happens: the same in both worlds."""
    projects: list[UUID] = field(default_factory=list)
    balances: list[int] = field(default_factory=lambda: [0, 0, 0])
    serials: int = 0

    async def begin(self) -> None:
        for n, bank in enumerate((factories.BANK, OTHER_BANK)):
            await factories.source(self.session, code=f"{self.name}{n}", bank_id=bank)
        for n in range(3):
            found = await factories.contract(self.session, labour_cost=Decimal(100 + 10 * n))
            self.projects.append(found)
            await self._account(n)

    async def _account(self, n: int) -> None:
        await factories.account(
            self.session, self.projects[n], source=self._source(n), account_no=self._no(n)
        )

    def _source(self, n: int) -> str:
        return f"{self.name}{n % 2}"

    def _no(self, n: int) -> str:
        return f"62000000{'12'['ab'.index(self.name)]}{n}"

    async def live(self, day: date) -> None:
        """Let money come and go back, then midnight, when what is missing is found."""
        for n in range(2):
            said = [
                await self._statement(k, day)
                for k in range(3)
                if k % 2 == n and self.dice.random() < 0.4
            ]
            await factories.feed(
                self.session, day, *said, source=f"{self.name}{n}",
                caller=sender((factories.BANK, OTHER_BANK)[n]),
            )  # fmt: skip
        if day == date(2023, 1, 25):
            card = factories.card(self.projects[0])
            # Of one day and period the id decides, which is another one in the other world.
            await factories.contract(
                self.session, card, labour_cost=Decimal(70), transfer_day=12, occurred_at=at(day)
            )
        while await actions.returns.match_return(self.session, clock.at(day + DAY)):
            await self.session.flush()
        await mark(self.session, day + DAY)

    async def _statement(self, k: int, day: date) -> dict[str, Any]:
        opening, lines = self.balances[k], []
        for hour in range(self.dice.randint(1, 2)):
            self.serials += 1
            amount = self.dice.choice([20, 50, 100, 130])
            purpose = self.dice.choice(["2023年1月人工费", "2023-02", "人工费"])
            self.balances[k] += amount
            lines.append(
                line(f"L{self.serials}", f"{day}T1{hour}:00:00", amount, self.balances[k],
                     purpose=purpose, **DEVELOPER_SIDE)
            )  # fmt: skip
            if self.dice.random() < 0.2:
                self.balances[k] -= amount
                lines.append(
                    line(f"R{self.serials}", f"{day}T1{hour}:30:00", -amount, self.balances[k],
                         returned=True, **DEVELOPER_SIDE)
                )  # fmt: skip
        return statement(opening, *lines, account_no=self._no(k))

    async def stands(self) -> tuple[object, object, object]:
        """Give credits, obligations and what is left of lines, without what is of one world."""
        await self.session.flush()
        credits_, owed_, left = {}, {}, {}
        for n, project_id in enumerate(self.projects):
            for row in await factories.owed(self.session, project_id):
                key = n, row.due_amount, row.period
                owed_[key] = (
                    row.status, row.credited_amount, row.on_time_amount, row.missed_on is None,
                )  # fmt: skip
                counted = select(Credit).where(Credit.obligation_id == row.id, Credit.amount > 0)
                for credit in await self.session.scalars(counted):
                    credits_[*key, credit.serial] = credit.amount, credit.decided_amount
            rows = select(BankLine).join(
                queries.accounts.WageAccount,
                queries.accounts.WageAccount.id == BankLine.account_id,
            ).where(queries.accounts.WageAccount.project_id == project_id)  # fmt: skip
            left |= {row.serial: row.left_amount for row in await self.session.scalars(rows)}
        return credits_, owed_, left


async def draw_decision(world: World, dice: Random, on: date) -> Allocation | None:
    """Let two persons decide something that can be decided; None where it cannot."""
    lines = await world.session.scalars(
        select(BankLine).where(BankLine.direction == "in", BankLine.left_amount >= 0)
    )
    accounts = await queries.accounts.accounts_of_projects(world.session, world.projects)
    mine = sorted((row for row in lines if row.account_id in accounts), key=lambda row: row.serial)
    if not mine:
        return None
    to = dice.choice(world.projects)
    one = dice.choice(await factories.owed(world.session, to))
    target = None if dice.random() < 0.3 else one.id
    try:
        return await decide(
            world.session, dice.choice(mine).id, dice.choice([10, 40, 100]), target, on
        )
    except (AllocationRefused, LineBeingAllocated):
        return None


Step = Callable[[], Awaitable[object]]


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 30))]
)
async def test_doing_and_undoing_leaves_everything_as_if_never_made(
    session: Session, seed: int
) -> None:
    """Of two worlds with the same weeks one is decided of at random, until all is undone."""
    await factories.tree(session)
    decided, alone = (World(session, name, Random(seed)) for name in "ab")
    dice, made, count = Random(-seed), list[Allocation](), 0
    for world in (decided, alone):
        await world.begin()
    for n in range(30):
        day = FIRST + n * DAY
        for world in (decided, alone):
            await world.live(day)
        for _ in range(dice.randint(0, 2)):
            if new := await draw_decision(decided, dice, day + DAY):
                made.append(new)
                count += 1
        if made and dice.random() < 0.5:
            await undo(session, made.pop(dice.randrange(len(made))), day + DAY)
    assert count > 5
    if made:
        assert await decided.stands() != await alone.stands()
    dice.shuffle(made)
    last = FIRST + 30 * DAY
    for one in made:
        await undo(session, one, last)
    await mark(session, last)
    assert await decided.stands() == await alone.stands()
