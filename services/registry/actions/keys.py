"""Making and revoking API keys."""

from datetime import datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import areas
from services.registry.errors import RegistrationRefused
from services.registry.rules.keys import NewKey
from services.registry.schemas.keys import ApiKeyIn
from shared import known
from shared.areas import Scope
from shared.auth import ApiKey, new_key
from shared.db import Session, new_id, record
from shared.events.registry import ApiKeyIssued, ApiKeyRevoked
from shared.outbox import publish


async def issue_api_key(session: Session, scope: Scope, body: ApiKeyIn, now: datetime) -> NewKey:
    """Make a key; its hash, areas and roles reach every service, the key itself only its maker."""
    findings = rules.keys.check_roles(body.roles, body.org_id)
    for at, code in enumerate(body.areas):
        # Whoever holds an area may give it away before the tree below it is loaded.
        if code not in scope.areas:
            findings += await areas.check_area(session, scope, f"areas[{at}]", code, now)
    if body.org_id and not await queries.organisations.organisations_by_id(session, {body.org_id}):
        findings.append(rules.organisations.organisation_unknown("org_id"))
    if findings:
        raise RegistrationRefused(errors=findings)
    key, key_hash = new_key()
    event = ApiKeyIssued(
        occurred_at=now,
        api_key_id=new_id(),
        key_hash=key_hash,
        name=body.name,
        org_id=body.org_id,
        areas=sorted(set(body.areas)),
        roles=sorted(set(body.roles)),
        valid_until=body.valid_until,
    )
    publish(session, event)
    await known.on_api_key_issued(session, event)
    # Tables of plumbing are not audited by themselves, and who may call is worth a record.
    shown = event.model_dump(mode="json", exclude={"key_hash", "api_key_id"})
    record(session, "issue", ApiKey.__tablename__, event.api_key_id, after=shown)
    return NewKey(
        event.api_key_id, event.name, event.org_id, event.areas, event.roles, event.valid_until, key
    )


async def revoke_api_key(session: Session, scope: Scope, api_key_id: UUID, now: datetime) -> ApiKey:
    """Let a machine call no more; once revoked, a key stays so."""
    key = await queries.keys.locked_api_key(session, api_key_id, scope)
    if key.revoked_at is None:
        key.revoked_at = now
        publish(session, ApiKeyRevoked(occurred_at=now, api_key_id=key.id, revoked_at=now))
        record(session, "revoke", ApiKey.__tablename__, key.id)
    return key


async def issue_again(session: Session, told: ApiKeyIssued) -> None:
    """Keep a key by what others heard of it, and hold the word again: ours was lost."""
    await known.on_api_key_issued(session, told)
    publish(session, told)


async def revoke_again(session: Session, told: ApiKeyRevoked) -> None:
    """Revoke a key by what others heard of it, and hold the word again: ours was lost."""
    await known.on_api_key_revoked(session, told)
    publish(session, told)
