"""What must be true of a service's rows at rest, and of what services told each other."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from shared import journals
from shared.journals import Books
from shared.service import Offender

SHOWN = 10
"""So many offenders are named; all are counted."""


@dataclass(slots=True)
class Verdict:
    """What was found of one rule: how many break it, and the first of them."""

    name: str
    count: int = 0
    first: list[Offender] = field(default_factory=list)

    def add(self, offender: Offender) -> None:
        """Count one."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(offender)


async def everything(every: Sequence[Books]) -> AsyncIterator[Verdict]:
    """Give each rule's verdict: of each service's rows, then of what they told each other."""
    for one in every:
        async for verdict in _of_rows(one):
            yield verdict
    for speaker in every:
        for listener in every:
            if journals.told(speaker, listener):
                async for verdict in _of_words(speaker, listener):
                    yield verdict


async def _of_rows(one: Books) -> AsyncIterator[Verdict]:
    """Give what a service's own rules find in its database."""
    for name, find in one.service.invariants.items():
        verdict = Verdict(f"{one.name}.{name}")
        async with one.sessions.begin("command:invariants") as session:
            for offender in await find(session):
                verdict.add(offender)
        yield verdict


async def _of_words(speaker: Books, listener: Books) -> AsyncIterator[Verdict]:
    """Give what was said and not heard, whatever became of it there, and heard and not said."""
    unheard = Verdict(f"{speaker.name}→{listener.name}.unheard")
    untold = Verdict(f"{speaker.name}→{listener.name}.untold")
    compared = [
        (unheard, journals.unheard(speaker, listener)),
        (unheard, journals.unheard_back(speaker, listener)),
    ]
    if speaker is not listener:  # Its own words in its inbox are those that it had lost.
        compared.append((untold, journals.unsaid(speaker, listener)))
    for verdict, rows in compared:
        async for row in rows:
            verdict.add(Offender(row["id"], row["type"]))
    yield unheard
    yield untold
