"""Bodies of projects."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import field_validator

from services.registry.rules.projects import InvestmentType, ProjectStatus
from services.registry.rules.reporting import WorksKind
from services.registry.rules.requirements import Systems
from services.registry.schemas.fields import (
    Amount,
    AreaCode,
    Body,
    Code,
    Filter,
    Name,
    Row,
    given,
)
from shared import clock


class ProjectIn(Body):
    """A construction project."""

    code: Code
    """projectCode, unique."""
    name: Name
    area_code: AreaCode
    investment_type: InvestmentType
    funding_source: Name | None = None
    developer_id: UUID
    contractor_id: UUID | None = None
    sector_authority_id: UUID | None = None
    status: ProjectStatus = ProjectStatus.IN_PROGRESS
    """001 筹备, 002 立项, 003 在建, 004 完工, 005 停工."""
    category: Code | None = None
    """工程类别, a code of MOHURD's table, `05` for roads."""
    size: Code | None = None
    """项目规模, `01` 大型, `02` 中型, `03` 小型."""
    supervised_since: clock.Day | None = None
    started_on: clock.Day | None = None
    works_kind: WorksKind = WorksKind.OTHER
    """As duties to report tell it apart: 乡村振兴项目, 村级道路, 其他工程."""
    investment_amount: Amount | None = None
    approval_number: Code | None = None
    """立项文号."""
    permit_number: Code | None = None
    """施工许可证号."""
    address: Name | None = None
    permitted_on: clock.Day | None = None
    """The day of the construction permit, or of the start report's approval."""


class ProjectPatch(Body):
    """An edit: what is left out stays."""

    version: int
    name: Name | None = None
    area_code: AreaCode | None = None
    investment_type: InvestmentType | None = None
    funding_source: Name | None = None
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    sector_authority_id: UUID | None = None
    status: ProjectStatus | None = None
    category: Code | None = None
    size: Code | None = None
    supervised_since: clock.Day | None = None
    started_on: clock.Day | None = None
    works_kind: WorksKind | None = None
    investment_amount: Amount | None = None
    approval_number: Code | None = None
    permit_number: Code | None = None
    address: Name | None = None
    permitted_on: clock.Day | None = None

    _given = field_validator(
        "name",
        "area_code",
        "investment_type",
        "developer_id",
        "status",
        "works_kind",
        mode="before",
    )(given)


class ProjectFilter(Filter):
    """Which projects a list shows, and counts count."""

    supervised_on: clock.Day | None = None
    """Those in progress and under supervision on this day."""
    nobody_in_charge_on: clock.Day | None = None
    """Those in progress that have no responsible person on this day."""
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    sector_authority_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and what lies in it."""
    investment_type: InvestmentType | None = None
    status: ProjectStatus | None = None
    code: Code | None = None
    systems: Systems | None = None
    """`none`: of the systems asked for not one is in place (监管缺失); `some`; `all`."""


class ProjectOut(Row):
    """A construction project."""

    id: UUID
    code: str
    name: str
    area_code: str
    investment_type: InvestmentType
    funding_source: str | None
    developer_id: UUID
    developer_name: str
    contractor_id: UUID | None
    contractor_name: str | None
    sector_authority_id: UUID | None
    status: ProjectStatus
    category: str | None
    size: str | None
    supervised_since: date | None
    started_on: date | None
    works_kind: WorksKind
    investment_amount: Decimal | None
    approval_number: str | None
    permit_number: str | None
    address: str | None
    reported_on: date | None
    completed_on: date | None
    settled_on: date | None
    """The day on which all wages were settled."""
    permitted_on: date | None
    version: int
    registered_at: datetime
    changed_at: datetime


class ProjectCounts(Row):
    """How many projects there are, in all and by their codes."""

    total: int
    by_status: dict[ProjectStatus, int]
    by_investment_type: dict[InvestmentType, int]
