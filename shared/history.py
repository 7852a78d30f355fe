"""What synced rows said at the end of a day that is over: versions that stood at a midnight.

A trigger keeps a row as it was when it changes on a later Beijing day than that of its last
change; what came and went within one day stood at no day's end. A statement is asked of the past by
common tables named as the tables themselves, each with its rows as they were: filters, joins and
scope stay what they are. Tables with sealed columns keep no versions, for a person's data must not
live on in a second place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, MetaData, Select, Table, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.db import Plumbing, Session, Synced
from shared.pii import Sealed
from shared.problems import Problem
from shared.wording import Text

AS_OF = "as_of"
_FIRST = UUID(int=0)
# A transaction lives 60 s at most (db.engine): later than that nothing dated in the day appears.
SETTLED_AFTER = timedelta(seconds=60)


class PastUnknown(Problem):
    """What the list said then is not kept, or not yet settled."""

    status = 422
    title = Text("该日的名单无法给出", "What the list said on that day cannot be told")


class SyncVersion(Plumbing):
    """A synced row as it stood from one change to the next, over a midnight or more."""

    __tablename__ = "sync_versions"
    __mapper_args__ = {"eager_defaults": False}

    table_name: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    until_at: Mapped[datetime] = mapped_column(primary_key=True)
    """When it changed: it stood before this instant."""
    from_at: Mapped[datetime]
    row: Mapped[dict[str, Any]]


class SyncKept(Plumbing):
    """Since when versions of a table are kept, if it had rows before."""

    __tablename__ = "sync_kept"

    table_name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


_DAY = "(({}.changed_at AT TIME ZONE 'Asia/Shanghai')::date)"
KEEP_VERSION = f"""
    CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sync_versions (table_name, row_id, until_at, from_at, row)
        SELECT TG_TABLE_NAME, old_rows.id, new_rows.changed_at, old_rows.changed_at,
            to_jsonb(old_rows)
        FROM old_rows JOIN new_rows USING (id)
        WHERE {_DAY.format("old_rows")} < {_DAY.format("new_rows")}
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
"""  # noqa: S608  built of constants


def keep(table: str) -> tuple[str, str]:
    """Give the statements that let a table keep versions from now on, for its migration."""
    trigger = f"""
        CREATE TRIGGER keep_version AFTER UPDATE ON {table}
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION keep_version()
    """
    since = f"""
        INSERT INTO sync_kept (table_name, since)
        SELECT '{table}', max(changed_at) FROM {table} HAVING count(*) > 0
    """  # noqa: S608  the name is a migration's own
    return trigger, since


def kept(metadata: MetaData) -> list[Table]:
    """Give the tables whose rows keep versions: the synced ones without sealed columns."""
    return [
        table
        for name, table in sorted(metadata.tables.items())
        if "changed_xid" in table.c
        and name != "sync_moves"
        and not any(isinstance(column.type, Sealed) for column in table.c)
    ]


@dataclass(frozen=True, slots=True)
class Past:
    """A place in a list as it was at the end of a day: behind an id, rows go by id.

    `since`: only what changed since the end of that earlier day, and what left since.
    """

    day: date
    since: date | None
    after: UUID = _FIRST

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Past":
        """Read it; raises ValueError (or TypeError) for what is none."""
        day, since, after = values
        return cls(
            date.fromisoformat(day), date.fromisoformat(since) if since else None, UUID(after)
        )

    @property
    def values(self) -> tuple[str, str, str]:
        """Give it as a cursor has it."""
        return str(self.day), str(self.since or ""), str(self.after)

    @property
    def end(self) -> datetime:
        """Give the first instant after the day."""
        return clock.day_end(self.day)

    def check(self, now: datetime) -> None:
        """Raise PastUnknown unless the day is over, its last transactions too."""
        if now < self.end + SETTLED_AFTER:
            raise PastUnknown(
                Text(
                    f"{self.day} 尚未结束，请在次日 00:01 之后再取",
                    f"{self.day} is not over; ask after 00:01 of the next day",
                )
            )
        if self.since and self.since >= self.day:
            raise PastUnknown(Text("since 必须早于 as_of", "since must be a day before as_of"))

    async def page(
        self, session: Session, statement: Select[Any], model: type[Synced], limit: int
    ) -> tuple[list[Any], list[UUID], "Past", bool]:
        """Give rows as they were, ids of rows that left, the next place, and if there is more."""
        self.check(clock.now())
        entity: Any = model
        await self._known(session, entity.__table__)
        ids = select(entity.id).where(entity.id > self.after).order_by(entity.id).limit(limit)
        window = (await session.scalars(ids)).all()
        if not window:
            return [], [], self, False
        here = statement.order_by(None).where(entity.id > self.after, entity.id <= window[-1])
        then = _then(here, entity.__table__.metadata, self.end).order_by(entity.id)
        rows = list((await session.scalars(then)).unique())
        left: list[UUID] = []
        if self.since:
            before = clock.day_end(self.since)
            named = here.with_only_columns(entity.id).options()
            earlier = _then(named, entity.__table__.metadata, before)
            left = sorted(set(await session.scalars(earlier)) - {row.id for row in rows})
            rows = [row for row in rows if row.changed_at >= before]
        following = Past(self.day, self.since, window[-1])
        return rows, left, following, len(window) == limit

    async def _known(self, session: Session, table: Table) -> None:
        tables = kept(table.metadata)
        if table not in tables:
            raise PastUnknown(
                Text(
                    "此名单含个人或账户的加密信息，系统不另存其旧版本",
                    "This list holds sealed data of persons or accounts, of which no second "
                    "copy is kept; sync it, and keep your own days",
                )
            )
        names = [one.name for one in tables]
        since = await session.scalar(
            select(func.max(SyncKept.since)).where(SyncKept.table_name.in_(names))
        )
        first = clock.day_end(self.since) if self.since else self.end
        if since and first <= since:
            raise PastUnknown(
                Text(
                    f"旧版本自 {clock.day_of(since)} 起保存，此前各日无法给出",
                    f"Versions are kept since {clock.day_of(since)}; no day before can be told",
                )
            )


def _then(statement: Select[Any], metadata: MetaData, end: datetime) -> Select[Any]:
    """Let a statement see each table as it was at an instant."""
    return statement.add_cte(*(_as_it_was(table, end) for table in kept(metadata)))


def _as_it_was(table: Table, end: datetime) -> CTE:
    """Select a table's rows as they were, under its own name.

    A common table may name itself only where the true one is meant. Columns that a version does
    not know, because they are younger, say what they say today.
    """
    name = table.name
    columns: Mapping[str, Any] = {column.name: column.type for column in table.c}
    said = ", ".join("now.id" if each == "id" else f"version.{each}" for each in columns)
    now = ", ".join(f"now.{each}" for each in columns)
    sql = f"""
        SELECT {now} FROM {name} AS now WHERE now.changed_at < :end_{name}
        UNION ALL
        SELECT {said}
        FROM {name} AS now
        JOIN sync_versions AS kept ON kept.table_name = '{name}' AND kept.row_id = now.id
            AND kept.until_at >= :end_{name} AND kept.from_at < :end_{name}
        CROSS JOIN LATERAL jsonb_populate_record(now, kept.row) AS version
        WHERE now.changed_at >= :end_{name}
    """  # noqa: S608  names are those of our tables
    told = text(sql).bindparams(**{f"end_{name}": end}).columns(**columns)
    return told.cte(name).prefix_with("NOT MATERIALIZED")
