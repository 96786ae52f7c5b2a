"""What is said of a request in a sentence: of each of its events, and of clocks that stopped. For terminals and pages."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from dam_plugin.custodian.namesakes import namesakes_told
from dam_plugin.custodian.own_record import KEEPS_THE_RIGHT, unknown_told
from dam_plugin.custodian.requests import (
    MEETING_WORDS,
    OF_ORDERS,
    PAPER_WORDS,
    AmendmentAsked,
    Appealed,
    AppealOver,
    AppealOverAsked,
    AskedToo,
    Assigned,
    Closed,
    Delayed,
    DepositAsked,
    Estimated,
    FamiliesLeft,
    FamiliesTold,
    FeeWaived,
    FoundLater,
    FoundSettled,
    HearingDecided,
    HearingNotWanted,
    HearingSet,
    HearingTold,
    MeetingSet,
    OrderEnded,
    OrderNarrowed,
    OrderNoted,
    OrderVerified,
    OrderWidened,
    Paid,
    ReasonsGiven,
    ReasonsNotWanted,
    ReceivedAsked,
    ReceivedCorrected,
    Reopened,
    SealClaimed,
    SealConfirmed,
    StudentCorrected,
    UnsealAsked,
    Unsealed,
    content_of,
    dollars,
    quashed_how,
)
from dam_plugin.procedure.outside import each_once, joined_provisions

if TYPE_CHECKING:
    from dam_plugin.custodian.request_register import RequestView
    from dam_plugin.custodian.requests import Clock, RequestStatus
    from dam_plugin.store import RequestEvent


def left_to_tell(status: RequestStatus) -> str:
    """Return for the custodian alone whose families are still to be told of an order; "" for nobody who is known."""
    return f"Still to be told: {', '.join(status.families_left)}" if status.families_left else ""


def narrowed_how(request_id: str, key: str) -> str:
    """Return how it is noted that a recording of which nothing went out is asked for no more: narrowed, or quashed."""
    return (
        f"Where the court narrowed its order, so that it reaches {key} no more: `dam-plugin request order {request_id} "
        f"--not-reached {shlex.quote(key)} --why TEXT --as custodian:NAME`. {quashed_how(request_id)}"
    )


def said_of(event: RequestEvent) -> str:  # noqa: C901, PLR0911, PLR0912 - one line per kind
    """Return what an event of a request says, on one line; students stand in it by pseudonym."""
    match content_of(event):
        case Assigned(owner):
            return f"to {owner}"
        case Delayed(cause, place, earliest, late):
            return f"{cause}; {place}; earliest {earliest:%Y-%m-%d %H:%M}{'; late' if late else ''}"
        case MeetingSet(what, day, due, told_in):
            by_whom = f", as the same family's {told_in} says" if told_in else ""
            last = (f"{name} by {by}" for name, by in due.items())
            return "; ".join((f"{MEETING_WORDS[what]} on {day}{by_whom}", *last))
        case OrderNoted(paper, day, no_notice, due):
            told = (f"no family is told: {no_notice}",) if no_notice else ()
            last = (f"{name} by {by}" for name, by in due.items())
            return "; ".join((f"a {PAPER_WORDS[paper]}, to be answered on {day}", *told, *last))
        case FamiliesLeft():
            return "somebody was found since, came of age, or another recording came to it"
        case FamiliesTold(how) | OrderVerified(how) | HearingTold(how):
            return how
        case HearingSet(at, place, _, officer):
            return "; ".join(filter(None, (f"{at:%Y-%m-%d %H:%M}", place, officer)))
        case HearingDecided(outcome, why, officer):
            return "; ".join(filter(None, (outcome, why, officer)))
        case AskedToo(text, entered_as):
            return ": ".join(filter(None, (entered_as, text)))
        case AmendmentAsked(text):
            return f"{text}; it asks to see nothing"
        case HearingNotWanted(text):
            return text
        case Estimated() as estimated:
            return dollars(estimated.cents)
        case DepositAsked(cents) | Paid(cents):
            return dollars(cents)
        case Reopened(why, _, date() as asked_again):
            return f"{why}; asked again on {asked_again}"
        case ReceivedAsked(at, why):
            return f"to have come at {at:%Y-%m-%d %H:%M}; {why}"
        case ReceivedCorrected(at, why, was, due):
            before = f", not {was:%Y-%m-%d %H:%M}" if was is not None else ""
            days = (f"{name} by {last}" for name, last in due.items())
            return "; ".join((f"it came at {at:%Y-%m-%d %H:%M}{before}", why, *days))
        case FeeWaived(why) | Reopened(why) | AppealOverAsked(why) | AppealOver(why) | ReasonsNotWanted(why):
            return why
        case OrderEnded(why, due):
            return "; ".join((why, *(f"{name} by {last}" for name, last in due.items())))
        case OrderNarrowed(keys, why):
            return f"does not reach {', '.join(keys)}; {why}"
        case OrderWidened(keys, why):
            return f"reaches {', '.join(keys)}; {why}"
        case UnsealAsked(why) | Unsealed(why):
            return why
        case FoundLater(students, recording, due):
            return "; ".join(
                (f"{', '.join(students)} in {recording}", *(f"{name} by {day}" for name, day in due.items()))
            )
        case FoundSettled(why, recordings):
            return "; ".join((why, *(f"not about {each}" for each in recordings)))
        case SealClaimed(ground, file):
            return f"{ground}; the paper: {file.sha256}"
        case StudentCorrected(student, stands):
            return f"{student}: {'the right student after all' if stands else 'entered for the wrong student'}"
        case SealConfirmed(ground):
            return ground
        case ReasonsGiven(provisions):
            return joined_provisions(provisions)
        case Appealed(to, text):
            return f"to the {to.replace('-', ' ')}: {text}"
        case Closed(outcome, why, provisions, not_about, tried, advised, record_shown):
            done = (
                *((f"tried: {tried}",) if tried else ()),
                *((f"advised: {advised}",) if advised else ()),
                *(("the record of disclosures was shown",) if record_shown else ()),
            )
            return "; ".join(
                (outcome, why, *done, *each_once(provisions), *(f"not about {each}" for each in not_about))
            )
    parts = event.content.get("parts") or ()
    return ", ".join([*parts, *(f"{name} by {day}" for name, day in (event.content.get("due") or {}).items())])


def is_owed_to_nobody_yet(clock: Clock, view: RequestView) -> bool:
    """Whether a clock is the family's, and whoever asks is not on file as the family of whom they ask for alone.

    It runs on: who is found to be the family has had the right from the day on which they asked (34 CFR 99.10(b)).
    """
    return view.by_name.is_strangers and clock.name in _OF_FAMILIES


def why_not_owed(clock: Clock, view: RequestView, *, custodian: bool) -> str:
    """Return why a clock of a family, or of an order, is not owed now, and what its day stands for; "" where it is owed.

    Who is whose family, and who is of age, the `custodian` alone is told.
    """
    if view.is_stayed and clock.name in OF_ORDERS:
        return "a court stayed the order, and nothing goes out on it while the stay stands. The day counts once it is lifted."
    why = _why_no_right(view) if clock.name in _OF_FAMILIES else ""
    return why if custodian or not why else "the records custodian is told why (--as custodian:NAME)."


def _why_no_right(view: RequestView) -> str:
    if view.by_name.is_strangers:
        return f"{NOT_OWED}. The day stands for the case that they are found to be it."
    if view.by_name.rights_passed:
        return f"{RIGHTS_PASSED} (34 CFR 99.3, 99.5(a)): tell the parent so. You have to answer by the day."
    if view.before_rights:
        return (
            "a student asks who holds no rights yet, and the rights are the parents' (34 CFR 99.3, 99.5(a)): tell them that a "
            "parent may ask. You have to answer by the day."
        )
    return ""


_OF_FAMILIES = ("inspection", "hearing", "meeting")
NOT_OWED = "whoever asks is not on file as the family of the student whom they ask for"

RIGHTS_PASSED = "the rights passed to the student whom a parent asks about"


def passed_told(view: RequestView) -> str:
    """Return for the custodian alone of whom of several students a parent is told nothing, and why; "" where of nobody."""
    if not view.by_name.leaves_some_out or view.status.amendment is not None:
        return ""
    students = ", ".join(sorted(view.by_name.passed))
    return (
        f"The rights over the records of {students} passed to the student (34 CFR 99.3, 99.5(a)): it is answered for the "
        "others alone. That denies nothing, needs no provision, and no letter tells the parent of a recording that shows "
        "only such a student; the letters say in general words that the rights are the student's. The student may ask"
    )


def kept_told(view: RequestView) -> Iterator[str]:
    """Yield for the custodian alone over whom a family holds no right that asks in words, why, and how that is answered.

    Before that who may be one of its students, on file twice.
    Then how what a parent asks whom nobody has on file becomes that parent's, and which versions were saved over.
    """
    who = view.request.recipient.id
    yield from (namesakes_told(student, others) for student, others in view.namesakes.items())
    for each in view.kept:
        yield (
            f"A court order on file limits the rights of {who} over the record of {each.student} (34 CFR 99.4)"
            if each.by_order
            else KEEPS_THE_RIGHT.format(who, each.student)
        )
    yield from (KEEPS_THE_RIGHT.format(who, each) for each in view.dropped)
    if view.kept:
        besides = "where nothing else is given, " if view.by_name.own else ""
        yield (
            "Nothing of such a student is given. While a recording of theirs is on file, 'no-such-record' would not be true, "
            f"and it is held until this is closed. Where the right has ended, {besides}deny it: {view.denied}"
        )
    if view.is_unknown:
        yield unknown_told(view.request)
    for called, way_on in view.saved_over.items():
        yield f"What it asks for was saved over with another picture: {called}. {way_on}"


def stopped_told(clock: Clock, view: RequestView, *, custodian: bool) -> str:
    """Say of a clock that stopped whether what it asks for was done, and whether in time; to the `custodian` why not owed."""
    has_passed = view.status.state == "rights-passed" and clock.name in _OF_FAMILIES
    is_nobodys = is_owed_to_nobody_yet(clock, view)
    is_quashed = view.status.state == "withdrawn" and clock.name in OF_ORDERS and not clock.is_late(view.today)
    if is_quashed and not clock.met:
        return f"Ended on {clock.stopped}, owed no more: {clock.rule.called}; it was due on {clock.due.day}"
    if not clock.met and (is_nobodys or has_passed):
        why = f"; {NOT_OWED if is_nobodys else RIGHTS_PASSED}" if custodian else ""
        if has_passed and custodian and clock.is_late(view.today) and clock.due.day in view.owed_on:
            return (
                f"Ended on {clock.stopped}, not owed any more: {clock.rule.called}{why}. It was late by then: it was due on "
                f"{clock.due.day}, while the right was the parent's (34 CFR 99.10(b))"
            )
        return f"Ended on {clock.stopped}, not owed: {clock.rule.called}{why}"
    if not clock.met:
        return f"Ended on {clock.stopped} without this: {clock.rule.called}; it was due on {clock.due.day}"
    late = "late, it was due" if clock.is_late(view.today) else "in time, it was due"
    return f"Done on {clock.stopped}: {clock.rule.called}; {late} on {clock.due.day}"
