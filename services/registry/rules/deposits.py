"""Wage deposits (工资保证金, 人社部发〔2021〕65号): what is due, why, and each limit; pure.

All numbers come from the terms of an area (`DepositTerms`), rows with basis and certainty.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

from shared import workdays
from shared.problems import Finding
from shared.wording import Text
from shared.workdays import Calendar, Unit

FEN = Decimal("0.01")
_HUNDRED = Decimal(100)


class SecurityPurpose(StrEnum):
    """What money is kept for: workers' wages, or the developer's paying of the works."""

    DEPOSIT = "deposit"
    """工资保证金, by the contractor (724号 art. 32)."""
    PAYMENT_GUARANTEE = "payment_guarantee"
    """工程款支付担保, by the developer (724号 art. 24)."""


class SecurityForm(StrEnum):
    """As what it is given."""

    CASH = "cash"
    BANK_GUARANTEE = "bank_guarantee"
    COMPANY_GUARANTEE = "company_guarantee"
    INSURANCE = "insurance"


class SecurityState(StrEnum):
    """Whether it still stands for something."""

    ACTIVE = "active"
    REPLACED = "replaced"
    RETURNED = "returned"


class Reason(StrEnum):
    """Why an amount is due, and no other."""

    STANDARD = "standard"
    SEVERAL_WORKS = "several_works"
    """Several works of the contractor in the area: the lower rate (art. 12)."""
    SMALL_WORKS = "small_works"
    """Exempt: a small contract, and no arrears for the time asked for (art. 12)."""
    REDUCED = "reduced"
    """No arrears for years (art. 13)."""
    EXEMPT = "exempt"
    """No arrears for more years, real-name management and account in place (art. 13)."""
    RAISED = "raised"
    """Arrears in the last years (art. 13)."""
    LISTED = "listed"
    """On the list for joint punishment (art. 13)."""


class Step(StrEnum):
    """What has a limit of its own."""

    BANK_PAYS = "bank_pays"
    REPLENISH = "replenish"
    NOTICE = "notice"
    REVIEW = "review"
    CONFIRM = "confirm"
    TELL_REFUSAL = "tell_refusal"
    STATEMENT = "statement"


class UseState(StrEnum):
    """How far the use of a deposit is (65号 art. 19–20)."""

    NOTICED = "noticed"
    PAID = "paid"
    REPLENISHED = "replenished"


class ReturnState(StrEnum):
    """How far the return of a deposit is (65号 art. 22)."""

    NOTICE = "notice"
    """On the board and the authority's site, before anybody may apply."""
    REVIEW = "review"
    ACCEPTED = "accepted"
    """Reviewed without open arrears; the confirmation is owed."""
    REFUSED = "refused"
    """Open arrears were found; the written notice is owed."""
    REFUSAL_TOLD = "refusal_told"
    """Settle, and apply again."""
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class DepositTerms:
    """An area's numbers. Rates and raises in per cent, `cap` and `small_below` in yuan."""

    rate: Decimal
    several_rate: Decimal
    floor_rate: Decimal
    cap: Decimal | None
    small_below: Decimal
    small_years: int
    reduce_years: int
    reduce_by: Decimal
    exempt_years: int
    raise_years: int
    raise_by: Decimal
    listed_raise_by: Decimal
    guarantee_months: int
    """How long a guarantee is to be good at least (art. 16–18)."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is proved of a contractor's past; without proof nothing is taken for granted.

    `clean_since`: no arrears since that day, by somebody's statement; `arrears_on`: the last day
    of arrears that is known; `systems_done`: real-name management and account in place at all its
    projects here; `several_works`: it has more than one project in progress in the area.
    """

    clean_since: date | None = None
    arrears_on: date | None = None
    listed: bool = False
    systems_done: bool = False
    several_works: bool = False


@dataclass(frozen=True, slots=True)
class DepositDue:
    """An amount in yuan with the rate that gave it, in per cent of the contract, and its reason."""

    amount: Decimal
    rate: Decimal
    reason: Reason


def deposit_due(
    contract_amount: Decimal, record: Record, terms: DepositTerms, day: date
) -> DepositDue:
    """Give what is due for a contract on a day (65号 art. 12–13).

    What raises comes before what reduces: who is on the list, or had arrears, is not exempted for
    small works. A reduction does not go below the floor; a cap holds before a raise.
    """
    reason = _reason(contract_amount, record, terms, day)
    if reason in {Reason.SMALL_WORKS, Reason.EXEMPT}:
        return DepositDue(Decimal("0.00"), Decimal("0.00"), reason)
    rate = terms.several_rate if record.several_works else terms.rate
    base = contract_amount * rate / _HUNDRED
    if terms.cap is not None:
        base = min(base, terms.cap)
    floor = min(base, contract_amount * terms.floor_rate / _HUNDRED)
    by = {
        Reason.LISTED: terms.listed_raise_by,
        Reason.RAISED: terms.raise_by,
        Reason.REDUCED: -terms.reduce_by,
    }.get(reason, Decimal(0))
    amount = max(floor, base * (_HUNDRED + by) / _HUNDRED).quantize(FEN, ROUND_HALF_UP)
    effective = (amount * _HUNDRED / (contract_amount or 1)).quantize(FEN, ROUND_HALF_UP)
    return DepositDue(amount, effective, reason)


def _reason(contract_amount: Decimal, record: Record, terms: DepositTerms, day: date) -> Reason:
    if record.listed:
        return Reason.LISTED
    if record.arrears_on and record.arrears_on > _years_before(day, terms.raise_years):
        return Reason.RAISED
    clean = record.clean_since
    if clean and record.arrears_on and record.arrears_on >= clean:
        clean = record.arrears_on + timedelta(days=1)

    def years(number: int) -> bool:
        return clean is not None and clean <= _years_before(day, number)

    if contract_amount < terms.small_below and years(terms.small_years):
        return Reason.SMALL_WORKS
    if years(terms.exempt_years) and record.systems_done:
        return Reason.EXEMPT
    if years(terms.reduce_years):
        return Reason.REDUCED
    return Reason.SEVERAL_WORKS if record.several_works else Reason.STANDARD


def _years_before(day: date, years: int) -> date:
    return workdays.months_after(day, -12 * years)


@dataclass(frozen=True, slots=True)
class DepositStanding:
    """What is due for a project's deposit, why, and what is given, in yuan."""

    contract_amount: Decimal
    amount: Decimal
    rate: Decimal
    reason: Reason
    rule_id: UUID
    covered: Decimal

    @property
    def lacking(self) -> Decimal:
        """Give what is not given yet."""
        return max(self.amount - self.covered, Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a step may take: so many days of a unit, the starting day not counted."""

    length: int
    unit: Unit

    def last_day(self, start: date, calendar: Calendar) -> date:
        """Give the last day of the limit (民法典 art. 201, 203)."""
        if self.unit is Unit.WD:
            return calendar.shift(start, self.length)
        return calendar.on_or_after(start + timedelta(days=self.length))


def limits(rows: Mapping[str, Mapping[str, object]]) -> Mapping[Step, Limit]:
    """Read an area's limits as its row keeps them: `{"bank_pays": {"length": 5, "unit": "wd"}}`."""
    return {
        Step(name): Limit(int(str(row["length"])), Unit(str(row["unit"])))
        for name, row in rows.items()
    }


@dataclass(frozen=True, slots=True)
class Held:
    """What stands of a security for a project, in yuan, and its days."""

    security_id: UUID
    purpose: SecurityPurpose
    amount: Decimal
    valid_from: date
    valid_until: date | None
    """None: it does not end (cash)."""


def covered_until(held: Iterable[Held], due: Decimal) -> tuple[bool, date | None]:
    """Say whether securities together reach an amount, and through which day they do so.

    None as the day: without end. The longest are counted first, so no other choice lasts longer.
    """
    together = Decimal(0)
    longest = sorted(held, key=lambda one: (one.valid_until is not None, _back(one.valid_until)))
    for one in longest:
        together += one.amount
        if together >= due:
            return True, one.valid_until
    return False, None


def _back(day: date | None) -> int:
    return -day.toordinal() if day else 0


def expiring(held: Sequence[Held], due: Decimal) -> Iterator[Held]:
    """Give the deposits that end although nothing that lasts longer is enough without them."""
    deposits = [one for one in held if one.purpose is SecurityPurpose.DEPOSIT]
    for one in deposits:
        if one.valid_until is None:
            continue
        longer = [
            other
            for other in deposits
            if other.valid_until is None or other.valid_until > one.valid_until
        ]
        if not longer or not covered_until(longer, due)[0]:
            yield one


def check_terms(terms: DepositTerms) -> Iterator[Finding]:
    """Give the findings of an area's numbers."""
    if not 0 < terms.floor_rate <= terms.several_rate <= terms.rate <= _HUNDRED:
        yield Finding(
            "rate",
            "RateOutOfRange",
            Text(
                "应满足 0 < 下限 ≤ 多项目比例 ≤ 存储比例 ≤ 100",
                "0 < floor_rate ≤ several_rate ≤ rate ≤ 100",
            ),
        )
    if not terms.small_years <= terms.reduce_years <= terms.exempt_years:
        yield Finding(
            "exempt_years",
            "YearsOutOfOrder",
            Text(
                "无欠薪年限应满足 小额 ≤ 减免 ≤ 免存",
                "Years without arrears: small_years ≤ reduce_years ≤ exempt_years",
            ),
        )


def check_security(
    form: SecurityForm, valid_from: date, valid_until: date | None
) -> Iterator[Finding]:
    """Give the findings of a security's days: what is no cash ends, and after it began."""
    if form is SecurityForm.CASH:
        if valid_until:
            yield Finding(
                "valid_until",
                "CashDoesNotEnd",
                Text("现金存储没有有效期，请留空", "Cash does not end: leave it out"),
            )
    elif valid_until is None:
        yield Finding(
            "valid_until",
            "EndMissing",
            Text("保函、保险须填写有效期止", "A guarantee has a last day"),
        )
    if valid_until and valid_until < valid_from:
        yield Finding(
            "valid_until",
            "DaysReversed",
            Text("有效期止早于有效期起", "It ends before it begins"),
        )


def check_use(amount: Decimal, left: Decimal) -> Iterator[Finding]:
    """Give the findings of an amount to be paid out of a security."""
    if amount > left:
        yield Finding(
            "amount",
            "MoreThanLeft",
            Text("超过保证金余额 {left} 元", "More than the {left} yuan that are left").fill(
                left=left
            ),
        )


def too_early(place: str, day: date) -> Finding:
    """Say that a step comes before the day on which it may."""
    return Finding(
        place,
        "TooEarly",
        Text("不得早于 {day}", "Not before {day}").fill(day=day.isoformat()),
    )


def not_complete() -> Finding:
    """Say that a deposit is given back only when works are complete (65号 art. 22)."""
    return Finding(
        "security_id",
        "ProjectNotComplete",
        Text("工程尚未完工，不能返还保证金", "The works are not complete: no return yet"),
    )


def check_step(first: date | None, on: date, today: date) -> Iterator[Finding]:
    """Give the findings of a step's day: not before the first one, and not one to come."""
    if first and on < first:
        yield too_early("on", first)
    if on > today:
        yield day_ahead("on")


def day_ahead(place: str) -> Finding:
    """Say that what happened cannot have happened on a day to come."""
    return Finding(
        place, "DayAhead", Text("日期不得晚于今天", "A day that has not come cannot be entered")
    )


def nothing_to_replace() -> Finding:
    """Say that there is no such security, or none that stands, to be replaced."""
    return Finding(
        "replaces",
        "NothingToReplace",
        Text("该项目没有此项有效的保证金或担保", "The project has no such security that stands"),
    )
