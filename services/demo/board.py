"""What came of a scenario, read from the services: as one document, and as a page of text."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from services.demo import cases, months
from services.demo.page import LATE, RESERVES
from services.demo.player import Player
from services.demo.stage import Client
from shared import clock

Say = Callable[[str], None]
Told: TypeAlias = Mapping[str, Any]

# As many as a list gives at a time.
PAGE = "200"


async def document(player: Player, received: Told) -> dict[str, Any]:
    """Gather what came of the scenario; `received` is what the subscriber got and verified.

    `as_of` is the instant at which the clock stopped, `summary` payroll's of the day before it.
    Items, proposals and alerts are those of the interfaces, with the names that ids stand for;
    `deliveries` are the webhooks, each with what the subscriber says of it.
    """
    client, ends = player.client, player.scenario.ends
    projects = {one["id"]: _project(one) for one in await client.everything(_PROJECTS)}
    items = await client.everything(_ITEMS, limit=PAGE)
    proposals = await client.everything("/cases/v1/proposals")
    alerts = await client.everything(_ALERTS, limit=PAGE)
    recipients = {one["id"]: one["title"] for one in await client.everything(_RECIPIENTS)}
    feeds = await _feeds(client, items)
    days = {"by": "developer", "as_of": _day(ends)}
    half = {"by": "developer", "half_year": _half(ends)}
    return {
        "as_of": ends.isoformat(),
        "summary": await client.call("GET", _SUMMARY, query=days),
        "reserves": await _reserves(client),
        "reporting": await client.call("GET", f"{_REPORTING}/summary", query=half),
        "reporting_gaps": await client.everything(f"{_REPORTING}/gaps", open="true"),
        "systems": await client.call("GET", _SYSTEMS, query=days),
        "months": await months.of_all(client),
        "watch_items": _ordered("opened_at", (_about(i, projects, feeds) for i in items)),
        "ledger": await cases.ledger(client, player.scenario.area_code),
        "proposals": _ordered("proposed_at", (_about(p, projects) for p in proposals)),
        "alerts": _ordered("raised_at", (_about(a, projects, names=recipients) for a in alerts)),
        "deliveries": _verified(await client.everything(_DELIVERIES, channel="webhook"), received),
    }


_REPORTING = "/registry/v1/reporting"
_PROJECTS, _RECIPIENTS = "/registry/v1/projects", "/alerts/v1/recipients"
_ITEMS, _ALERTS = "/cases/v1/watch-items/whole", "/alerts/v1/alerts/whole"
_SYSTEMS = "/registry/v1/requirements/summary"
_SUMMARY, _DELIVERIES = "/payroll/v1/obligations/summary", "/alerts/v1/deliveries"


def _day(ends: datetime) -> str:
    """Give the last day that the scenario has seen; it ends at 24:00 if the clock stops there."""
    return clock.day_of(ends - timedelta(microseconds=1)).isoformat()


def _half(ends: datetime) -> str:
    """Give the half-year that the last day lies in."""
    day = clock.day_of(ends - timedelta(microseconds=1))
    return f"{day.year}H{1 if day.month <= 6 else 2}"  # noqa: PLR2004  June ends the first


def _project(one: Told) -> dict[str, Any]:
    developer = {"id": one["developer_id"], "name": one["developer_name"]}
    return {"id": one["id"], "code": one["code"], "name": one["name"], "developer": developer}


async def _feeds(client: Client, items: Iterable[Told]) -> dict[str, Any]:
    """Give the feeds that came late, each with its source's name."""
    late = [item["subject_id"] for item in items if item["kind"] == LATE]
    if not late:
        return {}
    sources = {one["id"]: one["name"] for one in await client.everything("/payroll/v1/sources")}
    feeds = [await client.call("GET", f"/payroll/v1/bank-feeds/{each}") for each in late]
    return {feed["id"]: {**feed, "source": sources[feed["source_id"]]} for feed in feeds}


def _about(
    one: Told,
    projects: Told,
    feeds: Told | None = None,
    *,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Give a thing with its project, with its feed, and with the names of those who were told."""
    about = {**one, "project": projects.get(one["project_id"] or "")}
    if feeds is not None:
        about["feed"] = feeds.get(one["subject_id"])
    if names is not None:
        told = [
            {**each, "recipient": names.get(each["recipient_id"], "")} for each in one["notices"]
        ]
        about["notices"] = told
    return about


def _ordered(at: str, found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order what came of a play by its instants, then so that a second play gives the same."""

    def place(one: Told) -> tuple[str, ...]:
        code = one["project"]["code"] if one["project"] else ""
        return one[at], code, one.get("period", ""), one.get("level", ""), one["id"]

    return sorted(found, key=place)


def _verified(deliveries: Iterable[Told], received: Told) -> list[dict[str, Any]]:
    """Set beside each webhook how often the subscriber got it with a right signature."""
    arrivals = {each["event"]["id"]: each["arrivals"] for each in received.get("messages", ())}
    return [
        {
            **one,
            "verified": one["message_id"] in arrivals,
            "arrivals": arrivals.get(one["message_id"], 0),
        }
        for one in deliveries
    ]


async def _reserves(client: Client) -> list[Told]:
    """Give the accounts of which it is known what a month of wages takes, most money first.

    Those that hold most are told with their months: what the account paid, and who got it.
    """
    found = [
        one
        for one in await client.everything("/payroll/v1/reserves")
        if one["average_payroll"] is not None
    ]
    found.sort(key=lambda one: (-Decimal(one["balance"]), one["project_name"]))
    whole = [
        {
            **await client.call("GET", f"/payroll/v1/projects/{one['project_id']}/reserve"),
            "pay_months": await months.of_project(client, one["project_id"]),
        }
        for one in found[:RESERVES]
    ]
    return [*whole, *found[RESERVES:]]
