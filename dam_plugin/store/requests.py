"""The register of requests in the store: requests, their events, the clocks that run, and what answers them.

Events are only ever added. What follows from them, and every day, is in `custodian/requests.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, delete, func, insert, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, UnknownThing
from dam_plugin.model import RECIPIENT_ROLES, Actor, Recipient
from dam_plugin.pseudonyms import REQUEST, folded_id
from dam_plugin.store.holds import note_hold_work
from dam_plugin.store.people import People
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import BENT, REQUEST_EVENTS, REQUESTS, Seals
from dam_plugin.store.sql import chunks, insert_missing
from dam_plugin.store.tables import (
    AssetRow,
    AssetStudentRow,
    RequestClockRow,
    RequestEventRow,
    RequestPartRow,
    RequestPlaceRow,
    RequestRow,
)

NO_SUCH_REQUEST = "no request has the id given; `dam-plugin request list --all` lists them"
_FRESH = {"populate_existing": True}
# The event by which a request came; its content has whose families' words asked about them then.
RECEIVED = "received"
CHILDREN = "students"
# The events that say that a request is a subpoena or a court's order, and that it is none after all.
ORDER_NOTED = "order-noted"
ORDER_ENDED = "order-ended"
ORDER_VERIFIED = "order-verified"
# The court struck recordings from its order, or put them in again.
ORDER_NARROWED = "order-narrowed"
ORDER_WIDENED = "order-widened"
# The event that says that a request is one to amend a record.
AMENDMENT_ASKED = "amendment-asked"
# The one matter of all that answers requests of which none is a subpoena or a court's order.
NO_ORDER = "no order"
# The states in which a request waits for an answer.
WAITING = ("open", "delayed")
# A request that was answered holds its recordings again while somebody appeals or complains, and until the meeting or
# hearing is over for which a family asked (34 CFR 300.613(a)). Whose meeting is over is noted by `note_meetings_over`.
# An order that was closed and not answered holds them so until its return day is over.
# So does one that was closed, while the custodian has yet to look at what was found later (its clock FOUND_LATER).
FOUND_LATER = "found-later"
# The event by which the day of a meeting became known; of whoever made another request, where it has `told_in`.
MEETING_SET = "meeting-set"
_LOOKED_AT_AGAIN = select(RequestClockRow.request_id).where(RequestClockRow.clock == FOUND_LATER)
_HOLDS = or_(
    RequestRow.state.in_(WAITING),
    RequestRow.appealed,
    RequestRow.held_until.is_not(None),
    RequestRow.id.in_(_LOOKED_AT_AGAIN),
)
_NAMES_NO_RECORDING = RequestRow.recordings == (), RequestRow.patterns == ()
_SHOWN_IN = select(AssetRow.key, AssetStudentRow.student_id).join(
    AssetStudentRow, AssetStudentRow.asset_id == AssetRow.id
)
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request as it came in: its time, sender and channel, its wish, and the recordings and students concerned.

    `recordings` are keys, `patterns` globs and folders (`…/`). `described` is the request in words. `meeting` is the day
    before which a family has to have seen it. `contact` is the name and address of the person who asks; it is printed
    only if names are requested. `secret`: it is about an order that forbids telling the family.
    """

    id: str
    received_at: datetime
    recipient: Recipient
    channel: str
    wanted: str
    purpose: str
    format: str | None = None
    recordings: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    students: tuple[str, ...] = ()
    described: str | None = None
    meeting: date | None = None
    contact: str | None = field(default=None, repr=False)
    meeting_kind: str | None = None
    secret: bool = False

    @property
    def asks_in_words(self) -> bool:
        """Whether it names no recording, and so asks for whatever fits its words."""
        return not (self.recordings or self.patterns)


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """An event of a request: recorded `at`, happened `on`, with its author.

    `user` is the user of the system who recorded it, null where that is not known.
    """

    request_id: str
    number: int
    kind: str
    at: datetime
    on: datetime
    by: Actor
    user: SystemUser | None = None
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Derived:
    """Facts derived from a request's events, for searching: its state, its owner, and the start of each running clock.

    `appealed`: an appeal or a complaint is not over. `held_until` is the last day of the meetings before which the family has
    to see what it asked for, or the return day of an order that was closed and not answered; `seen_by` is the day by which
    the family has to see it, or had to where it was closed.
    """

    state: str
    owner: str | None
    clocks: Mapping[str, date]
    appealed: bool = False
    held_until: date | None = None
    seen_by: date | None = None

    @property
    def row(self) -> dict[str, Any]:
        """The columns of the request's row, by name."""
        state = {"state": self.state, "owner": self.owner, "appealed": self.appealed}
        return state | {"held_until": self.held_until, "seen_by": self.seen_by}


@dataclass(frozen=True, slots=True)
class Family:
    """Whom a meeting hurries: who told of it (`Recipient.who`), and who may inspect its student's record, by folded ids."""

    told_by: tuple[str, str]
    inspectors: frozenset[str]

    def has(self, recipient: Recipient) -> bool:
        """Whether a recipient is one of them; somebody without an id may be another one each time."""
        if not recipient.is_family or not recipient.who[1]:
            return False
        return recipient.who == self.told_by or recipient.who[1] in self.inspectors


@dataclass(frozen=True, slots=True)
class NamedRecording:
    """A recording that a request holds, by key, and since when it waits; whether the request is a secret one.

    `is_open`: it waits for an answer; else an appeal or a complaint is not over, or it is `until` the last day of a meeting
    for which a family asked, or the return day of an order that was not answered (`by_return`).
    """

    key: str
    request_id: str
    received_at: datetime
    secret: bool = False
    is_open: bool = True
    until: date | None = None
    by_return: bool = False


@dataclass(frozen=True, slots=True)
class HeldByRequest:
    """A place (a key, a folder or a glob) that a request holds, and what it is for; `is_open` as of a recording.

    `student`: it asks in words for what is of this student, and so holds every recording that shows them; `place` is "" then.
    `until` is the day of the meeting, or the return day (`by_return`), where it holds for that alone.
    """

    request_id: str
    place: str
    received_at: datetime
    purpose: str
    is_open: bool
    student: str | None = None
    until: date | None = None
    by_return: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for; null: any. A student counts where the request names them.

    `secret`: those about an order that forbids telling, and no others; without it, no such ones.
    """

    owner: str | None = None
    states: Collection[str] | None = None
    role: str | None = None
    student: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock that runs, of which request, since when."""

    request_id: str
    clock: str
    start: date


def matches(key: str, pattern: str) -> bool:
    """Whether a folder (`…/`, all below it) or a glob (`*`, `?`, `[…]`) names a key."""
    return key.startswith(pattern) if pattern.endswith("/") else fnmatchcase(key, pattern)


def folder_of(pattern: str) -> str:
    """Return the folder below which everything lies that a folder or a glob names; "" for the whole library."""
    fixed = re.split(r"[*?[]", pattern, maxsplit=1)[0]
    return fixed[: fixed.rfind("/") + 1]


class Requests:
    """The repository of requests, within one transaction."""

    def __init__(self, session: Session, seals: Seals, people: People) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force, `people` knows the families."""
        self._session = session
        self._seals = seals
        self._people = people

    def new_id(self) -> str:
        """Return the next number: only one transaction writes at a time, so that no other takes it."""
        # The longer number is the later one.
        query = select(RequestRow.id).order_by(func.length(RequestRow.id).desc(), RequestRow.id.desc()).limit(1)
        last = self._session.scalar(query)
        return f"{REQUEST}{(int(last.removeprefix(REQUEST)) if last else 0) + 1:0{_DIGITS}}"

    def add(self, request: StoredRequest, derived: Derived) -> None:
        """Keep a new request."""
        self.add_all([(request, derived)])

    def add_all(self, requests: Sequence[tuple[StoredRequest, Derived]]) -> None:
        """Keep new requests, in one round."""
        if not requests:
            return
        self._seals.new(REQUESTS, [each.id for each, _ in requests])
        rows = [{name: getattr(each, name) for name in _REQUEST} | derived.row for each, derived in requests]
        self._session.execute(insert(RequestRow), rows)
        places: list[dict[str, Any]] = [
            {"request_id": each.id, "place": place, "is_pattern": is_pattern}
            for each, _ in requests
            for named, is_pattern in ((each.recordings, False), (each.patterns, True))
            for place in named
        ]
        if places:
            self._session.execute(insert(RequestPlaceRow), places)
        self._add_clocks({each.id: derived for each, derived in requests})
        for each in places:
            self._note_place(each["place"], is_pattern=each["is_pattern"])

    def append(self, event: RequestEvent, derived: Derived) -> None:
        """Keep an event, and what follows from it with those before."""
        self.append_all([event])
        before = self._holds(event.request_id)
        known = update(RequestRow).where(RequestRow.id == event.request_id)
        self._session.execute(known.values(**derived.row))
        self._session.execute(delete(RequestClockRow).where(RequestClockRow.request_id == event.request_id))
        self._add_clocks({event.request_id: derived})
        if before != self._holds(event.request_id):
            self._note_hold_work(event.request_id)

    def begin_clock(self, event: RequestEvent, clock: str, start: date) -> None:
        """Keep an event of a request that begins a clock, and changes nothing else."""
        self.append_all([event])
        self._session.execute(
            insert(RequestClockRow), [{"request_id": event.request_id, "clock": clock, "start": start}]
        )

    def append_all(self, events: Sequence[RequestEvent]) -> None:
        """Keep events, in one round; what follows from them is kept already."""
        rows = [
            {
                "id": f"{each.request_id}/{each.number}",
                "system_id": each.user.id if each.user else None,
                "system_name": each.user.name if each.user else None,
                **{name: getattr(each, name) for name in _EVENT},
            }
            for each in events
        ]
        if rows:
            self._seals.new(REQUEST_EVENTS, [row["id"] for row in rows])
            self._session.execute(insert(RequestEventRow), rows)

    def request(self, request_id: str) -> StoredRequest | None:
        """Return one request by its id."""
        return self.requests_of([request_id]).get(request_id)

    def need(self, request_id: str) -> StoredRequest:
        """Return one request by its id. Raises UnknownThing."""
        found = self.request(request_id)
        if found is None:
            raise UnknownThing(NO_SUCH_REQUEST)
        return found

    def requests_of(self, ids: Iterable[str]) -> dict[str, StoredRequest]:
        """Return requests by their ids; one that is missing is left out. Raises LedgerBroken for a changed row."""
        found: dict[str, StoredRequest] = {}
        for chunk in chunks(ids):
            query = select(RequestRow).where(RequestRow.id.in_(chunk))
            for row in self._session.scalars(query, execution_options=_FRESH):
                found[row.id] = StoredRequest(**{name: getattr(row, name) for name in _REQUEST})
        if self._seals.bent(REQUESTS, found):
            raise LedgerBroken(BENT)
        return found

    def events(self, request_id: str) -> list[RequestEvent]:
        """Return the events of a request, oldest first."""
        return self.events_of([request_id]).get(request_id, [])

    def events_of(self, ids: Iterable[str]) -> dict[str, list[RequestEvent]]:
        """Return the events of requests by the requests' ids, oldest first. Raises LedgerBroken for a changed row."""
        found: dict[str, list[RequestEvent]] = {}
        row_ids: list[str] = []
        for chunk in chunks(ids):
            query = select(RequestEventRow).where(RequestEventRow.request_id.in_(chunk))
            ordered = query.order_by(RequestEventRow.request_id, RequestEventRow.number)
            for row in self._session.scalars(ordered, execution_options=_FRESH):
                row_ids.append(row.id)
                found.setdefault(row.request_id, []).append(_event(row))
        if self._seals.bent(REQUEST_EVENTS, row_ids):
            raise LedgerBroken(BENT)
        return found

    def asked_students(self, request: StoredRequest) -> frozenset[str]:
        """Return the students whose recordings a request in words asks for: those it names, else those of the family that asks.

        None where it names recordings: then it asks for these. Whose family somebody was, or is while an order limits them,
        counts as theirs here: that says what is held and what is so, and gives them nothing.
        """
        return self._asked(request) if request.asks_in_words else frozenset()

    def _asked(
        self, request: StoredRequest | RequestRow, first: Mapping[str, frozenset[str]] | None = None
    ) -> frozenset[str]:
        recipient = request.recipient
        if request.students or not recipient.is_family or recipient.id is None:
            return frozenset(request.students)
        known = self.children_at_first([request.id]) if first is None else first
        return known.get(request.id, frozenset()) | self._people.ever_related_to(recipient.id)

    def children_at_first(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the students of whoever made requests of a family in words, as of when they came, by the requests' ids.

        An earlier version kept nobody with a request.
        """
        found: dict[str, frozenset[str]] = {}
        for chunk in chunks(ids):
            came = RequestEventRow.request_id.in_(chunk), RequestEventRow.kind == RECEIVED
            for request_id, content in self._session.execute(
                select(RequestEventRow.request_id, RequestEventRow.content).where(*came)
            ):
                found[request_id] = frozenset(content.get(CHILDREN, ()))
        return found

    def closed_in_words(self, persons: Collection[str], since: datetime) -> list[StoredRequest]:
        """Return the requests in words of these parents and students that came since a moment and are closed, oldest first.

        None of which the custodian has yet to look at what was found later, and none about an order that forbids telling.
        """
        ids: list[str] = []
        closed = RequestRow.received_at >= since, RequestRow.state.not_in(WAITING), *_NAMES_NO_RECORDING, _OF_FAMILY
        query = select(RequestRow.id).where(*closed, ~RequestRow.secret, RequestRow.id.not_in(_LOOKED_AT_AGAIN))
        for chunk in chunks(sorted(persons)):
            ids += self._session.scalars(query.where(or_(*map(_of_person, chunk))))
        return sorted(self.requests_of(ids).values(), key=lambda each: (each.received_at, each.id))

    def naming(self, keys: Iterable[str], today: date) -> list[NamedRecording]:
        """Return which of these recordings a request holds today by key, folder or glob: the first request of each.

        A request holds what it names while it waits for an answer, while an appeal or a complaint is not over, and until the
        meeting for which a family asked. One that names students and no recording asks in words, and holds every recording
        that shows one of them. Where a family's words name nobody, these are its own students, also beside
        recordings that it names.
        """
        wanted, again = list(dict.fromkeys(keys)), self._looked_at_again()
        query = select(RequestPlaceRow.place, RequestRow).join(RequestRow, RequestRow.id == RequestPlaceRow.request_id)
        named = query.where(_HOLDS).order_by(RequestRow.received_at, RequestRow.id)
        found: dict[str, NamedRecording] = {}
        for chunk in chunks(wanted):
            of_keys = named.where(~RequestPlaceRow.is_pattern, RequestPlaceRow.place.in_(chunk))
            for key, row in self._session.execute(of_keys, execution_options=_FRESH):
                if _holds_on(row, today, again):
                    found.setdefault(key, _named(key, row, again))
        patterns = self._session.execute(named.where(RequestPlaceRow.is_pattern), execution_options=_FRESH)
        for pattern, row in patterns:
            for key in wanted:
                if key not in found and matches(key, pattern) and _holds_on(row, today, again):
                    found[key] = _named(key, row, again)
        return [*found.values(), *self._shown_in_words((key for key in wanted if key not in found), today, again)]

    def _shown_in_words(self, keys: Iterable[str], today: date, again: Collection[str]) -> Iterator[NamedRecording]:
        """Yield those of these recordings that show a student of whom a request asks in words, each with the first request."""
        shown = [
            tuple(row)
            for chunk in chunks(keys)
            for row in self._session.execute(_SHOWN_IN.where(AssetRow.key.in_(chunk)))
        ]
        asked: dict[str, RequestRow] = {}
        rows = self._session.scalars(_in_words(), execution_options=_FRESH).all() if shown else ()
        first = self.children_at_first(each.id for each in rows)
        for row in rows:
            if _holds_on(row, today, again):
                for student in self._asked(row, first):
                    asked.setdefault(student, row)
        # Of a child who is on file twice, what shows the other row is of the same record (34 CFR 99.10(e)).
        for student, alike in self._people.namesakes(asked).items():
            for other in alike:
                asked.setdefault(other, asked[student])
        seen: set[str] = set()
        for key, student in shown:
            if student in asked and key not in seen:
                seen.add(key)
                yield _named(key, asked[student], again)

    def _looked_at_again(self) -> frozenset[str]:
        return frozenset(self._session.scalars(_LOOKED_AT_AGAIN))

    def first_waiting(self) -> datetime | None:
        """Return when the first of the requests came that hold something."""
        return self._session.scalar(select(func.min(RequestRow.received_at)).where(_HOLDS))

    def holding(self, *, secret: bool = False) -> list[HeldByRequest]:
        """Return what requests hold, the oldest first; of a family that asks in words, what shows its students.

        `secret`: those about an order that forbids telling, and no others; without it, no such ones.
        """
        query = select(RequestPlaceRow.place, RequestRow).join(RequestRow, RequestRow.id == RequestPlaceRow.request_id)
        query = query.where(_HOLDS, RequestRow.secret if secret else ~RequestRow.secret)
        query = query.order_by(RequestRow.received_at, RequestRow.id, RequestPlaceRow.place)
        in_words = self._session.scalars(_in_words().where(RequestRow.secret if secret else ~RequestRow.secret)).all()
        first = self.children_at_first(each.id for each in in_words)
        again = self._looked_at_again()
        of_places = [_held(row, again, place) for place, row in self._session.execute(query, execution_options=_FRESH)]
        asked = {row.id: self._asked(row, first) for row in in_words}
        alike = self._people.namesakes(student for students in asked.values() for student in students)
        beside = {row: {other for each in students for other in alike.get(each, ())} for row, students in asked.items()}
        of_students = [
            _held(row, again, student=student) for row in in_words for student in sorted(asked[row.id] | beside[row.id])
        ]
        return sorted((*of_places, *of_students), key=lambda each: (each.received_at, each.request_id))

    def hold_too(self, request_id: str, keys: Collection[str]) -> None:
        """Let a request hold these recordings, too: they answered it, though it does not name them."""
        rows = [{"request_id": request_id, "place": each, "is_pattern": False} for each in keys]
        insert_missing(self._session, RequestPlaceRow, rows)
        for each in keys:
            self._note_place(each, is_pattern=False)

    def seen_by(self, request_id: str, today: date) -> date | None:
        """Return the day by which a family has to see what it asks for, before a meeting or a hearing; None without one.

        Of a request that was closed there is none once the meeting is over.
        """
        stands = or_(RequestRow.state.in_(WAITING), RequestRow.held_until >= today)
        return self._session.scalar(select(RequestRow.seen_by).where(RequestRow.id == request_id, stands))

    def return_day(self, request_id: str) -> date | None:
        """Return the return day of the subpoena or court's order that a request is, while it waits; None without one."""
        return self.clocks_of([request_id]).get(request_id, {}).get("return")

    def paper(self, request_id: str) -> str | None:
        """Return what paper a request is, as `subpoena`, also once it is closed; None where it is none."""
        noted = _order_noted(self.events(request_id))
        return noted.content.get("paper") if noted is not None else None

    def orders_answered(self, part_ids: Iterable[str], request_id: str | None = None) -> frozenset[str]:
        """Return the requests noted as an order that these shares or referrals answer, or that have this id."""
        answered = {*self.answered_by(part_ids), *([request_id] if request_id is not None else [])}
        return frozenset(each for each in answered if self.paper(each) is not None)

    def reaches(self, request_id: str, key: str) -> bool:
        """Whether no court struck a recording from the order that a request is."""
        return key not in not_reached(self.events(request_id))

    def narrowed_orders(self, recipient: Recipient, key: str, *, secret: bool) -> frozenset[str]:
        """Return the orders of this recipient that do not reach a recording, as the court narrowed them; closed ones too.

        `secret`: those about an order that forbids telling, and no others; without it, no such ones. It reads all events.
        """
        noted = select(RequestEventRow.request_id).where(RequestEventRow.kind == ORDER_NARROWED).distinct()
        known = self.requests_of(self._session.scalars(noted).all())
        theirs = (each.id for each in known.values() if each.recipient.who == recipient.who and each.secret is secret)
        return frozenset(each for each in theirs if key in not_reached(self.events(each)))

    def matters_answered(self, part_ids: Collection[str], request_id: str | None = None) -> frozenset[str]:
        """Return the orders that these shares or referrals answer, or that have this id.

        NO_ORDER where they answer only requests that are none; nothing where they answer no request.
        """
        orders = self.orders_answered(part_ids, request_id)
        if orders or request_id is not None or self.answered_by(part_ids):
            return orders or frozenset([NO_ORDER])
        return frozenset()

    def is_verified_order_told_of(self, request_id: str) -> bool:
        """Whether the register has a request as an order that was verified, and of which the families are told."""
        events = self.events(request_id)
        noted = _order_noted(events)
        is_told_of = noted is not None and not noted.content.get("no_notice")
        return is_told_of and any(each.kind == ORDER_VERIFIED for each in events)

    def asks_in_words_alone(self, request: StoredRequest) -> bool:
        """Whether a request asks for recordings and names neither one nor a student: nothing says which these are.

        One to amend a record asks for none.
        """
        if not request.asks_in_words or self.asked_students(request):
            return False
        return not any(each.kind == AMENDMENT_ASKED for each in self.events(request.id))

    def in_words_alone(self, today: date) -> list[StoredRequest]:
        """Return the requests that hold something today and ask in words alone, see `asks_in_words_alone`; oldest first."""
        again = self._looked_at_again()
        query = select(RequestRow).where(_HOLDS, *_NAMES_NO_RECORDING)
        rows = self._session.scalars(query, execution_options=_FRESH)
        known = self.requests_of(row.id for row in rows if _holds_on(row, today, again))
        found = (each for each in known.values() if self.asks_in_words_alone(each))
        return sorted(found, key=lambda each: (each.received_at, each.id))

    def return_days(self, part_ids: Iterable[str]) -> dict[str, date]:
        """Return the return days of the orders that these shares or referrals answer, by the requests that wait."""
        clocks = self.clocks_of(self.answered_by(part_ids))
        return {request: each["return"] for request, each in clocks.items() if "return" in each}

    def before_meetings(self, today: date) -> dict[str, date]:
        """Return by when a family has to see what it asks for, by each request whose meeting is still ahead.

        Also by one that was closed: the meeting stands. The soonest is first, and none is before today.
        """
        ahead = RequestRow.seen_by.is_not(None), RequestRow.held_until >= today
        query = select(RequestRow.id, RequestRow.seen_by).where(*ahead, ~RequestRow.secret, _OF_FAMILY)
        rows = self._session.execute(query.order_by(RequestRow.seen_by))
        return {request_id: max(day, today) for request_id, day in rows if day is not None}

    def seen_before_meetings(self, recipient: Recipient, today: date) -> dict[str, date]:
        """Return of `before_meetings` what hurries a recipient."""
        days = self.before_meetings(today) if recipient.is_family else {}
        told = self.requests_of(days)
        return {each: day for each, day in days.items() if self.family_of(told[each], today).has(recipient)}

    def family_of(self, request: StoredRequest, today: date) -> Family:
        """Return the family that a meeting hurries of which a request tells: whoever may inspect its student's record today.

        The student is who made the request, or a child of theirs: the one whom it names or who is tagged in what it names,
        else each. Of a meeting of which it knows by another request alone, only who made it is hurried by it.
        """
        own = {each.id: each for each in self._people.family_of(request.recipient.id or "", today)}
        if not self._tells_of_meeting(request):
            own = {}
        about = [own[each] for each in self._about(request) if each in own] or own.values()
        persons = (person for each in about for person in each.inspectors_on(today))
        return Family(request.recipient.who, frozenset(map(folded_id, persons)))

    def _tells_of_meeting(self, request: StoredRequest) -> bool:
        noted = (each for each in self.events(request.id) if each.kind == MEETING_SET)
        return request.meeting is not None or any(not each.content.get("told_in") for each in noted)

    def _about(self, request: StoredRequest) -> set[str]:
        """Return the students whom a request names or who are tagged in the recordings that it names."""
        found = set(request.students)
        for chunk in chunks(request.recordings):
            shown = self._session.execute(_SHOWN_IN.where(AssetRow.key.in_(chunk)))
            found.update(student for _, student in shown)
        return found

    def waiting_of(self, families: Collection[Family]) -> list[StoredRequest]:
        """Return the requests of these families that wait for an answer, the oldest first."""
        query = select(RequestRow.id, RequestRow.recipient).where(RequestRow.state.in_(WAITING), ~RequestRow.secret)
        rows = self._session.execute(query.where(_OF_FAMILY)).all()
        theirs = (request_id for request_id, recipient in rows if any(each.has(recipient) for each in families))
        return sorted(self.requests_of(theirs).values(), key=lambda each: (each.received_at, each.id))

    def waiting_of_role(self, role: str) -> list[StoredRequest]:
        """Return the requests of a role that wait for an answer, the oldest first; none about an order that forbids telling."""
        query = select(RequestRow.id).where(RequestRow.state.in_(WAITING), ~RequestRow.secret, _of_role(role))
        found = self.requests_of(self._session.scalars(query))
        return sorted(found.values(), key=lambda each: (each.received_at, each.id))

    def note_meetings_over(self, today: date) -> None:
        """Let those requests hold nothing more for a meeting whose day is over, and note what may be unlocked."""
        over = select(RequestRow.id).where(RequestRow.held_until < today)
        for request_id in self._session.scalars(over).all():
            self._session.execute(update(RequestRow).where(RequestRow.id == request_id).values(held_until=None))
            self._note_hold_work(request_id)

    def note_hold_work(self) -> None:
        """Note that what every request holds is to be locked."""
        for request_id in self._session.scalars(select(RequestRow.id).where(_HOLDS)).all():
            self._note_hold_work(request_id)

    def _note_hold_work(self, request_id: str) -> None:
        columns = RequestPlaceRow.place, RequestPlaceRow.is_pattern
        named = select(*columns).where(RequestPlaceRow.request_id == request_id)
        for place, is_pattern in self._session.execute(named).all():
            self._note_place(place, is_pattern=is_pattern)

    def _note_place(self, place: str, *, is_pattern: bool) -> None:
        note_hold_work(self._session, folder_of(place) if is_pattern else place, is_folder=is_pattern)

    def _holds(self, request_id: str) -> bool:
        return self._session.scalar(select(RequestRow.id).where(RequestRow.id == request_id, _HOLDS)) is not None

    def next_number(self, request_id: str) -> int:
        """Return the number of a request's next event."""
        query = select(func.max(RequestEventRow.number)).where(RequestEventRow.request_id == request_id)
        return (self._session.scalar(query) or 0) + 1

    def state(self, request_id: str) -> str | None:
        """Return the state of a request, None for an unknown one."""
        return self._session.scalar(select(RequestRow.state).where(RequestRow.id == request_id))

    def is_waiting(self, request_id: str) -> bool:
        """Whether a request waits for an answer, or what was found since it was closed waits for a look."""
        is_open = or_(RequestRow.state.in_(WAITING), RequestRow.id.in_(_LOOKED_AT_AGAIN))
        return self._session.scalar(select(RequestRow.id).where(RequestRow.id == request_id, is_open)) is not None

    def parts(self, request_id: str) -> set[str]:
        """Return the shares and referrals that answer a request."""
        query = select(RequestPartRow.part_id).where(RequestPartRow.request_id == request_id)
        return set(self._session.scalars(query))

    def join(self, request_id: str, part_ids: Iterable[str]) -> None:
        """Say which shares and referrals answer a request; what is said already stays."""
        rows = [{"request_id": request_id, "part_id": each} for each in dict.fromkeys(part_ids)]
        insert_missing(self._session, RequestPartRow, rows)

    def answered_by(self, part_ids: Iterable[str]) -> list[str]:
        """Return the requests that one of these shares or referrals answers, in order."""
        found: set[str] = set()
        for chunk in chunks(part_ids):
            query = select(RequestPartRow.request_id).where(RequestPartRow.part_id.in_(chunk))
            found.update(self._session.scalars(query.distinct()))
        return sorted(found)

    def came(self, part_ids: Iterable[str], opened_at: datetime) -> datetime:
        """Return when the first request came that one of these shares or referrals answers; `opened_at` if none came before."""
        return min((opened_at, *(self.need(each).received_at for each in self.answered_by(part_ids))))

    def running(
        self,
        clock: str,
        *,
        behind: tuple[date, str] | None = None,
        since: date | None = None,
        before: date | None = None,
        wanted: Wanted = Wanted(),
        limit: int | None = None,
    ) -> list[RunningClock]:
        """Return where this clock runs, longest first: at most `limit` [all], of those that are wanted.

        `behind`: only those that follow this start and id; `since` and `before` limit the start (`before` exclusive).
        """
        query = select(RequestClockRow.request_id, RequestClockRow.start).where(RequestClockRow.clock == clock)
        if behind is not None:
            start, request_id = behind
            same = and_(RequestClockRow.start == start, RequestClockRow.request_id > request_id)
            query = query.where(RequestClockRow.start >= start, or_(RequestClockRow.start > start, same))
        if since is not None:
            query = query.where(RequestClockRow.start >= since)
        if before is not None:
            query = query.where(RequestClockRow.start < before)
        query = query.join(RequestRow, RequestRow.id == RequestClockRow.request_id).where(*_conditions(wanted))
        ordered = query.order_by(RequestClockRow.start, RequestClockRow.request_id).limit(limit)
        return [RunningClock(request_id, clock, start) for request_id, start in self._session.execute(ordered)]

    def clocks_of(self, ids: Iterable[str]) -> dict[str, dict[str, date]]:
        """Return since when which clocks of requests run, by the requests' ids."""
        found: dict[str, dict[str, date]] = {}
        for chunk in chunks(ids):
            columns = RequestClockRow.request_id, RequestClockRow.clock, RequestClockRow.start
            query = select(*columns).where(RequestClockRow.request_id.in_(chunk))
            for request_id, clock, start in self._session.execute(query):
                found.setdefault(request_id, {})[clock] = start
        return found

    def at_rest(
        self, *, behind: tuple[datetime, str] | None = None, wanted: Wanted = Wanted(), limit: int
    ) -> list[str]:
        """Return the ids of the requests of which no clock runs, last received first: at most `limit`, of those wanted.

        `behind`: only those that were received before this one.
        """
        runs = select(RequestClockRow.request_id).where(RequestClockRow.request_id == RequestRow.id).exists()
        query = select(RequestRow.id).where(~runs, *_conditions(wanted))
        if behind is not None:
            received, request_id = behind
            same = and_(RequestRow.received_at == received, RequestRow.id < request_id)
            query = query.where(RequestRow.received_at <= received, or_(RequestRow.received_at < received, same))
        ordered = query.order_by(RequestRow.received_at.desc(), RequestRow.id.desc()).limit(limit)
        return list(self._session.scalars(ordered))

    def ids_of(self, wanted: Wanted, *, limit: int) -> list[str]:
        """Return the ids of the requests that are wanted, last received first, whatever clock of them runs: at most `limit`."""
        query = select(RequestRow.id).where(*_conditions(wanted))
        ordered = query.order_by(RequestRow.received_at.desc(), RequestRow.id.desc()).limit(limit)
        return list(self._session.scalars(ordered))

    def waiting_secret(self) -> list[str]:
        """Return the ids of the requests about an order that forbids telling that wait for an answer."""
        return list(
            self._session.scalars(select(RequestRow.id).where(RequestRow.secret, RequestRow.state.in_(WAITING)))
        )

    def all_secret(self) -> list[str]:
        """Return the ids of all requests about an order that forbids telling."""
        return list(self._session.scalars(select(RequestRow.id).where(RequestRow.secret)))

    def count_running(self, before: Mapping[str, date] | None = None) -> int:
        """Return of how many requests a clock runs; with `before` one of these clocks that began before its day.

        Those about an order that forbids telling do not count.
        """
        secret = select(RequestRow.id).where(RequestRow.secret)
        query = select(func.count(RequestClockRow.request_id.distinct()))
        query = query.where(RequestClockRow.request_id.not_in(secret))
        if before is not None:
            began = [(RequestClockRow.clock == clock) & (RequestClockRow.start < day) for clock, day in before.items()]
            query = query.where(or_(*began))
        return self._session.scalar(query) or 0

    def make_secret(self, request_ids: Collection[str], *, secret: bool = True) -> None:
        """Note that requests are about an order that forbids telling; or that they are not."""
        self._seals.before(REQUESTS, request_ids)
        for chunk in chunks(request_ids):
            self._session.execute(update(RequestRow).where(RequestRow.id.in_(chunk)).values(secret=secret))

    def correct_received(self, request_id: str, at: datetime) -> None:
        """Note that a request came at another moment than was entered."""
        self._seals.before(REQUESTS, [request_id])
        self._session.execute(update(RequestRow).where(RequestRow.id == request_id).values(received_at=at))

    def asking(self, role: str) -> set[str]:
        """Return the ids of who asked under a role."""
        found = self._session.scalars(select(RequestRow.recipient).where(_of_role(role)))
        return {each.id for each in found if each.id}

    def was_owner(self, owner: str) -> bool:
        """Whether a request is a member of staff's."""
        return self._session.scalar(select(RequestRow.id).where(RequestRow.owner == owner).limit(1)) is not None

    def _add_clocks(self, of: Mapping[str, Derived]) -> None:
        rows = [
            {"request_id": request_id, "clock": clock, "start": start}
            for request_id, derived in of.items()
            for clock, start in derived.clocks.items()
        ]
        if rows:
            self._session.execute(insert(RequestClockRow), rows)


def _order_noted(events: Iterable[RequestEvent]) -> RequestEvent | None:
    """Return the event by which a request is noted last as a subpoena or a court's order; None where it is none."""
    noted = [each for each in events if each.kind in (ORDER_NOTED, ORDER_ENDED)]
    return noted[-1] if noted and noted[-1].kind == ORDER_NOTED else None


def not_reached(events: Iterable[RequestEvent]) -> dict[str, datetime]:
    """Return the recordings that an order does not reach, by the events of its request, oldest first; each with since when."""
    found: dict[str, datetime] = {}
    for each in events:
        if each.kind == ORDER_NARROWED:
            found.update(dict.fromkeys(each.content["recordings"], each.on))
        elif each.kind == ORDER_WIDENED:
            found = {key: on for key, on in found.items() if key not in each.content["recordings"]}
        elif each.kind == ORDER_ENDED:
            found.clear()
    return found


def _is_open(row: RequestRow, again: Collection[str]) -> bool:
    """Whether a request waits for an answer, or was closed and what was found later waits for a look (`again`)."""
    return row.state in WAITING or row.id in again


def _holds_on(row: RequestRow, today: date, again: Collection[str]) -> bool:
    return _is_open(row, again) or row.appealed or (row.held_until is not None and today <= row.held_until)


def _named(key: str, row: RequestRow, again: Collection[str]) -> NamedRecording:
    is_open, until = _is_open(row, again), _until(row, again)
    return NamedRecording(key, row.id, row.received_at, row.secret, is_open, until, _is_by_return(row, until))


def _held(row: RequestRow, again: Collection[str], place: str = "", student: str | None = None) -> HeldByRequest:
    is_open, until = _is_open(row, again), _until(row, again)
    by_return = _is_by_return(row, until)
    return HeldByRequest(row.id, place, row.received_at, row.purpose, is_open, student, until, by_return)


def _until(row: RequestRow, again: Collection[str]) -> date | None:
    """Return the day of the meeting, or the return day, where a request holds something for that alone."""
    return None if _is_open(row, again) or row.appealed else row.held_until


def _is_by_return(row: RequestRow, until: date | None) -> bool:
    """Whether that day is an order's: no meeting is known, and it is no record that was not amended."""
    return until is not None and row.seen_by is None and row.state != "not-amended"


# The columns bear the names of the fields.
_REQUEST = tuple(field.name for field in fields(StoredRequest))
_EVENT = tuple(field.name for field in fields(RequestEvent) if field.name != "user")


def _of_role(role: str) -> ColumnElement[bool]:
    # Canonical JSON, in which the role is the last of the fields.
    return type_coerce(RequestRow.recipient, Text).endswith(f'"role":"{role}"}}')


def _of_person(person: str) -> ColumnElement[bool]:
    return type_coerce(RequestRow.recipient, Text).contains(f'"id":"{person}"', autoescape=True)


_OF_FAMILY = or_(*(_of_role(each) for each in RECIPIENT_ROLES if Recipient(each).is_family))


def _in_words() -> Select[RequestRow]:
    """Return the query of the requests in words that hold something, the oldest first.

    A family's words that name no student are about its own, also beside recordings that it names.
    """
    in_words = and_(*_NAMES_NO_RECORDING, or_(RequestRow.students != (), _OF_FAMILY))
    beside = and_(RequestRow.described.is_not(None), RequestRow.students == (), _OF_FAMILY)
    return select(RequestRow).where(_HOLDS, or_(in_words, beside)).order_by(RequestRow.received_at, RequestRow.id)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [RequestRow.secret.is_(wanted.secret)]
    if wanted.owner is not None:
        conditions.append(RequestRow.owner == wanted.owner)
    if wanted.states is not None:
        conditions.append(RequestRow.state.in_(sorted(wanted.states)))
    if wanted.role is not None:
        conditions.append(_of_role(wanted.role))
    if wanted.student is not None:
        conditions.append(type_coerce(RequestRow.students, Text).contains(f'"{wanted.student}"', autoescape=True))
    return conditions


def _event(row: RequestEventRow) -> RequestEvent:
    named = {name: getattr(row, name) for name in _EVENT}
    user = SystemUser(row.system_id, row.system_name or "") if row.system_id is not None else None
    return RequestEvent(**named, user=user)
