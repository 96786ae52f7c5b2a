"""Finds the parents who were turned away by what was on file: that the rights were the student's, or a court order's limit.

So it is where a college, an age or an order was entered by mistake, or a death became known later. Their days run on from the
day on which they asked (34 CFR 99.10(b)), so the request is opened again with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from dam_plugin.custodian.named_recordings import asked_about
from dam_plugin.custodian.request_register import calendar_of, shown_in
from dam_plugin.custodian.requests import RequestStatus, status_of
from dam_plugin.model import LIMITS, Guardianship, Referral, StudentRecord
from dam_plugin.procedure.terms import has_rights
from dam_plugin.services import Services
from dam_plugin.store import StoredRequest, Unit
from dam_plugin.store.requests import WAITING, Wanted

_CLAUSE = "RIGHTS-TRANSFERRED"
_STATE = "rights-passed"
_WITHHELD = ("denied", "partly")
_GIVEN = ("answered: allow", "answered: redact")
_MOST = 10_000
_RIGHTS_WERE_THE_STUDENTS = "since the rights were the student's; by what is on file now they were the parent's ({})"
_NOT_ON_FILE = (
    "while nobody had whoever asked on file as a parent of {}; they are now, and have the right from the day on which they "
    "asked (34 CFR 99.10(b))"
)
_AN_ORDER_STOOD = (
    "while the order about {} that ends now was on file; if it was never about this parent, answer it with its old days"
)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A parent's request (`RQ-…`), or a referral that answers none, closed on a day on which the parent had the rights.

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


def turned_away(services: Services, student: str | None = None) -> tuple[TurnedAway, ...]:
    """Return the parents' requests closed as `rights-passed` that a parent had the right to, those of a student or all.

    Those denied to somebody who was put on file as a parent since, too. Of one student also what the queue refused by the
    clause RIGHTS-TRANSFERRED, and the requests that this answered.
    """
    with services.store.reading() as unit:
        found = {each.id: each for each in (*_closed_so(services, unit, student), *_unknown(services, unit, student))}
        if student is not None:
            found |= {
                each.id: each for each in _refused(services, unit, unit.people.need(student)) if each.id not in found
            }
    return tuple(found.values())


def turned_away_as_unknown(services: Services, student: str, person: str) -> tuple[TurnedAway, ...]:
    """Return the requests of a person for a student that were denied before this person was on file as a parent of theirs."""
    with services.store.reading() as unit:
        return tuple(_unknown(services, unit, student, person))


def turned_away_by_limit(services: Services, limit: Guardianship) -> tuple[TurnedAway, ...]:
    """Return the requests of a guardian for a student that were denied, in whole or in part, while a limit that ended stood.

    Whether the order ended, or was never about this person, the plugin cannot know: the custodian who ends it does. None of
    what is no court order's limit, or stands.
    """
    if limit.what not in LIMITS or limit.ended is None:
        return ()
    with services.store.reading() as unit:
        calendar = calendar_of(services)
        ids = unit.requests.at_rest(wanted=Wanted(states=_WITHHELD, role="parent"), limit=_MOST)
        return tuple(
            TurnedAway(request.id, (limit.student,), day, _reopening(request), _days(status), _AN_ORDER_STOOD)
            for request in unit.requests.requests_of(ids).values()
            if request.recipient.id == limit.guardian
            and (status := status_of(request, unit.requests.events(request.id), calendar)).closing is not None
            and limit.since <= (day := calendar.day(status.closing.on)) <= limit.ended
            and limit.student
            in {
                # In words it is about every child of theirs, also one over whom the order limits them.
                *unit.requests.asked_students(request),
                *(each.id for each in asked_about(unit, request, shown_in(unit, request), day)),
            }
        )


def _closed_so(services: Services, unit: Unit, student: str | None) -> Iterator[TurnedAway]:
    ids = unit.requests.at_rest(wanted=Wanted(states=(_STATE,)), limit=_MOST)
    for request in unit.requests.requests_of(ids).values():
        yield from _of_request(services, unit, request, student)


def _of_request(services: Services, unit: Unit, request: StoredRequest, student: str | None) -> Iterator[TurnedAway]:
    calendar = calendar_of(services)
    status = status_of(request, unit.requests.events(request.id), calendar)
    if status.closing is None or request.recipient.role != "parent":
        return
    day = calendar.day(status.closing.on)
    theirs = asked_about(unit, request, shown_in(unit, request), day)
    wronged = sorted(each.id for each in theirs if not has_rights(each, day, services.rulings))
    if wronged and (student is None or student in wronged):
        yield TurnedAway(request.id, tuple(wronged), day, _reopening(request), _days(status))


def _unknown(services: Services, unit: Unit, student: str | None, person: str | None = None) -> Iterator[TurnedAway]:
    """Yield the requests that were denied to somebody who is on file as a parent today, and was not then."""
    calendar, today = calendar_of(services), services.now().date()
    # Whom a roster brings, nobody says since when they are a parent.
    stated = unit.people.guardians_by_hand() if person is None else {person}
    if not stated:
        return
    ids = unit.requests.at_rest(wanted=Wanted(states=_WITHHELD, role="parent"), limit=_MOST)
    for request in unit.requests.requests_of(ids).values():
        who = request.recipient.id
        if who not in stated:
            continue
        status = status_of(request, unit.requests.events(request.id), calendar)
        if status.closing is None:
            continue
        day = calendar.day(status.closing.on)
        # Of the same day nobody knows which came first. Who asks for a parent had no right before that was signed.
        before = day - timedelta(days=1)
        theirs = asked_about(unit, request, shown_in(unit, request), today)
        new = sorted(each.id for each in theirs if each.has_guardian(who, today) and not each.has_guardian(who, before))
        if new and (student is None or student in new):
            yield TurnedAway(request.id, tuple(new), day, _reopening(request), _days(status), _NOT_ON_FILE)


def _reopening(request: StoredRequest) -> str:
    return f"dam-plugin request reopen {request.id} --why TEXT"


def _days(status: RequestStatus) -> dict[str, date]:
    return {each.name: each.due.day for each in status.clocks}


def _refused(services: Services, unit: Unit, record: StudentRecord) -> Iterator[TurnedAway]:
    """Yield the closed requests and referrals of a student's guardians that the clause held back, and nothing answered."""
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
        for request in unit.requests.requests_of(answers).values():
            if unit.requests.state(request.id) not in (*WAITING, "granted", "withdrawn"):
                yield from _of_request(services, unit, request, record.id)
        if not answers:
            yield TurnedAway(each.id, (record.id,), day, f"dam-plugin queue show {each.id}")


def _day(services: Services, referral: Referral) -> date:
    closed = referral.closed_at or referral.opened_at
    return closed.astimezone(services.now().tzinfo).date()
