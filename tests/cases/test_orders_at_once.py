"""Two inspectors at once: numbers without gap or double."""

import asyncio
from uuid import UUID

from sqlalchemy import select

from services.cases import actions
from services.cases.errors import OrderNotThere
from services.cases.models import CorrectionOrder, OrderNumber
from services.cases.schemas.orders import SignIn
from shared.auth import Caller
from shared.db import Session, Sessions
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at

INSPECTOR = Caller("inspector-1", frozenset({"inspector"}), frozenset({COUNTY}))


async def drafted(session: Session, project: str) -> UUID:
    """Let a miss climb until its order is drafted."""
    item = await make.open_item(session, make.missed("2023-05", project))
    await make.climb_to(session, item, "2023-06-19 09:00")
    found = select(CorrectionOrder.id).where(CorrectionOrder.watch_item_id == item.id)
    return (await session.scalars(found)).one()


async def test_orders_signed_at_once_are_numbered_without_gap_or_double(
    sessions: Sessions,
) -> None:
    projects = [f"p{number}" for number in range(6)]
    async with sessions.begin() as session:
        await make.world(session)
        ids = [await drafted(session, project) for project in projects]

    async def sign(order_id: UUID, *, fails: bool) -> None:
        async with sessions.begin("inspector-1") as session:
            await actions.orders.sign_order(
                session, INSPECTOR, order_id, SignIn(), at("2023-06-20 10:00")
            )
            if fails:
                raise OrderNotThere

    await asyncio.gather(
        *(sign(order_id, fails=place % 3 == 1) for place, order_id in enumerate(ids)),
        return_exceptions=True,
    )
    async with sessions.begin() as session:
        numbers = list(
            await session.scalars(
                select(CorrectionOrder.sequence)
                .where(CorrectionOrder.sequence.is_not(None))
                .order_by(CorrectionOrder.sequence)
            )
        )
        last = await session.scalar(select(OrderNumber.last))
    assert numbers == [1, 2, 3, 4]
    assert last == 4
