"""The register of requests: add one, find them, note what happens with one. Each event is in the ledger, without names.

What may happen, and where a request stands, is in `requests.py`; what answers it joins it in `sharing/join_request.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby, islice
from typing import Any

from dam_plugin.custodian.amendment_rights import AmendmentRight, check_may_amend, hearing_now, right_to_amend
from dam_plugin.custodian.asked_by_name import (
    AskedByName,
    asked_by_name,
    asks_before_rights,
    check_cites_no_rights_passed,
    check_fee_tells_no_stranger,
    check_tells_no_stranger,
    own_students,
)
from dam_plugin.custodian.destroyed_recordings import (
    Destroyed,
    check_destroyed_told,
    check_destructions_named,
    destroyed_named_in,
    destroyed_of,
    destroyed_showing,
    silent_until,
    unfinished_of,
)
from dam_plugin.custodian.exemption_log import (
    Closing,
    ExemptionLog,
    by_name_words,
    exemption_log,
    for_office,
    with_metadata,
)
from dam_plugin.custodian.named_recordings import (
    Kept,
    Sought,
    asked_about,
    check_all_answered,
    check_left_library,
    check_no_such_record,
    check_not_lost,
    check_nothing_gone,
    check_referred_elsewhere,
    check_rights_passed,
    check_saved_over,
    denied_by,
    dropped_from,
    excepted,
    gone_since_asked,
    inspectable_students,
    kept_now,
    kept_students,
    keys_matching,
    names_anything,
    names_of_destroyed,
    need_lost,
    saved_over,
    saved_over_unanswered,
    sought_by,
    words_of_keys,
)
from dam_plugin.custodian.namesakes import about_asked, check_namesakes_answered, namesakes_asked
from dam_plugin.custodian.notice_clock import NoticeNow, OrderWork, notice_now
from dam_plugin.custodian.order_notice import order_on_file
from dam_plugin.custodian.own_record import FamilyAsks, check_reaches_family
from dam_plugin.custodian.request_words import narrowed_how
from dam_plugin.custodian.requests import (
    CLOCKS,
    OF_ORDERS,
    RESEARCH,
    WITHHELD,
    AmendmentAsked,
    Appealed,
    AppealOver,
    AppealOverAsked,
    AskedToo,
    Assigned,
    Calendar,
    Clock,
    ClockName,
    Closed,
    Delayed,
    DepositAsked,
    Estimated,
    FamiliesTold,
    FeeBasis,
    FoundLater,
    FoundSettled,
    Happening,
    HearingAsked,
    HearingDecided,
    HearingSet,
    HearingTold,
    Joined,
    MeetingKind,
    MeetingSet,
    OrderEnded,
    OrderNarrowed,
    OrderNoted,
    OrderWidened,
    Outcome,
    ReasonsAsked,
    ReasonsGiven,
    Received,
    ReceivedAsked,
    ReceivedCorrected,
    RecordingAnswer,
    Reopened,
    RequestStatus,
    SealClaimed,
    SealConfirmed,
    StudentCorrected,
    Told,
    UnsealAsked,
    Unsealed,
    check_happening,
    check_meeting,
    check_officer,
    check_request,
    check_text,
    clocks_at_first,
    content_of,
    days_anew,
    days_pending,
    days_told,
    estimate_fee,
    known_meetings,
    plain_content,
    quashed_how,
    seal_of,
    status_of,
    waits_for_hearing_notice,
    words_of,
)
from dam_plugin.custodian.requests_in_words import destroyed_since, holds_nothing
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.gate.close_links import after_closing, close_in_transaction
from dam_plugin.intake import two_people
from dam_plugin.intake.found_later import CAN_BE_FOUND_LATER, is_left_unanswered, keys_left
from dam_plugin.ledger.corrected import went_astray
from dam_plugin.ledger.request_key import fold_case
from dam_plugin.ledger.same_order import orders_that_wait
from dam_plugin.model import CUSTODIANS, Actor, LettingGo, Link, Recipient, Referral, Share
from dam_plugin.people.names_in_text import RosterNames, typed_pseudonyms
from dam_plugin.procedure.exceptions import FAMILY, SecretBy
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import REFERRAL, SHARE, is_destruction_id
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import check_wanted
from dam_plugin.sharing.closed_records import check_names_law
from dam_plugin.sharing.due_dates import due_day, first_start
from dam_plugin.sharing.file_referral import BY_RETURN, due_by_order, due_on, is_copy_for_family
from dam_plugin.sharing.finding_kinds import EvidenceFile, links_on_evidence
from dam_plugin.sharing.gather_case import is_order_stayed
from dam_plugin.sharing.join_request import asked_on, join
from dam_plugin.sharing.order_hold import hold_what_answered
from dam_plugin.sharing.seal_request import seal_register_request, unseal_register_request
from dam_plugin.sharing.secret_order import DIVISION, ground_of
from dam_plugin.sharing.share import SEALED_WORK
from dam_plugin.sharing.targeted import check_names_nobody
from dam_plugin.sharing.wrong_role import check_transfer
from dam_plugin.store import RequestEvent, StoredRequest, StoredShare, SystemUser, Unit
from dam_plugin.store.referrals import NO_SUCH_REFERRAL
from dam_plugin.store.requests import NO_SUCH_REQUEST, WAITING, Derived, Family, RunningClock, Wanted
from dam_tagging.names.written_names import plain

DEFAULT_LIMIT = 100
MOST_LISTED = 1_000
# Of a request for a folder so many recordings are told one by one.
MOST_RECORDINGS = 500
MOST_NAMED = 500
_ONE_DAY = timedelta(days=1)
_GLOB = frozenset("*?[")
# The outcomes that are not true where what was given went to somebody else.
_RESTS_ON_GIVEN = ("granted", "partly", "lost", "referred-elsewhere")
# By which provision nobody else has a record amended.
WHO_AMENDS = "34 CFR 99.20(a)"


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with all that is known of it, as pages and letters need it. `request.contact` is who asks, by name.

    `recordings` are those that were asked for, with the last answer to each; `more` counts those beyond MOST_RECORDINGS.
    `exemptions` says what was withheld. `destroyed` are destructions of recordings that it names, by key or in
    words, and, where it asks in words, of those that showed the students whom it is about; `silent_until` is the last day on
    which something was destroyed and the ledger does not keep whom it showed (null: of each it does, or the request asks for no
    student).
    `found_later` are the recordings (`R-…`) that show them, that the library had when it was closed, and that nothing answers,
    while the custodian has not looked at them; `unanswered` are the students of whom it asks in words, while it is open, and a
    recording of theirs has no answer; `unlooked` counts what the library has, or had when a family's
    request in words was closed, and of which it is not known yet who is in it.
    `kept` are the students of whom a family asks in words without naming them, and over whom it holds no right today, `denied`
    the commands by which it is denied them. `is_unknown`: a parent asks in words whom nobody has on file.
    `by_name` are the students whom it asks for by name, and those who are whoever asks' own. `before_rights`: a student asks
    who holds no rights yet.
    `saved_over` are recordings of which it asks for a version before, while it is open and nothing answers that.
    `namesakes` are, while it is open, the others who have the very name and birth date of a student whom it is about.
    `owed_on`: it was closed since the rights had passed, and on these days, on which it was due, a parent held them yet.
    `holds_nothing`: it waits, asks in words, and no recording is held for it. `is_stayed`: a court stayed the order that it is.
    `today` is the district's day, by which something is late. `amendment_right`: whether whoever asks to amend a record may
    today; null: it asks for no amendment.
    """

    request: StoredRequest
    status: RequestStatus
    events: tuple[RequestEvent, ...]
    recordings: tuple[RecordingAnswer, ...]
    more: int
    referrals: tuple[Referral, ...]
    exemptions: ExemptionLog
    today: date
    district: str
    office: str
    by_name: AskedByName
    destroyed: tuple[Destroyed, ...] = ()
    silent_until: date | None = None
    amendment_right: AmendmentRight | None = None
    found_later: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    unlooked: int = 0
    is_stayed: bool = False
    before_rights: bool = False
    holds_nothing: bool = False
    kept: tuple[Kept, ...] = ()
    dropped: tuple[str, ...] = ()
    denied: str = ""
    is_unknown: bool = False
    saved_over: Mapping[str, str] = field(default_factory=dict)
    namesakes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owed_on: frozenset[date] = frozenset()

    @property
    def is_overdue(self) -> bool:
        """Whether a clock has run out that still runs."""
        return any(map(self.is_late, self.status.running))

    def is_late(self, clock: Clock) -> bool:
        """Whether the day of one of its clocks is over; those of an order wait while a court stays it."""
        return clock.is_late(self.today) and not (self.is_stayed and clock.name in OF_ORDERS)


@dataclass(frozen=True, slots=True)
class Listed:
    """A request in the list: with where it stands."""

    request: StoredRequest
    status: RequestStatus
    today: date

    @property
    def is_overdue(self) -> bool:
        """Whether a clock has run out that still runs."""
        return self.status.is_overdue(self.today)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the register; `after` is the id behind which more follow, null where these are the last."""

    requests: tuple[Listed, ...]
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests are listed: those of which a clock runs, or with `all` those at rest too; only overdue ones.

    `after` is the last id of the page before, `limit` the length of a page.
    """

    wanted: Wanted = field(default_factory=Wanted)
    all: bool = False
    overdue: bool = False
    limit: int = DEFAULT_LIMIT
    after: str | None = None


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The time and the author of an event's record, and the time of the event."""

    at: datetime
    on: datetime
    by: Actor
    user: SystemUser | None


@dataclass(frozen=True, slots=True)
class RegisterState:
    """Counts of the register: requests of which a clock runs, and of which one has run out."""

    running: int
    overdue: int


# Adding


def add_request(
    services: Services,
    request: StoredRequest,
    by: Actor,
    user: SystemUser,
    *,
    referrals: Collection[str] = (),
    no_student_named: bool = False,
    noted: Sequence[OrderNoted | AmendmentAsked | AskedToo] = (),
) -> RequestView:
    """Keep a new request under the next number; tell the custodian. `referrals` wait already, and are answered with it.

    `noted`: it is this subpoena or court's order, or asks to amend a record, which have their own days; or its letter asks for
    something beside it, which is entered as a request of its own (`ask_too`).
    A student whose pseudonym stands in its words is one whom it is about (34 CFR 99.3, "personally identifiable information",
    (g)). `no_student_named`: a word that looks like a name means nobody on the roster.
    Raises InputError for what cannot be, and for words that name a student; UnknownThing for a recording, student or referral
    that is not known.
    """
    now, calendar = services.now(), calendar_of(services)
    too = [each for each in noted if isinstance(each, AskedToo)]
    own = [each for each in noted if not isinstance(each, AskedToo)]
    request = replace(request, purpose=services.settings.purposes.need(request.purpose))
    check_wanted(request.recipient, request.purpose, services.settings.purposes)
    check_transfer(services.settings.purposes, request.recipient, request.purpose, "request add …", "--from")
    check_request(request, now, calendar)
    with services.store.reading() as unit:
        if not no_student_named:
            check_names_nobody(unit, request.recipient)
        texts = request.described, request.format, *(text for each in own for text in words_of(each))
        named = students_in_words(unit, texts, no_student_named=no_student_named)
        students_in_words(unit, [each.text for each in too], no_student_named=no_student_named)
    request = _about_too(request, named)
    recorded = _Recorded(now, request.received_at, by, user)
    with services.store.writing() as unit:
        request = _enter(services, unit, _with_known_recordings(unit, request), own, recorded, referrals)
        _hand_on_meetings(services, unit, request, recorded)
        others = [_view(services, unit, _enter_too(services, unit, request, each, recorded)) for each in too]
        view = _view(services, unit, request.id)
    view = _with_notice(services, view, by, user)
    for each in (view, *others):
        _tell_new(services, each)
    return view


def ask_too(
    services: Services,
    request_id: str,
    what: AskedToo,
    by: Actor,
    user: SystemUser,
    *,
    no_student_named: bool = False,
) -> RequestView:
    """Enter what the letter of a request asks beside it as a request of its own, with its own days; return that one.

    One request has one answer: what an order gets is no denial of what the law gives (RSMo 610.023.3, 610.023.4), and who asks
    to amend a record still asks to see it (34 CFR 99.10, 99.20). What was entered so before is returned as it stands. Raises
    InputError where the request may be about an order that forbids telling: its words go into no request that everybody sees;
    for what cannot be asked beside it, and as `note_happening`; UnknownThing.
    """
    _require_custodian(by)
    with services.store.reading() as unit:
        students_in_words(unit, [what.text], no_student_named=no_student_named)
    now = services.now()
    with services.store.writing() as unit:
        request, events = unit.requests.need(request_id), unit.requests.events(request_id)
        status = status_of(request, events, calendar_of(services))
        known = next((each.entered_as for each in status.asked_too if each.text == what.text), None)
        if known is not None:
            return _view(services, unit, known)
        _require_owner(request, status, by)
        recorded = _Recorded(now, now, by, user)
        if status.owner is None:
            _append(services, unit, request, events, Assigned(str(by.id)), recorded)
        view = _view(services, unit, _enter_too(services, unit, request, what, recorded))
    _tell_new(services, view)
    return view


def _enter(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    noted: Iterable[OrderNoted | AmendmentAsked],
    recorded: _Recorded,
    referrals: Collection[str] = (),
) -> StoredRequest:
    """Keep a new request under the next number, with what is noted of it at once; return it with its number."""
    calendar = calendar_of(services)
    # What the Children's Division asks may be about a report.
    request = replace(request, id=unit.requests.new_id(), secret=request.recipient.role == DIVISION)
    for each in request.students:
        unit.people.need(each)
    told = Received(clocks_at_first(request, calendar), _children(services, unit, request))
    event = _event(request, 1, told, recorded)
    unit.requests.add(request, _derived(status_of(request, [event], calendar)))
    unit.requests.append_all([event])
    _record(services, unit, request, event)
    events = [event]
    for what in noted:
        status = status_of(request, events, calendar)
        check_happening(request, status, Told(request.received_at, recorded.by, what), recorded.at, calendar)
        events.append(_append(services, unit, request, events, what, recorded))
    _join(services, unit, request, referrals, recorded.by, recorded.user)
    _take_meetings(services, unit, request, recorded)
    _hurry(services, unit, request)
    return request


def _children(services: Services, unit: Unit, request: StoredRequest) -> tuple[str, ...]:
    """Return the students whom a family's words mean that name nobody: its own, by what is on file as they come."""
    if request.students or not (request.described or request.asks_in_words):
        return ()
    return tuple(each.id for each in own_students(unit, request.recipient, services.now().date()))


def _enter_too(services: Services, unit: Unit, request: StoredRequest, what: AskedToo, recorded: _Recorded) -> str:
    """Keep what the letter of a request asks beside it as the next request, and note that with the first; return its number.

    Its words and recordings were taken once.
    """
    events, calendar = unit.requests.events(request.id), calendar_of(services)
    status = status_of(request, events, calendar)
    check_happening(request, status, Told(recorded.on, recorded.by, what), recorded.at, calendar)
    right = tuple(each for each in request.students if each not in status.wrong_students)
    named = students_in_words(unit, [what.text], no_student_named=True)
    asked = _about_too(replace(request, students=right, meeting=None, meeting_kind=None), named)
    noted = [AmendmentAsked(what.text)] if what.text is not None else []
    other = _enter(services, unit, asked, noted, replace(recorded, on=request.received_at))
    _append(services, unit, request, events, replace(what, entered_as=other.id), recorded)
    return other.id


def _about_too(request: StoredRequest, students: Iterable[str]) -> StoredRequest:
    """Return a request that is also about these students."""
    return replace(request, students=tuple(dict.fromkeys((*request.students, *students))))


def _tell_new(services: Services, view: RequestView) -> None:
    """Tell the custodian of a new request, and of one that is sealed its day alone."""
    request, clock = view.request, view.status.next
    if clock and request.secret:
        services.third_parties.notify("custodian", SEALED_WORK.format(clock.due.day))
        return
    due = f", due on {clock.due.day}" if clock else ""
    services.third_parties.notify(
        "custodian", f"The request {request.id} came{due}: `dam-plugin request show {request.id}`"
    )


def students_in_words(unit: Unit, texts: Iterable[str | None], *, no_student_named: bool = False) -> tuple[str, ...]:
    """Return the students whose pseudonyms stand in these texts, in any case, each once.

    Raises InputError where a text may name a student otherwise, unless `no_student_named`; UnknownThing for a pseudonym that
    is nobody's.
    """
    roster: RosterNames | None = None
    students: dict[str, None] = {}
    for text in filter(None, texts):
        words = plain(text)
        for found in reversed(typed_pseudonyms(text)):
            if found.is_certain:
                unit.people.need(found.student)
            elif unit.people.student(found.student) is None:
                continue
            students[found.student] = None
            words = f"{words[: found.start]} {words[found.end :]}"
        if no_student_named:
            continue
        roster = roster or RosterNames(unit.people.stream())
        if roster.named_in(words):
            raise InputError(
                "a text may name a student or a guardian: keep names out of it, and write S-… for the student "
                "(`request add --student S-…`, `share --name S-…`), so that the request stays about that student; where the "
                "word means nobody on the roster, add --no-student-named"
            )
    return tuple(students)


def _with_known_recordings(unit: Unit, request: StoredRequest) -> StoredRequest:
    """Return a request with its keys apart from its folders and globs. Raises UnknownThing where one names nothing."""
    given = tuple(dict.fromkeys((*request.recordings, *request.patterns)))
    if len(given) > MOST_NAMED:
        raise InputError(f"at most {MOST_NAMED} recordings are named one by one: name the folder (folder/)")
    known = unit.assets.current_of(given)
    patterns = tuple(each for each in given if each not in known and (each.endswith("/") or _GLOB & set(each)))
    for number, each in enumerate(given, start=1):
        if each not in known and not (each in patterns and names_anything(unit, each)):
            gone = next(iter(destroyed_named_in(unit, None, (each,))), None)
            if gone is not None:
                raise UnknownThing(
                    f"number {number} of the recordings given was destroyed on {gone.day} {gone.how}: "
                    f"name it in words, --described 'the recording of {gone.id}'; letter and register then say so"
                )
            # What was asked for is not repeated: a file name may be a student's.
            raise UnknownThing(
                f"number {number} of the recordings given is not in the library; what does not exist is asked for in words: "
                "--described TEXT"
            )
    return replace(request, recordings=tuple(each for each in given if each in known), patterns=patterns)


# What happens with a request


def note_happening(
    services: Services,
    request_id: str,
    what: Happening,
    by: Actor,
    user: SystemUser,
    *,
    on: datetime | None = None,
    no_student_named: bool = False,
) -> RequestView:
    """Record what happened with a request, as the custodian or a designee; the ledger has it too.

    `on`: when; null = now, and of what is closed as granted, when the last of it was given.

    The first person who works on a request owns it. `no_student_named`: a word that looks like a name means nobody on the
    roster. Raises InputError if it cannot happen, if its words name a student, or if another person owns the request;
    UnknownThing.
    """
    _require_custodian(by)
    now, calendar = services.now(), calendar_of(services)
    with services.store.reading() as unit:
        students_in_words(unit, words_of(what), no_student_named=no_student_named)
        before = _view(services, unit, request_id)
    if isinstance(what, Closed | FamiliesTold):
        # What was done is not ended undone, nor what is left to do as done.
        before = _with_notice(services, before, by, user)
    if isinstance(what, FamiliesTold) and (notice := _notice_now(services, before.request, before.status)) is not None:
        what = replace(what, students=tuple(sorted({*notice.shown, *before.request.students})))
    with services.store.writing() as unit:
        request = unit.requests.need(request_id)
        events = unit.requests.events(request_id)
        status = _kept_status(services, unit, request, events)
        if isinstance(what, Closed) and request.secret and seal_of(events).is_claim:
            raise InputError(
                f"{request_id} is sealed on one person's word, and is not closed out of sight: another custodian or designee "
                f"confirms it, `dam-plugin request seal {request_id} --secret-by GROUND`, or "
                f"`dam-plugin request unseal {request_id} --why TEXT` ends the claim"
            )
        if isinstance(what, AppealOver):
            what = _over_by_two(events, status, what, by, user, now)
        if not isinstance(what, Assigned | AppealOver):
            _require_owner(request, status, by)
            if status.owner is None and status.is_open:
                taken = _Recorded(now, now, by, user)
                events.append(_append(services, unit, request, events, Assigned(str(by.id)), taken))
        _check_cited(services, unit, request, status, what)
        what = _whole(services, unit, request, status, what)
        on = on or _when_given(services, unit, request, status, events, what)
        _check_answers(services, unit, request, status, what)
        _check_withheld(services, unit, request, status, what)
        _check_fee(services, unit, request, status, what)
        check_happening(request, status, Told(on or now, by, what), now, calendar)
        if isinstance(what, HearingSet | HearingDecided):
            check_officer(events, what)
        _check_may_amend(services, unit, request, status, what, calendar.day(on or now))
        _check_not_before_given(services, unit, request, status, what, calendar.day(on or now))
        _check_narrowed(services, unit, request, status, what)
        if isinstance(what, Appealed):
            answered = unit.shares.stored_of(each for each in status.parts if each.startswith(SHARE))
            unit.requests.hold_too(request_id, {each.share.asset_key for each in answered})
        recorded = _Recorded(now, on or now, by, user)
        event = _append(services, unit, request, events, what, recorded)
        _close_work(services, unit, status, what, request, by)
        _reopen_work(services, unit, status, what, request, by)
        closed = _follow_reach(services, unit, status, what, request, by)
        if isinstance(what, MeetingSet):
            _hand_on_meetings(services, unit, request, recorded)
        view = _view(services, unit, request_id)
    after_closing(services, closed, secret=view.request.secret)
    view = _with_notice(services, view, by, user)
    _tell(services, view, event.kind, what)
    return view


def correct_received(
    services: Services,
    request_id: str,
    what: ReceivedCorrected,
    by: Actor,
    user: SystemUser,
    *,
    no_student_named: bool = False,
) -> RequestView:
    """Record that a request came at another moment than was entered, and count its days anew from then.

    A later moment, which gives the office more time, counts once another person says the same. Raises InputError for a moment
    that is not yet, or by which something of it is noted already, as `note_happening` does, and for one person twice;
    UnknownThing.
    """
    _require_custodian(by)
    now, calendar = services.now(), calendar_of(services)
    with services.store.writing() as unit:
        students_in_words(unit, words_of(what), no_student_named=no_student_named)
        request, events = unit.requests.need(request_id), unit.requests.events(request_id)
        status = _kept_status(services, unit, request, events)
        _require_owner(request, status, by)
        check_happening(request, status, Told(now, by, what), now, calendar)
        _check_nothing_before(request, events, what, calendar)
        said, recorded = _received_by_two(request, events, what, by, user, now), _Recorded(now, now, by, user)
        if isinstance(said, ReceivedCorrected):
            was, request = (
                request.received_at.astimezone(calendar.zone),
                replace(request, received_at=said.at.astimezone(UTC)),
            )
            unit.requests.correct_received(request_id, request.received_at)
            said = replace(said, was=was, due=days_anew(request, events, calendar))
        _append(services, unit, request, events, said, recorded)
        _due_since_it_came(services, unit, request)
    with services.store.reading() as unit:
        return _view(services, unit, request_id)


def _check_nothing_before(
    request: StoredRequest, events: Iterable[RequestEvent], what: ReceivedCorrected, calendar: Calendar
) -> None:
    """Raise InputError where something is noted of a request on a day before the one on which it is said to have come.

    What was entered with it, as that it is a subpoena, has its day.
    """
    day = calendar.day(what.at)
    for each in events:
        if each.on != request.received_at and each.kind != ReceivedAsked.kind and calendar.day(each.on) < day:
            raise InputError(
                f"'{each.kind}' is noted of {request.id} on {calendar.day(each.on)}, so it came by then: give the right day"
            )


def note_efforts(services: Services, referral_id: str, by: Actor, user: SystemUser) -> list[RequestView]:
    """Stop the clock `notice` of each request that this work answers, where every family is told; return these requests.

    Those whose families are still to be told are among them, those that wait as no order of which families are told are not.
    """
    _require_custodian(by)
    with services.store.reading() as unit:
        answered = [each for each in unit.requests.answered_by([referral_id]) if not unit.requests.need(each).secret]
        views = [_view(services, unit, each) for each in answered]
    return [_with_notice(services, each, by, user) for each in views if each.status.tells_families]


def note_hearing_told(
    services: Services, request_id: str, written: datetime, how: str, by: Actor, user: SystemUser
) -> None:
    """Note that a notice of a hearing went out, where it was written since that hearing was set, and goes out before it.

    Another one tells the family of no hearing that is: the clock runs on.
    """
    now, calendar = services.now(), calendar_of(services)
    with services.store.writing() as unit:
        request, events = unit.requests.need(request_id), unit.requests.events(request_id)
        status = _kept_status(services, unit, request, events)
        noted = max((each.at for each in events if each.kind == HearingSet.kind), default=None)
        held = status.hearing_set
        if held is None or noted is None or not waits_for_hearing_notice(status):
            return
        shown = shown_in(unit, request)
        then, today = (
            right_to_amend(services, unit, request, status, shown, calendar.day(each)) for each in (written, now)
        )
        # What was written to a parent tells no student to whom the right passed since.
        is_whose = then.has_passed or not today.has_passed
        if is_whose and noted <= written and calendar.day(now) < calendar.day(held.at):
            _append(services, unit, request, events, HearingTold(how), _Recorded(now, now, by, user))


def _with_notice(services: Services, view: RequestView, by: Actor, user: SystemUser) -> RequestView:
    """Record whether every family of a request's order was told, where the register has it otherwise; return it as of now."""
    notice = _notice_now(services, view.request, view.status)
    if notice is not None and notice.change(view.status) is not None:
        now = services.now()
        with services.store.writing() as unit:
            request, events = unit.requests.need(view.request.id), unit.requests.events(view.request.id)
            found = notice.change(status_of(request, events, calendar_of(services)))
            if found is not None:
                what, on = found
                _append(services, unit, request, events, what, _Recorded(now, _moment_of(on, request, now), by, user))
            view = _view(services, unit, request.id)
    return replace(view, status=_status_now(services, view.request, view.events, view.status, notice))


def _notice_now(services: Services, request: StoredRequest, status: RequestStatus) -> NoticeNow | None:
    """Return who is left to be told of a request's order; None where it waits as none of which families are told."""
    if not status.tells_families or request.secret:
        return None
    with services.store.reading() as unit:
        answers = _answers(services, unit, request, status)
        work = tuple(each for each in answers.referrals if each.asset_key not in status.not_reached)
        keys = {
            *(each.share.asset_key for each in answers.shares),
            *(each.asset_key for each in work),
            *status.not_reached,
        }
        tagged = unit.assets.tagged_in([each for each in answers.keys if each not in keys])
    return notice_now(services, status, OrderWork(work, tagged))


def _kept_status(
    services: Services, unit: Unit, request: StoredRequest, events: Sequence[RequestEvent]
) -> RequestStatus:
    """Return where a request stands by its events, and of a hearing that was told by whose right it is today."""
    status = status_of(request, events, calendar_of(services))
    if status.hearing_told is None:
        return status
    return hearing_now(services, unit, request, status, shown_in(unit, request))


def _moment_of(day: date | None, request: StoredRequest, now: datetime) -> datetime:
    """Return the moment at which the families count as told: within the day of the last effort, not before it came."""
    noon = datetime.combine(day, time(12), tzinfo=now.tzinfo) if day is not None else now
    return max(min(noon, now), request.received_at)


def _status_now(
    services: Services,
    request: StoredRequest,
    events: Sequence[RequestEvent],
    status: RequestStatus,
    notice: NoticeNow | None,
) -> RequestStatus:
    """Return where a request stands with the clock of its notice as it is today, since whenever somebody worked on it."""
    if notice is None:
        return status
    found = notice.change(status)
    if found is not None:
        now, last, (what, on) = services.now(), events[-1], found
        recorded = _Recorded(now, _moment_of(on, request, now), last.by, last.user)
        event = _event(request, last.number + 1, what, recorded)
        status = status_of(request, [*events, event], calendar_of(services))
    return replace(status, families_left=notice.left if status.waits_for_notice else ())


def check_meeting_ahead(services: Services, recipient: Recipient, day: date) -> None:
    """Raise InputError where no meeting on a day can hurry what somebody asks for today."""
    check_meeting(recipient, day, services.now().date())


def note_meeting(
    services: Services, referral_id: str, meeting: MeetingKind, day: date, by: Actor, user: SystemUser
) -> Referral:
    """Note the meeting or hearing before which a family has to see what waits in the queue; return that work with its day.

    The meeting stands on the request that it answers; where there is none, it is entered in the register. Staff other than the
    custodian or a designee bring a day forward, and put none off. Raises InputError for work that is closed or no family's, for
    a day before the request came, and where somebody else owns the request; UnknownThing.
    """
    with services.store.reading() as unit:
        referral = unit.referrals.need(referral_id)
        if referral.secret:
            raise UnknownThing(NO_SUCH_REFERRAL)
        if not referral.is_open:
            raise InputError(f"{referral_id} is closed: nothing of it waits for a meeting")
        share = unit.shares.stored_of([referral.share_id])[0].share
        answered = [each for each in unit.requests.answered_by([referral_id]) if unit.requests.state(each) in WAITING]
    if referral.kind != "inspection":
        raise InputError(f"{referral_id} is no family's inspection: a meeting hurries that alone (34 CFR 300.613(a))")
    if not answered:
        asked = StoredRequest(
            id="",
            received_at=referral.opened_at,
            recipient=share.recipient,
            channel="staff",
            wanted="view",
            purpose=share.purpose,
            recordings=(referral.asset_key,),
            students=share.names,
            meeting=day,
            meeting_kind=meeting,
        )
        add_request(services, asked, by, user, referrals=[referral_id])
    elif by.role in CUSTODIANS:
        note_happening(services, answered[0], MeetingSet(meeting, day), by, user)
    else:
        _bring_forward(services, answered[0], MeetingSet(meeting, day), by, user)
    with services.store.reading() as unit:
        return unit.referrals.need(referral_id)


def _bring_forward(services: Services, request_id: str, what: MeetingSet, by: Actor, user: SystemUser) -> None:
    """Note a meeting of which staff tell; to move one of the same kind to a later day is the custodian's."""
    with services.store.writing() as unit:
        request, events = unit.requests.need(request_id), unit.requests.events(request_id)
        now, calendar = services.now(), calendar_of(services)
        known = known_meetings(request, events).get(what.meeting)
        if known is not None and known.day <= what.day:
            return
        check_happening(request, status_of(request, events, calendar), Told(now, by, what), now, calendar)
        recorded = _Recorded(now, now, by, user)
        _append(services, unit, request, events, what, recorded)
        _hand_on_meetings(services, unit, request, recorded)
        view = _view(services, unit, request_id)
    _tell(services, view, what.kind, what)


@dataclass(frozen=True, slots=True)
class BeforeMeeting:
    """Why a family's work is due before its term ends: the request that tells of the meeting, and the clock of that."""

    request_id: str
    clock: Clock


def before_meeting(services: Services, referral: Referral, recipient: Recipient) -> BeforeMeeting | None:
    """Return the meeting that a family's waiting work is due before; None where it is due by its own term."""
    if referral.kind != "inspection":
        return None
    with services.store.reading() as unit:
        own = [each for each in unit.requests.answered_by([referral.id]) if not unit.requests.need(each).secret]
        ids = dict.fromkeys((*own, *unit.requests.seen_before_meetings(recipient, services.now().date())))
        views = [_view(services, unit, each) for each in ids]
    clocks = [
        BeforeMeeting(view.request.id, each)
        for view in views
        for each in _meeting_clocks(view.status)
        if each.due.day <= max(referral.due, services.now().date())
    ]
    return min(clocks, key=lambda each: each.clock.due.day, default=None)


def add_estimate(services: Services, request_id: str, basis: FeeBasis, by: Actor, user: SystemUser) -> RequestView:
    """Estimate the fee of a request by today's rates, and record it. Raises as `note_happening`."""
    with services.store.reading() as unit:
        request = unit.requests.need(request_id)
    family = is_family(request)
    estimate = estimate_fee(basis, services.settings.fees, family=family, wanted=request.wanted)
    return note_happening(services, request_id, estimate, by, user)


def is_family(request: StoredRequest) -> bool:
    """Whether a parent or an eligible student asks."""
    return "inspection" in clocks_at_first(request, Calendar(None, ()))


def warning_of_destroyed(view: RequestView) -> str:
    """Return what the custodian is told where something was destroyed that a request asked for by then; "" otherwise."""
    pending = [each for each in view.destroyed if each.while_asked]
    days = sorted({each.day for each in pending})
    if not days:
        return ""
    what = "may ask for" if all(each.is_any for each in pending) else "asks for"
    law = (
        " What a family asks to see is not destroyed until it is answered (34 CFR 99.10(e))."
        if is_family(view.request)
        else ""
    )
    return (
        f"{view.request.id} came before what it {what} was destroyed, on {', '.join(map(str, days))}: it was pending."
        f"{law} The district's attorney should know before it is answered; the letter says no law that provides for it."
    )


def join_parts(services: Services, request_id: str, parts: Collection[str], by: Actor, user: SystemUser) -> RequestView:
    """Say that shares or referrals that are there already answer a request. Raises InputError, UnknownThing."""
    _require_custodian(by)
    with services.store.writing() as unit:
        request = unit.requests.need(request_id)
        _join(services, unit, request, parts, by, user)
        view = _view(services, unit, request_id)
    return _with_notice(services, view, by, user)


def note_wrong_student(
    services: Services, unit: Unit, request_id: str, what: StudentCorrected, by: Actor, user: SystemUser
) -> None:
    """Keep with a request, in the caller's transaction, that two people said whether it is about a student."""
    _append_now(services, unit, request_id, unit.requests.events(request_id), what, by, user)


def check_seal_takes(services: Services, request_id: str, secret_by: str | None, by: Actor, *, has_paper: bool) -> None:
    """Raise InputError where the seal of a request takes no ground or paper, before a copy is kept; UnknownThing."""
    _require_custodian(by)
    with services.store.reading() as unit:
        _check_seal_takes(unit.requests.need(request_id), secret_by, has_paper=has_paper)


def _check_seal_takes(request: StoredRequest, secret_by: str | None, *, has_paper: bool) -> None:
    if request.recipient.role == DIVISION and (has_paper or secret_by is not None):
        raise InputError(
            "what the Children's Division asks is sealed without a ground and a paper: leave --secret-by and --file out; "
            "a paper is kept with its referral, `dam-plugin queue finding rf-… evidence --evidence FILE --file COPY`"
        )
    if request.secret and has_paper:
        raise InputError(f"{request.id} is sealed already, and the paper of the first person is kept: leave --file out")


def seal_request(
    services: Services, request_id: str, secret_by: str | None, file: EvidenceFile | None, by: Actor, user: SystemUser
) -> RequestView:
    """Take a request out of everybody's sight, with all that answers it: it is about an order that forbids telling.

    The first person claims it, with the ground `secret_by` and a copy of the paper; a second one who gives the same ground
    confirms it. Until then it is a claim: the request is not closed, `doctor` counts it, and `unseal_request` ends it. What
    the Children's Division asks is sealed at one custodian's word, without ground and paper: it may be about a report. Raises
    InputError for another role than the custodian or a designee, without a ground or the paper, for a request of somebody who
    serves no such order, for another ground than the claim's, and for one person twice; UnknownThing.
    """
    _require_custodian(by)
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        request, events = unit.requests.need(request_id), unit.requests.events(request_id)
        claimed = seal_of(events)
        _check_seal_takes(request, secret_by, has_paper=file is not None)
        if request.recipient.role == DIVISION and not request.secret:
            seal_register_request(services, unit, request_id, by, user)
            return _view(services, unit, request_id)
        ground = ground_of(secret_by)
        what: SealClaimed | SealConfirmed
        if request.secret and claimed.is_claim:
            _check_second(claimed.claimed, ground, by, user, services.now())
            what = SealConfirmed(ground)
        elif request.secret:
            raise InputError(f"{request_id} is sealed already: `dam-plugin request show {request_id} --sealed`")
        elif is_family(request):
            raise InputError(
                "a family's own request is under no order: only what an agency, a court or its counsel asks for is sealed"
            )
        elif file is None:
            raise InputError(
                "nobody is kept from knowing of a request without the paper: scan the order and add it, --file COPY"
            )
        else:
            what = SealClaimed(ground, file)
            seal_register_request(services, unit, request_id, by, user, ground)
        _append_now(services, unit, request_id, events, what, by, user)
        return _view(services, unit, request_id)


def unseal_request(services: Services, request_id: str, why: str, by: Actor, user: SystemUser) -> RequestView:
    """Bring a sealed request back on every page, with all that was sealed with it and the old days.

    A claim ends at one custodian's word, and so does the seal of what the Children's Division asks, once it is found to be no
    report. What two people confirmed takes two again: the first one's wish is kept, and the
    request is sealed until another one wants the same. Raises InputError for another role, for a request that is not sealed, or
    that the queue sealed; UnknownThing.
    """
    _require_custodian(by)
    check_text("the why", why)
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        request, events = unit.requests.need(request_id), unit.requests.events(request_id)
        state = seal_of(events)
        if not request.secret:
            raise InputError(f"{request_id} is not sealed: `dam-plugin request show {request_id}`")
        if state.claimed is None and request.recipient.role != DIVISION:
            raise InputError(
                f"{request_id} was sealed with its work in the queue, and comes back with it: see "
                "`dam-plugin queue list --all --sealed --as custodian:NAME`"
            )
        if state.confirmed is not None and state.ending is None:
            _append_now(services, unit, request_id, events, UnsealAsked(why), by, user)
            return _view(services, unit, request_id)
        if state.ending is not None:
            two_people.check_another(_letting_go(state.ending), _wish(by, user, services.now()), user)
        unseal_register_request(services, unit, request_id)
        _append_now(services, unit, request_id, events, Unsealed(why), by, user)
        view = _view(services, unit, request_id)
    services.third_parties.notify(
        view.status.owner or "custodian",
        f"The request {request_id} is on every page again: `dam-plugin request show {request_id}`",
    )
    return view


def _check_second(claim: RequestEvent | None, ground: SecretBy, by: Actor, user: SystemUser, now: datetime) -> None:
    """Raise InputError where the person who claimed it would confirm it, or on another ground than was claimed."""
    if claim is None:
        return
    stated = content_of(claim)
    two_people.check_another(_letting_go(claim), _wish(by, user, now), user)
    if isinstance(stated, SealClaimed) and stated.secret_by != ground:
        raise InputError(
            f"it was sealed on another ground, '{stated.secret_by}': look at the paper, and confirm that ground or end the "
            f"claim: `dam-plugin request unseal {claim.request_id} --why TEXT`"
        )


def _over_by_two(
    events: Sequence[RequestEvent], status: RequestStatus, what: AppealOver, by: Actor, user: SystemUser, now: datetime
) -> AppealOver | AppealOverAsked:
    """Return that appeals are over, where another person said so before; else a first person's word (34 CFR 99.10(e))."""
    if status.appeal_ending is None:
        return AppealOverAsked(what.why)
    first = next(each for each in reversed(events) if each.kind == AppealOverAsked.kind)
    two_people.check_another(_letting_go(first), _wish(by, user, now), user)
    return what


def _received_by_two(
    request: StoredRequest,
    events: Sequence[RequestEvent],
    what: ReceivedCorrected,
    by: Actor,
    user: SystemUser,
    now: datetime,
) -> ReceivedCorrected | ReceivedAsked:
    """Return that a request came at another moment; of a later one, a first person's word until another one says the same.

    A later day gives the office more time, and what left the library before it would be asked for no more (34 CFR 99.10).
    """
    if what.at <= request.received_at:
        return what
    first = next((each for each in reversed(events) if each.kind in (ReceivedAsked.kind, ReceivedCorrected.kind)), None)
    said = content_of(first) if first is not None else None
    if first is None or not isinstance(said, ReceivedAsked) or said.at != what.at:
        return ReceivedAsked(what.at, what.why)
    two_people.check_another(_letting_go(first), _wish(by, user, now), user)
    return what


def _letting_go(event: RequestEvent) -> LettingGo:
    user = event.user or SystemUser("", "")
    return _wish(event.by, user, event.at)


def _wish(by: Actor, user: SystemUser, now: datetime) -> LettingGo:
    return LettingGo(by, user.id, user.name, now, "")


def _append_now(
    services: Services,
    unit: Unit,
    request_id: str,
    events: Sequence[RequestEvent],
    what: Happening,
    by: Actor,
    user: SystemUser | None,
) -> None:
    """Keep an event that happens now; one of the seal goes into the book while the request is sealed."""
    now = services.now()
    _append(services, unit, unit.requests.need(request_id), events, what, _Recorded(now, now, by, user))


def _require_custodian(by: Actor) -> None:
    if by.role not in CUSTODIANS or not (by.id or "").strip():
        raise InputError("only the custodian or a designee works on requests: add --as custodian:NAME")


def _require_owner(request: StoredRequest, status: RequestStatus, by: Actor) -> None:
    if status.owner is not None and fold_case(status.owner) != fold_case(by.id):
        raise InputError(
            f"{request.id} is {status.owner}'s: ask them, or take it over with `dam-plugin request assign {request.id} "
            f"--to {by.id} --as {by.role}:{by.id}`"
        )


def _withholds(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, answers: _Answers
) -> bool:
    """Whether something is withheld of what the request may have.

    A family's right is to what is about its own child (34 CFR 99.12(a)): where the copies hide others alone, it saw all of it.
    No copy has the metadata of the file: they are withheld of who asks for them.
    """
    by_name = answers.by_name(services, unit, request, status)
    log = answers.log(services, unit, request, status, by_name)
    if log.lacks_metadata or not log.withholds:
        return log.lacks_metadata
    last = {each.share.asset_key: each for each in by_name.told(unit, answers.shares)}
    left = [each for each in last.values() if each.outcome in ("redact", "deny")]
    return request.recipient.role not in FAMILY or not all(is_copy_for_family(each) for each in left)


def _check_cited(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening
) -> None:
    """Raise InputError where a provision that was typed would tell a parent of a student who holds the rights."""
    if isinstance(what, Closed | ReasonsGiven) and what.provisions and status.amendment is None:
        by_name = _answers(services, unit, request, status).by_name(services, unit, request, status)
        check_cites_no_rights_passed(request.id, by_name, what.provisions)


def _whole(services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening) -> Happening:
    """Return what happened with the provisions that the answers to its shares cite, where none were given, and short ids.

    A closing has none where a share is missing: by which provision that recording is withheld is the custodian's to say.
    Raises InputError where one that is cited names no law.
    """
    if isinstance(what, Closed):
        what = replace(what, not_about=excepted(services.pseudonyms, what.not_about))
    if isinstance(what, FoundSettled | OrderNarrowed | OrderWidened):
        return replace(what, recordings=_recordings_meant(services, unit, request, status, what))
    if not isinstance(what, Closed | ReasonsGiven) or what.provisions:
        return what
    if isinstance(what, Closed) and what.outcome not in WITHHELD:
        return what
    if isinstance(what, Closed) and status.amendment is not None:
        return replace(what, provisions=(WHO_AMENDS,))
    answers = _answers(services, unit, request, status)
    by_name = answers.by_name(services, unit, request, status)
    if by_name.is_strangers:
        # The same whether there is a record or none: nothing else is told.
        return replace(what, provisions=(by_name_words(given=answers.released).provision,))
    log = answers.log(services, unit, request, status, by_name)
    cited = log.cited if status.outcome is not None or not log.undecided else ()
    for each in cited:
        check_names_law([each])
    return replace(what, provisions=cited)


def _check_answers(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening
) -> None:
    """Raise InputError where a closing does not fit the answers to what was asked for, or work waits in the queue."""
    if not isinstance(what, Closed) or what.outcome == "withdrawn" or not status.is_open:
        return
    answers = _answers(services, unit, request, status)
    if answers.waiting:
        first, more = answers.waiting[0].id, len(answers.waiting) - 1
        raise InputError(
            f"{first}{f' and {more} more' if more else ''} of {request.id} waits in the queue: settle it first, see "
            f"`dam-plugin queue show {first}`"
        )
    by_name = answers.by_name(services, unit, request, status)
    check_tells_no_stranger(request.id, by_name, what.outcome, given=bool(answers.given))
    events = unit.requests.events(request.id)
    destroyed = _destroyed(services, unit, request, events, answers, what.why)
    named = names_of_destroyed(unit, request)
    unfinished = unfinished_of(services.ledger, unit, unit.requests.asked_students(request), named)
    check_destroyed_told(
        request,
        what.outcome,
        destroyed,
        unfinished,
        what.not_about,
        hears_nothing=by_name.hears_nothing,
        may_hear_of=by_name.may_hear_of,
    )
    check_destructions_named(services.ledger, unit, request, destroyed, what.why, unit.requests.asked_students(request))
    said = [each for each in what.not_about if not is_destruction_id(each)]
    not_about = about_asked(services, unit, request, said)
    _check_gone(services, unit, request, answers, what.outcome, not_about, by_name)
    left = by_name.to_be_answered(unit, answers.unanswered(what.outcome))
    if what.outcome in ("granted", "partly", "lost") and left:
        others = f" and {len(left) - 1} more" if len(left) > 1 else ""
        raise InputError(
            f"nothing on record answers {services.pseudonyms.outside(left[0])}{others}, which {request.id} asks for: "
            f"`dam-plugin request show {request.id}` has the command (`share … --request {request.id}`); what was "
            "shown is recorded by `dam-plugin view … --in-office --request`, what was handed over by `dam-plugin queue close … "
            "--disclosed-to`" + (f". {narrowed_how(request.id, left[0])}" if status.order is not None else "")
        )
    if what.record_shown and (not (by_name.own and by_name.is_own) or by_name.rights_passed):
        raise InputError(
            f"whoever asks in {request.id} is not the family of each student of it, on file today: settle first who asks. The "
            "record of disclosures is shown to the parent or the eligible student alone (34 CFR 99.32(c))"
        )
    if what.outcome in ("granted", "partly") and request.asks_in_words and not what.record_shown:
        check_all_answered(services, unit, request, answers.answered(what.outcome), not_about)
    if what.outcome == "granted" and _withholds(services, unit, request, status, answers):
        raise InputError(
            f"something of {request.id} is withheld, see `dam-plugin request log {request.id} --exemptions`: close it as "
            "'partly'"
        )
    if what.outcome in ("denied", "no-such-record", "rights-passed"):
        _check_nothing_given(services, unit, request, status, answers, what.outcome)
    shares = (*answers.shares, *answers.astray)
    sought = sought_of(services, unit, request, shares, what.why, destroyed, what.not_about)
    if what.outcome == "no-such-record":
        check_not_lost(services, unit, request, not_about)
        check_no_such_record(services, unit, sought, not_about, tells_keys=True)
    if what.outcome == "referred-elsewhere":
        sought = replace(sought, settled=frozenset(answers.answered(what.outcome)))
        _check_elsewhere(services, unit, request, status, answers, sought=sought, not_about=not_about)
    check_namesakes_answered(services, unit, request, what, answers.answered(what.outcome), by_name)


def _check_elsewhere(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    status: RequestStatus,
    answers: _Answers,
    *,
    sought: Sought,
    not_about: Collection[str],
) -> None:
    """Raise InputError where whoever asks would be sent away from what the district has, had, or withheld.

    Who is denied something has the provision, and may ask for the reasons (RSMo 610.023.4).
    """
    if _withholds(services, unit, request, status, answers):
        raise InputError(
            f"something of {request.id} is withheld, see `dam-plugin request log {request.id} --exemptions`: close it as "
            f"'{'partly' if answers.released else 'denied'}', so that whoever asked has the provision (RSMo 610.023.4)"
        )
    check_not_lost(services, unit, request, not_about, untrue="that somebody else has it")
    check_referred_elsewhere(services, unit, sought, not_about, amends=status.amendment is not None)


def _check_withheld(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening
) -> None:
    """Raise InputError where a family's own record is withheld from it by no share and by no provision that reaches it."""
    if isinstance(what, Closed):
        closed: Closed | None = what if status.is_open else None
    else:
        closed = status.outcome if isinstance(what, ReasonsGiven) else None
    if closed is None or closed.outcome not in WITHHELD:
        return
    cited = what.provisions if isinstance(what, Closed | ReasonsGiven) else ()
    asked = family_asks(services, unit, request, status, closed.not_about)
    check_reaches_family(services, unit, asked, cited, closed.advised, is_denial=closed.outcome == "denied")


def family_asks(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, not_about: Collection[str]
) -> FamilyAsks:
    """Return what a request asks for and how each recording was answered, as the grounds for a family are checked."""
    answers = _answers(services, unit, request, status)
    last = {each.share.asset_key: each.outcome for each in answers.shares if each.share.id not in answers.unopened}
    return FamilyAsks(
        request.id,
        request.recipient,
        answers.keys,
        last | {each.share.asset_key: each.outcome for each in answers.given},
        inspectable_students(services, unit, request),
        bool(request.students),
        not_about,
    )


def _check_fee(services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening) -> None:
    """Raise InputError where a fee is for copies and none will be made, or would tell that there is something to copy."""
    of_copies = isinstance(what, Estimated) and any(each.what != RESEARCH for each in what.lines)
    if not (of_copies or isinstance(what, DepositAsked)):
        return
    answers = _answers(services, unit, request, status)
    if not answers.released:
        check_fee_tells_no_stranger(request.id, answers.by_name(services, unit, request, status))
        _check_something_to_copy(request, answers)


def _check_something_to_copy(request: StoredRequest, answers: _Answers) -> None:
    """Raise InputError where each recording that was asked for was denied whole, so that nothing is copied (RSMo 610.026.2)."""
    in_library = any(each in answers.ids for each in answers.keys)
    if in_library and not answers.unanswered("denied") and not answers.waiting:
        raise InputError(
            f"nothing of {request.id} is given out, since what it asks for was denied, so there is no copy to take a fee or a "
            f"deposit for (RSMo 610.026): where a copy may go out after all, `dam-plugin share … --request {request.id}` "
            "comes first"
        )


def _check_nothing_given(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    status: RequestStatus,
    answers: _Answers,
    outcome: Outcome,
) -> None:
    """Raise InputError where something was released, or where nobody's rights passed."""
    if outcome == "rights-passed":
        check_rights_passed(services, unit, request, shown_in(unit, request))
    if answers.given:
        by_name = answers.by_name(services, unit, request, status)
        left = by_name.to_be_answered(unit, answers.unanswered("granted"))
        whole = not left and not _withholds(services, unit, request, status, answers)
        raise InputError(
            f"something was released in answer to {request.id}, see `dam-plugin request show {request.id}`: close it as "
            f"'{'granted' if whole else 'partly'}'"
        )


def _check_gone(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    answers: _Answers,
    outcome: Outcome,
    not_about: Collection[str],
    by_name: AskedByName,
) -> None:
    """Raise InputError where an outcome does not fit what left the library since the request came.

    A denial to a stranger who names a student says nothing of what there is or was.
    """
    if outcome in ("denied", "lost") and unit.requests.asked_students(request):
        check_left_library(services, unit, request, not_about, is_denial=outcome == "denied")
    elif not_about and outcome in ("granted", "partly", "denied") and not request.asks_in_words:
        check_saved_over(services, unit, request, not_about)
    if outcome in ("granted", "partly") or (outcome == "denied" and not by_name.is_strangers):
        check_nothing_gone(services, unit, request, answers.answered_versions("granted", unit), outcome, not_about)
    if outcome == "lost":
        need_lost(services, unit, request, answers.answered_versions("granted", unit), not_about)


def _check_may_amend(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening, day: date
) -> None:
    """Raise InputError where this cannot happen with a request to amend on a day, by whose right that is (34 CFR 99.5(a))."""
    if status.amendment is None:
        return
    shown, at_hearing = shown_in(unit, request), None
    right = right_to_amend(services, unit, request, status, shown, day)
    held = status.hearing_set
    if isinstance(what, HearingDecided) and held is not None:
        held_on = calendar_of(services).day(held.at)
        at_hearing = right_to_amend(services, unit, request, status, shown, held_on)
    records = [unit.people.need(each) for each in right.students]
    check_may_amend(right, at_hearing, what, status.hearing_untold, records, day, services.rulings)


def _days_given(
    services: Services, unit: Unit, request: StoredRequest, shares: Iterable[StoredShare]
) -> dict[str, date]:
    """Return the day of each of these shares, by its id; of what was handed over or seen, the day on which it was."""
    day_of = calendar_of(services).day
    days = {each.share.id: day_of(each.at) for each in shares}
    for entry, details in services.ledger.about(unit, "share", days, secret=request.secret):
        if details and (in_person := details.get("in_person")):
            days[entry.subject] = date.fromisoformat(str(in_person["on"]))
    return days


def _when_given(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    status: RequestStatus,
    events: Iterable[RequestEvent],
    what: Happening,
) -> datetime | None:
    """Return when a request that is closed as granted was in fact answered, by what answers it; None where that is today.

    What the office did not get to close until later was not late (34 CFR 300.613(a), RSMo 610.023.3). The last answer to any of
    it counts, a refusal too; not what was given before the request was reopened, or its delay explained.
    """
    if not isinstance(what, Closed) or what.outcome not in ("granted", "partly"):
        return None
    answers, calendar = _answers(services, unit, request, status), calendar_of(services)
    if not answers.given:
        return None
    decided = (each for each in answers.shares if each.outcome != "refer")
    days = [*_days_given(services, unit, request, decided).values()]
    asked = (each for each in answers.referrals if each.asset_key not in answers.not_reached)
    by_hand = (each for each in asked if not (each.closing or "").startswith("answered:"))
    days += [calendar.day(each.closed_at) for each in by_hand if each.closed_at is not None]
    last, now = max(days), services.now()
    # What was found not to have gone astray was given when it was.
    stand = {each.share.id for each in answers.shares}
    back = {each.number for each in events if (lost := each.content.get("astray")) and stand.issuperset(lost)}
    ended = (each for each in events if each.kind in (Closed.kind, Reopened.kind, Delayed.kind))
    before = [calendar.day(each.on) for each in ended if each.number not in back]
    if last >= calendar.day(now) or last < max((*before, calendar.day(request.received_at))):
        return None
    return max(datetime.combine(last, time(12), tzinfo=now.tzinfo), request.received_at)


def _check_not_before_given(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening, day: date
) -> None:
    """Raise InputError where a request is closed as granted on a day before the last share or handover that answers it.

    Else the register would say 'in time' of what its own record dates later (RSMo 610.027). A link counts with the day of its
    share, what was handed over with the day on which it was.
    """
    if not isinstance(what, Closed) or what.outcome not in ("granted", "partly"):
        return
    days = _days_given(services, unit, request, _answers(services, unit, request, status).given)
    last = max(days.values(), default=day)
    if day < last:
        raise InputError(
            f"{day} is before the last answer on record, of {last}: close it with that day, --on {last}; where it was handed "
            f"over on {day}, record that first with its day, `dam-plugin queue close … --disclosed-to … --on {day}`"
        )


def _close_work(
    services: Services, unit: Unit, status: RequestStatus, what: Happening, request: StoredRequest, by: Actor
) -> None:
    """Close what waits in the queue for a request that was withdrawn, unless another request waits for it too."""
    if not isinstance(what, Closed) or what.outcome != "withdrawn":
        return
    waiting = _answers(services, unit, request, status).waiting
    _close_parts(services, unit, waiting, request, _withdrawn_with(request), by)


def _close_parts(
    services: Services, unit: Unit, waiting: Iterable[Referral], request: StoredRequest, how: str, by: Actor
) -> None:
    """Close work that nobody asks for any more by this request, unless another request waits for it too."""
    for each in waiting:
        others = [other for other in unit.requests.answered_by([each.id]) if other != request.id]
        if not any(unit.requests.state(other) in WAITING for other in others):
            unit.referrals.close(each.id, services.now(), by.id, how)
            details = {"referral": each.id, "done": "closed", "by": asdict(by), "how": how, "request": request.id}
            services.ledger.append(
                unit, at=services.now(), kind="queue", subject=each.id, details=details, secret=each.secret
            )


def _reopen_work(
    services: Services, unit: Unit, status: RequestStatus, what: Happening, request: StoredRequest, by: Actor
) -> None:
    """Let wait again, with its old day, what was closed as withdrawn with a request that nobody has withdrawn after all."""
    if not isinstance(what, Reopened) or what.asked_again is not None:
        return
    referrals = _answers(services, unit, request, status).referrals
    _reopen_parts(services, unit, [each for each in referrals if each.closing == _withdrawn_with(request)], request, by)


def _reopen_parts(
    services: Services, unit: Unit, closed: Iterable[Referral], request: StoredRequest, by: Actor
) -> None:
    """Let work wait again, with its old day, that was closed since this request did not ask for it any more."""
    for each in closed:
        unit.referrals.reopen(each.id)
        details = {"referral": each.id, "done": Reopened.kind, "by": asdict(by), "request": request.id}
        services.ledger.append(
            unit, at=services.now(), kind="queue", subject=each.id, details=details, secret=each.secret
        )


def _recordings_meant(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    status: RequestStatus,
    what: FoundSettled | OrderNarrowed | OrderWidened,
) -> tuple[str, ...]:
    """Return what was found later and is settled (`R-…`), or the keys of what an order does not reach, or reaches again.

    That was given by key or `R-…`. Raises InputError for what the request does not ask for.
    """
    answers = _answers(services, unit, request, status)
    if isinstance(what, FoundSettled):
        return _found_later(services, unit, request, status, unit.requests.events(request.id), answers)
    known = {services.pseudonyms.outside(each): each for each in answers.asked_for}
    found = [known.get(each) for each in excepted(services.pseudonyms, what.recordings)]
    if None in found:
        # What was typed is not repeated: a file name may be a student's.
        raise InputError(
            f"{request.id} does not ask for number {found.index(None) + 1} of the recordings given, and none of it was shared "
            f"in answer to it: `dam-plugin request show {request.id}` lists what it asks for"
        )
    return tuple(filter(None, found))


def _check_narrowed(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, what: Happening
) -> None:
    """Raise InputError where an order would reach nothing any more that it named: then the court quashed it."""
    if not isinstance(what, OrderNarrowed) or request.asks_in_words:
        return
    if not {*_answers(services, unit, request, status).ids}.difference(status.not_reached, what.recordings):
        raise InputError(f"then the order of {request.id} reaches nothing that it asks for. {quashed_how(request.id)}")


def _follow_reach(
    services: Services, unit: Unit, status: RequestStatus, what: Happening, request: StoredRequest, by: Actor
) -> tuple[Link, ...]:
    """Close the work and the links of what an order does not reach any more; let the work wait again that it reaches again.

    Return the links that were closed.
    """
    if not isinstance(what, OrderNarrowed | OrderWidened):
        return ()
    answers, struck = _answers(services, unit, request, status), _struck_from(request)
    referrals = [each for each in answers.referrals if each.asset_key in what.recordings]
    if isinstance(what, OrderWidened):
        closed = [each for each in referrals if (each.closing or "").startswith(struck)]
        _reopen_parts(services, unit, closed, request, by)
        _due_on_return(unit, request)
        return ()
    open_now = [each for each in referrals if each.is_open]
    _close_parts(services, unit, open_now, request, f"{struck}: {what.why}", by)
    given = [each.share for each in answers.shares if each.share.asset_key in what.recordings]
    links = {link.id: link for each in given for link in links_on_evidence(unit, each)}
    return close_in_transaction(services, unit, links.values(), struck)


def _struck_from(request: StoredRequest) -> str:
    return f"not reached by the order of {request.id}"


def given_on_order(services: Services, view: RequestView) -> list[str]:
    """Return the work of a request whose recipient has an open link that was given on evidence, as on its order."""
    with services.store.reading() as unit:
        shares = {each.share.id: each.share for each in unit.shares.stored_of(one.share_id for one in view.referrals)}
        asked = ((each.id, shares.get(each.share_id)) for each in view.referrals)
        return [each for each, share in asked if share is not None and links_on_evidence(unit, share)]


def asked_for_still(services: Services, referral: Referral) -> list[str]:
    """Return the orders of the register that wait, and ask still for the recording of work that was closed."""
    calendar = calendar_of(services)
    with services.store.reading() as unit:
        found = []
        for each in unit.requests.answered_by([referral.id]):
            request = unit.requests.need(each)
            status = status_of(request, unit.requests.events(each), calendar)
            is_asked = status.is_open and status.order is not None and request.secret is referral.secret
            answered = _answers(services, unit, request, status).answered("granted") if is_asked else ()
            found += [each] if is_asked and referral.asset_key not in answered else []
        return found


def answered_by_copy(unit: Unit, shares: Sequence[StoredShare]) -> list[str]:
    """Return the requests that the last of these shares answered, or an earlier one of them where it answered none.

    None that was withdrawn, or about an order that forbids telling. Where they are all closed, the one that came last.
    """
    for each in reversed(shares):
        found = [unit.requests.need(one) for one in unit.requests.answered_by([each.share.id])]
        theirs = [one for one in found if not one.secret and unit.requests.state(one.id) != "withdrawn"]
        waiting = [one.id for one in theirs if unit.requests.state(one.id) in WAITING]
        if theirs:
            return waiting or [max(theirs, key=lambda one: one.received_at).id]
    return []


def note_not_enough(
    services: Services,
    unit: Unit,
    answered: Iterable[str],
    referral: Referral,
    by: Actor,
    user: SystemUser | None,
) -> None:
    """Join to the requests that a copy answered the question whether it is enough; a closed one is open again, with its days.

    What a family asks to see is not answered while it says that it has not seen it (34 CFR 99.10(a), 99.12(a)).
    """
    now = services.now()
    for each in answered:
        request, events = unit.requests.need(each), unit.requests.events(each)
        if unit.requests.state(each) not in WAITING:
            why = f"the family says that the copy is not enough ({referral.id})"
            _append(services, unit, request, events, Reopened(why), _Recorded(now, now, by, user))
        join(services, unit, each, [referral.id], by, now, user)
        _hurry(services, unit, request)


def reopen_astray(
    services: Services,
    unit: Unit,
    shares: Collection[str],
    by: Actor,
    user: SystemUser | None,
    how: str = "went to somebody else",
    *,
    before: date | None = None,
) -> list[str]:
    """Open again, with their days, the closed requests whose answer one of these shares was and, as corrected, is no more.

    Return them; whose each is hears of it after the commit. What something else had answered by the closing was answered
    (34 CFR 99.10(b), RSMo 610.023.3). `before`: those alone that were closed as answered before that day.
    """
    reopened = []
    for each in unit.requests.answered_by(shares):
        request, events = unit.requests.need(each), unit.requests.events(each)
        status = status_of(request, events, calendar_of(services))
        if status.outcome is None or status.outcome.outcome not in _RESTS_ON_GIVEN:
            continue
        closed = max(event.at for event in events if event.kind == Closed.kind)
        closed_on = max(event.on for event in events if event.kind == Closed.kind)
        if before is not None and calendar_of(services).day(closed_on) >= before:
            continue
        answers = _answers(services, unit, request, status)
        by_then = replace(answers, shares=[one for one in answers.shares if one.at <= closed])
        answered = by_then.answered(status.outcome.outcome)
        astray = [one.share for one in answers.astray if one.share.id in shares and one.at <= closed]
        lost = [one.id for one in astray if one.asset_key not in answered]
        if lost:
            what = Reopened(f"what answered it {how} ({', '.join(lost)})", astray=tuple(lost))
            _append_now(services, unit, each, events, what, by, user)
            unit.after_commit(partial(_tell, services, _view(services, unit, each), Reopened.kind, what))
            reopened.append(each)
    return reopened


def _withdrawn_with(request: StoredRequest) -> str:
    return f"withdrawn with {request.id}"


def _tell(services: Services, view: RequestView, kind: str, what: Happening) -> None:
    """Tell the owner of work that was given to them, and the custodian of what begins a clock; of a sealed request nobody."""
    if view.request.secret:
        return
    request, clock = view.request, view.status.next
    due = f", due on {clock.due.day}" if clock else ""
    show = f"`dam-plugin request show {request.id}`"
    if isinstance(what, Assigned):
        services.third_parties.notify(what.owner, f"The request {request.id} is yours{due}: {show}")
    elif isinstance(what, MeetingSet | ReasonsAsked | Reopened | Appealed):
        done = {
            "meeting-set": "the day of a meeting is known",
            "reasons-asked": "written reasons are asked for",
            "reopened": "it is reopened",
        }.get(kind, "an appeal came")
        services.third_parties.notify(
            view.status.owner or "custodian", f"The request {request.id}: {done}{due}: {show}"
        )


def recordings_of(
    services: Services, student: str, by: Actor, request_id: str | None = None
) -> list[dict[str, object]]:
    """Return the recordings of the library that a student is tagged in: the types and locations of what is kept (300.616).

    Behind them versions that were saved over with what does not show the student, and that a bucket with versions keeps, and
    those that were destroyed and showed the student, each with the day and the reason (`destroyed`, null of what is there) and
    without its key. With a request, each has the last answer to it, or null. Raises InputError for a role that is not the
    custodian or a designee; UnknownThing, also for a request that is sealed.
    """
    _require_custodian(by)
    with services.store.reading() as unit:
        unit.people.need(student)
        answers = _answers_of(services, unit, request_id) if request_id is not None else None
        there = ((each, None) for each in unit.assets.of_student(student))
        replaced = [(each, None) for each in saved_over(unit, student)]
        former = {each.asset.id for each, _ in replaced}
        gone = (
            (stored, each)
            for each in destroyed_showing(services.ledger, unit, calendar_of(services).zone, [student])
            if (stored := unit.assets.by_id(each.asset_id)) is not None
        )
        return [
            {
                "recording": services.pseudonyms.outside(stored.asset.key),
                "key": stored.asset.key if destroyed is None else None,
                "media_type": stored.asset.media_type,
                "since": stored.first_seen.date(),
                "tagging": None if destroyed else _REPLACED if stored.asset.id in former else stored.tagging.state,
                "destroyed": _told_destroyed(destroyed) if destroyed is not None else None,
                **({} if answers is None else {"answer": answers.get(stored.asset.key)}),
            }
            for stored, destroyed in (*there, *replaced, *gone)
        ]


# What is told in place of the state of tagging.
_REPLACED = "an earlier version, saved over"


def _told_destroyed(destroyed: Destroyed) -> dict[str, object]:
    names = ("id", "day", "rule", "source", "how", "in_background", "is_confidential")
    return {name: getattr(destroyed, name) for name in names}


def log_silent_until(services: Services) -> date | None:
    """Return the last day on which something was destroyed and the ledger does not keep whom it showed; None: there is none."""
    with services.store.reading() as unit:
        return silent_until(unit, calendar_of(services).zone)


def _answers_of(services: Services, unit: Unit, request_id: str) -> dict[str, str | None]:
    """Return the last answer to each recording that a request was answered with, by key."""
    request = unit.requests.need(request_id)
    if request.secret:
        raise UnknownThing(NO_SUCH_REQUEST)
    status = status_of(request, unit.requests.events(request_id), calendar_of(services))
    return {each.key: each.answer for each in _answers(services, unit, request, status).told(services)}


# Finding


def calendar_of(services: Services) -> Calendar:
    """Return the district's calendar."""
    district = services.settings.district
    return Calendar(services.now().tzinfo, frozenset(district.holidays), district.reasonable_days)


def get_request(services: Services, request_id: str, *, secret: bool = False) -> RequestView:
    """Return one request with all that is known of it. Raises UnknownThing.

    Without `secret` there is none about an order that forbids telling.
    """
    with services.store.reading() as unit:
        if unit.requests.need(request_id).secret and not secret:
            raise UnknownThing(NO_SUCH_REQUEST)
        view = _view(services, unit, request_id)
    notice = _notice_now(services, view.request, view.status)
    return replace(view, status=_status_now(services, view.request, view.events, view.status, notice))


def requests_answered_by(services: Services, part_id: str) -> list[str]:
    """Return the requests that a share or a referral answers."""
    with services.store.reading() as unit:
        return unit.requests.answered_by([part_id])


def came_on(services: Services, referral: Referral) -> date:
    """Return the day on which work came: on which the first request came, or was made again, that it answers."""
    zone = services.now().tzinfo
    opened = referral.opened_at.astimezone(zone).date()
    with services.store.reading() as unit:
        return min((opened, *(asked_on(unit, each, zone) for each in unit.requests.answered_by([referral.id]))))


def list_requests(services: Services, asked: Asked) -> Page:
    """Return a page of the register: the next clock to end first; with `all`, then those at rest, last received first.

    Raises InputError for a page that cannot be, UnknownThing for an unknown `after`.
    """
    if not 1 <= asked.limit <= MOST_LISTED:
        raise InputError(f"a page has 1 to {MOST_LISTED:,} requests: {asked.limit:,} is not")
    calendar, today = calendar_of(services), services.now().date()
    counted = _counted_today(services, asked.wanted)
    with services.store.reading() as unit:
        after = unit.requests.need(asked.after) if asked.after is not None else None
        finding = _Finding(unit, calendar, today, asked, after, counted)
        ids = list(islice(finding.ids(), asked.limit + 1))
        requests, events = unit.requests.requests_of(ids), unit.requests.events_of(ids)
    rows = [
        Listed(requests[each], counted.get(each) or status_of(requests[each], events.get(each, ()), calendar), today)
        for each in ids[: asked.limit]
    ]
    return Page(tuple(rows), ids[asked.limit - 1] if len(ids) > asked.limit else None)


def register_state(services: Services) -> RegisterState:
    """Return the counts of the register, for the administrator."""
    calendar, today = calendar_of(services), services.now().date()
    late: dict[str, date] = {name: first_start(calendar.term(name), today, calendar.holidays) for name in CLOCKS}
    counted = _counted_today(services, Wanted())
    with services.store.reading() as unit:
        kept = unit.requests.clocks_of(counted)
        running, overdue = unit.requests.count_running(), unit.requests.count_running(late)
    for each, status in counted.items():
        # As they are kept, they may lack a notice that runs again, or have one that nobody waits for any more.
        was_late = any(start < late[name] for name, start in kept.get(each, {}).items())
        overdue += status.is_overdue(today) - was_late
    return RegisterState(running, overdue)


# What waits with a notice, which whoever holds the rights today may not have had: orders, and hearings that are set.
_NOTIFIED: tuple[ClockName, ...] = ("return", "amendment-decision")


def _counted_today(services: Services, wanted: Wanted) -> dict[str, RequestStatus]:
    """Return where the orders and the hearings on a record stand that wait, with the clocks of their notices as of today."""
    with services.store.reading() as unit:
        ids = {each.request_id for name in _NOTIFIED for each in unit.requests.running(name, wanted=wanted)}
        requests, events = unit.requests.requests_of(ids), unit.requests.events_of(ids)
        kept = {each: _kept_status(services, unit, request, events[each]) for each, request in requests.items()}
    return {
        each: _status_now(services, request, events[each], kept[each], _notice_now(services, request, kept[each]))
        for each, request in requests.items()
    }


# Where a request is in the list: the day on which its next clock ends, which clock, since when it runs, its id.
_Place = tuple[date, int, date, str]
_ORDER: tuple[ClockName, ...] = tuple(CLOCKS)


@dataclass
class _Finding:
    """The requests that are asked for, in the order of the list.

    Of one clock a later start never ends sooner, whatever the holidays: so the index by starts gives each clock's requests
    in order, and the clocks are merged.
    """

    unit: Unit
    calendar: Calendar
    today: date
    asked: Asked
    after: StoredRequest | None
    counted: Mapping[str, RequestStatus] = field(default_factory=dict)
    _places: dict[str, _Place] = field(default_factory=dict)
    _days: dict[tuple[ClockName, date], date] = field(default_factory=dict)

    def ids(self) -> Iterator[str]:
        """Yield the ids."""
        behind = self._place_of(self.after.id) if self.after is not None else None
        if self.after is None or behind is not None:
            yield from self._running(behind)
        if self.asked.all and not self.asked.overdue:
            rests = (self.after.received_at, self.after.id) if self.after is not None and behind is None else None
            yield from self._at_rest(rests)

    def _running(self, behind: _Place | None) -> Iterator[str]:
        streams = [_Stream(self, name, behind) for name in _ORDER]
        # The first pages at once: one look at the clocks of all of them.
        self.learn([each for stream in streams for each in stream.page])
        places = heapq.merge(self._places_today(), *(stream.places() for stream in streams))
        for place, _ in groupby(places):
            # A request is listed once, by the clock that ends first.
            if self._place_of(place[3]) == place and (behind is None or place > behind):
                yield place[3]

    def _places_today(self) -> Iterator[_Place]:
        """Yield the places of what is counted as of today, of which the index may lack a clock, or have another day."""
        places = sorted(filter(None, map(self._place_of, self.counted)))
        return (each for each in places if not self.asked.overdue or each[0] < self.today)

    def _at_rest(self, behind: tuple[datetime, str] | None) -> Iterator[str]:
        size = self.asked.limit + 1
        while True:
            found = self.unit.requests.at_rest(behind=behind, wanted=self.asked.wanted, limit=size)
            yield from found
            if len(found) < size:
                return
            last = self.unit.requests.need(found[-1])
            behind = last.received_at, last.id

    def learn(self, found: Sequence[RunningClock]) -> None:
        """Look up where requests are in the list."""
        new = [each.request_id for each in found if each.request_id not in self._places]
        for request_id, clocks in self.unit.requests.clocks_of(new).items():
            self._places[request_id] = self._first(request_id, clocks)

    def _place_of(self, request_id: str) -> _Place | None:
        if request_id not in self._places:
            clocks = self.unit.requests.clocks_of([request_id]).get(request_id)
            if clocks is None:
                return None
            self._places[request_id] = self._first(request_id, clocks)
        return self._places[request_id]

    def _first(self, request_id: str, clocks: Mapping[str, date]) -> _Place:
        if (status := self.counted.get(request_id)) is not None and (first := status.next) is not None:
            return first.due.day, _ORDER.index(first.name), first.due.start, request_id
        return min(self.place(name, clocks[name], request_id) for name in _ORDER if name in clocks)

    def place(self, name: ClockName, start: date, request_id: str) -> _Place:
        """Return where a request would be in the list by one clock."""
        if (name, start) not in self._days:
            self._days[name, start] = due_day(self.calendar.term(name), start, self.calendar.holidays).day
        return self._days[name, start], _ORDER.index(name), start, request_id


class _Stream:
    """The places by one clock behind a place, a page at a time."""

    def __init__(self, finding: _Finding, name: ClockName, behind: _Place | None) -> None:
        self._finding = finding
        self._name = name
        term, holidays = finding.calendar.term(name), finding.calendar.holidays
        self._before = first_start(term, finding.today, holidays) if finding.asked.overdue else None
        self._last: tuple[date, str] | None = None
        self._since: date | None = None
        if behind is not None:
            due, of_clock, start, request_id = behind
            number = _ORDER.index(name)
            # What is counted as of today may have another day than the index has for its start.
            if number == of_clock and finding.place(name, start, request_id) == behind:
                self._last = start, request_id
            else:
                self._since = first_start(term, due + (_ONE_DAY if number < of_clock else timedelta()), holidays)
        self.page = self._next()

    def places(self) -> Iterator[_Place]:
        """Yield the places; of the first page they are known."""
        while self.page:
            yield from (self._finding.place(self._name, each.start, each.request_id) for each in self.page)
            if len(self.page) < self._size:
                return
            self._last = self.page[-1].start, self.page[-1].request_id
            self.page = self._next()
            self._finding.learn(self.page)

    @property
    def _size(self) -> int:
        return self._finding.asked.limit + 1

    def _next(self) -> list[RunningClock]:
        return self._finding.unit.requests.running(
            self._name,
            behind=self._last,
            since=self._since,
            before=self._before,
            wanted=self._finding.asked.wanted,
            limit=self._size,
        )


# One request in full


@dataclass(frozen=True, slots=True)
class _Answers:
    """The requested recordings and their answers: the keys, the ids of those in the library, and the shares, oldest first.

    `not_reached` are those that the court struck from the order, each with the day: nobody asks for them any more.
    `unopened` are shares whose link was closed before anybody had opened it; `astray` those that were corrected, since they
    were entered wrongly or somebody else received them, with what had been referred before: they answer nothing, and what
    they were of is still asked for.
    """

    keys: Sequence[str]
    ids: Mapping[str, str]
    shares: Sequence[StoredShare]
    referrals: Sequence[Referral]
    unopened: Collection[str] = ()
    astray: Sequence[StoredShare] = ()
    not_reached: Mapping[str, date] = field(default_factory=dict)

    @property
    def waiting(self) -> list[Referral]:
        """The work that waits in the queue."""
        return [each for each in self.referrals if each.is_open and each.asset_key not in self.not_reached]

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The recordings that it names, and those that answered its words; also what its order does not reach any more."""
        return tuple(dict.fromkeys((*self.keys, *(each.share.asset_key for each in self.shares))))

    @property
    def released(self) -> bool:
        """Whether a share released something, whole or in part."""
        return any(each.outcome in ("allow", "redact") for each in self.shares)

    @property
    def given(self) -> list[StoredShare]:
        """What released something, whole or in part; not a link that was closed unopened."""
        return [
            each for each in self.shares if each.outcome in ("allow", "redact") and each.share.id not in self.unopened
        ]

    def unanswered(self, outcome: str) -> list[str]:
        """Return the recordings in the library that no share, viewing or handover has answered yet.

        A referral that was closed without giving anything is an answer too, except where all is granted.
        """
        answered = self.answered(outcome)
        return [each for each in self.keys if each in self.ids and each not in answered]

    def answered(self, outcome: str) -> set[str]:
        """Return the recordings that a share, a viewing or a handover has answered; a link that was closed unopened did not.

        What the order does not reach needs no answer.
        """
        return {each.share.asset_key for each in self._answering(outcome)}.union(self.not_reached)

    def answered_versions(self, outcome: str, unit: Unit) -> set[str]:
        """Return what `answered` does, and the ids of the versions that were shared; of what a court struck, of every one."""
        struck = {each.asset.id for key in self.not_reached for each in unit.assets.of_key(key)}
        return self.answered(outcome) | struck | {each.asset_id for each in self._answering(outcome) if each.asset_id}

    def _answering(self, outcome: str) -> Iterator[StoredShare]:
        given = (each for each in self.shares if each.share.id not in self.unopened)
        return (each for each in given if outcome != "granted" or each.outcome != "refer")

    def log(
        self, services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, by_name: AskedByName
    ) -> ExemptionLog:
        """Return the exemption log: for the office, unless all that it asks for by name is whoever asks' own (`by_name`)."""
        told = [each for each in by_name.told(unit, self.shares) if each.share.asset_key not in self.not_reached]
        copies = unit.shares.releases_of(each.release_id for each in self.shares if each.release_id)
        closing = status.closing if status.outcome and status.outcome.outcome in WITHHELD else None
        day_of, shared = calendar_of(services).day, {*(each.share.asset_key for each in told), *self.not_reached}
        log = exemption_log(
            request.id,
            told,
            {release_id: release.proof for release_id, release in copies.items()},
            day_of=day_of,
            called=services.pseudonyms.outside,
            closing=Closing(day_of(closing.on), by_name.cited(status.outcome.provisions))
            if closing and status.outcome
            else None,
            unanswered=[key for key in by_name.keys_told(unit, self.keys, self.shares) if key not in shared],
        )
        log = with_metadata(log, request, given=bool(self.given))
        return log if by_name.is_own else for_office(log, given=self.released)

    def by_name(self, services: Services, unit: Unit, request: StoredRequest, status: RequestStatus) -> AskedByName:
        """Return the students whom the request asks for by name, and those who are whoever asks' own."""
        today = services.now().date()
        return asked_by_name(
            unit,
            request.recipient,
            request,
            (*self.shares, *self.astray),
            today,
            status=status,
            referrals=self.referrals,
            rulings=services.rulings,
        )

    def told(self, services: Services) -> Iterator[RecordingAnswer]:
        """Yield the last answer to each recording that was asked for, and to those that answered words."""
        last = {each.share.asset_key: each for each in self.shares}
        waiting = {each.asset_key: each.id for each in self.waiting}
        for key in self.asked_for:
            share = last.get(key)
            version = share.asset_id if share is not None and share.asset_id else self._id(services, key)
            outcome, share_id = (share.outcome, share.share.id) if share is not None else (None, None)
            outside, struck = services.pseudonyms.outside(key), self.not_reached.get(key)
            is_unopened = share is not None and share.share.id in self.unopened
            yield RecordingAnswer(key, version, outside, outcome, share_id, waiting.get(key), struck, is_unopened)

    def _id(self, services: Services, key: str) -> str:
        # What has left the library since is told by its key alone.
        return self.ids.get(key) or services.pseudonyms.asset(key)


def _is_of_order(unit: Unit, referral_id: str, request_id: str) -> bool:
    """Whether a referral is the work of an order that is still to be answered, and the request is none of these.

    It has its own notices and day, so that no answer to a request that joined it settles it (34 CFR 99.31(a)(9)(ii)).
    """
    is_joined = any(each != request_id for each in unit.requests.answered_by([referral_id]))
    return is_joined and unit.requests.paper(request_id) is None and bool(orders_that_wait(unit, referral_id))


def _answers(services: Services, unit: Unit, request: StoredRequest, status: RequestStatus) -> _Answers:
    parts = [each for each in status.parts if each.startswith(REFERRAL) and not _is_of_order(unit, each, request.id)]
    referrals = (unit.referrals.referral(each) for each in parts)
    known = [each for each in status.parts if each.startswith(SHARE)]
    wrong = went_astray(unit, services.ledger, known, request.recipient)
    shares = unit.shares.stored_of(known)
    last = {each.share.asset_key: each.at for each in shares if each.share.id in wrong}
    referred = (each for each in shares if each.outcome == "refer" and each.share.asset_key in last)
    wrong |= {each.share.id for each in referred if each.at <= last[each.share.asset_key]}
    astray = [each for each in shares if each.share.id in wrong]
    named = (*request.recordings, *keys_matching(unit, request.patterns))
    keys = tuple(dict.fromkeys((*named, *(each.share.asset_key for each in astray))))
    return _Answers(
        keys,
        unit.assets.ids_of(keys),
        [each for each in shares if each.share.id not in wrong],
        [each for each in referrals if each is not None],
        unit.shares.closed_unopened(known),
        astray,
        {key: each.on.date() for key, each in status.not_reached.items()},
    )


def _owed_on(services: Services, unit: Unit, request: StoredRequest, status: RequestStatus) -> frozenset[date]:
    """Return on which due days of what was closed as `rights-passed` a parent held the rights yet (34 CFR 99.5, 99.10(b))."""
    if status.state != "rights-passed":
        return frozenset()
    about = asked_about(unit, request, shown_in(unit, request), services.now().date())
    days = {each.due.day for each in status.clocks}
    return frozenset(day for day in days if any(not has_rights(each, day, services.rulings) for each in about))


def _view(services: Services, unit: Unit, request_id: str) -> RequestView:
    request = unit.requests.need(request_id)
    events = unit.requests.events(request_id)
    status = _kept_status(services, unit, request, events)
    answers = _answers(services, unit, request, status)
    recordings = list(answers.told(services))
    by_name = answers.by_name(services, unit, request, status)
    kept = kept_now(services, unit, request) if status.is_open and status.amendment is None else ()
    return RequestView(
        request=request,
        status=status,
        events=tuple(events),
        recordings=tuple(recordings[:MOST_RECORDINGS]),
        more=max(len(recordings) - MOST_RECORDINGS, 0),
        referrals=tuple(answers.referrals),
        exemptions=answers.log(services, unit, request, status, by_name),
        today=services.now().date(),
        district=services.settings.district.name,
        office=services.settings.district.contact,
        destroyed=_destroyed(
            services, unit, request, events, answers, status.outcome.why if status.outcome is not None else ""
        ),
        silent_until=silent_until(unit, calendar_of(services).zone) if unit.requests.asked_students(request) else None,
        amendment_right=right_to_amend(services, unit, request, status, shown_in(unit, request), services.now().date())
        if status.amendment is not None
        else None,
        by_name=by_name,
        found_later=_found_later(services, unit, request, status, events, answers),
        unanswered=_unanswered(services, unit, request, status, answers, by_name),
        unlooked=_unlooked(services, unit, request, status),
        is_stayed=status.order is not None and _is_stayed(unit, answers, services.now().date()),
        before_rights=asks_before_rights(
            request.recipient,
            own_students(unit, request.recipient, services.now().date()),
            services.now().date(),
            services.rulings,
        ),
        holds_nothing=(status.is_open or services.now().date() <= (status.held_until_return or date.min))
        and holds_nothing(services, unit, request),
        kept=kept,
        namesakes=namesakes_asked(unit, request) if status.is_open else {},
        dropped=dropped_from(services, unit, request, shown_in(unit, request)) if status.is_open else (),
        denied=denied_by(services, unit, request, [each.student for each in kept]),
        is_unknown=status.is_open and request.asks_in_words and _is_unknown_parent(unit, request),
        owed_on=_owed_on(services, unit, request, status),
        saved_over=saved_over_unanswered(services, unit, request, answers.answered_versions("granted", unit))
        if status.is_open and status.amendment is None
        else {},
    )


def _is_unknown_parent(unit: Unit, request: StoredRequest) -> bool:
    """Whether a parent asks whom nobody has on file, today or of before, and had not when the request came."""
    who = request.recipient
    if who.role != "parent" or (who.id and unit.people.ever_related_to(who.id)):
        return False
    return not unit.requests.children_at_first([request.id]).get(request.id)


def waiting_of_unknown(services: Services) -> list[StoredRequest]:
    """Return the requests that wait of parents whom nobody has on file, the oldest first; none that is sealed."""
    with services.store.reading() as unit:
        return [each for each in unit.requests.waiting_of_role("parent") if _is_unknown_parent(unit, each)]


def _is_stayed(unit: Unit, answers: _Answers, today: date) -> bool:
    """Whether a court stayed the order of each recording that a request still asks for, so that nothing of it is owed."""
    by_order = [each for each in answers.waiting if order_on_file(unit, each) is not None]
    asked = {each.share.id: each.share for each in unit.shares.stored_of(each.share_id for each in by_order)}
    stayed = {each.asset_key for each in by_order if is_order_stayed(unit, asked[each.share_id], today)}
    given = {each.share.asset_key for each in answers.given}
    return bool(stayed) and stayed.issuperset({*answers.ids} - given - answers.not_reached.keys())


def _found_later(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    status: RequestStatus,
    events: Iterable[RequestEvent],
    answers: _Answers,
) -> tuple[str, ...]:
    """Return the recordings (`R-…`) of whom a closed request asks about that nothing answers, while they wait for a look."""
    if status.found_later is None or status.outcome is None:
        return ()
    found = status.found_later.what
    # A grown student's is no more to be answered, unless it is what was found.
    asked = inspectable_students(services, unit, request).union(found.students if isinstance(found, FoundLater) else ())
    known = {each: each.asset.key for student in sorted(asked) for each in unit.assets.of_student(student)}
    answered = answers.answered(status.outcome.outcome)
    return tuple(
        dict.fromkeys(
            services.pseudonyms.outside(key)
            for stored, key in known.items()
            if answered.isdisjoint((key, *keys_left(unit, stored)))
            and is_left_unanswered(services, unit, stored, events)
        )
    )


def _unanswered(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    status: RequestStatus,
    answers: _Answers,
    by_name: AskedByName,
) -> tuple[str, ...]:
    """Return the students whose recordings an open request in words asks for, and one of them has no answer.

    Of a stranger who asks by name there is none: the answer is the same whatever there is.
    """
    if not status.is_open or status.amendment is not None or by_name.is_strangers:
        return ()
    answered = answers.answered("partly")
    asked = inspectable_students(services, unit, request).difference(status.wrong_students)
    return tuple(
        each for each in sorted(asked) if any(found.asset.key not in answered for found in unit.assets.of_student(each))
    )


def _unlooked(services: Services, unit: Unit, request: StoredRequest, status: RequestStatus) -> int:
    """Return how many recordings nobody has looked at that the library has, or had when a family was answered in words."""
    if status.outcome is not None and status.outcome.outcome not in CAN_BE_FOUND_LATER:
        return 0
    asked = unit.requests.asked_students(request) - kept_students(services, unit, request)
    if not is_family(request) or status.amendment is not None or not asked:
        return 0
    closed = status.closing.on if status.closing is not None and not status.is_open else None
    return unit.assets.count_waiting(closed or services.now())


def _destroyed(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    events: Iterable[RequestEvent],
    answers: _Answers,
    why: str,
) -> tuple[Destroyed, ...]:
    """Return what was destroyed of what a request asks for: what it names, by key or in words, and what `why` closes it names.

    Then what showed the students whom it is about, where it asks in words; where it asks in words of no student, what it may
    have asked for. What had been given was pending no more.
    """
    zone, came = calendar_of(services).zone, request.received_at
    students, written = unit.requests.asked_students(request), words_of_keys(request.described or "")
    found = {each.id: each for each in destroyed_showing(services.ledger, unit, zone, students, came)}
    if unit.requests.asks_in_words_alone(request):
        found |= {each.id: each for each in destroyed_since(services.ledger, unit, zone, request)}
    asker = request.recipient.id if is_family(request) else None
    family = {each.id for each in unit.people.related_to(asker)} if asker else set()
    # Whom of the family it showed, since a parent is told of none over whom they hold no right.
    theirs_of = {
        each.id: each for each in destroyed_showing(services.ledger, unit, zone, family - students, came)
    } | found
    for each in destroyed_of(unit, zone, names_of_destroyed(unit, request), came):
        theirs = theirs_of.get(each.id, each)
        found[each.id] = replace(theirs, while_asked=each.while_asked, is_named=each.id in written, in_request=True)
    for each in destroyed_named_in(unit, zone, [why], came):
        # Named by the office alone it may be what was asked for; then it counts by the day, as what nobody named.
        found[each.id] = replace(found.get(each.id, each), is_named=True)
    pending = days_pending(request, events, calendar_of(services))
    told = (
        replace(
            each,
            while_asked=each.while_asked
            and any(first <= each.day <= last for first, last in pending)
            and not _was_given(unit, each, answers.given),
        )
        for each in found.values()
        if not each.is_any or any(first <= each.day <= last for first, last in pending)
    )
    return tuple(sorted(told, key=lambda each: (not each.in_request, not each.is_named, each.day, each.id)))


def _was_given(unit: Unit, destroyed: Destroyed, given: Iterable[StoredShare]) -> bool:
    """Whether a recording was given before it was destroyed; a newer file with its key is another one."""
    stored = unit.assets.by_id(destroyed.asset_id)
    if stored is None:
        return False
    key = stored.asset.key
    newer = {each.asset.id for each in unit.assets.of_key(key) if each.first_seen > stored.first_seen}
    return any(each.share.asset_key == key and each.asset_id not in newer for each in given)


def sought_of(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    shares: Iterable[StoredShare],
    why: str,
    destroyed: Iterable[Destroyed],
    not_about: Collection[str],
) -> Sought:
    """Return what a request asks for by name, with what showed the students whom it is about and is not there any more."""
    gone = gone_since_asked(services, unit, request)
    left = [each.key for each in gone if not each.is_named and each.version is None]
    ids = [each.id for each in destroyed if each.id not in not_about and not each.is_any]
    return replace(sought_by(services, unit, request, shares, why), left=tuple(left), destroyed=tuple(ids))


# Writing


_BEGINS_CLOCKS = (
    AmendmentAsked,
    FoundLater,
    HearingAsked,
    HearingSet,
    MeetingSet,
    OrderEnded,
    OrderNoted,
    ReasonsAsked,
    Reopened,
)


def _append(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    events: Sequence[RequestEvent],
    what: Happening,
    recorded: _Recorded,
) -> RequestEvent:
    """Keep an event and what follows from it, and record it; the days that it begins are told with it."""
    calendar = calendar_of(services)
    number = events[-1].number + 1 if events else 1
    event = _event(request, number, what, recorded)
    if isinstance(what, _BEGINS_CLOCKS):
        event = _event(request, number, replace(what, due=days_told(request, events, event, calendar)), recorded)
    status = status_of(request, [*events, event], calendar)
    derived = _derived(status)
    unit.requests.append(event, derived)
    if isinstance(what, MeetingSet | Reopened):
        _hurry(services, unit, request)
    if isinstance(what, OrderNoted):
        _due_on_return(unit, request)
        hold_what_answered(services, unit, request.id, status.parts, recorded.by)
    if isinstance(what, OrderEnded):
        _due_without_order(unit, request, status)
    # What a share answered is on the record of the students by that share.
    is_whole_answer = event.kind == Closed.kind and not any(
        each.kind in (Joined.kind, AmendmentAsked.kind) for each in events
    )
    _record(services, unit, request, event, shown_in(unit, request) if is_whole_answer else ())
    if isinstance(what, Reopened):
        _take_meetings(services, unit, request, recorded)
    return event


def shown_in(unit: Unit, request: StoredRequest) -> set[str]:
    """Return who is tagged in the recordings that a request names: it was a request for their records (34 CFR 99.32(a)(1))."""
    keys = {*request.recordings, *keys_matching(unit, request.patterns)}
    return set().union(*unit.assets.tagged_in(keys).values())


def _event(request: StoredRequest, number: int, what: Happening, recorded: _Recorded) -> RequestEvent:
    at, on, by, user = recorded.at, recorded.on, recorded.by, recorded.user
    return RequestEvent(request.id, number, what.kind, at, on, by, user, plain_content(what))


# The clocks of what a family has to see before a meeting or a hearing (34 CFR 300.613(a)).
_BEFORE_MEETINGS = ("hearing", "meeting")


def _starts(status: RequestStatus) -> dict[str, date]:
    return {each.name: each.due.start for each in status.running}


def _derived(status: RequestStatus) -> Derived:
    clocks = _starts(status)
    seen_by = min((each.due.day for each in _meeting_clocks(status)), default=None)
    held_until = max(filter(None, (status.meeting, status.may_contest_until, status.held_until_return)), default=None)
    return Derived(status.state, status.owner, clocks, status.is_contested, held_until, seen_by)


def _meeting_clocks(status: RequestStatus) -> list[Clock]:
    """Return the clocks of the meetings that are known, also where they stopped: the meeting stands."""
    last = {each.name: each for each in status.clocks if each.name in _BEFORE_MEETINGS}
    return list(last.values())


def _take_meetings(services: Services, unit: Unit, request: StoredRequest, recorded: _Recorded) -> None:
    """Note with a request the meetings that are ahead of which other requests of the same family tell."""
    told = [*unit.requests.seen_before_meetings(request.recipient, services.now().date())]
    events = unit.requests.events_of([request.id, *told])
    for each in told:
        if each != request.id:
            _hand_on(services, unit, unit.requests.need(each), request, recorded, events)


def _hand_on_meetings(services: Services, unit: Unit, request: StoredRequest, recorded: _Recorded) -> None:
    """Note the meetings of which a request tells with all that waits for the same family; whose each is hears of it."""
    if not request.secret:
        family = unit.requests.family_of(request, services.now().date())
        _hand_on_to_families(services, unit, [(request, family)], recorded)


def _hand_on_to_families(
    services: Services, unit: Unit, meetings: Sequence[tuple[StoredRequest, Family]], recorded: _Recorded
) -> None:
    """Note the meetings of which each request tells with all that waits for its family; whose that is hears of it."""
    waiting = unit.requests.waiting_of([family for _, family in meetings])
    events = unit.requests.events_of([*(each.id for each in waiting), *(source.id for source, _ in meetings)])
    for source, family in meetings:
        for each in waiting:
            if each.id == source.id or not family.has(each.recipient):
                continue
            if _hand_on(services, unit, source, each, recorded, events):
                view = _view(services, unit, each.id)
                unit.after_commit(partial(_tell, services, view, MeetingSet.kind, content_of(view.events[-1])))


def _hand_on(
    services: Services,
    unit: Unit,
    source: StoredRequest,
    request: StoredRequest,
    recorded: _Recorded,
    events_of: Mapping[str, list[RequestEvent]],
) -> bool:
    """Note with a request the meetings of another one, where it knows of none as soon; return whether it did.

    `events_of` has the events of both, and then also those that are noted here.

    Each is handed on once: a later day that was noted on the request itself since stands. Nothing waits longer for it, and a
    request to amend a record asks to see nothing.
    """
    calendar, today = calendar_of(services), services.now().date()
    first = max(today, calendar.day(request.received_at))
    hurried = False
    events = events_of[request.id]
    for kind, meeting in known_meetings(source, events_of[source.id]).items():
        own = known_meetings(request, events).get(kind)
        if meeting.told_in or meeting.day < first or (own is not None and own.day <= meeting.day):
            continue
        handed_on = MeetingSet(kind, meeting.day, told_in=source.id)
        if any(_says(each, handed_on) and each.on >= meeting.since for each in events):
            continue
        if status_of(request, events, calendar).amendment is not None:
            continue
        known = replace(recorded, on=max(meeting.since, request.received_at, recorded.on))
        events.append(_append(services, unit, request, events, handed_on, known))
        hurried = True
    return hurried


def _says(event: RequestEvent, meeting: MeetingSet) -> bool:
    """Whether an event tells of a meeting in these words, whatever days it began."""
    what = content_of(event)
    return isinstance(what, MeetingSet) and replace(what, due={}) == meeting


def hurry_families(services: Services, unit: Unit, by: Actor, student: str | None = None) -> None:
    """Let each meeting ahead hurry what waits for whoever may inspect its student's record today, in the caller's transaction.

    For whoever changes who may (34 CFR 300.613(b)(3)): of them, a meeting that was noted before is known from today on.
    `student`: only for this one it changes; null: for any.
    """
    now = services.now()
    # The soonest first: of several meetings it alone is noted.
    ahead = unit.requests.before_meetings(now.date())
    told, related = unit.requests.requests_of(ahead), unit.people.related_of(student) if ahead and student else set()
    families = {
        each: unit.requests.family_of(told[each], now.date())
        for each in ahead
        if student is None or told[each].recipient.id in related
    }
    if families:
        meetings = [(told[each], family) for each, family in families.items()]
        _hand_on_to_families(services, unit, meetings, _Recorded(now, now, by, None))
        _hurry_waiting(services, unit, families)


def _hurry(services: Services, unit: Unit, request: StoredRequest) -> None:
    """Have what waits in the queue for a family be due before the meeting of its request, as the request is."""
    today = services.now().date()
    if unit.requests.seen_by(request.id, today) is not None:
        _hurry_waiting(services, unit, {request.id: unit.requests.family_of(request, today)})


def _hurry_waiting(services: Services, unit: Unit, families: Mapping[str, Family]) -> None:
    """Have what waits in the queue for these families be due before the meetings of their requests.

    What one asked for without the number of the request is for the meeting too. No day is put off, and none is before today.
    """
    today, waiting = services.now().date(), unit.referrals.waiting_for()
    shares = {each.share.id: each.share for each in unit.shares.stored_of(each.share_id for each in waiting)}
    due = {each.id: each.due for each in waiting}
    for request_id, family in families.items():
        parts, seen_by = unit.requests.parts(request_id), unit.requests.seen_by(request_id, today) or date.max
        for each in waiting:
            share = shares.get(each.share_id)
            is_theirs = each.kind == "inspection" and share is not None and family.has(share.recipient)
            if (each.id in parts or is_theirs) and max(seen_by, today) < due[each.id]:
                due[each.id] = max(seen_by, today)
                unit.referrals.set_due(each.id, due[each.id])


def _due_since_it_came(services: Services, unit: Unit, request: StoredRequest) -> None:
    """Have what waits in the queue already be due as if it had come with its request; no day is put off.

    A subpoena or a court's order is due on days of its own.
    """
    came = asked_on(unit, request.id, services.now().tzinfo)
    for each, share in _waiting_parts(unit, request):
        if share is None or "order" not in share.evidence:
            due = due_on(each.kind, came, services.settings.district.holidays)
            unit.referrals.set_due(each.id, min(each.due, due))


def _due_on_return(unit: Unit, request: StoredRequest) -> None:
    """Have what waits in the queue for a subpoena or a court's order be due on its return day, as the request is.

    Of several requests the first day counts. Where the evidence of the work itself gives a day that nobody has verified, it is
    due no later than on that.
    """
    if unit.requests.return_day(request.id) is None:
        return
    for each, share in _waiting_parts(unit, request):
        if each.kind in BY_RETURN:
            day = min(unit.requests.return_days([each.id]).values())
            unit.referrals.set_due(each.id, due_by_order(share, day, registered=True) if share is not None else day)


def _waiting_parts(unit: Unit, request: StoredRequest) -> list[tuple[Referral, Share | None]]:
    """Return the work in the queue that waits and answers a request, each with the share that it came from."""
    parts = (unit.referrals.referral(each) for each in unit.requests.parts(request.id) if each.startswith(REFERRAL))
    waiting = [each for each in parts if each is not None and each.is_open]
    shares = {each.share.id: each.share for each in unit.shares.stored_of(each.share_id for each in waiting)}
    return [(each, shares.get(each.share_id)) for each in waiting]


def _due_without_order(unit: Unit, request: StoredRequest, status: RequestStatus) -> None:
    """Have what waits in the queue for what is no order after all be due as the request is; no day is put off."""
    if status.next is None:
        return
    for each, _ in _waiting_parts(unit, request):
        if each.kind in BY_RETURN:
            unit.referrals.set_due(each.id, min(each.due, status.next.due.day))


# Free texts may name somebody: they stay in the event, which is sealed, and are not in the ledger.
_TEXTS = frozenset({"cause", "place", "why", "text", "tried", "advised", "lines", "no_notice", "how"})


def _record(
    services: Services, unit: Unit, request: StoredRequest, event: RequestEvent, shown: Collection[str] = ()
) -> None:
    """Record an event in the ledger: a request as it came in by role, id and recordings' pseudonyms, others without texts."""
    told: dict[str, Any] = {name: each for name, each in event.content.items() if name not in _TEXTS}
    if event.kind in (OrderNarrowed.kind, OrderWidened.kind):
        told["recordings"] = [services.pseudonyms.asset(each) for each in event.content["recordings"]]
    if event.kind == Received.kind:
        told |= {
            "received_at": request.received_at,
            "recipient": asdict(request.recipient),
            "channel": request.channel,
            "wanted": request.wanted,
            "purpose": request.purpose,
            "recordings": [services.pseudonyms.asset(each) for each in request.recordings],
            "patterns": len(request.patterns),
            "meeting": request.meeting,
            "meeting_kind": request.meeting_kind,
        }
    details = {
        "request": request.id,
        "event": event.number,
        "done": event.kind,
        "on": event.on,
        "by": asdict(event.by),
        "system_user": asdict(event.user) if event.user else None,
        **told,
    }
    services.ledger.append(
        unit,
        at=event.at,
        kind="request",
        subject=request.id,
        details=details,
        students=sorted({*request.students, *shown}),
        secret=request.secret,
    )


def _join(
    services: Services, unit: Unit, request: StoredRequest, parts: Collection[str], by: Actor, user: SystemUser | None
) -> None:
    """Join shares and referrals to a request; a referral brings its last share. Raises InputError, UnknownThing."""
    found: dict[str, None] = {}
    for each in parts:
        shares = [] if each.startswith(REFERRAL) else unit.shares.stored_of([each])
        referral = unit.referrals.need(each) if each.startswith(REFERRAL) else None
        secret = [one for one in (referral, *(kept.share for kept in shares)) if one is not None and one.secret]
        if (secret and not request.secret) or not (referral or shares):
            raise UnknownThing("no share or referral has the id given: it is rf-… as in `queue list`, or sh-…")
        if referral is not None:
            found |= dict.fromkeys((referral.share_id, referral.id))
        else:
            found[each] = None
    if found:
        join(services, unit, request.id, found, by, services.now(), user)
        _due_since_it_came(services, unit, request)
        _hurry(services, unit, request)
        _due_on_return(unit, request)
        if request.secret:
            seal_register_request(services, unit, request.id, by, user)
