"""What closes an item of each kind, and what facts are called. Pure.

The codes of proofs are the words with which finders tell of an end; a text closes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cases.rules.items import WatchKind
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that closes an item: the word with which it is told, and what it is."""

    code: str
    text: Text


_COMPLETE = Proof("project_closed", Text("项目已完工", "The project is complete"))
_FILED = Proof(
    "evidence_filed",
    Text("该项制度的佐证材料已上传并生效", "Evidence of the required system is filed and valid"),
)
_OUTSIDE = (
    Proof("exempted", Text("经两人审批免除该项要求", "Two persons exempted it from this")),
    Proof("not_required", Text("本地清单不要求该项", "The area's list does not ask for it")),
    Proof("not_due", Text("尚未到应落实的时间", "It is not due yet")),
    Proof("not_supervised", Text("项目不在监管范围", "The project is not supervised")),
    _COMPLETE,
)
_SYSTEM = (_FILED, *_OUTSIDE)
_SETTLED = Proof(
    "wages_settled",
    Text(
        "银行回单显示全部工资已到本人账户", "The bank says that all of it is on workers' accounts"
    ),
)
_NOBODY_OWED = (
    Proof("nobody_worked", Text("当月无人出勤", "By what is told now nobody worked there")),
    _OUTSIDE[3],
)

_CASE = (
    Proof("case_moved", Text("案件已进入下一环节", "The case has gone on to its next stage")),
    Proof("stands_still", Text("期限依法中止计算", "The limit stands still")),
)

ACCEPTED: Mapping[WatchKind, tuple[Proof, ...]] = {
    WatchKind.TRANSFER_MISSED: (
        Proof(
            "transfer_received",
            Text(
                "银行流水显示所欠人工费用已足额进入工资专用账户",
                "Bank lines show that all that was lacking has come in on the wage account",
            ),
        ),
        Proof(
            "not_missed",
            Text(
                "银行流水显示应到日（含）前已足额到账",
                "Bank lines show that all of it was there by the due day",
            ),
        ),
    ),
    WatchKind.BANK_FEED_LATE: (
        Proof(
            "bank_feed_completed",
            Text("当日流水送齐且余额前后衔接", "The day's feed is complete and its balances chain"),
        ),
        Proof("bank_feed_waived", Text("经两人审批免报该日", "Two persons waived the day")),
    ),
    WatchKind.FEED_SILENT: (
        Proof("feed_arrived", Text("已收到该数据", "The feed was heard of again")),
        Proof(
            "no_longer_expected",
            Text("该数据已终止应报", "The feed is expected no longer"),
        ),
    ),
    WatchKind.ACCOUNT_NOT_OPENED: (
        Proof("account_opened", Text("工资专用账户已开立", "The wage account is opened")),
        _COMPLETE,
    ),
    WatchKind.ACCOUNT_NOT_FILED: (
        Proof("account_filed", Text("专用账户已报备案", "The wage account is filed")),
        _COMPLETE,
    ),
    WatchKind.AGREEMENT_MISSING: (
        Proof(
            "agreement_signed", Text("三方资金管理协议已签订", "The tripartite agreement is signed")
        ),
        _COMPLETE,
    ),
    WatchKind.COVER_LOW: (
        Proof(
            "value_recovered",
            Text(
                "账户余额可付月数回到阈值以上",
                "The account covers as many months again as the policy asks for",
            ),
        ),
        Proof("no_payroll", Text("已无应付工资可比", "There is no payroll to compare with")),
        _COMPLETE,
    ),
    WatchKind.DEPOSIT_MISSING: _SYSTEM,
    WatchKind.NOTICE_BOARD_MISSING: _SYSTEM,
    WatchKind.WAGE_OFFICER_MISSING: _SYSTEM,
    WatchKind.PAYMENT_GUARANTEE_MISSING: _SYSTEM,
    WatchKind.GUARANTEE_EXPIRING: (
        Proof(
            "guarantee_replaced",
            Text(
                "新的保函或保证金已生效",
                "Another guarantee, or a deposit, is in force in its place",
            ),
        ),
        *_OUTSIDE[-2:],
    ),
    WatchKind.DEPOSIT_NOT_REPLENISHED: (
        Proof(
            "deposit_replenished",
            Text("工资保证金已补足", "The deposit is as high again as it was"),
        ),
        *_OUTSIDE[-2:],
    ),
    WatchKind.DEPOSIT_STATEMENT_MISSING: (
        Proof(
            "statement_filed",
            Text("保证金存款对账单已上传", "The bank's statement of the deposit is filed"),
        ),
        *_OUTSIDE[-2:],
    ),
    WatchKind.NO_SYSTEMS: (
        _FILED,
        Proof("works_not_started", Text("项目未开工", "Works have not started")),
        *_OUTSIDE[-2:],
    ),
    WatchKind.REPORTING_GAP: (
        Proof("reported", Text("项目已上报且必填项齐全", "It is reported with all that is asked")),
        Proof("not_due", Text("不属于应报项目", "It need not be reported")),
        Proof("same_as_known", Text("与已登记项目为同一项目", "It is a project that is known")),
    ),
    WatchKind.NOBODY_IN_CHARGE: (
        Proof("person_assigned", Text("已指定在任责任人", "Somebody is in charge")),
        Proof("project_stopped", Text("项目已停工", "The project stands still")),
        _COMPLETE,
    ),
    WatchKind.PAYROLL_NOT_SUBMITTED: (
        Proof(
            "sheet_submitted",
            Text("工资支付表已报送", "A payroll sheet of the month was submitted"),
        ),
        *_NOBODY_OWED,
    ),
    WatchKind.WAGES_UNPAID: (
        _SETTLED,
        Proof("not_due", Text("尚未到约定支付日", "Its day is not over")),
        *_NOBODY_OWED,
    ),
    WatchKind.PAID_SHARE_LOW: (
        Proof(
            "all_paid",
            Text("当月出勤人员工资已全部到账", "Everybody who attended in the month is paid"),
        ),
        Proof(
            "value_recovered",
            Text("发放比例回到阈值以上", "The share is as high again as the policy asks for"),
        ),
        *_NOBODY_OWED,
    ),
    WatchKind.LEAVER_NOT_SETTLED: (
        Proof(
            "leaver_settled",
            Text("退场人员工资已结清", "The wages of those who left are settled"),
        ),
        Proof("not_left", Text("退场记录已更正", "By what is told now they did not leave then")),
        _OUTSIDE[3],
    ),
    WatchKind.PAYMENT_OUTSIDE_ACCOUNT: (
        Proof(
            "payee_known",
            Text(
                "收款人已在名册中，或与已发送的代发相符",
                "Whom it went to is on the roster, or it is a payment that was sent",
            ),
        ),
    ),
    WatchKind.PAYMENT_RETURNED: (
        Proof(
            "payment_settled",
            Text("退回的工资已重新发放到账", "What came back is on the workers' own accounts"),
        ),
    ),
    WatchKind.RECEIPT_DISPUTED: (
        Proof("dispute_closed", Text("异议凭据办结", "The dispute was closed by its proof")),
    ),
    WatchKind.CASE_LIMIT_NEAR: _CASE,
    WatchKind.CASE_STEP_OVERDUE: _CASE,
    WatchKind.CANARY: (
        Proof("transfer_received", Text("平台自检款项已到", "The platform's own transfer came in")),
    ),
    WatchKind.WATCHED_AFTER_RED: (
        Proof(
            "value_recovered",
            Text(
                "红色事项办结后，已达到策略要求的按时足额到账期数",
                "As many periods came in full and in time since it was red as the policy asks for",
            ),
        ),
        _COMPLETE,
    ),
    WatchKind.UNREGISTERED_ON_SITE: (
        Proof("value_recovered", Text("人数回到阈值以下", "They are fewer than the policy allows")),
        Proof(
            "all_registered",
            Text(
                "在场人员均已实名登记并签订合同", "All on the site are registered, with contracts"
            ),
        ),
        _COMPLETE,
    ),
    WatchKind.ATTENDANCE_STOPPED: (
        Proof("attendance_resumed", Text("考勤已恢复", "People are seen on the site again")),
        _COMPLETE,
    ),
    WatchKind.BELOW_MINIMUM_WAGE: (
        Proof(
            "value_recovered",
            Text("平均实发不低于最低工资标准", "Average pay is no lower than the minimum wage"),
        ),
        Proof("no_payroll", Text("已无工资表可比", "There is no payroll to compare with")),
        _COMPLETE,
    ),
    WatchKind.IMPLAUSIBLE_PAY: (
        Proof(
            "payroll_plausible",
            Text("更正后的工资表无异常", "The payroll as corrected is plausible"),
        ),
        _COMPLETE,
    ),
}

_FACTS: Mapping[str, Text] = {
    "works_started": Text("已开工", "works have started"),
    "not_received": Text("本人称未收到", "the worker says: not received"),
    "not_my_amount": Text("本人称金额不符", "the worker says: not my amount"),
    "card_with_someone_else": Text(
        "本人称工资卡在他人手中", "the worker says: somebody else has the card"
    ),
    "payroll_due": Text("应发工资未发", "wages are due"),
    "next_month_over": Text("次月已过仍未支付", "the month after is over, too"),
    "project_stopped": Text("项目停工", "the project stands still"),
    "account_frozen": Text("账户被冻结", "the account is frozen"),
    "feed_silent": Text("考勤数据未到", "attendance is not told"),
    "second_month": Text("连续两个月", "so it was the month before"),
    "repeated": Text("多次出现", "so it was before"),
    "amount_a_month": Text("单人单月金额异常", "one person's pay of a month"),
    "amount_a_year": Text("单人全年金额异常", "one person's pay of a year"),
    "cards_of_one_holder": Text("一人持多卡", "many cards of one holder"),
    "same_amounts": Text("多人金额雷同", "many of the same amount"),
    "extension": Text("经批准延期", "more time was granted"),
    "treasury": Text("财政拨付数据", "a finance bureau's payments"),
    "provincial_client": Text("上级监管系统", "a provincial system"),
    "contractor": Text("总包单位数据", "a contractor's files"),
    "statutory": Text("法定办案期限", "the statutory limit"),
    "local": Text("本地办结目标", "the area's own limit"),
    "sign": Text("签收期限", "the limit to sign"),
    "contact": Text("联系反映人期限", "the limit to contact whoever reported"),
    "acceptance": Text("受理期限", "the limit of acceptance"),
    "supplement": Text("补正期限", "the limit to bring what is missing"),
    "suspension": Text("中止复查期限", "the limit of a suspension"),
    "decision": Text("作出处理决定期限", "the limit to decide"),
    "payment": Text("支付期限", "the limit to pay"),
    "check": Text("复核期限", "the limit to check an end"),
    "referral": Text("引导后回访期限", "the limit to follow a referral"),
    "police": Text("公安回复期限", "the limit of the police's answer"),
    "gate_vendor": Text("门禁厂商数据", "a gate vendor's data"),
}


def fact(code: str) -> Text:
    """Give what a fact, or why a clock stands still, is called; a code of its own stays one."""
    return _FACTS.get(code, Text(code, code))


SUBJECTS: Mapping[WatchKind, str] = {
    WatchKind.TRANSFER_MISSED: "obligation",
    WatchKind.BANK_FEED_LATE: "bank_feed",
    WatchKind.ACCOUNT_NOT_OPENED: "project",
    WatchKind.ACCOUNT_NOT_FILED: "wage_account",
    WatchKind.AGREEMENT_MISSING: "wage_account",
    WatchKind.COVER_LOW: "wage_account",
    WatchKind.DEPOSIT_MISSING: "requirement",
    WatchKind.GUARANTEE_EXPIRING: "deposit",
    WatchKind.DEPOSIT_NOT_REPLENISHED: "deposit_use",
    WatchKind.NOTICE_BOARD_MISSING: "requirement",
    WatchKind.WAGE_OFFICER_MISSING: "requirement",
    WatchKind.PAYMENT_GUARANTEE_MISSING: "requirement",
    WatchKind.NO_SYSTEMS: "project",
    WatchKind.REPORTING_GAP: "reporting_gap",
    WatchKind.NOBODY_IN_CHARGE: "project",
    WatchKind.WATCHED_AFTER_RED: "project",
    WatchKind.DEPOSIT_STATEMENT_MISSING: "bank_statement",
    WatchKind.FEED_SILENT: "expectation",
    WatchKind.CASE_LIMIT_NEAR: "arrears_case",
    WatchKind.CASE_STEP_OVERDUE: "arrears_case",
    WatchKind.CANARY: "canary_round",
    WatchKind.UNREGISTERED_ON_SITE: "project",
    WatchKind.ATTENDANCE_STOPPED: "project",
    WatchKind.BELOW_MINIMUM_WAGE: "project",
    WatchKind.IMPLAUSIBLE_PAY: "project",
    WatchKind.PAYMENT_OUTSIDE_ACCOUNT: "wage_account",
    WatchKind.PAYMENT_RETURNED: "disbursement",
    WatchKind.RECEIPT_DISPUTED: "disbursement_line",
    WatchKind.PAYROLL_NOT_SUBMITTED: "payday",
    WatchKind.WAGES_UNPAID: "payday",
    WatchKind.PAID_SHARE_LOW: "pay_month",
    WatchKind.LEAVER_NOT_SETTLED: "leavers",
}
"""What the subject of an item is a row of, in the service that tells of it."""
