"""Numbers whose bearers were on file under another one before, the numbers that students had, and guardians of before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201_numbers"
down_revision = "20261130_access_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables where they are missing."""
    if "other_numbers" in sa.inspect(op.get_bind()).get_table_names():
        return
    op.create_table(
        "other_numbers",
        sa.Column("number_id", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "former_numbers",
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
    )
    op.create_table(
        "former_guardians",
        sa.Column("guardian", sa.Text, primary_key=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), primary_key=True),
    )
