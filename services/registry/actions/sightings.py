"""What others saw is compared with what is registered; a name alone is for a person to confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import areas, comparison
from services.registry.errors import NothingProposed, RegistrationRefused
from services.registry.models import Organisation, Sighting
from services.registry.rules.sightings import (
    SightingSource,
    SightingState,
    name_key,
    number_key,
)
from services.registry.schemas.reporting import SightingIn
from shared import clock
from shared.areas import Scope
from shared.auth import Caller
from shared.db import AGELESS, Session, same_id
from shared.problems import Finding
from shared.wording import Text

# What a row tells, by its own column.
_TOLD = (
    "seen_on", "name", "area_code", "developer_name", "developer_code", "works_kind", "code",
    "approval_number", "permit_number", "investment_amount", "started_on", "note",
)  # fmt: skip
_BESIDE = ("address", "contractor")


@dataclass(slots=True)
class Seen:
    """What became of a list: rows by what happened to them, and gaps that are open now."""

    entered: int = 0
    changed: int = 0
    unchanged: int = 0
    gaps: int = 0
    items: list[Sighting] = field(default_factory=list)

    def take(self, row: Sighting, told: Mapping[str, Any], *, new: bool) -> bool:
        """Take a row and give it what is told; say whether that is news."""
        self.items.append(row)
        changed = {name: value for name, value in told.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        self.entered += new
        self.changed += bool(changed)
        self.unchanged += not new and not changed
        return new or bool(changed)

    def _in(self, *states: SightingState) -> int:
        return sum(row.state in states for row in self.items)

    @property
    def matched(self) -> int:
        """Count rows whose project is registered."""
        return self._in(SightingState.MATCHED)

    @property
    def proposed(self) -> int:
        """Count rows that a person must decide on."""
        return self._in(SightingState.PROPOSED)

    @property
    def unregistered(self) -> int:
        """Count rows whose project nobody registered, alone or with an earlier sighting."""
        return self._in(SightingState.OPEN, SightingState.JOINED)


async def enter_sightings(
    session: Session,
    caller: Caller,
    source: SightingSource,
    items: Sequence[SightingIn],
    now: datetime,
    *,
    found: Sequence[Finding] = (),
) -> Seen:
    """Enter what others saw, all rows or none; the same rows again change nothing.

    `found` are findings that whoever read the rows had already. Raises RegistrationRefused.
    """
    parties = await _parties(session, items)
    findings = [*found, *await _check(session, caller.scope, items, parties, now)]
    keys = [(source, _key(item)) for item in items]
    findings += _twice(keys)
    if findings:
        raise RegistrationRefused(errors=findings)
    there = await queries.sightings.locked_sightings_of(session, set(keys))
    seen, news = Seen(), []
    for item, key in zip(items, keys, strict=True):
        told, new = _told(item, parties), key not in there
        row = _sighting(source, key[1], told, caller, now) if new else there[key]
        if seen.take(row, told, new=new):
            news.append(row)
    session.add_all(news)
    await comparison.compare(session, caller.scope, news, now)
    ids = {row.same_as_id or row.id for row in seen.items}
    there_now = await queries.gaps.locked_gaps_seen(session, ids)
    seen.gaps = sum(gap.ended_on is None and gap.project_id is None for gap in there_now.values())
    return seen


def _key(item: SightingIn) -> str:
    """Give what a row is known by: its surest number, else name, developer and area."""
    for name in ("code", "permit_number", "approval_number"):
        if number := number_key(getattr(item, name)):
            return f"{name}:{number}"
    developer = item.developer_code or name_key(item.developer_name)
    return "|".join(("name", name_key(item.name), developer, item.area_code))


def _twice(keys: Sequence[tuple[SightingSource, str]]) -> list[Finding]:
    first: dict[tuple[SightingSource, str], int] = {}
    found = []
    for at, key in enumerate(keys):
        if first.setdefault(key, at) != at:
            words = Text("与第 {row} 行重复", "The same as row {row}").fill(row=first[key] + 1)
            remedy = Text("请删去其中一行", "Leave one of them out")
            found.append(Finding(f"items[{at}]", "RowTwice", words, remedy))
    return found


@dataclass(frozen=True, slots=True)
class _Parties:
    """The organisations that rows name, and those that answer for an area."""

    by_code: Mapping[str, Organisation]
    by_name: Mapping[str, Organisation | None]
    """None where several have the name."""
    answering: Sequence[Organisation]
    lineages: Mapping[str, Sequence[str]]

    def developer(self, item: SightingIn) -> Organisation | None:
        """Give the organisation that a row names as developer, if it is the only one."""
        if item.developer_code:
            return self.by_code.get(rules.organisations.normal_credit_code(item.developer_code))
        return self.by_name.get(item.developer_name)

    def unit(self, item: SightingIn) -> Organisation | None:
        """Give who should report: the developer, else the nearest town or office of the area."""
        if developer := self.developer(item):
            return developer
        lineage = self.lineages[item.area_code]
        near = [each for each in self.answering if each.area_code in lineage]
        return min(near, key=lambda each: lineage.index(each.area_code), default=None)


async def _parties(session: Session, items: Sequence[SightingIn]) -> _Parties:
    codes = {
        rules.organisations.normal_credit_code(item.developer_code)
        for item in items
        if item.developer_code
    }
    rows = await queries.sightings.organisations_named(
        session, codes, {item.developer_name for item in items}
    )
    by_name: dict[str, Organisation | None] = {}
    for row in rows:
        by_name[row.name] = None if row.name in by_name else row
    _, lineages = await queries.duties.duties_of(session, {item.area_code for item in items})
    above = {code for lineage in lineages.values() for code in lineage}
    answering = await queries.sightings.answering(session, above)
    return _Parties({row.credit_code: row for row in rows}, by_name, answering, lineages)


async def _check(
    session: Session, scope: Scope, items: Sequence[SightingIn], parties: _Parties, now: datetime
) -> list[Finding]:
    found: list[Finding] = []
    wrong: dict[str, list[Finding]] = {}
    for at, item in enumerate(items):
        if item.area_code not in wrong:
            said = await areas.check_area(session, scope, "area_code", item.area_code, now)
            wrong[item.area_code] = said
        found += [
            Finding(f"items[{at}].{one.place}", one.code, one.detail, one.remedy)
            for one in wrong[item.area_code]
        ]
        if parties.unit(item) is None:
            found.append(_nobody(f"items[{at}].developer_name"))
        if item.seen_on > clock.day_of(now):
            found.append(
                Finding(
                    f"items[{at}].seen_on",
                    "DayInFuture",
                    Text("日期不得晚于今天", "The day lies in the future"),
                )
            )
    return found


def _nobody(place: str) -> Finding:
    return Finding(
        place,
        "UnitUnknown",
        Text(
            "建设单位未登记，且该区划没有登记乡镇、治欠办或人社部门，无人可以报送",
            "The developer is not registered, nor is a town, wage office or HRSS department there",
        ),
        Text("请先登记建设单位或治欠办", "Register the developer or the wage office first"),
    )


def _told(item: SightingIn, parties: _Parties) -> dict[str, Any]:
    developer, unit = parties.developer(item), parties.unit(item)
    told = {name: getattr(item, name) for name in _TOLD}
    if item.developer_code:
        told["developer_code"] = rules.organisations.normal_credit_code(item.developer_code)
    told |= {
        "developer_key": told["developer_code"] or name_key(item.developer_name),
        "approval_key": number_key(item.approval_number),
        "permit_key": number_key(item.permit_number),
        "developer_id": developer.id if developer else None,
        "fields": {name: getattr(item, name) for name in _BESIDE if getattr(item, name)},
    }
    if unit:
        told["unit_id"] = unit.id
    return told


def _sighting(
    source: SightingSource, key: str, told: Mapping[str, Any], caller: Caller, now: datetime
) -> Sighting:
    return Sighting(
        id=same_id(AGELESS, "sighting", source, key), source=source, key=key,
        received_at=now, received_from=caller.actor, state=SightingState.OPEN,
        project_id=None, same_as_id=None, candidate_id=None, refused=[], **told,
    )  # fmt: skip


async def confirm_sighting(
    session: Session, caller: Caller, sighting_id: UUID, now: datetime
) -> Sighting:
    """Say that a sighting is what was proposed. Raises SightingUnknown, NothingProposed."""
    row = await queries.sightings.locked_sighting(session, sighting_id, caller.scope)
    if row.candidate_id is None:
        raise NothingProposed
    candidate, row.candidate_id, row.decided_by = row.candidate_id, None, caller.actor
    projects = await queries.reports.locked_reported_projects(session, {candidate}, caller.scope)
    if candidate in projects:
        row.state, row.project_id = SightingState.MATCHED, candidate
        await session.flush()  # The gap is handed over by what the tables say.
        await comparison.hand_over(session, {row.id: projects[candidate]}, now)
    else:
        row.state, row.same_as_id = SightingState.JOINED, candidate
        await session.flush()  # The earlier sighting is judged with what this one tells.
    await comparison.judge(session, {row.id, row.same_as_id or row.id}, now)
    return row


async def refuse_sighting(
    session: Session, caller: Caller, sighting_id: UUID, note: str, now: datetime
) -> Sighting:
    """Say that a sighting is not what it was proposed as, or matched with; it is compared anew.

    Raises SightingUnknown, NothingProposed.
    """
    row = await queries.sightings.locked_sighting(session, sighting_id, caller.scope)
    wrong = row.candidate_id or row.project_id or row.same_as_id
    if wrong is None:
        raise NothingProposed
    there = await queries.gaps.locked_gaps_seen(session, {row.id})
    if row.id in there and there[row.id].project_id == wrong:
        there[row.id].project_id = None
    row.refused = [*row.refused, str(wrong)]
    row.decided_by, row.note = caller.actor, note
    row.candidate_id = row.project_id = row.same_as_id = None
    row.state = SightingState.OPEN
    await comparison.compare(session, caller.scope, [row], now)
    return row
