"""The lists that a county begins with, as people fill them in: projects, persons, approvals."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from services.registry.rules.codes import PROJECT_CATEGORY, PROJECT_SIZE, PROJECT_STATUS
from services.registry.rules.contracts import LabourCostBasis, TransferMonth
from services.registry.rules.imports import ImportKind
from services.registry.rules.persons import PersonRole
from services.registry.rules.projects import InvestmentType
from services.registry.rules.reporting import WORKS_KINDS
from shared import tables
from shared.tables import forms, templates
from shared.tables.forms import Column, Form, Holds
from shared.wording import Text

_INVESTMENT = {
    InvestmentType.GOVERNMENT: Text("政府投资", "government"),
    InvestmentType.STATE_FIRM: Text("国企投资", "state firm"),
    InvestmentType.PPP: Text("政府和社会资本合作", "PPP"),
    InvestmentType.PRIVATE: Text("社会投资", "private"),
}
_BASIS = {
    LabourCostBasis.PER_PERIOD: Text("按月金额", "an amount each month"),
    LabourCostBasis.TOTAL: Text("总额", "an amount in all"),
    LabourCostBasis.SHARE: Text("占合同价比例", "a share of the contract"),
}
_MONTH = {
    TransferMonth.SAME: Text("当月", "in the month"),
    TransferMonth.NEXT: Text("次月", "in the month after"),
}
_ROLES = {
    PersonRole.RESPONSIBLE_PERSON: Text("包保责任人", "responsible person"),
    PersonRole.WAGE_OFFICER: Text("劳资专管员", "wage officer"),
    PersonRole.INSPECTOR: Text("监察员", "inspector"),
    PersonRole.CO_INSPECTOR: Text("协察员", "co-inspector"),
    PersonRole.UNIT_HEAD: Text("单位主要负责人", "unit head"),
    PersonRole.DEVELOPER: Text("建设单位联系人", "developer"),
    PersonRole.CONTRACTOR: Text("总包单位联系人", "contractor"),
    PersonRole.SUPERVISING_ENGINEER: Text("监理", "supervising engineer"),
    PersonRole.SECTOR_AUTHORITY: Text("行业主管部门联系人", "sector authority"),
    PersonRole.FINANCE_BUREAU: Text("财政部门联系人", "finance bureau"),
    PersonRole.WAGE_OFFICE: Text("治欠办联系人", "wage office"),
    PersonRole.TOWN: Text("乡镇联系人", "town"),
}
_AREA = Column(
    "area_code", "行政区划", ("区划代码", "所在地", "所属乡镇", "area_code"), required=True,
    note="代码或名称",
)  # fmt: skip
_WORKS_KIND = Column(
    "works_kind", "工程种类", ("works_kind",), Holds.CHOICE,
    choices={kind.value: name for kind, name in WORKS_KINDS.items()},
)  # fmt: skip
_APPROVAL = Column("approval_number", "立项文号", ("批复文号", "立项批复文号", "approval_number"))
_PERMIT = Column("permit_number", "施工许可证号", ("许可证号", "permit_number"))
_INVESTED = Column(
    "investment_amount", "投资额", ("总投资", "项目总投资", "investment_amount"), Holds.AMOUNT
)
_STARTED = Column("started_on", "开工日期", ("实际开工日期", "started_on"), Holds.DAY)
_ADDRESS = Column("address", "建设地点", ("项目地址", "地址", "address"))


def _code(name: str, title: str, *words: str, required: bool = False) -> Column:
    return Column(name, title, words, Holds.DIGITS, required, note="统一社会信用代码，18位")


PROJECTS = Form(
    "projects",
    Text("项目", "projects"),
    [
        Column("code", "项目编码", ("项目编号", "工程编号", "code"), Holds.DIGITS, required=True),
        Column("name", "项目名称", ("工程名称", "name"), required=True),
        _AREA,
        Column("investment_type", "投资类型", ("investment_type",), Holds.CHOICE, required=True,
               choices={kind.value: name for kind, name in _INVESTMENT.items()}),
        Column("funding_source", "资金来源", ("funding_source",)),
        Column("developer_name", "建设单位", ("业主", "业主单位", "developer"), required=True),
        _code("developer_code", "建设单位信用代码", "业主信用代码", required=True),
        Column("contractor_name", "施工总承包单位", ("总包单位", "施工单位", "contractor")),
        _code("contractor_code", "总包单位信用代码", "施工单位信用代码"),
        Column("authority_name", "行业主管部门", ("主管部门", "sector_authority")),
        _code("authority_code", "主管部门信用代码"),
        Column("status", "项目状态", ("status",), Holds.CHOICE, choices=PROJECT_STATUS.codes),
        Column("category", "工程类别", ("category",), Holds.CHOICE, choices=PROJECT_CATEGORY.codes),
        Column("size", "项目规模", ("size",), Holds.CHOICE, choices=PROJECT_SIZE.codes),
        _WORKS_KIND, _INVESTED, _APPROVAL, _PERMIT, _ADDRESS, _STARTED,
        Column("supervised_since", "纳入监管日期", ("supervised_since",), Holds.DAY),
        Column("reported_on", "报送日期", ("上报日期", "reported_on"), Holds.DAY),
        Column("number", "合同编号", ("施工合同编号", "number"), Holds.DIGITS,
               note="有合同时，合同各列须填全"),
        Column("signed_on", "合同签订日期", ("签订日期", "signed_on"), Holds.DAY),
        Column("contract_amount", "合同价款", ("合同金额", "contract_amount"), Holds.AMOUNT),
        Column("basis", "人工费约定方式", ("basis",), Holds.CHOICE,
               choices={kind.value: name for kind, name in _BASIS.items()}),
        Column("amount", "人工费金额", ("amount",), Holds.AMOUNT),
        Column("share", "人工费占比", ("share",), Holds.AMOUNT, note="百分数，如 25"),
        Column("first_period", "首期", ("首个拨付月份", "first_period"), Holds.MONTH),
        Column("last_period", "末期", ("最后拨付月份", "last_period"), Holds.MONTH),
        Column("transfer_day", "拨付日", ("每月拨付日", "transfer_day"), Holds.NUMBER),
        Column("transfer_month", "拨付月", ("transfer_month",), Holds.CHOICE,
               choices={kind.value: name for kind, name in _MONTH.items()}),
    ],
)  # fmt: skip
PERSONS = Form(
    "persons",
    Text("责任人", "persons"),
    [
        Column("project", "项目编码", ("项目编号", "code"), Holds.DIGITS, required=True),
        Column("name", "姓名", ("责任人", "name"), required=True),
        Column("post", "职务", ("岗位", "post"), required=True),
        _code("unit_code", "单位信用代码", "所在单位信用代码", required=True),
        Column("role", "责任类型", ("角色", "role"), Holds.CHOICE, required=True,
               choices={role.value: name for role, name in _ROLES.items()}),
        Column("from_on", "起始日期", ("任职日期", "from_on"), Holds.DAY, required=True),
        Column("until_on", "终止日期", ("until_on",), Holds.DAY),
    ],
)  # fmt: skip
SEEN = Form(
    "approvals",
    Text("审批清单", "approvals"),
    [
        Column("name", "项目名称", ("工程名称", "name"), required=True),
        Column("seen_on", "批准日期", ("批复日期", "发证日期", "中标日期", "seen_on"), Holds.DAY,
               required=True),
        _AREA,
        Column("developer_name", "建设单位", ("业主", "招标人", "developer"), required=True),
        _code("developer_code", "建设单位信用代码", "业主信用代码"),
        _WORKS_KIND,
        Column("code", "项目编码", ("项目代码", "code"), Holds.DIGITS),
        _APPROVAL, _PERMIT, _INVESTED, _STARTED, _ADDRESS,
        Column("contractor", "中标单位", ("施工总承包单位", "施工单位", "contractor")),
        Column("note", "备注", ("note",)),
    ],
)  # fmt: skip
FORMS: Mapping[ImportKind, Form] = {
    ImportKind.PROJECTS: PROJECTS,
    ImportKind.PERSONS: PERSONS,
    ImportKind.APPROVALS: SEEN,
    ImportKind.PERMITS: SEEN,
    ImportKind.TENDERS: SEEN,
}
"""The form of each kind of list."""


def _reader(form: Form) -> Callable[[bytes], Awaitable[Mapping[str, Any]]]:
    async def told(content: bytes) -> Mapping[str, Any]:
        return forms.told(form, await tables.read(content))

    return told


READS = {kind.value: _reader(form) for kind, form in FORMS.items()}
"""What says of a file, kind by kind, what rows and findings it has."""


def template(kind: ImportKind, areas: Mapping[str, str]) -> bytes:
    """Give the xlsx to fill in; `areas` are names by code, offered as they are read again."""
    offered = [f"{code} {name}" for code, name in areas.items()]
    return templates.write(FORMS[kind], {"area_code": offered})
