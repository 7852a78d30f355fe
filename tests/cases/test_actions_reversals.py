"""Money that counts no longer opens again what it closed; a miss that was none is none."""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from services.cases import handlers
from services.cases.models import WatchItem
from services.cases.rules.items import CloseReason, Happening, ItemState
from shared import timers
from shared.db import Session
from shared.events.cases import WatchItemClosed, WatchItemLowered, WatchItemOpened
from shared.events.payroll import BankNoticeReceived, TransferReversed
from tests.cases import factories as make
from tests.fixtures.service import Published

WHOLE = "300000.00"


def reversed_(
    lacking: str, at: str, project: str = "p", period: str = "2023-05"
) -> TransferReversed:
    said = make.received(period, lacking, at, project).model_dump(
        include={
            "project_id", "area_code", "obligation_id", "works_contract_id", "period", "due_on",
            "amount", "lacking", "bank_serials", "occurred_at",
        }
    )  # fmt: skip
    return TransferReversed(missed=True, occurred_at=make.at(at), **said)


async def stands(session: Session, item: WatchItem) -> dict[str, Any]:
    """Give how an item stands, and what it waits for."""
    await session.flush()
    armed = await timers.armed(session, item.id, "level")
    names = ("state", "level", "step", "lacking", "close_reason", "due_at", "proposing")
    return {name: getattr(item, name) for name in names} | {
        "armed": [timer.due_at for timer in armed]
    }


async def test_what_money_had_closed_stands_again_as_if_it_had_never_come(
    session: Session, published: Published
) -> None:
    await make.world(session)
    item = await make.open_item(session)
    other = await make.open_item(session, make.missed(project="q"))
    for one in (item, other):
        await make.climb_to(session, one, "2023-06-05 10:00")
    await handlers.on_transfer_received(session, make.received("2023-05", "0", "2023-06-05 11:00"))
    assert (await stands(session, item))["state"] is ItemState.CLOSED
    await make.climb_to(session, other, "2023-06-20 10:00")
    await handlers.on_transfer_reversed(session, reversed_(WHOLE, "2023-06-20 10:00"))
    assert await stands(session, item) == await stands(session, other)
    assert [one.reopened for one in await published(session, WatchItemOpened)][-1] is True
    # The same money once more closes it once more, and that is told as well.
    again = make.received("2023-05", "0", "2023-06-20 10:00")
    await handlers.on_transfer_received(session, again)
    assert len(await published(session, WatchItemClosed)) == 2


async def test_an_open_item_lacks_more_again(session: Session) -> None:
    await make.world(session)
    item = await make.open_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "200000.00", "2023-06-01 11:00")
    )
    await handlers.on_transfer_reversed(session, reversed_(WHOLE, "2023-06-02 11:00"))
    assert (item.state, item.lacking) == (ItemState.OPEN, Decimal(WHOLE))
    assert (await make.told(session, item))[-1][0] == "reversed"


async def test_a_miss_that_was_none_counts_neither_in_a_row_nor_in_total(
    session: Session, published: Published
) -> None:
    await make.world(session)
    await make.open_item(session)
    second = await make.open_item(session, make.missed("2023-06"))
    assert second.level == "red"
    alone = await make.open_item(session, make.missed("2023-06", "q"))
    in_time = make.received("2023-05", "0", "2023-06-27 10:00", in_time=True)
    await handlers.on_transfer_received(session, in_time)
    first = await make.item_about(session, make.an_id("p", "2023-05"))
    assert first.close_reason == CloseReason.NOT_MISSED
    await make.climb_to(session, alone, "2023-06-27 10:00")
    assert await stands(session, second) == await stands(session, alone)
    assert len(await published(session, WatchItemLowered)) == 1
    # Missed after all, it is the same item again, and the rule raises the other again.
    told = make.missed(occurred_at=make.at("2023-06-28 10:00"))
    await handlers.on_transfer_missed(session, told)
    assert (first.state, first.close_reason) == (ItemState.OPEN, None)
    assert second.level == "red"


async def test_a_bank_s_notice_stands_on_the_timeline_once(session: Session) -> None:
    await make.world(session)
    item = await make.open_item(session)
    notice = BankNoticeReceived(
        project_id=item.project_id, area_code=item.area_code, obligation_id=item.subject_id,
        works_contract_id=make.an_id("p", "contract"), period=item.period, due_on=item.due_on,
        told_on=item.due_on, came_first="detection",
    )  # fmt: skip
    for _ in range(2):
        await handlers.on_miss_told(session, notice)
    lines = [one for one in await make.timeline(session, item) if one.what is Happening.BANK_NOTICE]
    assert [one.details["came_first"] for one in lines] == ["detection"]


PERIODS = ("2023-05", "2023-06", "2023-07")


@dataclass
class Weeks:
    """Two projects with the same misses, of which the first has money come and go."""

    session: Session
    dice: Random
    pairs: dict[str, tuple[WatchItem, WatchItem]] = field(default_factory=dict)
    paid: dict[str, Decimal] = field(default_factory=dict)

    async def live(self, until: str) -> None:
        """Let misses be told and time pass, then money come or go."""
        for period in PERIODS:
            told = [make.missed(period, project) for project in ("p", "q")]
            if period not in self.pairs and told[0].occurred_at <= make.at(until):
                mine, other = [await make.open_item(self.session, one) for one in told]
                self.pairs[period] = mine, other
        await self.climb(until)
        for period in [*self.pairs]:
            if period not in self.paid and self.dice.random() < 0.4:
                await self.come(period, until)
            elif period in self.paid and self.dice.random() < 0.4:
                await self.lose(period, until)

    async def climb(self, until: str) -> None:
        for pair in self.pairs.values():
            for item in pair:
                await make.climb_to(self.session, item, until)

    async def come(self, period: str, until: str) -> None:
        self.paid[period] = Decimal(self.dice.choice([100000, 300000]))
        lacking = str(Decimal(WHOLE) - self.paid[period])
        await handlers.on_transfer_received(self.session, make.received(period, lacking, until))

    async def lose(self, period: str, until: str) -> None:
        del self.paid[period]
        await handlers.on_transfer_reversed(self.session, reversed_(WHOLE, until, period=period))


@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 30))]
)
async def test_money_that_comes_and_goes_leaves_ladders_as_if_it_had_never_come(
    session: Session, seed: int
) -> None:
    """Of two projects with the same misses one has money come and go; in the end all is gone."""
    await make.world(session)
    weeks = Weeks(session, Random(seed))
    for day in (f"2023-{month:02d}-{n:02d}" for month in (5, 6, 7, 8) for n in range(1, 29, 3)):
        await weeks.live(f"{day} 12:00")
    end = "2023-08-28 13:00"
    for period in [*weeks.paid]:
        await weeks.lose(period, end)
    assert len(weeks.pairs) == len(PERIODS)
    await weeks.climb(end)
    for mine, other in weeks.pairs.values():
        assert await stands(session, mine) == await stands(session, other)
