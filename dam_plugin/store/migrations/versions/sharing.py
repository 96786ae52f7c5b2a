"""The custodian's queue with its findings, what hosts asked over HTTP, and links with a count and a word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, add the columns; links that were handed out before open any number of times."""
    op.add_column("links", sa.Column("most_openings", sa.Integer(), nullable=True))
    op.add_column("links", sa.Column("word_hash", sa.Text(), nullable=True))
    op.add_column("links", sa.Column("wrong_words", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("links", sa.Column("last_opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("releases", sa.Column("made_on", sa.Text(), nullable=True))
    op.create_index(op.f("ix_ledger_entries_subject"), "ledger_entries", ["subject"], unique=False)
    _create_queue()
    _create_http()


def _create_queue() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("asset_key", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("students", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("evidence_share", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f("fk_referrals_share_id")),
        sa.ForeignKeyConstraint(["evidence_share"], ["shares.id"], name=op.f("fk_referrals_evidence_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
    )
    for column in ("asset_key", "request_key", "share_id"):
        op.create_index(op.f(f"ix_referrals_{column}"), "referrals", [column], unique=False)
    op.create_table(
        "findings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated_by", sa.Text(), nullable=False),
        sa.Column("system_id", sa.Text(), nullable=False),
        sa.Column("system_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("stated_on", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("on_file", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approver_id", sa.Text(), nullable=True),
        sa.Column("approver_name", sa.Text(), nullable=True),
        sa.Column("share_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_findings_referral_id")),
        sa.ForeignKeyConstraint(["stated_on"], ["shares.id"], name=op.f("fk_findings_stated_on")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    for column in ("referral_id", "state"):
        op.create_index(op.f(f"ix_findings_{column}"), "findings", [column], unique=False)


def _create_http() -> None:
    op.create_table(
        "http_messages",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "message_id", "sent_at", name=op.f("pk_http_messages")),
    )
    op.create_index(op.f("ix_http_messages_at"), "http_messages", ["at"], unique=False)
    op.create_index(op.f("ix_http_messages_client_sent_at"), "http_messages", ["client", "sent_at"], unique=False)
    op.create_table(
        "http_answers",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_http_answers")),
    )
    op.create_index(op.f("ix_http_answers_at"), "http_answers", ["at"], unique=False)
