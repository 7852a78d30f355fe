"""Recipients and who is on duty."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, Text, bindparam, func, or_, select

from services.alerts.errors import RecipientUnknown
from services.alerts.models import DutyRoster, Notice, Recipient
from services.alerts.rules.routing import Receiver
from services.alerts.schemas.recipients import DutyRosterFilter, RecipientFilter
from shared import asking, known, paging, remembered
from shared.areas import Scope
from shared.db import Session


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(Recipient.area_code, scope, Recipient.org_id)


def in_force(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    still = or_(Recipient.until_on.is_(None), Recipient.until_on >= day)
    return (Recipient.from_on <= day) & still


async def recipients(
    session: Session, scope: Scope, asked: RecipientFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the recipients in a caller's areas, former ones included."""
    statement = select(Recipient).where(_visible(scope))
    if asked.area_code:
        statement = statement.where(Recipient.area_code == asked.area_code)
    if asked.role:
        statement = statement.where(Recipient.roles.contains([asked.role.value]))
    if asked.org_id:
        statement = statement.where(Recipient.org_id == asked.org_id)
    by = (Recipient.area_code, Recipient.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def recipients_by_index(
    session: Session, scope: Scope, *, phone_index: str | None, mail_index: str | None
) -> paging.Found[Any]:
    """Give the recipients that have this phone or mail address."""
    if phone_index:
        by_value = Recipient.phone_index == phone_index
    else:
        by_value = Recipient.mail_index == mail_index
    statement = select(Recipient).where(_visible(scope), by_value)
    return await paging.page(session, statement, by=(Recipient.area_code, Recipient.id), limit=200)


async def recipient(session: Session, recipient_id: UUID, scope: Scope) -> Recipient:
    """Give a recipient; RecipientUnknown outside the scope."""
    found = await session.scalar(
        select(Recipient).where(Recipient.id == recipient_id, _visible(scope))
    )
    if found is None:
        raise RecipientUnknown
    return found


async def recipients_in_scope(session: Session, ids: Collection[UUID], scope: Scope) -> None:
    """Check that recipients are there and the caller's; RecipientUnknown if one is not."""
    if not ids:
        return
    inside = select(func.count()).where(Recipient.id.in_(ids), _visible(scope))
    if await session.scalar(inside.select_from(Recipient)) != len(ids):
        raise RecipientUnknown


async def locked_recipient(session: Session, recipient_id: UUID, scope: Scope) -> Recipient:
    """Give a recipient for changing; RecipientUnknown outside the scope."""
    found = await session.scalar(
        select(Recipient).where(Recipient.id == recipient_id, _visible(scope)).with_for_update()
    )
    if found is None:
        raise RecipientUnknown
    return found


async def locked_of_notices(
    session: Session, notice_ids: Collection[UUID]
) -> dict[UUID, Recipient]:
    """Give whom some notices go to, for noting which ways lead to them; by notice."""
    found = await session.execute(
        select(Notice.id, Recipient)
        .join(Recipient, Recipient.id == Notice.recipient_id)
        .where(Notice.id.in_(notice_ids))
        .order_by(Recipient.id, Notice.id)
        .with_for_update(of=Recipient)
        .execution_options(populate_existing=True)
    )
    return {row[0]: row[1] for row in found}


def _fails(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    return in_force(day) & (Recipient.failing != {})


WAY_FAILS = select(Recipient.id).where(_fails(bindparam("today", type_=Date))).exists()
"""Whether a way did not reach its recipient last, of those in office on a day (`today`)."""


async def failing_ways(session: Session, day: date) -> list[str]:
    """Give each way that did not reach its recipient last, of those in office on a day."""
    way = func.jsonb_object_keys(Recipient.failing)
    found = await session.scalars(select(way).where(_fails(day)).order_by(Recipient.id, way))
    return list(found)


async def recipient_of_timer(session: Session, recipient_id: UUID) -> Recipient:
    """Give the recipient for whom a limit was armed."""
    return await session.get_one(Recipient, recipient_id)


# Built once: each notice asks for it.
_CANDIDATES = (
    select(Recipient)
    .where(
        in_force(bindparam("day", type_=Date)),
        or_(
            asking.one_of(Recipient.org_id, "organisations"),
            asking.one_of(Recipient.person_id, "persons"),
            asking.one_of(Recipient.id, "ids"),
            (asking.one_of(Recipient.area_code, "lineage"))
            & Recipient.roles.op("?|")(bindparam("by_area", type_=ARRAY(Text))),
            Recipient.roles.contains([Receiver.OPERATOR.value]),
        ),
    )
    .order_by(Recipient.id)
)


class Sought(NamedTuple):
    """Whom an alert, or several, might concern.

    `by_area` are the roles of offices that are asked for: a county has hundreds of others.
    """

    organisations: AbstractSet[UUID]
    persons: AbstractSet[UUID]
    ids: AbstractSet[UUID]
    lineage: AbstractSet[str]
    by_area: AbstractSet[str]

    def holds(self, other: "Sought") -> bool:
        """Say whether all whom another seeks are among those whom this one does."""
        return all(theirs <= ours for ours, theirs in zip(self, other, strict=True))

    def takes(self, who: Recipient) -> bool:
        """Say of one of those for whom a larger one was asked whether this one seeks him, too."""
        return (
            who.org_id in self.organisations
            or who.person_id in self.persons
            or who.id in self.ids
            or (who.area_code in self.lineage and not self.by_area.isdisjoint(who.roles))
            or Receiver.OPERATOR in who.roles
        )


async def candidates(session: Session, sought: Sought, day: date) -> Sequence[Recipient]:
    """Give everybody in office on a day whom an alert might concern; rules choose among them."""
    kept = remembered.of(session, "recipients").setdefault(day, [])
    for larger, found in kept:
        if larger.holds(sought):
            return [who for who in found if sought.takes(who)]
    asked = {name: list(values) for name, values in sought._asdict().items()}
    rows = (await session.scalars(_CANDIDATES, asked | {"day": day})).all()
    kept.append((sought, rows))
    return rows


async def recipients_in_force(
    session: Session, recipient_ids: Sequence[UUID], day: date
) -> dict[UUID, Recipient]:
    """Give those of some recipients who are in office on a day."""
    found = await session.scalars(
        select(Recipient)
        .where(Recipient.id.in_(recipient_ids), in_force(day))
        .order_by(Recipient.id)
    )
    return {recipient.id: recipient for recipient in found}


async def on_duty(
    session: Session, lineage: Sequence[str], at: datetime, day: date
) -> dict[str, list[UUID]]:
    """Give who is on duty at an instant in an area and those above it, by area."""
    found = await session.execute(
        select(DutyRoster.area_code, DutyRoster.recipient_id)
        .join(Recipient, Recipient.id == DutyRoster.recipient_id)
        .where(
            DutyRoster.area_code.in_(lineage),
            DutyRoster.from_at <= at,
            DutyRoster.until_at > at,
            in_force(day),
        )
        .order_by(DutyRoster.from_at, DutyRoster.id)
    )
    by_area: dict[str, list[UUID]] = {}
    for area_code, recipient_id in found:
        by_area.setdefault(area_code, []).append(recipient_id)
    return by_area


async def duty_rosters(
    session: Session, scope: Scope, asked: DutyRosterFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the duties in a caller's areas."""
    inside = known.in_scope(DutyRoster.area_code, Scope(scope.areas))
    statement = select(DutyRoster).where(inside)
    if asked.area_code:
        statement = statement.where(DutyRoster.area_code == asked.area_code)
    by = (DutyRoster.from_at, DutyRoster.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
