"""Which notices go in one message: a morning's digest, a route's group, a flood; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any, Protocol

from shared.wording import Text
from shared.workdays import Calendar, step_at

BUNDLE = "bundle"
"""The kind of timer by which a bundle leaves."""
SUMMARY = "summary"
"""The kind by which a template words a bundle."""
SHOWN = 20
"""Titles that a bundle lists; all of it is in the inbox."""
# The same zone as shared.clock.BEIJING; rules do not know the clock.
_BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


class BundleKind(StrEnum):
    """Why notices go in one message."""

    DIGEST = "digest"
    GROUP = "group"
    FLOOD = "flood"


class Digest(StrEnum):
    """Whether a recipient wants what is below a level in one message."""

    NONE = "none"
    MORNING = "morning"


class GroupBy(StrEnum):
    """What notices of one group have in common."""

    PROJECT = "project"
    AREA = "area"
    KIND = "kind"


class Bundled(Protocol):
    """What an alert is told by, as bundling reads it."""

    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def area_code(self) -> str: ...
    @property
    def project_id(self) -> object: ...
    @property
    def major(self) -> bool: ...


class Terms(Protocol):
    """What an area says of digests and floods."""

    @property
    def digest_levels(self) -> list[str]: ...
    @property
    def digest_at(self) -> time: ...
    @property
    def flood_count(self) -> int: ...
    @property
    def flood_minutes(self) -> int: ...
    @property
    def never_folded(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Fold:
    """Into which bundle a notice goes, and when that leaves if it is opened now."""

    kind: BundleKind
    key: str
    due_at: datetime


def fold(
    about: Bundled,
    group: Mapping[str, Any] | None,
    terms: Terms,
    *,
    at: datetime,
    sent: int,
    calendar: Calendar | None,
) -> Fold | None:
    """Say into which bundle a notice goes; None: it goes at once, by itself.

    `sent` is how many went by themselves to this recipient by this channel within the minutes
    that the terms name; a `calendar` is given to who wants a digest. What is major, and levels
    that are never folded, go at once.
    """
    if about.major or about.level in terms.never_folded:
        return None
    if calendar and about.level in terms.digest_levels:
        return Fold(BundleKind.DIGEST, "", morning(at, terms.digest_at, calendar))
    if group:
        due_at = at + timedelta(minutes=group["wait_minutes"])
        return Fold(BundleKind.GROUP, group_key(about, group["by"]), due_at)
    if sent >= terms.flood_count:
        return Fold(BundleKind.FLOOD, "", at + timedelta(minutes=terms.flood_minutes))
    return None


def group_key(about: Bundled, by: Collection[str]) -> str:
    """Give what those of one group share."""
    values = {
        GroupBy.PROJECT: str(about.project_id),
        GroupBy.AREA: about.area_code,
        GroupBy.KIND: about.kind,
    }
    return "|".join(f"{each}={value}" for each, value in values.items() if each in by)


def morning(at: datetime, opens: time, calendar: Calendar) -> datetime:
    """Give the first opening hour of a working day after an instant."""
    day = at.astimezone(_BEIJING).date()
    today = step_at(day, 0, calendar, opens)
    return today if calendar.is_workday(day) and at < today else step_at(day, 1, calendar, opens)


class Summed(Protocol):
    """A bundle that leaves, as its words read it."""

    @property
    def kind(self) -> BundleKind: ...
    @property
    def counts(self) -> list[dict[str, Any]]: ...
    @property
    def titles(self) -> list[dict[str, Any]]: ...
    @property
    def total(self) -> int: ...


_LABEL: Mapping[BundleKind, Text] = {
    BundleKind.DIGEST: Text("每日汇总", "Digest"),
    BundleKind.GROUP: Text("合并通知", "Grouped"),
    BundleKind.FLOOD: Text("短时间大量预警", "Many at once"),
}
_ABOUT = Text("共 {total} 条", "{total} in all")
_COUNT = Text("{label} {kind}：{count} 条", "{label} {kind}: {count}")
_MORE = Text("……另有 {more} 条", "… and {more} more")
_ASK = Text(
    "请登录平台，在“我的通知”中查看全部并签收。",
    "All of them are in your inbox on the platform; open and acknowledge them there.",
)


def fields(bundle: Summed, kinds: Mapping[str, Text]) -> dict[str, Text]:
    """Give what a template may name of a bundle; `owed` are the counts, `task` the titles."""
    empty = Text("", "")
    counts = [
        Text(
            _COUNT.zh.format(label=each["label"], kind=_kind(each, kinds).zh, count=each["count"]),
            _COUNT.en.format(label=each["label"], kind=_kind(each, kinds).en, count=each["count"]),
        )
        for each in bundle.counts
    ]
    titles = [Text(each["zh"], each["en"]) for each in bundle.titles]
    if bundle.total > len(titles):
        titles.append(_MORE.fill(more=bundle.total - len(titles)))
    about = _ABOUT.fill(total=bundle.total)
    said = dict.fromkeys(("project", "period", "due_on", "lacking", "waiting", "alert_id"), empty)
    return said | {
        "label": _LABEL[bundle.kind], "opening": Text("预警", "Alerts"), "kind": about,
        "about": about, "owed": _lines(counts), "task": _lines(titles), "ask": _ASK,
    }  # fmt: skip


def _kind(each: Mapping[str, Any], kinds: Mapping[str, Text]) -> Text:
    return kinds.get(each["kind"], Text(each["kind"], each["kind"]))


def _lines(said: Sequence[Text]) -> Text:
    return Text("\n".join(each.zh for each in said), "\n".join(each.en for each in said))
