"""Who was signed in when a share was asked for, so that people find their own shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_users"
down_revision = "20261130_folded"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column where the table is older; shares from before have no user in it, and are in nobody's list."""
    if any(each["name"] == "user" for each in sa.inspect(op.get_bind()).get_columns("share_counts")):
        return
    op.add_column("share_counts", sa.Column("user", sa.Text, nullable=True))
    op.create_index(op.f("ix_share_counts_user_at_share_id"), "share_counts", ["user", "at", "share_id"])
