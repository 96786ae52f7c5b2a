"""Which work of the queue is an emergency in which nothing has gone out: a page of the queue begins with it."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "20261130_urgency"
down_revision = "20261130_users"
branch_labels = None
depends_on = None

# The kinds of work about what was given out already, as they were when this version came: later ones do not count here.
_AFTERWARDS = ("review", "found_later", "statement_owed", "notice_owed", "take_down")
_OPEN = sa.text(
    "SELECT r.id, r.kind, s.share FROM referrals r JOIN shares s ON s.id = r.share_id WHERE r.closed_at IS NULL"
)
_URGENT = sa.text("UPDATE referrals SET urgency = 0 WHERE id = :id")


def upgrade() -> None:
    """Add the column where the table is older, and say of the open work which of it is an emergency."""
    bind = op.get_bind()
    if any(each["name"] == "urgency" for each in sa.inspect(bind).get_columns("referrals")):
        return
    op.add_column("referrals", sa.Column("urgency", sa.Integer, nullable=False, server_default=sa.text("1")))
    columns = ["closed_at", "secret", "urgency", "due", "opened_at", "id"]
    op.create_index(op.f(f"ix_referrals_{'_'.join(columns)}"), "referrals", columns)
    for row in bind.execute(_OPEN).all():
        evidence = json.loads(row.share).get("evidence") or {}
        if row.kind not in _AFTERWARDS and isinstance(evidence.get("emergency"), dict):
            bind.execute(_URGENT, {"id": row.id})
