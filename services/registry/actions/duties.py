"""Entering what must be reported, as versions by area and kind of works."""

from datetime import datetime

from services.registry import queries, rules
from services.registry.actions import areas, reporting
from services.registry.errors import RegistrationRefused
from services.registry.models import ReportingDuty
from services.registry.schemas.reporting import ReportingDutyIn
from shared import clock
from shared.areas import NATION, Scope
from shared.db import AGELESS, Session, same_id


async def enter_duty(
    session: Session, scope: Scope, body: ReportingDutyIn, now: datetime
) -> ReportingDuty:
    """Enter a version; the newest one's content again gives it. Projects are looked at anew."""
    findings = rules.reporting.check_duty(body.required, body.above)
    if body.area_code != NATION:
        findings += await areas.check_area(session, scope, "area_code", body.area_code, now)
    elif NATION not in scope.areas:
        findings.append(rules.areas.area_unknown("area_code"))
    if findings:
        raise RegistrationRefused(errors=findings)
    there = await queries.duties.locked_duties(session, body.area_code, body.works_kind)
    newest, fields = (there[-1] if there else None), body.model_dump()
    if newest and all(getattr(newest, name) == value for name, value in fields.items()):
        return newest
    version = newest.version + 1 if newest else 1
    duty = ReportingDuty(
        id=same_id(AGELESS, "duty", body.area_code, body.works_kind, version),
        version=version, entered_at=now, **fields,
    )  # fmt: skip
    session.add(duty)
    if body.valid_from <= clock.day_of(now):
        await session.flush()  # The projects below are judged by it.
        await reporting.look_under(session, body.area_code, now)
    return duty
