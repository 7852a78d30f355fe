"""Bundles: digests of a morning, groups of a route, floods; each leaves in one message."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0018"
down_revision = "0017"

CHANNELS = ("webhook", "mail", "inbox", "sms", "wecom", "dingtalk", "feishu")


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    json, instant = postgresql.JSONB(), sa.DateTime(timezone=True)
    op.create_table(
        "bundle_terms",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("digest_levels", json, nullable=False),
        sa.Column("digest_at", sa.Time(), nullable=False),
        sa.Column("flood_count", sa.Integer(), nullable=False),
        sa.Column("flood_minutes", sa.Integer(), nullable=False),
        sa.Column("never_folded", json, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("flood_count > 0 AND flood_minutes > 0", name="flood"),
    )
    op.create_index(
        "uq_bundle_terms_version", "bundle_terms", ["area_code", "version"], unique=True
    )
    op.create_table(
        "bundles",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("recipient_id", sa.Uuid(), sa.ForeignKey("recipients.id"), nullable=False),
        sa.Column("channel", _one_of("channel", *CHANNELS), nullable=False),
        sa.Column("kind", _one_of("bundlekind", "digest", "group", "flood"), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("sealed_at", instant, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("counts", json, nullable=False),
        sa.Column("titles", json, nullable=False),
    )
    op.create_index(
        "ix_bundles_open", "bundles", ["recipient_id", "channel", "kind", "group_key"],
        postgresql_where=sa.text("sealed_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "carried",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("bundle_id", sa.Uuid(), sa.ForeignKey("bundles.id"), nullable=False),
        sa.Column("notice_id", sa.Uuid(), sa.ForeignKey("notices.id"), nullable=False),
        sa.Column("channel", _one_of("channel", *CHANNELS), nullable=False),
    )
    op.create_index("uq_carried_notice", "carried", ["notice_id", "channel"], unique=True)
    op.create_index("ix_carried_bundle", "carried", ["bundle_id"])
    op.add_column(
        "deliveries", sa.Column("bundle_id", sa.Uuid(), sa.ForeignKey("bundles.id"), nullable=True)
    )
    op.create_index(
        "uq_deliveries_bundle", "deliveries", ["bundle_id"], unique=True,
        postgresql_where=sa.text("bundle_id IS NOT NULL"),
    )  # fmt: skip
    op.add_column(
        "recipients",
        sa.Column(
            "digest", _one_of("digest", "none", "morning"), nullable=False, server_default="none"
        ),
    )
    op.add_column(
        "routes", sa.Column("group_by", json, nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("routes", sa.Column("group_wait_minutes", sa.Integer(), nullable=True))
    _terms_by_default()


def _terms_by_default() -> None:
    """Blue and yellow may wait for the morning; thirty messages in ten minutes are a flood."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("version"),
        sa.column("valid_from", sa.Date()), sa.column("digest_levels", json),
        sa.column("digest_at", sa.Time()), sa.column("flood_count"),
        sa.column("flood_minutes"), sa.column("never_folded", json), sa.column("source"),
        sa.column("certainty"), sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by"),
    ]  # fmt: skip
    op.bulk_insert(
        sa.table("bundle_terms", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "version": 1, "valid_from": date(2020, 5, 1),
                "digest_levels": ["blue", "yellow"], "digest_at": time(9, 5),
                "flood_count": 30, "flood_minutes": 10, "never_folded": ["red"],
                "source": "platform default, not law: what goes in one message",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0018",
            }
        ],
    )  # fmt: skip
