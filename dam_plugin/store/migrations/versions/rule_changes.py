"""What changed rules would loosen, and who asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; nothing waits in them."""
    op.create_table(
        "rule_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("system_name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_changes")),
    )
    op.create_index(op.f("ix_rule_changes_state"), "rule_changes", ["state"], unique=False)
    op.create_table(
        "rule_change_assets",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_rule_change_assets_asset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["change_id"], ["rule_changes.id"], name=op.f("fk_rule_change_assets_change_id")),
        sa.PrimaryKeyConstraint("change_id", "asset_id", name=op.f("pk_rule_change_assets")),
    )
    op.create_index(op.f("ix_rule_change_assets_asset_id"), "rule_change_assets", ["asset_id"], unique=False)
