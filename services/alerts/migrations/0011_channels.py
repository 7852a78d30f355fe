"""SMS and robots of chat groups, the words of notices as rows, and ways that fail."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0011"
down_revision = "0010"

INSTANT = sa.DateTime(timezone=True)
CHANNELS = ("webhook", "mail", "inbox", "sms", "wecom", "dingtalk", "feishu")
STATES = ("waiting", "sent", "delivered", "refused", "exhausted", "stopped")
ROBOTS = CHANNELS[4:]
_IN = "('wecom', 'dingtalk', 'feishu')"
TARGET = (
    "(channel = 'webhook') = (endpoint_id IS NOT NULL AND message_id IS NOT NULL)"
    " AND (channel <> 'webhook') = (notice_id IS NOT NULL)"
    f" AND (channel IN {_IN}) = (robot_id IS NOT NULL)"
)


def upgrade() -> None:
    _create_robots()
    _create_templates()
    _allow("channel", "channel", CHANNELS)
    _allow("deliverystate", "state", STATES)
    op.add_column("deliveries", sa.Column("robot_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_deliveries_robot_id"), "deliveries", "robots", ["robot_id"], ["id"]
    )
    op.drop_constraint(op.f("ck_deliveries_target"), "deliveries", type_="check")
    op.create_check_constraint(op.f("ck_deliveries_target"), "deliveries", TARGET)
    for name, column, state in (
        ("ix_deliveries_robot", "robot_id", "waiting"),
        ("ix_deliveries_sent", "next_at", "sent"),
    ):
        op.create_index(
            name, "deliveries", [column], postgresql_where=sa.text(f"state = '{state}'")
        )
    _add("attempts", "parts", sa.Integer(), "1")
    _add("recipients", "language", sa.Text(), "zh")
    _add("recipients", "failing", postgresql.JSONB(), "{}")
    op.add_column("recipients", sa.Column("robot_id", sa.Uuid()))
    op.add_column("recipients", sa.Column("robot_kind", _channel()))
    op.create_foreign_key(
        op.f("fk_recipients_robot_id"), "recipients", "robots", ["robot_id"], ["id"]
    )
    _seed_templates()
    _seed_route()


def _channel() -> sa.Enum:
    return sa.Enum(*CHANNELS, name="channel", native_enum=False, create_constraint=True, length=40)


def _allow(name: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column of deliveries hold these codes."""
    op.drop_constraint(op.f(f"ck_deliveries_{name}"), "deliveries", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(
        op.f(f"ck_deliveries_{name}"), "deliveries", f"{column} IN ({listed})"
    )


def _add(table: str, name: str, kind: Any, default: str) -> None:  # noqa: ANN401  a type
    """Add a column that rows which are there fill with a default, and new ones by themselves."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    op.alter_column(table, name, server_default=None)


def _create_robots() -> None:
    op.create_table(
        "robots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _channel(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("free_at", INSTANT, nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "active", "disabled", name="endpointstate", native_enum=False,
                create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint(f"kind IN {_IN}", name=op.f("ck_robots_platform")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robots")),
    )  # fmt: skip
    op.create_index("ix_robots_area", "robots", ["area_code", "id"])


def _create_templates() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("channel", _channel(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_templates_version")),
        sa.CheckConstraint("channel NOT IN ('webhook', 'inbox')", name=op.f("ck_templates_worded")),
        sa.CheckConstraint(
            "(channel = 'sms') = (provider_id <> '')", name=op.f("ck_templates_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
    )
    op.create_index(
        "uq_templates_version",
        "templates",
        ["area_code", "channel", "kind", "level", "language", "version"],
        unique=True,
    )


_TITLES = {"zh": "【{label}】{opening}：{about}", "en": "[{label}] {opening}: {about}"}
_POST = "{owed}\n{task}\n{waiting}\n{ask}"
_SMS = {
    "zh": ("XQ_ALERT", "{opening}（{label}）：{kind} {project} {period}，请登录平台查看。"),
    "en": ("XQ_ALERT_EN", "{opening} [{label}]: {kind} {project} {period}. See the platform."),
}
_PLATFORM = "platform default, not law"
_REGISTER = "platform default; to be registered with the SMS provider under this id"


def _seed_templates() -> None:
    """What was said before, as version 1; an SMS is to be registered before it can be sent."""
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("channel"),
        sa.column("kind"), sa.column("level"), sa.column("language"), sa.column("version"),
        sa.column("valid_from", sa.Date()), sa.column("enabled"), sa.column("title"),
        sa.column("text"), sa.column("provider_id"), sa.column("source"),
        sa.column("certainty"), sa.column("created_at", INSTANT), sa.column("created_by"),
    ]  # fmt: skip
    rows = [
        (channel, tongue, title, f"{{title}}\n{_POST}" if channel == "mail" else _POST, "")
        for channel in ("mail", *ROBOTS)
        for tongue, title in _TITLES.items()
    ]
    rows += [("sms", tongue, "", text, code) for tongue, (code, text) in _SMS.items()]
    op.bulk_insert(
        sa.table("templates", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "channel": channel, "kind": "", "level": "",
                "language": tongue, "version": 1, "valid_from": date(2020, 5, 1),
                "enabled": True, "title": title, "text": text, "provider_id": provider_id,
                "source": _REGISTER if provider_id else _PLATFORM, "certainty": "C",
                "created_at": clock.wall(), "created_by": "migration:0011",
            }
            for channel, tongue, title, text, provider_id in rows
        ],
    )  # fmt: skip


def _seed_route() -> None:
    """Operators hear of ways and channels that fail."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("code"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("priority"), sa.column("kinds", json), sa.column("levels", json),
        sa.column("investment_types", json), sa.column("receivers", json),
        sa.column("on_steps", json), sa.column("steps", json), sa.column("opens", sa.Time()),
        sa.column("closes", sa.Time()), sa.column("source"), sa.column("certainty"),
        sa.column("created_at", INSTANT), sa.column("created_by"),
    ]  # fmt: skip
    steps = [
        {"wait": 4, "unit": "wh", "receivers": [], "again": True, "repeats": False},
        {"wait": 1, "unit": "wd", "receivers": [], "again": True, "repeats": True},
    ]
    op.bulk_insert(
        sa.table("routes", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "code": "channels", "version": 1,
                "valid_from": date(2020, 5, 1), "enabled": True, "priority": 6,
                "kinds": ["robot_gone", "way_failing", "channel_failing"], "levels": [],
                "investment_types": [], "receivers": ["operator"], "on_steps": {},
                "steps": steps, "opens": time(9), "closes": time(17, 30),
                "source": _PLATFORM, "certainty": "C", "created_at": clock.wall(),
                "created_by": "migration:0011",
            }
        ],
    )  # fmt: skip
