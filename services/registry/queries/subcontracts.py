"""Subcontracts of the projects that the caller may see, and the chain that they make."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from services.registry.errors import SubcontractUnknown
from services.registry.models import Organisation, Project, Subcontract, WorksContract
from services.registry.queries import organisations, projects
from services.registry.rules import chain as rules
from services.registry.schemas.subcontracts import SubcontractFilter
from shared import paging
from shared.areas import Scope
from shared.db import Session


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A contract with its parties' rows, and those that hang on it."""

    subcontract: Subcontract
    awarding: Organisation
    receiving: Organisation | None
    children: list["ChainLink"]


@dataclass(frozen=True, slots=True)
class ShownFlag:
    """A flag with its words in both languages."""

    breach: rules.Breach
    code: str
    subcontract_ids: list[UUID]
    detail: dict[str, str]
    basis: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Who builds a project for whom on a day, and what of it looks wrong."""

    project_id: UUID
    on: date
    developer: Organisation
    contractor: Organisation | None
    contract_amount: Decimal | None
    links: list[ChainLink]
    flags: list[ShownFlag]


def _visible(scope: Scope) -> Select[Subcontract]:
    return (
        select(Subcontract)
        .join(Project, Subcontract.project_id == Project.id)
        .where(projects.visible(scope))
    )


async def subcontracts(
    session: Session,
    scope: Scope,
    wanted: SubcontractFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Subcontract]:
    """Give a page of subcontracts, or of their changes."""
    statement = _visible(scope)
    for name in ("project_id", "kind", "receiving_id"):
        if value := getattr(wanted, name):
            statement = statement.where(getattr(Subcontract, name) == value)
    return await paging.sync(
        session,
        statement,
        model=Subcontract,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=projects.followed(Subcontract.project_id, scope),
    )


async def subcontract(session: Session, subcontract_id: UUID, scope: Scope) -> Subcontract:
    """Give a subcontract that the caller may see; raises SubcontractUnknown."""
    found = await session.scalar(_visible(scope).where(Subcontract.id == subcontract_id))
    if found is None:
        raise SubcontractUnknown
    return found


async def locked_subcontract(session: Session, subcontract_id: UUID, scope: Scope) -> Subcontract:
    """Give a subcontract to be changed; raises SubcontractUnknown."""
    found = await session.scalar(
        _visible(scope).where(Subcontract.id == subcontract_id).with_for_update(of=Subcontract)
    )
    if found is None:
        raise SubcontractUnknown
    return found


async def locked_subcontracts_of(session: Session, project_id: UUID) -> list[Subcontract]:
    """Give all subcontracts of a project; the caller holds the project's lock."""
    found = await session.scalars(
        select(Subcontract)
        .where(Subcontract.project_id == project_id)
        .order_by(Subcontract.signed_on, Subcontract.id)
        .with_for_update()
    )
    return list(found.all())


async def chain(session: Session, project_id: UUID, scope: Scope, on: date) -> Chain:
    """Give a project's chain on a day, with what looks wrong of it; raises ProjectUnknown."""
    project = await projects.project(session, project_id, scope)
    rows = await _in_force(session, project.id, on)
    units = await organisations.organisations_by_id(
        session,
        {row.awarding_id for row in rows} | {row.receiving_id for row in rows if row.receiving_id},
    )
    amount: Decimal | None = await session.scalar(
        select(func.sum(WorksContract.contract_amount)).where(
            WorksContract.project_id == project.id,
            WorksContract.contractor_id == project.contractor_id,
        )
    )
    flags = [
        ShownFlag(
            one.breach, one.code, list(one.subcontract_ids),
            {"zh": one.detail.zh, "en": one.detail.en}, one.basis,
        )
        for one in rules.flags(rows, project.contractor_id, amount)
    ]  # fmt: skip
    return Chain(
        project.id, on, project.developer, project.contractor, amount, _tree(rows, units), flags
    )


async def _in_force(session: Session, project_id: UUID, on: date) -> list[Subcontract]:
    found = await session.scalars(
        select(Subcontract)
        .where(
            Subcontract.project_id == project_id,
            Subcontract.from_on <= on,
            or_(Subcontract.until_on.is_(None), Subcontract.until_on >= on),
        )
        .order_by(Subcontract.signed_on, Subcontract.id)
    )
    return list(found.all())


def _tree(rows: list[Subcontract], units: Mapping[UUID, Organisation]) -> list[ChainLink]:
    """Hang each contract on the one above it; what hung on one that has ended stands on top."""
    here = {row.id for row in rows}
    below = rules.children(rows)
    orphans = [row for row in rows if row.parent_id and row.parent_id not in here]

    def link(row: Subcontract) -> ChainLink:
        receiving = units[row.receiving_id] if row.receiving_id else None
        return ChainLink(
            row, units[row.awarding_id], receiving, [link(one) for one in below.get(row.id, ())]
        )

    return [link(row) for row in (*below.get(None, ()), *orphans)]
