"""Payroll sheets for tests: who sends them, and bodies; plain functions."""

from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from services.payroll import handlers
from shared.db import Session, new_id
from shared.events.registry import ProjectPartyChanged
from tests.payroll import factories as make

SUBCONTRACTOR, STRANGER = UUID(int=71), UUID(int=72)
PERIOD = "2023-03"
ID_CARD, OTHER_CARD = "110101199003077379", "422828198805123611"
BANK_CARD, OTHER_BANK_CARD = "6228480402564890018", "6228480402637874213"


def line(**changes: Any) -> dict[str, Any]:
    """Give a line that adds up."""
    return {
        "id_number": ID_CARD, "name": "张三丰", "card_no": BANK_CARD, "days": "22",
        "gross": "6000.00", "deductions": "500.00", "net": "5500.00",
    } | changes  # fmt: skip


def second(**changes: Any) -> dict[str, Any]:
    """Give a line of another worker."""
    other = {"id_number": OTHER_CARD, "name": "李四", "card_no": OTHER_BANK_CARD}
    return line(**(other | changes))


def body(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"period": PERIOD, "lines": list(lines or (line(), second()))} | changes


async def subcontractor(session: Session, project_id: UUID, unit: UUID = SUBCONTRACTOR) -> None:
    """Let a company be known as a subcontractor of a project."""
    await handlers.on_project_party_changed(
        session,
        ProjectPartyChanged(
            project_id=project_id, area_code=make.COUNTY, party_id=new_id(), role="subcontractor",
            organisation_id=unit, organisation_name="某劳务公司", from_on=date(2023, 1, 1),
            occurred_at=make.BEGAN,
        ),
    )  # fmt: skip


async def send(client: AsyncClient, project_id: object, said: dict[str, Any]) -> Response:
    return await client.post(f"/payroll/v1/projects/{project_id}/sheets", json=said)


async def step(client: AsyncClient, sheet_id: object, name: str, **said: Any) -> Response:
    return await client.post(f"/payroll/v1/sheets/{sheet_id}/{name}", json=said or None)
