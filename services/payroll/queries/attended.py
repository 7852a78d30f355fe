"""Who attended how many days of a month, by whom it was told, and whether it is known at all."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select

from services.payroll.models import Attendance, Attendee, Expectation, RosterEntry, Worker
from services.payroll.queries import attendance
from services.payroll.queries.sets import one_of, one_text_of
from services.payroll.rules.periods import first_day, last_day
from shared import asking, clock, turns
from shared.db import Session
from shared.expectations import ExpectationState, FeedKind


class AttendedMonth(NamedTuple):
    """A registered worker's days of a month, by who told of them."""

    worker_id: UUID
    id_index: str
    days: Mapping[str, Decimal]
    """By the sender's role: `gate_vendor`, `contractor` …"""


async def workers_of_month(
    session: Session, project_id: UUID, period: str
) -> Mapping[UUID, AttendedMonth]:
    """Give the registered workers whom anybody saw at a project in a month: one statement."""
    by_person = attendance.days_by_role(project_id, period)
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    rows = await session.execute(
        select(Worker.id, Worker.id_index, by_person.c.role, by_person.c.days)
        .join(Attendee, Attendee.id == by_person.c.attendee_id)
        .join(Worker, same)
    )
    # Of ten thousand people that takes long enough to keep others waiting.
    return await turns.aside(_by_worker, rows.all())


def _by_worker(rows: Sequence[Any]) -> Mapping[UUID, AttendedMonth]:
    found: dict[UUID, AttendedMonth] = {}
    for worker_id, index, who, days in rows:
        if month := found.get(worker_id):
            found[worker_id] = month._replace(days={**month.days, who: days})
        else:
            found[worker_id] = AttendedMonth(worker_id, index, {who: days})
    return found


async def is_known(session: Session, project_id: UUID, period: str) -> bool:
    """Say whether anybody told of anyone's attendance at a project in a month."""
    seen = select(Attendance.day).where(*attendance.within(project_id, period)).limit(1)
    return await session.scalar(seen) is not None


async def employed(
    session: Session, project_id: UUID, employer_id: UUID, period: str, workers: Collection[UUID]
) -> Collection[UUID]:
    """Give those of some workers whom an employer had on a project's roster in a month."""
    rows = await session.scalars(
        select(RosterEntry.worker_id).where(
            RosterEntry.project_id == project_id,
            RosterEntry.employer_id == employer_id,
            one_of(RosterEntry.worker_id, workers),
            RosterEntry.entered_on <= last_day(period),
            or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= first_day(period)),
        )
    )
    return set(rows)


class _Expected(NamedTuple):
    """How a feed of a project stands."""

    silent: bool
    arrived_at: datetime | None
    counted_from: datetime


_EXPECTED = select(
    Expectation.source,
    Expectation.kind,
    Expectation.state == ExpectationState.SILENT,
    Expectation.arrived_at,
    Expectation.counted_from,
).where(
    one_text_of(Expectation.kind, [FeedKind.GATE_VENDOR, FeedKind.CONTRACTOR]),
    asking.one_of(Expectation.source, "sources"),
    Expectation.state != ExpectationState.ENDED,
)


async def unheard_since(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Give since when nothing is known of projects whose attendance is expected and silent.

    Where gates are expected they tell of it, else the contractor; as long as one of them is heard
    of, it is known.
    """
    feeds: dict[UUID, dict[str, list[_Expected]]] = {}
    asked = {"sources": [str(one) for one in project_ids]}
    for source, kind, *rest in await asking.told(session, _EXPECTED, asked):
        feeds.setdefault(UUID(source), {}).setdefault(kind, []).append(_Expected(*rest))
    found = {}
    for project_id, kinds in feeds.items():
        told = kinds.get(FeedKind.GATE_VENDOR) or kinds[FeedKind.CONTRACTOR]
        if all(one.silent for one in told):
            found[project_id] = max(
                clock.day_of(one.arrived_at or one.counted_from) for one in told
            )
    return found
