"""What a caller from elsewhere asks for of months of projects."""

from uuid import UUID

from services.payroll import actions, queries
from shared import clock
from shared.db import Session
from tests.contracts.access.rows import Rows
from tests.payroll.disbursements import V1


async def add(session: Session, made: Rows, project_id: UUID) -> None:
    """Let a month of a project be worked out; the counts are looked at by what they count."""
    await queries.paydays.touch(session, project_id, ["2023-01"])
    await actions.paydays.review(session, clock.now(), 50)
    mark = queries.paydays.month_id(project_id, "2023-01")
    made.marks |= {
        f"GET {V1}/projects/{{project_id}}/months": mark,
        f"GET {V1}/months": mark,
        f"GET {V1}/months/counts": '"projects":1',
    }
