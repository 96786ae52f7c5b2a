"""When a roster was imported and from where, and whose portrait an image of an index is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; a roster that was imported before counts as of an unknown age."""
    op.create_table(
        "roster_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("tells_opt_outs", sa.Boolean(), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_imports")),
    )
    op.create_table(
        "portraits",
        sa.Column("volume", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_portraits_student_id")),
        sa.PrimaryKeyConstraint("volume", "image", name=op.f("pk_portraits")),
    )
    op.create_index(op.f("ix_portraits_file"), "portraits", ["file"], unique=False)
    op.create_index(op.f("ix_portraits_student_id"), "portraits", ["student_id"], unique=False)
