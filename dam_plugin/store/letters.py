"""Letters in the store, as they were written, and what was done to tell families of an order. Both are only ever added."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, insert, select
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, UnknownThing
from dam_plugin.model import Actor
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import BENT, LETTERS, NOTICE_EFFORTS, Seals
from dam_plugin.store.tables import LetterRow, NoticeEffortRow, ReferralRow, RequestRow

NO_SUCH_LETTER = "no letter has the id given; `dam-plugin letter list` lists them"
# How the digest of the templates ends, where the text is not as they made it.
BY_HAND = "+by-hand"
_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class LetterAbout:
    """What a letter is about: a request, a referral, a consent, a student's opt-outs, or a year; null where it is not."""

    request_id: str | None = None
    referral_id: str | None = None
    consent_id: str | None = None
    student_id: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as it was written. `recordings` has the short id and the key of each; `template` is a digest (SHA-256).

    `answer_on` is the day that a notice told a family for the answer to an order, `guardian` the one to whom it goes, who was
    checked. The digest of a text that was changed by hand ends with BY_HAND.
    """

    id: str
    at: datetime
    kind: str
    language: str
    about: LetterAbout
    template: str
    by: Actor
    user: SystemUser
    recordings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)
    answer_on: date | None = None
    guardian: str | None = None

    @property
    def is_changed(self) -> bool:
        """Whether somebody changed its text by hand before it was kept."""
        return self.template.endswith(BY_HAND)


@dataclass(frozen=True, slots=True)
class NoticeEffort:
    """What was done on a day to tell a student's family of an order; `letter_id` is the notice, null where there is none.

    `answer_on` is the day of the answer that the family was told. `at_once` are the words of a paper that is answered at once.
    `party` is the number of the court proceeding to which a parent is a party: this family is told nothing more.
    `takes_back` is the effort that told nobody of the family, as this one says.
    """

    id: str
    at: datetime
    referral_id: str
    student_id: str
    on: date
    what: str
    by: Actor
    user: SystemUser
    letter_id: str | None = None
    answer_on: date | None = None
    at_once: str | None = None
    party: str | None = None
    takes_back: str | None = None


@dataclass(frozen=True, slots=True)
class _DayTold:
    """The day of an answer that a family was told, when, and whether it `replaces` what it was told before."""

    when: tuple[date, datetime]
    answer_on: date
    replaces: bool


class LetterFiles:
    """The repository of letters and efforts, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows."""
        self._session = session
        self._seals = seals

    def add(self, letter: StoredLetter) -> None:
        """Keep a letter."""
        self._seals.new(LETTERS, [letter.id])
        values = {name: getattr(letter, name) for name in _LETTER} | {
            name: getattr(letter.about, name) for name in _ABOUT
        }
        self._session.execute(insert(LetterRow).values(**values, **_user(letter.user)))

    def need(self, letter_id: str, *, secret: bool = False) -> StoredLetter:
        """Return one letter; `secret`: also one about an order that forbids telling.

        Raises UnknownThing, LedgerBroken for a changed row.
        """
        query = select(LetterRow).where(LetterRow.id == letter_id)
        found = self._letters(query if secret else query.where(~_is_secret()))
        if not found:
            raise UnknownThing(NO_SUCH_LETTER)
        return found[0]

    def listed(self, about: LetterAbout = LetterAbout(), *, limit: int, secret: bool = False) -> list[StoredLetter]:
        """Return the last letters, newest first: those about all of this, or any.

        `secret`: those about an order that forbids telling, and no others; without it, no such ones.
        """
        query = select(LetterRow).where(_is_secret() if secret else ~_is_secret())
        query = query.order_by(LetterRow.at.desc(), LetterRow.id).limit(limit)
        for name in _ABOUT:
            if (wanted := getattr(about, name)) is not None:
                query = query.where(getattr(LetterRow, name) == wanted)
        return self._letters(query)

    def ids_about(self, requests: Collection[str], referrals: Collection[str]) -> set[str]:
        """Return the letters about one of these requests or referrals."""
        of_requests = select(LetterRow.id).where(LetterRow.request_id.in_(requests))
        of_referrals = select(LetterRow.id).where(LetterRow.referral_id.in_(referrals))
        return {*self._session.scalars(of_requests), *self._session.scalars(of_referrals)}

    def days_told(
        self, referrals: Collection[str], *, went_right: Callable[[StoredLetter], bool] | None
    ) -> dict[str | None, date]:
        """Return the day of the answer that each student's family was told: by notices, or by what was done without one.

        What a family was told last of the same work replaces what it was told before, since a court moves a day. INVARIANT:
        what may not have reached it replaces nothing, and puts the answer off all the same. No `went_right`: nothing does.
        Raises LedgerBroken.
        """
        families: dict[tuple[str | None, str | None], list[_DayTold]] = {}
        for family, told in self._each_told(referrals, went_right):
            families.setdefault(family, []).append(told)
        found: dict[str | None, date] = {}
        for (_, student), said in families.items():
            last = max((each.when for each in said if each.replaces), default=None)
            day = max(each.answer_on for each in said if last is None or each.when >= last)
            found[student] = max(day, found.get(student, day))
        return found

    def _each_told(
        self, referrals: Collection[str], went_right: Callable[[StoredLetter], bool] | None
    ) -> Iterator[tuple[tuple[str | None, str | None], _DayTold]]:
        """Yield each day of an answer that a family was told, by work and student.

        A letter counts from the day on which it was sent; one that was only written, or that went astray, replaces no day, nor
        does a paper that is answered at once.
        """
        letters = {
            each.id: each for each in self._letters(select(LetterRow).where(LetterRow.referral_id.in_(referrals)))
        }
        sent = set()
        for effort in (each for referral in referrals for each in self.efforts(referral)):
            letter = letters.get(effort.letter_id or "")
            sent.add(effort.letter_id)
            replaces = went_right is not None and effort.at_once is None and (letter is None or went_right(letter))
            for day in (effort.answer_on, letter.answer_on if letter is not None else None):
                if day is not None:
                    yield (effort.referral_id, effort.student_id), _DayTold((effort.on, effort.at), day, replaces)
        for written in letters.values():
            if written.id not in sent and written.answer_on is not None:
                when, about = (written.at.astimezone().date(), written.at), written.about
                yield (about.referral_id, about.student_id), _DayTold(when, written.answer_on, replaces=False)

    def told_on(
        self, referrals: Collection[str], *, went_right: Callable[[StoredLetter], bool]
    ) -> dict[str, list[date]]:
        """Return the students whose families were told of the order of these referrals, each with the days, oldest first.

        An effort to reach the family says so, and by it that a letter was sent, where that `went_right`: a letter that was only
        written tells nobody. That a parent is a party to the proceeding is none. Raises LedgerBroken.
        """
        efforts = [each for referral in referrals for each in self.efforts(referral)]
        named = {each.letter_id for each in efforts if each.letter_id is not None}
        letters = self._letters(select(LetterRow).where(LetterRow.id.in_(named))) if named else []
        astray = {each.id for each in letters if not went_right(each)}
        found: dict[str, list[date]] = {}
        for each in sorted(efforts, key=lambda each: each.on):
            if each.party is None and each.letter_id not in astray:
                found.setdefault(each.student_id, []).append(each.on)
        return found

    def add_effort(self, effort: NoticeEffort) -> None:
        """Keep an effort."""
        self._seals.new(NOTICE_EFFORTS, [effort.id])
        values = {name: getattr(effort, name) for name in _EFFORT}
        self._session.execute(insert(NoticeEffortRow).values(**values, **_user(effort.user)))

    def efforts(self, referral_id: str) -> list[NoticeEffort]:
        """Return what was done to tell families of a referral's order and not taken back, oldest first. Raises LedgerBroken."""
        every = self.every_effort(referral_id)
        gone = {each.takes_back for each in every if each.takes_back is not None}
        return [each for each in every if each.takes_back is None and each.id not in gone]

    def every_effort(self, referral_id: str) -> list[NoticeEffort]:
        """Return `efforts`, with those that were taken back and those that took them back."""
        query = select(NoticeEffortRow).where(NoticeEffortRow.referral_id == referral_id)
        rows = self._session.scalars(
            query.order_by(NoticeEffortRow.at, NoticeEffortRow.id), execution_options=_FRESH
        ).all()
        if self._seals.bent(NOTICE_EFFORTS, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return [
            NoticeEffort(
                **{name: getattr(row, name) for name in _EFFORT}, user=SystemUser(row.system_id, row.system_name)
            )
            for row in rows
        ]

    def _letters(self, query: Select[LetterRow]) -> list[StoredLetter]:
        rows = self._session.scalars(query, execution_options=_FRESH).all()
        if self._seals.bent(LETTERS, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return [
            StoredLetter(
                **{name: getattr(row, name) for name in _LETTER},
                about=LetterAbout(**{name: getattr(row, name) for name in _ABOUT}),
                user=SystemUser(row.system_id, row.system_name),
            )
            for row in rows
        ]


def _is_secret() -> ColumnElement[bool]:
    """Whether a letter is about a request or a referral under an order that forbids telling."""
    request = exists().where(RequestRow.id == LetterRow.request_id, RequestRow.secret)
    return request | exists().where(ReferralRow.id == LetterRow.referral_id, ReferralRow.secret)


# The columns bear the names of the fields.
_ABOUT = tuple(each.name for each in fields(LetterAbout))
_LETTER = tuple(each.name for each in fields(StoredLetter) if each.name not in ("about", "user"))
_EFFORT = tuple(each.name for each in fields(NoticeEffort) if each.name != "user")


def _user(user: SystemUser) -> dict[str, Any]:
    return {"system_id": user.id, "system_name": user.name}
