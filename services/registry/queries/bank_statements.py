"""The bank's statements of deposits: expected, filed, late."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select

from services.registry.errors import StatementUnknown
from services.registry.models import BankStatement, Project, Security
from services.registry.queries import projects
from services.registry.rules.bank_statements import StatementState
from services.registry.rules.deposits import SecurityForm, SecurityPurpose, SecurityState
from services.registry.schemas.bank_statements import StatementFilter
from shared import paging
from shared.areas import Scope
from shared.db import Session


async def statements(
    session: Session, scope: Scope, wanted: StatementFilter, *, cursor: str | None, limit: int
) -> paging.Found[BankStatement]:
    """Give statements of the projects that the caller may see, what was due first first."""
    statement = (
        select(BankStatement)
        .join(Project, Project.id == BankStatement.project_id)
        .where(projects.visible(scope))
    )
    for name in ("project_id", "security_id", "state", "late"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(BankStatement, name) == value)
    by = (BankStatement.due_on, BankStatement.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def statement(session: Session, statement_id: UUID, scope: Scope) -> BankStatement:
    """Give a statement that the caller may see; raises StatementUnknown."""
    found = await session.scalar(
        select(BankStatement)
        .join(Project, Project.id == BankStatement.project_id)
        .where(projects.visible(scope), BankStatement.id == statement_id)
    )
    if found is None:
        raise StatementUnknown
    return found


async def locked_statements(session: Session, security_id: UUID) -> list[BankStatement]:
    """Give all statements of a locked project's deposit, the oldest first, to be changed."""
    found = await session.scalars(
        select(BankStatement)
        .where(BankStatement.security_id == security_id)
        .order_by(BankStatement.to_on)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found.all())


async def late_of(
    session: Session, project_ids: Collection[UUID], day: date
) -> Sequence[BankStatement]:
    """Give the statements of some projects that did not come by their last day."""
    found = await session.scalars(
        select(BankStatement)
        .where(
            BankStatement.project_id.in_(project_ids),
            BankStatement.state == StatementState.OWED,
            BankStatement.due_on < day,
        )
        .order_by(BankStatement.due_on, BankStatement.id)
    )
    return found.all()


_EXPECTED = exists().where(
    BankStatement.security_id == Security.id,
    BankStatement.state == StatementState.OWED,
    ~BankStatement.late,
)
_WITHOUT = select(Security).where(
    Security.purpose == SecurityPurpose.DEPOSIT,
    Security.form == SecurityForm.CASH,
    Security.state == SecurityState.ACTIVE,
    ~_EXPECTED,
)
STATEMENT_WAITS = _WITHOUT.exists()
"""Whether a deposit in cash stands of which no statement lies ahead."""


async def without_statements(session: Session, limit: int) -> Sequence[Security]:
    """Give deposits in cash that stand and of which no statement lies ahead."""
    return (await session.scalars(_WITHOUT.order_by(Security.id).limit(limit))).all()
