"""What a job was asked to do (`arguments`), what came of it in numbers (`result`), and why it could not be done (`why`)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261130_jobs"
down_revision = "20261130_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table anew with the jobs on file: SQLite would put added columns behind the constraints."""
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("cursor", sa.Text, nullable=True),
        sa.Column("lease", sa.Text, nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
    ]
    former = sa.table("jobs", *(sa.column(each.name, each.type) for each in columns))
    kept = op.get_bind().execute(sa.select(former)).mappings().all()
    op.drop_table("jobs")
    added = [sa.Column(name, sa.Text, nullable=False) for name in ("arguments", "result")]
    jobs = op.create_table("jobs", *columns, *added, sa.Column("why", sa.Text, nullable=True))
    op.bulk_insert(jobs, [{**row, "arguments": "{}", "result": "{}"} for row in kept])
