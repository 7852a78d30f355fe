"""Orders to fund a government project, and each step with its person, day and paper."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.cases.models.tables import Base
from services.cases.rules.funding import OVER, FundingState
from shared import db
from shared.workdays import Unit


class FundingOrder(db.Synced, Base):
    """Government money that is not in place (724号 art. 59), on its way to be ordered and paid."""

    __tablename__ = "funding_orders"
    __table_args__ = (
        Index(
            "uq_funding_orders_watch_item_id",
            "watch_item_id",
            unique=True,
            postgresql_where=text("state NOT IN ('refused', 'funded')"),
        ),
        Index("ix_funding_orders_area_code", "area_code", "state"),
        Index("ix_funding_orders_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    project_id: Mapped[UUID]
    project: Mapped[dict[str, Any]]
    developer_id: Mapped[UUID | None]
    area_code: Mapped[str]
    amount: Mapped[Decimal]
    state: Mapped[FundingState] = mapped_column(default=FundingState.REPORTED)
    state_since: Mapped[datetime]
    reported_at: Mapped[datetime]
    reported_by: Mapped[str]
    addressed_to: Mapped[str | None]
    """Who is ordered to pay: a bureau or government, as the paper names it."""
    unit: Mapped[Unit | None]
    length: Mapped[int | None]
    """The order's own limit; the law has none."""
    served_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    calendar_version: Mapped[str | None]
    funded_at: Mapped[datetime | None]

    steps: Mapped[list["FundingStep"]] = relationship(
        lazy="raise", viewonly=True, order_by="(FundingStep.at, FundingStep.id)"
    )

    @property
    def is_over(self) -> bool:
        """Say whether nothing is waited for any more."""
        return self.state in OVER

    def enter(self, state: FundingState, at: datetime) -> None:
        """Stand in a state since an instant; no limit of the one before runs on."""
        self.state, self.state_since, self.due_at = state, at, None
        if state is FundingState.FUNDED:
            self.funded_at = at


class FundingStep(Base):
    """A step: what was done, on which day, by whom, with which paper."""

    __tablename__ = "funding_steps"
    __table_args__ = (Index("ix_funding_steps_order_id", "order_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("funding_orders.id"))
    state: Mapped[FundingState]
    at: Mapped[datetime]
    actor: Mapped[str]
    """Who entered it."""
    done_on: Mapped[date]
    done_by: Mapped[str]
    """The office or post that did it, as the paper names it."""
    document_number: Mapped[str | None]
    details: Mapped[dict[str, Any]]
