"""The access log: who looked at whose page, in a chain of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_access_log"
down_revision = "20261130_urgency"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables where they are missing, and the head of the empty log."""
    if "access_entries" in sa.inspect(op.get_bind()).get_table_names():
        return
    op.create_table(
        "access_entries",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Index(None, "subject", "seq"),
    )
    op.create_table(
        "access_students",
        sa.Column("student_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, sa.ForeignKey("access_entries.seq"), primary_key=True, index=True),
    )
    op.create_table(
        "access_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("before_hash", sa.Text, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO access_head (id, seq, hash, before, before_hash, mac) VALUES (1, 0, '', 0, '', '')")
