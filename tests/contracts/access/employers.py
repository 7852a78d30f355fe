"""A case about a company in Hefeng, as the company is told of it, its list open."""

from decimal import Decimal

from services.cases.models import ArrearsCase, ArrearsLine, Project
from services.cases.rules.arrears import Channel
from services.cases.rules.course import Stage
from shared import clock
from shared.db import Session
from tests.cases.factories import CONTRACTOR, DEVELOPER, an_id
from tests.contracts.access.rows import HERE, Rows

V1 = "/cases/v1"


async def add(session: Session, rows: Rows) -> None:
    """Make a case that was accepted, about an employer, a contractor and a developer."""
    now, employer = clock.now(), an_id("employer")
    session.add(
        ArrearsCase(
            id=an_id("told"),
            employer_handle=an_id("handle"),
            area_code=HERE,
            place="容美镇某餐馆",
            channel=Channel.DESK,
            stage=Stage.INVESTIGATING,
            stage_since=now,
            accepted_at=now,
            opened_at=now,
            opened_by="desk",
            version=1,
            employer_id=employer,
            contractor_id=CONTRACTOR,
            developer_id=DEVELOPER,
        )
    )
    await session.flush()  # The line refers to the case.
    session.add(
        ArrearsLine(
            id=an_id("told line"),
            case_id=an_id("told"),
            position=1,
            name="工人周",
            id_number="422828198503070026",
            name_index="told",
            months="2023-04",
            claimed=Decimal("300.00"),
            paid=Decimal("0.00"),
            disputed=False,
            withdrawn=False,
            referred=False,
        )
    )
    session.add(
        Project(
            id=an_id("own site"), name="某工地", area_code=HERE, investment_type="government",
            developer_id=DEVELOPER, developer_name="业主", told_at=now,
        )
    )  # fmt: skip
    owes = {"project_id": str(an_id("own site")), "months": "2023-04", "text": "拨付后仍欠薪"}
    rows.requests[f"POST {V1}/contractor-arrears"] = [{"json": owes}]
    rows.ids["handle"] = an_id("handle")
    rows.parties["employer"] = employer
    rows.marks[f"GET {V1}/employer-cases"] = an_id("handle")
