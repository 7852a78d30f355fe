"""What is true of people on rosters and cannot be right, and what was found of it before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, literal, or_, select
from sqlalchemy.orm import aliased, contains_eager

from services.payroll.models import PayeeAccount, Project, RosterEntry, RosterFinding, Worker
from services.payroll.queries.sets import one_of, one_text_of
from services.payroll.rules.roster import RosterFindingKind as Kind
from services.payroll.schemas.roster import RosterFindingFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so of an entry, or of two; `lasting`: it is so today."""

    kind: Kind
    entry_id: UUID
    project_id: UUID
    worker_id: UUID
    other_entry_id: UUID | None
    other_project_id: UUID | None
    other_worker_id: UUID | None
    since: date
    lasting: bool

    @property
    def key(self) -> tuple[Kind, UUID, UUID | None]:
        """Give what it is about."""
        return self.kind, self.entry_id, self.other_entry_id


async def facts(session: Session, worker_ids: Collection[UUID]) -> Sequence[Fact]:
    """Give all that is so of some people: a few statements, however many people."""
    found: list[Fact] = []
    statements = [_two_at_once(worker_ids), _other_names(worker_ids), _other_holders(worker_ids)]
    # Cards are nearly all of one person: those that are not are found before they are joined.
    if cards := (await session.scalars(_cards_of_several(worker_ids))).all():
        statements.append(_shared_cards(worker_ids, cards))
    for statement in statements:
        found += [Fact(Kind(row[0]), *row[1:]) for row in await session.execute(statement)]
    return found


def _pair(first: Any, second: Any) -> tuple[Any, ...]:  # noqa: ANN401  aliases of one model
    return (
        first.id, first.project_id, first.worker_id, second.id, second.project_id,
        second.worker_id,
    )  # fmt: skip


def _alone(entry: Any) -> tuple[Any, ...]:  # noqa: ANN401  as above
    none: Any = literal(None)
    return (entry.id, entry.project_id, entry.worker_id, none, none, none)


def _two_at_once(worker_ids: Collection[UUID]) -> Select[Any]:
    """Two spells of one person that share days; the day on which one ends may begin the other."""
    first, second = aliased(RosterEntry), aliased(RosterEntry)
    kind = case(
        (first.project_id == second.project_id, Kind.TWO_EMPLOYERS.value),
        else_=Kind.TWO_PLACES.value,
    )
    same = (first.project_id == second.project_id) & (first.employer_id == second.employer_id)
    since = func.greatest(first.entered_on, second.entered_on)
    return (
        select(
            kind, *_pair(first, second), since, first.left_on.is_(None) & second.left_on.is_(None)
        )
        .join(second, (second.worker_id == first.worker_id) & (first.id < second.id))
        .where(
            one_of(first.worker_id, worker_ids),
            ~same,
            or_(second.left_on.is_(None), first.entered_on < second.left_on),
            or_(first.left_on.is_(None), second.entered_on < first.left_on),
        )
    )


def _other_names(worker_ids: Collection[UUID]) -> Select[Any]:
    """An employer says another name than the one by which the ID number is known."""
    return (
        select(
            literal(Kind.NAME_DIFFERS.value), *_alone(RosterEntry), RosterEntry.entered_on,
            literal(value=True),
        )
        .join(Worker, Worker.id == RosterEntry.worker_id)
        .where(
            one_of(RosterEntry.worker_id, worker_ids),
            RosterEntry.left_on.is_(None),
            RosterEntry.name_index != Worker.name_index,
        )
    )  # fmt: skip


def _day(payee: Any) -> Any:  # noqa: ANN401  a column, and its day in Beijing
    return func.date(func.timezone("Asia/Shanghai", payee.told_at))


def _other_holders(worker_ids: Collection[UUID]) -> Select[Any]:
    """The newest card of somebody on the roster is held by another."""
    return (
        select(
            literal(Kind.HOLDER_DIFFERS.value), *_alone(RosterEntry), _day(PayeeAccount),
            literal(value=True),
        )
        .join(
            PayeeAccount,
            (PayeeAccount.project_id == RosterEntry.project_id)
            & (PayeeAccount.worker_id == RosterEntry.worker_id),
        )
        .where(
            one_of(RosterEntry.worker_id, worker_ids),
            RosterEntry.left_on.is_(None),
            PayeeAccount.replaced_at.is_(None),
            ~PayeeAccount.is_own,
        )
    )  # fmt: skip


def _cards_of_several(worker_ids: Collection[UUID]) -> Select[str]:
    """Give the cards of some people that are the newest of more than one person."""
    newest = PayeeAccount.replaced_at.is_(None)
    theirs = select(PayeeAccount.card_index).where(
        one_of(PayeeAccount.worker_id, worker_ids), newest
    )
    return (
        select(PayeeAccount.card_index)
        .where(PayeeAccount.card_index.in_(theirs), newest)
        .group_by(PayeeAccount.card_index)
        .having(func.count(PayeeAccount.worker_id.distinct()) > 1)
    )


def _shared_cards(worker_ids: Collection[UUID], cards: Collection[str]) -> Select[Any]:
    """The newest cards of two people on rosters are one."""
    mine, yours = aliased(PayeeAccount), aliased(PayeeAccount)
    first, second = aliased(RosterEntry), aliased(RosterEntry)
    least, most = func.least(first.id, second.id), func.greatest(first.id, second.id)
    either = one_of(mine.worker_id, worker_ids)
    swapped = first.id != least

    def of(which: Any, other: Any) -> Any:  # noqa: ANN401  columns of two aliases
        return case((swapped, other), else_=which)

    return (
        select(
            literal(Kind.CARD_SHARED.value),
            least, of(first.project_id, second.project_id), of(first.worker_id, second.worker_id),
            most, of(second.project_id, first.project_id), of(second.worker_id, first.worker_id),
            func.greatest(_day(mine), _day(yours)), literal(value=True),
        )
        .distinct()
        .select_from(mine)
        .join(yours, (yours.card_index == mine.card_index) & (yours.worker_id != mine.worker_id))
        .join(first, (first.project_id == mine.project_id) & (first.worker_id == mine.worker_id))
        .join(
            second, (second.project_id == yours.project_id) & (second.worker_id == yours.worker_id)
        )
        .where(
            either,
            one_text_of(mine.card_index, cards),
            mine.replaced_at.is_(None),
            yours.replaced_at.is_(None),
            first.left_on.is_(None),
            second.left_on.is_(None),
        )
    )  # fmt: skip


async def locked_found(session: Session, worker_ids: Collection[UUID]) -> Sequence[RosterFinding]:
    """Give what was found of some people, ended or not, for changing."""
    rows = await session.scalars(
        select(RosterFinding)
        .where(
            or_(
                one_of(RosterFinding.worker_id, worker_ids),
                one_of(RosterFinding.other_worker_id, worker_ids),
            )
        )
        .order_by(RosterFinding.id)
        .with_for_update()
    )
    return rows.all()


async def roster_findings(
    session: Session,
    scope: Scope,
    only: RosterFindingFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[RosterFinding]:
    """Give a page of findings, newest first: those of which the caller may see all rosters."""
    first, second = aliased(RosterEntry), aliased(RosterEntry)
    here, there = aliased(Project), aliased(Project)
    statement = (
        select(RosterFinding)
        .join(Worker, Worker.id == RosterFinding.worker_id)
        .join(first, first.id == RosterFinding.entry_id)
        .join(here, here.id == RosterFinding.project_id)
        .outerjoin(second, second.id == RosterFinding.other_entry_id)
        .outerjoin(there, there.id == RosterFinding.other_project_id)
        .where(
            known.in_scope(here.area_code, scope, here.contractor_id, first.employer_id),
            or_(
                RosterFinding.other_entry_id.is_(None),
                known.in_scope(there.area_code, scope, there.contractor_id, second.employer_id),
            ),
        )
        .options(contains_eager(RosterFinding.worker))
    )
    if only.project_id:
        either = (RosterFinding.project_id, RosterFinding.other_project_id)
        statement = statement.where(or_(*(one == only.project_id for one in either)))
    if only.kind:
        statement = statement.where(RosterFinding.kind == only.kind)
    if only.ended is not None:
        over = RosterFinding.ended_at.is_not(None)
        statement = statement.where(over if only.ended else ~over)
    by = (RosterFinding.found_at, RosterFinding.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit, descending=True)
