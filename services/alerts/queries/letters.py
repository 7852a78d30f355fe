"""Warning letters, whom they reach, and what became of them at each receiver."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from services.alerts.models import Alert, Delivery, Notice, Recipient, WarningLetter
from services.alerts.queries.alerts import of_caller
from services.alerts.queries.recipients import in_force
from services.alerts.rules.deliveries import NOT_TAKEN, Channel, DeliveryState
from services.alerts.rules.notices import OVER
from services.alerts.schemas.letters import LetterFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


def _concerned(asked: LetterFilter) -> ColumnElement[bool] | None:
    """Select employers by what alerts say of them; None where nothing of it is asked."""
    said = {"sector_authority_id": asked.sector_authority_id,
            "investment_type": asked.investment_type, "level": asked.level,
            "kind": asked.kind}  # fmt: skip
    wanted = [getattr(Alert, name) == value for name, value in said.items() if value]
    if not wanted:
        return None
    if asked.level or asked.kind:
        wanted.append(Alert.state.not_in(OVER))
    parties = (Alert.developer_id, Alert.contractor_id, Alert.unit_id)
    inside = known.in_scope(Alert.area_code, Scope(frozenset({asked.area_code})))
    takes_part = or_(*(party == Recipient.org_id for party in parties))
    return exists().where(takes_part, inside, *wanted).correlate(Recipient)


async def receivers(session: Session, asked: LetterFilter, day: date) -> Sequence[Recipient]:
    """Give the posts of employers that a letter reaches on a day, all in one statement."""
    statement = select(Recipient).where(
        in_force(day),
        Recipient.org_id.is_not(None),
        known.in_scope(Recipient.area_code, Scope(frozenset({asked.area_code}))),
        or_(*(Recipient.roles.contains([role]) for role in asked.roles)),
    )
    if asked.organisations:
        statement = statement.where(Recipient.org_id.in_(asked.organisations))
    if (concerned := _concerned(asked)) is not None:
        statement = statement.where(concerned)
    statement = statement.options(selectinload(Recipient.robot))
    return (await session.scalars(statement.order_by(Recipient.org_id, Recipient.id))).all()


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(WarningLetter.area_code, Scope(scope.areas))


async def letters(
    session: Session, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[WarningLetter]:
    """Give a page of the letters of a caller's areas, the newest first."""
    return await paging.page(
        session, select(WarningLetter).where(_visible(scope)),
        by=(WarningLetter.sent_at, WarningLetter.id), cursor=cursor, limit=limit, descending=True,
    )  # fmt: skip


async def _letter(session: Session, letter_id: UUID, scope: Scope) -> WarningLetter:
    found = await session.scalar(
        select(WarningLetter).where(WarningLetter.id == letter_id, _visible(scope))
    )
    if found is None:
        raise NotFound
    return found


async def letter(session: Session, letter_id: UUID, scope: Scope) -> Mapping[str, Any]:
    """Give a letter and how far it has come at how many; NotFound outside the scope."""
    found = await _letter(session, letter_id, scope)
    out = Delivery.channel != Channel.INBOX
    ways = (
        select(
            case(
                (Notice.read_at.is_not(None), "read"),
                (func.count().filter(out) == 0, "delivered"),
                (func.bool_or(out & (Delivery.state == DeliveryState.DELIVERED)), "delivered"),
                (func.bool_and(Delivery.state.in_(NOT_TAKEN)).filter(out), "refused"),
                else_="sent",
            ).label("state")
        )
        .join(Delivery, Delivery.notice_id == Notice.id)
        .where(Notice.alert_id == found.alert_id)
        .group_by(Notice.id)
        .subquery()
    )
    rows = await session.execute(select(ways.c.state, func.count()).group_by(ways.c.state))
    counted = {"sent": 0, "delivered": 0, "refused": 0, "read": 0}
    counted |= {row[0]: row[1] for row in rows}
    columns = WarningLetter.__table__.columns.keys()
    return {name: getattr(found, name) for name in columns} | counted


async def receipts(
    session: Session, letter_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Notice]:
    """Give a page of what became of a letter at each receiver; NotFound outside the scope."""
    found = await _letter(session, letter_id, scope)
    statement = (
        select(Notice)
        .join(Notice.recipient)
        .where(Notice.alert_id == found.alert_id)
        .options(contains_eager(Notice.recipient), selectinload(Notice.deliveries))
    )
    return await paging.page(
        session, statement, by=(Notice.told_at, Notice.id), cursor=cursor, limit=limit
    )


async def locked_own_notices(
    session: Session,
    notice_ids: Collection[UUID],
    scope: Scope,
    *,
    subject: str,
    roles: frozenset[str],
) -> Sequence[Notice]:
    """Give those of some notices that are the caller's, for changing."""
    found = await session.scalars(
        select(Notice)
        .join(Notice.recipient)
        .join(Notice.alert)
        .where(Notice.id.in_(notice_ids), of_caller(scope, subject, roles))
        .order_by(Notice.id)
        .with_for_update(of=Notice)
    )
    return found.all()
