"""What registry refuses."""

from shared.problems import NotFound, Problem
from shared.wording import Text


class RegistrationRefused(Problem):
    """What was sent has the right form but cannot be entered; the findings say why."""

    status = 422
    title = Text("登记内容有误，请按所列问题修改", "This cannot be entered; see the findings")


class AreaFileUnreadable(Problem):
    """The file of areas is no CSV text with the columns asked for, or is too long."""

    status = 422
    title = Text("无法识别为行政区划文件", "This cannot be read as a file of areas")


class CreditCodeTaken(Problem):
    """Another organisation, or the same one with other content, holds this credit code."""

    status = 409
    title = Text("该统一社会信用代码已登记且内容不同", "This credit code stands with other content")


class ProjectCodeTaken(Problem):
    """A project with this code stands with other content."""

    status = 409
    title = Text("该项目编码已登记且内容不同", "This project code stands with other content")


class ContractNumberTaken(Problem):
    """The project has a works contract of this number with other content."""

    status = 409
    title = Text("该合同编号已登记且内容不同", "This contract number stands with other content")


class SupplementNumberTaken(Problem):
    """The contract has a version of this number with other content."""

    status = 409
    title = Text("该补充协议编号已登记且内容不同", "This number stands with other content")


class AssignmentTaken(Problem):
    """The person has this role at the project from this day on, with another end."""

    status = 409
    title = Text("该人员的同一任职已登记且终止日期不同", "This assignment stands with another end")


class SuspensionDecided(Problem):
    """The suspension was decided, withdrawn, or is over."""

    status = 409
    title = Text("该停工申请已办结", "This suspension is decided or over")


class SecondPersonNeeded(Problem):
    """Whoever asked for something cannot also approve it."""

    status = 409
    title = Text("须由申请人以外的人批准", "Another person than the one who asked has to decide")


class PersonNeeded(Problem):
    """A machine asked for what two persons must decide."""

    status = 403
    title = Text("只能由本人办理，不能由接口代办", "This is decided by persons, not by machines")


class SuspensionUnknown(NotFound):
    """No such suspension, or none that the caller may see."""

    title = Text("没有此停工记录，或不在您的管辖范围内", "No such suspension within your areas")


class OrganisationUnknown(NotFound):
    """No such organisation, or none that the caller may see."""

    title = Text("单位未登记，或不在您的管辖范围内", "No such organisation within your areas")


class ProjectUnknown(NotFound):
    """No such project, or none that the caller may see."""

    title = Text("项目未登记，或不在您的管辖范围内", "No such project within your areas")


class WorksContractUnknown(NotFound):
    """No such works contract, or none that the caller may see."""

    title = Text("施工合同未登记，或不在您的管辖范围内", "No such works contract within your areas")


class AssignmentUnknown(NotFound):
    """No such assignment at this project."""

    title = Text("该项目没有此任职", "The project has no such assignment")


class AreaAssignmentUnknown(NotFound):
    """No such assignment of an area, or none that the caller may see."""

    title = Text("没有此片区任职，或不在您的管辖范围内", "No such assignment within your areas")


class UnitPostUnknown(NotFound):
    """No such post in this unit."""

    title = Text("该单位没有此任职", "The unit has no such post")


class PartyTaken(Problem):
    """The organisation has this role at the project from this day on, with another end."""

    status = 409
    title = Text("该单位的同一角色已登记且终止日期不同", "This role stands with another end")


class PartyUnknown(NotFound):
    """No such party at this project."""

    title = Text("该项目没有此参建记录", "The project has no such party")


class SubcontractUnknown(NotFound):
    """No such subcontract, or none that the caller may see."""

    title = Text("没有此分包合同，或不在您的管辖范围内", "No such subcontract within your areas")


class CalendarUnknown(NotFound):
    """No such calendar, or none of the caller's areas."""

    title = Text("没有此工作日历", "There is no such calendar")


class ApiKeyUnknown(NotFound):
    """No such API key, or none that the caller may see."""

    title = Text("没有此接口密钥", "There is no such API key")


class SightingUnknown(NotFound):
    """No such sighting, or none that the caller may see."""

    title = Text("没有此外部项目记录，或不在您的管辖范围内", "No such sighting within your areas")


class NothingProposed(Problem):
    """The sighting is matched with nothing, so there is nothing to confirm or refuse."""

    status = 409
    title = Text("该记录没有待确认的匹配", "Nothing is proposed for this sighting")


class ImportUnknown(NotFound):
    """No such import, or none of the caller's areas."""

    title = Text("没有此导入记录，或不在您的管辖范围内", "No such import within your areas")


class ImportRefused(Problem):
    """A file with rows that are wrong: nothing of it was entered, and the file is kept."""

    status, keeps = 422, True
    title = Text("文件中有错误，未导入任何内容", "The file has errors; nothing of it was entered")


class RequirementListTaken(Problem):
    """The area has a list of this version with other content."""

    status = 409
    title = Text("该版本的制度清单已登记且内容不同", "This version of the list has other content")


class RequirementUnknown(NotFound):
    """No such requirement, or none that the caller may see."""

    title = Text("没有此制度落实项，或不在您的管辖范围内", "No such requirement within your areas")


class EvidenceUnknown(NotFound):
    """No such evidence, or none that the caller may see."""

    title = Text("没有此佐证材料，或不在您的管辖范围内", "No such evidence within your areas")


class EvidenceWithdrawn(Problem):
    """The evidence was withdrawn already."""

    status = 409
    title = Text("该佐证材料已撤回", "The evidence was withdrawn")


class ExemptionUnknown(NotFound):
    """No such exemption, or none that the caller may see."""

    title = Text("没有此豁免，或不在您的管辖范围内", "No such exemption within your areas")


class ExemptionOpen(Problem):
    """Another exemption of the same requirement is asked for or in force."""

    status = 409
    title = Text("该制度落实项已有豁免申请或豁免", "An exemption is asked for or in force already")


class ExemptionDecided(Problem):
    """The exemption was decided on, or is over."""

    status = 409
    title = Text("该豁免已决定或已终止", "The exemption was decided on, or is over")


class FileNotTaken(Problem):
    """The file is of a kind that is no evidence, or the evidence has no file."""

    status = 422
    title = Text("不支持的文件类型", "Files of this kind are not taken")


class DepositRuleTaken(Problem):
    """The area has numbers of this version with other content."""

    status = 409
    title = Text("该版本的保证金规则已登记且内容不同", "This version of the rule has other content")


class SecurityTaken(Problem):
    """The project has a security of this number with other content."""

    status = 409
    title = Text("该编号的保证金或担保已登记且内容不同", "This number stands with other content")


class SecurityUnknown(NotFound):
    """No such deposit or guarantee, or none that the caller may see."""

    title = Text("没有此保证金或担保，或不在您的管辖范围内", "No such security within your areas")


class UseUnknown(NotFound):
    """No such use of a deposit, or none that the caller may see."""

    title = Text("没有此保证金动用记录，或不在您的管辖范围内", "No such use within your areas")


class StatementUnknown(NotFound):
    """No such statement of a deposit, or none that the caller may see."""

    title = Text("没有此保证金对账单，或不在您的管辖范围内", "No such statement within your areas")


class PaperUnknown(NotFound):
    """No such paper of a deposit, or none that the caller may see."""

    title = Text("没有此保证金文件，或不在您的管辖范围内", "No such paper within your areas")


class ReturnUnknown(NotFound):
    """No such return of a deposit, or none that the caller may see."""

    title = Text("没有此保证金返还记录，或不在您的管辖范围内", "No such return within your areas")


class StepRefused(Problem):
    """The step does not follow from the state in which this is."""

    status = 409
    title = Text("当前状态不能办理此步骤", "This step does not follow from the state it is in")
