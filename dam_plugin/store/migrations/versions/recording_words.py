"""The words of each recording, which recordings wait to be tagged again, and the jobs that do such work.

The words of recordings that are on file already are kept by `dam-plugin db upgrade`, in batches, after the tables are made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_words"
down_revision = "20261130_lists"
branch_labels = None
depends_on = None

_ORDERED = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables; what they hold is made again from what is on file."""
    op.create_table(
        "asset_words",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("word", _ORDERED, primary_key=True),
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "stale_tags",
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.create_table(
        "tags_as_of",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    op.create_table(
        "jobs",
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
    )
