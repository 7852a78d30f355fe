"""What can be wrong with a request to cases."""

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


class ProposalDecided(Problem):
    """Somebody decided on the proposal, or it was withdrawn."""

    status = 409
    title = Text("该立案建议已有结论", "This proposal is decided already")


class PolicyRefused(Problem):
    """The rows are no ladder; all that is wrong is in `errors`."""

    status = 422
    title = Text("预警政策不符合要求", "This policy cannot be a ladder")


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
