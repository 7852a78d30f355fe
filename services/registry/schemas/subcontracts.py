"""Bodies of subcontracts, labour-service contracts, and the chain that they make."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from services.registry.rules.chain import Breach, Receiver, SubcontractKind
from services.registry.schemas.contracts import Money
from services.registry.schemas.fields import Body, Code, Filter, Name, Row
from shared import clock
from shared.clock import Day


class SubcontractIn(Body):
    """A subcontract (专业分包, 劳务分包) or a labour-service contract (劳务合同) with a crew."""

    number: Code
    kind: SubcontractKind
    parent_id: UUID | None = None
    """The contract under which it is passed on; left out: the works contract."""
    awarding_id: UUID
    receiver: Receiver
    receiving_id: UUID | None = None
    crew: Name | None = None
    """What the crew is called on site, 钢筋一班; never a person's name."""
    works: Name
    """What is passed on."""
    amount: Money
    signed_on: Day
    from_on: Day
    until_on: Day | None = None
    whole_works: bool = False
    """全部工程: all that the contractor has to build."""
    main_structure: bool = False
    """主体结构, steel structures not counted."""
    includes_materials: bool = False
    """It charges for main materials and large machines, too."""
    licence_number: Code | None = None
    """资质证书编号 of the receiving unit."""
    licence_until: Day | None = None


class SubcontractPatch(Body):
    """The last day of a subcontract."""

    version: int
    until_on: Day


class SubcontractFilter(Filter):
    """Which subcontracts a list shows."""

    project_id: UUID | None = None
    kind: SubcontractKind | None = None
    receiving_id: UUID | None = None


class SubcontractOut(Row):
    """A subcontract or labour-service contract."""

    id: UUID
    project_id: UUID
    number: str
    kind: SubcontractKind
    parent_id: UUID | None
    awarding_id: UUID
    receiver: Receiver
    receiving_id: UUID | None
    crew: str | None
    works: str
    amount: Decimal
    signed_on: date
    from_on: date
    until_on: date | None
    whole_works: bool
    main_structure: bool
    includes_materials: bool
    licence_number: str | None
    licence_until: date | None
    version: int
    registered_at: datetime
    changed_at: datetime


class ChainFilter(Filter):
    """Of which day the chain is."""

    on: clock.Day | None = None
    """Today if left out."""


class UnitOut(Row):
    """A unit in the chain."""

    id: UUID
    name: str


class ChainLinkOut(Row):
    """A contract of the chain, and those that hang on it."""

    subcontract: SubcontractOut
    awarding: UnitOut
    receiving: UnitOut | None
    children: list["ChainLinkOut"] = Field(default=[])


class FlagOut(Row):
    """What looks like subletting or illegal subcontracting; the sector authority decides."""

    breach: Breach
    code: str
    subcontract_ids: list[UUID]
    detail: dict[str, str]
    """In Chinese (`zh`) and English (`en`)."""
    basis: str
    """The articles."""


class ChainOut(Row):
    """Developer, contractor, subcontractors and crews of a project on a day."""

    project_id: UUID
    on: date
    developer: UnitOut
    contractor: UnitOut | None
    contract_amount: Decimal | None
    """Yuan, of the works contracts with this contractor in all."""
    links: list[ChainLinkOut]
    flags: list[FlagOut]
