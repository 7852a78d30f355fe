"""Makes a county from seeds: its facts for the model, and by them a folder for the player."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.flows import reference
from tests.flows.folder import Drawn, Paper, Payment, write
from tests.flows.reference import CHINA, Contract, County, Line, Project

PERIODS = ["2023-02", "2023-03", "2023-04", "2023-05", "2023-06"]
BEGINS = datetime(2023, 1, 4, tzinfo=CHINA)
# The first day that is fed: a Saturday on which people work.
FIRST_DAY = date(2023, 1, 28)
SUPERVISED_SINCE = date(2023, 1, 5)


@dataclass(frozen=True)
class Span:
    """How long a county is watched: its periods, and the working days after the last due day."""

    months: int
    after: int

    @property
    def periods(self) -> list[str]:
        return PERIODS[: self.months]

    @property
    def ends(self) -> datetime:
        last = reference.due_day(self.periods[-1], 31)
        return reference.nine(last, self.after)


@dataclass
class Made:
    """A county made from seeds: where its folder is, and its facts for the model."""

    folder: Path
    facts: County


class Maker:
    """Draws a part of a county; everything comes from the seed, every name begins with it."""

    def __init__(self, seed: int, projects: int, span: Span, late: range) -> None:
        self.dice = random.Random(seed)
        self.seed, self.span = seed, span
        self.sources = [f"S{seed}-{number}" for number in range(self.dice.choice([1, 2]))]
        self.units = [f"U{seed}-{number}" for number in range(self.dice.choice([2, 3]))]
        self.projects = [self._project(f"P{seed}-{number}") for number in range(projects)]
        self.contracts: list[Contract] = []
        self.papers: dict[str, Paper] = {}
        self.lines: list[Line] = []
        self.payments: list[Payment] = []
        self.late: dict[tuple[str, date], datetime] = {}
        for number, project in enumerate(self.projects):
            self._contract(number, project.code)
        # One of which nothing is agreed yet: it is counted, and owes nothing.
        self.projects.append(self._project(f"P{seed}-{projects}"))
        self._late_days(late)

    def _project(self, code: str) -> Project:
        """Draw a project; most are in progress and supervised all the time."""
        dice = self.dice
        days = (self.span.ends.date() - SUPERVISED_SINCE).days
        since = SUPERVISED_SINCE + timedelta(days=dice.choice([0, 0, 0, 0, dice.randrange(days)]))
        return Project(
            code,
            dice.choice(self.units),
            dice.choice(["government", "government", "state_firm", "ppp", "private"]),
            dice.choice(["", "county_budget", "special_bond"]),
            dice.choice(["003"] * 8 + ["001", "004", "005"]),
            since if dice.random() < 0.9 else None,
        )

    def _contract(self, number: int, project: str) -> None:
        dice = self.dice
        account = f"1755{self.seed:06d}{number:07d}" if dice.random() < 0.85 else None
        first = dice.choice([0, 0, 1])
        periods = self.span.periods[first : dice.choice([3, 4, 5])] or self.span.periods
        contract = Contract(
            project,
            account,
            dice.choice(self.sources) if account else None,
            periods,
            dice.choice([10, 25, 28, 31]),
            self._amounts(project, len(periods)),
            next_month=dice.random() < 0.15,
            shifted=dice.random() < 0.85,
        )
        self.contracts.append(contract)
        if account:
            for place, period in enumerate(periods):
                self._pay(contract, place, period)

    def _amounts(self, project: str, count: int) -> list[Decimal]:
        """Draw what a contract says of labour cost; give what each period owes by that."""
        dice = self.dice
        basis = dice.choices(["per_period", "total", "share"], [4, 1, 1])[0]
        amount = Decimal(dice.randrange(10_000, 90_000_000)) / 100
        price, share = Decimal(dice.randrange(10_000_000, 900_000_000)) / 100, None
        if basis == "share":
            share, amount = Decimal(dice.randrange(500, 4000)) / 100, None
            self.papers[project] = Paper(price, basis, None, share)
            return reference.spread(price * share / 100, count)
        price += amount * count
        self.papers[project] = Paper(price, basis, amount, None)
        return [amount] * count if basis == "per_period" else reference.spread(amount, count)

    def _pay(self, contract: Contract, place: int, period: str) -> None:
        dice, amount = self.dice, contract.amounts[place]
        due = contract.due(period)
        way = dice.choices(
            ["full", "none", "part", "late", "split", "early", "double"], [10, 4, 3, 4, 3, 2, 1]
        )[0]
        half = (amount / 3).quantize(Decimal("0.01"))
        day = due - timedelta(days=dice.randrange(4))
        after = due + timedelta(days=dice.randrange(1, 45))
        parts = {
            "full": [(day, amount)],
            "none": [],
            "part": [(day, half)],
            "late": [(after, amount)],
            "split": [(day, half), (after, amount - half)],
            "early": [(due - timedelta(days=12), amount)],
            "double": [(day, amount * 2)],
        }[way]
        for when, money in parts:
            self._line(
                contract, max(when, FIRST_DAY), money, period if dice.random() < 0.5 else None
            )

    def _line(self, contract: Contract, day: date, money: Decimal, period: str | None) -> None:
        """Draw how money came in, and sometimes how wages went out of it."""
        dice, account = self.dice, contract.account or ""
        when = reference.at(day, f"{dice.randrange(8, 18):02d}:{dice.randrange(60):02d}")
        serial = f"L{self.seed}-{len(self.payments):05d}"
        self.lines.append(Line(account, serial, when, money, period))
        year, month = (period or "2023-01").split("-")
        named = [f"{year}年{int(month)}月人工费", f"{period} 人工费", f"人工费({year}{month})"]
        purpose = dice.choice(named if period else ["人工费", "工程款人工费部分", ""])
        self.payments.append(Payment(account, serial, when, "in", money, purpose))
        if dice.random() < 0.3:
            later = when + timedelta(days=dice.randrange(20), minutes=1)
            paid = (money * dice.randrange(1, 9) / 10).quantize(Decimal("0.01"))
            wages = f"{serial}-W", later, "out", paid, f"{int(month)}月份工资"
            self.payments.append(Payment(account, *wages))

    def _late_days(self, times: range) -> None:
        """Let each source be late some times, half of them where it matters: around a due day."""
        days = (self.span.ends.date() - FIRST_DAY).days
        for source in self.sources:
            dues = [
                contract.due(period)
                for contract in self.contracts
                if contract.source == source
                for period in contract.periods
            ]
            for _ in range(self.dice.choice(times)):
                day = FIRST_DAY + timedelta(days=self.dice.randrange(days))
                if dues and self.dice.random() < 0.5:
                    day = self.dice.choice(dues) - timedelta(days=self.dice.randrange(3))
                self.late[(source, max(day, FIRST_DAY))] = reference.at(
                    max(day, FIRST_DAY) + timedelta(days=self.dice.randrange(1, 9)), "11:20"
                )

    def arrivals(self) -> dict[tuple[str, date], datetime]:
        """Give when each day's feed comes: next morning, or late."""
        came: dict[tuple[str, date], datetime] = {}
        for source in self.sources:
            day = FIRST_DAY
            while reference.at(day + timedelta(days=1)) < self.span.ends:
                usual = reference.at(day + timedelta(days=1), "08:30")
                when = self.late.get((source, day), usual)
                if when < self.span.ends:
                    came[(source, day)] = when
                day += timedelta(days=1)
        return came


def make(
    folder: Path,
    *seeds: int,
    projects: int = 6,
    months: int = 5,
    after: int = 31,
    late: range = range(2, 6),
) -> Made:
    """Draw a county's parts, one from each seed, that lie side by side; write its folder.

    It has so many months from February on, and ends some working days after the last due day.
    Each bank is late about as often as `late` says.
    """
    span = Span(months, after)
    makers = [Maker(seed, projects, span, late) for seed in seeds]
    facts = County(
        BEGINS,
        span.ends,
        [contract for maker in makers for contract in maker.contracts],
        [line for maker in makers for line in maker.lines],
        {source: FIRST_DAY for maker in makers for source in maker.sources},
        {key: when for maker in makers for key, when in maker.arrivals().items()},
        projects=[project for maker in makers for project in maker.projects],
    )
    drawn = Drawn(
        facts,
        {project: paper for maker in makers for project, paper in maker.papers.items()},
        [payment for maker in makers for payment in maker.payments],
        {key: when for maker in makers for key, when in maker.late.items()},
    )
    write(folder, drawn)
    return Made(folder, facts)
