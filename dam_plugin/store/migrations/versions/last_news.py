"""When the bucket's events were last heard of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_news"
down_revision = "20261130_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "news",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
