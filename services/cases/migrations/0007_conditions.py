"""Conditions with their kinds, what was told of every matter, and the nation's policies for them.

What stands already is told of by the items themselves: when they opened, and by what they closed.
"""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0007"
down_revision = "0006"

KINDS = (
    "transfer_missed",
    "bank_feed_late",
    "account_not_opened",
    "account_not_filed",
    "agreement_missing",
    "deposit_missing",
    "guarantee_expiring",
    "deposit_not_replenished",
    "cover_low",
    "notice_board_missing",
    "wage_officer_missing",
    "payment_guarantee_missing",
    "no_systems",
    "reporting_gap",
    "nobody_in_charge",
)
HAPPENINGS = (
    "opened",
    "raised",
    "lowered",
    "step_reached",
    "part_received",
    "acknowledged",
    "answered",
    "answer_overdue",
    "verifying",
    "reopened",
    "finding_added",
    "assigned",
    "recomputed",
    "retold",
    "muted",
    "resumed",
    "without_timer",
    "case_proposed",
    "case_refused",
    "case_withdrawn",
    "case_opened",
    "evidence_added",
    "extension_asked",
    "extension_granted",
    "extension_refused",
    "order_moved",
    "funding_moved",
    "closed",
)

LEVELS = [
    {"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"},
    {"code": "yellow", "rank": 2, "colour": "#f5c518", "label": "黄"},
    {"code": "orange", "rank": 3, "colour": "#f08a24", "label": "橙"},
    {"code": "red", "rank": 4, "colour": "#d4302f", "label": "红"},
]
ANSWERS = {
    "yellow": {"length": 3, "unit": "wd"},
    "orange": {"length": 2, "unit": "wd"},
    "red": {"length": 3, "unit": "wd"},
}
OURS = "平台默认阶梯（非法定数值）；"


def step(code: str, **said: Any) -> dict[str, Any]:
    """Give a rung that is called by its level, unless it has none."""
    level = None if code == "repeat" else code
    return {"code": code, "level": level, "after": None, "every": None, "at": "09:00"} | said


def fact(code: str, to: str, **said: Any) -> dict[str, Any]:
    return {"code": code, "fact": code, "to": to} | said


# Red comes again each working day, what ends below it each week.
RED, BELOW_RED = step("repeat", every=1), step("repeat", every=5)


def row(
    number: int, kind: str, unit: str, steps: list[dict[str, Any]], basis: str, **said: Any
) -> dict[str, Any]:
    return {
        "id": UUID(f"01868000-0000-7000-8000-{number:012d}"),
        "kind": kind,
        "unit": unit,
        "steps": steps,
        "jumps": [],
        "answer_within": ANSWERS,
        "proposal": None,
        "basis": OURS + basis,
        "certainty": "B",
    } | said


# Ours, not law: areas lay their own rows over them. Days count from the basis day, which is not
# counted itself: a limit of 30 days is over on day 31.
DEFAULTS: list[dict[str, Any]] = [
    row(
        3,
        "account_not_opened",
        "cd",
        [
            step("blue", after=25),
            step("yellow", after=31),
            step("orange", after=45),
            step("red", after=60),
            RED | {"unit": "wd"},
        ],
        "53号第6条：工程施工合同签订之日起30日内开立专用账户；未开户已开工即为红色",
        jumps=[fact("works_started", "red")],
    ),
    row(
        4,
        "account_not_filed",
        "cd",
        [step("yellow", after=31), step("orange", after=45), BELOW_RED | {"unit": "wd"}],
        "53号第6条：专用账户开立后30日内报备案",
    ),
    row(
        5,
        "agreement_missing",
        "cd",
        [
            step("blue"),
            step("yellow", after=15),
            step("orange", after=30),
            BELOW_RED | {"unit": "wd"},
        ],
        "53号第6条：总包单位、开户银行与建设单位签订三方资金管理协议",
    ),
    row(
        6,
        "deposit_missing",
        "wd",
        [
            step("blue", after=15),
            step("yellow", after=21),
            step("orange", after=30),
            step("red", after=40),
            RED,
        ],
        "65号第9条：自取得施工许可证（或合同签订、开工）之日起20个工作日内存储工资保证金",
    ),
    row(
        7,
        "guarantee_expiring",
        "cd",
        [
            step("blue", after=-30),
            step("yellow", after=-15),
            # The guarantee is good until the end of its last day.
            step("orange", after=1, at="00:00"),
            step("red", after=10, unit="wd"),
            RED | {"unit": "wd"},
        ],
        "65号第16—18条：保函有效期届满前提醒并延长，工程未完工须保持有效",
    ),
    row(
        8,
        "deposit_not_replenished",
        "wd",
        [
            step("blue", after=8),
            step("yellow", after=11),
            step("orange", after=15),
            step("red", after=20),
            RED,
        ],
        "65号第20、21条：动用工资保证金后10个工作日内补足",
    ),
    row(
        9,
        "cover_low",
        "wd",
        [
            step("blue", below="1.2"),
            step("yellow", below="1.0"),
            step("orange", below="0.5"),
            step("red"),
            BELOW_RED,
        ],
        "人工费储存金可付月数（账户余额÷月均工资）；各地做法",
        jumps=[fact("payroll_due", "red", at_most="0")],
        certainty="C",
    ),
    row(
        10,
        "notice_board_missing",
        "cd",
        [step("yellow"), step("orange", after=15), BELOW_RED | {"unit": "wd"}],
        "724号第34条：施工现场设立维权信息告示牌",
    ),
    row(
        11,
        "wage_officer_missing",
        "cd",
        [step("yellow"), step("orange", after=15), BELOW_RED | {"unit": "wd"}],
        "724号第28条：施工总承包单位在工程项目部配备劳资专管员",
    ),
    row(
        12,
        "payment_guarantee_missing",
        "cd",
        [
            step("yellow"),
            step("orange", after=15),
            step("red", after=30),
            RED | {"unit": "wd"},
        ],
        "724号第24条：建设单位向施工单位提供工程款支付担保",
    ),
    row(
        13,
        "no_systems",
        "wd",
        [step("red"), RED],
        "724号第26、28、31、33、34条：已开工项目未落实任何一项工资支付保障制度（监管缺失）",
    ),
    row(
        14,
        "reporting_gap",
        "wd",
        [
            step("blue"),
            step("yellow", after=3),
            step("orange", after=10),
            step("red", after=20),
            RED,
        ],
        "应报未报或必填项缺失；各地应报尽报做法，参照724号第38条",
        certainty="C",
    ),
    row(
        15,
        "nobody_in_charge",
        "wd",
        [step("yellow"), step("orange", after=3), step("red", after=10), RED],
        "在建项目无在任责任人（项目包保、专人盯防）；各地做法",
        certainty="C",
    ),
]

TOLD = (
    # A miss should have opened at the end of its due day, a late feed when it was expected; the
    # timeline holds that instant where the item opened later.
    """
    INSERT INTO tellings
        (id, kind, key, subject_id, project_id, area_code, period, what, at, known_at, body)
    SELECT item.id, item.kind, item.key, item.subject_id, item.project_id, item.area_code,
        item.period, 'found', item.opened_at, item.opened_at, jsonb_build_object(
            'due_on', item.due_on,
            'due_at', coalesce(
                opened.details -> 'would_have_been_at', to_jsonb(item.opened_at)
            ),
            'unit_id', item.unit_id,
            'works_contract_id', item.works_contract_id,
            'previous_period', item.previous_period
        )
    FROM watch_items AS item LEFT JOIN watch_item_entries AS opened
        ON opened.watch_item_id = item.id AND opened.what = 'opened'
    """,
    """
    INSERT INTO tellings
        (id, kind, key, subject_id, project_id, area_code, period, what, at, known_at, body)
    SELECT closed.id, item.kind, item.key, item.subject_id, item.project_id, item.area_code,
        item.period, 'ended', item.closed_at, greatest(item.closed_at, item.step_at),
        jsonb_build_object('reason', item.close_reason)
    FROM watch_items AS item JOIN watch_item_entries AS closed
        ON closed.watch_item_id = item.id AND closed.what = 'closed'
    """,
    """
    INSERT INTO calendar_tellings (id, area_code, year, at, exceptions, provisional)
    SELECT gen_random_uuid(), area_code, year, told_at, exceptions, provisional
    FROM known_calendars
    """,
)


def upgrade() -> None:
    _allow("policies", "watchkind", "kind", KINDS)
    _allow("watch_items", "watchkind", "kind", KINDS)
    _allow("watch_item_entries", "happening", "what", HAPPENINGS)
    # Finders name the proof of a condition's end in their own words.
    op.drop_constraint(op.f("ck_watch_items_closereason"), "watch_items", type_="check")
    op.alter_column("watch_items", "close_reason", type_=sa.Text())
    for name in ("facts", "pauses"):
        filled = sa.Column(name, postgresql.JSONB(), nullable=False, server_default="[]")
        op.add_column("watch_items", filled)
        op.alter_column("watch_items", name, server_default=None)
    op.add_column("watch_items", sa.Column("value", sa.Numeric(20, 6)))
    op.add_column("watch_items", sa.Column("muted_by", sa.Text()))
    op.add_column("watch_items", sa.Column("muted_at", sa.DateTime(timezone=True)))
    _create_conditions()
    _create_tellings()
    for statement in TOLD:
        op.execute(statement)
    seed()


def _allow(table: str, name: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column hold these codes."""
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _create_conditions() -> None:
    op.create_table(
        "conditions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _codes("watchkind", *KINDS), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("project", postgresql.JSONB()),
        sa.Column("developer_id", sa.Uuid()),
        sa.Column("contractor_id", sa.Uuid()),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("value", sa.Numeric(20, 6)),
        sa.Column("muted_by", sa.Text()),
        sa.Column("muted_at", sa.DateTime(timezone=True)),
        sa.Column("pauses", postgresql.JSONB(), nullable=False),
        sa.Column("state", _codes("conditionstate", "latent", "open", "ended"), nullable=False),
        sa.Column("watch_item_id", sa.Uuid()),
        sa.Column("opens_at", sa.DateTime(timezone=True)),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("end_reason", sa.Text()),
        sa.Column("proof", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conditions")),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_conditions_watch_item_id")
        ),
    )
    op.create_index(
        "uq_conditions_key",
        "conditions",
        ["key"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index("ix_conditions_project_id", "conditions", ["project_id"])
    op.create_index(
        "ix_conditions_latent",
        "conditions",
        ["area_code", "kind"],
        postgresql_where=sa.text("state = 'latent'"),
    )


def _create_tellings() -> None:
    op.create_table(
        "tellings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _codes("watchkind", *KINDS), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("what", _codes("told", "found", "ended"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tellings")),
    )
    op.create_index("ix_tellings_kind", "tellings", ["kind", "at"])
    op.create_index("ix_tellings_key", "tellings", ["key", "at"])
    op.create_table(
        "calendar_tellings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exceptions", postgresql.JSONB(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_tellings")),
    )
    op.create_index("ix_calendar_tellings_area", "calendar_tellings", ["area_code", "year", "at"])


def seed() -> None:
    """Insert the nation's policies of conditions, with their basis and certainty."""
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "mode", "unit")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        *(
            sa.column(name, postgresql.JSONB(none_as_null=True))
            for name in ("levels", "steps", "jumps", "answer_within", "proposal")
        ),
        *(sa.column(name, sa.Text()) for name in ("basis", "certainty", "created_by")),
        sa.column("created_at", sa.DateTime(timezone=True)),
    ]
    shared = {
        "area_code": "0",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "mode": "live",
        "levels": LEVELS,
        "created_at": clock.wall(),
        "created_by": "migration:0007",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])
