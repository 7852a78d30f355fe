"""What an evidence pack is about, and what its parts are called. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.wording import Text


class About(StrEnum):
    """What a pack is about."""

    WATCH_ITEM = "watch_item"
    ARREARS_CASE = "arrears_case"


MOST = 5_000
"""Rows of one part at most; the index says how many were left out."""
COVER, INDEX, AUDIT = "cover.html", "index.json", "audit.json"
PARTS = {
    "subject.json": Text("事项", "The matter"),
    "timeline.json": Text("时间线", "Time line"),
    "notices.json": Text("通知及送达记录", "Notices with proof of delivery"),
    "money.json": Text("银行流水与支付", "Bank serials and payments"),
    "clocks.json": Text("期限", "Limits"),
    "terms.json": Text("所依规则及日历版本", "Versions of rules and calendars"),
    "papers.json": Text("文书", "Documents"),
    "evidence.json": Text("证据材料目录", "Papers that were brought"),
    "reports.json": Text("反映记录（已脱敏）", "What was told, masked"),
    "lines.json": Text("农民工明细（已脱敏）", "Workers, masked"),
    "proceedings.json": Text("程序", "Proceedings"),
    AUDIT: Text("审计记录及链校验", "Audit rows with the check of their chain"),
}
"""In their order."""


HAPPENED = {
    "opened": "立项预警", "raised": "等级上升", "lowered": "等级下降", "step_reached": "到达节点",
    "part_received": "部分到账", "acknowledged": "签收", "answered": "答复",
    "answer_overdue": "答复逾期", "verifying": "核查", "reopened": "重新打开",
    "finding_added": "登记检查发现", "assigned": "指派", "recomputed": "按新日历重算",
    "retold": "再次告知", "muted": "计时停止", "resumed": "计时恢复", "without_timer": "缺少计时",
    "case_proposed": "提出立案建议", "case_refused": "不予立案", "case_withdrawn": "撤回立案建议",
    "case_opened": "立案", "evidence_added": "提交证据", "extension_asked": "申请延期",
    "extension_granted": "同意延期", "extension_refused": "不同意延期", "order_moved": "指令书进展",
    "funding_moved": "责令筹资进展", "reversed": "到账冲销", "annulled": "预警撤销",
    "bank_notice": "银行告知", "contractor_report": "总包报告", "report_overdue": "总包报告逾期",
    "foretold": "到期预测", "reminded": "到期提醒", "funding_requested": "申请拨款",
    "funding_answered": "答复拨款申请", "add_on_proposed": "提出追加", "add_on_decided": "决定追加",
    "closed": "关闭", "told": "接到反映", "told_again": "再次反映", "clock_over": "期限届满",
    "lines_added": "登记农民工明细", "lines_verified": "核实明细", "lines_linked": "关联花名册",
    "line_changed": "变更明细", "paid": "登记支付", "payment_taken_back": "冲销支付",
    "recovered": "登记追偿", "recovery_taken_back": "冲销追偿", "document_issued": "制发文书",
    "document_served": "送达文书", "document_void": "文书作废", "to_superior": "报共同上级",
}  # fmt: skip
"""What a line of a time line tells, as the cover says it; acts of a case have their own words."""


@dataclass
class Dossier:
    """What is put into a pack: each part as JSON has it, and which rows the audit is asked for."""

    about: About
    subject_id: UUID
    title: str
    parts: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    """Rows of a part that are too many."""
    rows: list[UUID] = field(default_factory=list)

    def add(self, name: str, told: Any, left_out: int = 0) -> None:  # noqa: ANN401  as JSON is
        """Put a part in."""
        self.parts[name] = told
        if left_out:
            self.left_out[name] = left_out


def happened(what: str, acts: Mapping[str, str]) -> str:
    """Say what a line of a time line tells, in Chinese; a proceeding's act by its code."""
    return HAPPENED.get(what) or acts.get(what) or what
