"""Correction orders, the terms that areas give them, and the numbers of offices."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.cases.models.tables import Base
from services.cases.rules.orders import UNDER_WAY, OrderState, ServedHow
from services.cases.rules.policies import Certainty
from shared import db
from shared.workdays import Unit


class OrderTerms(Base):
    """What an area's orders about a matter say and how long they give; a version never changes."""

    __tablename__ = "order_terms"
    __table_args__ = (
        Index("uq_order_terms_version", "area_code", "matter", "version", unique=True),
        CheckConstraint("shortest <= length AND length <= longest", name="length"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    matter: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    prefix: Mapped[str]
    """What stands before the number, 劳监令字."""
    article: Mapped[str]
    conduct: Mapped[str]
    """What the paper says was done wrong."""
    unit: Mapped[Unit]
    length: Mapped[int]
    """How long an order gives unless the inspector says otherwise, from `shortest` to `longest`."""
    shortest: Mapped[int]
    longest: Mapped[int]
    sign_within: Mapped[int]
    """Working days after which an unsigned draft is told of; likewise an unserved order."""
    serve_within: Mapped[int]
    basis: Mapped[str]
    certainty: Mapped[Certainty]


class OrderNumber(Base):
    """How many orders an office has signed in a year; its row is locked while one is signed."""

    __tablename__ = "order_numbers"
    __table_args__ = (Index("uq_order_numbers_office", "office", "year", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    office: Mapped[str]
    year: Mapped[int]
    last: Mapped[int]

    def take(self) -> int:
        """Give the next number; a transaction that fails gives it back."""
        self.last += 1
        return self.last


class CorrectionOrder(db.Synced, Base):
    """An order to put something right by a day (限期改正指令书)."""

    __tablename__ = "correction_orders"
    __table_args__ = (
        Index(
            "uq_correction_orders_about",
            "about",
            unique=True,
            postgresql_where=text("state IN ('draft', 'signed', 'served', 'overdue')"),
        ),
        Index("uq_correction_orders_number", "office", "year", "sequence", unique=True),
        Index("ix_correction_orders_watch_item_id", "watch_item_id"),
        Index("ix_correction_orders_area_code", "area_code", "state"),
        Index("ix_correction_orders_unit_id", "unit_id", "state"),
        CheckConstraint(
            "(office IS NULL) = (number IS NULL) AND (sequence IS NULL) = (number IS NULL)",
            name="number",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    about: Mapped[str]
    matter: Mapped[str]
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    project_id: Mapped[UUID | None]
    project: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    area_code: Mapped[str]
    period: Mapped[str]
    unit_id: Mapped[UUID]
    """To whom it is addressed."""
    terms_id: Mapped[UUID] = mapped_column(ForeignKey("order_terms.id"))
    article: Mapped[str]
    conduct: Mapped[str]
    facts: Mapped[str | None]
    """What the inspector adds to the conduct: where, since when, how much."""
    unit: Mapped[Unit]
    length: Mapped[int]
    state: Mapped[OrderState] = mapped_column(default=OrderState.DRAFT)
    state_since: Mapped[datetime]
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[str]
    office: Mapped[str | None]
    year: Mapped[int | None]
    sequence: Mapped[int | None]
    number: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    served_on: Mapped[date | None]
    served_how: Mapped[ServedHow | None]
    served_by: Mapped[str | None]
    due_at: Mapped[datetime | None]
    """What is waited for until when: the signature, the service, the correction."""
    due_on: Mapped[date | None]
    """The last day on which the order is obeyed in time."""
    calendar_version: Mapped[str | None]
    told_late: Mapped[bool] = mapped_column(default=False)
    """The draft or the signed order lies about for longer than its terms allow."""
    put_right_at: Mapped[datetime | None]
    """When what it asks for was proved done, in time or not."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    decision_number: Mapped[str | None]
    """Of the penalty decision (行政处罚决定书)."""
    reason: Mapped[str | None]

    steps: Mapped[list["OrderStep"]] = relationship(
        lazy="raise", viewonly=True, order_by="(OrderStep.at, OrderStep.id)"
    )

    @property
    def is_under_way(self) -> bool:
        """Say whether somebody still owes it something."""
        return self.state in UNDER_WAY

    def enter(self, state: OrderState, at: datetime) -> None:
        """Stand in a state since an instant, with nothing waited for yet."""
        self.state, self.state_since, self.due_at, self.told_late = state, at, None, False

    def end(self, state: OrderState, at: datetime, by: str, reason: str | None) -> None:
        """Be over, by whom and why."""
        self.enter(state, at)
        self.ended_at, self.ended_by, self.reason = at, by, reason


class OrderStep(Base):
    """A line of an order's history: who did what, with which papers."""

    __tablename__ = "order_steps"
    __table_args__ = (Index("ix_order_steps_order_id", "order_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("correction_orders.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    what: Mapped[str]
    details: Mapped[dict[str, Any]]
