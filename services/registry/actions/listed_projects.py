"""A list of projects is entered: their parties, the projects, contracts and reports."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import (
    contracts,
    lines,
    organisations,
    projects,
    reporting,
)
from services.registry.models import Organisation, Project
from services.registry.rules.labour_shares import Guide
from services.registry.rules.organisations import OrganisationRole
from services.registry.schemas.contracts import WorksContractIn
from services.registry.schemas.projects import ProjectIn
from services.registry.schemas.reporting import ReportIn, ReportsIn
from shared.areas import Scope
from shared.db import Session
from shared.outbox import publish_all
from shared.problems import Problem
from shared.tables.forms import Filled, Line
from shared.wording import Text
from shared.workdays import DueShift

# Which columns name a party, what it takes part as, and the field of the project.
_PARTIES = (
    ("developer", OrganisationRole.DEVELOPER, "developer_id"),
    ("contractor", OrganisationRole.CONTRACTOR, "contractor_id"),
    ("authority", OrganisationRole.SECTOR_AUTHORITY, "sector_authority_id"),
)
_COLUMNS = {
    "developer_id": "developer_code",
    "contractor_id": "contractor_code",
    "sector_authority_id": "authority_code",
    "labour_cost": "basis",
}
_TERMS = ("basis", "amount", "share", "first_period", "last_period", "transfer_day")
_CONTRACT = ("number", "signed_on", "contract_amount", "basis", "first_period", "last_period")


async def enter_projects(
    session: Session, scope: Scope, area_code: str, filled: Filled, now: datetime
) -> int:
    """Enter a list of projects; give how many of them were new."""
    names = await queries.imports.areas_under(session, area_code, scope)
    guides = _Guides(session)
    for line in filled.lines:
        lines.place(line, names)
        await _check_contract(line, guides)
    lines.twice(filled.lines, "code")
    parties = await _organisations(session, filled.lines, area_code)
    bodies = dict(_bodies(filled.lines, parties))
    there = await queries.imports.locked_projects_of_codes(
        session, {body.code for _, body in bodies.values()}
    )
    for line, body in bodies.values():
        _compare(line, body, there.get(body.code))
    if filled.rejected:
        return 0
    await _write_parties(session, parties, now)
    fresh = await _write_projects(session, scope, bodies, now, there=there, parties=parties)
    await _write_contracts(session, scope, bodies, now)
    if not filled.rejected:
        await _write_reports(session, scope, bodies, now)
    return fresh


@dataclass(slots=True)
class _Parties:
    """The organisations of a list: those that stand, and those that are new, by credit code."""

    standing: Mapping[str, Organisation] = field(default_factory=dict)
    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, Organisation] = field(default_factory=dict)

    def id_of(self, code: str | None) -> UUID | None:
        """Give the id that an organisation has or will have."""
        if not code:
            return None
        normal = rules.organisations.normal_credit_code(code)
        row = self.standing.get(normal)
        return row.id if row else organisations.id_of(normal)


async def _organisations(session: Session, rows: Iterable[Line], area_code: str) -> _Parties:
    """Find the parties that rows name, and what is wrong with how they name them."""
    said = list(_said(rows))
    standing = await queries.imports.locked_organisations_of(session, {one[2] for one in said})
    parties = _Parties(standing)
    for line, (party, role, _), code, name in said:
        row = standing.get(code)
        if row:
            _check_standing(line, party, row, name, role)
        elif name is None:
            line.find(f"{party}_name", "missing", *_NAME)
        else:
            known = parties.fresh.setdefault(
                code, {"name": name, "area_code": area_code, "roles": []}
            )
            if known["name"] != name:
                line.find(f"{party}_name", "NameDiffers", *_differs(known["name"]))
            known["roles"] = sorted({*known["roles"], role.value})
    return parties


_NAME = (Text("单位未登记，须填名称", "A new organisation needs its name"), lines.COMPARE)
_CODE = (
    Text("缺少统一社会信用代码", "The credit code is missing"),
    Text("请填写该单位的统一社会信用代码", "Write the organisation's credit code"),
)


def _differs(name: str) -> tuple[Text, Text]:
    return (
        Text(f"该信用代码对应的名称是“{name}”", f"This credit code stands for {name}"),
        Text("请统一名称或更正代码", "Write the same name, or correct the code"),
    )


def _said(
    rows: Iterable[Line],
) -> Iterator[tuple[Line, tuple[str, OrganisationRole, str], str, str | None]]:
    """Give each party that a row names with a code that can be one."""
    for line in rows:
        for one in _PARTIES:
            code, name = line.values[f"{one[0]}_code"], line.values[f"{one[0]}_name"]
            if code is None:
                if name and one[0] != "developer":
                    line.find(f"{one[0]}_code", "missing", *_CODE)
                continue
            normal = rules.organisations.normal_credit_code(code)
            wrong = rules.organisations.check_credit_code(f"{one[0]}_code", normal)
            lines.tell(line, wrong, {})
            if not wrong:
                yield line, one, normal, name


def _check_standing(
    line: Line, party: str, row: Organisation, name: str | None, role: OrganisationRole
) -> None:
    if name and name != row.name:
        line.find(f"{party}_name", "NameDiffers", *_differs(row.name))
    found = rules.organisations.unknown_or_without_role(f"{party}_code", row.roles, role)
    lines.tell(line, found, {})


@dataclass(slots=True)
class _Guides:
    """The shares of labour cost of the areas that a list names; each is looked up once."""

    session: Session
    found: dict[tuple[str, date], Guide | None] = field(default_factory=dict)

    async def of(self, area_code: str, day: date) -> Guide | None:
        """Give the share in force in an area on a day, if there is one."""
        key = (area_code, day)
        if key not in self.found:
            self.found[key] = await queries.labour_shares.find_guide(self.session, *key)
        return self.found[key]


async def _check_contract(line: Line, guides: _Guides) -> None:
    """Find what a contract lacks, where a row tells of one."""
    given = [name for name in _CONTRACT if line.values[name] is not None]
    if not given:
        return
    for name in (*_CONTRACT, "transfer_day", "contractor_code"):
        titled = line.values[name] is None and not any(
            one.code for place, one in line.findings if place.column == name
        )
        if titled:
            line.find(
                name,
                "missing",
                Text("填写了合同，该列须填", "A row with a contract needs this"),
                Text("请按合同补充", "Fill it in as the contract says"),
            )
    if line.findings:
        return
    guide = await guides.of(line.values["area_code"], line.values["signed_on"])
    terms = rules.labour_shares.filled(_terms(line), guide)
    lines.tell(line, rules.contracts.check(line.values["contract_amount"], terms), _COLUMNS)


def _terms(line: Line) -> rules.contracts.LabourCostTerms:
    said = line.values
    return rules.contracts.LabourCostTerms(
        rules.contracts.LabourCostBasis(said["basis"]), said["amount"], said["share"],
        said["first_period"], said["last_period"], 1, said["transfer_day"],
        rules.contracts.TransferMonth(said["transfer_month"] or "same"),
        DueShift.BACKWARDS,
    )  # fmt: skip


_Bodies = Mapping[int, tuple[Line, ProjectIn]]


def _bodies(
    rows: Iterable[Line], parties: _Parties
) -> Iterator[tuple[int, tuple[Line, ProjectIn]]]:
    """Give each right row as a project's body, by its number."""
    skipped = {f"{party}_{what}" for party, *_ in _PARTIES for what in ("code", "name")}
    skipped |= {*_CONTRACT, *_TERMS, "transfer_month", "reported_on"}
    for at, line in enumerate(rows):
        if line.findings:
            continue
        values = {name: one for name, one in line.values.items() if name not in skipped}
        values |= {
            column: parties.id_of(line.values[f"{party}_code"]) for party, _, column in _PARTIES
        }
        if body := lines.body(line, ProjectIn, values, _COLUMNS):
            yield at, (line, body)


def _compare(line: Line, body: ProjectIn, there: Project | None) -> None:
    """Find what is different at a project that stands already; what a row leaves out is not."""
    if there is None:
        return
    for name, value in body.model_dump(exclude_unset=True).items():
        if getattr(there, name) != value:
            line.find(
                _COLUMNS.get(name, name),
                "ProjectCodeTaken",
                Text(
                    "该项目编码已登记，此项内容不同", "The project stands with another value here"
                ),
                Text("请在系统中修改该项目，或更正此项", "Change the project itself, or this cell"),
            )


async def _write_parties(session: Session, parties: _Parties, now: datetime) -> None:
    parties.rows = {
        code: organisations.made(code, fields, now) for code, fields in parties.fresh.items()
    }
    session.add_all(parties.rows.values())
    await publish_all(
        session, [organisations.registered(row, now) for row in parties.rows.values()]
    )


async def _write_projects(
    session: Session,
    scope: Scope,
    bodies: _Bodies,
    now: datetime,
    *,
    there: Mapping[str, Project],
    parties: _Parties,
) -> int:
    named = {row.id: row for row in (*parties.standing.values(), *parties.rows.values())}
    fresh = [
        projects.made(body, named, now) for _, body in bodies.values() if body.code not in there
    ]
    session.add_all(fresh)
    await session.flush()  # Contracts and sightings find them in the tables.
    await publish_all(session, [projects.registered(row, now) for row in fresh])
    if fresh:
        await projects.follow_registration(session, scope, fresh, now)
    return len(fresh)


async def _write_contracts(session: Session, scope: Scope, bodies: _Bodies, now: datetime) -> None:
    for line, project in bodies.values():
        said = line.values
        if said["number"] is None:
            continue
        terms = {name: said[name] for name in _TERMS if said[name] is not None}
        if said["transfer_month"]:
            terms["transfer_month"] = said["transfer_month"]
        values = {
            "project_id": projects.id_of(project.code), "number": said["number"],
            "contractor_id": project.contractor_id, "signed_on": said["signed_on"],
            "contract_amount": Decimal(said["contract_amount"]), "labour_cost": terms,
        }  # fmt: skip
        if body := lines.body(line, WorksContractIn, values, _COLUMNS):
            try:
                await contracts.sign_works_contract(session, scope, body, now)
            except Problem as problem:
                lines.tell_problem(line, "number", problem, _COLUMNS)


async def _write_reports(session: Session, scope: Scope, bodies: _Bodies, now: datetime) -> None:
    items = [
        ReportIn(project_id=projects.id_of(body.code), reported_on=line.values["reported_on"])
        for line, body in bodies.values()
        if line.values["reported_on"]
    ]
    if items:
        await session.flush()  # What a report holds is read from the tables.
        await reporting.report_projects(session, scope, ReportsIn.model_construct(items=items), now)
