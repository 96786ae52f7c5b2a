"""Yearbook sets; recordings' events and codings; rosters of a student's two names and a portrait's class."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# By its characters' numbers on both databases, whatever the server's language.
_ORDERED = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables, add the columns; of what was tagged or imported before, they say nothing."""
    op.add_column("assets", sa.Column("about", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("coding", sa.Text(), nullable=True))
    op.add_column("students", sa.Column("given", sa.Text(), nullable=True))
    op.add_column("students", sa.Column("family", sa.Text(), nullable=True))
    for name in ("home_room", "period", "teacher", "track", "department", "title"):
        op.add_column("portraits", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    _create_sets()
    _create_files()


def _create_sets() -> None:
    op.create_table(
        "export_sets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("order", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("roster", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("upload", sa.Text(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_by", sa.Text(), nullable=True),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_sets")),
    )
    op.create_table(
        "export_decisions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_export_decisions")),
    )
    op.create_table(
        "export_handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["export_sets.id"], name=op.f("fk_export_handovers_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_handovers")),
    )
    op.create_index(op.f("ix_export_handovers_set_id"), "export_handovers", ["set_id"], unique=False)


def _create_files() -> None:
    op.create_table(
        "export_files",
        sa.Column("set_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", _ORDERED, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("student", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("crc", sa.BigInteger(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("redacted", sa.Boolean(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("shows", sa.Text(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("pages", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["export_sets.id"], name=op.f("fk_export_files_set_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("set_id", "number", name=op.f("pk_export_files")),
    )
    for column in ("decision", "digest"):
        op.create_index(op.f(f"ix_export_files_{column}"), "export_files", [column], unique=False)
    op.create_index(
        op.f("ix_export_files_set_id_state_kind_place_number"),
        "export_files",
        ["set_id", "state", "kind", "place", "number"],
        unique=False,
    )
    op.create_table(
        "export_students",
        sa.Column("set_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id", "number"],
            ["export_files.set_id", "export_files.number"],
            name=op.f("fk_export_students_set_id_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("set_id", "number", "student_id", name=op.f("pk_export_students")),
    )
    op.create_index(op.f("ix_export_students_student_id"), "export_students", ["student_id"], unique=False)
