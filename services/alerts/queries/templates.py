"""Templates in their versions."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from services.alerts.models import Template
from services.alerts.schemas.templates import TemplateFilter, TemplateIn
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea

_KEY = (Template.area_code, Template.channel, Template.kind, Template.level, Template.language)


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """Templates are policy: those of the caller's areas, and those above that apply there too."""
    if not scope.areas:
        return false()
    root = aliased(KnownArea)
    above = (
        select(KnownArea.code)
        .join(root, root.path.like(KnownArea.path + "%"))
        .where(root.code.in_(scope.areas))
    )
    own = known.in_scope(Template.area_code, Scope(scope.areas))
    return or_(own, Template.area_code == NATION, Template.area_code.in_(above))


async def templates(
    session: Session, scope: Scope, asked: TemplateFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of all versions of the templates that concern a caller."""
    statement = select(Template).where(_concerns(scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Template, name) == value)
    by = (*_KEY, Template.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def in_force(session: Session, areas: Collection[str], day: date) -> list[Template]:
    """Give the version in force of each template of some areas; not disabled ones."""
    found = await session.scalars(
        select(Template)
        .ext(distinct_on(*_KEY))
        .where(Template.area_code.in_(areas), Template.valid_from <= day)
        .order_by(*_KEY, Template.version.desc())
    )
    return [template for template in found if template.enabled]


async def locked_find_template(session: Session, wanted: TemplateIn) -> Template | None:
    """Give the newest version of a template; whoever enters its next one, or first, waits here."""
    key = (wanted.area_code, wanted.channel, wanted.kind, wanted.level, wanted.language)
    await asking.wait_for(session, f"template:{':'.join(key)}")
    return await session.scalar(
        select(Template)
        .where(*(column == value for column, value in zip(_KEY, key, strict=True)))
        .order_by(Template.version.desc())
        .limit(1)
        .with_for_update()
    )
