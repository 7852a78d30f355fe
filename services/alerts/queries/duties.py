"""Patterns of duties, leaves, and all that gaps of rosters are found by."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from services.alerts.models import DutyPattern, DutyRoster, Leave, Recipient
from services.alerts.queries.recipients import in_force
from services.alerts.rules.duties import Away, Terms
from services.alerts.schemas.duties import DutyPatternFilter, LeaveFilter
from shared import asking, known, paging, remembered
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


def _runs(day: date) -> ColumnElement[bool]:
    return or_(DutyPattern.until_on.is_(None), DutyPattern.until_on >= day)


async def patterns_near(session: Session, areas: Collection[str], day: date) -> list[DutyPattern]:
    """Give the patterns of some areas of which a duty begins on a day or later."""
    found = await session.scalars(
        select(DutyPattern)
        .where(DutyPattern.area_code.in_(areas), _runs(day))
        .order_by(DutyPattern.from_on, DutyPattern.id)
    )
    return list(found)


async def duty_patterns(
    session: Session, scope: Scope, asked: DutyPatternFilter, *, cursor: str | None, limit: int
) -> paging.Found[DutyPattern]:
    """Give a page of the patterns in a caller's areas, ended ones included."""
    inside = known.in_scope(DutyPattern.area_code, Scope(scope.areas))
    statement = select(DutyPattern).where(inside)
    if asked.area_code:
        statement = statement.where(DutyPattern.area_code == asked.area_code)
    by = (DutyPattern.area_code, DutyPattern.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def locked_pattern(session: Session, pattern_id: UUID, scope: Scope) -> DutyPattern:
    """Give a pattern for changing; NotFound outside the scope."""
    inside = known.in_scope(DutyPattern.area_code, Scope(scope.areas))
    found = await session.scalar(
        select(DutyPattern).where(DutyPattern.id == pattern_id, inside).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


_ON = bindparam("day", type_=Date)
_OTHER = aliased(Leave)
# Who stands in is in office that day, and not on leave himself.
_READY = exists().where(Recipient.id == Leave.stand_in_id, in_force(_ON)).correlate(
    Leave
) & ~exists().where(
    _OTHER.recipient_id == Leave.stand_in_id,
    _OTHER.cancelled_at.is_(None),
    _OTHER.from_on <= _ON,
    _OTHER.until_on >= _ON,
).correlate(Leave)
# Built once: each notice asks for it.
_AWAY = select(Leave.recipient_id, case((_READY, Leave.stand_in_id))).where(
    asking.one_of(Leave.recipient_id, "recipients"),
    Leave.cancelled_at.is_(None),
    Leave.from_on <= _ON,
    Leave.until_on >= _ON,
)


async def away(session: Session, recipient_ids: Collection[UUID], day: date) -> Away:
    """Give which of some recipients are on leave on a day, each with who can stand in."""
    kept = remembered.of(session, "leaves", "recipients")
    if lacking := [each for each in recipient_ids if (each, day) not in kept]:
        found = await asking.told(session, _AWAY, {"recipients": lacking, "day": day})
        away = {row[0]: row[1] for row in found}
        # None is said of whoever is there; of whoever is not, who stands in, if anybody.
        kept |= {(each, day): (away[each],) if each in away else None for each in lacking}
    found_of = {each: kept[each, day] for each in recipient_ids}
    return {each: said[0] for each, said in found_of.items() if said}


async def leaves(
    session: Session, scope: Scope, asked: LeaveFilter, *, cursor: str | None, limit: int
) -> paging.Found[Leave]:
    """Give a page of the leaves in a caller's areas."""
    statement = select(Leave).where(known.in_scope(Leave.area_code, Scope(scope.areas)))
    if asked.recipient_id:
        statement = statement.where(Leave.recipient_id == asked.recipient_id)
    if asked.stand_in_id:
        statement = statement.where(Leave.stand_in_id == asked.stand_in_id)
    if asked.on:
        held = Leave.cancelled_at.is_(None) & (Leave.from_on <= asked.on)
        statement = statement.where(held, Leave.until_on >= asked.on)
    by = (Leave.from_on, Leave.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def locked_leave(session: Session, leave_id: UUID, scope: Scope) -> Leave:
    """Give a leave for changing; NotFound outside the scope."""
    inside = known.in_scope(Leave.area_code, Scope(scope.areas))
    found = await session.scalar(
        select(Leave).where(Leave.id == leave_id, inside).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def leaves_between(
    session: Session, recipient_ids: Collection[UUID], from_on: date, until_on: date
) -> Sequence[Leave]:
    """Give the leaves of some recipients that touch a span of days."""
    found = await session.scalars(
        select(Leave)
        .where(
            Leave.recipient_id.in_(recipient_ids),
            Leave.cancelled_at.is_(None),
            Leave.from_on <= until_on,
            Leave.until_on >= from_on,
        )
        .order_by(Leave.from_on, Leave.id)
    )
    return found.all()


async def areas_with_roster(session: Session, scope: Scope, since: datetime) -> list[str]:
    """Give the areas of a caller on whose roster somebody stands at an instant or later."""
    span = known.in_scope(DutyRoster.area_code, Scope(scope.areas)) & (DutyRoster.until_at > since)
    pattern = and_(known.in_scope(DutyPattern.area_code, Scope(scope.areas)), _runs(since.date()))
    spans = select(DutyRoster.area_code).where(span)
    found = await session.scalars(spans.union(select(DutyPattern.area_code).where(pattern)))
    return sorted(found)


async def spans_between(
    session: Session, areas: Collection[str], from_at: datetime, until_at: datetime
) -> Sequence[DutyRoster]:
    """Give the single duties of some areas that touch a span of time."""
    found = await session.scalars(
        select(DutyRoster).where(
            DutyRoster.area_code.in_(areas),
            DutyRoster.from_at < until_at,
            DutyRoster.until_at > from_at,
        )
    )
    return found.all()


async def terms(
    session: Session, recipient_ids: Collection[UUID], from_on: date, until_on: date
) -> dict[UUID, Terms]:
    """Give the days in office and on leave of some recipients, and of those who stand in."""
    own = await leaves_between(session, recipient_ids, from_on, until_on)
    others = {each.stand_in_id for each in own if each.stand_in_id}
    theirs = await leaves_between(session, others - {*recipient_ids}, from_on, until_on)
    spans: dict[UUID, list[Any]] = defaultdict(list)
    for leave in (*own, *theirs):
        spans[leave.recipient_id].append((leave.from_on, leave.until_on, leave.stand_in_id))
    found = await session.execute(
        select(Recipient.id, Recipient.from_on, Recipient.until_on).where(
            Recipient.id.in_({*recipient_ids, *others})
        )
    )
    return {row[0]: Terms(row[1], row[2], tuple(spans[row[0]])) for row in found}
