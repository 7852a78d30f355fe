"""Expected feeds of payroll."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from services.payroll.errors import ExpectationUnknown
from services.payroll.models import Expectation
from services.payroll.schemas.expectations import ExpectationFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.expectations import untimed, without_timer
from shared.service import Offender


async def expectations(
    session: Session, scope: Scope, only: ExpectationFilter, *, cursor: str | None, limit: int
) -> paging.Found[Expectation]:
    """Give a page of expected feeds of the caller's areas; its owner sees those of its own."""
    seen = known.in_scope(Expectation.area_code, scope, Expectation.unit_id)
    statement = select(Expectation).where(seen)
    for name, wanted in only.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Expectation, name) == wanted)
    by = (Expectation.area_code, Expectation.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def locked_expectation(session: Session, expectation_id: UUID, scope: Scope) -> Expectation:
    """Give an expected feed for changing, or raise ExpectationUnknown."""
    row = await session.scalar(
        select(Expectation)
        .where(
            Expectation.id == expectation_id,
            known.in_scope(Expectation.area_code, scope, Expectation.unit_id),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise ExpectationUnknown
    return row


UNTIMED = untimed(Expectation).exists()
"""Whether anything waits for an instant that no armed timer will tell of."""


async def expectations_without_timer(session: Session) -> Sequence[Offender]:
    """Give what waits for an instant that no armed timer will tell of, as invariants name it."""
    found = await without_timer(session, Expectation)
    return [Offender(row.id, f"expected {row.kind} {row.state}") for row in found]
