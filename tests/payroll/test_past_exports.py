"""Obligations as of a day; wage accounts keep no second copy of what is sealed."""

import random
from decimal import Decimal

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.payroll.models import Obligation
from shared import clock, exports
from shared.db import Session
from tests.days import FIRST, check_past
from tests.fixtures.service import Time
from tests.payroll import factories


@pytest.mark.caller("provincial_system", areas=["422828"])
async def test_obligations_are_told_as_they_were(
    session: Session, client: AsyncClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    dice = random.Random(11)
    time.move_to(clock.at(FIRST, 7))
    await factories.tree(session)
    await factories.contract(session, await factories.project(session))

    async def change() -> None:
        rows = list(await session.scalars(select(Obligation).order_by(Obligation.id)))
        paid, leaves = dice.sample(rows, 2)
        paid.credited_amount = Decimal(dice.randrange(1, 10**6)) / 100
        leaves.area_code = dice.choice(["422828", "422822"])

    await check_past(session, client, time, "/payroll/v1/obligations", change)


@pytest.mark.caller("provincial_system", areas=["422828"])
async def test_wage_accounts_say_why_their_past_is_not_told(
    client: AsyncClient, time: Time
) -> None:
    time.move_to(clock.at(FIRST))
    answer = await client.get("/payroll/v1/exports/wage-accounts", params={"as_of": "2023-01-31"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/past-unknown")
    assert "加密" in answer.json()["detail"]
