"""Which alerts a silence takes, how long it may last, and when it needs a second person; pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.alerts.rules.routing import PLATFORM_KINDS
from shared.wording import Text

# Kinds of timers: a silence is over, and what was muted is told again.
SILENCE, RETELLING = "silence", "retelling"


class SilenceState(StrEnum):
    """Where a silence stands."""

    PROPOSED = "proposed"
    """It waits for its second person and takes nothing yet."""
    ACTIVE = "active"
    ENDED = "ended"


class Muted(Protocol):
    """What a silence looks at in an alert."""

    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def major(self) -> bool: ...
    @property
    def project_id(self) -> UUID | None: ...
    @property
    def watch_item_id(self) -> UUID | None: ...


class SilenceLike(Protocol):
    """The matchers of a silence; an empty one takes any."""

    @property
    def kinds(self) -> list[str]: ...
    @property
    def levels(self) -> list[str]: ...
    @property
    def areas(self) -> list[str]: ...
    @property
    def projects(self) -> list[str]: ...
    @property
    def watch_item_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What an area says of silences: the longest in hours by role, and levels that need two."""

    longest: Mapping[str, int]
    two_persons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a silence is refused, at which field, and what to do."""

    place: str
    code: str
    text: Text
    remedy: Text


def takes(silence: SilenceLike, about: Muted, lineage: Sequence[str]) -> bool:
    """Say whether a silence of an area above takes an alert.

    Never what is major. What the platform says of itself only where its kind is named.
    """
    kind = about.kind in silence.kinds if silence.kinds else about.kind not in PLATFORM_KINDS
    return (
        not about.major
        and kind
        and (not silence.levels or about.level in silence.levels)
        and (not silence.areas or not set(silence.areas).isdisjoint(lineage))
        and (not silence.projects or str(about.project_id) in silence.projects)
        and (silence.watch_item_id is None or silence.watch_item_id == about.watch_item_id)
    )


def longest(terms: Terms, roles: Iterable[str]) -> timedelta:
    """Give how long somebody with some roles may silence; zero: not at all."""
    return timedelta(hours=max((terms.longest.get(role, 0) for role in roles), default=0))


def needs_two(terms: Terms, levels: Collection[str]) -> bool:
    """Say whether a silence of some levels needs two persons; of no named level it takes all."""
    return not set(levels or terms.two_persons).isdisjoint(terms.two_persons)


def faults(
    from_at: datetime, until_at: datetime, roles: Iterable[str], terms: Terms | None, now: datetime
) -> list[Fault]:
    """Give all that is wrong with a silence's span for who asks for it or approves it."""
    found = []
    if until_at <= now or until_at <= from_at:
        found.append(
            Fault(
                "until_at", "over",
                Text("静默须在将来结束，且晚于开始", "It ends after it begins, and after now"),
                Text("请填写晚于当前时间的结束时间", "Give an end that lies ahead"),
            )
        )  # fmt: skip
    most = longest(terms, roles) if terms else timedelta()
    if until_at - from_at > most:
        hours = f"{most / timedelta(hours=1):g}"
        found.append(
            Fault(
                "until_at", "too_long",
                Text("超过您的角色在该地区可静默的最长时间", "Longer than your role may"),
                Text("最长 {hours} 小时", "At most {hours} hours").fill(hours=hours),
            )
        )  # fmt: skip
    return found
