"""The first tables, exactly as `tables.py` declares them, and the head of the empty ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261128"
down_revision = None
branch_labels = None
depends_on = None

# Sorted by code points on both databases, independent of the server's language.
_ORDERED = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Create every table; there is no way back, since the ledger and the opt-outs are not to be dropped."""
    _create_recordings()
    _create_people()
    _create_rule_changes()
    _create_shares()
    _create_referrals()
    _create_holds()
    _create_requests()
    _create_letters()
    _create_messages()
    _create_sets()
    _create_ledger()
    op.execute("INSERT INTO ledger_head (id, seq, hash, mac) VALUES (1, 0, '', '')")


def _create_recordings() -> None:
    op.create_table(
        "assets",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, index=True),
        sa.Column("version_id", sa.Text, nullable=True),
        sa.Column("etag", sa.Text, nullable=False, index=True),
        sa.Column("size", sa.BigInteger, nullable=False, index=True),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=True),
        sa.Column("content", sa.Text, nullable=True, index=True),
        sa.Column("likeness", sa.Text, nullable=True),
        sa.Column("sequencer", sa.Text, nullable=True),
        sa.Column("release_tag", sa.Text, nullable=False),
        sa.Column("tagging", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=True),
        sa.Column("coding", sa.Text, nullable=True),
        sa.Column("former", sa.Text, nullable=True),
        sa.Column("sidecars", sa.Text, nullable=True),
        sa.Column("loosens", sa.Boolean, nullable=False, index=True),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Index(None, "waiting", "first_seen", "id"),
    )
    op.create_table(
        "asset_students",
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("student_id", sa.Text, primary_key=True, index=True),
    )
    op.create_table(
        "asset_facts",
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_table(
        "unwritten_tags",
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_table(
        "closure_ends",
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True, index=True),
    )
    op.create_table(
        "asset_likenesses",
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("quarter", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digits", sa.Text, primary_key=True),
        sa.Index(None, "quarter", "digits"),
    )
    op.create_table(
        "asset_looks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look", sa.Text, nullable=False),
    )


def _create_people() -> None:
    op.create_table(
        "students",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("roster_id", sa.Text, nullable=False, unique=True),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("former_names", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("born", sa.Date, nullable=True),
        sa.Column("postsecondary", sa.Boolean, nullable=False),
        sa.Column("grade", sa.Text, nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("guardians", sa.Text, nullable=False),
        sa.Column("guardian_names", sa.Text, nullable=False),
        sa.Column("given", sa.Text, nullable=True),
        sa.Column("family", sa.Text, nullable=True),
        sa.Column("died", sa.Date, nullable=True),
        sa.Column("marked", sa.Text, nullable=True),
        sa.Column("marked_since", sa.Date, nullable=True),
        sa.Column("enrolled", sa.Text, nullable=False),
        sa.Column("answered_on", sa.Date, nullable=True),
        sa.Column("notified_on", sa.Date, nullable=True),
        sa.Column("answers_id", sa.Text, nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "roster_guardians",
        sa.Column("guardian", sa.Text, primary_key=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), primary_key=True, index=True),
        sa.Column("folded", sa.Text, nullable=False),
    )
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), nullable=False, index=True),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("ended", sa.Date, nullable=True),
        sa.Column("purposes", sa.Text, nullable=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("imported_ended", sa.Date, nullable=True),
        sa.Column("stated_by", sa.Text, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "guardianships",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), nullable=False, index=True),
        sa.Column("guardian", sa.Text, nullable=False, index=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("ended", sa.Date, nullable=True),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("paper", sa.Text, nullable=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
        sa.Column("approver_id", sa.Text, nullable=True),
        sa.Column("approver_name", sa.Text, nullable=True),
        sa.Column("lifting", sa.Text, nullable=True),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("relation", sa.Text, nullable=True),
        sa.Column("represents", sa.Text, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "protections",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("ended", sa.Date, nullable=True),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("paper", sa.Text, nullable=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
        sa.Column("lifting", sa.Text, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), nullable=False, index=True),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("proof", sa.Text, nullable=True),
        sa.Column("confirmed_on", sa.Date, nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_opt_out", sa.Text, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "roster_imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("tells_opt_outs", sa.Boolean, nullable=False),
        sa.Column("students", sa.Integer, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
    )
    op.create_table(
        "choice_sources",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("file", sa.Text),
        sa.Column("mapping", sa.Text),
        sa.Column("mapping_sha256", sa.Text),
        sa.Column("reads", sa.Text),
        sa.Column("why", sa.Text),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "portraits",
        sa.Column("volume", sa.Text, primary_key=True),
        sa.Column("image", sa.Text, primary_key=True),
        sa.Column("file", sa.Text, nullable=False, index=True),
        sa.Column("student_id", sa.Text, sa.ForeignKey("students.id"), nullable=False, index=True),
        sa.Column("home_room", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("teacher", sa.Text, nullable=False),
        sa.Column("track", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
    )


def _create_rule_changes() -> None:
    op.create_table(
        "rule_changes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
    )
    op.create_table(
        "rule_change_assets",
        sa.Column("change_id", sa.Text, sa.ForeignKey("rule_changes.id"), primary_key=True),
        sa.Column("asset_id", sa.Text, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=True),
    )


def _create_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("asset_key", sa.Text, nullable=False, index=True),
        sa.Column("asset_id", sa.Text, nullable=True),
        sa.Column("share", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("release_id", sa.Text, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.Boolean, nullable=False),
        sa.Column("named_by", sa.Text, nullable=True, index=True),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("source_key", sa.Text, nullable=False),
        sa.Column("source_version", sa.Text, nullable=True),
        sa.Column("source_etag", sa.Text, nullable=False),
        sa.Column("redacted", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("version_id", sa.Text, nullable=True),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("made_on", sa.Text, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Index(None, "source_key", "state"),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("share_id", sa.Text, sa.ForeignKey("shares.id"), nullable=False, index=True),
        sa.Column("release_id", sa.Text, sa.ForeignKey("releases.id"), nullable=False, index=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_why", sa.Text, nullable=True),
        sa.Column("openings", sa.Integer, nullable=False),
        sa.Column("most_openings", sa.Integer, nullable=True),
        sa.Column("word_hash", sa.Text, nullable=True),
        sa.Column("wrong_words", sa.Integer, nullable=False),
        sa.Column("last_opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.Boolean, nullable=False),
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "closed_at", "expires_at", "id"),
    )


def _create_referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("share_id", sa.Text, sa.ForeignKey("shares.id"), nullable=False, index=True),
        sa.Column("asset_key", sa.Text, nullable=False, index=True),
        sa.Column("request_key", sa.Text, nullable=False, index=True),
        sa.Column("missing", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("students", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text, nullable=True),
        sa.Column("closing", sa.Text, nullable=True),
        sa.Column("evidence_share", sa.Text, sa.ForeignKey("shares.id"), nullable=True),
        sa.Column("secret", sa.Boolean, nullable=False),
        sa.Index(None, "closed_at", "due", "id"),
        sa.Index(None, "due", "opened_at", "id"),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("referral_id", sa.Text, sa.ForeignKey("referrals.id"), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated_by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("stated_on", sa.Text, sa.ForeignKey("shares.id"), nullable=False),
        sa.Column("asset_id", sa.Text, nullable=True),
        sa.Column("before", sa.Text, nullable=True),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("on_file", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text, nullable=True),
        sa.Column("approver_id", sa.Text, nullable=True),
        sa.Column("approver_name", sa.Text, nullable=True),
        sa.Column("share_id", sa.Text, nullable=True),
    )


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, index=True),
        sa.Column("is_folder", sa.Boolean, nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("asked", sa.Text, nullable=True),
        sa.Column("released", sa.Text, nullable=True),
        sa.Column("noted", sa.Boolean, nullable=False, index=True),
        sa.Column("share_id", sa.Text, nullable=True, index=True),
        sa.Column("ground", sa.Text, nullable=True),
        sa.Column("secret", sa.Boolean, nullable=False),
        sa.Column("sealing", sa.Text, nullable=True),
    )
    op.create_table(
        "hold_work",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("is_folder", sa.Boolean, primary_key=True),
        sa.Column("turn", sa.Text, nullable=False),
        sa.Column("behind_key", sa.Text, nullable=True),
        sa.Column("behind_version", sa.Text, nullable=True),
    )
    op.create_table(
        "legal_holds",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("version_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "held_deletions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, index=True),
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("holds", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Text, nullable=True),
    )
    op.create_table(
        "destructions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("asset_id", sa.Text, nullable=False, index=True),
        sa.Column("key", sa.Text, nullable=True, index=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("created", sa.Date, nullable=False),
        sa.Column("due", sa.Date, nullable=True),
        sa.Column("parents_asked", sa.Date, nullable=True),
        sa.Column("notified", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("agreed", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("versions", sa.Integer, nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("certificate", sa.Text, nullable=True),
        sa.Column("court", sa.Text, nullable=True),
    )


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=True),
        sa.Column("recordings", sa.Text, nullable=False),
        sa.Column("patterns", sa.Text, nullable=False),
        sa.Column("students", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("described", sa.Text, nullable=True),
        sa.Column("meeting", sa.Date, nullable=True),
        sa.Column("meeting_kind", sa.Text, nullable=True),
        sa.Column("contact", sa.Text, nullable=True),
        sa.Column("secret", sa.Boolean, nullable=False, index=True),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("appealed", sa.Boolean, nullable=False, index=True),
        sa.Column("held_until", sa.Date, nullable=True, index=True),
        sa.Column("seen_by", sa.Date, nullable=True),
        sa.Column("owner", sa.Text, nullable=True, index=True),
    )
    op.create_table(
        "request_events",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=True),
        sa.Column("system_name", sa.Text, nullable=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Index(None, "request_id", "number", unique=True),
    )
    op.create_table(
        "request_places",
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("place", sa.Text, primary_key=True, index=True),
        sa.Column("is_pattern", sa.Boolean, nullable=False, index=True),
    )
    op.create_table(
        "request_clocks",
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("clock", sa.Text, primary_key=True),
        sa.Column("start", sa.Date, nullable=False),
        sa.Index(None, "clock", "start", "request_id"),
    )
    op.create_table(
        "request_parts",
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("part_id", sa.Text, primary_key=True, index=True),
    )


def _create_letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=True, index=True),
        sa.Column("referral_id", sa.Text, nullable=True, index=True),
        sa.Column("consent_id", sa.Text, nullable=True),
        sa.Column("student_id", sa.Text, nullable=True, index=True),
        sa.Column("year", sa.Integer, nullable=True),
        sa.Column("recordings", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("answer_on", sa.Date, nullable=True),
        sa.Column("guardian", sa.Text, nullable=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
    )
    op.create_table(
        "notice_efforts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("referral_id", sa.Text, sa.ForeignKey("referrals.id"), nullable=False, index=True),
        sa.Column("student_id", sa.Text, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("letter_id", sa.Text, nullable=True),
        sa.Column("answer_on", sa.Date, nullable=True),
        sa.Column("at_once", sa.Text, nullable=True),
        sa.Column("party", sa.Text, nullable=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
    )

    op.create_table(
        "statements",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asset_key", sa.Text, nullable=False, index=True),
        sa.Column("content", sa.Text, nullable=True, index=True),
        sa.Column("sha256", sa.Text, nullable=True),
        sa.Column("student_id", sa.Text, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("paper", sa.Text, nullable=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("system_id", sa.Text, nullable=False),
        sa.Column("system_name", sa.Text, nullable=False),
        sa.Column("ended", sa.Date, nullable=True),
    )


def _create_messages() -> None:
    op.create_table(
        "http_messages",
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("sent_at", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Index(None, "client", "sent_at"),
    )
    op.create_table(
        "http_answers",
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("body", sa.Text, nullable=True),
    )


def _create_sets() -> None:
    op.create_table(
        "export_sets",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("roster", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_by", sa.Text, nullable=True),
        sa.Column("process", sa.Text, nullable=True),
        sa.Column("key", sa.Text, nullable=True),
    )
    op.create_table(
        "export_decisions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_table(
        "export_files",
        sa.Column("set_id", sa.Text, sa.ForeignKey("export_sets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", _ORDERED, nullable=False),
        sa.Column("source_key", sa.Text, nullable=False),
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False, index=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("student", sa.Text, nullable=True),
        sa.Column("path", sa.Text, nullable=True),
        sa.Column("sha256", sa.Text, nullable=True),
        sa.Column("size", sa.BigInteger, nullable=True),
        sa.Column("decision", sa.Text, nullable=True, index=True),
        sa.Column("redacted", sa.Boolean, nullable=False),
        sa.Column("covered", sa.Boolean, nullable=False),
        sa.Column("caption", sa.Text, nullable=True),
        sa.Column("shows", sa.Text, nullable=False),
        sa.Column("named", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("pages", sa.Text, nullable=False),
        sa.Index(None, "set_id", "state", "kind", "place", "number"),
    )
    op.create_table(
        "export_students",
        sa.Column("set_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("student_id", sa.Text, primary_key=True, index=True),
        sa.ForeignKeyConstraint(
            ["set_id", "number"], ["export_files.set_id", "export_files.number"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "export_handovers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("set_id", sa.Text, sa.ForeignKey("export_sets.id"), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_details",
        sa.Column("seq", sa.Integer, sa.ForeignKey("ledger_entries.seq"), primary_key=True, autoincrement=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_students",
        sa.Column("seq", sa.Integer, sa.ForeignKey("ledger_entries.seq"), primary_key=True, autoincrement=False),
        sa.Column("student_id", sa.Text, primary_key=True, index=True),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
    )
    op.create_table(
        "secret_entries",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False, unique=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False, unique=True),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("moved_from", sa.Integer, nullable=True, unique=True),
    )
    op.create_table(
        "seals",
        sa.Column("of_table", sa.Text, primary_key=True),
        sa.Column("row_id", sa.Text, primary_key=True),
        sa.Column("seal", sa.Text, nullable=False),
    )
    op.create_table(
        "roster_changes",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("student_id", sa.Text, nullable=True),
        sa.Column("names", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sealed_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("sums", sa.Text, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
    )
