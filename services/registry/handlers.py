"""The event door: registry hears only itself, where its database was restored."""

from services.registry import actions
from shared.db import Session
from shared.events.registry import ApiKeyIssued, ApiKeyRevoked


async def on_own_api_key_issued(session: Session, event: ApiKeyIssued) -> None:
    """Know a key again that all others let call, so that it can be revoked."""
    await actions.keys.issue_again(session, event)


async def on_own_api_key_revoked(session: Session, event: ApiKeyRevoked) -> None:
    """Know again that a key was revoked."""
    await actions.keys.revoke_again(session, event)
