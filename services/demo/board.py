"""What came of a scenario, read from the services: as one document, and as a page of text."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.demo.player import Player
from services.demo.stage import Client
from shared import clock

Say = Callable[[str], None]


async def document(player: Player, received: Mapping[str, Any]) -> dict[str, Any]:
    """Gather obligations, items with their timelines, proposals, alerts and deliveries."""
    client = player.client
    items = await _whole(client, "/cases/v1/watch-items")
    return {
        "as_of": player.scenario.ends.isoformat(),
        "scenario": player.scenario.title,
        "projects": await client.everything("/registry/v1/projects"),
        "obligations": await client.everything("/payroll/v1/obligations"),
        "watch_items": sorted(items, key=lambda item: (item["opened_at"], item["id"])),
        "proposals": await client.everything("/cases/v1/proposals"),
        "arrears_cases": await client.everything("/cases/v1/arrears-cases"),
        "alerts": await _whole(client, "/alerts/v1/alerts"),
        "recipients": await client.everything("/alerts/v1/recipients"),
        "deliveries": await client.everything("/alerts/v1/deliveries"),
        "received": dict(received),
    }


async def _whole(client: Client, path: str) -> list[Any]:
    """Give every item of a list with all that belongs to it."""
    return [
        await client.call("GET", f"{path}/{one['id']}") for one in await client.everything(path)
    ]


def _when(instant: str | None) -> str:
    if not instant:
        return ""
    return datetime.fromisoformat(instant).astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)  # noqa: PLR2004  where wide letters begin


def _table(rows: list[list[str]], say: Say) -> None:
    """Print rows in columns; Chinese letters are two places wide."""
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = [cell + " " * (wide - _width(cell)) for cell, wide in zip(row, widths, strict=True)]
        say("  " + "  ".join(cells).rstrip())


def show(told: Mapping[str, Any], say: Say) -> None:
    """Print the page."""
    say(f"\n═══ {told['scenario']} ═══  截至 as of {_when(told['as_of'])}\n")
    _obligations(told, say)
    _items(told, say)
    _proposals(told, say)
    _alerts(told, say)
    _deliveries(told, say)


def _obligations(told: Mapping[str, Any], say: Say) -> None:
    say("人工费用拨付 labour-cost transfers")
    names = {project["id"]: project["name"] for project in told["projects"]}
    head = ["项目 project", "期间", "应拨日 due", "应拨 due amount", "到账 credited", "状态 status"]
    rows = [
        [
            names.get(one["project_id"], ""),
            one["period"],
            one["due_on"],
            one["due_amount"],
            one["credited_amount"],
            one["status"],
        ]
        for one in sorted(told["obligations"], key=lambda o: (o["project_id"], o["due_on"]))
    ]
    _table([head, *rows], say)


def _items(told: Mapping[str, Any], say: Say) -> None:
    say("\n关注事项 watch items, each with its timeline")
    names = {project["id"]: project["name"] for project in told["projects"]}
    for item in told["watch_items"]:
        project = names.get(item["project_id"] or "", "")
        lacking = f"  差额 lacking {item['lacking']}" if item.get("lacking") else ""
        say(
            f"  ■ {item['kind']}  {project} {item['period']}  {item['level']}  "
            f"{item['state']}{lacking}"
        )
        for entry in item["timeline"]:
            level = entry.get("level") or ""
            say(
                f"      {_when(entry['at'])}  {entry['what']:<14} {level:<7} "
                f"{entry.get('step') or ''}"
            )


def _proposals(told: Mapping[str, Any], say: Say) -> None:
    say(
        f"\n立案建议 case proposals: {len(told['proposals'])}, "
        f"欠薪案件 arrears cases: {len(told['arrears_cases'])}"
    )
    for one in told["proposals"]:
        say(f"  {_when(one['proposed_at'])}  {one['state']}")
    for one in told["arrears_cases"]:
        say(f"  {_when(one['opened_at'])}  {one['state']}")


def _alerts(told: Mapping[str, Any], say: Say) -> None:
    say(f"\n预警通知 alerts: {len(told['alerts'])}")
    names = {one["id"]: one["title"] for one in told["recipients"]}
    notices = Counter(
        names.get(notice["recipient_id"], "") for one in told["alerts"] for notice in one["notices"]
    )
    for name, number in notices.most_common():
        say(f"  {number:>4} × {name}")


def _deliveries(told: Mapping[str, Any], say: Say) -> None:
    messages = told["received"].get("messages", [])
    kinds = Counter(message["event"]["type"] for message in messages)
    say(
        f"\n推送 webhooks: {len(messages)} received by the subscriber, each signature verified, "
        f"{told['received'].get('refused', 0)} refused"
    )
    for kind, number in sorted(kinds.items()):
        say(f"  {number:>4} × {kind}")
