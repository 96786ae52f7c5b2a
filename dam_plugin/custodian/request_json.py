"""The JSON of requests: one shape for the command line and for HTTP. Pure. Who asks is told by role and id alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from dam_plugin.custodian.amendment_rights import amendment_told
from dam_plugin.custodian.destroyed_recordings import Destroyed
from dam_plugin.custodian.request_register import Listed, RequestView
from dam_plugin.custodian.requests import (
    Appealed,
    Clock,
    Closed,
    Delayed,
    FamiliesTold,
    FeeLine,
    FeeState,
    Received,
    RecordingAnswer,
    RequestStatus,
    State,
)
from dam_plugin.model import Actor, Recipient
from dam_plugin.store import RequestEvent, StoredRequest


@dataclass(frozen=True, slots=True)
class ClockTold:
    """One clock: what has to be done, since when it runs, the day on which it ends, and how that day came about.

    `stopped` is the day on which it stopped (null: it runs), `was_told` the day told at first, where the calendar changed.
    `met`: what had to be done was done when it stopped.
    """

    clock: str
    what: str
    start: date
    due: date
    how: str
    source: str
    stopped: date | None
    late: bool
    was_told: date | None
    met: bool


@dataclass(frozen=True, slots=True)
class FeeTold:
    """The fee, in cents: the lines of the last estimate and their sum, the deposit asked for, paid, owed; why it is waived."""

    estimate: int | None
    lines: tuple[FeeLine, ...]
    deposit: int | None
    paid: int
    owed: int
    waived: str | None


@dataclass(frozen=True, slots=True)
class DelayTold:
    """The explanation of a delay, and when it was given."""

    on: datetime
    cause: str
    place: str
    earliest: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class ClosingTold:
    """The answer to a request, its time and author, and the provisions by which something is withheld.

    `record_shown`: the family asked for the record of disclosures alone, and was shown it.
    """

    on: datetime
    by: str | None
    outcome: str
    why: str
    provisions: tuple[str, ...]
    record_shown: bool = False


@dataclass(frozen=True, slots=True)
class AppealTold:
    """An appeal or a complaint, its day, and its recipient; `over` is when it ended, null while it holds the recordings."""

    on: datetime
    to: str
    text: str
    over: datetime | None = None


@dataclass(frozen=True, slots=True)
class RequestTold:
    """A request and where it stands; `recordings` are keys, `patterns` globs and folders, `parts` what answers it."""

    id: str
    received_at: datetime
    recipient: Recipient
    channel: str
    wanted: str
    format: str | None
    purpose: str
    described: str | None
    recordings: tuple[str, ...]
    patterns: tuple[str, ...]
    students: tuple[str, ...]
    meeting: date | None
    meeting_kind: str | None
    state: State
    owner: str | None
    overdue: bool
    due: date | None
    clocks: tuple[ClockTold, ...]
    fee: FeeTold
    delay: DelayTold | None
    closing: ClosingTold | None
    appeals: tuple[AppealTold, ...]
    reasons_given: datetime | None
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventTold:
    """An event: recorded `at`, happened `on`, and its author; `content` is plain data of its kind."""

    number: int
    kind: str
    at: datetime
    on: datetime
    by: Actor
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RequestInFull(RequestTold):
    """A request with the last answer to each recording, and its events; `contact` only where names are asked for.

    `more` counts the recordings that are not told one by one. `destroyed` are destructions of recordings that it names, by key
    or in words, or that showed the students whom it asks about in words; `silent_until` is the last day on which something was
    destroyed and the ledger does not keep whom it showed. `found_later` are recordings (`R-…`) that a look found to show them
    since it was closed, while they wait for the custodian; `unlooked` counts those that wait for a look. `amendment` says what
    is next with a request to amend a record, and whose the right is. `rights_passed` are the students whom a parent asks about
    and who hold the rights: nothing is told of them. `kept_from` are those of whom a family asks in words without naming them,
    and over whom it holds no right today, though it did, or an order takes it. `families_left` are the students whose
    families are still to be told of an order; `saved_over` are recordings of which it asks for a version before; `namesakes`
    are, by student, the others who have that student's very name and birth date. The custodian alone reads these.
    `holds_nothing`: it waits, asks in words, and no recording is held for it.
    """

    answers: tuple[RecordingAnswer, ...]
    more: int
    events: tuple[EventTold, ...]
    destroyed: tuple[Destroyed, ...]
    silent_until: date | None
    found_later: tuple[str, ...]
    unlooked: int
    amendment: tuple[str, ...] = ()
    rights_passed: tuple[str, ...] = ()
    kept_from: tuple[str, ...] = ()
    families_left: tuple[str, ...] = ()
    holds_nothing: bool = False
    saved_over: tuple[str, ...] = ()
    namesakes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contact: str | None = field(default=None, repr=False)


def request_told(listed: Listed) -> RequestTold:
    """Return the JSON of a request as the list has it."""
    return RequestTold(**_told(listed.request, listed.status, listed.today))


def request_in_full(view: RequestView, *, names: bool = False, custodian: bool = False) -> RequestInFull:
    """Return the JSON of one request with all that is known of it; with `names` who asks by name.

    The `custodian` alone is told who holds the rights, and why somebody has no right to have a record amended.
    """
    return RequestInFull(
        **_told(view.request, view.status, view.today),
        answers=view.recordings,
        more=view.more,
        events=tuple(
            EventTold(each.number, each.kind, each.at, each.on, each.by, _content(each, custodian=custodian))
            for each in view.events
        ),
        destroyed=view.destroyed,
        silent_until=view.silent_until,
        found_later=view.found_later,
        unlooked=view.unlooked,
        amendment=tuple(amendment_told(view.status, right, custodian=custodian))
        if (right := view.amendment_right) is not None
        else (),
        rights_passed=tuple(sorted(view.by_name.passed)) if custodian else (),
        kept_from=tuple(each.student for each in view.kept) if custodian else (),
        families_left=view.status.families_left if custodian else (),
        holds_nothing=view.holds_nothing,
        saved_over=tuple(view.saved_over) if custodian else (),
        namesakes=view.namesakes if custodian else {},
        contact=view.request.contact if names else None,
    )


def _content(event: RequestEvent, *, custodian: bool) -> dict[str, Any]:
    if custodian or event.kind not in (FamiliesTold.kind, Received.kind):
        return event.content
    return {name: each for name, each in event.content.items() if name != "students"}


_SAME = tuple(each.name for each in fields(StoredRequest) if each.name in {field.name for field in fields(RequestTold)})


def _told(request: StoredRequest, status: RequestStatus, today: date) -> dict[str, Any]:
    closed = status.outcome
    return {
        **{name: getattr(request, name) for name in _SAME},
        "state": status.state,
        "owner": status.owner,
        "overdue": status.is_overdue(today),
        "due": status.next.due.day if status.next else None,
        "clocks": tuple(_clock(each, today) for each in (*status.running, *_stopped(status))),
        "fee": _fee(status.fee),
        "delay": _delay(status),
        "closing": _closing(status, closed) if closed else None,
        "appeals": tuple(
            AppealTold(each.on, each.what.to, each.what.text, end.on if end else None)
            for each, end in (*status.appeals_over, *((each, None) for each in status.appeals))
            if isinstance(each.what, Appealed)
        ),
        "reasons_given": status.reasons.on if status.reasons else None,
        "parts": status.parts,
    }


def _stopped(status: RequestStatus) -> tuple[Clock, ...]:
    return tuple(each for each in status.clocks if each.stopped is not None)


def _clock(clock: Clock, today: date) -> ClockTold:
    return ClockTold(
        clock=clock.name,
        what=clock.rule.in_full,
        start=clock.due.start,
        due=clock.due.day,
        how=clock.sentence,
        source=clock.rule.term.source,
        stopped=clock.stopped,
        late=clock.is_late(today),
        was_told=clock.was_told,
        met=clock.met,
    )


def _fee(fee: FeeState) -> FeeTold:
    estimate = fee.estimate
    return FeeTold(
        estimate.cents if estimate else None,
        estimate.lines if estimate else (),
        fee.deposit,
        fee.paid,
        fee.owed,
        fee.waived,
    )


def _delay(status: RequestStatus) -> DelayTold | None:
    told = status.delay
    if told is None or not isinstance(told.what, Delayed):
        return None
    return DelayTold(told.on, told.what.cause, told.what.place, told.what.earliest, told.what.late)


def _closing(status: RequestStatus, closed: Closed) -> ClosingTold | None:
    told = status.closing
    if told is None:
        return None
    return ClosingTold(told.on, told.by.id, closed.outcome, closed.why, closed.provisions, closed.record_shown)
