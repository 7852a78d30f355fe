"""Which routes an alert takes: a tree in each area, walked from the nearest area outwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from services.alerts.rules.ladders import EscalationStep, Rung, WorkingDay


class Matched(Protocol):
    """What matchers look at: an alert, or what one would be."""

    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def investment_type(self) -> str | None: ...
    @property
    def sector_authority_id(self) -> UUID | None: ...
    @property
    def lacking(self) -> Decimal | None: ...
    @property
    def major(self) -> bool: ...


class RouteLike(Protocol):
    """A version of a route, as the walk reads it."""

    @property
    def area_code(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def continues(self) -> bool: ...
    @property
    def kinds(self) -> list[str]: ...
    @property
    def levels(self) -> list[str]: ...
    @property
    def investment_types(self) -> list[str]: ...
    @property
    def areas(self) -> list[str]: ...
    @property
    def sector_authorities(self) -> list[str]: ...
    @property
    def amount_from(self) -> Decimal | None: ...
    @property
    def major(self) -> bool | None: ...


class Placed(Protocol):
    """A version of a route of one area, as its place in the tree is read."""

    @property
    def code(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def parent(self) -> str | None: ...


class Worded(Protocol):
    """The terms of a version of a route; empty ones are its parent's."""

    @property
    def receivers(self) -> list[str]: ...
    @property
    def on_steps(self) -> dict[str, Any]: ...
    @property
    def steps(self) -> list[dict[str, Any]]: ...
    @property
    def group_by(self) -> list[str]: ...
    @property
    def group_wait_minutes(self) -> int | None: ...
    @property
    def opens(self) -> time | None: ...
    @property
    def closes(self) -> time | None: ...


RouteT = TypeVar("RouteT", bound=RouteLike)


@dataclass(frozen=True, slots=True)
class Look(Generic[RouteT]):
    """A route that was looked at; `refused` is the first matcher that said no, None if none did."""

    route: RouteT
    refused: str | None


@dataclass(frozen=True, slots=True)
class Walk(Generic[RouteT]):
    """The routes taken, each with those that it lies under (the tree's root first), and all looks.

    No path is a dead end.
    """

    paths: tuple[tuple[RouteT, ...], ...]
    looks: tuple[Look[RouteT], ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds at the end of a path: what a route does not say itself its parent says."""

    receivers: tuple[str, ...]
    on_steps: dict[str, list[str]]
    ladder: tuple[EscalationStep, ...]
    hours: WorkingDay
    group: dict[str, Any] | None = None
    """What groups notices, and for how many minutes the first waits; None: each goes at once."""

    @property
    def all_receivers(self) -> set[str]:
        """Give whom it names at the alert's birth and on its rungs."""
        return {*self.receivers, *(role for step in self.ladder for role in step.receivers)}

    def receivers_at(self, step: str | None) -> list[str]:
        """Give who is told at a step of the item's ladder, or at the alert's birth."""
        return list(self.on_steps.get(step or "", self.receivers))

    def receivers_of(self, rungs: Sequence[Rung]) -> list[str]:
        """Give whom rungs name; with `again` also those before them, as of who holds it then."""
        receivers = [role for rung in rungs for role in rung.step.receivers]
        again = [rung.number for rung in rungs if rung.step.again]
        if again:
            receivers += self.receivers
            receivers += [role for step in self.ladder[: max(again)] for role in step.receivers]
        return receivers


def refusal(route: RouteLike, about: Matched, lineage: Sequence[str]) -> str | None:
    """Give the first matcher of a route that does not take an alert; an empty one takes any."""
    authority = str(about.sector_authority_id) if about.sector_authority_id else None
    # Amounts that nobody knows are not large ones.
    amount = about.lacking if about.lacking is not None else Decimal(-1)
    tried = (
        ("areas", not route.areas or not set(route.areas).isdisjoint(lineage)),
        ("kinds", not route.kinds or about.kind in route.kinds),
        ("levels", not route.levels or about.level in route.levels),
        (
            "investment_types",
            not route.investment_types or about.investment_type in route.investment_types,
        ),
        (
            "sector_authorities",
            not route.sector_authorities or authority in route.sector_authorities,
        ),
        ("amount_from", route.amount_from is None or amount >= route.amount_from),
        ("major", route.major is None or about.major is route.major),
    )
    return next((name for name, takes in tried if not takes), None)


def walk(routes: Iterable[RouteT], about: Matched, lineage: Sequence[str]) -> Walk[RouteT]:
    """Find the routes that an alert takes, of the versions in force in its area and above.

    In an area the roots are tried by priority, then code; of one that matches the children are,
    and it is taken itself only where none of them is. What comes after a match is tried only if
    the match `continues`; if the last match of an area does, the area above is walked too.
    Without any match the area above is walked in any case. What is major first takes the routes
    for what is major, which no other can hide, and then its own if the last of those `continues`.
    """
    known = sorted(routes, key=lambda each: (each.priority, each.code))
    roots_of_major = {
        (each.area_code, each.code) for each in known if each.major and each.parent is None
    }
    looks: list[Look[RouteT]] = []
    paths: list[tuple[RouteT, ...]] = []
    for of_major in (True, False) if about.major else (False,):
        by_place: dict[tuple[str, str | None], list[RouteT]] = {}
        for route in known:
            apart = (route.area_code, route.code) in roots_of_major
            if route.parent is not None or apart is of_major or not about.major:
                by_place.setdefault((route.area_code, route.parent), []).append(route)
        paths += _outwards(by_place, about, lineage, looks)
        if paths and not paths[-1][0].continues:
            break
    return Walk(tuple(paths), tuple(looks))


def _outwards(
    by_place: Mapping[tuple[str, str | None], Sequence[RouteT]],
    about: Matched,
    lineage: Sequence[str],
    looks: list[Look[RouteT]],
) -> list[tuple[RouteT, ...]]:
    """Walk the trees of areas, the nearest first, and note each look."""

    def among(
        area: str, parent: str | None, above: tuple[RouteT, ...]
    ) -> Iterator[tuple[RouteT, ...]]:
        for route in by_place.get((area, parent), ()):
            refused = refusal(route, about, lineage)
            looks.append(Look(route, refused))
            if refused:
                continue
            path = (*above, route)
            yield from list(among(area, route.code, path)) or [path]
            if not route.continues:
                return

    paths: list[tuple[RouteT, ...]] = []
    for area in lineage:
        found = list(among(area, None, ()))
        paths += found
        if found and not found[-1][0].continues:
            break
    return paths


def cut_off(versions: Iterable[Placed], since: date) -> set[str]:
    """Give the routes of one area to which no root leads, on a day or any later one.

    They lie in a circle, or under one that is disabled or not there; no alert comes to them.
    """
    known = sorted(versions, key=lambda each: each.version)
    found: set[str] = set()
    for day in {since} | {each.valid_from for each in known if each.valid_from > since}:
        in_force = {each.code: each for each in known if each.valid_from <= day}
        parents = {code: each.parent for code, each in in_force.items() if each.enabled}
        led_to: set[str | None] = {None}
        while more := {code for code, parent in parents.items() if parent in led_to} - led_to:
            led_to |= more
        found |= parents.keys() - led_to
    return found


def terms(path: Sequence[Worded]) -> Terms:
    """Give what holds at the end of a path, the tree's root first."""
    receivers: list[str] = []
    steps: list[dict[str, Any]] = []
    on_steps: dict[str, list[str]] = {}
    opens = closes = group = None
    for route in path:
        if route.receivers:
            # Steps of the item's ladder that the parent names others for are not the child's.
            receivers, on_steps = route.receivers, {}
        on_steps = on_steps | route.on_steps
        steps = route.steps or steps
        if route.group_wait_minutes is not None:
            wait = route.group_wait_minutes
            group = {"by": route.group_by, "wait_minutes": wait} if wait else None
        opens, closes = route.opens or opens, route.closes or closes
    if opens is None or closes is None:
        raise ValueError("a root has working hours")
    return Terms(
        tuple(receivers), on_steps, tuple(EscalationStep.read(step) for step in steps),
        WorkingDay(opens, closes), group,
    )  # fmt: skip
