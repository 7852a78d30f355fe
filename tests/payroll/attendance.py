"""Records of attendance for tests; plain functions."""

import json
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select

from services.payroll.models import Attendee
from shared.db import Session

ID_CARD, OTHER_CARD = "110101199003077379", "110101199003077458"


def seen(key: str, at: str = "2023-03-01T07:30:00+08:00", **more: Any) -> dict[str, Any]:
    """Give a record of somebody who came in."""
    return {"record_key": key, "id_number": ID_CARD, "at": at, "direction": "01"} | more


def said(*records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"source": "gate-1", "records": list(records)} | more


def body(*records: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(said(*records, **more)).encode()


async def send(client: AsyncClient, project_id: UUID, *records: Any, **more: Any) -> Response:
    path = f"/payroll/v1/projects/{project_id}/attendance"
    return await client.post(path, json=said(*records, **more))


async def attendee_id(session: Session, project_id: UUID) -> UUID:
    """Give the one person whom a project's gates saw."""
    await session.flush()  # The query must see all of it.
    found = await session.scalars(select(Attendee.id).where(Attendee.project_id == project_id))
    return found.one()
