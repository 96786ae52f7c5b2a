"""The recordings that a job found something about, of those that it found first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_examples"
down_revision = "20261130_workers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; jobs on file have none."""
    op.create_table(
        "job_examples",
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("found", sa.Text, nullable=False),
    )
