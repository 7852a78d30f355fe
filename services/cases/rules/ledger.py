"""The arrears ledger (欠薪处置台账): its rows, its sums, and its words. Pure.

The columns are those of practice (domain section 4); workers stand in it as numbers only. A claim
of works price that is dressed as wages and a false claim are classes of their own: in no total of
wages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.cases.rules.arrears import ZERO, Cause, Channel, Conclusion, Nature
from services.cases.rules.case_clocks import Investment
from services.cases.rules.course import Act, Stage

MEASURES = (
    Act.MEDIATE, Act.HAND_OVER, Act.EXTEND, Act.DECIDE, Act.REFER, Act.TRANSFER,
)  # fmt: skip
"""What was done that a ledger names, beside the steps that every case takes."""
CLASSES = (Nature.WAGES, Nature.WORKS_PRICE, Nature.FALSE_CLAIM)


class By(StrEnum):
    """What the ledger's sums are told apart by."""

    AREA = "area"
    """The areas directly below the one that is asked for; what lies in none of them is its own."""
    INDUSTRY = "industry"
    CAUSE = "cause"
    SOURCE = "source"
    """The channel through which it was told of first."""
    UNIT = "unit"
    """The body that has it."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A case as the ledger shows it."""

    case_id: UUID
    number: str | None
    area_code: str
    area_name: str
    place: str
    project_id: UUID | None
    project_name: str | None
    investment: Investment | None
    industry: str
    sector_authority: str | None
    developer: str | None
    contractor: str | None
    employer: str | None
    months: str | None
    arisen_on: date | None
    workers_told: int | None
    amount_told: Decimal | None
    workers: int
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    workers_paid: int
    nature: Nature
    cause: Cause | None
    channel: Channel
    opened_on: date
    accepted_on: date | None
    unit_id: UUID | None
    unit: str | None
    handled_by: str | None
    measures: Sequence[Act]
    documents: Sequence[str]
    to_police: bool
    due_on: date | None
    clear_by: date | None
    overdue: bool
    stage: Stage
    conclusion: Conclusion | None
    ended_on: date | None
    related: str | None


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """What cases of one class come to: in cases, heads and yuan."""

    cases: int = 0
    carried: int = 0
    opened: int = 0
    stock: int = 0
    fresh: int = 0
    open: int = 0
    closed: int = 0
    closed_in_limit: int = 0
    overdue: int = 0
    employers: int = 0
    workers_told: int = 0
    amount_told: Decimal = ZERO
    workers: int = 0
    workers_paid: int | None = 0
    claimed: Decimal = ZERO
    verified: Decimal = ZERO
    paid: Decimal = ZERO
    owed: Decimal | None = ZERO
    """None of a day that is over, like `workers_paid`: each line's state then is not kept."""


SUMS = tuple(one.name for one in fields(LedgerSums))


@dataclass(frozen=True, slots=True)
class Beside:
    """The sums of one class, and those of the same period a year before."""

    now: LedgerSums
    before: LedgerSums | None
    """None where the filter asks how a case stands now: how it stood then is not kept."""


@dataclass(frozen=True, slots=True)
class Group:
    """The sums of one area, industry, cause, source or body, by class."""

    key: str | None
    name: str
    wages: Beside
    works_price: Beside
    false_claim: Beside


@dataclass(frozen=True, slots=True)
class Told:
    """A line of sums as it was counted: of a group, or (`whole`) of all."""

    key: str | None
    whole: bool
    nature: Nature
    sums: LedgerSums


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of all, and those of each group."""

    by: By
    whole: Group
    groups: Sequence[Group]

    @property
    def total(self) -> int:
        """Give how many cases there are, of all classes."""
        each = (self.whole.wages, self.whole.works_price, self.whole.false_claim)
        return sum(one.now.cases for one in each)


def totals(
    by: By, now: Iterable[Told], before: Iterable[Told] | None, names: Mapping[str, str]
) -> Totals:
    """Lay what was counted beside what was counted of the year before, group by group."""
    here = {(one.whole, one.key, one.nature): one.sums for one in now}
    then = None if before is None else {(x.whole, x.key, x.nature): x.sums for x in before}
    keys = {key for whole, key, _ in [*here, *(then or {})] if not whole}

    def group(key: str | None, *, whole: bool, name: str) -> Group:
        def beside(nature: Nature) -> Beside:
            at = (whole, key, nature)
            return Beside(
                here.get(at, LedgerSums()), None if then is None else then.get(at, LedgerSums())
            )

        return Group(key, name, *map(beside, CLASSES))

    return Totals(
        by,
        group(None, whole=True, name="合计"),
        [
            group(key, whole=False, name=names.get(key or "", key or "未列明"))
            for key in sorted(keys, key=lambda one: (one is None, one or ""))
        ],
    )


@dataclass(frozen=True, slots=True)
class LedgerBook:
    """A ledger as it is sent: where it is from, what it was narrowed to, its rows and sums."""

    area: str
    said: Sequence[str]
    """The filters, in words."""
    made_on: date
    rows: Sequence[LedgerRow]
    sums: Sequence[Totals]


STAGES: Mapping[Stage, str] = {
    Stage.RECEIVED: "待签收",
    Stage.SIGNED: "已签收",
    Stage.SUPPLEMENTING: "待补正",
    Stage.INVESTIGATING: "调查中",
    Stage.SUSPENDED: "中止",
    Stage.DECIDING: "待处理决定",
    Stage.PAYING: "支付中",
    Stage.CHECKING: "待复核",
    Stage.REFERRED: "已引导其他途径",
    Stage.TRANSFERRED: "已移送公安",
    Stage.ENDED: "已办结",
}
NATURES: Mapping[Nature, str] = {
    Nature.WAGES: "拖欠工资",
    Nature.WORKS_PRICE: "工程款纠纷",
    Nature.FALSE_CLAIM: "虚假讨薪",
}
INVESTMENTS: Mapping[Investment, str] = {
    Investment.GOVERNMENT: "政府投资",
    Investment.STATE_FIRM: "国企投资",
    Investment.PPP: "PPP",
    Investment.PRIVATE: "社会投资",
}
INDUSTRIES: Mapping[str, str] = {
    "construction": "工程建设",
    "manufacturing": "制造",
    "commerce": "商贸",
    "catering": "餐饮",
    "training": "培训",
    "medical": "医疗",
    "elderly_care": "养老",
    "express": "快递",
}
CHANNELS: Mapping[Channel, str] = {
    Channel.DESK: "窗口",
    Channel.HOTLINE_12345: "12345热线",
    Channel.HOTLINE_12333: "12333热线",
    Channel.NATIONAL_PLATFORM: "国家平台",
    Channel.PROVINCE_PLATFORM: "省平台",
    Channel.PETITION: "信访",
    Channel.QR_FORM: "扫码反映",
    Channel.PATROL: "巡查",
    Channel.EMAIL: "电子邮件",
    Channel.OTHER_BODY: "其他部门转来",
    Channel.UNION: "工会",
    Channel.VILLAGE: "村居",
    Channel.UPPER_LEVEL: "上级交办",
    Channel.DEVELOPER: "建设单位报告",
    Channel.WATCH_ITEM: "平台预警",
}
CAUSES: Mapping[Cause, str] = {
    Cause.UNAPPROVED: "未批先建",
    Cause.ENLARGED: "擅自扩大规模",
    Cause.OVER_BUDGET: "超概算",
    Cause.GOVERNMENT_PRICE_LATE: "政府工程款拖欠",
    Cause.WITHOUT_FUNDS: "无资金来源开工",
    Cause.ILLEGALLY_STARTED: "违法开工",
    Cause.DEVELOPER_LATE: "建设单位拖欠工程款",
    Cause.GOVERNMENT_MONEY_MISSING: "政府资金不到位",
    Cause.SUBLETTING: "转包、违法分包",
    Cause.ACCOUNT_MISUSED: "专户资金被挪用",
    Cause.SUBCONTRACTOR_FLED: "分包、班组长失联",
    Cause.DISPUTE: "结算争议",
    Cause.EMPLOYER_IN_DIFFICULTY: "用人单位经营困难",
    Cause.WORKS_PRICE_CLAIM: "工程款",
    Cause.FALSE_CLAIM: "虚假讨薪",
    Cause.OTHER: "其他",
}
WORDS: Mapping[By, Mapping[str, str]] = {
    By.INDUSTRY: INDUSTRIES,
    By.CAUSE: {str(code): words for code, words in CAUSES.items()},
    By.SOURCE: {str(code): words for code, words in CHANNELS.items()},
}
"""What groups are called whose names are not told to us."""


def a_year_before(day: date) -> date:
    """Give the same day a year before; of 29 February the 28th."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - 1, day=last)
