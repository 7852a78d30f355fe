"""What a database has that the models do not say, and the other way round."""

from collections.abc import Sequence
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type as repr_type
from sqlalchemy import Connection, MetaData, TypeDecorator, text

# One line per thing of a schema, without its partitions: they come and go with the months.
_THINGS = text("""
WITH tables AS (
    SELECT oid, relname AS name, relkind = 'p' AS partitioned FROM pg_class
    WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind IN ('r', 'p')
      AND NOT relispartition AND relname <> 'alembic_version'
)
SELECT concat_ws(' ', 'table', name,
    CASE WHEN partitioned THEN 'partitioned by ' || pg_get_partkeydef(oid) END)
FROM tables
UNION ALL
SELECT concat_ws(' ', 'column', name || '.' || attname, format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN 'not null' END,
    CASE WHEN attidentity <> '' THEN 'identity ' || CAST(attidentity AS text) END,
    CASE WHEN attgenerated <> '' THEN 'generated ' || CAST(attgenerated AS text) END,
    'default ' || pg_get_expr(adbin, adrelid))
FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL
SELECT concat_ws(' ', 'constraint', name || '.' || conname, pg_get_constraintdef(pg_constraint.oid))
FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'index ' || pg_get_indexdef(indexrelid) FROM tables JOIN pg_index ON indrelid = tables.oid
""")
_SCRATCH = "only_to_compare"


def options(connection: Connection) -> dict[str, Any]:
    """Give how Alembic compares and writes, here and in `env.py`."""
    found = connection.execute(text("SELECT relname FROM pg_class WHERE relispartition"))
    partitions = set(found.scalars())

    def include_name(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name not in partitions

    return {
        "include_name": include_name,
        "compare_server_default": True,
        "render_item": _render,
        "user_module_prefix": "sa.",
    }


def _render(kind: str, item: object, context: AutogenContext) -> str | bool:
    """Write a type of ours as what it is in the database: a migration must not change with us."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return repr_type(item.impl_instance, context)
    return False


def words(change: object) -> str:
    """Say one of Alembic's changes in a line."""
    if isinstance(change, Sequence) and not isinstance(change, str):
        return " ".join(words(part) for part in change if part is not None)
    return str(change)


def differences(connection: Connection, metadata: MetaData) -> list[str]:
    """Compare the catalogue with what the models make in an empty schema.

    The caller must roll back: the schema is made within its transaction.
    """
    connection.execute(text(f"CREATE SCHEMA {_SCRATCH}"))
    connection.execute(text(f"SET LOCAL search_path TO {_SCRATCH}"))
    metadata.create_all(connection, checkfirst=False)
    # With an empty path every name comes with its schema, which can then be taken off.
    connection.execute(text("SET LOCAL search_path TO pg_catalog"))
    there, models = (_things(connection, schema) for schema in ("public", _SCRATCH))
    return [
        *(f"only in the models: {thing}" for thing in sorted(models - there)),
        *(f"only in the database: {thing}" for thing in sorted(there - models)),
    ]


def _things(connection: Connection, schema: str) -> set[str]:
    found = connection.execute(_THINGS, {"schema": schema})
    return {line.replace(f"{schema}.", "") for line in found.scalars()}
