"""The plain model's board: how a county's money stands, by unit. Shares no code with services."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.flows.reference import RANK, Contract, County, Model, Outcome, Project, at

IN_PROGRESS = "003"


@dataclass
class Standing:
    """How a project stands: `none`, `short` or `full`, and what it lacks of what is due."""

    transfer: str
    shortfall: Decimal


@dataclass
class Tally:
    """How many projects of a unit stand how; each is counted once."""

    projects: int = 0
    none: int = 0
    short: int = 0
    full: int = 0
    shortfall: Decimal = Decimal("0.00")

    @property
    def share(self) -> Decimal | None:
        """Give what per cent of the projects lack money, half up; none without a project."""
        lacking = Decimal(100 * (self.none + self.short))
        tenth = Decimal("0.1")
        return (lacking / self.projects).quantize(tenth, ROUND_HALF_UP) if self.projects else None

    def count(self, standing: Standing) -> None:
        """Count a project, once."""
        self.projects += 1
        setattr(self, standing.transfer, getattr(self, standing.transfer) + 1)
        self.shortfall += standing.shortfall

    def row(self) -> tuple[object, ...]:
        """Give what can be compared and read."""
        return self.projects, self.none, self.short, self.full, str(self.shortfall), self.share


def supervised(projects: Iterable[Project], as_of: date) -> list[Project]:
    """Give the projects that are in progress and under supervision on a day."""
    return [
        one
        for one in projects
        if one.status == IN_PROGRESS and one.supervised_since and one.supervised_since <= as_of
    ]


def standing(county: County, project: Project, as_of: date) -> Standing:
    """Say how a project stood at the end of a day, by what was known then.

    What counts was due by then and, where there is an account, fed through its due day.
    """
    lacking, came = Decimal(0), Decimal(0)
    for contract in county.contracts:
        if contract.project != project.code:
            continue
        for owed, credited in _open(county, contract, as_of):
            lacking, came = lacking + owed - credited, came + credited
    if not lacking:
        return Standing("full", Decimal("0.00"))
    return Standing("short" if came else "none", lacking)


def _open(county: County, contract: Contract, as_of: date) -> Iterator[tuple[Decimal, Decimal]]:
    """Give what each period owes and what came of it, where something is lacking."""
    model, now = Model(county), min(at(as_of + timedelta(days=1)), county.ends)
    fed = model.fed_until(contract.source, now) if contract.source else date.max
    money = model.money(contract, now)
    # A day that is not over yet can still bring what is due on it.
    last = min((now - timedelta(days=1)).date(), fed)
    for period, owed in zip(contract.periods, contract.amounts, strict=True):
        credited = sum((part for _, part in money[period]), Decimal(0))
        if contract.due(period) <= last and credited < owed:
            yield owed, credited


def board(county: County, as_of: date, by: str = "developer") -> dict[str, Tally]:
    """Give each unit's tally at the end of a day, and that of `all`.

    A unit is a developer, or another word that projects are told apart by. Most misses come
    first, then what is lacking, then the name.
    """
    tallies: dict[str, Tally] = {}
    whole = Tally()
    for project in supervised(county.projects, as_of):
        stands = standing(county, project, as_of)
        tallies.setdefault(getattr(project, by), Tally()).count(stands)
        whole.count(stands)

    def place(unit: str) -> tuple[int, Decimal, str]:
        tally = tallies[unit]
        return -tally.none - tally.short, -tally.shortfall, unit

    return {unit: tallies[unit] for unit in sorted(tallies, key=place)} | {"all": whole}


def levels(county: County, outcome: Outcome) -> dict[str, dict[str, int]]:
    """Give how many of each developer's projects stand on which level, at the county's end.

    A project stands on the highest level of its open misses.
    """
    found: dict[str, dict[str, int]] = {}
    for project in supervised(county.projects, county.ends.date()):
        if level := _level(outcome, project.code):
            unit = found.setdefault(project.developer, {})
            unit[level] = unit.get(level, 0) + 1
    return found


def _level(outcome: Outcome, project: str) -> str | None:
    """Give the highest level of a project's open misses."""
    standing = [
        item.level
        for item in outcome.items
        if (item.kind, item.project, item.closed) == ("transfer_missed", project, None)
    ]
    return max(standing, key=RANK.__getitem__, default=None)
