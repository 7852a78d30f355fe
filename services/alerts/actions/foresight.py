"""What would keep the notices of a dry run back: it asks as telling does, and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Alert, BundleTerms, Recipient
from services.alerts.rules import bundles, inhibitions, routing, silences
from services.alerts.rules.bundles import BundleKind, Digest
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.duties import quiet_until
from services.alerts.rules.foresight import HeldBy, Hold
from shared import clock, known
from shared.db import Session

About: TypeAlias = Alert | routing.Matter
_Way: TypeAlias = tuple[UUID, Channel]
# Windows and quiet hours follow each other at most so often before it is no use to look on.
_MOST_HOLDS = 10


@dataclass
class Foresight:
    """A dry run in time: what it would have sent counts for what it would send next.

    It is asked in the order of the instants. `shift` is how far the machine's clock, by which
    channels wait, is ahead of the domain's: nothing, unless a scenario is played.
    """

    session: Session
    about: About
    lineage: Sequence[str]
    shift: timedelta
    sent: list[tuple[_Way, datetime]] = field(default_factory=list)
    opened: dict[tuple[_Way, BundleKind, str], datetime] = field(default_factory=dict)
    asked: dict[tuple[_Way, datetime], list[Hold]] = field(default_factory=dict)

    async def muted(self, at: datetime) -> Hold | None:
        """Give the silence, else the fact, for which an alert would not be sent at an instant."""
        if self.about.major:
            return None
        for each in await queries.silences.silences_at(self.session, self.lineage, at):
            if silences.takes(each, self.about, self.lineage):
                return Hold(HeldBy.SILENCE, each.until_at, each.reason, each.id)
        return await self._inhibited(at)

    async def _inhibited(self, at: datetime) -> Hold | None:
        if self.about.project_id is None:
            return None
        day = clock.day_of(at)
        rules = await queries.inhibitions.rules_in_force(self.session, self.lineage, day)
        for fact in await queries.inhibitions.facts_of(self.session, self.about.project_id):
            over = fact.until_on is not None and day > fact.until_on
            # Of a project elsewhere nothing is said.
            if over or fact.area_code != self.about.area_code:
                continue
            if inhibitions.muting(rules, [fact.kind], self.about, self.lineage):
                until_at = clock.day_end(fact.until_on) if fact.until_on else None
                return Hold(HeldBy.INHIBITION, until_at, fact.kind.value, fact.id)
        return None

    async def held(
        self, person: Recipient, trace: Mapping[str, Any], at: datetime
    ) -> list[dict[str, Any]]:
        """Give what would keep a notice told at an instant from leaving, by channel, in order."""
        found = []
        for way in actions.notices.ways(person):
            if way is Channel.INBOX:
                continue
            key = ((person.id, way), at)
            if key not in self.asked:
                self.asked[key] = await self._holds(person, way, trace, at)
            found += [{"channel": way, "hold": each} for each in self.asked[key]]
        return found

    async def _holds(
        self, person: Recipient, way: Channel, trace: Mapping[str, Any], at: datetime
    ) -> list[Hold]:
        holds, leaves, area = [], at, self.about.area_code
        if bundled := await self._bundled(person, way, trace.get("group"), at):
            holds.append(bundled)
            # One message of several is told in its receiver's area.
            leaves, area = bundled.until_at or at, person.area_code
        while len(holds) < _MOST_HOLDS:
            hold = await self._kept(person, way, area, leaves + self.shift)
            if hold is None or hold.until_at is None:
                break
            leaves = hold.until_at
            holds.append(hold)
        return holds

    async def _bundled(
        self, person: Recipient, way: Channel, group: Mapping[str, Any] | None, at: datetime
    ) -> Hold | None:
        lineage = await known.lineage(self.session, person.area_code)
        terms = await queries.bundles.terms_in_force(self.session, [lineage], clock.day_of(at))
        held = terms.get(person.area_code)
        if held is None:
            return None
        calendar = None
        if person.digest is Digest.MORNING:
            calendar = await known.calendar(self.session, person.area_code)
        gone = await self._gone(person.id, way, held, at)
        found = bundles.fold(self.about, group, held, at=at, sent=gone, calendar=calendar)
        if found is None:
            self.sent.append(((person.id, way), at))
            return None
        key = ((person.id, way), found.kind, found.key)
        due_at = self.opened.get(key)
        if due_at is None or due_at <= at:
            there = await queries.bundles.find_open_bundle(
                self.session, person.id, way, kind=found.kind, group_key=found.key, at=at
            )
            due_at = self.opened[key] = there.due_at if there else found.due_at
        return Hold(HeldBy(found.kind.value), due_at, held.source)

    async def _gone(
        self, recipient_id: UUID, way: Channel, terms: BundleTerms, at: datetime
    ) -> int:
        """Count what went, or would have gone, by itself within the minutes of the terms."""
        since = at - timedelta(minutes=terms.flood_minutes)
        went = await queries.bundles.sent_since(self.session, [recipient_id], since, at)
        would = sum(who == (recipient_id, way) and since < then <= at for who, then in self.sent)
        return went.get((recipient_id, way), 0) + would

    async def _kept(
        self, person: Recipient, way: Channel, area_code: str, wall: datetime
    ) -> Hold | None:
        """Give what keeps a delivery from leaving at an instant of the machine."""
        lineage = await known.lineage(self.session, area_code)
        window = await queries.windows.find_window(self.session, lineage, way, wall)
        if window:
            return Hold(HeldBy.WINDOW, window.until_at - self.shift, window.reason, window.id)
        until = None if self.about.is_urgent else quiet_until(person.quiet, way, wall)
        return Hold(HeldBy.QUIET, until - self.shift, "") if until else None
