"""The quality book of the rules: one statement over the items of a period."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, cast, func, select, tuple_
from sqlalchemy.orm import aliased

from services.cases.models import ArrearsCase, NoticeProof, WatchItem, WatchItemEntry
from services.cases.queries.items import seen
from services.cases.queries.ledger import area_below, area_names
from services.cases.rules.arrears import Nature
from services.cases.rules.items import Happening, WatchKind
from services.cases.rules.quality import REASONS, Outcome, Quality, QualityBook
from services.cases.schemas.quality import QualityFilter
from shared import clock, known
from shared.areas import Scope
from shared.db import Session
from shared.known import KnownArea

HOUR, DAY = 3600, 86400


async def quality_book(session: Session, filters: QualityFilter, scope: Scope) -> QualityBook:
    """Count what rules came to, by kind and area, and by kind alone."""
    place = aliased(KnownArea)
    key = await area_below(session, filters.area_code, scope, place, WatchItem.area_code)
    told = select(WatchItem.kind, key.label("area_code"), *_facts())
    told = told.outerjoin(place, place.code == WatchItem.area_code).where(*_asked(filters))
    one = seen(told, scope).subquery()
    together = func.grouping(one.c.area_code)
    statement = (
        select(one.c.kind, one.c.area_code, together, *_sums(one.c))
        .group_by(func.grouping_sets(tuple_(one.c.kind), tuple_(one.c.kind, one.c.area_code)))
        .order_by(one.c.kind, together.desc(), one.c.area_code)
    )
    rows = (await session.execute(statement)).all()
    names = await area_names(session, {row[1] for row in rows if row[1]})
    items = [
        Quality(row[0], None, None, *row[3:])
        if row[2]
        else Quality(row[0], row[1], names.get(row[1]), *row[3:])
        for row in rows
    ]
    return QualityBook(sum(one.fired for one in items if one.area_code is None), items)


def _asked(filters: QualityFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [WatchItem.kind != WatchKind.CANARY]
    if filters.kind is not None:
        wanted.append(WatchItem.kind == filters.kind)
    if filters.area_code is not None:
        inside = known.in_scope(WatchItem.area_code, Scope(frozenset({filters.area_code})))
        wanted.append(inside | (WatchItem.area_code == filters.area_code))
    if filters.opened_from is not None:
        wanted.append(WatchItem.opened_at >= clock.at(filters.opened_from))
    if filters.opened_until is not None:
        wanted.append(WatchItem.opened_at < clock.at(filters.opened_until + timedelta(days=1)))
    return wanted


def _facts() -> list[Any]:
    """Give what is known of each item: its outcome, and the seconds until each thing."""
    outcome = case(
        (WatchItem.closed_at.is_(None), Outcome.OPEN.value),
        *(
            (WatchItem.close_reason.in_(sorted(words)), one.value)
            for one in Outcome
            if (words := [word for word, means in REASONS.items() if means is one])
        ),
        else_=Outcome.CONFIRMED.value,
    )
    noticed = select(func.min(NoticeProof.delivered_at)).where(
        NoticeProof.watch_item_id == WatchItem.id
    )
    answered = select(func.min(WatchItemEntry.at)).where(
        WatchItemEntry.watch_item_id == WatchItem.id,
        WatchItemEntry.what == Happening.ACKNOWLEDGED,
    )
    # What a rule warns of has come true when people tell of wages that are owed on the project.
    harmed = select(func.min(ArrearsCase.opened_at)).where(
        ArrearsCase.project_id == WatchItem.project_id,
        ArrearsCase.nature == Nature.WAGES,
        ArrearsCase.opened_at >= WatchItem.opened_at,
    )
    return [
        outcome.label("outcome"),
        _since(noticed.correlate(WatchItem).scalar_subquery()).label("noticed"),
        _since(answered.correlate(WatchItem).scalar_subquery()).label("acknowledged"),
        _since(harmed.correlate(WatchItem).scalar_subquery()).label("harmed"),
        _since(WatchItem.closed_at).label("proven"),
    ]


def _since(instant: Any) -> Any:  # noqa: ANN401  an expression
    return func.extract("epoch", instant - WatchItem.opened_at)


def _sums(one: Any) -> list[Any]:  # noqa: ANN401  the columns of a subquery
    """Give the sums of a group, in the order of `Quality`."""

    def counted(*outcomes: Outcome) -> Any:  # noqa: ANN401
        return func.count().filter(one.outcome.in_([each.value for each in outcomes]))

    def median(seconds: Any, unit: int, *only: Any) -> Any:  # noqa: ANN401
        half = func.percentile_cont(0.5).within_group(seconds)
        found = half.filter(*only) if only else half
        return func.round(cast(found / unit, Numeric), 2)

    confirmed = one.outcome == Outcome.CONFIRMED.value
    return [
        func.count(),
        counted(Outcome.CONFIRMED),
        counted(Outcome.DATA_LATE),
        counted(Outcome.EXEMPT),
        counted(Outcome.ERROR),
        counted(Outcome.ENDED),
        counted(Outcome.OPEN),
        func.count(one.harmed),
        median(one.harmed, DAY),
        func.count(one.noticed),
        median(one.noticed, HOUR),
        func.count(one.acknowledged),
        median(one.acknowledged, HOUR),
        median(one.proven, HOUR, confirmed),
    ]
