"""Warning letters: tried, sent to many employers in sets, and read by them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import NobodyToWarn
from services.alerts.models import Alert, WarningLetter
from services.alerts.rules.notices import AlertState, Reason
from services.alerts.rules.routing import WARNING_LETTER, Matter
from services.alerts.schemas.letters import WarningLetterIn
from shared import clock, sets
from shared.auth import Caller
from shared.db import Session, new_id


async def rehearse_letter(
    session: Session, caller: Caller, wanted: WarningLetterIn, now: datetime
) -> dict[str, Any]:
    """Say whom a letter would reach, and tell nobody. Raises AreaUnknown."""
    asked = wanted.receivers
    await queries.areas.areas_in_scope(session, [asked.area_code], caller.scope)
    found = await queries.letters.receivers(session, asked, clock.day_of(now))
    items = [
        {"recipient_id": who.id, "title": who.title, "org_id": who.org_id, "roles": who.roles,
         "area_code": who.area_code, "channels": actions.notices.ways(who)}
        for who in found
    ]  # fmt: skip
    organisations = len({who.org_id for who in found})
    return {"receivers": len(items), "organisations": organisations, "items": items}


async def send_letter(
    session: Session, caller: Caller, wanted: WarningLetterIn, now: datetime
) -> WarningLetter:
    """Send a letter to the posts that are asked for; it lies in each inbox and goes by each way.

    Its alert is over at once, because nobody need answer. Raises AreaUnknown, NobodyToWarn.
    """
    asked, letter_id = wanted.receivers, new_id()
    await queries.areas.areas_in_scope(session, [asked.area_code], caller.scope)
    found = await queries.letters.receivers(session, asked, clock.day_of(now))
    if not found:
        raise NobodyToWarn
    said = wanted.model_dump(include={"title", "text_zh", "text_en"})
    matter = Matter(
        kind=WARNING_LETTER, about_id=letter_id, subject_id=letter_id, area_code=asked.area_code,
        period="", level="notice", level_rank=0, level_label="提示", details=said,
    )  # fmt: skip
    alert = Alert(
        id=new_id(), dedupe_key=matter.dedupe_key, kind=matter.kind, about_id=letter_id,
        subject_id=letter_id, area_code=matter.area_code, period="", level=matter.level,
        level_rank=0, level_label=matter.level_label, details=said, raised_at=now,
        state=AlertState.CLOSED, closed_at=now, close_reason="sent", repeats=0, step=0,
    )  # fmt: skip
    session.add(alert)
    letter = WarningLetter(
        id=letter_id, alert_id=alert.id, area_code=asked.area_code, sent_at=now,
        asked=asked.model_dump(mode="json"), receivers=len(found), sent_by=caller.subject, **said,
    )  # fmt: skip
    session.add(letter)
    await actions.notices.tell_those(
        session, alert, [who.id for who in found], reason=Reason.RAISED, slot="letter", at=now,
        found_by="asked for by the letter",
    )  # fmt: skip
    return letter


async def read_notices(
    session: Session, caller: Caller, notice_ids: list[UUID], now: datetime
) -> dict[str, Any]:
    """Note which of his notices the caller has read; the first time stands."""
    mine = await queries.letters.locked_own_notices(
        session, notice_ids, caller.scope, subject=caller.subject, roles=caller.roles
    )
    for notice in mine:
        notice.read_at = notice.read_at or now
    await sets.change(session, mine)
    return {"read": [notice.id for notice in mine]}
