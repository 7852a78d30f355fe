"""Weeks of a county drawn from a seed, and how its projects stand by plain reckoning."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.payroll import actions, handlers
from services.payroll.models import Credit, Obligation
from shared import clock, known
from shared.auth import Caller
from shared.db import Session
from shared.events.registry import ProjectCard, ProjectChanged
from tests.payroll import factories as make
from tests.payroll.factories import BANK, COUNTY, NEIGHBOUR

DAY = timedelta(days=1)
FIRST = date(2023, 1, 10)
UNITS = {UUID(int=100 + n): f"建设单位{n}" for n in range(3)}
PREFECTURE = "4228"
SOURCES = ("S1", "S2")
MACHINE = Caller("key:bank", frozenset({"bank"}), frozenset({PREFECTURE}), BANK)
KINDS = ("government", "state_firm", "ppp", "private")


@dataclass(frozen=True, slots=True)
class Stood:
    """How a project stood: which unit's, which way, and what it lacked."""

    developer_id: UUID
    transfer: str
    shortfall: Decimal


@dataclass
class History:
    """A county whose days are drawn: cards change, contracts, accounts, feeds and money come."""

    session: Session
    dice: Random
    today: date = FIRST
    cards: dict[UUID, ProjectCard] = field(default_factory=dict)
    accounts: dict[UUID, str] = field(default_factory=dict)
    """The sources of those that are entered."""
    booked: dict[tuple[str, date], list[dict[str, Any]]] = field(default_factory=dict)
    """What banks have: statements, by source and day."""
    owing: list[tuple[str, date]] = field(default_factory=list)
    """The days that sources have not sent yet."""
    sent: set[tuple[str, date]] = field(default_factory=set)
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _serials: int = 0

    def at(self, hour: int) -> datetime:
        return clock.at(self.today, hour)

    async def begin(self, projects: int) -> None:
        """Let areas, sources and projects be known; contracts and accounts of most of them."""
        await make.tree(self.session)
        for code in SOURCES:
            await make.source(self.session, code=code, area_code=PREFECTURE)
        for _ in range(projects):
            await self._register()
        await self.session.flush()

    async def _register(self) -> None:
        developer_id = self.dice.choice(list(UNITS))
        card = make.card(
            developer_id=developer_id,
            developer_name=UNITS[developer_id],
            area_code=self.dice.choice([COUNTY, COUNTY, NEIGHBOUR]),
            investment_type=self.dice.choice(KINDS),
            funding_source=self.dice.choice([None, "专项债"]),
            status=self.dice.choice(["003", "003", "003", "002"]),
            supervised_since=self.dice.choice([None, FIRST, FIRST, FIRST + 12 * DAY]),
        )
        self.cards[card.project_id] = card
        await self._sign(card)

    async def _sign(self, card: ProjectCard) -> None:
        signed = make.signed(
            card,
            labour_cost=Decimal(self.dice.choice([50, 100])),
            transfer_day=self.dice.choice([12, 17, 25, 28]),
            first_period="2023-01",
            last_period="2023-02",
            occurred_at=self.at(9),
        )
        await handlers.on_works_contract_signed(self.session, signed)

    async def live(self) -> None:
        """Let a day pass: what happens on it, then midnight."""
        for code in SOURCES:
            self.owing.append((code, self.today))
            await actions.feeds.expect_bank_feeds(self.session, self.today, limit=9)
        for step in (self._change_card, self._sign_another, self._enter_account, self._tell_days):
            if self.dice.random() < 0.25:
                await step()
        self._book()
        await self._send()
        await self.session.flush()
        self.today += DAY
        await actions.transfers.mark_missed_transfers(self.session, clock.at(self.today))
        await self.session.flush()

    async def _change_card(self) -> None:
        card = self.cards[self.dice.choice(list(self.cards))]
        developer_id = self.dice.choice(list(UNITS))
        change: dict[str, Any] = self.dice.choice(
            [
                {"status": self.dice.choice(["003", "004", "005"])},
                {"supervised_since": self.dice.choice([None, self.today, self.today + 3 * DAY])},
                {"developer_id": developer_id, "developer_name": UNITS[developer_id]},
                {"area_code": self.dice.choice([COUNTY, NEIGHBOUR])},
                {"investment_type": self.dice.choice(KINDS)},
            ]
        )
        card = card.model_copy(update=change)
        self.cards[card.project_id] = card
        event = ProjectChanged(
            project_id=card.project_id, project=card, occurred_at=self.at(self.dice.randint(10, 20))
        )
        await handlers.on_project_changed(self.session, event)

    async def _sign_another(self) -> None:
        if self.dice.random() < 0.5:
            await self._register()
        else:
            await self._sign(self.cards[self.dice.choice(list(self.cards))])

    async def _enter_account(self) -> None:
        """Let a project's account be known; its bank may have told of its money before."""
        without = [one for one in self.cards if one not in self.accounts]
        if not without:
            return
        project_id = self.dice.choice(without)
        source, number = self._account(list(self.cards).index(project_id))
        body = make.account_in(project_id, source=source, account_no=number, opened_on=FIRST)
        await self.session.flush()
        await actions.accounts.register_wage_account(
            self.session, make.EVERYWHERE, body, self.at(11)
        )
        self.accounts[project_id] = source

    def _account(self, n: int) -> tuple[str, str]:
        return SOURCES[n % len(SOURCES)], f"6200{n:06d}"

    async def _tell_days(self) -> None:
        """Let days around today be no working days in an area, so that due days move."""
        days = {self.today + n * DAY: "holiday" for n in range(self.dice.randint(0, 4))}
        event = make.calendar(
            self.dice.choice([COUNTY, NEIGHBOUR]), exceptions=days, occurred_at=self.at(8)
        )
        await known.on_calendar_published(self.session, event)
        await actions.obligations.note_calendar(
            self.session, event.area_code, event.year, event.occurred_at
        )

    def _book(self) -> None:
        """Let money come to accounts, entered or not yet; the bank knows, and has not said."""
        for n in range(len(self.cards)):
            source, number = self._account(n)
            there = self.booked.setdefault((source, self.today), [])
            if self.dice.random() < 0.06:
                there.append(self._statement(number))

    def _statement(self, number: str) -> dict[str, Any]:
        opening = self.balances[number]
        lines: list[dict[str, Any]] = []
        for _ in range(self.dice.randint(1, 2)):
            self._serials += 1
            amount = self.dice.choice([10, 30, 50, 100, 120])
            self.balances[number] += amount
            purpose = self.dice.choice(["2023年1月人工费", "2023-02 工资", "人工费"])
            at = f"{self.today}T{10 + len(lines)}:00:00"
            said = make.line(
                f"L{self._serials}", at, amount, self.balances[number], purpose=purpose
            )
            lines.append(said)
        return make.statement(opening, *lines, account_no=number)

    async def _send(self) -> None:
        """Let sources send some of what they owe, not always in order, some of it in two parts."""
        self.dice.shuffle(self.owing)
        for code, day in [*self.owing]:
            final = self.dice.random() < 0.6
            if not final and self.dice.random() < 0.7:
                continue
            said = self.booked[code, day]
            if not final:
                said = said[:1]
            await make.feed(
                self.session, day, *said, source=code, final=final, now=self.at(21), caller=MACHINE
            )
            if final:
                self.owing.remove((code, day))
                self.sent.add((code, day))

    # ---- plain reckoning -------------------------------------------------------------------

    async def stands(self, today: date) -> Mapping[UUID, Stood]:
        """Reckon how all supervised projects in progress stand at the end of the day before."""
        as_of = today - DAY
        credited: dict[UUID, Decimal] = defaultdict(Decimal)
        for credit in await self.session.scalars(select(Credit)):
            credited[credit.obligation_id] += credit.amount
        owed: dict[UUID, list[tuple[Decimal, Decimal]]] = defaultdict(list)
        for row in await self.session.scalars(select(Obligation)):
            paid = credited[row.id]
            if row.due_on <= as_of and paid < row.due_amount and self._fed(row):
                owed[row.project_id].append((row.due_amount, paid))
        return {
            card.project_id: _stood(card.developer_id, owed[card.project_id])
            for card in self.cards.values()
            if card.status == "003" and card.supervised_since and card.supervised_since <= as_of
        }

    def _fed(self, row: Obligation) -> bool:
        if row.source_id is None:
            return True
        source = self.accounts[row.project_id]
        return all((source, day) in self.sent for day in _days(FIRST, row.due_on))


def _stood(developer_id: UUID, owed: list[tuple[Decimal, Decimal]]) -> Stood:
    lacking = sum((due - paid for due, paid in owed), Decimal(0))
    if not owed:
        return Stood(developer_id, "full", lacking)
    return Stood(developer_id, "short" if any(paid for _, paid in owed) else "none", lacking)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY
