"""Which effort to tell a family is taken back by another: the letter went to another child's family."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201_taken_back"
down_revision = "20261201_askers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column where the table is older; efforts from before take nothing back, and their seals still fit."""
    if any(each["name"] == "takes_back" for each in sa.inspect(op.get_bind()).get_columns("notice_efforts")):
        return
    op.add_column("notice_efforts", sa.Column("takes_back", sa.Text, nullable=True))
