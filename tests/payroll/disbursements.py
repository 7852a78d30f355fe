"""Wages that go to the bank, for tests: an account with money, an approved sheet; plain functions.

Everybody's sheets, rosters and feeds are made by `sheets` and `factories`; this joins them.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from services.payroll import actions
from services.payroll.schemas.tellings import PayeesIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from tests.fixtures.service import Time, Token
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


async def known(session: Session, time: Time, amount: int = 20000) -> UUID:
    """Let a project with money on its account and people on its roster be known, on 3 April."""
    time.move_to(clock.at(date(2023, 4, 3), 9))
    await make.tree(session)
    project_id = await make.contract(session)
    await funded(session, project_id, amount)
    await sheets.enrol(session, project_id)
    await session.flush()
    return project_id


async def tell_card(session: Session, project: UUID, number: str, card: str) -> None:
    """Let a worker's card change."""
    roster = Caller("roster", frozenset({"contractor"}), frozenset({make.COUNTY}), make.CONTRACTOR)
    said = PayeesIn.model_validate({"payees": [{"id_number": number, "card": {"card_no": card}}]})
    await actions.roster_moves.tell_payees(session, roster, project, said, clock.now())
    await session.flush()


def speaker(client: AsyncClient, token: Token) -> Callable[..., None]:
    """Give what lets the client speak as somebody else of the contractor, or of another unit."""

    def as_(role: str, subject: str, org: UUID | None = make.CONTRACTOR) -> None:
        client.headers.update(token(role, areas=[make.COUNTY], org=org, subject=subject))

    return as_


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
