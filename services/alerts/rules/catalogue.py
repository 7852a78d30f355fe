"""The types of events that are pushed, what a thin message says, and which end when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

from shared.wording import Text

ITEM, PROPOSAL, CASE, RESTRICTION, ALERT = (
    "/cases/v1/watch-items/{watch_item_id}",
    "/cases/v1/proposals?project_id={project_id}",
    "/cases/v1/arrears-cases?project_id={project_id}",
    "/cases/v1/restrictions?credit_code={credit_code}",
    "/alerts/v1/alerts/{alert_id}",
)
# What names a thing and where it stands. All else is asked for at `dataref`, by the scope of
# whoever asks.
_THIN = (
    "watch_item_id", "kind", "subject_id", "project_id", "area_code", "period", "level",
    "level_rank", "previous_level", "step", "close_reason", "order_id", "order_state",
    "proposal_id", "arrears_case_id", "restriction_id", "state", "alert_id", "endpoint_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """That a type is not to be used for anything new, until when it is sent, and what follows."""

    deprecated_on: date
    sunset_on: date
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A type of event as subscribers read of it."""

    name: str
    meaning: Text
    found_at: str | None
    """Where the thing is asked for, filled with the event's fields."""
    ending: Ending | None = None


TEST = "alerts.endpoint_test.v1"
# The platform's own, which nobody can subscribe to.
CANARY = "alerts.canary.v1"
CATALOGUE: Mapping[str, Listed] = {
    name: Listed(name, Text(zh, en), found_at)
    for name, zh, en, found_at in (
        ("cases.watch_item_opened.v1", "关注事项产生", "A watch item was opened", ITEM),
        ("cases.watch_item_raised.v1", "关注事项升级", "Its level rose", ITEM),
        ("cases.watch_item_lowered.v1", "关注事项降级", "Its level fell", ITEM),
        ("cases.watch_item_step_reached.v1", "到达处置节点", "It reached a step", ITEM),
        ("cases.watch_item_closed.v1", "关注事项销号", "It was closed, with proof", ITEM),
        ("cases.correction_order_moved.v1", "责令改正进展", "A correction order moved", ITEM),
        ("cases.funding_order_moved.v1", "政府资金督办进展", "A funding order moved", ITEM),
        ("cases.case_proposed.v1", "建议立案", "An arrears case was proposed", PROPOSAL),
        ("cases.arrears_case_opened.v1", "欠薪案件立案", "An arrears case was opened", CASE),
        ("cases.restriction_changed.v1", "限制措施变更", "A restriction changed", RESTRICTION),
        ("alerts.supervision_proposed.v1", "建议挂牌督办", "Listed supervision is proposed", ALERT),
        (TEST, "推送测试", "Somebody tries an endpoint", None),
    )
}


def thin(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a thin message says of an event."""
    return {name: data[name] for name in _THIN if data.get(name) is not None}


def found_at(name: str, data: Mapping[str, Any]) -> str | None:
    """Give the path at which a thing is asked for; None where there is none."""
    path = CATALOGUE[name].found_at if name in CATALOGUE else None
    return path.format_map(data) if path else None


def headers(name: str) -> dict[str, str]:
    """Give the headers that warn of a type's end (RFC 9745, RFC 8594); none while it stays."""
    ending = CATALOGUE[name].ending if name in CATALOGUE else None
    if ending is None:
        return {}
    began, ends = (
        datetime.combine(day, time(), UTC) for day in (ending.deprecated_on, ending.sunset_on)
    )
    return {
        "deprecation": f"@{int(began.timestamp())}",
        "sunset": format_datetime(ends, usegmt=True),
    }
