"""The papers of deposits, all versions."""

from uuid import UUID

from sqlalchemy import select

from services.registry.errors import PaperUnknown
from services.registry.models import DepositPaper, Project
from services.registry.queries import projects
from services.registry.schemas.deposit_papers import PaperFilter
from shared import paging
from shared.areas import Scope
from shared.db import Session


async def papers(
    session: Session, scope: Scope, wanted: PaperFilter, *, cursor: str | None, limit: int
) -> paging.Found[DepositPaper]:
    """Give papers of the projects that the caller may see, replaced ones too."""
    statement = (
        select(DepositPaper)
        .join(Project, Project.id == DepositPaper.project_id)
        .where(projects.visible(scope))
    )
    for name in ("project_id", "security_id", "kind"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(DepositPaper, name) == value)
    by = (DepositPaper.filed_at, DepositPaper.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def paper(session: Session, paper_id: UUID, scope: Scope) -> DepositPaper:
    """Give a paper that the caller may see; raises PaperUnknown."""
    found = await session.scalar(
        select(DepositPaper)
        .join(Project, Project.id == DepositPaper.project_id)
        .where(projects.visible(scope), DepositPaper.id == paper_id)
    )
    if found is None:
        raise PaperUnknown
    return found


async def locked_papers(session: Session, security_id: UUID) -> list[DepositPaper]:
    """Give all papers of a locked project's deposit, the first version first, to be changed."""
    found = await session.scalars(
        select(DepositPaper)
        .where(DepositPaper.security_id == security_id)
        .order_by(DepositPaper.kind, DepositPaper.version)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found.all())
