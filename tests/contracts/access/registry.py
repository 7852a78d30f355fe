"""Rows of registry in Hefeng, and requests that work on them."""

from datetime import date, timedelta
from uuid import UUID

from services.registry import actions
from services.registry.actions.evidence import Shown
from services.registry.models import Import, Project
from services.registry.rules.areas import AreaFact
from services.registry.rules.imports import ImportKind, ImportState
from services.registry.rules.reporting import Half
from services.registry.rules.sightings import SightingSource
from services.registry.schemas.calendars import CalendarIn
from services.registry.schemas.deposits import DepositRuleIn
from services.registry.schemas.keys import ApiKeyIn
from services.registry.schemas.labour_shares import LabourShareIn
from services.registry.schemas.reporting import ReportingDutyIn, SightingIn
from services.registry.schemas.requirements import ExemptionIn, RequirementListIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import FileKind
from shared.workdays import DayKind
from tests.contracts.access import deposits
from tests.contracts.access.rows import ELSEWHERE, HERE, Rows
from tests.fixtures.service import Time, kept_files
from tests.registry import factories as make
from tests.registry import systems
from tests.registry.factories import NATION

V1 = "/registry/v1"
# A row that stands already, and one that is new.
AREAS = [
    {"code": "422828101", "name": "走马镇", "parent_code": HERE, "valid_from": "2000-01-01"},
    {"code": "422828103", "name": "容美镇", "parent_code": HERE, "valid_from": "2000-01-01"},
]
FREE_DAY = date(2023, 4, 3)
DUTY = {
    "area_code": HERE, "works_kind": "other", "valid_from": "2023-01-01", "required": ["address"],
    "basis": "鹤治欠办发〔2023〕1号", "certainty": "B",
}  # fmt: skip
SHARE = {
    "area_code": HERE, "valid_from": "2023-01-01", "share": "25.00", "basis": "县通知",
    "certainty": "B",
}  # fmt: skip
# A project that nobody registered, and one that looks like the one that is.
UNSEEN = {
    "seen_on": "2023-01-09", "name": "石家堡公路", "area_code": "422828101",
    "developer_name": "县交通运输局", "works_kind": "village_road", "started_on": "2023-01-02",
}  # fmt: skip
ALIKE = UNSEEN | {"name": "产业路硬化"}
FILED_ON = date(2023, 1, 2)
EXEMPTION = {"type": "other", "reason": "工期不足一月"}
_ROSTER = {"code": "roster", "zh": "实名制管理", "en": "roster", "triggers": ["start"], "length": 0}
A_LIST = {
    "area_code": HERE, "version": 1, "valid_from": "2099-01-01", "basis": "街道方案",
    "certainty": "B", "kinds": [_ROSTER | {"basis": "街道方案", "certainty": "B"}],
}  # fmt: skip


async def rows(session: Session, time: Time) -> Rows:
    """Make areas, parties, a project with contract and person, a calendar, a key."""
    await make.areas(session)
    there = [("33", "浙江省", "0"), ("3301", "杭州市", "33"), (ELSEWHERE, "西湖区", "3301")]
    facts: list[AreaFact] = make.facts(*there)
    await actions.areas.enter_areas(session, NATION, facts, clock.now())
    developer = await make.developer(session)
    contractor = await make.organisation(session, 2, "contractor")
    project = await make.project(session, developer.id, contractor_id=contractor.id)
    contract = await make.works_contract(session, project.id, contractor.id)
    assignment = await make.assignment(session, project.id, developer.id)
    own_days = CalendarIn(area_code=HERE, year=2023, exceptions={FREE_DAY: DayKind.HOLIDAY})
    calendar = await actions.calendars.publish_calendar(session, NATION, own_days, clock.now())
    await actions.calendars.publish_calendar(session, NATION, CalendarIn(year=2023), clock.now())
    duty = await actions.duties.enter_duty(
        session, NATION, ReportingDutyIn.model_validate(DUTY), clock.now()
    )
    share = await actions.labour_shares.enter_labour_share(
        session, NATION, LabourShareIn.model_validate(SHARE), clock.now()
    )
    gap, alike = await _sightings(session)
    party = await make.party(session, project.id, contractor.id, role="participant")
    labour = await make.organisation(session, 31, "subcontractor")
    passed_on = await make.subcontract(session, project.id, contractor.id, labour.id)
    listed = await _import(session)
    county = await make.area_assignment(session, developer.id)
    head = await make.unit_post(session, developer.id)
    stop = await make.suspension(session, project.id, clock.today())
    done = await make.project(session, developer.id, contractor_id=contractor.id, code="DONE")
    await actions.life.complete_project(session, NATION, done.id, clock.today(), clock.now())
    machine = ApiKeyIn(name="province", areas=[HERE], roles=["provincial_system"])
    key = await actions.keys.issue_api_key(session, NATION, machine, clock.now())
    required = await _systems(session, project)
    rule = DepositRuleIn.model_validate(deposits.RULE)
    await actions.deposit_rules.enter_deposit_rule(session, systems.OFFICE, rule, clock.now())
    given, steps = await deposits.rows(session, project)
    made = Rows(
        ids=required
        | given
        | {
            "organisation_id": developer.id,
            "project_id": project.id,
            "works_contract_id": contract.id,
            "assignment_id": assignment.id,
            "calendar_id": calendar.id,
            "api_key_id": key.id,
            "sighting_id": alike,
            "import_id": listed,
            "suspension_id": stop.id,
            "post_id": head.id,
            "party_id": party.id,
            "subcontract_id": passed_on.id,
            "labour_id": labour.id,
        },
        own_ids={
            f"POST {V1}/projects/{{project_id}}/settlement": {"project_id": done.id},
            f"PATCH {V1}/area-assignments/{{assignment_id}}": {"assignment_id": county.id},
            f"POST {V1}/area-assignments/{{assignment_id}}/hand-over": {"assignment_id": county.id},
        },
        parties={"developer": developer.id, "contractor": contractor.id},
        marks={
            f"GET {V1}/areas": "走马镇",
            f"GET {V1}/calendars": calendar.id,
            f"GET {V1}/organisations": developer.id,
            f"GET {V1}/projects": project.id,
            f"GET {V1}/projects/counts": None,
            f"GET {V1}/projects/{{project_id}}/persons": assignment.id,
            f"GET {V1}/projects/{{project_id}}/in-charge": county.id,
            f"GET {V1}/projects/{{project_id}}/parties": party.id,
            f"GET {V1}/projects/{{project_id}}/chain": passed_on.id,
            f"GET {V1}/subcontracts": passed_on.id,
            f"GET {V1}/area-assignments": county.id,
            f"GET {V1}/organisations/{{organisation_id}}/posts": head.id,
            f"GET {V1}/suspensions": stop.id,
            f"GET {V1}/works-contracts": contract.id,
            f"GET {V1}/works-contracts/{{works_contract_id}}/versions": contract.number,
            f"GET {V1}/api-keys": key.id,
            f"GET {V1}/reporting/duties": duty.id,
            f"GET {V1}/labour-shares": share.id,
            f"GET {V1}/sightings": alike,
            f"GET {V1}/imports": listed,
            f"GET {V1}/reporting": gap,
            f"GET {V1}/reporting/summary": None,
            f"GET {V1}/reporting/gaps": gap,
            **deposits.marks(given),
            f"GET {V1}/requirement-lists": "街道方案",
            f"GET {V1}/requirements": required["requirement_id"],
            f"GET {V1}/requirements/summary": developer.id,
            f"GET {V1}/requirements/standings": required["requirement_id"],
        },
    )
    made.own_ids |= {
        f"GET {V1}/evidence/{{evidence_id}}/file": {"evidence_id": made.ids["paper_id"]},
        **steps,
    }
    made.requests = _requests(made) | _of_systems(made) | deposits.requests()
    return made


async def _sightings(session: Session) -> tuple[UUID, UUID]:
    """Let an inspector come upon two projects: one unregistered, one that may be the one there."""
    finder = Caller("tester", frozenset({"inspector"}), frozenset({HERE}))
    items = [SightingIn.model_validate(one) for one in (UNSEEN, ALIKE)]
    seen = await actions.sightings.enter_sightings(
        session, finder, SightingSource.INSPECTION, items, clock.now()
    )
    unseen, alike = seen.items
    return unseen.id, alike.id


async def _import(session: Session) -> UUID:
    """Keep a file that was tried."""
    row = Import(
        id=new_id(), kind=ImportKind.PERSONS, area_code=HERE, digest="0" * 64, file_id=new_id(),
        file_kind="csv", size=1, received_at=clock.now(), received_from="tester",
        state=ImportState.CHECKED, rows=0, accepted=0, rejected=0, entered=0, findings=[],
    )  # fmt: skip
    session.add(row)
    return row.id


async def _systems(session: Session, project: Project) -> dict[str, UUID]:
    """Give ids of a requirement with its evidence, and of an exemption that somebody asked for."""
    await actions.requirement_lists.enter_requirement_list(
        session, systems.OFFICE, RequirementListIn.model_validate(A_LIST), clock.now()
    )
    rows = await systems.by_kind(session, project)
    roster = rows["roster"].id
    shown = Shown(FILED_ON, reference="名册")
    evidence = await actions.evidence.file_evidence(
        session, systems.OFFICE, roster, shown, clock.now()
    )
    kept = await kept_files().keep(b"picture", kind=FileKind.PNG, name="x.png")
    paper = await actions.evidence.file_evidence(
        session, systems.OFFICE, roster, Shown(FILED_ON, kept=kept), clock.now()
    )
    asked = ExemptionIn.model_validate(EXEMPTION | {"until_on": clock.today()})
    exemption = await actions.exemptions.propose_exemption(
        session, systems.OFFICE, rows["deposit"].id, asked, clock.now()
    )
    return {
        "requirement_id": roster,
        "evidence_id": evidence.id,
        "paper_id": paper.id,
        "exemption_id": exemption.id,
    }


def _of_systems(made: Rows) -> dict[str, list[dict[str, object]]]:
    """Give requests that work on required systems."""
    project, one = made.ids["project_id"], f"{V1}/requirements/{{requirement_id}}"
    shown = {"done_on": FILED_ON.isoformat(), "reference": "名册"}
    item = {"project_id": str(project), "kind": "roster"} | shown
    form = {"done_on": FILED_ON.isoformat()}
    paper = {"file": ("x.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    until = clock.today().isoformat()
    bodies: dict[str, list[dict[str, object]]] = {
        f"POST {V1}/requirement-lists": [{"json": A_LIST}, {"json": A_LIST | {"version": 2}}],
        f"POST {V1}/requirements/evidence": [{"json": {"items": [item]}}],
        f"POST {one}/evidence": [{"json": shown}, {"json": shown | {"reference": "另册"}}],
        f"POST {one}/evidence/file": [{"files": paper, "data": form}],
        f"POST {one}/exemptions": [{"json": EXEMPTION | {"until_on": until}}],
        f"POST {V1}/evidence/{{evidence_id}}/withdraw": [{"json": {"reason": "旧"}}],
        f"POST {V1}/exemptions/{{exemption_id}}/confirm": [{}],
        f"POST {V1}/exemptions/{{exemption_id}}/end": [{}],
        f"GET {V1}/requirements/summary": [{"params": {"by": "developer"}}],
    }
    return bodies


def _requests(made: Rows) -> dict[str, list[dict[str, object]]]:
    """Give for each write what is new, and what stands already: a repeat tells of a row, too."""
    developer, contractor = made.parties["developer"], made.parties["contractor"]
    project = made.ids["project_id"]
    standing = make.project_body(developer, contractor_id=str(contractor))
    known = make.organisation_body(1, "developer", name="县交通运输局")
    contract = make.contract_body(project, contractor)
    person = make.assignment_body(developer)
    ending = {"version": 1, "until_on": "2023-05-31"}
    following = {
        "version": 1, "from_on": "2023-03-01", "name": "另一人", "post": "主任",
        "unit_id": str(developer),
    }  # fmt: skip
    month = f"{clock.today():%Y-%m}"
    terms = {"basis": "share", "share": "25", "last_period": month, "transfer_day": 25}
    supplement = {
        "number": "BC-1", "signed_on": str(clock.today()), "valid_from": month,
        "contract_amount": "9000000.00", "labour_cost": terms,
    }  # fmt: skip
    days = {"area_code": HERE, "year": 2023, "exceptions": {FREE_DAY.isoformat(): "holiday"}}
    bodies: dict[str, list[object]] = {
        f"POST {V1}/areas": [{"items": [row]} for row in AREAS],
        f"POST {V1}/calendars": [days, days | {"year": 2024, "exceptions": {}}],
        f"POST {V1}/organisations": [known, make.organisation_body(9)],
        f"PATCH {V1}/organisations/{{organisation_id}}": [{"version": 1, "name": "新名"}],
        f"POST {V1}/projects": [standing, standing | {"code": "B"}],
        f"PATCH {V1}/projects/{{project_id}}": [{"version": 1, "name": "新名"}],
        f"POST {V1}/projects/{{project_id}}/persons": [person, person | {"name": "另一人"}],
        f"PATCH {V1}/projects/{{project_id}}/persons/{{assignment_id}}": [
            {"version": 1, "until_on": "2023-05-31"}
        ],
        f"POST {V1}/works-contracts": [contract, contract | {"number": "HT-2"}],
        f"POST {V1}/labour-shares": [SHARE, SHARE | {"valid_from": "2023-02-01"}],
        f"POST {V1}/reporting/duties": [DUTY, DUTY | {"valid_from": "2023-02-01"}],
        f"POST {V1}/reports": [
            {"items": [{"project_id": str(project), "reported_on": "2023-01-09"}]}
        ],
        f"POST {V1}/inspected": [{"items": [UNSEEN]}, {"items": [UNSEEN | {"name": "便民桥"}]}],
        f"POST {V1}/approvals": [{"source": "approval", "items": [UNSEEN]}],
        f"POST {V1}/sightings/{{sighting_id}}/confirm": [{}],
        f"POST {V1}/sightings/{{sighting_id}}/refuse": [{"note": "另一条路"}],
        f"POST {V1}/projects/{{project_id}}/parties": [
            make.party_body(contractor, role="participant"),
            make.party_body(contractor, role="participant", from_on="2023-02-01"),
        ],
        f"PATCH {V1}/projects/{{project_id}}/parties/{{party_id}}": [ending],
        f"POST {V1}/projects/{{project_id}}/subcontracts": [
            make.subcontract_body(contractor, made.ids["labour_id"]),
            make.subcontract_body(contractor, made.ids["labour_id"], number="FB-2"),
        ],
        f"PATCH {V1}/subcontracts/{{subcontract_id}}": [ending],
        f"POST {V1}/area-assignments": [
            make.area_body(developer),
            make.area_body(developer, name="另一人"),
        ],
        f"PATCH {V1}/area-assignments/{{assignment_id}}": [ending],
        f"POST {V1}/area-assignments/{{assignment_id}}/hand-over": [following],
        f"POST {V1}/projects/{{project_id}}/persons/{{assignment_id}}/hand-over": [following],
        f"POST {V1}/organisations/{{organisation_id}}/posts": [
            make.post_body(developer),
            make.post_body(developer, role="duty_officer"),
        ],
        f"PATCH {V1}/organisations/{{organisation_id}}/posts/{{post_id}}": [ending],
        f"POST {V1}/organisations/{{organisation_id}}/posts/{{post_id}}/hand-over": [following],
        f"POST {V1}/projects/{{project_id}}/completion": [{"completed_on": str(clock.today())}],
        f"POST {V1}/projects/{{project_id}}/settlement": [{"settled_on": str(clock.today())}],
        f"POST {V1}/projects/{{project_id}}/suspensions": [
            make.suspension_body(clock.today() + timedelta(days=100))
        ],
        f"POST {V1}/suspensions/{{suspension_id}}/decide": [{"approved": True}],
        f"POST {V1}/suspensions/{{suspension_id}}/end": [{"resumed_on": str(clock.today())}],
        f"POST {V1}/works-contracts/{{works_contract_id}}/supplements": [supplement],
        f"POST {V1}/api-keys": [{"name": "k", "areas": [HERE], "roles": ["provincial_system"]}],
    }
    lines = ["code,name,parent_code,valid_from,valid_to"]
    lines += [f"{row['code']},{row['name']},{row['parent_code']},2000-01-01," for row in AREAS]
    file = {"content": "\n".join(lines).encode(), "headers": {"content-type": "text/csv"}}
    sent = {name: [{"json": body} for body in each] for name, each in bodies.items()}
    now = str(Half.of(clock.today()))
    half = {"params": {"half_year": now}}
    by = {"params": {"half_year": now, "by": "developer"}}
    asked: dict[str, list[dict[str, object]]] = {
        f"GET {V1}/reporting": [half], f"GET {V1}/reporting/summary": [by],
    }  # fmt: skip
    template = {"params": {"kind": "projects", "area_code": HERE}}
    asked[f"GET {V1}/imports/template"] = [template]
    seen = "项目名称,批准日期,行政区划,建设单位\n便民桥,2023-01-05,422828101,县交通运输局\n"
    form = {"kind": "approvals", "area_code": HERE}
    posted = {"data": form, "files": {"file": ("a.csv", seen.encode())}}
    return sent | asked | {
        f"POST {V1}/areas/import": [file], f"POST {V1}/imports": [posted],
    }  # fmt: skip
