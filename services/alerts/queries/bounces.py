"""Mails that came back."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.alerts.models import Bounce, Delivery, Notice
from services.alerts.rules.deliveries import Channel
from services.alerts.schemas.bounces import BounceFilter
from shared import asking, paging
from shared.db import Session


async def bounces(
    session: Session, wanted: BounceFilter, *, cursor: str | None, limit: int
) -> paging.Found[Bounce]:
    """Give a page of what came back, the newest first: for operators, who see all areas."""
    statement = select(Bounce)
    for name in ("state", "delivery_id"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(Bounce, name) == value)
    return await paging.page(
        session, statement, by=(Bounce.received_at, Bounce.id), cursor=cursor, limit=limit,
        descending=True,
    )  # fmt: skip


async def locked_bounce(session: Session, digest: str) -> Bounce | None:
    """Give what was handed in before in these bytes; whoever hands in the same waits here."""
    await asking.wait_for(session, f"bounce:{digest}")
    return await session.scalar(select(Bounce).where(Bounce.digest == digest).with_for_update())


async def locked_mail(session: Session, delivery_id: UUID) -> Delivery | None:
    """Give a mail with whom it is for, for what is reported of it."""
    return await session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.channel == Channel.MAIL)
        .options(selectinload(Delivery.notice).selectinload(Notice.recipient))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
