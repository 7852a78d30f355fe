"""Alerts as of a day."""

import random

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.alerts import handlers
from services.alerts.models import Alert
from shared import clock, exports
from shared.db import Session, new_id
from tests.alerts import factories
from tests.days import FIRST, check_past
from tests.fixtures.service import Time


@pytest.mark.caller("provincial_system", areas=[factories.COUNTY])
async def test_alerts_are_told_as_they_were(
    session: Session, client: AsyncClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    dice = random.Random(5)
    time.move_to(clock.at(FIRST, 7))
    await factories.areas(session)
    await factories.everybody(session)

    async def change() -> None:
        item = {"watch_item_id": new_id(), "subject_id": new_id()}
        await handlers.on_watch_item_opened(session, factories.opened(**item))
        await session.flush()
        rows = list(await session.scalars(select(Alert).order_by(Alert.id)))
        answered, again = dice.choice(rows), dice.choice(rows)
        answered.acknowledge("somebody", clock.now(), None)
        again.repeats += 1
        again.area_code = dice.choice([factories.COUNTY, "422822"])

    await check_past(session, client, time, "/alerts/v1/alerts", change)
