"""The history of an arrears case: a line for each thing that was done with it."""

from datetime import datetime

from services.cases.actions.timeline import jsonable
from services.cases.models import ArrearsCase, CaseStep
from services.cases.rules.course import Act, Stage
from shared import sets
from shared.db import Session, new_id


def note(
    session: Session,
    case: ArrearsCase,
    what: str,
    at: datetime,
    *,
    actor: str,
    came_from: Stage | None,
    act: Act | None = None,
    **details: object,
) -> None:
    """Write a line of a case's history, as the case stands now."""
    line = {
        "id": new_id(),
        "case_id": case.id,
        "at": at,
        "actor": actor,
        "act": act,
        "what": what,
        "stage_from": came_from,
        "stage_to": case.stage,
        "details": jsonable(details),
    }
    sets.put(session, CaseStep, line)
