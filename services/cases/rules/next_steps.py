"""What has to be done about an item next, by whom, until when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.cases.rules import proofs
from services.cases.rules.delay import WAITING, Party
from services.cases.rules.funding import FundingState
from services.cases.rules.items import ItemState, WatchKind
from services.cases.rules.orders import OrderState
from shared.wording import Text


class Who(StrEnum):
    """Who has to take a step."""

    ASSIGNEE = "assignee"
    DEVELOPER = "developer"
    CONTRACTOR = "contractor"
    BANK = "bank"
    WAGE_OFFICE = "wage_office"
    INSPECTOR = "inspector"
    LEADING_GROUP = "leading_group"
    NOBODY = "nobody"
    """It goes on by itself."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step: what, who, until when."""

    code: str
    who: Who
    unit_id: UUID | None
    person_id: UUID | None
    due_at: datetime | None
    text: Text


@dataclass(frozen=True, slots=True)
class Stand:
    """How an item stands, as far as it decides on what comes next."""

    kind: WatchKind
    state: ItemState
    unit_id: UUID
    person_id: UUID | None
    developer_id: UUID | None
    lacking: Decimal | None
    waiting_for: Party | None
    muted_by: str | None
    answer_due_at: datetime | None
    extension_asked: bool = False
    closing_asked: bool = False
    proposal_due_at: datetime | None = None
    orders: tuple[tuple[OrderState, datetime | None], ...] = ()
    """Correction orders under way, each with what is waited for until when."""
    funding: tuple[tuple[FundingState, datetime | None], ...] = ()
    unreported_by: UUID | None = None
    """The contractor that has to report the miss and has not (724号 art. 27)."""
    report_overdue: bool = False


_REPORT = Text(
    "向人社部门和行业主管部门报告未拨付情况（国务院令第724号第二十七条）",
    "Report the miss to HRSS and the sector authority (724号 art. 27)",
)
_REPORT_LATE = Text(
    "已逾期：向人社部门和行业主管部门报告未拨付情况（国务院令第724号第二十七条）",
    "Overdue: report the miss to HRSS and the sector authority (724号 art. 27)",
)

_SIGN = Text("签发限期改正指令书", "Sign the correction order")
_SERVE = Text("送达限期改正指令书", "Serve the correction order")
_OBEY = Text("在期限内改正并提交证明", "Obey the correction order and prove it in time")
_PENALTY = Text("逾期未改正，作出处罚决定", "The order was not obeyed: decide on the penalty")
_ORDERS = {
    OrderState.DRAFT: ("sign_order", Who.INSPECTOR, _SIGN),
    OrderState.SIGNED: ("serve_order", Who.INSPECTOR, _SERVE),
    OrderState.SERVED: ("obey_order", Who.ASSIGNEE, _OBEY),
    OrderState.OVERDUE: ("decide_penalty", Who.INSPECTOR, _PENALTY),
}
_APPROVE = Text("对财政资金不到位作出批准", "Government approves the order to fund, or refuses it")
_ORDER = Text("经批准，责令限期拨付", "Order the money to be paid, with a limit")
_FUND = Text("在责令期限内拨付到位", "Pay within the order's limit")
_INTERVIEW = Text("逾期未拨付，由上级约谈、通报或处分", "Interview, notice or discipline follow")
_FUNDING = {
    FundingState.REPORTED: ("approve_funding", Who.LEADING_GROUP, _APPROVE),
    FundingState.APPROVED: ("order_funding", Who.INSPECTOR, _ORDER),
    FundingState.ORDERED: ("fund", Who.DEVELOPER, _FUND),
    FundingState.OVERDUE: ("follow_up_funding", Who.WAGE_OFFICE, _INTERVIEW),
    FundingState.INTERVIEWED: ("follow_up_funding", Who.WAGE_OFFICE, _INTERVIEW),
    FundingState.NOTIFIED: ("follow_up_funding", Who.WAGE_OFFICE, _INTERVIEW),
    FundingState.DISCIPLINED: ("fund", Who.DEVELOPER, _FUND),
}


def next_steps(stand: Stand) -> list[NextStep]:
    """Give what has to be done, what puts it right first; nothing once it is closed."""
    if stand.state is ItemState.CLOSED:
        return []
    return [*_put_right(stand), *_words(stand), *_papers(stand)]


def _put_right(stand: Stand) -> Iterator[NextStep]:
    if stand.muted_by:
        known = proofs.fact(stand.muted_by)
        text = Text(
            f"{known.zh}，时限暂停；情形消除后自动恢复",
            f"{known.en}: its clock stands still and goes on when that is over",
        )
        yield NextStep("wait", Who.NOBODY, None, None, None, text)
    if stand.waiting_for is Party.BANK:
        text = Text("核实并登记建设单位已付款项", "Credit what the developer has paid")
        yield NextStep("credit_payment", Who.BANK, None, None, None, text)
    elif stand.waiting_for is Party.DEVELOPER:
        lacking = stand.lacking or Decimal(0)
        text = Text(
            f"将所欠人工费用 {lacking} 元拨入工资专用账户",
            f"Pay the CNY {lacking} that are lacking into the wage account",
        )
        yield NextStep("pay_labour_cost", Who.DEVELOPER, stand.developer_id, None, None, text)
    else:
        first = proofs.ACCEPTED[stand.kind][0].text
        text = Text(f"落实并取得凭证：{first.zh}", f"Put it right, so that: {first.en}")
        yield NextStep("put_right", Who.ASSIGNEE, stand.unit_id, stand.person_id, None, text)


def _words(stand: Stand) -> Iterator[NextStep]:
    if stand.state is ItemState.OPEN and stand.answer_due_at is not None:
        text = Text("书面说明原因并承诺办结日期", "Explain it, and promise a day")
        yield NextStep(
            "answer", Who.ASSIGNEE, stand.unit_id, stand.person_id, stand.answer_due_at, text
        )
    if stand.unreported_by:
        text = _REPORT_LATE if stand.report_overdue else _REPORT
        yield NextStep("report_miss", Who.CONTRACTOR, stand.unreported_by, None, None, text)
    if stand.state is ItemState.ANSWERED:
        text = Text("核实责任单位的答复", "Say whether the answer is enough")
        yield NextStep("verify", Who.WAGE_OFFICE, None, None, None, text)
    if stand.closing_asked:
        text = Text("由另一人核对销号凭证", "Another person checks the documents that close it")
        yield NextStep("confirm_closing", Who.WAGE_OFFICE, None, None, None, text)
    elif stand.state is ItemState.VERIFYING:
        text = Text("核对事实，凭证到达后销号", "Check the facts; the proof closes it")
        yield NextStep("check_facts", Who.WAGE_OFFICE, None, None, None, text)
    if stand.extension_asked:
        text = Text("审批延期申请", "Decide on the request for more time")
        yield NextStep("decide_extension", Who.WAGE_OFFICE, None, None, None, text)
    if stand.proposal_due_at is not None:
        text = Text(
            "对立案建议作出决定，逾期自动立案",
            "Decide on the proposed case; it opens by itself then",
        )
        yield NextStep("decide_case", Who.WAGE_OFFICE, None, None, stand.proposal_due_at, text)


def _papers(stand: Stand) -> Iterator[NextStep]:
    for order, due_at in stand.orders:
        code, who, text = _ORDERS[order]
        unit_id = stand.unit_id if who is Who.ASSIGNEE else None
        yield NextStep(code, who, unit_id, None, due_at, text)
    for order_to_fund, due_at in stand.funding:
        code, who, text = _FUNDING[order_to_fund]
        unit_id = stand.developer_id if who is Who.DEVELOPER else None
        yield NextStep(code, who, unit_id, None, due_at, text)


def waiting(stand: Stand, org: UUID | None) -> Text | None:
    """Give what somebody reads who waits for another; the one who is waited for reads none."""
    if stand.waiting_for is None or stand.state is ItemState.CLOSED:
        return None
    if stand.waiting_for is Party.DEVELOPER and org is not None and org == stand.developer_id:
        return None
    return WAITING[stand.waiting_for]
