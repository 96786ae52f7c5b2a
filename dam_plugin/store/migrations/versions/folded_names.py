"""The names of students and guardians as they are searched: folded anew, as the version that is installed folds them."""

from __future__ import annotations

from alembic import op
from sqlalchemy.orm import Session

from dam_plugin.store.people import fold_anew

revision = "20261130_folded"
down_revision = "20261130_examples"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write again what an earlier version folded otherwise, with accents: until now that took an import of the student."""
    fold_anew(Session(op.get_bind()))
