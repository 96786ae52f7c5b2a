"""What stays of former tags and names, by what a picture is known again, and which sidecars were read beside a recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of recordings that were tagged before, nothing stays yet and no sidecar is known."""
    op.add_column("assets", sa.Column("content", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("likeness", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("former", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("sidecars", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("loosens", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_assets_content"), "assets", ["content"], unique=False)
    op.create_index(op.f("ix_assets_size"), "assets", ["size"], unique=False)
    op.create_index(op.f("ix_assets_loosens"), "assets", ["loosens"], unique=False)
    op.create_table(
        "asset_likenesses",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digits", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_asset_likenesses_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", "quarter", "digits", name=op.f("pk_asset_likenesses")),
    )
    op.create_index(op.f("ix_asset_likenesses_quarter_digits"), "asset_likenesses", ["quarter", "digits"], unique=False)
    op.add_column("students", sa.Column("former_names", sa.Text(), nullable=False, server_default="[]"))
