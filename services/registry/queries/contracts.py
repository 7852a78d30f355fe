"""Works contracts of the projects that the caller may see."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, Select, case, cast, func, literal, select

from services.registry.errors import WorksContractUnknown
from services.registry.models import ContractVersion, Project, WorksContract
from services.registry.queries import projects
from services.registry.rules import supplements
from services.registry.rules.contracts import LabourCostBasis
from services.registry.schemas.contracts import WorksContractFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session

_MONTHS = [
    cast(func.left(period, 4), Integer) * 12 + cast(func.right(period, 2), Integer)
    for period in (WorksContract.first_period, WorksContract.last_period)
]
# As `labour_share` of a row makes it.
_SHARE = case(
    (WorksContract.basis == LabourCostBasis.SHARE, WorksContract.share),
    (
        WorksContract.basis == LabourCostBasis.TOTAL,
        WorksContract.amount * 100 / WorksContract.contract_amount,
    ),
    else_=WorksContract.amount
    * (_MONTHS[1] - _MONTHS[0] + 1)
    * 100
    / WorksContract.contract_amount,
)
_BELOW_GUIDE = func.coalesce(
    func.round(_SHARE, 2) < WorksContract.guide_share, literal(value=False)
)


def _visible(scope: Scope) -> Select[WorksContract]:
    return (
        select(WorksContract)
        .join(Project, WorksContract.project_id == Project.id)
        .where(
            known.in_scope(
                Project.area_code, scope, Project.developer_id, WorksContract.contractor_id
            )
        )
    )


async def works_contracts(
    session: Session,
    scope: Scope,
    wanted: WorksContractFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[WorksContract]:
    """Give a page of works contracts, or of their changes."""
    statement = _visible(scope)
    if wanted.project_id:
        statement = statement.where(WorksContract.project_id == wanted.project_id)
    if wanted.contractor_id:
        statement = statement.where(WorksContract.contractor_id == wanted.contractor_id)
    if wanted.below_guide is not None:
        statement = statement.where(_BELOW_GUIDE if wanted.below_guide else ~_BELOW_GUIDE)
    return await paging.sync(
        session,
        statement,
        model=WorksContract,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=projects.followed(WorksContract.project_id, scope),
    )


async def works_contract(session: Session, works_contract_id: UUID, scope: Scope) -> WorksContract:
    """Give a works contract that the caller may see; raises WorksContractUnknown."""
    found = await session.scalar(_visible(scope).where(WorksContract.id == works_contract_id))
    if found is None:
        raise WorksContractUnknown
    return found


async def locked_works_contract_of(
    session: Session, project_id: UUID, number: str
) -> WorksContract | None:
    """Give a project's contract of a number; the caller holds the project's lock."""
    return await session.scalar(
        select(WorksContract)
        .where(WorksContract.project_id == project_id, WorksContract.number == number)
        .with_for_update()
    )


async def locked_works_contract(
    session: Session, works_contract_id: UUID, scope: Scope
) -> WorksContract:
    """Give a contract whose terms are to change, its project locked; raises WorksContractUnknown.

    The project comes first, as everywhere: whoever changes what hangs on it waits there.
    """
    found = await works_contract(session, works_contract_id, scope)
    await session.execute(
        select(Project.id).where(Project.id == found.project_id).with_for_update()
    )
    await session.refresh(found, with_for_update=True)
    return found


async def versions(
    session: Session, works_contract_id: UUID, scope: Scope, period: str | None = None
) -> paging.Found[ContractVersion]:
    """Give a contract's versions, oldest first, or the one that holds for a period."""
    contract = await works_contract(session, works_contract_id, scope)
    rows = await all_versions(session, contract.id)
    if period is None:
        return paging.Found(rows, None)
    found = supplements.in_force(rows, period)
    return paging.Found([found] if found else [], None)


async def all_versions(session: Session, works_contract_id: UUID) -> list[ContractVersion]:
    """Give all versions of a contract, oldest first."""
    found = await session.scalars(
        select(ContractVersion)
        .where(ContractVersion.works_contract_id == works_contract_id)
        .order_by(ContractVersion.version)
    )
    return list(found.all())
