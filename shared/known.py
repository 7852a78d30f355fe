"""What every service is told by registry and keeps: areas, working days, API keys."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Index,
    Select,
    Text,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column

from shared import asking, workdays
from shared.areas import CANARY, NATION, Area, Scope
from shared.auth import ApiKey
from shared.db import Plumbing, Session
from shared.events.base import Event
from shared.events.registry import ApiKeyIssued, ApiKeyRevoked, AreaChanged, CalendarPublished


class KnownArea(Plumbing):
    """An area of the dated tree, as registry told it last."""

    __tablename__ = "known_areas"
    __table_args__ = (
        Index("ix_known_areas_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    path: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    told_at: Mapped[datetime]


class KnownCalendar(Plumbing):
    """The days of one year in one area that differ from Monday to Friday."""

    __tablename__ = "known_calendars"

    area_code: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    exceptions: Mapped[dict[str, Any]]
    provisional: Mapped[bool]
    told_at: Mapped[datetime]


# What a transaction has read of them; they are asked for by nearly all that is done.
_AREAS, _CALENDARS = "known_areas", "known_calendars"
_AREA = "SELECT code, name, path FROM known_areas WHERE code = $1"
_CALENDARS_OF = """
    SELECT area_code, year, exceptions::text, provisional FROM known_calendars
    WHERE area_code = ANY($1::text[])
"""


def _forget(session: Session) -> None:
    session.info.pop(_AREAS, None)
    session.info.pop(_CALENDARS, None)


async def on_area_changed(session: Session, event: AreaChanged) -> None:
    """Keep an area as it is told."""
    await learn_areas(session, [event])


async def learn_areas(session: Session, events: Sequence[AreaChanged]) -> None:
    """Keep areas as they are told; what was told last counts, also when the past is told again.

    Registry calls it beside its `publish`, so that it need not read its own events.
    """
    if not events:
        return
    _forget(session)
    replayed = bool(session.info.get("replayed"))
    fields = ("name", "path", "valid_from", "valid_to")
    rows = insert(KnownArea)
    await session.execute(
        rows.on_conflict_do_update(
            index_elements=["code"],
            set_={name: rows.excluded[name] for name in (*fields, "told_at")},
            # In their own time facts of an area come in order; only history may be older.
            where=KnownArea.told_at <= rows.excluded["told_at"] if replayed else None,
        ),
        [
            {
                "code": event.area_code,
                "told_at": event.occurred_at,
                **{name: getattr(event, name) for name in fields},
            }
            for event in events
        ],
    )


async def on_calendar_published(session: Session, event: CalendarPublished) -> None:
    """Keep the days of a year; the newest notice counts, also when the past is told again."""
    _forget(session)
    values = {
        "exceptions": {day.isoformat(): kind for day, kind in event.exceptions.items()},
        "provisional": event.provisional,
        "told_at": event.occurred_at,
    }
    await session.execute(
        insert(KnownCalendar)
        .values(area_code=event.area_code, year=event.year, **values)
        .on_conflict_do_update(
            index_elements=["area_code", "year"],
            set_=values,
            where=KnownCalendar.told_at <= event.occurred_at,
        )
    )


async def on_api_key_issued(session: Session, event: ApiKeyIssued) -> None:
    """Let a machine call."""
    await session.execute(
        insert(ApiKey)
        .values(
            id=event.api_key_id,
            key_hash=event.key_hash,
            name=event.name,
            org_id=event.org_id,
            areas=event.areas,
            roles=event.roles,
            valid_until=event.valid_until,
        )
        .on_conflict_do_nothing()
    )


async def on_api_key_revoked(session: Session, event: ApiKeyRevoked) -> None:
    """Let a machine call no more."""
    await session.execute(
        update(ApiKey).where(ApiKey.id == event.api_key_id).values(revoked_at=event.revoked_at)
    )


# A mapped column of any type, as models declare them.
Column: TypeAlias = InstrumentedAttribute[Any]

HANDLES: Mapping[type[Event], Any] = {
    AreaChanged: on_area_changed,
    CalendarPublished: on_calendar_published,
    ApiKeyIssued: on_api_key_issued,
    ApiKeyRevoked: on_api_key_revoked,
}
"""What each service's manifest handles beside its own: `handles={**known.HANDLES, …}`."""


@lru_cache(maxsize=1000)
def _inside(areas: frozenset[str]) -> Select[str]:
    """Give the codes of all areas at and below the caller's, by path.

    What begins with a path lies between it and the same with its last sign, "/", one higher: said
    so, and by the operators of its index, it is found there; a pattern made of a column is not.
    """
    root = aliased(KnownArea)
    below = KnownArea.path.bool_op("~>=~")(root.path) & KnownArea.path.bool_op("~<~")(
        func.concat(func.rtrim(root.path, "/"), "0")
    )
    return select(KnownArea.code).join(root, below).where(root.code.in_(areas))


async def within(session: Session, area_code: Column, code: str) -> ColumnElement[bool]:
    """Give the predicate that a row lies in an area or below it, whether it was told of or not.

    It names the codes, so that a plan is made for as many as there are: of a county among a
    province's it takes the index, where a subquery is thought to find a tenth of everything.
    """
    if code == NATION:
        return in_scope(area_code, Scope(frozenset({code})))
    found = await session.scalars(_inside(frozenset({code})))
    codes = sorted({code, *found})
    return area_code == func.any(bindparam(None, codes, ARRAY(Text()), unique=True))


def in_scope(area_code: Column, scope: Scope, *organisations: Column) -> ColumnElement[bool]:
    """Give the predicate that a row lies in the caller's areas and is open to its organisation.

    `area_code` is the row's column; `organisations` are the columns of those who take part in
    it. A caller limited to its organisation sees only rows in which it takes part; where the row
    names nobody, none. The whole nation ("0") sees every area, told or not, but not where the
    canary lies: that is seen by itself alone, which no token and no key can name.
    """
    inside: ColumnElement[bool] = area_code.in_(_inside(scope.areas))
    if NATION in scope.areas:
        inside = area_code != CANARY
    elif CANARY in scope.areas:
        inside = area_code == CANARY
    if scope.org is None:
        return inside
    return inside & or_(*(column == scope.org for column in organisations))


async def area(session: Session, code: str) -> Area | None:
    """Give an area with its path, or None if registry has not told of it (yet).

    A transaction asks once for each, unless it is told of areas itself.
    """
    kept: dict[str, Area | None] = session.info.setdefault(_AREAS, {})
    if code not in kept:
        found = await asking.rows(session, _AREA, code)
        kept[code] = Area(*found[0]) if found else None
    return kept[code]


async def lineage(session: Session, code: str) -> tuple[str, ...]:
    """Give an area's code and those above it, nearest first, the nation ("0") last."""
    if code == CANARY:
        return (CANARY,)
    known = await area(session, code)
    return known.lineage if known else (code, NATION)


async def calendar(session: Session, area_code: str) -> workdays.Calendar:
    """Give the working days of an area: the nation's, overlaid by those above it and its own.

    A transaction asks once for each, unless it is told of working days itself.
    """
    kept: dict[str, workdays.Calendar] = session.info.setdefault(_CALENDARS, {})
    if area_code not in kept:
        kept[area_code] = await _calendar(session, area_code)
    return kept[area_code]


async def _calendar(session: Session, area_code: str) -> workdays.Calendar:
    codes = await lineage(session, area_code)
    found = await asking.rows(session, _CALENDARS_OF, codes)
    return _joined(area_code, codes, tuple(tuple(row) for row in found))


@lru_cache(maxsize=500)
def _joined(
    area_code: str, codes: Sequence[str], told: Sequence[tuple[Any, ...]]
) -> workdays.Calendar:
    """Make the working days of an area of what was told of some; of the same it is the same."""
    by_code: dict[str, list[tuple[int, dict[str, str], bool]]] = {}
    for code, year, exceptions, provisional in told:
        by_code.setdefault(code, []).append((year, json.loads(exceptions), provisional))
    years: dict[int, tuple[dict[date, workdays.DayKind], bool]] = {}
    for code in reversed(codes):
        for year, exceptions, own_provisional in by_code.get(code, ()):
            days, provisional = years.get(year, ({}, False))
            own = {date.fromisoformat(d): workdays.DayKind(k) for d, k in exceptions.items()}
            years[year] = (days | own, provisional or own_provisional)
    return workdays.Calendar.of(area_code, years)
