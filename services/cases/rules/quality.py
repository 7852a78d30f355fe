"""How good the rules are (预警质量台账): what became of each item, and how it is called. Pure.

An item was right, or it was not: its closing says so in one word. What is false has a cause: the
data came late, the matter was exempt, or what was told was wrong. Which word means what is a
table here; a word that is in none of it closed a matter that was put right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.cases.rules.items import WatchKind


class Outcome(StrEnum):
    """What became of an item."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    """It was so, and was put right with proof."""
    DATA_LATE = "false_data_late"
    """It was not so: what showed it was there in time and came late."""
    EXEMPT = "false_exempt"
    """It did not have to be so."""
    ERROR = "false_error"
    """What was told was wrong."""
    ENDED = "ended"
    """Its matter ended before anybody could put it right."""


FALSE = (Outcome.DATA_LATE, Outcome.EXEMPT, Outcome.ERROR)
REASONS: Mapping[str, Outcome] = {
    "not_missed": Outcome.DATA_LATE,
    "nobody_worked": Outcome.DATA_LATE,
    "not_left": Outcome.DATA_LATE,
    "payee_known": Outcome.DATA_LATE,
    "exempted": Outcome.EXEMPT,
    "not_required": Outcome.EXEMPT,
    "not_due": Outcome.EXEMPT,
    "not_supervised": Outcome.EXEMPT,
    "bank_feed_waived": Outcome.EXEMPT,
    "no_longer_expected": Outcome.EXEMPT,
    "same_as_known": Outcome.ERROR,
    "works_not_started": Outcome.ERROR,
    "payroll_plausible": Outcome.ERROR,
    "project_closed": Outcome.ENDED,
    "project_stopped": Outcome.ENDED,
    "no_payroll": Outcome.ENDED,
    "stands_still": Outcome.ENDED,
}
"""By the word that closed an item; any other is a proof that it was put right."""
KINDS: Mapping[str, str] = {
    "transfer_missed": "人工费未拨付", "bank_feed_late": "银行数据未到",
    "feed_silent": "应报数据未到", "account_not_opened": "专户未开立",
    "account_not_filed": "专户未备案", "agreement_missing": "三方协议未签订",
    "deposit_missing": "工资保证金未存储", "guarantee_expiring": "保证金保函将到期",
    "deposit_not_replenished": "工资保证金未补足", "cover_low": "储存金不足",
    "notice_board_missing": "告示牌未设置", "wage_officer_missing": "劳资专管员未配备",
    "payment_guarantee_missing": "工程款支付担保缺失", "no_systems": "监管缺失",
    "reporting_gap": "应报未报", "nobody_in_charge": "无人负责",
    "payroll_not_submitted": "工资支付表未报送", "wages_unpaid": "工资未发放",
    "paid_share_low": "发放比例偏低", "leaver_not_settled": "退场未结清",
    "payment_outside_account": "专户付给非本项目人员", "payment_returned": "工资退回未补发",
    "receipt_disputed": "收款异议", "watched_after_red": "红色办结后观察",
    "deposit_statement_missing": "保证金对账单未到", "unregistered_on_site": "在场未登记",
    "attendance_stopped": "考勤中断", "below_minimum_wage": "低于最低工资",
    "implausible_pay": "工资异常", "case_limit_near": "办案期限临近",
    "case_step_overdue": "案件环节逾期",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quality:
    """What one rule came to in one area; of all areas together where none is named."""

    kind: WatchKind
    area_code: str | None
    area_name: str | None
    fired: int
    confirmed: int
    false_data_late: int
    false_exempt: int
    false_error: int
    ended: int
    open: int
    harmed: int
    lead_days: Decimal | None
    noticed: int
    notice_hours: Decimal | None
    acknowledged: int
    acknowledge_hours: Decimal | None
    proof_hours: Decimal | None


@dataclass(frozen=True, slots=True)
class QualityBook:
    """The book of a period."""

    total: int
    items: list[Quality]
