"""Alembic's environment: runs the migrations on the connection, and in the transaction, that `Store.upgrade` opened."""

from __future__ import annotations

from alembic import context

from dam_plugin.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite takes back CREATE TABLE too: a migration that fails leaves nothing half done.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
