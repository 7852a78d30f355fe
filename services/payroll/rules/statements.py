"""Whether what a bank says of an account's day holds together, line by line; pure.

Every finding is told at once, with its place and a remedy; none repeats a value that it finds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shared.problems import Finding
from shared.wording import Text


class Direction(StrEnum):
    """Whether money came into the account or left it."""

    IN = "in"
    OUT = "out"


class LineKind(StrEnum):
    """What a line is to the lines before it."""

    ORDINARY = "ordinary"
    RETURNED = "returned"
    """退汇, 退票, 冲正: money of an earlier line goes back where it came from."""


@dataclass(frozen=True, slots=True)
class Line:
    """A bank line as sent; two with one serial are the same only if all of it is equal.

    But for what is said of its being a return: not every way of sending can say that. `day` is the
    Beijing day of `at`; names and numbers of the counterparty are blind indexes.
    """

    serial: str
    at: datetime
    day: date
    direction: Direction
    amount: Decimal
    balance: Decimal
    purpose: str | None = None
    counterparty: tuple[str | None, str | None] = (None, None)
    kind: LineKind = field(default=LineKind.ORDINARY, compare=False)
    reference: str | None = field(default=None, compare=False)

    @property
    def brings_money(self) -> bool:
        """Say whether it is new money: a payment that comes back is none."""
        return self.direction is Direction.IN and self.kind is LineKind.ORDINARY

    @property
    def change(self) -> Decimal:
        """Give by how much the balance changes."""
        return self.amount if self.direction is Direction.IN else -self.amount


@dataclass(frozen=True, slots=True)
class Statement:
    """What a batch says of one account: `opening` + in − out = `closing`, and its lines."""

    opening: Decimal
    closing: Decimal
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the account's day before the batch.

    `opening` and `closing` so far (None: this is the day's first statement of the account),
    `previous` the closing of the day before (None: not known, nothing to chain with), and those
    lines of the account, of any day, that have a serial of the batch.
    """

    opening: Decimal | None = None
    closing: Decimal | None = None
    previous: Decimal | None = None
    lines: Mapping[str, Line] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement comes to: findings, lines that are new, the day's balances with them."""

    findings: Sequence[Finding]
    fresh: Sequence[tuple[int, Line]]
    opening: Decimal
    closing: Decimal


def read(place: str, day: date, statement: Statement, known: Known) -> Reading:
    """Read a statement of an account's day; `place` is where it stands, `accounts[0]`."""
    found: list[Finding] = []
    fresh = _fresh(place, statement, known, found)
    found += _lines(place, day, statement)
    closing = known.closing
    if statement.lines or closing is None:
        found += _running(place, statement)
    if closing is None:
        if known.previous is not None and statement.opening != known.previous:
            found.append(_OPENING.at(f"{place}.opening", day=day))
        closing = statement.closing
    elif fresh:
        first, line = fresh[0]
        if line.balance - line.change != closing:
            found.append(_GAP.at(f"{place}.lines[{first}].balance"))
        closing = fresh[-1][1].balance
    elif not statement.lines and (
        statement.closing != closing or statement.opening not in {known.opening, closing}
    ):
        found.append(_DAY_CLOSING.at(f"{place}.closing"))
    opening = statement.opening if known.opening is None else known.opening
    return Reading(found, fresh, opening, closing)


def _fresh(
    place: str, statement: Statement, known: Known, found: list[Finding]
) -> list[tuple[int, Line]]:
    """Give the lines that are new; say which serials came before with another content."""
    seen = dict(known.lines)
    fresh: list[tuple[int, Line]] = []
    for n, line in enumerate(statement.lines):
        before = seen.get(line.serial)
        if before is None:
            seen[line.serial] = line
            fresh.append((n, line))
        elif before != line:
            found.append(_SERIAL.at(f"{place}.lines[{n}].serial"))
        elif fresh:
            found.append(_ORDER.at(f"{place}.lines[{n}].serial"))
    return fresh


def _lines(place: str, day: date, statement: Statement) -> Iterable[Finding]:
    """Check each line by itself and against the one before it."""
    before: datetime | None = None
    for n, line in enumerate(statement.lines):
        here = f"{place}.lines[{n}]"
        if line.amount <= 0:
            yield _AMOUNT.at(f"{here}.amount")
        if line.day != day:
            yield _DAY.at(f"{here}.at", day=day)
        if before is not None and line.at < before:
            yield _ORDER.at(f"{here}.at")
        before = line.at


def _running(place: str, statement: Statement) -> Iterable[Finding]:
    """Check the balance after each line, and the closing one; a break is told once."""
    balance = statement.opening
    for n, line in enumerate(statement.lines):
        if line.amount > 0 and balance + line.change != line.balance:
            yield _BALANCE.at(f"{place}.lines[{n}].balance")
        balance = line.balance
    if balance != statement.closing:
        yield _CLOSING.at(f"{place}.closing")


@dataclass(frozen=True, slots=True)
class Link:
    """Two balances of one account that must be equal: a closing, and the next opening.

    `before` and `after` are their days; `place` is where the batch names the balance.
    """

    place: str
    before: date
    closing: Decimal
    after: date
    opening: Decimal


def broken_links(day: date, links: Iterable[Link]) -> list[Finding]:
    """Say where the day does not meet the days beside it that are delivered already."""
    return [
        (_OPENING if link.after == day else _NEXT).at(link.place, day=day, next=link.after)
        for link in links
        if link.closing != link.opening
    ]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of finding: its code, words and remedy."""

    code: str
    detail: Text
    remedy: Text

    def at(self, place: str, **values: object) -> Finding:
        """Give the finding at a place."""
        return Finding(place, self.code, self.detail.fill(**values), self.remedy)


_AMOUNT = _Kind(
    "amount_not_positive",
    Text("金额须大于零", "The amount must be greater than zero"),
    Text(
        "金额写正数，收支方向用 direction 表示",
        "Send a positive amount; `direction` says which way",
    ),
)
_DAY = _Kind(
    "line_of_another_day",
    Text("该笔流水不属于 {day} 这一天", "This line does not lie in the Beijing day {day}"),
    Text("按北京时间归入相应日期的回传", "Send it in the feed of its own Beijing day"),
)
_ORDER = _Kind(
    "lines_out_of_order",
    Text("流水未按记账顺序排列", "The lines are not in the order of booking"),
    Text("按记账先后排列后重新报送", "Sort them by booking and send the batch again"),
)
_SERIAL = _Kind(
    "serial_reused",
    Text("该流水号已用于内容不同的另一笔流水", "This serial came before with another content"),
    Text(
        "核对流水号；冲正请作为新的流水报送",
        "Check the serial; send a reversal as a line of its own",
    ),
)
_BALANCE = _Kind(
    "balance_does_not_chain",
    Text("余额与上一笔余额及本笔金额不符", "The balance does not follow from the line before it"),
    Text("补齐遗漏的流水或更正余额后重新报送", "Add the missing line or correct the balance"),
)
_GAP = _Kind(
    "lines_missing_before",
    Text("与本日已收到的流水不衔接", "This does not continue what came of this day before"),
    Text("先报送中间遗漏的流水", "Send the lines between them first, or all lines of the day"),
)
_CLOSING = _Kind(
    "closing_does_not_chain",
    Text("期末余额与期初余额及流水不符", "The closing balance does not follow from the lines"),
    Text("补齐遗漏的流水或更正余额后重新报送", "Add the missing line or correct the balance"),
)
_DAY_CLOSING = _Kind(
    "closing_does_not_chain",
    Text("余额与本日已收到的流水不符", "The balances do not fit the lines that came of this day"),
    Text("补齐遗漏的流水或更正余额后重新报送", "Add the missing lines or correct the balances"),
)
_OPENING = _Kind(
    "opening_does_not_chain",
    Text("期初余额与上一日期末余额不符", "The opening is not the closing of the day before"),
    Text(
        "核对上一日回传；有遗漏的流水请补报",
        "Check the day before; lines that were left out must be sent",
    ),
)
_NEXT = _Kind(
    "closing_does_not_chain",
    Text(
        "{day} 的期末余额与已报送的 {next} 的期初余额不符",
        "The closing of {day} is not the opening of {next}, which is here already",
    ),
    Text(
        "核对本日流水是否完整；若后一日有误，请与平台联系",
        "Check that the day is complete; if the later day is wrong, ask the platform's operators",
    ),
)
