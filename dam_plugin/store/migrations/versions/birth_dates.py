"""An index of birth dates: who has the name and the birth date of another student is found by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201_births"
down_revision = "20261201_numbers"
branch_labels = None
depends_on = None

_NAME = "ix_students_born"


def upgrade() -> None:
    """Create the index where it is missing."""
    if _NAME not in {each["name"] for each in sa.inspect(op.get_bind()).get_indexes("students")}:
        op.create_index(_NAME, "students", ["born"])
