"""What came of a county, read from the services' interfaces, in the words of the model."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.demo.stage import Client
from tests.flows.reference import CHINA, RANK, Item, Outcome, Proposal

# What the plain model knows of; items of other kinds are looked at by themselves.
MODELLED = {"transfer_missed", "bank_feed_late"}


def china(instant: str | datetime) -> datetime:
    """Give an instant as China's clocks show it."""
    read = instant if isinstance(instant, datetime) else datetime.fromisoformat(instant)
    return read.astimezone(CHINA)


async def outcome(client: Client) -> Outcome:
    """Read all items with their levels, all proposals and cases."""
    projects = {one["id"]: one["code"] for one in await client.everything("/registry/v1/projects")}
    sources = {one["id"]: one["code"] for one in await client.everything("/payroll/v1/sources")}
    feeds = await client.everything("/payroll/v1/bank-feeds")
    subjects = projects | {one["id"]: sources[one["source_id"]] for one in feeds}
    items = [
        item(await client.call("GET", f"/cases/v1/watch-items/{one['id']}"), subjects)
        for one in await client.everything("/cases/v1/watch-items")
        if one["kind"] in MODELLED
    ]
    proposals = [
        Proposal(projects[one["project_id"]], china(one["proposed_at"]), one["state"])
        for one in await client.everything("/cases/v1/proposals")
    ]
    cases = [
        (projects[one["project_id"]], china(one["opened_at"]))
        for one in await client.everything("/cases/v1/arrears-cases")
        # What people tell of is no part of the model; what a project's misses lead to is.
        if one["proposal_id"]
    ]
    return Outcome(items, proposals, cases)


def item(told: Mapping[str, Any], subjects: Mapping[str, str]) -> Item:
    """Read an item: its levels are what its timeline says of its opening and its rises."""
    levels = [
        (entry["level"], china(entry["at"]))
        for entry in told["timeline"]
        if entry["what"] in {"opened", "raised"}
    ]
    return Item(
        told["kind"],
        subjects[told["project_id"] or told["subject_id"]],
        told["period"],
        china(told["opened_at"]),
        levels,
        china(told["closed_at"]) if told["closed_at"] else None,
        date.fromisoformat(told["due_on"]),
    )


def plain(outcome: Outcome) -> dict[str, list[Any]]:
    """Give an outcome as sorted rows of text, to be compared and, where it differs, read."""
    items = {
        (one.kind, one.project, one.period, f"{one.opened:%m-%d %H:%M}"): [
            *(f"{level} {at:%m-%d %H:%M}" for level, at in one.levels),
            f"closed {one.closed:%m-%d %H:%M}" if one.closed else "open",
        ]
        for one in outcome.items
    }
    assert len(items) == len(outcome.items), "an item opened twice at one instant"
    proposals = [(one.project, f"{one.made:%m-%d %H:%M}", one.state) for one in outcome.proposals]
    cases = [(project, f"{at:%m-%d %H:%M}") for project, at in outcome.cases]
    return {
        "items": sorted(items.items()),
        "proposals": sorted(proposals),
        "cases": sorted(cases),
    }


def differences(services: Outcome, model: Outcome) -> list[str]:
    """Say what only the services or only the model knows of."""
    told, meant = plain(services), plain(model)
    return [
        *(
            f"only the services: {row}"
            for kind in told
            for row in told[kind]
            if row not in meant[kind]
        ),
        *(
            f"only the model: {row}"
            for kind in meant
            for row in meant[kind]
            if row not in told[kind]
        ),
    ]


async def board(client: Client, as_of: date, by: str) -> dict[str, tuple[object, ...]]:
    """Read how units stood on a day, in the order in which they are told, and `all`."""
    query = {"as_of": as_of.isoformat(), "by": by}
    return tallies(await client.call("GET", "/payroll/v1/obligations/summary", query=query))


def tallies(told: Mapping[str, Any]) -> dict[str, tuple[object, ...]]:
    """Read a summary: each unit's figures in the order in which they are told, and `all`."""
    units = {_unit(one[told["by"]]): _tally(one) for one in told["items"]}
    assert len(units) == len(told["items"])
    return units | {"all": _tally(told["total"])}


def _unit(told: Mapping[str, Any] | str | None) -> str:
    return str(told["name"]) if isinstance(told, Mapping) else told or ""


def _tally(told: Mapping[str, Any]) -> tuple[object, ...]:
    counts = (told[name] for name in ("projects", "none", "short", "full", "shortfall"))
    return *counts, None if told["share"] is None else Decimal(told["share"])


def levels(items: Iterable[Mapping[str, Any]], counted: set[str]) -> dict[str, dict[str, int]]:
    """Count the projects of each developer by the highest level of their open misses.

    `items` are those of the demo's document, `counted` the projects that count, by their codes.
    """
    highest: dict[tuple[str, str], str] = {}
    for one in items:
        project = one["project"]
        if one["kind"] == "transfer_missed" and not one["closed_at"] and project["code"] in counted:
            key = project["developer"]["name"], project["code"]
            highest[key] = max(one["level"], highest.get(key, "blue"), key=RANK.__getitem__)
    found: dict[str, dict[str, int]] = {}
    for (unit, _), level in highest.items():
        found.setdefault(unit, {}).setdefault(level, 0)
        found[unit][level] += 1
    return found
