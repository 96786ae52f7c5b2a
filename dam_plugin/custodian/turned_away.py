"""Finds the families who were turned away by what was on file: an age or a college, a court order, a death, or nobody's word.

So it is where a college, an age or an order was entered by mistake, somebody was taken for another, or became known later.
Their days run on from the day on which they asked (34 CFR 99.10(b)), so the request is opened again with them. One rule goes
over each request that was closed without giving (`_wrong_of`); the commands ask it of one student or person, `doctor` of all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import get_args

from dam_plugin.custodian.family_grounds import is_of_court_order, is_of_rights_passed
from dam_plugin.custodian.named_recordings import asked_about
from dam_plugin.custodian.request_register import calendar_of, shown_in
from dam_plugin.custodian.requests import Outcome, Reopened, RequestStatus, status_of
from dam_plugin.model import LIMITS, Guardianship, Referral, StudentRecord
from dam_plugin.people.parents_right import rights_passed
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.terms import has_rights
from dam_plugin.services import Services
from dam_plugin.store import StoredRequest, Unit
from dam_plugin.store.requests import Wanted

_CLAUSE = "RIGHTS-TRANSFERRED"
_PASSED = "rights-passed"
_GAVE = ("granted", "amended", "lost", "withdrawn")
# Closed without giving what somebody may have had a right to.
_NOT_GIVEN = tuple(each for each in get_args(Outcome) if each not in _GAVE)
# Closed without a provision that says why.
_SAYS_NO_GROUND = ("no-such-record", "referred-elsewhere", "not-amended")
_GIVEN = ("answered: allow", "answered: redact")
_MOST = 10_000
_RIGHTS_WERE_THE_STUDENTS = "since the rights were the student's; by what is on file now they were the parent's ({})"
_IN_COLLEGE_THEN = (
    "while {} may have been on file as in college; by what is on file now the rights were the parent's, so look whether it was "
    "for that, and where it was"
)
_NOT_ON_FILE = (
    "while nobody had whoever asked on file as a parent of {}; they are now, and have the right from the day on which they "
    "asked (34 CFR 99.10(b))"
)
_NO_AUTHORITY = (
    "before the authority was on file by which whoever asked inspects the record of {}; look whether it was signed when they "
    "asked (34 CFR 99.10(b), 300.613(b)(3)), and where it was"
)
_AN_ORDER_STOOD = (
    "while the order about {} was on file, which takes nothing from whoever asked any more; if it was never about them, or "
    "whom they ask for, answer it with its old days"
)
_AN_ORDER_STOOD_TOO = (
    "by no provision of a court order, while the order about {} was on file, which takes nothing from whoever asked any more; "
    "look whether it was for the order, and if that was never about them, or whom they ask for, answer it with its old days"
)
_WAS_DEAD = "while {} was on file as dead, by mistake; look whether it was for that, and where it was"


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A family's request (`RQ-…`), or a referral that answers none, closed on a day on which who asked had the right.

    `due` are the days of its clocks, by the clock, as they were before. `remedy` is the command by which it is heard again.
    `cause` says in a sentence's part why it was closed, and why that was no reason.
    """

    id: str
    students: tuple[str, ...]
    closed: date
    remedy: str
    due: Mapping[str, date] = field(default_factory=dict)
    cause: str = _RIGHTS_WERE_THE_STUDENTS

    @property
    def sentence(self) -> str:
        """What happened, until when it was due, and what to do."""
        due = ", ".join(f"{clock} due {day}" for clock, day in sorted(self.due.items(), key=lambda each: each[1]))
        return (
            f"{self.id}{f' ({due})' if due else ''} was closed on {self.closed} "
            f"{self.cause.format(', '.join(self.students))}: `{self.remedy}`"
        )


@dataclass(frozen=True, slots=True)
class _Ending:
    """A family's request that was closed without giving, by whom it was asked, how, on which day, and by which provisions.

    `heard_again`: it was opened again on that day, before it was closed.
    """

    request: StoredRequest
    status: RequestStatus
    who: str
    state: str
    day: date
    provisions: tuple[str, ...]
    heard_again: bool

    @property
    def before(self) -> date:
        """The day whose state it was closed by: of the same day nobody knows what came first, unless it was heard again."""
        return self.day if self.heard_again else self.day - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Of which students a request had to be answered, as far as can be known, and why it was not (`TurnedAway.cause`)."""

    students: tuple[str, ...]
    cause: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What the rule looks by: the day, who was ever stated to be a guardian, and whom an order or a death on file is about.

    `stated_of` are, by each person of their families, the students of whom an order or a death was ever stated.
    """

    services: Services
    unit: Unit
    today: date
    by_hand: frozenset[str]
    stated_of: Mapping[str, Mapping[str, StudentRecord]]


def turned_away(services: Services, student: str | None = None) -> tuple[TurnedAway, ...]:
    """Return the families' requests that were closed without giving what they had a right to by what is on file now.

    Those of a student, or all. Of one student also what the queue refused by the clause RIGHTS-TRANSFERRED, the requests that
    this answered, and what may have been closed for a college that is on file no more.
    """
    with services.store.reading() as unit:
        look = _look(services, unit)
        endings = [*_endings(look)]
        found = {each.id: each for ending in endings for each in _told(ending, _wrong_of(look, ending), student)}
        if student is not None:
            record = unit.people.need(student)
            more = (
                *_refused(look, record, endings),
                *(each for ending in endings for each in _told(ending, _in_college(look, ending, record), student)),
            )
            found = {each.id: each for each in more} | found
    return tuple(found.values())


def turned_away_of(services: Services, student: str, person: str) -> tuple[TurnedAway, ...]:
    """Return those of `turned_away` whom a person asked for a student, or who asked for this person.

    So it is once they are on file as a parent, as a court's guardian, as another than whom an order is about, or as somebody
    who asks for a parent: the authority may have been signed when they asked, which the plugin cannot know.
    """
    with services.store.reading() as unit:
        look, record = _look(services, unit), unit.people.need(student)
        theirs = [each for each in _endings(look) if person in (each.who, *record.represented_by(each.who, each.day))]
        return tuple(
            each
            for ending in theirs
            for each in _told(ending, _wrong_of(look, ending) or _unauthorized(look, ending, record), student)
        )


def turned_away_by_limit(services: Services, limit: Guardianship) -> tuple[TurnedAway, ...]:
    """Return the requests of a student's family that were not answered while a court order's limit stood that ended.

    Those of whom it met, and of who asks for them. Whether the order ended, or was never about this person, the plugin cannot
    know: the custodian who ends it does. None of what is no court order's limit, or stands.
    """
    if limit.what not in LIMITS or limit.ended is None:
        return ()
    with services.store.reading() as unit:
        look = _look(services, unit)
        return tuple(
            each
            for ending in _endings(look)
            for each in _told(ending, _by_order(look, ending, limit.id), limit.student)
        )


def _look(services: Services, unit: Unit) -> _Look:
    of_persons: dict[str, dict[str, StudentRecord]] = {}
    for record in unit.people.ever_stated((*LIMITS, "died")):
        for person in {record.id, *record.ever_guardians, *(each.guardian for each in record.guardianships)}:
            of_persons.setdefault(person, {})[record.id] = record
    by_hand = frozenset(unit.people.guardians_by_hand())
    return _Look(services, unit, services.now().date(), by_hand, of_persons)


def _endings(look: _Look) -> Iterator[_Ending]:
    """Yield each request of a family that is closed without giving, whatever clock of it runs on."""
    requests, calendar = look.unit.requests, calendar_of(look.services)
    ids = [each for role in FAMILY for each in requests.ids_of(Wanted(states=_NOT_GIVEN, role=role), limit=_MOST)]
    events = requests.events_of(ids)
    for request in requests.requests_of(ids).values():
        status = status_of(request, events.get(request.id, []), calendar)
        if status.closing is None or request.recipient.id is None:
            continue
        day = calendar.day(status.closing.on)
        again = any(each.kind == Reopened.kind and calendar.day(each.on) == day for each in events.get(request.id, []))
        provisions = status.outcome.provisions if status.outcome is not None else ()
        yield _Ending(request, status, request.recipient.id, status.state, day, provisions, again)


def _told(ending: _Ending, wrong: _Wrong | None, student: str | None) -> Iterator[TurnedAway]:
    if wrong is not None and (student is None or student in wrong.students):
        due: dict[str, date] = {each.name: each.due.day for each in ending.status.clocks}
        yield TurnedAway(ending.request.id, wrong.students, ending.day, _reopening(ending.request), due, wrong.cause)


def _wrong_of(look: _Look, ending: _Ending) -> _Wrong | None:
    """Return by what a request was closed that had to be answered, by what is on file now; None where nothing says so."""
    return (
        _by_student_s_rights(look, ending)
        or _by_order(look, ending)
        or _by_death(look, ending)
        or _as_unknown(look, ending)
    )


def _by_student_s_rights(look: _Look, ending: _Ending) -> _Wrong | None:
    """Return of whom it was closed since the rights were the student's, who did not hold them then (34 CFR 99.3, 99.5)."""
    if ending.request.recipient.role != "parent":
        return None
    denied = ending.state == "denied" and any(map(is_of_rights_passed, ending.provisions))
    if ending.state != _PASSED and not denied:
        return None
    return _of(_minors(look, ending), _RIGHTS_WERE_THE_STUDENTS)


def _in_college(look: _Look, ending: _Ending, record: StudentRecord) -> _Wrong | None:
    """Return this student where it was closed without a ground since the first day of a college that ended (34 CFR 99.3)."""
    if ending.request.recipient.role != "parent" or ending.state not in _SAYS_NO_GROUND or ending.heard_again:
        return None
    ended = [each for each in record.guardianships if each.what == "college" and each.ended is not None]
    if record.id not in _minors(look, ending) or all(each.since > ending.day for each in ended):
        return None
    return _Wrong((record.id,), _IN_COLLEGE_THEN)


def _minors(look: _Look, ending: _Ending) -> list[str]:
    """Return about which students of a parent a request is who did not hold the rights on the day on which it was closed."""
    theirs = _theirs(look, ending, ending.day)
    return [each.id for each in theirs if not has_rights(each, ending.day, look.services.rulings)]


def _by_order(look: _Look, ending: _Ending, order: str | None = None) -> _Wrong | None:
    """Return of whom it was closed while an order stood, any or this one, that takes nothing today (34 CFR 99.4).

    Where another provision withheld it, or none was cited, the custodian looks.
    """
    if ending.request.recipient.role != "parent" or ending.state == _PASSED:
        return None
    related = look.stated_of.get(ending.who, {})
    held = {each for each, record in related.items() if _was_held_back(look, ending, record, order)}
    if not held:
        return None
    about = _concerned(look.unit, ending.request)
    cited = any(map(is_of_court_order, ending.provisions))
    # What it shows may be tagged otherwise today, or be gone.
    wronged = held if cited and about.isdisjoint(related) else held & about
    return _of(wronged, _AN_ORDER_STOOD if cited else _AN_ORDER_STOOD_TOO)


def _was_held_back(look: _Look, ending: _Ending, record: StudentRecord, order: str | None) -> bool:
    """Whether an order met whoever asked, or whom they ask for, on the day of a closing, and none of them meets them since."""
    to, today, rulings = ending.request.recipient, look.today, look.services.rulings
    persons = {ending.who, *record.represented_by(ending.who, ending.day)}
    limits = [each for each in record.guardianships if each.what in LIMITS and each.has_held(ending.day)]
    if rights_passed(to, record, ending.day, rulings) or not persons.isdisjoint(record.stated_on(today, "limited")):
        return False
    met = [(each, person) for each in limits for person in persons if person in _met(record, each, ending)]
    # An order that ran out took the right until then.
    if any(each.ended is None and person in record.met_by(each, today) for each, person in met):
        return False
    heard = ending.heard_again and all(each.ended is None or each.ended <= ending.day for each, _ in met)
    return not heard and any(order in (None, each.id) for each, _ in met)


def _met(record: StudentRecord, order: Guardianship, ending: _Ending) -> tuple[str, ...]:
    """Return whom an order met on the day before a closing: of the same day nobody knows which came first.

    That somebody is another person is written from the order's first day, whenever it is said: so a closing by the order says
    that nobody had said it yet.
    """
    if any(map(is_of_court_order, ending.provisions)):
        record = replace(record, guardianships=tuple(each for each in record.guardianships if each.what != "another"))
    return record.met_by(order, ending.day - timedelta(days=1))


def _by_death(look: _Look, ending: _Ending) -> _Wrong | None:
    """Return whose own it is, or for whom it was asked, if it was closed while they were on file as dead and are alive."""
    rulings = look.services.rulings
    wronged: set[str] = set()
    for student, record in look.stated_of.get(ending.who, {}).items():
        deaths = [
            each for each in record.guardianships if each.what == "died" and each.ended and each.has_held(ending.day)
        ]
        own = ending.who == student or student in record.represented_by(ending.who, ending.day)
        heard = ending.heard_again and all(each.ended == ending.day for each in deaths)
        if deaths and own and not heard and not record.has_died(ending.day):
            wronged.update({student} if has_rights(record, ending.day, rulings) else ())
    return _of(wronged, _WAS_DEAD)


def _as_unknown(look: _Look, ending: _Ending) -> _Wrong | None:
    """Return of whom whoever asked is on file as a parent, or a court's guardian, today, and was not then.

    Whom a roster brings, nobody says since when they are a parent.
    """
    if ending.request.recipient.role != "parent" or ending.who not in look.by_hand or ending.state == _PASSED:
        return None
    theirs = _theirs(look, ending, look.today)
    return _of([each.id for each in theirs if _came_since(each, ending, look.today)], _NOT_ON_FILE)


def _came_since(record: StudentRecord, ending: _Ending, today: date) -> bool:
    def is_on_file(day: date) -> bool:
        return record.has_guardian(ending.who, day) or ending.who in record.appointed_on(day)

    return is_on_file(today) and not is_on_file(ending.before)


def _unauthorized(look: _Look, ending: _Ending, record: StudentRecord) -> _Wrong | None:
    """Return this student where whoever asked has a parent's authority, or the student's, today, and had none then."""
    if not record.represented_by(ending.who, look.today) or record.represented_by(ending.who, ending.before):
        return None
    theirs = {each.id for each in _theirs(look, ending, look.today)}
    return _Wrong((record.id,), _NO_AUTHORITY) if record.id in theirs else None


def _theirs(look: _Look, ending: _Ending, day: date) -> list[StudentRecord]:
    """Return about which students of whoever asked a request is, by a day."""
    return [*asked_about(look.unit, ending.request, shown_in(look.unit, ending.request), day)]


def _concerned(unit: Unit, request: StoredRequest) -> frozenset[str]:
    """Return the students whom a request names, whom its recordings show, and whom a family's words mean, by all on file.

    In words it is about every child of theirs, also one over whom an order limits them.
    """
    return frozenset({*request.students, *shown_in(unit, request), *unit.requests.asked_students(request)})


def _of(students: Collection[str], cause: str) -> _Wrong | None:
    return _Wrong(tuple(sorted(students)), cause) if students else None


def _reopening(request: StoredRequest) -> str:
    return f"dam-plugin request reopen {request.id} --why TEXT"


def _refused(look: _Look, record: StudentRecord, endings: Sequence[_Ending]) -> Iterator[TurnedAway]:
    """Yield the closed requests and referrals of a student's guardians that the clause held back, and nothing answered."""
    services, unit = look.services, look.unit
    keys = {each.asset.key for each in unit.assets.of_student(record.id)}
    closed = [
        each
        for key in sorted(keys)
        for each in unit.referrals.listed(open_only=False, asset_key=key)
        if _CLAUSE in each.missing and each.closed_at is not None and not (each.closing or "").startswith(_GIVEN)
    ]
    shares = {each.share.id: each.share for each in unit.shares.stored_of(each.share_id for each in closed)}
    for each in closed:
        day, share = _day(services, each), shares.get(each.share_id)
        who = share.recipient.id if share is not None and share.recipient.role == "parent" else None
        if who is None or not record.has_guardian(who, day) or has_rights(record, day, services.rulings):
            continue
        answers = unit.requests.answered_by([each.id])
        yield from (
            told
            for ending in endings
            if ending.request.id in answers and ending.request.recipient.role == "parent"
            for told in _told(ending, _of(_minors(look, ending), _RIGHTS_WERE_THE_STUDENTS), record.id)
        )
        if not answers:
            yield TurnedAway(each.id, (record.id,), day, f"dam-plugin queue show {each.id}")


def _day(services: Services, referral: Referral) -> date:
    closed = referral.closed_at or referral.opened_at
    return closed.astimezone(services.now().tzinfo).date()
