"""What a service is, seen from outside: one value, readable without starting anything."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import MetaData, Select

from shared.config import ServiceSettings
from shared.db import Session, Sessions
from shared.events.base import Event
from shared.inbox import Handler
from shared.jobs import Daily, Poll, Polled
from shared.timers import OnDue


@dataclass(frozen=True, slots=True)
class Offender:
    """A row that breaks an invariant: its id, and how, in codes and days; no personal data."""

    id: UUID
    said: str


Watch = Callable[[], Awaitable[str]]
"""A look at whether the rest works; gives in words what does not, for `/readyz`."""


@dataclass(frozen=True, slots=True)
class Service:
    """The manifest of a service."""

    name: str
    settings: type[ServiceSettings]
    metadata: MetaData
    router: APIRouter
    publishes: Sequence[type[Event]] = ()
    handles: Mapping[type[Event], Handler] = field(default_factory=dict)
    together: Collection[type[Event]] = ()
    """Those of which all that come at a time are handled in one transaction, each as if by itself:
    many of them follow from one thing, and what they change is locked by none for long."""
    relearns: Mapping[type[Event], Handler] = field(default_factory=dict)
    """Its own words that people asked for: what they tell of is made again from them where the
    database was restored and others still hold them."""
    jobs: Sequence[Daily] = ()
    polls: Sequence[Polled] = ()
    timers: Mapping[str, OnDue] = field(default_factory=dict)
    pending: Select[int] | None = None
    """Counts what is under way that neither outbox, inbox nor timers show (deliveries); it is
    given the machine's time as `wall`."""
    loops: Mapping[str, Polled] = field(default_factory=dict)
    """Polls that run continuously beside the others, because they wait for strangers; each by the
    table whose rows give it something to do."""
    measures: Sequence[Poll] = ()
    """Polls of each minute: they count what this service's own gauges show, or look after what
    only the machine's clock moves."""
    watches: Mapping[str, Callable[[Sessions], Watch | None]] = field(default_factory=dict)
    """Looks, by name, at whether all of the above works. Each is made for a process (or there is
    none), with a connection of its own, and looks on whatever else stands still."""
    rehearse: Callable[[Sessions, str, date, date], Awaitable[dict[str, Any]]] | None = None
    """Replays the past under another policy: its JSON, from one Beijing day to another."""
    invariants: Mapping[str, Callable[[Session], Awaitable[Sequence[Offender]]]] = field(
        default_factory=dict
    )
    """What must be true of its rows at rest, by name: each gives the rows that break it."""
    reads: Mapping[str, Callable[[bytes], Awaitable[Mapping[str, Any]]]] = field(
        default_factory=dict
    )
    """Kinds of files that `services read` prints, each with what says a file's rows and findings
    as JSON has them."""
    bodies: Mapping[str, int] = field(default_factory=dict)
    """Paths that take larger bodies than others (uploads), as regular expressions behind the
    service's name, with the number of bytes."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Give the topics this service reads."""
        return tuple(sorted({event.topic() for event in self.handles}))
