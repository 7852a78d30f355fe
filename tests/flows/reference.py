"""A plain model of one county: what must come out of its facts. Shares no code with the services.

It walks instant by instant over a list, with the working days of 2023 written out by hand, and
knows nothing of databases, events or timers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_DOWN, Decimal

CHINA = timezone(timedelta(hours=8))
HOLIDAYS = [
    ("2023-01-01", "2023-01-02"),
    ("2023-01-21", "2023-01-27"),
    ("2023-04-05", "2023-04-05"),
    ("2023-04-29", "2023-05-03"),
    ("2023-06-22", "2023-06-24"),
    ("2023-09-29", "2023-10-06"),
]
MAKEUP = {
    date.fromisoformat(day)
    for day in (
        "2023-01-28",
        "2023-01-29",
        "2023-04-23",
        "2023-05-06",
        "2023-06-25",
        "2023-10-07",
        "2023-10-08",
    )
}
LADDER = [("blue", None), ("yellow", 3), ("orange", 10), ("red", 20)]
FEED_LADDER = [("blue", None), ("yellow", 1), ("orange", 3), ("red", 5)]
RANK = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}


def is_workday(day: date) -> bool:
    """Say whether people work on a day of 2023."""
    if day in MAKEUP:
        return True
    for first, last in HOLIDAYS:
        if date.fromisoformat(first) <= day <= date.fromisoformat(last):
            return False
    return day.weekday() < 5


def nine(day: date, count: int) -> datetime:
    """Give 09:00 of the count-th working day after a day."""
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return at(day, "09:00")


def at(day: date, clock: str = "00:00") -> datetime:
    """Give an instant of a day in China."""
    return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=CHINA)


@dataclass
class Project:
    """One project, as the scenario's files give it."""

    code: str
    developer: str
    investment_type: str
    funding_source: str
    status: str
    supervised_since: date | None


@dataclass
class Contract:
    """One contract's terms, as the scenario's files give them."""

    project: str
    account: str | None
    source: str | None
    periods: list[str]
    transfer_day: int
    amounts: list[Decimal]
    next_month: bool = False
    """The transfer day lies in the month after the period."""
    shifted: bool = True
    """A due day on which nobody works moves back to one on which people do."""

    def due(self, period: str) -> date:
        """Give the day on which a period is due."""
        return due_day(period, self.transfer_day, later=self.next_month, shifted=self.shifted)


@dataclass
class Line:
    """Money that came in."""

    account: str
    serial: str
    when: datetime
    amount: Decimal
    period: str | None


@dataclass
class County:
    """All facts."""

    begins: datetime
    ends: datetime
    contracts: list[Contract]
    lines: list[Line]
    first_day: dict[str, date]
    arrivals: dict[tuple[str, date], datetime]
    expected_by: str = "10:00"
    projects: list[Project] = field(default_factory=list)


@dataclass
class Owed:
    """One expected transfer."""

    contract: Contract
    period: str
    due: date
    amount: Decimal
    found: datetime | None = None


@dataclass
class Item:
    """What should be there at the end."""

    kind: str
    project: str
    period: str
    opened: datetime
    levels: list[tuple[str, datetime]] = field(default_factory=list)
    closed: datetime | None = None
    due: date | None = None

    @property
    def level(self) -> str:
        """Give where it stands."""
        return self.levels[-1][0]


@dataclass
class Proposal:
    """A proposal to open a case."""

    project: str
    made: datetime
    state: str = "open"


@dataclass
class Outcome:
    """What the model says."""

    items: list[Item] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    cases: list[tuple[str, datetime]] = field(default_factory=list)


def due_day(period: str, day: int, *, later: bool = False, shifted: bool = True) -> date:
    """Give the day of a month (or of the one after it), or its last, moved to a working day."""
    first = date.fromisoformat(f"{period}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    first = following if later else first
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    due = first.replace(day=min(day, last.day))
    while shifted and not is_workday(due):
        due -= timedelta(days=1)
    return due


def spread(total: Decimal, count: int) -> list[Decimal]:
    """Spread a sum over so many periods: rounded down to the fen, the last takes the rest."""
    fen = Decimal("0.01")
    total = total.quantize(fen, ROUND_DOWN)
    each = (total / count).quantize(fen, ROUND_DOWN)
    return [*[each] * (count - 1), total - each * (count - 1)]


def owed_of(contract: Contract) -> list[Owed]:
    """Give a contract's expected transfers, oldest first."""
    return [
        Owed(contract, period, contract.due(period), amount)
        for period, amount in zip(contract.periods, contract.amounts, strict=True)
    ]


def share_out(owed: list[Owed], lines: Iterable[Line]) -> dict[str, list[tuple[date, Decimal]]]:
    """Share money among periods: the named one first, then the oldest that lacks, in order."""
    got: dict[str, list[tuple[date, Decimal]]] = {one.period: [] for one in owed}
    for line in sorted(lines, key=lambda line: (line.when, line.serial)):
        left = line.amount
        named = [one for one in owed if one.period == line.period]
        for one in [*named, *owed]:
            lacks = one.amount - sum((part for _, part in got[one.period]), Decimal(0))
            part = min(left, lacks)
            if part > 0:
                got[one.period].append((line.when.astimezone(CHINA).date(), part))
                left -= part
    return got


class Model:
    """Walks the county's time once."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.out = Outcome()
        self.owed = [one for contract in county.contracts for one in owed_of(contract)]

    def run(self) -> Outcome:
        """Give the outcome at the end of the county's time."""
        county = self.county
        self._late_feeds()
        instants = {at(one.due + timedelta(days=1)) for one in self.owed} | set(
            county.arrivals.values()
        )
        for one in self.owed:
            instants |= {nine(one.due, step) for step in (3, 10, 20, 30)}
        for now in sorted(instant for instant in instants if instant < county.ends):
            self._look(now)
        self._look(county.ends)
        return self.out

    def fed_until(self, source: str, now: datetime) -> date:
        day = self.county.first_day[source]
        while self.county.arrivals.get((source, day), self.county.ends + timedelta(1)) <= now:
            day += timedelta(days=1)
        return day - timedelta(days=1)

    def money(self, contract: Contract, now: datetime) -> dict[str, list[tuple[date, Decimal]]]:
        here = [
            line
            for line in self.county.lines
            if line.account == contract.account
            and self.county.arrivals.get(
                (contract.source or "", line.when.astimezone(CHINA).date()),
                self.county.ends + timedelta(1),
            )
            <= now
        ]
        return share_out([one for one in self.owed if one.contract is contract], here)

    def _look(self, now: datetime) -> None:
        # Money first, then rungs that fall at this instant on what is still open, then news.
        self._close(now)
        self._climb(now)
        self._propose(now)
        for contract in self.county.contracts:
            self._find(contract, now)
        self._open_cases(now)

    def _find(self, contract: Contract, now: datetime) -> None:
        fed = self.fed_until(contract.source, now) if contract.source else None
        money = self.money(contract, now)
        fresh = []
        for one in self.owed:
            if one.contract is not contract or one.found or at(one.due + timedelta(1)) > now:
                continue
            if fed is not None and fed < one.due:
                continue
            in_time = sum((p for day, p in money[one.period] if day <= one.due), Decimal(0))
            if in_time < one.amount:
                one.found = now
                fresh.append(one)
        for one in sorted(fresh, key=lambda one: one.due):
            item = Item("transfer_missed", contract.project, one.period, now, due=one.due)
            item.levels = [
                (level, now) for level, step in LADDER if step is None or nine(one.due, step) <= now
            ]
            self.out.items.append(item)
            self._jump(contract, now)
            # A miss is told before the money that covers it by now: what it asks for is seen.
            self._propose(now)
            self._close(now)

    def _jump(self, contract: Contract, now: datetime) -> None:
        mine = [one for one in self.owed if one.contract is contract]
        missed = {
            item.period
            for item in self.out.items
            if item.kind == "transfer_missed" and item.project == contract.project
        }
        for item in self._open(contract.project):
            place = [one.period for one in mine].index(item.period)
            row = 0
            while row <= place and mine[place - row].period in missed:
                row += 1
            total = sum(one.period in missed for one in mine[: place + 1])
            if (row >= 2 or total >= 3) and item.level != "red":
                self._raise(item, "red", now)

    @staticmethod
    def _raise(item: Item, level: str, now: datetime) -> None:
        for name, _ in LADDER:
            if RANK[item.level] < RANK[name] <= RANK[level]:
                item.levels.append((name, now))

    def _open(self, project: str | None = None) -> list[Item]:
        return [
            item
            for item in self.out.items
            if item.kind == "transfer_missed"
            and item.closed is None
            and project in {None, item.project}
        ]

    def _climb(self, now: datetime) -> None:
        for item in self._open():
            for level, step in LADDER:
                if step and item.due and nine(item.due, step) <= now:
                    self._raise(item, level, now)

    def _close(self, now: datetime) -> None:
        for contract in self.county.contracts:
            money = self.money(contract, now)
            for item in self._open(contract.project):
                one = next(
                    o for o in self.owed if o.contract is contract and o.period == item.period
                )
                if sum((part for _, part in money[one.period]), Decimal(0)) >= one.amount:
                    item.closed = now
        self._withdraw()

    def _withdraw(self) -> None:
        for proposal in self.out.proposals:
            red = [item for item in self._open(proposal.project) if item.level == "red"]
            if proposal.state == "open" and not red:
                proposal.state = "withdrawn"

    def _propose(self, now: datetime) -> None:
        for item in self._open():
            standing = [
                p for p in self.out.proposals if p.project == item.project and p.state == "open"
            ]
            cased = [p for p, _ in self.out.cases if p == item.project]
            if item.level == "red" and not standing and not cased:
                self.out.proposals.append(Proposal(item.project, now))

    def _open_cases(self, now: datetime) -> None:
        for proposal in self.out.proposals:
            opened = self._open(proposal.project)
            oldest = min((item.due for item in opened if item.due), default=None)
            if proposal.state == "open" and oldest and nine(oldest, 30) <= now:
                proposal.state = "confirmed"
                self.out.cases.append((proposal.project, now))

    def _late_feeds(self) -> None:
        county = self.county
        for source, first in county.first_day.items():
            day = first
            while at(day + timedelta(1)) < county.ends:
                wd = day + timedelta(days=1)
                while not is_workday(wd):
                    wd += timedelta(days=1)
                expected = at(wd, county.expected_by)
                came = county.arrivals.get((source, day))
                if expected < county.ends and (came is None or came > expected):
                    item = Item("bank_feed_late", source, day.isoformat(), expected)
                    item.closed = came if came and came < county.ends else None
                    item.levels = [
                        (level, expected if step is None else nine(wd, step))
                        for level, step in FEED_LADDER
                        if step is None or nine(wd, step) <= (item.closed or county.ends)
                    ]
                    self.out.items.append(item)
                day += timedelta(days=1)


def outcome(county: County) -> Outcome:
    """Give what must come out of a county's facts."""
    return Model(county).run()
