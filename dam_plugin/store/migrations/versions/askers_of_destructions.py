"""Who asked for a recording to be destroyed before it was due: a parent, or the student with the rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201_askers"
down_revision = "20261201_births"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column where the table is older; destructions from before have nobody in it, and their seals still fit."""
    if any(each["name"] == "asked_by" for each in sa.inspect(op.get_bind()).get_columns("destructions")):
        return
    op.add_column("destructions", sa.Column("asked_by", sa.Text, nullable=True))
