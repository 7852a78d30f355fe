"""What rosters, gates, sheets and the bank say beside a worker's claim: advice, no finding. Pure.

What nobody told is no fact: a month without attendance or sheets says nothing against anybody. The
burden of proof lies with the employer (724号 art. 50).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from shared.wording import Text

ZERO = Decimal(0)


class Advice(StrEnum):
    """What whoever handles a claim should look at."""

    NOTHING_KNOWN = "nothing_known"
    NOT_ON_ROSTER = "not_on_roster"
    NOT_SEEN = "not_seen"
    NO_SHEET = "no_sheet"
    NOT_ON_SHEET = "not_on_sheet"
    AGREES = "agrees"
    CLAIMS_MORE = "claims_more"
    CLAIMS_LESS = "claims_less"
    SETTLED = "settled"


WORDS: Mapping[Advice, Text] = {
    Advice.NOTHING_KNOWN: Text(
        "名册、考勤、工资表中均无此人，请核对证件号码和项目",
        "Neither roster nor gates nor sheets know this number; check it, and the project",
    ),
    Advice.NOT_ON_ROSTER: Text(
        "未实名登记，但有考勤或工资表记录", "Not on the roster, though gates or sheets know him"
    ),
    Advice.NOT_SEEN: Text(
        "所述月份中，有考勤数据的月份均无其出勤记录",
        "In no month whose attendance is known was he seen",
    ),
    Advice.NO_SHEET: Text(
        "部分月份没有工资表：应由用人单位举证（724号第50条）",
        "Some month has no sheet: the employer has to prove what was paid (724号 art. 50)",
    ),
    Advice.NOT_ON_SHEET: Text(
        "部分月份有工资表而其不在表中", "Some month has a sheet that he is not on"
    ),
    Advice.AGREES: Text("与应付未到账工资一致", "It is what sheets say and no bank has settled"),
    Advice.CLAIMS_MORE: Text(
        "高于工资表应付而未到账的金额", "More than what sheets say and no bank has settled"
    ),
    Advice.CLAIMS_LESS: Text(
        "低于工资表应付而未到账的金额", "Less than what sheets say and no bank has settled"
    ),
    Advice.SETTLED: Text("所述月份工资均已到账", "All wages of these months have settled"),
}


@dataclass(slots=True)
class MonthFacts:
    """What is known of a worker's month; amounts in yuan, None where nothing was told."""

    period: str
    days: Mapping[str, Decimal] = field(default_factory=dict)
    """Attended, by who told of it."""
    sheet_days: Decimal | None = None
    gross: Decimal | None = None
    net: Decimal | None = None
    settled: Decimal = ZERO
    under_way: Decimal = ZERO
    returned: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Known:
    """Of which months anything is known of a project."""

    attendance: frozenset[str]
    sheets: frozenset[str]


def owed(months: Iterable[MonthFacts]) -> Decimal:
    """Give what sheets say and no bank has settled, in yuan."""
    return sum((max((one.net or ZERO) - one.settled, ZERO) for one in months), ZERO)


def advise(
    claimed: Decimal | None,
    months: Sequence[MonthFacts],
    known: Known,
    *,
    on_roster: bool,
) -> Iterator[Advice]:
    """Say what to look at of a claim of some months, in yuan."""
    seen, listed = any(one.days for one in months), [one for one in months if one.net is not None]
    if not on_roster and not seen and not listed:
        yield Advice.NOTHING_KNOWN
        return
    if not on_roster:
        yield Advice.NOT_ON_ROSTER
    if not seen and any(one.period in known.attendance for one in months):
        yield Advice.NOT_SEEN
    without = [one.period for one in months if one.net is None]
    if any(period not in known.sheets for period in without):
        yield Advice.NO_SHEET
    if any(period in known.sheets for period in without):
        yield Advice.NOT_ON_SHEET
    if without:
        return
    left = owed(months)
    if not left:
        yield Advice.SETTLED
    if claimed is not None and left:
        yield _beside(claimed, left)


def _beside(claimed: Decimal, left: Decimal) -> Advice:
    if claimed == left:
        return Advice.AGREES
    return Advice.CLAIMS_MORE if claimed > left else Advice.CLAIMS_LESS
