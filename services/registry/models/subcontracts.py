"""Subcontracts and labour-service contracts: what is passed on below the works contract."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.chain import Receiver, SubcontractKind
from shared.db import Synced


class Subcontract(Synced, Base):
    """A contract by which the contractor, or somebody below it, passes works or labour on."""

    __tablename__ = "subcontracts"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_subcontracts_receiving_id", "receiving_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    number: Mapped[str]
    kind: Mapped[SubcontractKind]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("subcontracts.id"))
    """The contract under which it is passed on; None: the works contract."""
    awarding_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    receiver: Mapped[Receiver]
    receiving_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    crew: Mapped[str | None]
    """What the crew is called on site; no person's name."""
    works: Mapped[str]
    amount: Mapped[Decimal]
    signed_on: Mapped[date]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    whole_works: Mapped[bool]
    main_structure: Mapped[bool]
    includes_materials: Mapped[bool]
    licence_number: Mapped[str | None]
    licence_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]
