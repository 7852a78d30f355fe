"""Watch items as of a day."""

import random

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import WatchItem
from shared import clock, exports
from shared.db import Session
from tests.cases import factories
from tests.days import FIRST, check_past
from tests.fixtures.service import Time


@pytest.mark.caller("provincial_system", areas=[factories.COUNTY])
async def test_watch_items_are_told_as_they_were(
    session: Session, client: AsyncClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    dice = random.Random(3)
    time.move_to(clock.at(FIRST, 7))
    await factories.world(session)
    made = 0

    async def change() -> None:
        nonlocal made
        made += 1
        await factories.open_item(session, factories.missed("2023-01", f"p{made}"))
        rows = list(await session.scalars(select(WatchItem).order_by(WatchItem.id)))
        closes, leaves = dice.choice(rows), dice.choice(rows)
        closes.close(clock.now(), "money_received")
        leaves.area_code = dice.choice([factories.COUNTY, factories.NEIGHBOUR])
        leaves.facts = [*leaves.facts, f"fact{made}"]

    await check_past(session, client, time, "/cases/v1/watch-items", change)
