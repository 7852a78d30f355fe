"""Areas: rows of the dated tree, and what every service knows of them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    CollectionAggregate,
    Date,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from services.registry.models import Area
from services.registry.rules.areas import Told
from services.registry.schemas.areas import AreaFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.known import KnownArea


def _among(codes: Collection[str]) -> CollectionAggregate[Any]:
    """Give codes as one array: PostgreSQL takes 32,767 parameters, a file has more codes."""
    return any_(cast(literal(list(codes), ARRAY(Text)), ARRAY(Text)))


async def areas(
    session: Session, scope: Scope, wanted: AreaFilter, *, cursor: str | None, limit: int
) -> paging.Found[Area]:
    """Give rows of the caller's areas; areas are no secret of an organisation."""
    statement = select(Area).where(known.in_scope(Area.code, Scope(scope.areas)))
    if wanted.under:
        statement = statement.where(known.in_scope(Area.code, Scope(frozenset({wanted.under}))))
    if wanted.parent:
        statement = statement.where(Area.parent_code == wanted.parent)
    if wanted.code:
        statement = statement.where(Area.code == wanted.code)
    return await paging.page(
        session, statement, by=(Area.code, Area.valid_from), cursor=cursor, limit=limit
    )


async def locked_areas(session: Session, codes: Collection[str]) -> list[Area]:
    """Give all rows of some codes; one entry into the tree waits for another."""
    await asking.wait_for(session, "areas")
    statement = select(Area).where(Area.code == _among(codes)).order_by(Area.id)
    return list((await session.scalars(statement.with_for_update())).all())


async def locked_areas_below(session: Session, codes: Collection[str]) -> list[Area]:
    """Give all rows of everything below some codes."""
    below = select(Area.code).where(Area.parent_code == _among(codes)).cte(recursive=True)
    below = below.union(select(Area.code).join(below, Area.parent_code == below.c.code))
    statement = select(Area).where(Area.code.in_(select(below.c.code))).order_by(Area.id)
    return list((await session.scalars(statement.with_for_update())).all())


async def areas_above(session: Session, codes: Collection[str]) -> list[Area]:
    """Give all rows of some codes and of everything above them."""
    above = select(Area.code, Area.parent_code).where(Area.code == _among(codes))
    tree = above.cte(recursive=True)
    tree = tree.union(
        select(Area.code, Area.parent_code).join(tree, Area.code == tree.c.parent_code)
    )
    statement = select(Area).where(Area.code.in_(select(tree.c.code)))
    return list((await session.scalars(statement)).all())


async def known_areas(session: Session, codes: Collection[str]) -> Mapping[str, Told]:
    """Give what every service was told of some codes."""
    found = await session.execute(
        select(
            KnownArea.code, KnownArea.name, KnownArea.path, KnownArea.valid_from, KnownArea.valid_to
        ).where(KnownArea.code == _among(codes))
    )
    return {row[0]: Told(*row[1:]) for row in found}


def _out_of_date() -> Select[str]:
    """Select the codes whose row in force `today` is not the one that every service knows."""
    current = (
        select(Area.code, Area.valid_from)
        .where(Area.valid_from <= bindparam("today", type_=Date()))
        .ext(distinct_on(Area.code))
        .order_by(Area.code, Area.valid_from.desc())
        .subquery()
    )
    return (
        select(current.c.code)
        .outerjoin(KnownArea, KnownArea.code == current.c.code)
        .where(or_(KnownArea.code.is_(None), KnownArea.valid_from != current.c.valid_from))
    )


_OUT_OF_DATE = _out_of_date()
AREA_WAITS = _OUT_OF_DATE.exists()
"""Whether the row of an area begins today that nobody was told of."""


async def codes_out_of_date(session: Session, today: date) -> list[str]:
    """Give the codes whose row in force today is not the one that every service knows."""
    return list((await session.scalars(_OUT_OF_DATE, {"today": today})).all())


async def find_open_area(session: Session, code: str, scope: Scope, today: date) -> str | None:
    """Give a code if the caller may enter something there: known, his, and not ended."""
    return await session.scalar(
        select(KnownArea.code).where(
            KnownArea.code == code,
            known.in_scope(KnownArea.code, Scope(scope.areas)),
            or_(KnownArea.valid_to.is_(None), KnownArea.valid_to >= today),
        )
    )
