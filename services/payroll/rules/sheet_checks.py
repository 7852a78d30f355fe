"""What a payroll sheet is checked for against roster, policy and other sheets; pure.

In: lines with blind indexes and amounts in yuan, never a clear personal value. Thresholds and
severities come from an area's row of policy, by code of the check. Sources: 724号 art. 28, 31;
W3 of the domain's workflows (no line for an unregistered worker, payee is the worker's own card).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.payroll.rules import periods
from services.payroll.rules.sheet_facts import Against, Elsewhere, Line, OnRoster, Total
from services.payroll.rules.sheets import Severity


class Check(StrEnum):
    """Codes of checks; a row of policy has one entry for each."""

    NET_DIFFERS = "net_differs"
    """Net is not gross less deductions; `tolerance` in yuan."""
    ITEMS_DIFFER = "items_differ"
    """Gross is not the sum of its items, or deductions not of theirs; `tolerance` in yuan."""
    PERSON_TWICE = "person_twice"
    CARD_TWICE = "card_twice"
    """One card for two persons in the sheet."""
    PERSON_ELSEWHERE = "person_elsewhere"
    """The person stands on another sheet of the project and period."""
    CARD_ELSEWHERE = "card_elsewhere"
    """The card stands for another person on another sheet of the project and period."""
    CARD_MISSING = "card_missing"
    CARD_NOT_OWN = "card_not_own"
    CARD_UNKNOWN = "card_unknown"
    """The roster knows no card of the worker."""
    NAME_DIFFERS = "name_differs"
    NOT_ON_ROSTER = "not_on_roster"
    NO_CONTRACT = "no_contract"
    OUTSIDE_STAY = "outside_stay"
    """The worker was not on the project in the period, by `days` before entry or after exit."""
    ATTENDANCE_UNKNOWN = "attendance_unknown"
    """Nobody told of attendance in the period, or not to its end: nobody is held to it."""
    PAID_WITHOUT_ATTENDANCE = "paid_without_attendance"
    ATTENDED_WITHOUT_PAY = "attended_without_pay"
    """Attended at least `days` and is on no sheet of the employer."""
    DAYS_DIFFER = "days_differ"
    """Days on the sheet and attended differ by more than `days`."""
    DAYS_IMPOSSIBLE = "days_impossible"
    """More days than the month has."""
    BELOW_MINIMUM = "below_minimum"
    """Below the local minimum wage, pro rata to `full_days` a month."""
    IMPLAUSIBLE_AMOUNT = "implausible_amount"
    """More than `per_day` or `per_month` yuan."""
    AMOUNT_NEGATIVE = "amount_negative"
    DEDUCTIONS_HIGH = "deductions_high"
    """Deductions are more than `share` of gross."""
    TOTAL_DIFFERS = "total_differs"
    """A row of totals is not the sum of its rows; `tolerance` in yuan."""
    PERIOD_DIFFERS = "period_differs"
    PERIOD_AHEAD = "period_ahead"
    """More than `months` after the present month."""
    PERIOD_OLD = "period_old"
    """More than `months` before the present month."""
    PROJECT_DIFFERS = "project_differs"


NUMBERS: Mapping[str, frozenset[str]] = {
    Check.NET_DIFFERS: frozenset({"tolerance"}),
    Check.ITEMS_DIFFER: frozenset({"tolerance"}),
    Check.TOTAL_DIFFERS: frozenset({"tolerance"}),
    Check.OUTSIDE_STAY: frozenset({"days"}),
    Check.ATTENDED_WITHOUT_PAY: frozenset({"days"}),
    Check.DAYS_DIFFER: frozenset({"days"}),
    Check.BELOW_MINIMUM: frozenset({"full_days"}),
    Check.IMPLAUSIBLE_AMOUNT: frozenset({"per_day", "per_month"}),
    Check.DEDUCTIONS_HIGH: frozenset({"share"}),
    Check.PERIOD_AHEAD: frozenset({"months"}),
    Check.PERIOD_OLD: frozenset({"months"}),
}
"""What numbers a row of policy gives each check that has some."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: at a line, at a row of totals, or at the sheet as a whole."""

    code: Check
    field: str
    position: int | None = None
    total: Total | None = None
    values: Mapping[str, str] = made(default_factory=dict)
    """Amounts, days, ids and thresholds; never a personal value."""


Rows = Mapping[str, Mapping[str, Any]]
"""A row of policy: by code of the check its severity and its numbers."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """The numbers of a row of policy, read once for all lines."""

    net_tolerance: Decimal
    items_tolerance: Decimal
    total_tolerance: Decimal
    outside_days: Decimal
    unpaid_days: Decimal
    days_apart: Decimal
    full_days: Decimal
    per_day: Decimal
    per_month: Decimal
    share: Decimal
    months_ahead: Decimal
    months_old: Decimal


def _limits(rows: Rows) -> _Limits:
    return _Limits(*(_number(rows, code, name) for code, name in _NAMED))


_NAMED = (
    (Check.NET_DIFFERS, "tolerance"), (Check.ITEMS_DIFFER, "tolerance"),
    (Check.TOTAL_DIFFERS, "tolerance"), (Check.OUTSIDE_STAY, "days"),
    (Check.ATTENDED_WITHOUT_PAY, "days"), (Check.DAYS_DIFFER, "days"),
    (Check.BELOW_MINIMUM, "full_days"), (Check.IMPLAUSIBLE_AMOUNT, "per_day"),
    (Check.IMPLAUSIBLE_AMOUNT, "per_month"), (Check.DEDUCTIONS_HIGH, "share"),
    (Check.PERIOD_AHEAD, "months"), (Check.PERIOD_OLD, "months"),
)  # fmt: skip
_NIL = Decimal(0)
_SUMMED = frozenset({"days", "gross", "deductions", "net", "unpaid"})


def check(lines: Sequence[Line], against: Against, rows: Rows) -> Iterator[Found]:
    """Give all that is found, in the order of checks; what the area switched off is left out."""
    wanted = {code for code in Check if severity(rows, code) is not Severity.OFF}
    for found in _all(lines, against, _limits(rows)):
        if found.code in wanted:
            yield found


def severity(rows: Rows, code: str) -> Severity:
    """Give what a finding of a code means in an area; a code without an entry is not looked at."""
    entry = rows.get(code)
    return Severity(entry["severity"]) if entry else Severity.OFF


def _number(rows: Rows, code: Check, name: str) -> Decimal:
    return Decimal(str(rows.get(code, {}).get(name, 0)))


def _all(lines: Sequence[Line], against: Against, limits: _Limits) -> Iterator[Found]:
    yield from _periods(against, limits)
    for line in lines:
        yield from _sums(line, limits)
        yield from _sizes(line, against, limits)
        yield from _on_roster(line, against, limits)
    yield from _twice(lines)
    yield from _elsewhere(lines, against.elsewhere)
    yield from _totals(lines, against, limits)
    yield from _unpaid(lines, against, limits)


def _periods(against: Against, limits: _Limits) -> Iterator[Found]:
    for said in against.said_periods:
        if said != against.period:
            yield Found(
                Check.PERIOD_DIFFERS, "period", values={"said": said, "period": against.period}
            )
    away = _months(against.period) - (against.today.year * 12 + against.today.month)
    values = {"period": against.period, "today": against.today.isoformat()}
    if away > limits.months_ahead:
        yield Found(Check.PERIOD_AHEAD, "period", values=values)
    if -away > limits.months_old:
        yield Found(Check.PERIOD_OLD, "period", values=values)
    if against.said_project and not _same_name(against.said_project, against.project_name):
        yield Found(Check.PROJECT_DIFFERS, "project", values={"project": against.project_name})


def _months(period: str) -> int:
    return int(period[:4]) * 12 + int(period[5:])


def _same_name(said: str, name: str) -> bool:
    """People write a project's name longer or shorter; one holds the other."""
    one, other = ("".join(text.split()).lower() for text in (said, name))
    return one in other or other in one


def _sums(line: Line, limits: _Limits) -> Iterator[Found]:
    """Compare gross, deductions and net with each other and with their items.

    A single sum of deductions beside items of them may hold them or stand beside them: either is
    right if it comes to net. What is left for later is no deduction.
    """
    if line.gross is None or line.gross < 0 or (line.net or _NIL) < 0:
        return
    allowed = limits.items_tolerance
    if line.earned is not None and abs(line.gross - line.earned) > allowed:
        values = _values(said=line.gross, sum=line.earned)
        yield Found(Check.ITEMS_DIFFER, "gross", line.position, values=values)
    if line.net is None:
        return
    items, told = line.withheld or _NIL, line.deductions
    left = line.gross - line.net - (line.unpaid or _NIL)
    possible = (items,) if told is None else (told, told + items)
    off = _NIL
    if left not in possible:  # Most are.
        either = (left, left + (line.late or _NIL))
        off = min(abs(each - one) for each in either for one in possible)
    if off > limits.net_tolerance:
        less = items if told is None else told
        values = _values(gross=line.gross, deductions=less, unpaid=line.unpaid, net=line.net)
        yield Found(Check.NET_DIFFERS, "net", line.position, values=values)
    elif told is not None and line.withheld and told not in {items, left - items}:
        values = _values(said=told, sum=items)
        if abs(told - items) > allowed:
            yield Found(Check.ITEMS_DIFFER, "deductions", line.position, values=values)


def _sizes(line: Line, against: Against, limits: _Limits) -> Iterator[Found]:
    for name, amount in (("gross", line.gross), ("net", line.net), ("deductions", line.deductions)):
        if amount is not None and amount < 0:
            values = _values(amount=amount)
            yield Found(Check.AMOUNT_NEGATIVE, name, line.position, values=values)
    if line.days is not None and (
        line.days < 0 or line.days > periods.last_day(against.period).day
    ):
        values = _values(days=line.days, most=Decimal(periods.last_day(against.period).day))
        yield Found(Check.DAYS_IMPOSSIBLE, "days", line.position, values=values)
    if line.gross is None:
        return
    yield from _too_much(line, line.gross, limits)
    yield from _too_little(line, line.gross, against.minimum, limits)
    less = line.deductions if line.deductions is not None else line.withheld
    if less is not None and less > line.gross * limits.share:
        values = _values(gross=line.gross, deductions=less, share=limits.share)
        yield Found(Check.DEDUCTIONS_HIGH, "deductions", line.position, values=values)


def _too_much(line: Line, gross: Decimal, limits: _Limits) -> Iterator[Found]:
    month, day = limits.per_month, limits.per_day
    if gross > month or (line.days and gross > day * line.days):
        values = _values(gross=gross, days=line.days, per_day=day, per_month=month)
        yield Found(Check.IMPLAUSIBLE_AMOUNT, "gross", line.position, values=values)


def _too_little(
    line: Line, gross: Decimal, minimum: Decimal | None, limits: _Limits
) -> Iterator[Found]:
    """Compare with the minimum wage of so many days; a full month is no more than a month."""
    if minimum is None or gross >= minimum or line.days is None or line.days <= 0:
        return
    full = limits.full_days
    due = minimum * min(line.days / full, Decimal(1)) if full else minimum
    if gross < due:
        values = _values(gross=gross, days=line.days, minimum=minimum, full_days=full)
        yield Found(Check.BELOW_MINIMUM, "gross", line.position, values=values)


def _on_roster(line: Line, against: Against, limits: _Limits) -> Iterator[Found]:
    at = line.position
    if line.card_index is None:
        yield Found(Check.CARD_MISSING, "card_no", at)
    if line.id_index is None:
        return
    known = against.roster.get(line.id_index)
    if known is None:
        yield Found(Check.NOT_ON_ROSTER, "id_number", at)
        return
    if line.name_index is not None and line.name_index not in known.names:
        yield Found(Check.NAME_DIFFERS, "name", at, values=_named(known))
    if not known.has_contract:
        yield Found(Check.NO_CONTRACT, "id_number", at, values=_named(known))
    if line.card_index is not None and line.card_index not in known.cards:
        code = Check.CARD_NOT_OWN if known.cards else Check.CARD_UNKNOWN
        yield Found(code, "card_no", at, values=_named(known))
    yield from _stay(at, known, against.period, limits)
    if against.attendance:
        yield from _attendance(line, known, against, limits)


def _named(known: OnRoster) -> dict[str, str]:
    return {"worker_id": str(known.worker_id)}


def _stay(at: int, known: OnRoster, period: str, limits: _Limits) -> Iterator[Found]:
    first, last = periods.first_day(period), periods.last_day(period)
    for entered_on, left_on in known.spells:
        if entered_on <= last and (left_on is None or left_on >= first):
            return
    nearest = min(
        (
            max((entered_on - last).days, (first - left_on).days if left_on else 0)
            for entered_on, left_on in known.spells
        ),
        default=0,
    )
    if nearest > limits.outside_days:
        values = _named(known) | {"days": str(nearest)}
        yield Found(Check.OUTSIDE_STAY, "id_number", at, values=values)


def _attendance(line: Line, known: OnRoster, against: Against, limits: _Limits) -> Iterator[Found]:
    """Compare with what is known; that less is known proves nothing where not all was told."""
    in_part = against.unheard_since is not None
    if not known.attended:
        if line.net is not None and line.net > 0 and not in_part:
            values = _named(known) | _values(net=line.net)
            yield Found(Check.PAID_WITHOUT_ATTENDANCE, "net", line.position, values=values)
        return
    if line.days is None:
        return
    less = line.days - known.attended
    if abs(less) > limits.days_apart and not (in_part and less > 0):
        told = {f"attended_{who}": str(days) for who, days in sorted(known.told.items())}
        values = _named(known) | _values(days=line.days, attended=known.attended) | told
        yield Found(Check.DAYS_DIFFER, "days", line.position, values=values)


def _twice(lines: Iterable[Line]) -> Iterator[Found]:
    """Name the later line; a card that one person has twice is that person twice, no more."""
    persons: dict[str, Line] = {}
    cards: dict[str, Line] = {}
    for line in lines:
        if line.id_index:
            first = persons.setdefault(line.id_index, line)
            if first is not line:
                values = {"first_position": str(first.position)}
                yield Found(Check.PERSON_TWICE, "id_number", line.position, values=values)
        if line.card_index:
            first = cards.setdefault(line.card_index, line)
            if first is not line and (first.id_index != line.id_index or not line.id_index):
                values = {"first_position": str(first.position)}
                yield Found(Check.CARD_TWICE, "card_no", line.position, values=values)


def _elsewhere(lines: Iterable[Line], others: Iterable[Elsewhere]) -> Iterator[Found]:
    persons = {other.id_index: other for other in others if other.id_index}
    cards = {other.card_index: other for other in others if other.card_index}
    if not persons and not cards:
        return
    for line in lines:
        if line.id_index and (other := persons.get(line.id_index)):
            values = {"sheet_id": str(other.sheet_id)}
            yield Found(Check.PERSON_ELSEWHERE, "id_number", line.position, values=values)
        if line.card_index and (other := cards.get(line.card_index)):
            if other.id_index == line.id_index and line.id_index:
                continue
            values = {"sheet_id": str(other.sheet_id)}
            yield Found(Check.CARD_ELSEWHERE, "card_no", line.position, values=values)


def _totals(lines: Sequence[Line], against: Against, limits: _Limits) -> Iterator[Found]:
    """Compare rows of totals: one sums up its table, the lines since the last, or those sums."""
    allowed = limits.total_tolerance
    told: dict[tuple[str, int], Decimal] = {}
    for one in against.totals:
        if one.field not in _SUMMED or one.field in against.unsure:
            continue
        key = (one.field, one.first)
        possible = [_summed(lines, one.field, first, one.last) for first in (one.first, one.since)]
        if key in told:
            possible.append(told[key])
        told[key] = told.get(key, _NIL) + one.said
        if min(abs(each - one.said) for each in possible) > allowed:
            values = _values(said=one.said, sum=possible[0])
            yield Found(Check.TOTAL_DIFFERS, one.field, total=one, values=values)


def _summed(lines: Sequence[Line], name: str, first: int, last: int) -> Decimal:
    """Add up a field of the lines from one position to another; positions count from 1."""
    return sum((getattr(line, name) or _NIL for line in lines[first - 1 : last]), _NIL)


def _unpaid(lines: Iterable[Line], against: Against, limits: _Limits) -> Iterator[Found]:
    """Name who attended and is not paid; where nobody's attendance is known, nobody is."""
    if since := against.unheard_since:
        values = {"period": against.period, "since": since.isoformat()}
        yield Found(Check.ATTENDANCE_UNKNOWN, "sheet", values=values)
    if not against.attendance:
        return
    least = limits.unpaid_days
    paid = {
        known.worker_id
        for index in (
            *(line.id_index for line in lines),
            *(other.id_index for other in against.elsewhere),
        )
        if index and (known := against.roster.get(index))
    }
    for worker in against.absent:
        if worker.worker_id not in paid and worker.attended and worker.attended >= least:
            values = {"worker_id": str(worker.worker_id)} | _values(attended=worker.attended)
            yield Found(Check.ATTENDED_WITHOUT_PAY, "sheet", values=values)


def _values(**amounts: Decimal | None) -> dict[str, str]:
    return {name: str(amount) for name, amount in amounts.items() if amount is not None}
