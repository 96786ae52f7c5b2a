"""What lists and one student's record ask for: the index of what names whom, filled from who is on file; closings by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from dam_plugin.store.people import index_people

revision = "20261130_lists"
down_revision = "20261128"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them, and write down what names each student."""
    op.create_table(
        "roster_names",
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), primary_key=True),
        sa.Column("found_by", sa.BigInteger, primary_key=True),
        sa.Column("written", sa.BigInteger, primary_key=True),
        sa.Index(None, "found_by", "written"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shares_asset_id", "shares", ["asset_id"])
    closings = sa.text("kind = 'close'")
    op.create_index("ix_ledger_entries_at", "ledger_entries", ["at"], sqlite_where=closings, postgresql_where=closings)
    index_people(Session(op.get_bind()))
