"""Routes: who is told of what."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base


class Route(Base):
    """A version of a route: which alerts take it, who is told, and how it climbs.

    Under a parent it takes only what the parent takes; receivers, rungs and hours that it does
    not name itself are the parent's.
    """

    __tablename__ = "routes"
    __table_args__ = (
        Index("uq_routes_version", "area_code", "code", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    code: Mapped[str]
    """What the route is called in its area, over all its versions."""
    version: Mapped[int]
    valid_from: Mapped[date]
    enabled: Mapped[bool] = mapped_column(default=True)
    parent: Mapped[str | None]
    """The code of the route of this area under which it lies."""
    priority: Mapped[int]
    """Of those under one parent the smallest number that matches wins."""
    continues: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Those after it, and then the area above, are tried even where it matches."""
    kinds: Mapped[list[str]]
    levels: Mapped[list[str]]
    investment_types: Mapped[list[str]]
    areas: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """Only alerts in these areas, or below them."""
    sector_authorities: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    amount_from: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    """Yuan that are lacking, at least."""
    major: Mapped[bool | None]
    """Only what is major, or only what is not."""
    receivers: Mapped[list[str]]
    on_steps: Mapped[dict[str, Any]]
    """Receivers of steps of the item's ladder that have others: `{"notice": ["developer"]}`."""
    steps: Mapped[list[dict[str, Any]]]
    """The notification ladder, rung by rung."""
    group_by: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """What notices have in common that go in one message: `project`, `area`, `kind`."""
    group_wait_minutes: Mapped[int | None]
    """How long the first notice of a group waits for others; None: as the parent says."""
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    source: Mapped[str]
    """Whose rule this is: a document and article, or whose practice."""
    certainty: Mapped[str]
    """A: official wording read. B: secondary text. C: to be verified."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]
