"""What a service's rows for the access tests tell: ids, requests that work, marks, parties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared import clock
from shared.db import Session, new_id
from shared.inbox import PARKED, InboxKey, InboxRow

HERE, ELSEWHERE = "422828", "330106"
TREE_ELSEWHERE = {"33": "/0/33/", "3301": "/0/33/3301/", ELSEWHERE: "/0/33/3301/330106/"}

# What the client is told beside method and path: `json`, `content`, `headers`, `params`.
Request = Mapping[str, Any]


@dataclass
class Rows:
    """Rows of the area HERE, and how to ask for each."""

    ids: dict[str, UUID] = field(default_factory=dict)
    """The id behind each `{parameter}` of a path."""
    codes: dict[str, str] = field(default_factory=dict)
    """What stands in a public path where no id does."""
    own_ids: dict[str, dict[str, UUID]] = field(default_factory=dict)
    """The same for one route alone."""
    requests: dict[str, Sequence[Request]] = field(default_factory=dict)
    """What a route is sent so that it works for whoever may; by the route's name."""
    marks: dict[str, object] = field(default_factory=dict)
    """What the answer of a list holds if, and only if, it shows a row of HERE."""
    parties: dict[str, UUID] = field(default_factory=dict)
    """Who takes part in the rows."""

    def mark(self, name: str) -> object:
        """Give a list's mark; an export shows what its list shows."""
        return self.marks[name.replace("/v1/exports/", "/v1/")]

    def path(self, name: str) -> str:
        """Give a route's path with the ids of rows that exist; KeyError where none was made."""
        _, path = name.split()
        known = self.ids | self.own_ids.get(name, {})
        return path.format(**known)


async def park(session: Session, service: str, rows: Rows) -> None:
    """Set an event aside, and say how operators ask for it."""
    row = InboxRow(
        id=new_id(), topic="house.events", key="k", type="house.stone_laid.v1",
        occurred_at=clock.wall(), received_at=clock.wall(), traceparent="", body=b"{}",
        state=PARKED, attempts=3, error="RuntimeError",
    )  # fmt: skip
    session.add_all([row, InboxKey(topic=row.topic, key=row.key, retry_at=None)])
    rows.ids["event_id"] = row.id
    rows.marks[f"GET /{service}/v1/parked"] = row.id
    rows.requests[f"POST /{service}/v1/parked/{{event_id}}/skip"] = [{"json": {"reason": "no use"}}]
    later = {"json": {"now": "2023-12-31T00:00:00+08:00"}}
    rows.requests[f"POST /{service}/scenario/clock"] = [later]
