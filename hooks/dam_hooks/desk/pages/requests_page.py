"""The register of requests, what is due next first; and one request with its days, what was found for it, and its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles
from dam_hooks.desk.pages import register_words as say
from dam_hooks.desk.pages.request_act_table import acts_for
from dam_hooks.desk.person_names import names_in, with_law
from dam_hooks.desk.plain_words import Sentence
from dam_hooks.desk.told import name_of
from dam_plugin.custodian.letter_facts import KINDS
from dam_plugin.custodian.letter_sources import ACKNOWLEDGEMENT, kinds_that_fit
from dam_plugin.custodian.letters import list_letters
from dam_plugin.custodian.own_record import family_who_asks
from dam_plugin.custodian.request_register import (
    Asked,
    Listed,
    RequestView,
    get_request,
    list_requests,
    recordings_of,
    warning_of_destroyed,
)
from dam_plugin.custodian.request_words import kept_told, left_to_tell, passed_told, said_of, stopped_told, why_not_owed
from dam_plugin.custodian.requests import STATES, dollars, outcomes_told
from dam_plugin.custodian.requests_in_words import unheld_told
from dam_plugin.errors import InputError
from dam_plugin.pseudonyms import students_within
from dam_plugin.services import Services
from dam_plugin.store import LetterAbout, Unit
from dam_plugin.store.requests import WAITING, Wanted

PAGE = 50
MOST_LETTERS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A request in the list."""

    id: str
    who: str
    what: str
    received: date
    due: date | None
    has_to: str
    state: str
    owner: str | None
    color: str


@for_roles(*CUSTODIANS)
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """Show the register: those that run, mine, overdue ones, or closed ones; a page at a time."""
    at, show = services(), request.GET.get("show", "")
    page = list_requests(at, _asked(show, request.user.get_username(), request.GET.get("after") or None))
    with at.store.reading() as unit:
        names = say.names_of_askers(unit, [each.request for each in page.requests])
    note(request, {each for person in names for each in students_within(person)})
    context = {
        "rows": [_row(each, names) for each in page.requests],
        "after": page.after,
        "show": show,
        "shows": (
            ("", _("Those that wait")),
            ("mine", _("Mine")),
            ("overdue", _("Overdue")),
            ("closed", _("Closed")),
        ),
        "title": _("Requests"),
    }
    return render(request, "desk/requests.html", context)


def _asked(show: str, me: str, after: str | None) -> Asked:
    closed = frozenset(STATES) - set(WAITING)
    wanted = Wanted(owner=me if show == "mine" else None, states=closed if show == "closed" else None)
    return Asked(wanted, all=show in ("mine", "closed"), overdue=show == "overdue", limit=PAGE, after=after)


def _row(listed: Listed, names: dict[str, str]) -> Row:
    request, status = listed.request, listed.status
    clock = status.next
    wants = _("a record amended") if status.amendment is not None else say.WANTED.get(request.wanted, request.wanted)
    color = "red" if listed.is_overdue else "amber" if clock is not None else "green"
    return Row(
        request.id,
        say.who_asks(request, names),
        f"{wants}: {request.described or request.purpose}",
        request.received_at.astimezone(services().now().tzinfo).date(),
        clock.due.day if clock is not None else None,
        clock.rule.called if clock is not None else "",
        status.in_words,
        status.owner,
        color,
    )


@dataclass(frozen=True, slots=True)
class ClockTold:
    """A clock: the day, what has to be done, how the day came about, and whether it is late."""

    day: date
    has_to: str
    how: Sentence
    is_late: bool
    not_owed: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A recording and how it was answered. `asset` is its id, null where it has left the library."""

    asset: str | None
    title: str
    folder: str
    answer: str
    is_waiting: bool
    is_picture: bool
    may_answer: bool


@for_roles(*CUSTODIANS)
@require_safe
def request_page(request: HttpRequest, number: str) -> HttpResponse:
    """Show one request. One under an order that forbids telling is not there."""
    at = services()
    view = get_request(at, number)
    letters = list_letters(at, LetterAbout(request_id=number), MOST_LETTERS)
    family = family_who_asks(at, view.request) if view.status.is_open else ()
    with at.store.reading() as unit:
        context = _told(at, unit, view, family)
    note(request, {each for text in _texts(view, family) for each in students_within(text)})
    start = _start(request)
    found = _found(at, view, request)
    behind = max(len(found) - start - PAGE, 0)
    kinds = kinds_that_fit(view)
    context |= {
        "view": view,
        "answers": list(_answers(at, view, dict(list(found.items())[start : start + PAGE]))),
        "answers_left": behind,
        "next_answers": start + PAGE if behind else None,
        "can_acknowledge": ACKNOWLEDGEMENT in kinds and view.status.is_open,
        "letters": [(each, KINDS[each.kind].called) for each in letters],
        "kinds": [(kind, KINDS[kind].called) for kind in kinds],
        "acts": acts_for(view, request.user.get_username()),
        "title": view.request.id,
    }
    return render(request, "desk/request.html", context)


def _texts(view: RequestView, family: tuple[str, ...]) -> Iterator[str]:
    """Yield every text of a request that may hold a student's pseudonym."""
    yield from (*view.request.students, view.request.recipient.id or "", view.request.described or "", *family)
    yield from map(said_of, view.events)
    yield from (*(view.by_name.named | view.by_name.passed), *view.status.families_left)
    yield from kept_told(view)


def _told(at: Services, unit: Unit, view: RequestView, family: tuple[str, ...]) -> dict[str, Any]:
    """Return a request as its page tells it."""
    asked, status = view.request, view.status
    names = say.names_of_askers(unit, [asked])
    called = say.called_in(view)
    records = unit.people.students_of({*asked.students, *view.by_name.named})
    unheld = unheld_told(asked, is_order=status.order is not None) if view.holds_nothing else ""
    told = (passed_told(view), *kept_told(view), warning_of_destroyed(view), left_to_tell(status), unheld)
    cautions = [*family, *filter(None, told)]
    fee = status.fee
    return {
        "who": say.who_asks(asked, names),
        "role": say.role_of(asked.recipient),
        "contact": asked.contact,
        "channel": say.CHANNELS.get(asked.channel, asked.channel),
        "wants": say.WANTED.get(asked.wanted, asked.wanted),
        "described": names_in(unit, [asked.described or ""]).within(asked.described or ""),
        "students": [name_of(records, each) for each in sorted(records)],
        "state": status.in_words,
        "color": "red" if view.is_overdue else "amber" if status.running else "green",
        "clocks": [
            ClockTold(
                each.due.day,
                each.rule.in_full.replace(", by the letter `hearing-notice`", ""),
                with_law(unit, each.sentence),
                view.is_late(each),
                why_not_owed(each, view, custodian=True),
            )
            for each in status.running
        ],
        "stopped": [
            with_law(unit, stopped_told(each, view, custodian=True))
            for each in status.clocks
            if each.stopped is not None
        ],
        "outcomes": [with_law(unit, each, called) for each in outcomes_told(status)],
        "cautions": [with_law(unit, each, called) for each in cautions],
        "events": [
            (each, say.HAPPENED[each.kind], with_law(unit, said_of(each), called).text.removesuffix("."))
            for each in view.events
        ],
        "fee": fee if fee.estimate or fee.paid or fee.waived or fee.deposit else None,
        "fee_lines": [(each, dollars(each.cents)) for each in fee.estimate.lines] if fee.estimate else [],
        "fee_total": dollars(fee.estimate.cents) if fee.estimate else "",
        "fee_owed": dollars(fee.owed) if fee.owed else "",
        "fee_paid": dollars(fee.paid) if fee.paid else "",
        "fee_deposit": dollars(fee.deposit) if fee.deposit else "",
        "exemptions": [
            (called.get(each.recording, each.recording), each, "; ".join(each.where))
            for each in view.exemptions.exemptions
        ],
        "district": at.settings.district.name,
    }


def _start(request: HttpRequest) -> int:
    """Return how many recordings were on the pages before."""
    given = request.GET.get("from", "")
    return int(given) if given.isdecimal() and len(given) < 7 else 0


def _found(at: Services, view: RequestView, request: HttpRequest) -> dict[str, str | None]:
    """Return the recordings that are asked for, and those that show whom it asks about in words: each key with its answer.

    What nothing answers yet stands first.
    """
    found = {each.key: each.answer if each.not_reached is None else "not-reached" for each in view.recordings}
    if view.request.asks_in_words and not view.request.secret:
        for student in (each for each in view.request.students if each not in view.by_name.passed):
            for each in _rows_of(at, student, request, view.request.id):
                if each["key"] is not None:
                    found.setdefault(str(each["key"]), str(each["answer"]) if each["answer"] else None)
    return dict(sorted(found.items(), key=lambda each: each[1] is not None))


def _answers(at: Services, view: RequestView, found: Mapping[str, str | None]) -> Iterator[Answer]:
    """Yield recordings as the page tells of them."""
    waiting = {each.key for each in view.recordings if each.referral}
    with at.store.reading() as unit:
        stored = unit.assets.current_of(found)
    for key, answer in found.items():
        kept = stored.get(key)
        folder, _slash, title = key.rpartition("/")
        yield Answer(
            kept.asset.id if kept is not None else None,
            title,
            folder,
            str(say.ANSWERS.get(answer, answer)),
            key in waiting,
            kept is not None and kept.asset.media_type.startswith("image/"),
            kept is not None and view.status.is_open and view.status.amendment is None,
        )


def _rows_of(at: Services, student: str, request: HttpRequest, number: str) -> list[dict[str, object]]:
    try:
        return recordings_of(at, student, actor(request), number)
    except InputError:
        return []
