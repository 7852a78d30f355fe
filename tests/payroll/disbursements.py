"""Wages that go to the bank, for tests: an account with money, an approved sheet; plain functions.

Everybody's sheets, rosters and feeds are made by `sheets` and `factories`; this joins them.
"""

from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from shared.db import Session
from tests.payroll import factories as make
from tests.payroll import sheets

V1 = "/payroll/v1"
FIRST = date(2023, 1, 10)


async def funded(session: Session, project_id: UUID, amount: int = 20000) -> None:
    """Let the project's account be known, and hold an amount since 10 January."""
    await make.bank(session)
    await make.source(session, FIRST)
    await make.account(session, project_id)
    line = make.line("C1", "2023-01-10T10:00:00", amount, amount)
    await make.feed(session, FIRST, make.statement(0, line))


async def approved(client: AsyncClient, speak: Any, project_id: UUID, *lines: Any) -> str:  # noqa: ANN401  a fixture
    """Bring a sheet to `approved`, each step by another person; give its id."""
    speak("contractor", "maker")
    answer = await sheets.send(client, project_id, sheets.body(*lines))
    assert answer.status_code == 201, answer.text
    sheet_id: str = answer.json()["sheet"]["id"]
    return await passed(client, speak, sheet_id)


async def passed(client: AsyncClient, speak: Any, sheet_id: str) -> str:  # noqa: ANN401  a fixture
    """Take a checked sheet through all its steps, each by another person."""
    for role, who, step in (
        ("contractor", "submitter", "submit"),
        ("wage_officer", "officer", "review"),
        ("contractor", "approver", "approve"),
    ):
        speak(role, who)
        done = await sheets.step(client, sheet_id, step)
        assert done.status_code == 200, done.text
    return sheet_id


async def send(client: AsyncClient, sheet_id: object) -> Response:
    return await client.post(f"{V1}/sheets/{sheet_id}/disbursements")
