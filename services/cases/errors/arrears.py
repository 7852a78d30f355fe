"""What can be wrong with a request about arrears cases."""

from shared.problems import Problem
from shared.wording import Text


class CaseUnknown(Problem):
    """No such arrears case, or not in the caller's scope."""

    status = 404
    title = Text(
        "没有该欠薪案件，或不在您的管辖范围内", "There is no such arrears case in your areas"
    )


class ListNotOpen(Problem):
    """The area's terms do not open the list for verification to the employer, or not yet."""

    status = 409
    title = Text(
        "本地规定尚不向用人单位开放核实名单",
        "The area does not open the list for verification to the employer now",
    )


class RetaliationUnknown(Problem):
    """No such retaliation was told of, or its case is not in the caller's scope."""

    status = 404
    title = Text(
        "没有该打击报复记录，或不在您的管辖范围内",
        "No such retaliation was told of in your areas",
    )


class RetaliationAnswered(Problem):
    """What was done about it stands already."""

    status = 409
    title = Text(
        "该打击报复已登记处理结果；又有发生请另行登记",
        "What was done about it stands already; tell anew of what happens again",
    )


class AddressUnknown(Problem):
    """Nobody has said where strangers reach the public door, and the request does not tell."""

    status = 409
    title = Text(
        "未设置平台的对外访问地址，请系统管理员设置 CASES_PUBLIC_URL 后再打印",
        "Where strangers reach the platform is not set: have CASES_PUBLIC_URL set, then print",
    )


class BoardUnknown(Problem):
    """No notice board has this code, or it was taken down, or hangs in another area."""

    status = 404
    title = Text(
        "没有该告示牌编码，或已停用；可拨打 12345、12333 反映",
        "No notice board has this code now; you can call 12345 or 12333",
    )


class ReceiptUnknown(Problem):
    """No report has this receipt."""

    status = 404
    title = Text("没有该回执码，请核对后再试", "There is no such receipt; compare it once more")


class MailboxMissing(Problem):
    """It was not told by a board's form: there is no receipt, so nobody could read it."""

    status = 409
    title = Text(
        "该反映没有回执码，无法留言；请按登记的联系方式联系",
        "This report has no receipt and no mailbox; contact whoever told otherwise",
    )


class IncidentUnknown(Problem):
    """No such incident, or not in the caller's areas."""

    status = 404
    title = Text("没有该事件，或不在您的管辖范围内", "There is no such incident in your areas")


class IncidentRefused(Problem):
    """What was told is no incident, or lies ahead; every finding is named."""

    status = 422
    title = Text("事件信息无法登记", "This cannot be recorded of an incident")


class IncidentMoved(Problem):
    """Somebody has acted on the incident since it was read."""

    status = 409
    title = Text("事件已被他人处理，请刷新后再操作", "Somebody has acted on it; read it again")


class IncidentOver(Problem):
    """The incident is over."""

    status = 409
    title = Text("该事件已平息", "This incident is over")


class ProceedingUnknown(Problem):
    """No such proceeding, or none of a case in the caller's scope."""

    status = 404
    title = Text("没有该程序，或不在您的管辖范围内", "There is no such proceeding in your areas")


class RestrictionUnknown(Problem):
    """No such restriction, or none of a case in the caller's scope."""

    status = 404
    title = Text(
        "没有该限制措施，或不在您的管辖范围内", "There is no such restriction in your areas"
    )


class RestrictionNotThere(Problem):
    """The restriction stands where this cannot be done."""

    status = 409
    title = Text(
        "该限制措施当前状态不能进行此操作", "This cannot be done with the restriction as it stands"
    )


class ActNotPossible(Problem):
    """The case stands where this cannot be done; what can be done is named."""

    status = 409
    title = Text("案件当前环节不能进行此操作", "This cannot be done with the case as it stands")


class ActNotYours(Problem):
    """The case stands where this can be done, by others."""

    status = 403
    title = Text("您的岗位不能进行此操作", "Your role may not do this with a case")


class CaseMoved(Problem):
    """Somebody has acted on the case since it was read."""

    status = 409
    title = Text(
        "案件已被他人办理，请刷新后再操作",
        "Somebody has acted on the case since you read it; read it again",
    )


class StepRefused(Problem):
    """What was given does not suffice for this act; every finding is named."""

    status = 422
    title = Text("办理内容不完整或不符合要求", "What was given does not suffice for this act")


class ReportRefused(Problem):
    """What was told cannot be entered; every finding is named."""

    status = 422
    title = Text("反映内容无法登记", "What was told cannot be entered")


class ReportTaken(Problem):
    """The number of a report came before, with other content."""

    status = 409
    title = Text("该编号的反映已登记，内容不同", "This number was told before, with other content")


class CaseEnded(Problem):
    """The case has ended; nothing of it changes before it is opened again."""

    status = 409
    title = Text("案件已办结，须先恢复办理", "The case has ended; open it again first")


class LedgerTooLong(Problem):
    """More cases than a sheet is made of; how many there are and how many fit is named."""

    status = 422
    title = Text(
        "台账行数过多，请按年度、地区等缩小范围后再导出",
        "The ledger is too long for one file; narrow it by year or area",
    )


class PaymentTakenBack(Problem):
    """The payment counts no longer, or is itself what takes another back."""

    status = 409
    title = Text("该笔支付已冲销", "This payment was taken back already")


class LineListUnknown(Problem):
    """No such list, or of a case that is not in the caller's scope."""

    status = 404
    title = Text(
        "没有该名册，或案件不在您的管辖范围内", "There is no such list of a case in your areas"
    )


class LineListRefused(Problem):
    """The file is no list of workers; it is kept to be looked at, with all findings."""

    status, keeps = 422, True
    title = Text("该文件不能作为欠薪名册", "This file cannot be read as a list of workers")
