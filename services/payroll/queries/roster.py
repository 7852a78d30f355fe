"""The roster of a project: who is on it, crews, contracts, movements, how many are insured."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from services.payroll.errors import RosterEntryUnknown
from services.payroll.models import (
    Crew,
    InsuranceWord,
    LabourContract,
    PayeeAccount,
    Project,
    RosterEntry,
    SiteMovement,
    Worker,
)
from services.payroll.queries import sites
from services.payroll.queries.sets import one_of, one_text_of
from services.payroll.rules.roster import Insurance
from services.payroll.schemas.labour import WorkerFilter
from services.payroll.schemas.roster import RosterFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


def _seen(scope: Scope) -> Select[RosterEntry]:
    """Give the entries that a caller may see, each with its worker."""
    return (
        select(RosterEntry)
        .join(Project, Project.id == RosterEntry.project_id)
        .join(Worker, Worker.id == RosterEntry.worker_id)
        .where(in_scope(scope))
        .options(contains_eager(RosterEntry.worker))
    )


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """Give the predicate that an entry is open to its project's contractor and its employer."""
    return known.in_scope(Project.area_code, scope, Project.contractor_id, RosterEntry.employer_id)


def on_site(day: date) -> ColumnElement[bool]:
    """Give the predicate that somebody is on the site on a day."""
    return and_(
        RosterEntry.entered_on <= day,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= day),
    )


async def roster_entries(
    session: Session,
    project_id: UUID,
    scope: Scope,
    only: RosterFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[RosterEntry]:
    """Give a page of a project's roster; raises ProjectUnknown."""
    await sites.project_on_site(session, project_id, scope)
    statement = _seen(scope).where(RosterEntry.project_id == project_id)
    for column in (RosterEntry.employer_id, RosterEntry.crew_id, RosterEntry.worker_id):
        if (value := getattr(only, column.key)) is not None:
            statement = statement.where(column == value)
    if only.on_site:
        statement = statement.where(on_site(only.on_site))
    if only.left is not None:
        gone = RosterEntry.left_on.is_not(None)
        statement = statement.where(gone if only.left else ~gone)
    return await paging.page(session, statement, by=(RosterEntry.id,), cursor=cursor, limit=limit)


async def roster_entry(
    session: Session, project_id: UUID, entry_id: UUID, scope: Scope
) -> RosterEntry:
    """Give one entry of a project's roster, or raise RosterEntryUnknown."""
    found = await session.scalar(
        _seen(scope).where(RosterEntry.project_id == project_id, RosterEntry.id == entry_id)
    )
    if found is None:
        raise RosterEntryUnknown
    return found


async def find_entry(session: Session, project_id: UUID, entry_id: UUID) -> RosterEntry | None:
    """Give one entry of a project's roster, or None."""
    return await session.scalar(
        select(RosterEntry).where(RosterEntry.project_id == project_id, RosterEntry.id == entry_id)
    )


async def entries_sought(
    session: Session, project_id: UUID, scope: Scope, sought: dict[str, str]
) -> Sequence[RosterEntry]:
    """Give the entries of a project's roster that some blind indexes name, by column."""
    await sites.project_on_site(session, project_id, scope)
    statement = _seen(scope).where(RosterEntry.project_id == project_id)
    for name, index in sought.items():
        if name == "card_index":
            held = select(PayeeAccount.worker_id).where(
                PayeeAccount.project_id == project_id, PayeeAccount.card_index == index
            )
            statement = statement.where(RosterEntry.worker_id.in_(held))
        else:
            statement = statement.where(getattr(Worker, name) == index)
    return (await session.scalars(statement.order_by(RosterEntry.id).limit(200))).all()


async def locked_entries(
    session: Session, project_id: UUID, worker_ids: Collection[UUID]
) -> Sequence[RosterEntry]:
    """Give all spells of some people at a project for changing, the oldest first."""
    rows = await session.scalars(
        select(RosterEntry)
        .where(RosterEntry.project_id == project_id, one_of(RosterEntry.worker_id, worker_ids))
        .order_by(RosterEntry.entered_on, RosterEntry.id)
        .with_for_update()
    )
    return rows.all()


async def locked_entries_in_scope(
    session: Session,
    project_id: UUID,
    scope: Scope,
    entry_ids: Collection[UUID],
    indexes: Collection[str],
) -> Sequence[RosterEntry]:
    """Give entries that callers name, by id or by their worker's number, for changing."""
    rows = await session.scalars(
        _seen(scope)
        .where(
            RosterEntry.project_id == project_id,
            or_(one_of(RosterEntry.id, entry_ids), one_text_of(Worker.id_index, indexes)),
        )
        .order_by(RosterEntry.entered_on, RosterEntry.id)
        .with_for_update(of=RosterEntry)
    )
    return rows.all()


async def names_elsewhere(
    session: Session, worker_ids: Collection[UUID], project_id: UUID, employer_id: UUID
) -> Sequence[tuple[UUID, str]]:
    """Give the names, by index, under which people are on other rosters or with others now."""
    rows = await session.execute(
        select(RosterEntry.worker_id, RosterEntry.name_index).where(
            one_of(RosterEntry.worker_id, worker_ids),
            RosterEntry.left_on.is_(None),
            or_(RosterEntry.project_id != project_id, RosterEntry.employer_id != employer_id),
        )
    )
    return [(worker_id, name_index) for worker_id, name_index in rows]


async def contracts_of(
    session: Session, project_id: UUID, worker_ids: Collection[UUID]
) -> Sequence[LabourContract]:
    """Give what people signed for a project."""
    rows = await session.scalars(
        select(LabourContract).where(
            LabourContract.project_id == project_id, one_of(LabourContract.worker_id, worker_ids)
        )
    )
    return rows.all()


async def contract(
    session: Session, project_id: UUID, contract_id: UUID, scope: Scope
) -> LabourContract:
    """Give a contract, or raise RosterEntryUnknown."""
    found = await session.scalar(
        _contracts(scope).where(
            LabourContract.project_id == project_id, LabourContract.id == contract_id
        )
    )
    if found is None:
        raise RosterEntryUnknown
    return found


async def locked_contract(
    session: Session, project_id: UUID, contract_id: UUID, scope: Scope
) -> LabourContract:
    """Give a contract for changing, or raise RosterEntryUnknown."""
    found = await session.scalar(
        _contracts(scope)
        .where(LabourContract.project_id == project_id, LabourContract.id == contract_id)
        .with_for_update(of=LabourContract)
    )
    if found is None:
        raise RosterEntryUnknown
    return found


def _contracts(scope: Scope) -> Select[LabourContract]:
    return (
        select(LabourContract)
        .join(Project, Project.id == LabourContract.project_id)
        .where(
            known.in_scope(
                Project.area_code, scope, Project.contractor_id, LabourContract.employer_id
            )
        )
    )


async def labour_contracts(
    session: Session,
    project_id: UUID,
    scope: Scope,
    only: WorkerFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[LabourContract]:
    """Give a page of a project's labour contracts; raises ProjectUnknown."""
    await sites.project_on_site(session, project_id, scope)
    statement = _contracts(scope).where(LabourContract.project_id == project_id)
    if only.worker_id:
        statement = statement.where(LabourContract.worker_id == only.worker_id)
    return await paging.page(
        session, statement, by=(LabourContract.id,), cursor=cursor, limit=limit
    )


async def locked_crews(session: Session, project_id: UUID) -> Sequence[Crew]:
    """Give all crews of a project for changing, whoever employs them."""
    rows = await session.scalars(
        select(Crew).where(Crew.project_id == project_id).order_by(Crew.number).with_for_update()
    )
    return rows.all()


async def crews(
    session: Session, project_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Crew]:
    """Give a page of a project's crews by number; raises ProjectUnknown."""
    await sites.project_on_site(session, project_id, scope)
    statement = (
        select(Crew)
        .join(Project, Project.id == Crew.project_id)
        .where(
            Crew.project_id == project_id,
            known.in_scope(Project.area_code, scope, Project.contractor_id, Crew.employer_id),
        )
    )
    by = (Crew.number, Crew.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def site_movements(
    session: Session, project_id: UUID, entry_id: UUID, scope: Scope
) -> Sequence[SiteMovement]:
    """Give the movements of one entry as they were told; raises RosterEntryUnknown."""
    entry = await roster_entry(session, project_id, entry_id, scope)
    rows = await session.scalars(
        select(SiteMovement).where(SiteMovement.entry_id == entry.id).order_by(SiteMovement.id)
    )
    return rows.all()


async def insurance(session: Session, project_id: UUID, scope: Scope, day: date) -> Insurance:
    """Count who is on a site on a day, and who of them was insured then; raises ProjectUnknown.

    Each person counts once. Of several words about a day the one told last counts.
    """
    await sites.project_on_site(session, project_id, scope)
    word = (
        select(InsuranceWord.insured, InsuranceWord.injury_insured)
        .where(InsuranceWord.entry_id == RosterEntry.id, InsuranceWord.from_on <= day)
        .order_by(InsuranceWord.from_on.desc(), InsuranceWord.id.desc())
        .limit(1)
        .correlate(RosterEntry)
        .lateral("word")
    )
    people = (
        select(
            func.bool_or(word.c.insured).label("insured"),
            func.bool_or(word.c.injury_insured).label("injury_insured"),
        )
        .select_from(RosterEntry)
        .join(Project, Project.id == RosterEntry.project_id)
        .outerjoin(word, word.c.insured.is_not(None) | word.c.injury_insured.is_not(None))
        .where(RosterEntry.project_id == project_id, on_site(day), in_scope(scope))
        .group_by(RosterEntry.worker_id)
        .subquery()
    )
    untold = people.c.insured.is_(None) & people.c.injury_insured.is_(None)
    counted: Any = (
        await session.execute(
            select(
                func.count(),
                func.count().filter(people.c.insured),
                func.count().filter(people.c.injury_insured),
                func.count().filter(untold),
            ).select_from(people)
        )
    ).one()
    return Insurance(day, *counted)
