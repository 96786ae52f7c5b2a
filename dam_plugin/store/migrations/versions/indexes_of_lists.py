"""What lists, the report and one student's record ask for: who is named how, what is counted of shares, entries by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from dam_plugin.store.people import index_people
from dam_plugin.store.share_counts import count_all

revision = "20261130_lists"
down_revision = "20261128"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them, and fill them from what is on file."""
    op.create_table(
        "roster_names",
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), primary_key=True),
        sa.Column("found_by", sa.BigInteger, primary_key=True),
        sa.Column("written", sa.BigInteger, primary_key=True),
        sa.Index(None, "found_by", "written"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_students_roster_id_folded_id", "students", ["roster_id", "folded", "id"])
    op.create_index("ix_holds_at_id", "holds", ["at", "id"])
    op.create_index("ix_shares_asset_id", "shares", ["asset_id"])
    closings = sa.text("kind = 'close'")
    op.create_index("ix_ledger_entries_at", "ledger_entries", ["at"], sqlite_where=closings, postgresql_where=closings)
    op.create_table(
        "share_counts",
        sa.Column("share_id", sa.Text, sa.ForeignKey("shares.id"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("clauses", sa.Text, nullable=False),
        sa.Column("asked_again", sa.Boolean, nullable=False),
        sa.Column("request", sa.BigInteger, nullable=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("secret", sa.Boolean, nullable=False),
        # Of a later version, which counts with this program: `users_of_shares` adds it where the table is there already.
        sa.Column("user", sa.Text, nullable=True),
        sa.Index(None, "at"),
        sa.Index(None, "request", "at", "share_id"),
        sa.Index(None, "user", "at", "share_id"),
    )
    session = Session(op.get_bind())
    count_all(session)
    index_people(session)
