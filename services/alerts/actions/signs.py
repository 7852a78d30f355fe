"""Signs of a group dispute: told at once, the emergency plan decided on, ended with an outcome."""

from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import SignOver
from services.alerts.models import Sign
from services.alerts.rules.notices import Entry
from services.alerts.rules.routing import SIGN, Matter
from services.alerts.schemas.signs import OutcomeIn, PlanIn, SignIn
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Stale


async def report_sign(session: Session, caller: Caller, told: SignIn, now: datetime) -> Sign:
    """Keep what was seen and raise its alert, which is major: the office hears of it at once.

    Raises AreaUnknown.
    """
    await queries.areas.areas_in_scope(session, [told.area_code], caller.scope)
    sign_id = new_id()
    matter = Matter(
        kind=SIGN, about_id=sign_id, subject_id=sign_id, area_code=told.area_code, period="",
        level="major", level_rank=100, level_label="重大", project_id=told.project_id,
        project_name=told.project_name, major=True, details={"persons": told.persons},
    )  # fmt: skip
    alert = await actions.alerts.raise_alert(session, matter, event_id=sign_id, at=now)
    sign = Sign(
        id=sign_id, alert_id=alert.id, reported_by=caller.subject, reported_at=now, version=1,
        **told.model_dump(),
    )  # fmt: skip
    session.add(sign)
    return sign


async def decide_plan(
    session: Session, caller: Caller, sign_id: UUID, decision: PlanIn, now: datetime
) -> Sign:
    """Record whether the emergency plan is started; a later decision replaces it on the record.

    Each stays on the alert's timeline. Raises NotFound, Stale, SignOver.
    """
    sign = await _open(session, caller, sign_id, decision.version)
    sign.plan_started, sign.plan_reason = decision.starts, decision.reason
    sign.decided_by, sign.decided_at = caller.subject, now
    alert = await queries.alerts.locked_alert(session, sign.alert_id, caller.scope)
    said = {"starts": decision.starts, "reason": decision.reason}
    actions.notices.note(session, alert, Entry.PLAN_DECIDED, now, said)
    return sign


async def end_sign(
    session: Session, caller: Caller, sign_id: UUID, ending: OutcomeIn, now: datetime
) -> Sign:
    """Record what came of it, end its alert, and tell all who were told of it.

    Raises NotFound, Stale, SignOver.
    """
    sign = await _open(session, caller, sign_id, ending.version)
    sign.outcome, sign.ended_by, sign.ended_at = ending.outcome, caller.subject, now
    alert = await queries.alerts.locked_alert(session, sign.alert_id, caller.scope)
    await actions.alerts.close_alert(session, alert, ending.outcome, now)
    return sign


async def _open(session: Session, caller: Caller, sign_id: UUID, version: int) -> Sign:
    sign = await queries.signs.locked_sign(session, sign_id, caller.scope)
    if sign.version != version:
        raise Stale
    if sign.ended_at:
        raise SignOver
    sign.version += 1
    return sign
