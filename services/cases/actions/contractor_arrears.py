"""A developer reports that its contractor owes wages although the money came (L2.9)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import arrears
from services.cases.rules import orders as order_rules
from services.cases.rules.arrears import Channel, Speaker
from services.cases.schemas.arrears import ReportIn
from services.cases.schemas.contractor_arrears import ContractorArrearsIn
from shared import known
from shared.auth import Caller
from shared.db import Session


@dataclass(frozen=True, slots=True)
class TakenIn:
    """That a developer's report was taken in."""

    project_id: UUID
    received_at: datetime
    unit_id: UUID | None


async def report_contractor(
    session: Session, caller: Caller, body: ContractorArrearsIn, now: datetime
) -> TakenIn:
    """Take it into the one queue, at the office of the site. Raises ProjectUnknown, ReportRefused.

    It is told of the contractor of the project; who works there for whom the office finds out.
    """
    project = await queries.registry.own_project(session, body.project_id, caller.org, caller.scope)
    said = body.model_dump()
    told = ReportIn(
        channel=Channel.DEVELOPER, speaker=Speaker.BODY, area_code=project.area_code,
        place=project.name, employer_id=project.contractor_id,
        employer_name=project.contractor_name, **said,
    )  # fmt: skip
    office = order_rules.office_of(await known.lineage(session, project.area_code))
    desk = Caller(caller.subject, frozenset({"intake_desk"}), frozenset({office}))
    taken = await arrears.take_report(session, desk, told, now)
    return TakenIn(project.id, taken.report.received_at, taken.case.unit_id)
