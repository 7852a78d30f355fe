"""What may rightly fail around projects, accounts, feeds and the money on them."""

from shared.problems import NotFound, Problem
from shared.wording import Text


class ProjectUnknown(Problem):
    """The project is not known here (yet), or lies outside the caller's scope."""

    status = 404
    title = Text("项目不存在，或不在您的管辖范围内", "No such project, or it is outside yours")

    @classmethod
    def explained(cls) -> "ProjectUnknown":
        """Say why a project that was just registered may not be here: its news travels apart."""
        return cls(
            Text(
                "项目信息由登记服务另行通知，刚登记的项目可能数秒后才可用；请稍后用同一内容重试",
                "News of a project travels from the registry on its own; one that was registered "
                "a moment ago may take some seconds. Send the same request again.",
            )
        )


class TermsMissing(Problem):
    """A works contract was told without labour-cost terms: nobody can say what is owed."""

    status = 422
    title = Text("施工合同缺少人工费约定", "The works contract has no labour-cost terms")


class CanaryUnsigned(Problem):
    """Something that alerts did not sign by our common secret just now."""

    status = 401
    title = Text("签名无效或已过期", "The signature is wrong or too old")


class SourceUnknown(Problem):
    """No such source of bank feeds, or not the caller's."""

    status = 404
    title = Text("数据来源不存在，或不属于本行", "No such source, or it is not yours")


class SourceRefused(Problem):
    """The source cannot be entered like this."""

    status = 422
    title = Text("数据来源信息有误", "The source cannot be entered like this")


class SourceCodeTaken(Problem):
    """The code belongs to another source."""

    status = 409
    title = Text("该来源代码已被使用", "This code belongs to another source")


class AccountRefused(Problem):
    """The wage account cannot be entered like this."""

    status = 422
    title = Text("专户信息有误", "The wage account cannot be entered like this")


class AccountTaken(Problem):
    """The account number is registered with other particulars."""

    status = 409
    title = Text("该账号已登记为另一专户", "This account number is registered otherwise")


class ProjectHasAccount(Problem):
    """The project has a wage account; a second one would leave open which feed counts."""

    status = 409
    title = Text("该项目已有专户", "This project has a wage account already")


class FeedDayRefused(Problem):
    """The day is none for which the source owes a feed."""

    status = 422
    title = Text("该日期不可报送", "No feed can be sent for this day")


class FeedRefused(Problem):
    """The batch does not hold together; nothing of it counts, and it is kept to be looked at."""

    status, keeps = 422, True
    title = Text("本批回传未被采用", "This batch of the bank feed was refused")


class FeedClosed(Problem):
    """The day is closed, and the batch says something else; it is kept to be looked at."""

    status, keeps = 409, True
    title = Text(
        "该日已结账，内容不同的批次未被采用", "The day is closed; this batch differs from it"
    )


class StatementRefused(Problem):
    """The statement file does not hold together; nothing of it counts, and it is kept."""

    status, keeps = 422, True
    title = Text("流水文件未被采用", "This statement file was refused")


class FeedNotLate(Problem):
    """Only a day whose time has passed without a closing batch can be waived."""

    status = 409
    title = Text("只有逾期未到的回传才能豁免", "Only a feed that is late can be waived")


class SecondPersonNeeded(Problem):
    """Whoever asked for it cannot also confirm it."""

    status = 409
    title = Text("须由另一人确认", "Another person has to confirm this")


class PersonNeeded(Problem):
    """A machine asked for what two persons must decide."""

    status = 403
    title = Text(
        "此事只能由本人办理，不能由接口代办", "This is decided by persons, not by machines"
    )


class AllocationRefused(Problem):
    """The money cannot be allocated like this."""

    status = 422
    title = Text("该笔款项不能这样分配", "The money cannot be allocated like this")


class LineBeingAllocated(Problem):
    """Somebody else's decision about this line waits for its second person."""

    status = 409
    title = Text(
        "该笔流水有待另一人确认的分配，请先办结", "An allocation of this line waits to be confirmed"
    )


class AllocationDecided(Problem):
    """Nothing waits to be decided here, or nothing stands that could be reversed."""

    status = 409
    title = Text("该分配已办结或状态已变", "This allocation is decided, or has changed")


class AreaUnknown(Problem):
    """The area is not there, or the caller may not decide for it."""

    status = 404
    title = Text("行政区划不存在，或不在您的管辖范围内", "No such area, or it is not yours")


class PolicyVersionTaken(Problem):
    """The version says something else already; versions are never changed."""

    status = 409
    title = Text("该版本已存在且内容不同", "This version is there and says something else")


class SubLedgersForbidden(Problem):
    """The area does not let one account serve several projects."""

    status = 422
    title = Text("本地区不允许分账簿", "Sub-ledgers are not allowed in this area")


class AccountStep(Problem):
    """The account is not where this step begins."""

    status = 409
    title = Text("专户当前状态不允许此操作", "The wage account does not stand where this begins")


class ClosingRefused(Problem):
    """Something keeps the account from being closed, and nobody may pass it."""

    status = 409
    title = Text("专户不符合销户条件", "The wage account cannot be closed")


class ClosingNeedsAnother(Problem):
    """Whoever asked for the closing cannot also confirm it."""

    status = 409
    title = Text("销户须由另一人确认", "Another person has to confirm the closing")


class NoticeRefused(Problem):
    """The notice fits nothing that is owed and lacking."""

    status = 422
    title = Text("该告知与应拨款项不符", "The notice fits nothing that is lacking")


class PaymentsRefused(Problem):
    """Something in a batch of treasury payments is wrong; nothing of it was taken."""

    status = 422
    title = Text("本批拨付信息未被采用", "These payments were refused")


class RequestRefused(Problem):
    """The request, or the answer to it, cannot be like this."""

    status = 422
    title = Text("申请或答复内容有误", "The request or its answer cannot be like this")


class RequestThere(Problem):
    """One that nobody has answered is there already."""

    status = 409
    title = Text("已有待答复的申请", "A request that nobody answered is there already")


class RequestAnswered(Problem):
    """It was answered before; an answer is never changed."""

    status = 409
    title = Text("该申请已有答复", "It was answered before")


class AddOnRefused(Problem):
    """Nothing can be added to the period."""

    status = 422
    title = Text("该期人工费不能增加", "Nothing can be added to this period")


class AccountListUnknown(NotFound):
    """No such list, or none of the caller's areas."""

    title = Text("没有此专户名单，或不在您的管辖范围内", "No such list within your areas")


class PaymentListUnknown(NotFound):
    """No such list of payments, or none of the caller's areas."""

    title = Text(
        "没有此支付清单，或不在您的管辖范围内", "No such list of payments within your areas"
    )


class PaymentListRefused(Problem):
    """A file of payments with rows that are wrong: nothing was taken, and the file is kept."""

    status, keeps = 422, True
    title = Text("文件中有错误，未采用任何拨付", "The file has errors; no payment of it was taken")


class AccountListRefused(Problem):
    """A file with rows that are wrong: nothing of it was entered, and the file is kept."""

    status, keeps = 422, True
    title = Text("文件中有错误，未导入任何内容", "The file has errors; nothing of it was entered")


class ExpectationUnknown(Problem):
    """No such expected feed, or it lies outside the caller's scope."""

    status = 404
    title = Text(
        "没有该应报数据，或不在您的管辖范围内", "No such expected feed, or it is not yours"
    )


class ExpectationRefused(Problem):
    """The feed cannot be expected like this."""

    status = 422
    title = Text("应报数据信息有误", "This feed cannot be expected like this")


class ExpectationTaken(Problem):
    """The feed is expected already, and otherwise; end that expectation first."""

    status = 409
    title = Text(
        "该数据已列为应报且内容不同，请先终止原应报", "It is expected already, and otherwise"
    )
