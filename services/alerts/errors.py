"""What may rightly fail in alerts."""

from shared.problems import Problem
from shared.wording import Text


class EndpointOff(Problem):
    """A disabled endpoint is sent nothing; enable it first."""

    status = 409
    title = Text("该推送地址已停用，请先启用", "This endpoint is disabled; enable it first")


class AreaUnknown(Problem):
    """No such area, or one outside the caller's."""

    status = 404
    title = Text("行政区划不存在，或不在您的管辖范围内", "No such area, or it is outside yours")


class RecipientUnknown(Problem):
    """No such recipient, or one outside the caller's areas."""

    status = 404
    title = Text("接收人不存在，或不在您的管辖范围内", "No such recipient, or outside your areas")


class AlertOver(Problem):
    """The alert is closed or superseded, so there is nothing left to answer for."""

    status = 409
    title = Text("该预警通知已结束，无需签收", "This alert is over and needs no acknowledgement")


class AlertAnswered(Problem):
    """Somebody answers for the alert already; a promise is not put off by a second one."""

    status = 409
    title = Text("该预警通知已被签收", "This alert is acknowledged already")


class AlertNotYours(Problem):
    """A company answers for its own alerts only: another's word would silence the ladder."""

    status = 403
    title = Text(
        "只有该预警的责任单位或监管部门可以签收",
        "Only the unit that answers for it, or an authority, may acknowledge this alert",
    )


class PromiseInThePast(Problem):
    """The promised day is over already."""

    status = 422
    title = Text("承诺日期不得早于今天", "The promised day must be today or later")


class RouteNotLater(Problem):
    """A version that applies before the one it follows would rewrite what was decided by it."""

    status = 409
    title = Text(
        "新版本的生效日不得早于现行版本", "A version cannot apply before the one it follows"
    )


class ParentUnknown(Problem):
    """A route lies under one of its own area that is in force by then, and never under itself."""

    status = 422
    title = Text(
        "上级路由不存在、届时未生效，或构成循环",
        "No such parent in this area by that day, or the routes would lie in a circle",
    )


class RoutesUnder(Problem):
    """No alert would come to the routes that lie under this one any more."""

    status = 409
    title = Text(
        "该路由下仍有启用的路由，它们将收不到预警",
        "Routes that are in force lie under this one; no alert would come to them",
    )


class SignOver(Problem):
    """What came of the sign is recorded already."""

    status = 409
    title = Text("该苗头已处置完毕", "What came of this sign is recorded already")


class SilenceRefused(Problem):
    """The silence lasts longer than its author may silence, or lies in the past."""

    status = 422
    title = Text("静默不符合规定", "This silence is not allowed")


class SilenceOver(Problem):
    """The silence has ended already, or was approved already."""

    status = 409
    title = Text("该静默已结束或已批准", "This silence has ended, or is approved, already")


class WindowRefused(Problem):
    """The maintenance window is over already, or lasts too long."""

    status = 422
    title = Text("维护时段不符合规定", "This maintenance window is not allowed")


class WindowOver(Problem):
    """Nothing waits for this window any more."""

    status = 409
    title = Text("该维护时段已结束", "This maintenance window is over already")


class SecondPersonNeeded(Problem):
    """Whoever asked for it cannot approve it, too."""

    status = 409
    title = Text("须由另一人批准", "Another person has to approve this")


class PersonNeeded(Problem):
    """A machine's key decides nothing that a person answers for."""

    status = 403
    title = Text("须由人员本人办理，接口密钥不能代替", "A person must do this, no API key")


class VersionNotLater(Problem):
    """A version that applies before the one it follows would rewrite what was decided by it."""

    status = 409
    title = Text(
        "新版本的生效日不得早于现行版本", "A version cannot apply before the one it follows"
    )


class TargetRefused(Problem):
    """The endpoint's address is none that the egress policy lets us reach."""

    status = 422
    title = Text("推送地址不被允许", "This address may not be reached")


class OwnOnly(Problem):
    """A caller limited to its own organisation asks for others' events."""

    status = 403
    title = Text(
        "只能订阅本单位参与的事项", "You may subscribe only to your own organisation's events"
    )


class RobotUnknown(Problem):
    """No such robot, or one outside the caller's areas."""

    status = 404
    title = Text(
        "群机器人不存在，或不在您的管辖范围内", "No such robot, or it is outside your areas"
    )


class AddressRefused(Problem):
    """The address has not the form that the robot's platform gives."""

    status = 422
    title = Text("不是该平台群机器人的地址", "This is no address of a robot of this platform")


class TemplateRefused(Problem):
    """Something is wrong with a template; all of it is said."""

    status = 422
    title = Text("模板有误", "The template is refused")


class TemplateNotLater(Problem):
    """A version that applies before the one it follows would rewrite what was told by it."""

    status = 409
    title = Text(
        "新版本的生效日不得早于现行版本", "A version cannot apply before the one it follows"
    )


class ReportUnsigned(Problem):
    """A report that the SMS gateway did not sign by our secret just now."""

    status = 401
    title = Text("签名无效或已过期", "The signature is wrong or too old")


class BounceUnreadable(Problem):
    """What was handed in is no report of a delivery (RFC 3464); it is kept."""

    status, keeps = 422, True
    title = Text("不是可识别的退信报告", "This is no report of a delivery that can be read")


class BounceUnmatched(Problem):
    """The report tells of no mail of ours, or says so of one without proof; it is kept."""

    status, keeps = 404, True
    title = Text("退信与本平台发出的邮件对不上", "This report tells of no mail that we sent")


class LeaveRefused(Problem):
    """Days of another leave, or a stand-in who cannot stand in; all findings at once."""

    status = 422
    title = Text("休假或替班安排不能成立", "This leave cannot be entered as it is")


class DutyOver(Problem):
    """Who was on duty, or on leave, on a day that is over stays so."""

    status = 409
    title = Text(
        "已过去的值班或休假不能更改，结束日期不得早于昨天",
        "What is over cannot be changed; the last day is yesterday at the earliest",
    )


class NobodyToWarn(Problem):
    """No post of an employer fits what the letter asks for, so nothing was sent."""

    status = 422
    title = Text("没有符合条件的接收单位", "No employer fits what the letter asks for")
