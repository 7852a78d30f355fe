"""Policies: stored by version, never changed."""

from datetime import datetime
from typing import Any

from services.cases import queries
from services.cases.actions import condition_days
from services.cases.errors import PolicyRefused, PolicyVersionTaken
from services.cases.models import Policy
from services.cases.rules import faults as rules
from services.cases.rules.ladder import Ladder
from services.cases.rules.policies import Mode
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
    ladder = ladder_of(body)
    terms = body.model_dump(include={"valid_from", "mode", "basis", "certainty"})
    is_new = await queries.policies.policy_is_new(
        session,
        id=new_id(),
        area_code=area_code,
        kind=body.kind,
        version=body.version,
        created_at=now,
        created_by=caller.actor,
        **rows,
        **terms,
    )
    policy = await queries.policies.policy_version(session, area_code, body.kind, body.version)
    if is_new and body.mode is Mode.LIVE:
        await condition_days.recompute_openings(session, area_code, now, body.kind)
    elif not is_new and not _is_same(policy, ladder, terms):
        raise PolicyVersionTaken
    return policy


def ladder_of(body: PolicyIn) -> Ladder:
    """Give the rungs of a posted policy, or raise PolicyRefused with all findings."""
    ladder = Ladder.of(body.model_dump(mode="json", include=set(_ROWS)))
    faults = rules.faults(body.kind, ladder)
    if faults:
        raise PolicyRefused(errors=[Finding(*fault) for fault in faults])
    return ladder


def _is_same(policy: Policy, ladder: Ladder, terms: dict[str, Any]) -> bool:
    """Compare what rows mean: stored ones may leave out what is not said."""
    same = all(getattr(policy, name) == value for name, value in terms.items())
    return same and policy.ladder() == ladder
