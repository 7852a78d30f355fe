"""Feeds that payroll and cases expect in Hefeng."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import actions as cases
from services.cases.schemas.expectations import ExpectationIn as CallsIn
from services.payroll import actions as payroll
from services.payroll.schemas.expectations import ExpectationIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.registry import ApiKeyIssued
from tests.contracts.access.rows import HERE, Rows
from tests.payroll import factories as make

DAY = date(2023, 6, 1)


async def add_to_payroll(session: Session, office: Caller, rows: Rows) -> None:
    """Expect the county's finance bureau, which a bank stands in for; a caller asks again."""
    said = ExpectationIn(
        kind="treasury", area_code=HERE, name="县财政局", unit_id=make.BANK, valid_from=DAY
    )
    row = await payroll.expectations.expect(session, office, said, clock.now())
    _add(rows, "payroll", row.id, said.model_dump(mode="json"))


async def add_to_cases(session: Session, office: Caller, rows: Rows, now: datetime) -> None:
    """Expect the calls of a provincial system."""
    key = ApiKeyIssued(
        api_key_id=new_id(), key_hash="h", name="省平台", org_id=None, areas=[HERE],
        roles=["provincial_system"], valid_until=None, occurred_at=now,
    )  # fmt: skip
    await known.on_api_key_issued(session, key)
    said = CallsIn(
        kind="provincial_client", source_id=key.api_key_id, area_code=HERE, name="省平台",
        unit_id=rows.parties["assignee"], valid_from=DAY,
    )  # fmt: skip
    row = await cases.expectations.expect(session, office, said, now)
    _add(rows, "cases", row.id, said.model_dump(mode="json"))


def _add(rows: Rows, service: str, row_id: UUID, body: dict[str, Any]) -> None:
    path = f"/{service}/v1/expectations"
    rows.ids["expectation_id"] = row_id
    rows.parties["owner"] = UUID(body["unit_id"])
    rows.marks[f"GET {path}"] = row_id
    rows.requests[f"POST {path}"] = [{"json": body}]
    rows.requests[f"POST {path}/{{expectation_id}}/end"] = [{"json": {"reason": "停报"}}]
