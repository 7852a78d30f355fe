"""What areas decide: stored by version, never changed."""

from datetime import datetime

from services.payroll import queries
from services.payroll.actions import expectations, paydays
from services.payroll.errors import PolicyVersionTaken
from services.payroll.models import Policy
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.policies import PolicyIn
from shared.auth import Caller
from shared.db import Session, new_id


async def add_policy(session: Session, caller: Caller, body: PolicyIn, now: datetime) -> Policy:
    """Store a version of what an area decides; the same again gives the stored one.

    Raises AreaUnknown or PolicyVersionTaken.
    """
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    said = body.model_dump(include={"valid_from", "values", "basis", "certainty"})
    is_new = await queries.policies.policy_is_new(
        session,
        id=new_id(),
        area_code=area_code,
        kind=body.kind,
        version=body.version,
        created_at=now,
        created_by=caller.actor,
        **said,
    )
    policy = await queries.policies.policy_version(session, area_code, body.kind, body.version)
    if not is_new and any(getattr(policy, name) != value for name, value in said.items()):
        raise PolicyVersionTaken
    if is_new:
        await expectations.follow_policy(session, body.kind, area_code)
        if body.kind is PolicyKind.PAY_DAY:
            await paydays.replan(session, area_code)
    return policy
