"""Records of attendance for tests; plain functions."""

import json
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select

from services.payroll import actions, handlers
from services.payroll.models import Attendee, Expectation
from services.payroll.schemas.expectations import ExpectationIn
from shared import clock
from shared.db import Session
from shared.events.registry import OrganisationRegistered
from tests.payroll import factories as make

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


async def expect_contractor(session: Session, project_id: UUID) -> Expectation:
    """Expect the contractor of a project to tell of attendance from now on."""
    told = OrganisationRegistered(
        organisation_id=make.CONTRACTOR, name="某建设公司", credit_code="", area_code=make.COUNTY,
        roles=["contractor"], trades=[], occurred_at=make.BEGAN,
    )  # fmt: skip
    await handlers.on_organisation_registered(session, told)
    body = ExpectationIn.model_validate({
        "kind": "contractor", "area_code": make.COUNTY, "project_id": project_id,
        "name": "考勤表", "unit_id": make.CONTRACTOR, "valid_from": clock.day_of(clock.now()),
    })  # fmt: skip
    return await actions.expectations.expect(session, make.person(), body, clock.now())
