"""What areas say of orders, more time, closings by hand and feeds: which terms are there."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import select

from services.cases.models import (
    CaseTerms,
    ClockTerms,
    ClosingTerms,
    EmployerTerms,
    EnforcementTerms,
    ExtensionTerms,
    FeedTerms,
    IncidentTerms,
    OrderTerms,
    PublicTerms,
    RoutingTerms,
)
from services.cases.queries import policies, rows
from services.cases.schemas.terms import TermsFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.expectations import FeedKind
from shared.paging import Found

AnyTerms: TypeAlias = (
    OrderTerms
    | ExtensionTerms
    | ClosingTerms
    | FeedTerms
    | ClockTerms
    | CaseTerms
    | RoutingTerms
    | EnforcementTerms
    | EmployerTerms
    | PublicTerms
    | IncidentTerms
)
Terms = TypeVar(
    "Terms",
    OrderTerms,
    ExtensionTerms,
    ClosingTerms,
    FeedTerms,
    ClockTerms,
    CaseTerms,
    RoutingTerms,
    EnforcementTerms,
    PublicTerms,
    IncidentTerms,
    EmployerTerms,
)

NAMED_BY: Mapping[type[AnyTerms], str] = {
    OrderTerms: "matter",
    ExtensionTerms: "kind",
    ClosingTerms: "kind",
    FeedTerms: "kind",
    ClockTerms: "kind",
    CaseTerms: "area_code",
    RoutingTerms: "area_code",
    EnforcementTerms: "area_code",
    PublicTerms: "area_code",
    IncidentTerms: "area_code",
    EmployerTerms: "area_code",
}
"""What names terms beside their area and version."""


async def terms(
    session: Session,
    model: type[Terms],
    only: TermsFilter,
    scope: Scope,
    *,
    cursor: str | None,
    limit: int,
) -> Found[Terms]:
    """Give a page of the terms that may govern the caller's areas: by area, name and version."""
    columns = model.__table__.c
    statement = select(model).where(policies.applies(model.area_code, scope))
    if only.area_code is not None:
        statement = statement.where(model.area_code == only.area_code)
    by = (model.area_code, columns[NAMED_BY[model]], model.version, model.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def terms_are_new(session: Session, model: type[Terms], **values: Any) -> bool:
    """Write terms; False if their version is there."""
    return await rows.insert_new(session, model, **values)


async def terms_version(
    session: Session, model: type[Terms], area_code: str, name: str, version: int
) -> Terms:
    """Give the one version of an area's terms."""
    column = model.__table__.c[NAMED_BY[model]]
    statement = select(model).where(
        model.area_code == area_code, column == name, model.version == version
    )
    return (await session.scalars(statement)).one()


async def feed_terms(
    session: Session, kind: FeedKind, area_code: str
) -> tuple[Sequence[FeedTerms], Sequence[str]]:
    """Give the terms of a kind of feed that may govern an area, and its lineage."""
    lineage = await known.lineage(session, area_code)
    statement = select(FeedTerms).where(FeedTerms.kind == kind, FeedTerms.area_code.in_(lineage))
    return (await session.scalars(statement)).all(), lineage
