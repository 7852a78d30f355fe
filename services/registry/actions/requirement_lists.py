"""The systems that an area asks for: stored by version, never changed."""

from datetime import datetime

from services.registry import queries, rules
from services.registry.actions import areas
from services.registry.errors import RegistrationRefused, RequirementListTaken
from services.registry.models import RequirementList
from services.registry.schemas.requirements import RequirementListIn
from shared.areas import NATION
from shared.auth import Caller
from shared.db import Session, new_id


async def enter_requirement_list(
    session: Session, caller: Caller, body: RequirementListIn, now: datetime
) -> RequirementList:
    """Enter a version of an area's list; the same again gives the stored one.

    Projects follow it from its first day on, one that has come already from the next midnight.
    """
    findings = list(rules.requirements.check_kinds([each.kind() for each in body.kinds]))
    if body.area_code != NATION:
        findings += await areas.check_area(session, caller.scope, "area_code", body.area_code, now)
    elif NATION not in caller.areas:
        findings.append(rules.areas.area_unknown("area_code"))
    if findings:
        raise RegistrationRefused(errors=findings)
    said = {
        "valid_from": body.valid_from,
        "kinds": [each.model_dump(mode="json") for each in body.kinds],
        "basis": body.basis,
        "certainty": body.certainty,
    }
    there = await queries.requirements.locked_list(session, body.area_code, body.version)
    if there:
        if all(getattr(there, name) == value for name, value in said.items()):
            return there
        raise RequirementListTaken(requirement_list_id=str(there.id))
    made = RequirementList(
        id=new_id(), area_code=body.area_code, version=body.version, created_at=now,
        created_by=caller.actor, **said,
    )  # fmt: skip
    session.add(made)
    return made
