"""A list of responsible persons is entered."""

from datetime import datetime

from services.registry import queries, rules
from services.registry.actions import lines, persons
from services.registry.schemas.persons import AssignmentIn
from shared.areas import Scope
from shared.db import Session
from shared.problems import Problem
from shared.tables.forms import Filled
from shared.wording import Text

_COLUMNS = {"unit_id": "unit_code", "project_id": "project"}


async def enter_persons(session: Session, scope: Scope, filled: Filled, now: datetime) -> int:
    """Assign the persons of a list; give how many rows there are."""
    normal = rules.organisations.normal_credit_code
    codes = {line.values["project"] for line in filled.lines if line.values["project"]}
    units = {normal(one.values["unit_code"]) for one in filled.lines if one.values["unit_code"]}
    projects = await queries.imports.projects_of_codes(session, codes, scope)
    organisations = await queries.imports.organisations_of(session, units)
    lines.twice(filled.lines, "project", "unit_code", "name", "post", "role", "from_on")
    entered = 0
    for line in filled.lines:
        said = line.values
        if said["project"] and said["project"] not in projects:
            line.find(
                "project",
                "ProjectUnknown",
                Text("项目未登记", "No such project"),
                Text("请先导入项目清单", "Import the list of projects first"),
            )
        if said["unit_code"] and normal(said["unit_code"]) not in organisations:
            line.find(
                "unit_code",
                "OrganisationUnknown",
                Text("单位未登记", "This organisation is not registered"),
                Text("请先登记该单位", "Register it first"),
            )
        if line.findings:
            continue
        values = {name: said[name] for name in ("name", "post", "role", "from_on", "until_on")}
        values["unit_id"] = organisations[normal(said["unit_code"])]
        if body := lines.body(line, AssignmentIn, values, _COLUMNS):
            try:
                made = await persons.assign_person(
                    session, scope, projects[said["project"]], body, now
                )
            except Problem as problem:
                lines.tell_problem(line, "until_on", problem, _COLUMNS)
            else:
                entered += made.registered_at == now
    return entered
