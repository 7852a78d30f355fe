"""Bank lines are looked for and revealed; what is read of persons is recorded."""

from uuid import UUID

from services.payroll import queries
from services.payroll.models import BankLine
from services.payroll.schemas.lines import CounterpartyIn
from shared import paging, pii
from shared.areas import Scope
from shared.db import Session, record


async def reveal_line(session: Session, line_id: UUID, scope: Scope, purpose: str) -> BankLine:
    """Give a line with what it hides; who read it and why is recorded."""
    line = await queries.lines.bank_line(session, line_id, scope)
    record(session, "reveal", BankLine.__tablename__, line.id, after={"purpose": purpose})
    return line


async def find_lines(
    session: Session, scope: Scope, whose: CounterpartyIn, *, cursor: str | None, limit: int
) -> paging.Found[BankLine]:
    """Give the lines of a counterparty; that somebody looked is recorded, not for whom."""
    sought = [name for name in ("name", "account_no") if getattr(whose, name)]
    record(session, "search", BankLine.__tablename__, "", after={"by": sought})
    return await queries.lines.lines_of_counterparty(
        session,
        scope,
        pii.blind_index(whose.name, "name") if whose.name else None,
        pii.blind_index(whose.account_no, "account") if whose.account_no else None,
        cursor=cursor,
        limit=limit,
    )
