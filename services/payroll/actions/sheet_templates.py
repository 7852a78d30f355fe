"""A template of a project's sheets is filled with its roster; who took it and why is recorded."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import sheets
from services.payroll.models import Project
from services.payroll.schemas.sheets import SheetTemplateIn
from shared.auth import Caller
from shared.db import Session, record


class Filled(NamedTuple):
    """What a template says: above its table, and a row for each worker."""

    labels: Mapping[str, str]
    workers: Sequence[Mapping[str, Any]]


async def fill(session: Session, caller: Caller, project_id: UUID, body: SheetTemplateIn) -> Filled:
    """Give an employer's people of a month as its sheets name them.

    Raises ProjectUnknown; SheetRefused where the employer is not the caller's to send for.
    """
    project = await queries.sheets.project_of_sender(session, project_id, caller.scope)
    employer_id = await sheets.employer(session, caller, project, body.employer_id)
    rows = await queries.sheet_templates.workers_of_month(
        session, project.id, employer_id, body.period
    )
    after = {"purpose": body.purpose, "period": body.period, "rows": len(rows)}
    record(session, "reveal", Project.__tablename__, project.id, after=after)
    return Filled({"项目名称": project.card["name"]}, rows)
