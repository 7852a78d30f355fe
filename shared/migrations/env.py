"""Runs migrations on the connection that `shared.migrations` brings; loaded by Alembic."""

from alembic import context

from shared.migrations import drift

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    **drift.options(connection),
)
with context.begin_transaction():
    context.run_migrations()
