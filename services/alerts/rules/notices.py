"""What people are told: the states of an alert, reasons of a notice, and its words."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from services.alerts.rules import templates
from services.alerts.rules.deliveries import Channel, scrub
from shared.wording import Text


class AlertState(StrEnum):
    """Where an alert stands."""

    RAISED = "raised"
    """Nobody was told yet."""
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"
    """Its item has a higher level now; another alert took over."""
    CLOSED = "closed"


OVER = (AlertState.SUPERSEDED, AlertState.CLOSED)


class Reason(StrEnum):
    """Why somebody is told now."""

    RAISED = "raised"
    STEP = "step"
    REPORT_OVERDUE = "report_overdue"
    """The contractor did not report a miss in time (724号 art. 27)."""
    ESCALATED = "escalated"
    PROMISE_LAPSED = "promise_lapsed"
    TOLD_AGAIN = "told_again"
    """What kept it from being sent has ended, and nobody has answered."""
    CLOSED = "closed"


def reason_of(step: str) -> Reason:
    """Give why people are told at a step of an item: by its own words where it has some."""
    return Reason.REPORT_OVERDUE if step == Reason.REPORT_OVERDUE else Reason.STEP


class Entry(StrEnum):
    """What a row of an alert's timeline tells."""

    RAISED = "raised"
    REPEATED = "repeated"
    STEP_REACHED = "step_reached"
    TOLD = "told"
    SILENCED = "silenced"
    SILENCE_ENDED = "silence_ended"
    INHIBITED = "inhibited"
    INHIBITION_ENDED = "inhibition_ended"
    ESCALATED = "escalated"
    DEAD_END = "dead_end"
    ACKNOWLEDGED = "acknowledged"
    PROMISE_LAPSED = "promise_lapsed"
    PLAN_DECIDED = "plan_decided"
    SUPERVISION_PROPOSED = "supervision_proposed"
    SUPERSEDED = "superseded"
    CLOSED = "closed"


KINDS: Mapping[str, Text] = {
    "transfer_missed": Text("人工费用未拨付或拨付不足", "labour-cost transfer missing or short"),
    "group_dispute_sign": Text("群体性欠薪苗头", "sign of a group dispute over wages"),
    "mass_incident": Text("欠薪群体性事件", "mass incident over wages"),
    "extreme_incident": Text("欠薪极端事件", "extreme incident over wages"),
    "retaliation": Text("反映欠薪者遭打击报复", "retaliation for telling of unpaid wages"),
    "warning_letter": Text("提示警示", "warning letter"),
    "bank_feed_late": Text("银行数据未到", "bank feed late"),
    "feed_silent": Text("应报数据未到", "expected feed silent"),
    "account_not_opened": Text("工资专用账户未开立", "wage account not opened"),
    "account_not_filed": Text("工资专用账户未备案", "wage account not filed"),
    "agreement_missing": Text("三方资金管理协议未签订", "tripartite agreement missing"),
    "deposit_missing": Text("工资保证金未存储", "wage deposit or guarantee missing"),
    "guarantee_expiring": Text("保证金保函即将到期", "deposit guarantee about to expire"),
    "deposit_not_replenished": Text("工资保证金未补足", "wage deposit not replenished"),
    "cover_low": Text("人工费储存金不足", "labour-cost reserve low"),
    "notice_board_missing": Text("维权信息告示牌未设置", "notice board missing"),
    "wage_officer_missing": Text("劳资专管员未配备", "wage officer missing"),
    "payment_guarantee_missing": Text(
        "工程款支付担保缺失或失效", "payment guarantee missing or expired"
    ),
    "no_systems": Text("监管缺失：各项制度均未落实", "no required system in place"),
    "reporting_gap": Text("应报未报", "not reported though due"),
    "nobody_in_charge": Text("项目无责任人", "nobody in charge"),
    "deposit_statement_missing": Text(
        "保证金银行对账单未到", "bank's statement of a deposit missing"
    ),
    "case_limit_near": Text("办案期限临近或逾期", "limit of a case near or over"),
    "case_step_overdue": Text("案件环节逾期", "step of a case overdue"),
    "watched_after_red": Text("红色事项办结后跟踪观察", "on watch after red"),
    "unregistered_on_site": Text(
        "在场人员未实名登记或无合同", "people on site without registration"
    ),
    "attendance_stopped": Text("在建项目考勤中断", "attendance stopped"),
    "below_minimum_wage": Text("平均实发低于最低工资标准", "pay below the minimum wage"),
    "implausible_pay": Text("工资发放异常", "implausible pay"),
    "payroll_not_submitted": Text("工资支付表未报送", "payroll sheet not submitted"),
    "wages_unpaid": Text("工资未按时足额发放", "wages unpaid"),
    "paid_share_low": Text("工资发放比例偏低", "share of workers paid low"),
    "leaver_not_settled": Text("退场人员工资未结清", "leaver's wages not settled"),
    "payment_outside_account": Text(
        "专户资金付给非本项目人员", "money of the account went to nobody of the project"
    ),
    "payment_returned": Text("工资退回未重新发放", "wages that came back are not paid again"),
    "receipt_disputed": Text("工人反映工资未足额收到", "a worker disputes the receipt of wages"),
    "event_parked": Text("事件处理停滞", "an event could not be handled"),
    "timer_late": Text("定时事项延误", "a timer is late"),
    "item_without_timer": Text("未结事项无时限", "an open item has no timer"),
    "dead_end": Text("告警无人接收", "an alert that nobody receives"),
    "delivery_exhausted": Text("推送多次失败已放弃", "a delivery was given up"),
    "endpoint_disabled": Text("推送订阅已停用", "a webhook endpoint was disabled"),
    "endpoint_failing": Text("推送订阅持续失败", "a webhook endpoint keeps failing"),
    "robot_gone": Text("群机器人已失效", "a group robot is gone"),
    "way_failing": Text("接收人联系方式失效", "ways to recipients fail"),
    "channel_failing": Text("通知渠道自检失败", "a channel fails its self-test"),
    "area_unknown": Text("行政区划未登记", "an area is not registered"),
}

ABOUT_DATA = frozenset({"bank_feed_late", "feed_silent"})
"""Data that did not come: nobody is blamed for wages, so nothing is proposed."""

_OPENINGS: Mapping[Reason, Text] = {
    Reason.RAISED: Text("预警", "Alert"),
    Reason.STEP: Text("预警提醒", "Reminder"),
    Reason.REPORT_OVERDUE: Text("总包逾期未报告", "The contractor's report is overdue"),
    Reason.ESCALATED: Text("预警无人签收，逐级上报", "Not acknowledged, escalated"),
    Reason.PROMISE_LAPSED: Text("承诺到期未办结", "A promise has lapsed"),
    Reason.TOLD_AGAIN: Text("静默已结束，预警仍待签收", "No longer muted, still not acknowledged"),
    Reason.CLOSED: Text("预警已解除", "Closed"),
}

_OWED = Text("应到日 {due_on}，尚欠 {lacking} 元。", "Due on {due_on}, lacking CNY {lacking}.")
_ASK = Text(
    "请登录平台查看并签收。编号 {alert_id}", "Please open it and acknowledge. Id {alert_id}"
)
_DO: Mapping[Reason, Text] = {
    Reason.REPORT_OVERDUE: Text(
        "施工总承包单位应立即向人社部门和行业主管部门报告未拨付情况（国务院令第724号第二十七条）。",
        "The contractor must report the miss to HRSS and the sector authority now (724号 art. 27).",
    ),
}
"""What has to be done where the reason asks for something of its own."""

_ID, _NOTHING = Text("编号 {alert_id}", "Id {alert_id}"), Text("", "")


WAITING: Mapping[str, Text] = {
    "developer": Text(
        "等待建设单位拨付人工费用，贵单位相应环节时限暂停计算。",
        "Waiting for the developer to pay; your clock for this stage stands still.",
    ),
    "bank": Text(
        "建设单位已付款，等待银行入账，贵单位相应环节时限暂停计算。",
        "The developer has paid; waiting for the bank, your clock for this stage stands still.",
    ),
}
"""What a contractor reads while the period's money is another party's (724号 art. 24, 29)."""


class Told(Protocol):
    """What an alert says of itself to people."""

    @property
    def id(self) -> object: ...
    @property
    def kind(self) -> str: ...
    @property
    def level_label(self) -> str: ...
    @property
    def project_name(self) -> str | None: ...
    @property
    def period(self) -> str: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def lacking(self) -> Decimal | None: ...


def fields(alert: Told, reason: Reason, waiting: Text | None = None) -> Mapping[str, Text]:
    """Give what a template may name of an alert, `waiting` for whoever waits for another party.

    None of it is personal, as all of it leaves the house: long numbers in names are taken out.
    """
    kind = KINDS.get(alert.kind, Text(alert.kind, alert.kind))
    name, period, over = scrub(alert.project_name or ""), alert.period, reason is Reason.CLOSED
    due_on, lacking = alert.due_on, alert.lacking
    owed = _OWED.fill(due_on=due_on, lacking=lacking) if due_on and lacking else _NOTHING
    about = Text(
        kind.zh + (f" {name}" if name else "") + (f"（{period}）" if period else ""),
        kind.en + (f", {name}" if name else "") + (f" ({period})" if period else ""),
    )
    return {
        "label": _same(alert.level_label),
        "opening": _OPENINGS[reason],
        "kind": kind,
        "project": _same(name),
        "period": _same(period),
        "about": about,
        "due_on": _same(str(due_on or "")),
        "lacking": _same(str(lacking or "")),
        "owed": owed,
        "task": _DO.get(reason, _NOTHING),
        "waiting": _NOTHING if over or waiting is None else waiting,
        "ask": (_ID if over else _ASK).fill(alert_id=alert.id),
        "alert_id": _same(str(alert.id)),
    }


def written(details: Mapping[str, str]) -> Mapping[str, Text]:
    """Give the words of a letter, without long numbers, as all of it leaves the house."""
    text_zh, title = scrub(details["text_zh"]), scrub(details["title"])
    return {
        "about": _same(title),
        "opening": KINDS["warning_letter"],
        "task": Text(text_zh, scrub(details.get("text_en") or "") or text_zh),
    }


def identity(alert: Told) -> Text:
    """Give how an alert that asks for nothing is named."""
    return _ID.fill(alert_id=alert.id)


def _same(said: str) -> Text:
    return Text(said, said)


def title(alert: Told, reason: Reason) -> Text:
    """Give the one line by which people tell alerts apart: level, what, which project, when."""
    return _built_in(alert, reason)[0]


def letter(alert: Told, reason: Reason, waiting: Text | None = None) -> Text:
    """Give the words of a mail where no template says others, `waiting` for whoever waits."""
    return _built_in(alert, reason, waiting)[1]


def _built_in(alert: Told, reason: Reason, waiting: Text | None = None) -> tuple[Text, Text]:
    said = fields(alert, reason, waiting)
    zh = templates.worded(Channel.MAIL, None, {name: one.zh for name, one in said.items()}, "zh")
    en = templates.worded(Channel.MAIL, None, {name: one.en for name, one in said.items()}, "en")
    return Text(zh[0], en[0]), Text(zh[1], en[1])
