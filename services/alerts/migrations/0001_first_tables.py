"""First tables of alerts, and the national default routes."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id
from shared.migrations import plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    plumbing.create_first()
    op.create_table(
        "routes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("levels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("investment_types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("receivers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("on_steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_routes_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routes")),
    )
    op.create_index("uq_routes_version", "routes", ["area_code", "code", "version"], unique=True)
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("investment_type", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("level_label", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("sector_authority_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("lacking", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "raised",
                "sent",
                "acknowledged",
                "superseded",
                "closed",
                name="alertstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["routes.id"], name=op.f("fk_alerts_route_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_area", "alerts", ["area_code", "raised_at"], unique=False)
    op.create_index(op.f("ix_alerts_changed_xid"), "alerts", ["changed_xid"], unique=False)
    op.create_index("ix_alerts_order", "alerts", ["raised_at", "id"], unique=False)
    op.create_index(op.f("ix_alerts_project_id"), "alerts", ["project_id"], unique=False)
    op.create_index("ix_alerts_watch_item", "alerts", ["watch_item_id"], unique=False)
    op.create_index("uq_alerts_dedupe_key", "alerts", ["dedupe_key"], unique=True)
    op.create_table(
        "timeline_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "entry",
            sa.Enum(
                "raised",
                "repeated",
                "step_reached",
                "told",
                "escalated",
                "dead_end",
                "acknowledged",
                "promise_lapsed",
                "superseded",
                "closed",
                name="entry",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_timeline_entries_alert_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entries")),
    )
    op.create_index(
        "ix_timeline_entries_alert", "timeline_entries", ["alert_id", "at"], unique=False
    )
    op.create_index(
        "uq_timeline_entries_event",
        "timeline_entries",
        ["alert_id", "event_id"],
        unique=True,
        postgresql_where=sa.text("event_id IS NOT NULL"),
    )
    op.create_table(
        "recipients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("mail", sa.LargeBinary(), nullable=True),
        sa.Column("mail_index", sa.Text(), nullable=True),
        sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
    )
    op.create_index("ix_recipients_area", "recipients", ["area_code", "id"], unique=False)
    op.create_index("ix_recipients_mail", "recipients", ["mail_index"], unique=False)
    op.create_index("ix_recipients_org", "recipients", ["org_id"], unique=False)
    op.create_index("ix_recipients_person", "recipients", ["person_id"], unique=False)
    op.create_index("ix_recipients_phone", "recipients", ["phone_index"], unique=False)
    op.create_table(
        "duty_rosters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_duty_rosters_span")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipients.id"], name=op.f("fk_duty_rosters_recipient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_rosters")),
    )
    op.create_index("ix_duty_rosters_area", "duty_rosters", ["area_code", "from_at"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "raised",
                "step",
                "escalated",
                "promise_lapsed",
                "closed",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trace", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_notices_alert_id")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipients.id"], name=op.f("fk_notices_recipient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_recipient", "notices", ["recipient_id", "told_at", "id"], unique=False
    )
    op.create_index("uq_notices_slot", "notices", ["alert_id", "recipient_id", "slot"], unique=True)
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("areas", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "disabled",
                name="endpointstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    op.create_index("ix_endpoints_state", "endpoints", ["state"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "webhook",
                "mail",
                "inbox",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("endpoint_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "delivered",
                "exhausted",
                "stopped",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(channel = 'webhook') = (endpoint_id IS NOT NULL AND message_id IS NOT NULL)"
            " AND (channel <> 'webhook') = (notice_id IS NOT NULL)",
            name=op.f("ck_deliveries_target"),
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name=op.f("fk_deliveries_endpoint_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_deliveries_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_deliveries_notice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["lane", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_deliveries_endpoint", "deliveries", ["endpoint_id", "created_at"], unique=False
    )
    op.create_index("ix_deliveries_notice", "deliveries", ["notice_id"], unique=False)
    op.create_index("ix_deliveries_order", "deliveries", ["created_at", "id"], unique=False)
    op.create_index("uq_deliveries_key", "deliveries", ["key"], unique=True)
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_delivery", "attempts", ["delivery_id", "at"], unique=False)
    seed()


# ---- the national default routes -------------------------------------------------------------
# Whom each level reaches, and how soon silence goes further: defaults of the house, not law (they
# follow the levels' usual handling: answers in 3, 2 and 1 working days). An area replaces them by
# routes of its own, in the same form, by HTTP. All of certainty C.

SOURCE = "platform default, not law: receivers and answer times by level"


def _rung(wait: int, unit: str, *receivers: str, repeats: bool = False) -> dict[str, Any]:
    """Silence of so long: these are told too, and those before them again."""
    return {
        "wait": wait, "unit": unit, "receivers": list(receivers), "again": True,
        "repeats": repeats,
    }  # fmt: skip


_YELLOW = ("developer", "contractor", "wage_officer", "inspector", "responsible_person")
_ORANGE = (*_YELLOW, "sector_authority")
_RED = (*_ORANGE, "wage_office", "unit_head")

# Repeats thin out below red; at red they come each working day and never end.
_BLUE_LADDER = [
    _rung(2, "wd", "inspector", "responsible_person"),
    _rung(3, "wd", repeats=True),
]
_YELLOW_LADDER = [
    _rung(4, "wh"),
    _rung(1, "wd"),
    _rung(2, "wd", "sector_authority", "unit_head"),
    _rung(3, "wd", "wage_office", repeats=True),
]
_ORANGE_LADDER = [
    _rung(4, "wh"),
    _rung(1, "wd"),
    _rung(1, "wd", "wage_office", "unit_head"),
    _rung(2, "wd", repeats=True),
]
_RED_LADDER = [
    _rung(4, "wh"),
    _rung(1, "wd", "leading_group"),
    _rung(1, "wd", repeats=True),
]
_OPERATORS_LADDER = [_rung(4, "wh"), _rung(1, "wd", repeats=True)]

# Routes of this priority and later go by level.
LEVELS_FROM = 30
# Steps of an item's own ladder that tell others than the level's receivers.
_STEPS = {
    "notice": ["developer", "contractor"],
    "draft": ["inspector"],
    "case": ["wage_office"],
}


def _route(
    code: str,
    priority: int,
    receivers: tuple[str, ...],
    steps: list[dict[str, Any]],
    **matchers: list[str],
) -> dict[str, Any]:
    """Give a national route; what is not named matches anything."""
    return {
        "code": code, "priority": priority, "receivers": list(receivers), "steps": steps,
        "kinds": [], "levels": [], "investment_types": [], **matchers,
    }  # fmt: skip


DEFAULTS = [
    _route(
        "platform", 10, ("operator",), _OPERATORS_LADDER,
        kinds=["event_parked", "timer_late", "item_without_timer", "dead_end",
               "delivery_exhausted", "endpoint_disabled", "area_unknown"],
    ),
    # Data that did not arrive are the bank's and the operators': no blame on the payer.
    _route("bank_feed_late", 20, ("bank", "operator"), _OPERATORS_LADDER, kinds=["bank_feed_late"]),
    _route("feed_silent", 20, ("assignee", "operator"), _OPERATORS_LADDER, kinds=["feed_silent"]),
    _route(
        "transfer_missed.blue", 30, ("developer", "wage_officer"), _BLUE_LADDER,
        kinds=["transfer_missed"], levels=["blue"],
    ),
    _route("blue", 100, ("wage_officer",), _BLUE_LADDER, levels=["blue"]),
    _route("yellow", 100, _YELLOW, _YELLOW_LADDER, levels=["yellow"]),
    _route(
        "orange.government", 90, (*_ORANGE, "finance_bureau"), _ORANGE_LADDER,
        levels=["orange"], investment_types=["government"],
    ),
    _route("orange", 100, _ORANGE, _ORANGE_LADDER, levels=["orange"]),
    _route(
        "red.government", 90, (*_RED, "finance_bureau"), _RED_LADDER,
        levels=["red"], investment_types=["government"],
    ),
    _route("red", 100, _RED, _RED_LADDER, levels=["red"]),
    # Levels that an area calls otherwise and has no routes for must still reach somebody.
    _route("any", 1000, (*_YELLOW, "wage_office"), _YELLOW_LADDER),
]  # fmt: skip


def seed() -> None:
    """Write the default routes as version 1, in force since 724号 is (2020-05-01)."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("code"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("priority"), sa.column("kinds", json), sa.column("levels", json),
        sa.column("investment_types", json), sa.column("receivers", json),
        sa.column("on_steps", json), sa.column("steps", json), sa.column("opens", sa.Time()),
        sa.column("closes", sa.Time()), sa.column("source"), sa.column("certainty"),
        sa.column("created_at", sa.DateTime(timezone=True)), sa.column("created_by"),
    ]  # fmt: skip
    op.bulk_insert(
        sa.table("routes", *columns),
        [
            row | {
                "id": new_id(), "area_code": "0", "version": 1, "valid_from": date(2020, 5, 1),
                "enabled": True, "on_steps": _STEPS if row["priority"] >= LEVELS_FROM else {},
                "opens": time(9), "closes": time(17, 30), "source": SOURCE, "certainty": "C",
                "created_at": clock.wall(), "created_by": "migration:0001",
            }
            for row in DEFAULTS
        ],
    )  # fmt: skip
