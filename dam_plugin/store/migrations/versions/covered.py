"""Which pictures of yearbook sets have a covered place: a crop hides somebody and has none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was marked as redacted before stays marked."""
    op.add_column("export_files", sa.Column("covered", sa.Boolean(), nullable=False, server_default=sa.false()))
    files = sa.table("export_files", sa.column("covered", sa.Boolean()), sa.column("redacted", sa.Boolean()))
    op.execute(files.update().where(files.c.redacted).values(covered=True))
