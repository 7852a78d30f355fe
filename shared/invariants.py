"""What must be true of a service's rows at rest, and of what services told each other."""

from collections import Counter
from collections.abc import AsyncIterator, Container, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, select

from shared.db import Session, Sessions
from shared.inbox import InboxRow
from shared.outbox import OutboxRow
from shared.service import Offender, Service

SHOWN = 10
"""So many offenders are named; all are counted."""
_BATCH = 10_000
_Event: TypeAlias = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one rule: how many break it, and the first of them."""

    name: str
    count: int
    first: Sequence[Offender]


class Tally:
    """Counts offenders, and keeps the first."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Offender] = []

    def add(self, offender: Offender) -> None:
        """Take one."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(offender)


async def of_rows(service: Service, sessions: Sessions) -> AsyncIterator[Verdict]:
    """Give what a service's own rules find in its database."""
    for name, find in service.invariants.items():
        async with sessions.begin("command:invariants") as session:
            found = await find(session)
        yield Verdict(f"{service.name}.{name}", len(found), found[:SHOWN])


def pairs(services: Sequence[Service]) -> Iterator[tuple[Service, Service, Sequence[str]]]:
    """Give who tells whom of what: publisher, listener, and the types of events."""
    for teller in services:
        for listener in services:
            types = sorted({e.type for e in teller.publishes} & {e.type for e in listener.handles})
            if types:
                yield teller, listener, types


def sole(services: Sequence[Service]) -> set[str]:
    """Give the types that one service alone tells."""
    tellers = Counter(event.type for service in services for event in set(service.publishes))
    return {name for name, number in tellers.items() if number == 1}


async def of_events(
    teller: Sessions, listener: Sessions, types: Sequence[str], own: Container[str]
) -> tuple[Tally, Tally]:
    """Compare by id what one service told and another one heard, whatever became of it there.

    Give what was sent and not heard, and what was heard and never told, of types that are the
    teller's `own`. Parked and waiting events are heard.
    """
    unheard, untold = Tally(), Tally()
    sent = select(OutboxRow.id, OutboxRow.type).where(
        OutboxRow.type.in_(types), OutboxRow.sent_at.is_not(None)
    )
    heard = select(InboxRow.id, InboxRow.type).where(InboxRow.type.in_(types))
    async with AsyncExitStack() as stack:
        mine = await stack.enter_async_context(teller.begin("command:invariants"))
        theirs = await stack.enter_async_context(listener.begin("command:invariants"))
        async for here, there in _side_by_side(
            _ordered(mine, sent.order_by(OutboxRow.id)),
            _ordered(theirs, heard.order_by(InboxRow.id)),
        ):
            if here and not there:
                unheard.add(Offender(*here))
            elif there and not here and there[1] in own:
                untold.add(Offender(*there))
    return unheard, untold


async def _side_by_side(
    left: AsyncIterator[_Event], right: AsyncIterator[_Event]
) -> AsyncIterator[tuple[_Event | None, _Event | None]]:
    """Give events of two sources in the order of their ids, those of one id together.

    Nothing but the next of each stands in memory.
    """
    here, there = await anext(left, None), await anext(right, None)
    while here or there:
        first = min(each[0] for each in (here, there) if each)
        one = here if here and here[0] == first else None
        other = there if there and there[0] == first else None
        yield one, other
        here = await anext(left, None) if one else here
        there = await anext(right, None) if other else there


async def _ordered(session: Session, statement: Select[*tuple[Any, ...]]) -> AsyncIterator[_Event]:
    rows = await session.stream(statement.execution_options(yield_per=_BATCH))
    async for row in rows:
        yield row[0], row[1]


async def everything(made: Mapping[str, tuple[Service, Sessions]]) -> AsyncIterator[Verdict]:
    """Give each rule's verdict: of each service's rows, then of what they told each other."""
    for service, sessions in made.values():
        async for verdict in of_rows(service, sessions):
            yield verdict
    services = [service for service, _ in made.values()]
    own = sole(services)
    for teller, listener, types in pairs(services):
        both = made[teller.name][1], made[listener.name][1]
        unheard, untold = await of_events(*both, types, own)
        for what, tally in (("unheard", unheard), ("untold", untold)):
            name = f"{teller.name}→{listener.name}.{what}"
            yield Verdict(name, tally.count, tally.first)
