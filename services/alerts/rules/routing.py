"""Which route an alert takes, and whom its receivers' roles name; every choice leaves a trace."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5


class Receiver(StrEnum):
    """A role that a route may name. How it is found: by organisation, person, area, or anywhere."""

    DEVELOPER = "developer"
    CONTRACTOR = "contractor"
    WAGE_OFFICER = "wage_officer"
    SECTOR_AUTHORITY = "sector_authority"
    BANK = "bank"
    UNIT_HEAD = "unit_head"
    ASSIGNEE = "assignee"
    """Anybody of the unit that answers for the item."""
    RESPONSIBLE_PERSON = "responsible_person"
    INSPECTOR = "inspector"
    TOWN = "town"
    FINANCE_BUREAU = "finance_bureau"
    WAGE_OFFICE = "wage_office"
    LEADING_GROUP = "leading_group"
    OPERATOR = "operator"


DUTY_ROSTER = "duty_roster"
"""Whoever the nearest duty roster names at that instant."""
ABOVE, RECIPIENT = "above:", "recipient:"
"""What precedes a role of offices that is asked of the level above, or one recipient's id."""

BY_AREA = (Receiver.INSPECTOR, Receiver.TOWN, Receiver.FINANCE_BUREAU, Receiver.WAGE_OFFICE,
           Receiver.LEADING_GROUP)  # fmt: skip
"""Roles of offices: the nearest area's holders."""

# Kinds of alerts that the platform raises about itself; operators hear of them.
PLATFORM_KINDS = (
    "event_parked", "timer_late", "item_without_timer", "dead_end", "delivery_exhausted",
    "endpoint_disabled", "endpoint_failing", "area_unknown", "robot_gone", "way_failing",
    "channel_failing",
)  # fmt: skip
DEAD_END, CHANNEL_FAILING = "dead_end", "channel_failing"
WARNING_LETTER = "warning_letter"
SIGN = "group_dispute_sign"
"""People gather, or are about to, over unpaid wages."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What an alert is about, in our words: all that routing needs, carried by the event."""

    kind: str
    about_id: UUID
    """What makes the alert one and the same: the watch item, or the platform's subject."""
    subject_id: UUID
    area_code: str
    period: str
    level: str
    level_rank: int
    level_label: str
    watch_item_id: UUID | None = None
    project_id: UUID | None = None
    project_name: str | None = None
    investment_type: str | None = None
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    sector_authority_id: UUID | None = None
    unit_id: UUID | None = None
    person_id: UUID | None = None
    due_on: date | None = None
    lacking: Decimal | None = None
    major: bool = False
    """It reaches the office at once, past any digest."""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_urgent(self) -> bool:
        """Say whether it reaches people past all that makes other news wait."""
        return self.major or self.level == "red"

    @property
    def dedupe_key(self) -> str:
        """Give the key under which repeats are counted; amounts and times are not part of it."""
        text = "\n".join((self.kind, str(self.about_id), self.period, self.level))
        return sha256(text.encode()).hexdigest()


def platform_subject(kind: str, key: str) -> UUID:
    """Give the id of what a platform alert is about, where it has none of its own."""
    return uuid5(NAMESPACE_URL, f"{kind}:{key}")


def platform_matter(
    kind: str,
    about_id: UUID,
    day: date,
    details: Mapping[str, Any],
    area_code: str,
    *,
    unit_id: UUID | None = None,
) -> Matter:
    """Put something about the platform itself into the words of an alert."""
    return Matter(
        kind=kind, about_id=about_id, subject_id=about_id, area_code=area_code,
        period=day.isoformat(), level="alarm", level_rank=0, level_label="告警",
        unit_id=unit_id, details=dict(details),
    )  # fmt: skip


class Version(Protocol):
    """A version of a route, as a notice's trace names it."""

    @property
    def area_code(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def version(self) -> int: ...


def above(receiver: str) -> str | None:
    """Give the role of an office that is asked of the level above; None for any other receiver."""
    return receiver.removeprefix(ABOVE) if receiver.startswith(ABOVE) else None


def one_recipient(receiver: str) -> UUID | None:
    """Give the recipient whom a receiver names by id; None for any other receiver."""
    return UUID(receiver.removeprefix(RECIPIENT)) if receiver.startswith(RECIPIENT) else None


@dataclass(frozen=True, slots=True)
class Told:
    """Whom one of an alert's routes names now, and the trace of that route."""

    receivers: tuple[str, ...]
    trace: dict[str, Any]

    @classmethod
    def by(
        cls,
        path: Sequence[Version],
        receivers: Iterable[str],
        group: Mapping[str, Any] | None = None,
    ) -> "Told":
        """Take a route with those that it lies under, the tree's root first."""
        route, above = path[-1], path[:-1]
        trace: dict[str, Any] = {
            "route": route.code, "version": route.version, "area_code": route.area_code,
        }  # fmt: skip
        if above:
            trace["under"] = [f"{each.code} v{each.version}" for each in above]
        if group:
            trace["group"] = dict(group)
        return cls(tuple(dict.fromkeys(receivers)), trace)


class Reachable(Protocol):
    """A recipient in force, as routing reads it."""

    @property
    def id(self) -> UUID: ...
    @property
    def roles(self) -> list[str]: ...
    @property
    def area_code(self) -> str: ...
    @property
    def org_id(self) -> UUID | None: ...
    @property
    def person_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Office:
    """Who is in a dated role of a unit on a day; empty: nobody, though the unit has such posts."""

    persons: frozenset[UUID]


Offices = Mapping[tuple[UUID, str], Office]
DUTY_OFFICER = "duty_officer"

RecipientT = TypeVar("RecipientT", bound=Reachable)


class Parties(Protocol):
    """Who takes part in what an alert is about."""

    @property
    def developer_id(self) -> UUID | None: ...
    @property
    def contractor_id(self) -> UUID | None: ...
    @property
    def sector_authority_id(self) -> UUID | None: ...
    @property
    def unit_id(self) -> UUID | None: ...
    @property
    def person_id(self) -> UUID | None: ...


class Concerned(Parties, Protocol):
    """What routing must know to find people: where it is, and who takes part."""

    @property
    def area_code(self) -> str: ...


def _organisation(role: Receiver, parties: Parties) -> tuple[bool, UUID | None]:
    """Say whether a role is found by organisation, and by which one here."""
    by_role: Mapping[Receiver, UUID | None] = {
        Receiver.DEVELOPER: parties.developer_id,
        Receiver.CONTRACTOR: parties.contractor_id,
        Receiver.WAGE_OFFICER: parties.contractor_id,
        Receiver.SECTOR_AUTHORITY: parties.sector_authority_id,
        Receiver.BANK: parties.unit_id,
        Receiver.UNIT_HEAD: parties.unit_id,
        Receiver.ASSIGNEE: parties.unit_id,
    }
    return role in by_role, by_role.get(role)


def parties(of: Parties) -> tuple[UUID | None, ...]:
    """Give who takes part, by place."""
    return (of.developer_id, of.contractor_id, of.sector_authority_id, of.unit_id, of.person_id)


def organisations(parties: Parties) -> set[UUID]:
    """Give the organisations that take part."""
    several = (parties.developer_id, parties.contractor_id, parties.sector_authority_id,
               parties.unit_id)  # fmt: skip
    return {each for each in several if each is not None}


Duties = Mapping[str, Sequence[UUID]]
"""Who is on duty at an instant, by area."""


def _named(
    receiver: str,
    parties: Parties,
    lineage: Sequence[str],
    candidates: Collection[RecipientT],
    offices: Offices,
    *,
    duties: Duties,
) -> tuple[list[RecipientT], str]:
    """Give whom a receiver of a route names, and by what they were found."""
    if (wanted := one_recipient(receiver)) is not None:
        return [each for each in candidates if each.id == wanted], "named by the route"
    if receiver == DUTY_ROSTER:
        area, near = nearest_duty(lineage, duties)
        return [each for each in candidates if each.id in near], f"duty roster of {area}"
    if (role := above(receiver)) is not None:
        return _holders(Receiver(role), parties, lineage[1:], candidates, offices)
    return _holders(Receiver(receiver), parties, lineage, candidates, offices)


def nearest_duty(lineage: Sequence[str], duties: Duties) -> tuple[str | None, Sequence[UUID]]:
    """Give the nearest area whose roster names somebody, and whom, each once."""
    for area in lineage:
        # Spans of a roster may overlap, and then name somebody twice.
        if near := list(dict.fromkeys(duties.get(area, ()))):
            return area, near
    return None, []


def _holders(
    role: Receiver,
    parties: Parties,
    lineage: Sequence[str],
    candidates: Collection[RecipientT],
    offices: Offices,
) -> tuple[list[RecipientT], str]:
    """Give who holds a role for an item, and by what they were found."""
    by_organisation, organisation = _organisation(role, parties)
    if role is Receiver.UNIT_HEAD and organisation and (organisation, role) in offices:
        return _heads(organisation, candidates, offices[organisation, role])
    if by_organisation:
        found = [
            each for each in candidates
            if organisation and each.org_id == organisation
            and (role is Receiver.ASSIGNEE or role in each.roles)
        ]  # fmt: skip
        return found, f"organisation {organisation}"
    holders = [each for each in candidates if role in each.roles]
    if role is Receiver.RESPONSIBLE_PERSON:
        person = parties.person_id
        return [each for each in holders if person and each.person_id == person], f"person {person}"
    if role is Receiver.OPERATOR:
        return holders, "anywhere"
    for area in lineage if role in BY_AREA else ():
        near = [each for each in holders if each.area_code == area]
        if near:
            return _on_duty(near, offices), f"area {area}"
    return [], "area"


def _heads(
    organisation: UUID, candidates: Collection[RecipientT], office: Office
) -> tuple[list[RecipientT], str]:
    """Give the head in office, whichever unit he belongs to, and posts that are no person's."""
    found = [
        each
        for each in candidates
        if each.person_id in office.persons
        or (
            each.person_id is None
            and each.org_id == organisation
            and Receiver.UNIT_HEAD in each.roles
        )
    ]
    return found, f"post in organisation {organisation}"


def _on_duty(near: list[RecipientT], offices: Offices) -> list[RecipientT]:
    """Give the officers on duty, where an office has such and they can be told; else all."""
    duty = [
        each
        for each in near
        if each.org_id
        and each.person_id
        and (office := offices.get((each.org_id, DUTY_OFFICER)))
        and each.person_id in office.persons
    ]
    return duty or near


@dataclass(frozen=True, slots=True)
class Addressed:
    """A recipient that is to be told, and why: as which roles, found by what."""

    recipient_id: UUID
    roles: tuple[str, ...]
    found_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Addressees:
    """Whom some roles name, each recipient once, and the roles that name nobody."""

    found: tuple[Addressed, ...]
    unfilled: tuple[str, ...]


def addressees(
    receivers: Iterable[str],
    parties: Parties,
    lineage: Sequence[str],
    candidates: Collection[RecipientT],
    offices: Offices = MappingProxyType({}),
    *,
    duties: Duties = MappingProxyType({}),
) -> Addressees:
    """Find whom receivers name: organisations' people by the item, persons, else by nearest area.

    Where registry told of dated posts (`offices`) the head is who is in office on that day.
    """
    found: dict[UUID, tuple[list[str], list[str]]] = {}
    unfilled = []
    for role in dict.fromkeys(receivers):
        holders, found_by = _named(role, parties, lineage, candidates, offices, duties=duties)
        for holder in holders:
            roles, ways = found.setdefault(holder.id, ([], []))
            roles.append(str(role))
            ways.append(found_by)
        if not holders:
            unfilled.append(str(role))
    return Addressees(
        tuple(Addressed(who, tuple(roles), tuple(ways)) for who, (roles, ways) in found.items()),
        tuple(unfilled),
    )


def add_trace(traces: dict[UUID, dict[str, Any]], who: Addressed, route: Mapping[str, Any]) -> None:
    """Note why somebody is told; whom several routes name is told once, with all reasons."""
    said = {**route, "roles": list(who.roles), "found_by": list(who.found_by)}
    if who.recipient_id in traces:
        traces[who.recipient_id].setdefault("also", []).append(said)
    else:
        traces[who.recipient_id] = said


def fall_back(
    lineage: Sequence[str], on_duty: Duties, operators: Sequence[UUID]
) -> tuple[Addressed, ...]:
    """Say who is told where nobody was found: the nearest duty roster, then the operators."""
    area, near = nearest_duty(lineage, on_duty)
    if near:
        return tuple(Addressed(who, (), (f"duty roster of {area}",)) for who in near)
    return tuple(
        Addressed(who, (Receiver.OPERATOR.value,), ("nobody on duty",)) for who in operators
    )
