"""The tables of yearbook sets, declared as those in `tables.py` are. The columns bear the names of the model's fields."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from dam_plugin.model import Actor, Reason
from dam_plugin.store.sets import FileState, Kind, SetOrder, SetState
from dam_plugin.store.tables import Base, Plain

# By its characters' numbers on both databases, whatever the server's language.
_ORDERED = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


class ExportSetRow(Base):
    """A yearbook set: what was ordered, how far it is, and by whom it was locked."""

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
    """What a decision's digest stands for: the case and the answer, as canonical JSON text."""

    __tablename__ = "export_decisions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    details: Mapped[str]


class ExportHandoverRow(Base):
    """That a locked set went to somebody."""

    __tablename__ = "export_handovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[str] = mapped_column(ForeignKey("export_sets.id"), index=True)
    at: Mapped[datetime]
    to: Mapped[str]
    by: Mapped[Actor] = mapped_column(Plain(Actor))
