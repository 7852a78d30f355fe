"""What the rows of a file of treasury payments name: projects by code, name and account."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select

from services.payroll.models import Project, WageAccount
from shared import known
from shared.areas import Scope
from shared.db import Session
from shared.tables import plain

Named: TypeAlias = Mapping[tuple[str, str], frozenset[UUID]]
"""Projects by the column of a row and what stands there."""


async def named(
    session: Session,
    area_code: str,
    scope: Scope,
    *,
    codes: Mapping[UUID, str],
    names: Collection[str],
    numbers: Mapping[str, str],
) -> Named:
    """Give the projects of an area, as far as the caller sees it, that rows of a file name.

    `codes` are codes by the id that they make, `numbers` those of accounts by their blind index.
    """
    inside = _inside(area_code, scope)
    found: dict[tuple[str, str], set[UUID]] = defaultdict(set)
    ids = await session.scalars(select(Project.id).where(Project.id.in_(codes), inside))
    for project_id in ids:
        found["project", codes[project_id]].add(project_id)
    spelled: dict[str, list[str]] = defaultdict(list)
    for name in names:
        spelled[plain(name).lower()].append(name)
    titled = select(Project.id, _PLAIN).where(_PLAIN.in_(spelled), inside)
    for project_id, title in await session.execute(titled):
        for name in spelled[title]:
            found["project_name", name].add(project_id)
    either = WageAccount.account_index.in_(numbers) | WageAccount.main_index.in_(numbers)
    kept = (
        select(Project.id, WageAccount.account_index, WageAccount.main_index)
        .join(WageAccount, WageAccount.project_id == Project.id)
        .where(either, inside)
    )
    for project_id, *indexes in await session.execute(kept):
        for index in numbers.keys() & indexes:
            found["account_no", numbers[index]].add(project_id)
    return {key: frozenset(projects) for key, projects in found.items()}


# As `plain` and `lower` make it of what stands in a cell.
_PLAIN = func.lower(
    func.regexp_replace(
        func.normalize(Project.card["name"].astext, literal_column("NFKC")), r"\s", "", "g"
    )
)


async def project_names(session: Session, area_code: str, scope: Scope) -> list[str]:
    """Give the names of an area's projects, as far as the caller sees them."""
    name = Project.card["name"].astext
    found = await session.scalars(select(name).where(_inside(area_code, scope)).order_by(name))
    return list(dict.fromkeys(found))


def _inside(area_code: str, scope: Scope) -> ColumnElement[bool]:
    seen = known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id)
    return seen & known.in_scope(Project.area_code, Scope(frozenset({area_code})))
