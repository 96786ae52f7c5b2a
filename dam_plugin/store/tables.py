"""The tables, declared; no queries. The migration under `migrations/` makes exactly these (a test compares).

The columns of yearbook sets have the names of the fields in `sets.py`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal, TypeVar, get_origin

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, ForeignKeyConstraint, Index, MetaData, Text, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from dam_plugin.errors import StoreError
from dam_plugin.model import (
    Actor,
    Consent,
    CourtOrder,
    Former,
    GuardianshipKind,
    HoldKind,
    HoldSeal,
    LettingGo,
    Look,
    ProtectionKind,
    Reason,
    Recipient,
    ReferralKind,
    ReleaseTag,
    Share,
    Tagging,
)
from dam_plugin.store.codec import decode, encode
from dam_plugin.store.sets import FileState, Kind, SetOrder, SetState
from dam_tagging.facts import About, Facts
from dam_tagging.names.recording_words import WordKind

T = TypeVar("T")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, with its zone on both databases; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn to UTC; raise StoreError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise StoreError("a time without a zone cannot be kept: give it in UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back that SQLite drops."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Plain(TypeDecorator[Any]):
    """One value of a known type, kept as canonical JSON text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: object) -> None:
        """Take the type of the value: a frozen dataclass, a tuple or a dict of plain data."""
        super().__init__()
        self.kind: Any = kind
        self._is_tuple = get_origin(kind) is tuple

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the value as text."""
        return None if value is None else encode(self.kind, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002
        """Read the value back; raise StoreError if it is damaged."""
        if value == "[]" and self._is_tuple:
            # Most lists of a student are empty.
            return ()
        return None if value is None else decode(self.kind, value)


class Base(DeclarativeBase):
    """The declarative base; constraints get the same names on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text, datetime: Moment}


# Sorted by code points on both databases, independent of the server's language.
_ORDERED = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


class AssetRow(Base):
    """One version of one object, with what is known about who is in it."""

    __tablename__ = "assets"
    __table_args__ = (Index(None, "waiting", "first_seen", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    version_id: Mapped[str | None]
    etag: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger, index=True)
    media_type: Mapped[str]
    sha256: Mapped[str | None]
    content: Mapped[str | None] = mapped_column(index=True)
    likeness: Mapped[str | None]
    sequencer: Mapped[str | None]
    release_tag: Mapped[ReleaseTag] = mapped_column(Text)
    tagging: Mapped[Tagging] = mapped_column(Plain(Tagging))
    machine: Mapped[Tagging] = mapped_column(Plain(Tagging))
    about: Mapped[About | None] = mapped_column(Plain(About))
    coding: Mapped[str | None]
    former: Mapped[Former | None] = mapped_column(Plain(Former))
    sidecars: Mapped[tuple[tuple[str, str], ...] | None] = mapped_column(Plain(tuple[tuple[str, str], ...]))
    loosens: Mapped[bool] = mapped_column(index=True)
    waiting: Mapped[bool]
    first_seen: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted: Mapped[bool]
    current: Mapped[bool]


# What is in the library now.
CURRENT = (AssetRow.current, ~AssetRow.deleted)


class AssetStudentRow(Base):
    """The index from students to the recordings they are in."""

    __tablename__ = "asset_students"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class AssetFactsRow(Base):
    """The facts of a recording's file, in which the names of students are looked for again."""

    __tablename__ = "asset_facts"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    facts: Mapped[Facts] = mapped_column(Plain(Facts))


class AssetWordRow(Base):
    """One folded word of a recording, by which it is found again when names change (`dam_tagging.names.recording_words`)."""

    __tablename__ = "asset_words"

    kind: Mapped[WordKind] = mapped_column(Text, primary_key=True)
    word: Mapped[str] = mapped_column(_ORDERED, primary_key=True)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True, index=True)


class StaleTagsRow(Base):
    """A recording that may be tagged otherwise since a change of the roster (its `seq`), and was not tagged again yet."""

    __tablename__ = "stale_tags"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int]


class TagsAsOfRow(Base):
    """The change of the roster, and the day, up to which recordings were looked for that may be tagged otherwise: one row."""

    __tablename__ = "tags_as_of"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int]
    day: Mapped[date]


class JobRow(Base):
    """Long work in small steps: how far it is, and which process is at it (`lease`) until when."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    asked_by: Mapped[Actor] = mapped_column(Plain(Actor))
    at: Mapped[datetime]
    moved_at: Mapped[datetime]
    total: Mapped[int]
    state: Mapped[Literal["waiting", "running", "done", "failed", "cancelled"]] = mapped_column(Text, index=True)
    done: Mapped[int]
    failed: Mapped[int]
    cursor: Mapped[str | None]
    lease: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    arguments: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))
    result: Mapped[dict[str, int]] = mapped_column(Plain(dict[str, int]))
    why: Mapped[str | None]


class JobExampleRow(Base):
    """One recording that a job found something about, of those that it found first (`number`)."""

    __tablename__ = "job_examples"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[str]
    found: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))


class NewsRow(Base):
    """When the bucket's events were last heard of, by the way on which they came."""

    __tablename__ = "news"

    source: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class WorkerRow(Base):
    """A worker: when it said last that it is at work, and when the oldest event that it had was sent (null: it had none)."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    oldest_event: Mapped[datetime | None]


class UnwrittenTagsRow(Base):
    """An original that has to be on hold and may still have other object tags. The next process writes them."""

    __tablename__ = "unwritten_tags"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)


class ClosureEndRow(Base):
    """The last day of a closure of an original that is on hold: on the day after, it is asked again who may read it."""

    __tablename__ = "closure_ends"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)


class AssetLikenessRow(Base):
    """A quarter of the likeness of a picture or its middle. Two that differ in at most three places share a quarter."""

    __tablename__ = "asset_likenesses"
    __table_args__ = (Index(None, "quarter", "digits"),)

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digits: Mapped[str] = mapped_column(primary_key=True)


class LookRow(Base):
    """A person's statement after looking at a recording."""

    __tablename__ = "asset_looks"

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    look: Mapped[Look] = mapped_column(Plain(Look))


class StudentRow(Base):
    """A student of the roster; never deleted, since opt-outs outlive leaving school."""

    __tablename__ = "students"
    # A part of a name is looked for in it: of the row itself there is far more to read.
    __table_args__ = (Index(None, "roster_id", "folded", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    roster_id: Mapped[str] = mapped_column(unique=True)
    names: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    former_names: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    folded: Mapped[str]
    born: Mapped[date | None] = mapped_column(index=True)
    postsecondary: Mapped[bool]
    grade: Mapped[str | None]
    active: Mapped[bool]
    guardians: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    guardian_names: Mapped[tuple[tuple[str, str], ...]] = mapped_column(Plain(tuple[tuple[str, str], ...]))
    given: Mapped[str | None]
    family: Mapped[str | None]
    died: Mapped[date | None]
    marked: Mapped[ProtectionKind | None] = mapped_column(Text)
    marked_since: Mapped[date | None]
    enrolled: Mapped[tuple[tuple[date | None, date | None], ...]] = mapped_column(
        Plain(tuple[tuple[date | None, date | None], ...])
    )
    answered_on: Mapped[date | None]
    notified_on: Mapped[date | None]
    answers_id: Mapped[str | None]
    updated_at: Mapped[datetime]


class RosterChangeRow(Base):
    """One change of the roster: of this student, or of many (null); `names`: of names or numbers by which people are found.

    A process that keeps the roster in memory reads here what it has not seen.
    """

    __tablename__ = "roster_changes"

    seq: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str | None]
    names: Mapped[bool]


class RosterGuardianRow(Base):
    """One guardian of the roster: finds a person's students. What counts is the student's row, which is sealed.

    `folded` is the guardian's name as it is searched.
    """

    __tablename__ = "roster_guardians"

    guardian: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True, index=True)
    folded: Mapped[str]


class FormerGuardianRow(Base):
    """A guardian whom a roster of before had, and a later one dropped: what they ask in words is about this student still.

    It gives nobody a right.
    """

    __tablename__ = "former_guardians"

    guardian: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)


class RosterNameRow(Base):
    """One thing by which a text may name a student, or the student's family: finds them. What counts is the student's row.

    `roster_names.py` says what is kept: `found_by` and `written` are digests, which take less room than words.
    """

    __tablename__ = "roster_names"
    __table_args__ = (Index(None, "found_by", "written"), {"sqlite_with_rowid": False})

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    found_by: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    written: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class OtherNumberRow(Base):
    """A number whose bearer has another pseudonym than the number's own: who came back under it, or to whom it was given anew.

    `number_id` is the pseudonym of a student's or a guardian's number, `person_id` the one on file.
    """

    __tablename__ = "other_numbers"

    number_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class FormerNumberRow(Base):
    """A number that a student had on earlier rosters: files may still name the student by it."""

    __tablename__ = "former_numbers"

    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)


class OptOutRow(Base):
    """One opt-out; `imported_ended` is the end as the last import gave it, so that a person's own end survives.

    `stated_by` is the parent or the student who opted out, null where that is not known: a roster does not tell.
    """

    __tablename__ = "opt_outs"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    since: Mapped[date]
    ended: Mapped[date | None]
    purposes: Mapped[tuple[str, ...] | None] = mapped_column(Plain(tuple[str, ...]))
    source: Mapped[str]
    imported_ended: Mapped[date | None]
    stated_by: Mapped[str | None]
    at: Mapped[datetime]


class GuardianshipRow(Base):
    """A custodian's statement of a person and a student; the columns have the names of the fields in `model.Guardianship`.

    `system_…` is the user of the operating system, or the key over HTTP, that stated it; `approver_…` approved it.
    """

    __tablename__ = "guardianships"

    id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    guardian: Mapped[str] = mapped_column(index=True)
    what: Mapped[GuardianshipKind] = mapped_column(Text)
    since: Mapped[date]
    until: Mapped[date | None]
    ended: Mapped[date | None]
    seen: Mapped[str]
    paper: Mapped[str | None]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    approver_id: Mapped[str | None]
    approver_name: Mapped[str | None]
    lifting: Mapped[LettingGo | None] = mapped_column(Plain(LettingGo))
    name: Mapped[str | None]
    relation: Mapped[str | None]
    represents: Mapped[str | None]
    at: Mapped[datetime]


class ProtectionRow(Base):
    """A custodian's statement that a student is protected; the columns have the names of the fields in `model.Protection`."""

    __tablename__ = "protections"

    id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    kind: Mapped[ProtectionKind] = mapped_column(Text)
    since: Mapped[date]
    until: Mapped[date | None]
    ended: Mapped[date | None]
    seen: Mapped[str]
    paper: Mapped[str | None]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    lifting: Mapped[LettingGo | None] = mapped_column(Plain(LettingGo))
    at: Mapped[datetime]


class ConsentRow(Base):
    """One consent, with its proof. `confirmed_on` is the last day on which the family said that it stands.

    `confirmed_at` is the moment at which that was entered. `after_opt_out` is the digest of what shows that it was signed
    after the opt-out of its day.
    """

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    consent: Mapped[Consent] = mapped_column(Plain(Consent))
    proof: Mapped[str | None]
    confirmed_on: Mapped[date | None]
    confirmed_at: Mapped[datetime | None]
    after_opt_out: Mapped[str | None]
    at: Mapped[datetime]


class RosterImportRow(Base):
    """One import of a roster: when, from where, what it was, and whether it told of all students (`whole`) or of opt-outs."""

    __tablename__ = "roster_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    source: Mapped[str]
    whole: Mapped[bool]
    tells_opt_outs: Mapped[bool]
    students: Mapped[int]
    format: Mapped[str]


class ChoiceSourceRow(Base):
    """Where the district's opt-outs come from: one row for each import that brought them, and for each statement about them."""

    __tablename__ = "choice_sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    said_by: Mapped[Actor] = mapped_column(Plain(Actor))
    file: Mapped[str | None]
    mapping: Mapped[str | None]
    mapping_sha256: Mapped[str | None]
    reads: Mapped[dict[str, Any] | None] = mapped_column(Plain(dict[str, Any]))
    why: Mapped[str | None]


class StaffRow(Base):
    """A member of staff, who is no student; `source` is the kind of import that knows them, and that says who has left."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    role: Mapped[str]
    active: Mapped[bool]
    source: Mapped[str]
    updated_at: Mapped[datetime]


class PortraitRow(Base):
    """The student in an image of a portrait index, with volume, folder, file and the other texts of the index."""

    __tablename__ = "portraits"

    volume: Mapped[str] = mapped_column(primary_key=True)
    image: Mapped[str] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(index=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    home_room: Mapped[str]
    period: Mapped[str]
    teacher: Mapped[str]
    track: Mapped[str]
    department: Mapped[str]
    title: Mapped[str]


class RuleChangeRow(Base):
    """A request to let changed rules loosen tags; `system_…` is the user of the operating system who asked."""

    __tablename__ = "rule_changes"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    asked_by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    digest: Mapped[str]
    state: Mapped[Literal["pending", "approved", "superseded"]] = mapped_column(Text, index=True)


class RuleChangeAssetRow(Base):
    """One recording within such a request: its tags at the time of the request, and the tags that it would get."""

    __tablename__ = "rule_change_assets"

    change_id: Mapped[str] = mapped_column(ForeignKey("rule_changes.id"), primary_key=True)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True, index=True)
    before: Mapped[Tagging] = mapped_column(Plain(Tagging))
    after: Mapped[Tagging] = mapped_column(Plain(Tagging))
    outcome: Mapped[Literal["applied", "stale"] | None] = mapped_column(Text)


class ShareRow(Base):
    """One attempt to share, with its decision.

    `named_by`: who asked for students by name, of which recording, as a hash to find it by; null where nobody was named.
    """

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(primary_key=True)
    asset_key: Mapped[str] = mapped_column(index=True)
    asset_id: Mapped[str | None] = mapped_column(index=True)
    share: Mapped[Share] = mapped_column(Plain(Share))
    outcome: Mapped[str]
    decision: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))
    release_id: Mapped[str | None]
    at: Mapped[datetime]
    secret: Mapped[bool] = mapped_column(default=False)
    named_by: Mapped[str | None] = mapped_column(default=None, index=True)


class ShareCountRow(Base):
    """What a report counts of a share (`share_counts.py`): derived from its row, and so not sealed.

    `clauses` are those of its reasons in order, `request` is a digest of what was asked for (null: that was deleted), `role`
    is that of whoever asked for it, `user` the person who was signed in (null: a host, or from before this was kept).
    """

    __tablename__ = "share_counts"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "request", "at", "share_id"),
        Index(None, "user", "at", "share_id"),
    )

    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"), primary_key=True)
    at: Mapped[datetime]
    outcome: Mapped[str]
    clauses: Mapped[str]
    asked_again: Mapped[bool]
    request: Mapped[int | None] = mapped_column(BigInteger)
    role: Mapped[str]
    secret: Mapped[bool]
    user: Mapped[str | None]


class ReleaseRow(Base):
    """A copy under `released/`, made or being made; `made_on` names the process that makes it."""

    __tablename__ = "releases"
    __table_args__ = (Index(None, "source_key", "state"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]
    sha256: Mapped[str]
    source_key: Mapped[str]
    source_version: Mapped[str | None]
    source_etag: Mapped[str]
    redacted: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    state: Mapped[str] = mapped_column(index=True)
    version_id: Mapped[str | None]
    proof: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))
    made_on: Mapped[str | None]
    at: Mapped[datetime]


class LinkRow(Base):
    """A link handed out; the token only as a hash."""

    __tablename__ = "links"
    __table_args__ = (Index(None, "created_at", "id"), Index(None, "closed_at", "expires_at", "id"))

    id: Mapped[str] = mapped_column(primary_key=True)
    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"), index=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str | None]
    openings: Mapped[int]
    most_openings: Mapped[int | None]
    word_hash: Mapped[str | None]
    wrong_words: Mapped[int] = mapped_column(default=0)
    last_opened_at: Mapped[datetime | None]
    secret: Mapped[bool] = mapped_column(default=False)


class ReferralRow(Base):
    """A piece of work for the records custodian; `share_id` is the last share that asked for it.

    `urgency` is its place in the queue: 0 for an emergency in which nothing has gone out, 1 for all other work.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        Index(None, "closed_at", "due", "id"),
        Index(None, "due", "opened_at", "id"),
        Index(None, "closed_at", "secret", "urgency", "due", "opened_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ReferralKind] = mapped_column(Text)
    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id"), index=True)
    asset_key: Mapped[str] = mapped_column(index=True)
    request_key: Mapped[str] = mapped_column(index=True)
    missing: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    opened_at: Mapped[datetime]
    due: Mapped[date]
    students: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    owner: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closing: Mapped[str | None]
    evidence_share: Mapped[str | None] = mapped_column(ForeignKey("shares.id"))
    secret: Mapped[bool] = mapped_column(default=False)
    urgency: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class FindingRow(Base):
    """A custodian's finding for a referral; a finding that loosens waits for another person (`pending`).

    `system_…` is the user of the operating system, or the key over HTTP, that stated it; `approver_…` approved it.
    `stated_on` is the share that it was stated on, `before` holds the recording's tags then. `evidence` is the evidence for
    deciding the share with this finding. `on_file` is the digest of the evidence that the requester had written down,
    `share_id` is the share that the finding decided.
    """

    __tablename__ = "findings"

    id: Mapped[str] = mapped_column(primary_key=True)
    referral_id: Mapped[str] = mapped_column(ForeignKey("referrals.id"), index=True)
    at: Mapped[datetime]
    stated_by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    kind: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))
    stated_on: Mapped[str] = mapped_column(ForeignKey("shares.id"))
    asset_id: Mapped[str | None]
    before: Mapped[Tagging | None] = mapped_column(Plain(Tagging))
    evidence: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))
    on_file: Mapped[str | None]
    state: Mapped[Literal["pending", "applied", "rejected", "stale"]] = mapped_column(Text, index=True)
    settled_at: Mapped[datetime | None]
    approved_by: Mapped[Actor | None] = mapped_column(Plain(Actor))
    approver_id: Mapped[str | None]
    approver_name: Mapped[str | None]
    share_id: Mapped[str | None]


class HoldRow(Base):
    """A hold on one recording or on a folder (`is_folder`; the key ends with `/`, and is "" for the whole library).

    `asked` is the first of the two people who release a hold for litigation. `noted`: its end is in the ledger. `share_id` is
    the attempt that gave the recording under an order and so held it. `secret`: nobody but the custodian is told of it, for
    the reason `ground`; `sealing`: who sealed it by hand.
    """

    __tablename__ = "holds"
    __table_args__ = (Index(None, "at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[HoldKind] = mapped_column(Text)
    key: Mapped[str] = mapped_column(index=True)
    is_folder: Mapped[bool]
    matter: Mapped[str]
    why: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime]
    added_by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    until: Mapped[date | None]
    asked: Mapped[LettingGo | None] = mapped_column(Plain(LettingGo))
    released: Mapped[LettingGo | None] = mapped_column(Plain(LettingGo))
    noted: Mapped[bool] = mapped_column(index=True)
    share_id: Mapped[str | None] = mapped_column(index=True)
    ground: Mapped[str | None]
    secret: Mapped[bool]
    sealing: Mapped[HoldSeal | None] = mapped_column(Plain(HoldSeal))


class HoldWorkRow(Base):
    """A recording or a folder whose versions have to be locked or unlocked in the storage.

    `turn` changes with the holds; the work then starts again. `behind_…` is the last version done.
    """

    __tablename__ = "hold_work"

    key: Mapped[str] = mapped_column(primary_key=True)
    is_folder: Mapped[bool] = mapped_column(primary_key=True)
    turn: Mapped[str]
    behind_key: Mapped[str | None]
    behind_version: Mapped[str | None]


class LegalHoldRow(Base):
    """A version that the plugin locked in the storage (S3's legal hold). Locks by others are not here."""

    __tablename__ = "legal_holds"

    key: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[Literal["setting", "set", "lifting"]] = mapped_column(Text)


class HeldDeletionRow(Base):
    """A deletion of a held recording, its outcome, and the person who acknowledged it."""

    __tablename__ = "held_deletions"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    asset_id: Mapped[str]
    outcome: Mapped[Literal["restored", "copied back", "waiting", "lost"]] = mapped_column(Text)
    holds: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    at: Mapped[datetime]
    seen: Mapped[LettingGo | None] = mapped_column(Plain(LettingGo))


class DestructionRow(Base):
    """The destruction of a recording: ordered, running or done. The row is kept forever and names no student.

    `key` is removed at the end. The rule counted from the day `created`. `asked` is the first person, `agreed` the second
    person if two are needed. `notified`: a student of each family, and the day on which the family was informed. `court`:
    the order by which it is destroyed before it is due. `asked_by`: who asked for that, with an id only while it waits or runs.
    """

    __tablename__ = "destructions"

    id: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[str] = mapped_column(index=True)
    key: Mapped[str | None] = mapped_column(index=True)
    rule: Mapped[str]
    source: Mapped[str]
    created: Mapped[date]
    due: Mapped[date | None]
    parents_asked: Mapped[date | None]
    notified: Mapped[tuple[tuple[str, date], ...]] = mapped_column(Plain(tuple[tuple[str, date], ...]))
    asked: Mapped[LettingGo] = mapped_column(Plain(LettingGo))
    agreed: Mapped[LettingGo | None] = mapped_column(Plain(LettingGo))
    state: Mapped[Literal["asked", "destroying", "done", "dropped"]] = mapped_column(Text, index=True)
    done_at: Mapped[datetime | None]
    versions: Mapped[int]
    copies: Mapped[int]
    certificate: Mapped[str | None]
    court: Mapped[CourtOrder | None] = mapped_column(Plain(CourtOrder))
    asked_by: Mapped[Recipient | None] = mapped_column(Plain(Recipient))


class RequestRow(Base):
    """A request as it came in; `state` and `owner` follow from its events, and are kept here to find it by.

    `contact` alone says who asks by name. `recordings` are keys, `patterns` globs and folders. `secret`: it is about an
    order that forbids telling the family. `appealed`: an appeal or a complaint is not over.
    """

    __tablename__ = "requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    recipient: Mapped[Recipient] = mapped_column(Plain(Recipient))
    channel: Mapped[str]
    wanted: Mapped[str]
    format: Mapped[str | None]
    recordings: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    patterns: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    students: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    purpose: Mapped[str]
    described: Mapped[str | None]
    meeting: Mapped[date | None]
    meeting_kind: Mapped[str | None]
    contact: Mapped[str | None]
    secret: Mapped[bool] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(index=True)
    appealed: Mapped[bool] = mapped_column(index=True)
    held_until: Mapped[date | None] = mapped_column(index=True)
    seen_by: Mapped[date | None]
    owner: Mapped[str | None] = mapped_column(index=True)


class RequestEventRow(Base):
    """Something that happened with a request, numbered from 1: recorded `at`, happened `on`; never changed.

    `content` is plain data of its kind. `system_…` is the user of the operating system, null where it is not known.
    """

    __tablename__ = "request_events"
    __table_args__ = (Index(None, "request_id", "number", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"))
    number: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    on: Mapped[datetime]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str | None]
    system_name: Mapped[str | None]
    content: Mapped[dict[str, Any]] = mapped_column(Plain(dict[str, Any]))


class RequestPlaceRow(Base):
    """The index from keys, folders and globs to the requests that name them."""

    __tablename__ = "request_places"

    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True, index=True)
    is_pattern: Mapped[bool] = mapped_column(index=True)


class RequestClockRow(Base):
    """The index of the clocks that run: since when. The day on which one ends is counted whenever somebody asks."""

    __tablename__ = "request_clocks"
    __table_args__ = (Index(None, "clock", "start", "request_id"),)

    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    start: Mapped[date]


class RequestPartRow(Base):
    """The index from shares and referrals to the requests that they answer."""

    __tablename__ = "request_parts"

    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    part_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class LetterRow(Base):
    """A letter that was written, as it reads; what it is about, in which language, by which templates. Never changed.

    `recordings` has the short id and the key of each. The text may name a family, where the custodian typed it. `guardian` is
    to whom it goes, where the custodian said so.
    """

    __tablename__ = "letters"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str]
    language: Mapped[str]
    request_id: Mapped[str | None] = mapped_column(index=True)
    referral_id: Mapped[str | None] = mapped_column(index=True)
    consent_id: Mapped[str | None]
    student_id: Mapped[str | None] = mapped_column(index=True)
    year: Mapped[int | None]
    recordings: Mapped[tuple[tuple[str, str], ...]] = mapped_column(Plain(tuple[tuple[str, str], ...]))
    template: Mapped[str]
    text: Mapped[str]
    answer_on: Mapped[date | None]
    guardian: Mapped[str | None]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]


class NoticeEffortRow(Base):
    """What was done to tell a student's family of an order before it is answered: on which day, and what. Never changed."""

    __tablename__ = "notice_efforts"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    referral_id: Mapped[str] = mapped_column(ForeignKey("referrals.id"), index=True)
    student_id: Mapped[str]
    on: Mapped[date]
    what: Mapped[str]
    letter_id: Mapped[str | None]
    answer_on: Mapped[date | None]
    at_once: Mapped[str | None]
    party: Mapped[str | None]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    takes_back: Mapped[str | None]


class StatementRow(Base):
    """A family's statement in a record that it contests (34 CFR 99.21(b)(2)), with the recording that it goes with.

    `content` and `sha256` are the recording's, so that the statement is found where the file has moved.
    """

    __tablename__ = "statements"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    asset_key: Mapped[str] = mapped_column(index=True)
    content: Mapped[str | None] = mapped_column(index=True)
    sha256: Mapped[str | None]
    student_id: Mapped[str]
    on: Mapped[date]
    words: Mapped[str]
    paper: Mapped[str | None]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    system_id: Mapped[str]
    system_name: Mapped[str]
    ended: Mapped[date | None]


class HttpMessageRow(Base):
    """A signed request that was taken: the same request sent again is refused. It is kept as long as its time is accepted."""

    __tablename__ = "http_messages"
    __table_args__ = (Index(None, "client", "sent_at"),)

    client: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    sent_at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class HttpAnswerRow(Base):
    """The answer to a host under an idempotency key; without status and body while the work on the request goes on.

    `digest` is the request's; the body holds no token in the clear.
    """

    __tablename__ = "http_answers"

    client: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    body: Mapped[str | None]


_OF_CLOSINGS = text("kind = 'close'")


class LedgerEntryRow(Base):
    """One entry of the chain, as it was hashed; `at` is text, so that the hash covers exactly this text."""

    __tablename__ = "ledger_entries"
    # What closed several links has none of them as its subject. Of every kind the index would be asked where another is better.
    __table_args__ = (Index(None, "at", sqlite_where=_OF_CLOSINGS, postgresql_where=_OF_CLOSINGS),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    body: Mapped[str]
    previous: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]


class LedgerDetailsRow(Base):
    """The details of an entry with their salt; they may be deleted lawfully, the chain stays whole."""

    __tablename__ = "ledger_details"

    seq: Mapped[int] = mapped_column(ForeignKey("ledger_entries.seq"), primary_key=True, autoincrement=False)
    salt: Mapped[str]
    details: Mapped[str]


class LedgerStudentRow(Base):
    """The index from students to the entries that concern them; deleted with the details."""

    __tablename__ = "ledger_students"

    seq: Mapped[int] = mapped_column(ForeignKey("ledger_entries.seq"), primary_key=True, autoincrement=False)
    student_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class LedgerHeadRow(Base):
    """The one row that says where the chain ends, signed; the migration lays it down with seq 0."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]
    mac: Mapped[str]


class LedgerCheckpointRow(Base):
    """The one row that says up to which entry the whole ledger was found to hold, and when; signed."""

    __tablename__ = "ledger_checkpoint"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]
    at: Mapped[str]
    mac: Mapped[str]


class SecretEntryRow(Base):
    """One entry of the sealed book, with its details; its id is its hash. Each row has a seal, as the rows in force have.

    `moved_from` is the number of the ledger's entry whose content was moved here; null for one that was written here.
    """

    __tablename__ = "secret_entries"

    id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    at: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    body: Mapped[str]
    previous: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[str]
    details: Mapped[str]
    moved_from: Mapped[int | None] = mapped_column(unique=True)


class AccessEntryRow(Base):
    """One entry of the access log, as it was hashed: `kind` is the page, `subject` the account that looked at it."""

    __tablename__ = "access_entries"
    __table_args__ = (Index(None, "subject", "seq"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    previous: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    salt: Mapped[str]
    details: Mapped[str]


class AccessStudentRow(Base):
    """The index from students to the entries of the access log about pages that showed them."""

    __tablename__ = "access_students"

    student_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(ForeignKey("access_entries.seq"), primary_key=True, index=True)


class AccessHeadRow(Base):
    """The one row that says where the access log begins and ends, signed; the migration lays it down with seq 0."""

    __tablename__ = "access_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]
    before: Mapped[int]
    before_hash: Mapped[str]
    mac: Mapped[str]


class SealRow(Base):
    """The seal of one guarded row, by its table and its id as text; it stays if somebody removes the row."""

    __tablename__ = "seals"

    of_table: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[str] = mapped_column(primary_key=True)
    seal: Mapped[str]


class SealedStateRow(Base):
    """The one row that signs all rows in force: count and masked sum of each table's seals."""

    __tablename__ = "sealed_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turn: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int]
    hash: Mapped[str]
    nonce: Mapped[str]
    sums: Mapped[str]
    mac: Mapped[str]


class ExportSetRow(Base):
    """A yearbook set: its order, its state, and the person who locked it."""

    __tablename__ = "export_sets"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    day: Mapped[date]
    state: Mapped[SetState] = mapped_column(Text)
    by: Mapped[Actor] = mapped_column(Plain(Actor))
    order: Mapped[SetOrder] = mapped_column(Plain(SetOrder))
    target: Mapped[str]
    roster: Mapped[str]
    rules: Mapped[str]
    manifest: Mapped[str | None]
    locked_at: Mapped[datetime | None]
    locked_by: Mapped[Actor | None] = mapped_column(Plain(Actor))
    process: Mapped[str | None]
    key: Mapped[str | None]


class ExportFileRow(Base):
    """One candidate of a set: planned, written or left out."""

    __tablename__ = "export_files"
    __table_args__ = (Index(None, "set_id", "state", "kind", "place", "number"),)

    set_id: Mapped[str] = mapped_column(ForeignKey("export_sets.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[Kind] = mapped_column(Text)
    place: Mapped[str] = mapped_column(_ORDERED)
    source_key: Mapped[str]
    asset_id: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str]
    state: Mapped[FileState] = mapped_column(Text)
    student: Mapped[str | None]
    path: Mapped[str | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    decision: Mapped[str | None] = mapped_column(index=True)
    redacted: Mapped[bool]
    covered: Mapped[bool]
    caption: Mapped[str | None]
    shows: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    named: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))
    why: Mapped[tuple[Reason, ...]] = mapped_column(Plain(tuple[Reason, ...]))
    pages: Mapped[tuple[str, ...]] = mapped_column(Plain(tuple[str, ...]))


class ExportStudentRow(Base):
    """The index from students to the written files that show or name them."""

    __tablename__ = "export_students"
    __table_args__ = (
        ForeignKeyConstraint(["set_id", "number"], ["export_files.set_id", "export_files.number"], ondelete="CASCADE"),
    )

    set_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    student_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class ExportDecisionRow(Base):
    """The decision behind a digest: the case and the answer, as canonical JSON text."""

    __tablename__ = "export_decisions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    details: Mapped[str]


class ExportHandoverRow(Base):
    """The handover of a locked set to a recipient."""

    __tablename__ = "export_handovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[str] = mapped_column(ForeignKey("export_sets.id"), index=True)
    at: Mapped[datetime]
    to: Mapped[str]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
