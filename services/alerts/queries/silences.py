"""Silences, their terms, and what they muted."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, or_, select

from services.alerts.models import Alert, Notice, Silence, SilenceTerms
from services.alerts.queries import areas
from services.alerts.rules.notices import AlertState
from services.alerts.rules.silences import SilenceState
from services.alerts.schemas.silences import SilenceFilter, SilenceTermsFilter
from shared import asking, known, paging, remembered
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def silences(
    session: Session, scope: Scope, asked: SilenceFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the silences in a caller's areas, the newest first."""
    statement = select(Silence).where(known.in_scope(Silence.area_code, scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Silence, name) == value)
    return await paging.page(
        session, statement, by=(Silence.created_at, Silence.id), cursor=cursor, limit=limit,
        descending=True,
    )  # fmt: skip


async def locked_silence(session: Session, silence_id: UUID, scope: Scope) -> Silence:
    """Give a silence for changing; NotFound outside the scope."""
    inside = known.in_scope(Silence.area_code, scope)
    found = await session.scalar(
        select(Silence).where(Silence.id == silence_id, inside).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def locked_silence_of_timer(session: Session, silence_id: UUID) -> Silence | None:
    """Give the silence whose time is over."""
    return await session.scalar(select(Silence).where(Silence.id == silence_id).with_for_update())


_INSTANT = bindparam("at", type_=DateTime(timezone=True))
# Built once: each notice asks for it.
_AT = (
    select(Silence.id)
    .where(
        asking.one_of(Silence.area_code, "lineage"),
        Silence.state == SilenceState.ACTIVE,
        Silence.from_at <= _INSTANT,
        Silence.until_at > _INSTANT,
    )
    .order_by(Silence.until_at.desc(), Silence.id)
)


async def silences_at(session: Session, lineage: Sequence[str], at: datetime) -> Sequence[Silence]:
    """Give what is silenced at an instant in an area and those above it, the longest first."""
    kept = remembered.of(session, "silences")
    key = (*lineage, at)
    if key not in kept:
        kept[key] = await asking.seldom(session, Silence, _AT, {"lineage": lineage, "at": at})
    found: Sequence[Silence] = kept[key]
    return found


async def locked_still_active(session: Session, silence_id: UUID) -> bool:
    """Say whether a silence is not ended, and let whoever ends it wait for what it mutes now."""
    statement = select(Silence.id).where(
        Silence.id == silence_id, Silence.state == SilenceState.ACTIVE
    )
    return await session.scalar(statement.with_for_update(read=True)) is not None


async def muted_alerts(session: Session, silence_id: UUID) -> Sequence[UUID]:
    """Give the alerts that a silence muted and that wait for an answer still."""
    found = await session.scalars(
        select(Notice.alert_id)
        .join(Alert, Alert.id == Notice.alert_id)
        .where(
            Notice.silenced_by == silence_id,
            Alert.state.in_((AlertState.RAISED, AlertState.SENT)),
        )
        .distinct()
        .order_by(Notice.alert_id)
    )
    return found.all()


async def find_silence(session: Session, silence_id: UUID) -> Silence | None:
    """Give a silence, if it is one."""
    return await session.get(Silence, silence_id)


async def muted_recipients(session: Session, alert_id: UUID, cause_id: UUID) -> Sequence[UUID]:
    """Give whom a silence, or a fact, kept from hearing of an alert."""
    found = await session.scalars(
        select(Notice.recipient_id)
        .where(
            Notice.alert_id == alert_id,
            or_(Notice.silenced_by == cause_id, Notice.inhibited_by == cause_id),
        )
        .distinct()
        .order_by(Notice.recipient_id)
    )
    return found.all()


async def terms(
    session: Session, scope: Scope, asked: SilenceTermsFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of all versions of the terms that concern a caller."""
    statement = select(SilenceTerms).where(areas.concerns(SilenceTerms.area_code, scope))
    if asked.area_code:
        statement = statement.where(SilenceTerms.area_code == asked.area_code)
    by = (SilenceTerms.area_code, SilenceTerms.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def terms_in_force(
    session: Session, lineage: Sequence[str], day: date
) -> SilenceTerms | None:
    """Give the terms in force on a day of the nearest area that has some."""
    found = await session.scalars(
        select(SilenceTerms)
        .where(SilenceTerms.area_code.in_(lineage), SilenceTerms.valid_from <= day)
        .order_by(SilenceTerms.version.desc())
    )
    by_area: dict[str, SilenceTerms] = {}
    for row in found:
        by_area.setdefault(row.area_code, row)
    return next((by_area[area] for area in lineage if area in by_area), None)


async def locked_newest_terms(session: Session, area_code: str) -> SilenceTerms | None:
    """Give the newest terms of an area; whoever enters the next version waits here."""
    await asking.wait_for(session, f"silence_terms:{area_code}")
    return await session.scalar(
        select(SilenceTerms)
        .where(SilenceTerms.area_code == area_code)
        .order_by(SilenceTerms.version.desc())
        .limit(1)
        .with_for_update()
    )
