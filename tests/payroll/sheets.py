"""Payroll sheets for tests: who sends them, and bodies; plain functions."""

from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from services.payroll import actions, handlers
from services.payroll.schemas.labour import ContractTermsIn
from services.payroll.schemas.roster import CardIn, RosterIn, WorkerIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.registry import ProjectPartyChanged
from tests.payroll import factories as make

SUBCONTRACTOR, STRANGER = UUID(int=71), UUID(int=72)
PERIOD = "2023-03"
ID_CARD, OTHER_CARD = "110101199003077379", "422828198805123611"
BANK_CARD, OTHER_BANK_CARD = "6228480402564890018", "6228480402637874213"
THIRD_CARD, THIRD_BANK_CARD = "422828197509202417", "6228480402564890026"
PEOPLE = (
    (ID_CARD, "张三丰", BANK_CARD),
    (OTHER_CARD, "李四", OTHER_BANK_CARD),
    (THIRD_CARD, "王五", THIRD_BANK_CARD),
)


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


def third(**changes: Any) -> dict[str, Any]:
    """Give a line of a third worker."""
    return line(**({"id_number": THIRD_CARD, "name": "王五", "card_no": THIRD_BANK_CARD} | changes))


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


async def enrol(session: Session, project_id: UUID, *people: tuple[str, str, str]) -> None:
    """Put people on a project's roster, with contract and own card: number, name, card."""
    caller = Caller("roster", frozenset({"contractor"}), frozenset({make.COUNTY}), make.CONTRACTOR)
    workers = [
        WorkerIn(
            id_number=number, name=name, entered_on=date(2023, 1, 10),
            contract=ContractTermsIn(start_on=date(2023, 1, 9)), card=CardIn(card_no=card),
        )
        for number, name, card in people or PEOPLE
    ]  # fmt: skip
    said = RosterIn(workers=workers)
    await actions.roster.enter_workers(session, caller, project_id, said, clock.now())


async def send(client: AsyncClient, project_id: object, said: dict[str, Any]) -> Response:
    return await client.post(f"/payroll/v1/projects/{project_id}/sheets", json=said)


async def step(client: AsyncClient, sheet_id: object, name: str, **said: Any) -> Response:
    return await client.post(f"/payroll/v1/sheets/{sheet_id}/{name}", json=said or None)
