"""The one table of roles and what they may do. The codes are those of the platform's users."""

from collections.abc import Iterable, Mapping

_READ = ("registry:read", "payroll:read", "cases:read", "alerts:read")
# Arrears cases are for those who deal with them; a company is told of its own by a door of its own.
_CASES = ("cases:read_cases",)
_AS_EMPLOYER = ("cases:read_as_employer",)
_ENTER = (
    "registry:write_organisations",
    "registry:write_projects",
    "registry:write_contracts",
    "registry:write_persons",
    "registry:write_subcontracts",
    "registry:request_suspensions",
    "registry:decide_suspensions",
)
# What others know of projects is brought by those who sit at the lists, and decided on by them.
_COMPARE = ("registry:write_approvals", "registry:add_finding", "registry:decide_sightings")
# What shows that a required system is in place is filed by whoever sees it there.
_FILE = ("registry:file_evidence",)
_RECEIVE = ("alerts:read", "alerts:acknowledge")
# Who is near reports that people gather over wages; the office decides on the emergency plan.
_SEE_SIGNS = ("alerts:read_signs", "alerts:report_signs")
# The office and operators say who is told of what, by which words and ways, and when not.
_TELL = (
    "alerts:silence",
    "alerts:write_routes",
    "alerts:write_recipients",
    "alerts:write_templates",
    "alerts:manage_endpoints",
    "alerts:manage_robots",
    "alerts:read_deliveries",
)
# Who works at a project fills its roster; who watches over wages reads it.
_FILL = ("payroll:read_roster", "payroll:write_roster")
# Whoever hears of unpaid wages enters it; who answers for the place works on the case.
_TAKE = ("cases:take_reports",)
_WORK = (*_TAKE, "cases:work_cases")
# Offices hang up the codes by which people tell of unpaid wages.
_HANG = ("cases:manage_boards",)
# Whoever is near records an incident and proposes; the competent body decides.
_SEE_INCIDENTS = ("cases:read_incidents",)
_RECORD = (*_SEE_INCIDENTS, "cases:record_incidents")
# Bodies that deal with arrears read the ledger of their areas: companies and numbers, no people.
_LEDGER = ("cases:read_ledger", "cases:read_quality")
# The office and operators say of whom we have to hear.
_EXPECT = ("payroll:write_expectations", "cases:write_expectations")

PERMISSIONS: Mapping[str, frozenset[str]] = {
    role: frozenset(permissions)
    for role, permissions in {
        # 治欠办
        "wage_office": (
            "alerts:decide_signs",
            "alerts:send_letters",
            *_SEE_SIGNS,
            *_READ,
            *_CASES,
            *_ENTER,
            *_COMPARE,
            *_RECEIVE,
            "registry:import",
            "payroll:import",
            "registry:write_duties",
            "registry:write_labour_shares",
            *_FILE,
            "registry:withdraw_evidence",
            "registry:exempt",
            "registry:write_deposits",
            "registry:decide_deposits",
            "registry:write_requirement_lists",
            "payroll:write_accounts",
            "payroll:read_feeds",
            "payroll:waive_feed",
            "payroll:allocate",
            "payroll:freeze_accounts",
            "payroll:close_accounts",
            "payroll:write_policies",
            "payroll:reveal",
            "payroll:decide_retention",
            "payroll:read_sheets",
            "payroll:read_disbursements",
            "payroll:dispute_lines",
            "payroll:close_disputes",
            "payroll:read_roster",
            "payroll:compare_claims",
            "payroll:read_attendance",
            "cases:add_finding",
            "cases:add_evidence",
            "cases:verify",
            "cases:report_funding",
            "cases:follow_up_funding",
            "cases:read_leads",
            "cases:conclude_leads",
            *_WORK,
            *_HANG,
            *_RECORD,
            "cases:decide_incidents",
            *_LEDGER,
            "cases:decide_restrictions",
            "cases:reveal",
            "cases:decide_extensions",
            "cases:close_items",
            "cases:make_packs",
            "cases:write_documents",
            "cases:write_orders",
            "cases:assign",
            "cases:decide",
            "cases:write_policies",
            *_EXPECT,
            *_TELL,
            "alerts:reveal",
        ),
        # 劳动保障监察员
        "inspector": (
            *_SEE_SIGNS,
            "alerts:silence",
            *_READ,
            *_CASES,
            *_RECEIVE,
            "payroll:read_roster",
            "registry:add_finding",
            *_FILE,
            "registry:withdraw_evidence",
            "payroll:read_sheets",
            "payroll:read_disbursements",
            "payroll:compare_claims",
            "payroll:read_attendance",
            "cases:add_finding",
            "cases:add_evidence",
            "cases:verify",
            "cases:report_funding",
            "cases:follow_up_funding",
            "cases:read_leads",
            "cases:decide_extensions",
            "cases:close_items",
            "cases:make_packs",
            "cases:write_documents",
            "cases:write_orders",
            "cases:sign_orders",
            *_WORK,
            *_RECORD,
            *_LEDGER,
        ),
        # 防欠责任人
        "responsible_person": (
            *_SEE_SIGNS,
            *_READ,
            *_CASES,
            *_FILE,
            *_RECEIVE,
            "registry:add_finding",
            "cases:add_finding",
            "cases:add_evidence",
        ),
        # 协察员 adds findings, never orders or decisions (R4.29).
        "co_inspector": (
            *_READ,
            *_CASES,
            *_SEE_SIGNS,
            "registry:add_finding",
            "cases:add_finding",
            "cases:add_evidence",
        ),
        # 行业工程建设主管部门
        "sector_authority": (
            *_SEE_SIGNS,
            *_READ,
            *_CASES,
            *_ENTER,
            *_COMPARE,
            *_FILE,
            "registry:write_deposits",
            *_RECEIVE,
            "payroll:read_roster",
            "cases:add_finding",
            "cases:add_evidence",
            *_SEE_INCIDENTS,
            *_LEDGER,
            "cases:decide_restrictions",
        ),
        # 乡镇、街道
        "town": (
            *_SEE_SIGNS,
            *_READ,
            *_CASES,
            *_FILE,
            *_RECEIVE,
            "registry:write_organisations",
            "registry:write_projects",
            "registry:write_contracts",
            "registry:add_finding",
            "registry:request_suspensions",
            "registry:write_subcontracts",
            "cases:add_finding",
            "cases:add_evidence",
            *_WORK,
            *_HANG,
            *_RECORD,
            *_LEDGER,
        ),
        # 财政部门
        "finance_bureau": (
            *_READ,
            *_CASES,
            *_RECEIVE,
            "payroll:write_payments",
            "payroll:answer_funding",
        ),
        # 根治欠薪工作领导小组
        "leading_group": (
            *_READ,
            *_CASES,
            *_SEE_SIGNS,
            "alerts:decide_signs",
            "cases:approve_funding",
            *_SEE_INCIDENTS,
            "cases:decide_incidents",
            *_LEDGER,
        ),
        # 主要负责人
        "unit_head": (*_READ, *_AS_EMPLOYER, *_RECEIVE, "cases:answer", "cases:add_evidence"),
        # 建设单位
        "developer": (
            *_READ,
            *_AS_EMPLOYER,
            *_FILE,
            *_RECEIVE,
            "registry:request_suspensions",
            "cases:answer",
            "cases:add_evidence",
            "cases:report_contractor",
            "payroll:request_funding",
            "payroll:decide_add_on",
        ),
        # 施工总承包单位
        "contractor": (
            *_READ,
            *_AS_EMPLOYER,
            *_FILE,
            "registry:write_deposits",
            *_RECEIVE,
            "registry:request_suspensions",
            "registry:write_subcontracts",
            *_FILL,
            "payroll:write_accounts",
            "payroll:report_miss",
            "payroll:propose_add_on",
            "payroll:send_sheets",
            "payroll:read_sheets",
            "payroll:send_attendance",
            "payroll:read_attendance",
            "payroll:approve_sheets",
            "payroll:send_disbursements",
            "payroll:take_instructions",
            "payroll:read_disbursements",
            "payroll:return_sheets",
            "cases:answer",
            "cases:add_evidence",
        ),
        # 劳资专管员
        "wage_officer": (
            *_READ,
            *_AS_EMPLOYER,
            *_FILE,
            *_RECEIVE,
            *_FILL,
            "payroll:report_miss",
            "payroll:read_sheets",
            "payroll:read_attendance",
            "payroll:read_disbursements",
            "payroll:dispute_lines",
            "payroll:review_sheets",
            "payroll:return_sheets",
            "cases:answer",
            "cases:add_evidence",
        ),
        # 分包单位, 班组长
        "subcontractor": (
            "registry:read",
            *_AS_EMPLOYER,
            "payroll:send_sheets",
            "payroll:read_sheets",
            "payroll:read_disbursements",
            *_FILL,
        ),
        "crew_leader": (
            "registry:read",
            "payroll:send_sheets",
            "payroll:read_sheets",
            "payroll:read_disbursements",
        ),
        # 用人单位 of any trade, that has no project
        "employer": (*_AS_EMPLOYER,),
        # 考勤设备厂商, whose gates tell who passed
        "gate_vendor": ("payroll:send_attendance",),
        # 银行
        "bank": (
            "payroll:send_feed",
            "payroll:read_feeds",
            "payroll:read_disbursements",
            "payroll:take_instructions",
            "payroll:send_results",
            "cases:read",
            *_RECEIVE,
        ),
        # 全州信息化监管系统 and its like
        "provincial_system": (*_READ, *_CASES, "cases:push_leads", "cases:read_leads"),
        # A department, bank or contractor that receives webhooks.
        "subscriber": ("alerts:manage_endpoints", "alerts:read_deliveries"),
        # 农民工: nothing before there are rows of his own to see.
        "worker": (),
        # 热线、信访、城市运行
        "intake_desk": ("registry:read", "cases:read", *_CASES, *_SEE_SIGNS, *_TAKE),
        # 邮件系统, which hands in the mails that come back
        "mail_system": ("platform:report_bounces",),
        # 平台运维
        "operator": (
            *_READ,
            *_CASES,
            *_RECEIVE,
            "registry:write_areas",
            "registry:write_requirement_lists",
            "registry:write_calendars",
            "registry:manage_keys",
            "registry:import",
            "payroll:import",
            "registry:write_duties",
            "registry:write_labour_shares",
            "registry:write_organisations",
            "payroll:write_sources",
            "payroll:read_feeds",
            "payroll:waive_feed",
            "payroll:write_policies",
            "cases:write_policies",
            *_EXPECT,
            *_TELL,
            "alerts:hold_channels",
            "platform:report_bounces",
            "platform:operate",
            "platform:play",
        ),
    }.items()
}

KNOWN_ROLES = frozenset(PERMISSIONS)

# Whoever has only these sees rows in which his own organisation takes part.
LIMITED_TO_OWN = frozenset(
    {
        "unit_head",
        "developer",
        "contractor",
        "wage_officer",
        "subcontractor",
        "employer",
        "crew_leader",
        "bank",
        "subscriber",
        "worker",
    }
)

ALL_PERMISSIONS = frozenset().union(*PERMISSIONS.values()) | {"public"}


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Give what some roles allow together; an unknown role allows nothing."""
    return frozenset().union(*(PERMISSIONS.get(role, frozenset()) for role in roles))
