"""Whatever was told, granted and taken back: by the policy in force the past is as recorded."""

import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select

from services.cases import actions
from services.cases.errors import NotClosedByHand
from services.cases.models import Evidence, Extension, WatchItem
from services.cases.rules.closings import ClosingState
from services.cases.rules.extensions import ExtensionState
from services.cases.rules.items import (
    COUNTED_HERE,
    MEASURED,
    TOLD_WHEN_WRONG,
    ItemState,
    WatchKind,
)
from services.cases.schemas.closings import ClosingDecisionIn, ClosingIn, ReopeningIn
from services.cases.schemas.extensions import ExtensionDecisionIn, ExtensionIn
from services.cases.schemas.policies import PolicyIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.base import Event
from tests.cases import factories as make
from tests.cases.policies import DEFAULTS, body

PAYER = Caller("payer", frozenset({"developer"}), frozenset({make.COUNTY}), make.DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({make.COUNTY}))
FIRST, LAST = date(2023, 4, 20), date(2023, 8, 31)
SECOND = Caller("second", frozenset({"inspector"}), frozenset({make.COUNTY}))
PROOFS = {
    WatchKind.AGREEMENT_MISSING: "agreement_signed",
    WatchKind.NOTICE_BOARD_MISSING: "evidence_filed",
    WatchKind.DEPOSIT_MISSING: "evidence_filed",
    WatchKind.GUARANTEE_EXPIRING: "guarantee_replaced",
}
KINDS = sorted(set(WatchKind) - TOLD_WHEN_WRONG - COUNTED_HERE)
ROWS = ("unit", "levels", "steps", "jumps", "answer_within", "proposal")


def in_force(kind: str) -> PolicyIn:
    rows = {name: DEFAULTS[kind][name] for name in ROWS}
    return PolicyIn(**body(**(rows | {"kind": kind, "area_code": "0"})))


@dataclass
class Life:
    """A county in which things go wrong, are put right, and are undone, by the dice."""

    session: Session
    dice: Random
    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    last: dict[str, datetime] = field(default_factory=dict)

    async def live(self) -> None:
        now = clock.at(FIRST, 8)
        while now < clock.at(LAST):
            now += timedelta(hours=self.dice.randint(1, 90), minutes=self.dice.randint(0, 59))
            await make.pass_time(self.session, now)
            await self.happen(now)
        await make.pass_time(self.session, clock.day_end(LAST))

    async def happen(self, now: datetime) -> None:
        what = self.dice.choice([
            self.miss, self.pay, self.condition, self.condition, self.extend, self.close,
            self.reopen,
        ])  # fmt: skip
        await what(now)
        await self.session.flush()

    async def tell(self, event: Event) -> None:
        """Let an event be handled; what it tells of may lie some hours back."""
        await make.service.handles[type(event)](self.session, event)

    def late(self, now: datetime, key: str) -> str:
        """Give an instant that lies back some hours, but not before what was told last of a key.

        One publisher tells of a key in order, and the bus keeps that order.
        """
        back = now - timedelta(hours=self.dice.choice([0, 0, 0, 1, 30]))
        self.last[key] = max(back, self.last.get(key, back))
        return f"{self.last[key].astimezone(clock.BEIJING):%Y-%m-%d %H:%M}"

    async def miss(self, now: datetime) -> None:
        project, month = self.dice.choice("pq"), self.dice.randint(3, 7)
        event = make.missed(f"2023-{month:02d}", project)
        if event.occurred_at <= now and event.period not in self.told[project]:
            self.told[project].append(event.period)
            self.last[project] = now
            await self.tell(event.model_copy(update={"occurred_at": now}))

    async def pay(self, now: datetime) -> None:
        project = self.dice.choice("pq")
        if not self.told[project]:
            return
        period = self.dice.choice(self.told[project])
        lacking = self.dice.choice(["0.00", "0.00", "100000.00"])
        way = self.dice.choice(["pay", "pay", "lose", "in time"])
        if way == "lose":
            event: Event = make.taken_back(period, "300000.00", self.late(now, project), project)
        else:
            in_time = way == "in time" and lacking == "0.00"
            event = make.received(
                period, lacking, self.late(now, project), project, in_time=in_time
            )
        await self.tell(event)

    async def condition(self, now: datetime) -> None:
        kind, subject = self.dice.choice(KINDS), self.dice.choice("st")
        key = f"{kind}:{subject}"
        said_at = self.late(now, key)
        if self.told[key] and self.dice.random() < 0.3:
            self.told[key] = []
            await self.tell(make.ended(kind, said_at, subject=subject))
            return
        since = clock.day_of(now) - timedelta(days=self.dice.randint(-20, 70))
        facts = self.dice.choice([[], [], ["works_started"], ["payroll_due"]])
        value = Decimal(self.dice.randint(0, 150)) / 100
        changes: dict[str, Any] = {"facts": facts, "unit_id": make.DEVELOPER}
        changes["value"] = value if kind in MEASURED else None
        changes["muted_by"] = self.dice.choice([None, None, "project_stopped"])
        self.told[key] = [said_at]
        event = make.found(kind, since.isoformat(), said_at, subject, **changes)
        await self.tell(event)

    async def one(self, *which: ColumnElement[bool]) -> WatchItem | None:
        found = list(
            await self.session.scalars(select(WatchItem).where(*which).order_by(WatchItem.id))
        )
        return self.dice.choice(found) if found else None

    async def close(self, now: datetime) -> None:
        """Let two officers close something by a paper."""
        is_open, by_paper = WatchItem.state != ItemState.CLOSED, WatchItem.kind.in_(PROOFS)
        item = await self.one(is_open, by_paper)
        if item is None:
            return
        paper = Evidence(
            id=new_id(), subject_id=item.id, kind="pdf", sha256=f"{self.dice.random()}", size=1,
            scan="not_scanned", kept_at=now, kept_by="office", org_id=None,
        )  # fmt: skip
        self.session.add(paper)
        await self.session.flush()  # The evidence must be seen by the query.
        said = ClosingIn(proof=PROOFS[item.kind], reason="已核对", evidence_ids=[paper.id])
        closing = await actions.closings.close_by_hand(self.session, OFFICE, item.id, said, now)
        await self.session.flush()
        if closing.state is ClosingState.ASKED:
            yes = ClosingDecisionIn(enough=True, reason="与原件一致")
            await actions.closings.decide_closing(self.session, SECOND, closing.id, yes, now)
        self.by_hand(item, now)

    async def reopen(self, now: datetime) -> None:
        """Let an officer open again what he may."""
        item = await self.one(WatchItem.state == ItemState.CLOSED, WatchItem.kind.in_(PROOFS))
        if item is None:
            return
        why = ReopeningIn(reason="不符")
        with suppress(NotClosedByHand):
            await actions.closings.reopen_by_hand(self.session, OFFICE, item.id, why, now)
            self.by_hand(item, now)

    def by_hand(self, item: WatchItem, now: datetime) -> None:
        """What is told of it later is dated later, as its finder knows no sooner."""
        for subject in "st":
            if item.subject_id == make.an_id(item.kind, subject):
                self.last[f"{item.kind}:{subject}"] = now

    async def extend(self, now: datetime) -> None:
        item = await self.one(WatchItem.state != ItemState.CLOSED)
        if item is None:
            return
        taken = select(Extension).where(Extension.watch_item_id == item.id)
        if len(list(await self.session.scalars(taken))) > 1:
            return
        until = clock.day_of(now) + timedelta(days=self.dice.randint(0, 4))
        wish = ExtensionIn(until_on=until, reason="资金在途")
        asked = await actions.extensions.ask_extension(self.session, PAYER, item.id, wish, now)
        await self.session.flush()  # The request must be seen by the query.
        yes = ExtensionDecisionIn(granted=True, reason="情况属实")
        done = await actions.extensions.decide_extension(self.session, OFFICE, asked.id, yes, now)
        assert done.state is ExtensionState.GRANTED


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 60))]
)
async def test_a_rehearsal_by_the_policy_in_force_is_the_past(session: Session, seed: int) -> None:
    await make.world(session)
    await Life(session, Random(seed)).live()
    items = 0
    for kind in sorted(set(WatchKind) - {WatchKind.CANARY}):
        said = await actions.rehearsals.rehearse(session, in_force(kind), FIRST, LAST)
        assert said["recorded"] == said["rehearsed"] == said["same"], json.dumps(said, indent=1)
        items += said["same"]
    assert items > 5
