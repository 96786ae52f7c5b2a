"""Requests to amend a record whose right is another's now, or was when they were decided (34 CFR 99.5(a), 99.20, 99.21(b)).

`doctor` names them until the student is written to, or the parent is told. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from dam_plugin.custodian.amendment_rights import OF_AMENDMENT, AmendmentRight, hearing_now, right_to_amend
from dam_plugin.custodian.request_register import calendar_of, shown_in
from dam_plugin.custodian.requests import ClockName, RequestStatus, hearing_untold_told, status_of
from dam_plugin.services import Services
from dam_plugin.store import LetterAbout, StoredLetter, StoredRequest, Unit
from dam_plugin.store.requests import Wanted

_CLOCKS: tuple[ClockName, ...] = ("amendment", "amendment-hearing", "amendment-decision")
_MOST = 1_000
# What an order or an age on file says for certain, also of a day that is past.
_CERTAIN = ("passed", "limited")


def amendments_astray(services: Services) -> tuple[str, ...]:
    """Return a sentence for each of these requests: that it goes on with the student, or who has to be told."""
    with services.store.reading() as unit:
        ids = [each.request_id for clock in _CLOCKS for each in unit.requests.running(clock, limit=_MOST)]
        ids += unit.requests.at_rest(wanted=Wanted(states=("not-amended",)), limit=_MOST)
        found = unit.requests.requests_of(dict.fromkeys(ids))
        return tuple(sentence for each in found.values() for sentence in _said(services, unit, each))


def _said(services: Services, unit: Unit, request: StoredRequest) -> Iterator[str]:
    calendar, shown = calendar_of(services), shown_in(unit, request)
    status = status_of(request, unit.requests.events(request.id), calendar)
    if status.amendment is None:
        return
    if status.is_open or status.running:
        status = hearing_now(services, unit, request, status, shown)
        right = right_to_amend(services, unit, request, status, shown, services.now().date())
        if not right.holds:
            yield f"{request.id}: {right.why_for_anybody}{_untold(request, status)}"
        return
    decided = status.hearing_decision or status.closing
    if decided is None:
        return
    right = right_to_amend(services, unit, request, status, shown, calendar.day(decided.on))
    letters = unit.letters.listed(LetterAbout(request_id=request.id), limit=_MOST)
    if right.holds or not {*right.lacks} <= {*_CERTAIN} or _is_told(letters, right):
        return
    # An earlier version wrote to the parent, and kept such a letter as nobody's.
    decided_on = calendar.day(decided.on)
    sent = [each.id for each in letters if each.kind in OF_AMENDMENT and decided_on <= calendar.day(each.at)]
    yield _remedy(request, status, right, sent)


def _untold(request: StoredRequest, status: RequestStatus) -> str:
    """Return that the student was not told of the hearing, and how that is done; "" where they were, or there is none."""
    if not status.hearing_untold:
        return ""
    return (
        f". {hearing_untold_told(status)}: `dam-plugin letter write hearing-notice --request {request.id}`, and send it"
    )


def _is_told(letters: Iterable[StoredLetter], right: AmendmentRight) -> bool:
    """Whether a letter told the student what was decided, or whoever asked that the right is not theirs."""
    if right.goes_on:
        return any(each.kind in OF_AMENDMENT and each.about.student_id in right.students for each in letters)
    return any(each.kind in right.letters for each in letters)


def _remedy(request: StoredRequest, status: RequestStatus, right: AmendmentRight, sent: Collection[str]) -> str:
    told = f"; {', '.join(sent)} may have told somebody else, which the district's attorney should know" if sent else ""
    if right.goes_on:
        kind = "hearing-decision" if status.hearing_decision is not None else "amendment-refused"
        return (
            f"{request.id} was decided after the right to have the record amended had passed to {', '.join(right.students)}, "
            f"whom no letter told of it (34 CFR 99.5(a)): `dam-plugin letter write {kind} --request {request.id}`{told}"
        )
    tell = "".join(f": `dam-plugin letter write {each} --request {request.id}`" for each in right.letters)
    return (
        f"{request.id} was answered as 'not amended' to somebody who had no right to have the record amended (34 CFR 99.5(a), "
        f"99.20(a)). The district's attorney should know; tell who asked whose right it is{tell}"
    )
