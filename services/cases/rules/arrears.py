"""What an arrears case is about: its channel, class, cause, people and money. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from shared.wording import Text

ZERO = Decimal(0)


class Channel(StrEnum):
    """Through which channel somebody told of it (R5.3); it is kept, whatever becomes of it."""

    DESK = "desk"
    HOTLINE_12345 = "hotline_12345"
    HOTLINE_12333 = "hotline_12333"
    NATIONAL_PLATFORM = "national_platform"
    PROVINCE_PLATFORM = "province_platform"
    PETITION = "petition"
    QR_FORM = "qr_form"
    PATROL = "patrol"
    EMAIL = "email"
    OTHER_BODY = "other_body"
    UNION = "union"
    VILLAGE = "village"
    UPPER_LEVEL = "upper_level"
    DEVELOPER = "developer"
    """The developer of the site, of its contractor (53号 art. 12)."""
    WATCH_ITEM = "watch_item"
    """An alert or watch item of the platform itself."""


class Speaker(StrEnum):
    """Who speaks (投诉人、举报人)."""

    WORKER = "worker"
    """The worker concerned: a complaint."""
    REPRESENTATIVE = "representative"
    """Of a group; five at most (L5.4)."""
    ANYONE = "anyone"
    """A tip by somebody else."""
    BODY = "body"
    """A body or a system of ours."""


MOST_REPRESENTATIVES = "most_representatives"


class Nature(StrEnum):
    """What kind of claim it is. Only wages count in totals of wages."""

    WAGES = "wages"
    WORKS_PRICE = "works_price"
    """A claim of works price dressed as wages (724号 art. 52)."""
    FALSE_CLAIM = "false_claim"


class Cause(StrEnum):
    """Why wages are owed: the six of 724号 art. 60 and 61 first."""

    UNAPPROVED = "unapproved"
    ENLARGED = "enlarged"
    OVER_BUDGET = "over_budget"
    GOVERNMENT_PRICE_LATE = "government_price_late"
    WITHOUT_FUNDS = "without_funds"
    ILLEGALLY_STARTED = "illegally_started"
    DEVELOPER_LATE = "developer_late"
    GOVERNMENT_MONEY_MISSING = "government_money_missing"
    SUBLETTING = "subletting"
    ACCOUNT_MISUSED = "account_misused"
    SUBCONTRACTOR_FLED = "subcontractor_fled"
    DISPUTE = "dispute"
    EMPLOYER_IN_DIFFICULTY = "employer_in_difficulty"
    WORKS_PRICE_CLAIM = "works_price_claim"
    FALSE_CLAIM = "false_claim"
    OTHER = "other"


ARTICLES: Mapping[Cause, str] = {
    Cause.UNAPPROVED: "724号第60条",
    Cause.ENLARGED: "724号第60条",
    Cause.OVER_BUDGET: "724号第60条",
    Cause.GOVERNMENT_PRICE_LATE: "724号第60条",
    Cause.WITHOUT_FUNDS: "724号第61条",
    Cause.ILLEGALLY_STARTED: "724号第61条",
}
"""The article under which a faulty project is dealt with (L1.35)."""


class PaymentSource(StrEnum):
    """Where the money of a payment comes from: the liability path of W7, in its order."""

    EMPLOYER = "employer"
    CONTRACTOR = "contractor"
    """Prior settlement by the general contractor (L1.15)."""
    DEVELOPER = "developer"
    """Advance by the developer, up to the unpaid works price (L1.14)."""
    DEPOSIT = "deposit"
    EMERGENCY_FUND = "emergency_fund"
    """Part of wages or living cost; to be recovered (L1.36)."""
    COURT = "court"
    """Collected by a court for the workers."""


class PaymentProof(StrEnum):
    """What shows that a worker has the money (domain 6.6)."""

    BANK_LINE = "bank_line"
    """The serial of a bank line that is settled at the worker's own account."""
    CASH_CONFIRMED = "cash_confirmed"
    """A signed receipt and the worker's own confirmation."""


class Age(StrEnum):
    """How old a case is beside a year: by when it was opened, and by when the wages fell due."""

    CARRIED = "carried"
    """Opened before the year (上年结转)."""
    OPENED = "opened"
    """Opened in the year (本年新立)."""
    STOCK = "stock"
    """The arrears arose before the year (存量); where nobody said when, it was opened before."""
    FRESH = "fresh"
    """They arose in it (新增)."""


class PaymentPurpose(StrEnum):
    """What a payment stands for; either counts for the worker once."""

    WAGES = "wages"
    LIVING_COST = "living_cost"
    """An advance of the basic cost of living (基本生活费) out of the emergency fund."""


class LineState(StrEnum):
    """Where one worker's claim stands; derived from its amounts."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    PART_PAID = "part_paid"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    REFERRED = "referred"


class Amounts(Protocol):
    """The three amounts of a line, and what ended it otherwise."""

    @property
    def claimed(self) -> Decimal: ...
    @property
    def verified(self) -> Decimal | None: ...
    @property
    def paid(self) -> Decimal: ...
    @property
    def withdrawn(self) -> bool: ...
    @property
    def referred(self) -> bool: ...


def line_state(line: Amounts) -> LineState:
    """Say where a line stands; only what is verified can be paid in full."""
    if line.withdrawn:
        return LineState.WITHDRAWN
    if line.verified is not None and line.paid >= line.verified:
        return LineState.PAID
    if line.paid > 0:
        return LineState.PART_PAID
    if line.referred:
        return LineState.REFERRED
    return LineState.CLAIMED if line.verified is None else LineState.VERIFIED


def owed(line: Amounts) -> Decimal:
    """Give what a line still owes, in yuan: of what is verified, else of what is claimed."""
    if line.withdrawn:
        return ZERO
    whole = line.claimed if line.verified is None else line.verified
    return max(whole - line.paid, ZERO)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the lines of a case come to, in yuan and heads."""

    workers: int
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    workers_owed: int


def sums(lines: Iterable[Amounts]) -> Sums:
    """Add up the lines of a case; what is withdrawn counts no longer."""
    standing = [line for line in lines if not line.withdrawn]
    due = [owed(line) for line in standing]
    return Sums(
        workers=len(standing),
        claimed=sum((line.claimed for line in standing), ZERO),
        verified=sum((line.verified or ZERO for line in standing), ZERO),
        paid=sum((line.paid for line in standing), ZERO),
        owed=sum(due, ZERO),
        workers_owed=sum(one > 0 for one in due),
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """A conclusion: what it is called, and which papers and payments it asks for."""

    words: Text
    papers: tuple[str, ...]
    """What is brought as evidence, beside the proof of each line's payment."""
    paid: bool = False
    """Whether each line has to be paid with proof."""
    refusal: bool = False
    """Whether it refuses to accept the case."""


class Conclusion(StrEnum):
    """How a case ended (有案必结); each code with its evidence. The list is ours (domain 8.9)."""

    PAID = "paid"
    NO_ARREARS = "no_arrears"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"
    ARBITRATION = "arbitration"
    COURT = "court"
    JUDGMENT_EXECUTED = "judgment_executed"
    CRIMINAL = "criminal"
    WORKS_PRICE = "works_price"
    FALSE_CLAIM = "false_claim"
    UNREACHABLE = "unreachable"
    OUT_OF_TIME = "out_of_time"
    OUT_OF_SCOPE = "out_of_scope"
    ELSEWHERE = "elsewhere"
    """Already before a mediator, an arbitrator or a court (423号 art. 21)."""


ENDINGS: Mapping[Conclusion, Ending] = {
    Conclusion.PAID: Ending(
        Text("全额支付", "Paid in full"), (), paid=True
    ),
    Conclusion.NO_ARREARS: Ending(
        Text("查无拖欠", "No arrears found"), ("investigation_report",)
    ),
    Conclusion.WITHDRAWN: Ending(
        Text("反映人撤回", "Withdrawn by whoever reported"), ("withdrawal_statement",)
    ),
    Conclusion.SETTLED: Ending(
        Text("调解达成协议并已履行", "Settled by mediation and kept"),
        ("mediation_agreement",), paid=True,
    ),
    Conclusion.ARBITRATION: Ending(
        Text("已由劳动争议仲裁受理", "Taken by labour arbitration"), ("acceptance_notice",)
    ),
    Conclusion.COURT: Ending(
        Text("已由法院受理", "Taken by a court"), ("acceptance_notice",)
    ),
    Conclusion.JUDGMENT_EXECUTED: Ending(
        Text("判决执行到位", "Judgment carried out"), ("judgment",), paid=True
    ),
    Conclusion.CRIMINAL: Ending(
        Text("公安机关立案", "Filed by the police"), ("police_filing",)
    ),
    Conclusion.WORKS_PRICE: Ending(
        Text("属工程款纠纷", "A dispute on works price"), ("investigation_report",)
    ),
    Conclusion.FALSE_CLAIM: Ending(
        Text("虚假讨薪", "A false claim"), ("investigation_report",)
    ),
    Conclusion.UNREACHABLE: Ending(
        Text("无法联系反映人", "Whoever reported cannot be reached"), ("contact_record",)
    ),
    Conclusion.OUT_OF_TIME: Ending(
        Text("超过两年", "Out of time"), ("refusal_notice",), refusal=True
    ),
    Conclusion.OUT_OF_SCOPE: Ending(
        Text("不属受理范围", "Out of scope"), ("refusal_notice",), refusal=True
    ),
    Conclusion.ELSEWHERE: Ending(
        Text("已在仲裁或诉讼中", "Already before an arbitrator or court"),
        ("refusal_notice",), refusal=True,
    ),
}  # fmt: skip


class Relation(StrEnum):
    """What a report has to do with a case that was there."""

    SAME = "same"
    RELATED = "related"
    DIFFERENT = "different"
