"""What can be wrong with a request about watch items, and what belongs to them."""

from shared.problems import Problem
from shared.wording import Text


class WatchItemUnknown(Problem):
    """No such watch item, or not in the caller's scope."""

    status = 404
    title = Text(
        "没有该预警事项，或不在您的管辖范围内", "There is no such watch item in your areas"
    )


class ProjectUnknown(Problem):
    """Nothing was told of such a project, or it is not in the caller's scope."""

    status = 404
    title = Text(
        "没有该项目的拨付记录，或不在您的管辖范围内",
        "Nothing is told of such a project in your areas",
    )


class ProposalUnknown(Problem):
    """No such proposal, or not in the caller's scope."""

    status = 404
    title = Text("没有该立案建议，或不在您的管辖范围内", "There is no such proposal in your areas")


class AreaUnknown(Problem):
    """No such area, or not in the caller's scope; registry may not have told of it yet."""

    status = 404
    title = Text(
        "没有该行政区划，或不在您的管辖范围内（新登记的区划稍后可用）",
        "There is no such area among yours (a new one takes a moment to arrive)",
    )


class AlreadyClosed(Problem):
    """The item was closed by a proof; nothing is asked of anybody any more."""

    status = 409
    title = Text("该事项已凭证销号", "This item is closed already, with proof")


class UnderVerification(Problem):
    """The answer is being checked on the facts; a new one would have to wait."""

    status = 409
    title = Text(
        "该事项正在核实，暂不接受新的答复",
        "This item is being verified and takes no other answer now",
    )


class NotAnswered(Problem):
    """There is no answer that could be verified."""

    status = 409
    title = Text("该事项尚无答复可供核实", "There is no answer to verify yet")


class PromiseInThePast(Problem):
    """The promised day is over."""

    status = 422
    title = Text("承诺日期不得早于今天", "A promised day is not in the past")


class OrderUnknown(Problem):
    """No such correction order, or not in the caller's scope (parties see it once served)."""

    status = 404
    title = Text(
        "没有该限期改正指令书，或不在您的管辖范围内",
        "There is no such correction order in your areas",
    )


class OrderNotThere(Problem):
    """The order is in a state in which this cannot be done."""

    status = 409
    title = Text(
        "该指令书当前状态不能进行此操作", "This cannot be done with the order as it stands"
    )


class NoOrderFits(Problem):
    """No terms are laid down for an order about this; or it is not said which system is missing."""

    status = 422
    title = Text(
        "该事项没有适用的指令书条款（无制度项目须指明所缺制度）",
        "No terms of an order fit this item; of a project without systems, name the missing one",
    )


class OrderLengthUnfit(Problem):
    """The limit lies outside the bounds of the area's terms."""

    status = 422
    title = Text("改正期限超出本地规定的范围", "The limit is outside what the area's terms allow")


class ServiceDayUnfit(Problem):
    """An order is served on a day from its signature to today."""

    status = 422
    title = Text(
        "送达日期应在签发日与今天之间", "The day of service lies between the signature and today"
    )


class DecisionNumberNeeded(Problem):
    """A penalty is decided by a paper, which has a number."""

    status = 422
    title = Text("须填写行政处罚决定书文号", "Give the number of the penalty decision")


class NotYoursToAnswer(Problem):
    """Only the unit that answers for an item or order, its developer and its contractor may."""

    status = 403
    title = Text(
        "只有责任单位或该事项的建设、施工单位可以答复",
        "Only the unit that answers for this, its developer or its contractor may answer",
    )


class PersonNeeded(Problem):
    """A person decides this, not a machine's key."""

    status = 403
    title = Text("须由工作人员本人办理，接口密钥不能办理", "A person must do this, not an API key")


class SecondPersonNeeded(Problem):
    """Whoever asked may not decide on it."""

    status = 409
    title = Text("须由另一人审批", "Another person must decide on this")


class ExtensionUnknown(Problem):
    """No such request for more time, or not in the caller's scope."""

    status = 404
    title = Text(
        "没有该延期申请，或不在您的管辖范围内",
        "There is no such request for more time in your areas",
    )


class ExtensionDecided(Problem):
    """Somebody decided on the request."""

    status = 409
    title = Text("该延期申请已有结论", "This request is decided already")


class ExtensionUnfit(Problem):
    """More than the area's policy grants; all of it is in `errors`."""

    status = 422
    title = Text("延期申请超出本地规定", "This is more time than the area's policy grants")


class ExtensionTermsMissing(Problem):
    """No terms are in force for extensions, not even the nation's."""

    status = 409
    title = Text("没有可用的延期规定", "No terms of extensions are in force")


class ProofNotTaken(Problem):
    """Documents do not show this proof, or close this kind; `taken` names the proofs they do."""

    status = 422
    title = Text(
        "该事项不能凭文件人工销号，须由数据凭证销号",
        "Documents do not close this: the data that prove it do",
    )


class ClosingUnknown(Problem):
    """No such closing by hand, or not in the caller's scope."""

    status = 404
    title = Text("没有该人工销号，或不在您的管辖范围内", "There is no such closing in your areas")


class ClosingDecided(Problem):
    """Somebody decided on the closing."""

    status = 409
    title = Text("该人工销号已有结论", "This closing is decided already")


class NotClosedByHand(Problem):
    """The item is open, or what closed it are data: these open it again when they change."""

    status = 409
    title = Text(
        "只有人工销号的事项可以人工恢复；数据凭证撤销时自动恢复",
        "Only what documents have closed is opened again by hand; data open again what they closed",
    )


class LeadUnknown(Problem):
    """No such lead, or not in the caller's scope."""

    status = 404
    title = Text("没有该线索，或不在您的管辖范围内", "There is no such lead in your areas")


class LeadTaken(Problem):
    """The sender's id came before with other content."""

    status = 409
    title = Text("该线索编号已有不同内容", "This lead's id came before with other content")


class FundingUnknown(Problem):
    """No such order to fund, or not in the caller's scope."""

    status = 404
    title = Text(
        "没有该责令拨付事项，或不在您的管辖范围内", "There is no such order to fund in your areas"
    )


class FundingNotThere(Problem):
    """The order to fund is in a state in which this cannot be done."""

    status = 409
    title = Text(
        "该责令拨付事项当前状态不能进行此操作",
        "This cannot be done with the order to fund as it stands",
    )


class NoGovernmentMoney(Problem):
    """Only missed money of government is ordered to be paid in this way (724号 art. 59)."""

    status = 422
    title = Text(
        "仅适用于政府投资项目的人工费未拨付事项",
        "This is for missed transfers of government projects",
    )


class EvidenceUnknown(Problem):
    """No such evidence, or not in the caller's scope."""

    status = 404
    title = Text("没有该证据文件，或不在您的管辖范围内", "There is no such evidence in your areas")


class EvidenceRefused(Problem):
    """None is named where it is needed, or some that is not there; all findings in `errors`."""

    status = 422
    title = Text("证据不符合要求", "The evidence is not as needed")


class FileNotTaken(Problem):
    """The file is of a kind, by its bytes, that is no evidence."""

    status = 415
    title = Text("不支持的文件类型", "Files of this kind are not taken")


class FileInfected(Problem):
    """A scanner has found something in the file: it is kept apart, and given to nobody."""

    status = 409
    title = Text(
        "该文件被查出病毒，已隔离，不提供下载",
        "A scanner found something in this file; it is kept apart",
    )


class AttachmentsEnough(Problem):
    """As many files have come with the report as its area takes."""

    status = 409
    title = Text("该反映的附件已达上限", "No more files are taken with this report")


class ProposalDecided(Problem):
    """Somebody decided on the proposal, or it was withdrawn."""

    status = 409
    title = Text("该立案建议已有结论", "This proposal is decided already")


class PolicyUnknown(Problem):
    """No such policy in shadow mode, or not in the caller's scope."""

    status = 404
    title = Text(
        "没有该影子政策，或不在您的管辖范围内",
        "There is no such policy in shadow mode in your areas",
    )


class PolicyRefused(Problem):
    """The rows are no ladder; all that is wrong is in `errors`."""

    status = 422
    title = Text("预警政策不符合要求", "This policy cannot be a ladder")


class TermsRefused(Problem):
    """These terms cannot be; all that is wrong is in `errors`."""

    status = 422
    title = Text("办理规则不符合要求", "These terms cannot be")


class PolicyVersionTaken(Problem):
    """The version number is taken by other content."""

    status = 409
    title = Text(
        "该版本号已有不同内容，请另取版本号",
        "This version exists with other content; take another number",
    )


class PolicyMissing(Problem):
    """No policy is in force for a kind, not even the nation's; an operator must post one."""

    status = 409
    title = Text("没有可用的预警政策", "No policy is in force")


class KindUnknown(Problem):
    """A finder tells of a kind that has no place in the table of kinds."""

    status = 422
    title = Text("没有该类预警事项", "There is no such kind of watch item")


class ExpectationUnknown(Problem):
    """No such expected feed, or it lies outside the caller's scope."""

    status = 404
    title = Text(
        "没有该应报数据，或不在您的管辖范围内", "No such expected feed, or it is not yours"
    )


class ExpectationRefused(Problem):
    """The feed cannot be expected like this; all that is wrong is in `errors`."""

    status = 422
    title = Text("应报数据信息有误", "This feed cannot be expected like this")


class ExpectationTaken(Problem):
    """The feed is expected already, and otherwise; end that expectation first."""

    status = 409
    title = Text(
        "该数据已列为应报且内容不同，请先终止原应报", "It is expected already, and otherwise"
    )
