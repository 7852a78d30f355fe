"""Policies: stored by version, never changed."""

from datetime import datetime

from services.cases import queries
from services.cases.errors import PolicyRefused, PolicyVersionTaken
from services.cases.models import Policy
from services.cases.rules import policies as rules
from services.cases.rules.ladder import Ladder
from services.cases.schemas.policies import PolicyIn
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding

_ROWS = ("unit", "levels", "steps", "jumps", "answer_within", "proposal")


async def add_policy(session: Session, caller: Caller, body: PolicyIn, now: datetime) -> Policy:
    """Store a version of an area's ladder for a kind; the same again gives the stored one.

    Raises AreaUnknown, PolicyRefused with all findings, or PolicyVersionTaken.
    """
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    rows = body.model_dump(mode="json", include=set(_ROWS))
    faults = rules.faults(body.kind, Ladder.of(rows))
    if faults:
        raise PolicyRefused(errors=[Finding(*fault) for fault in faults])
    said = rows | {
        "valid_from": body.valid_from,
        "mode": body.mode,
        "basis": body.basis,
        "certainty": body.certainty,
    }
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
    return policy
