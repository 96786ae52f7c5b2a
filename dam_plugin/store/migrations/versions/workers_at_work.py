"""The workers that are at work, and the age of their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_workers"
down_revision = "20261130_news"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; each worker writes its own row."""
    op.create_table(
        "workers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("oldest_event", sa.DateTime(timezone=True), nullable=True),
    )
