"""The access log as pages: who looked at a student, and what an account looked at. For the custodian and the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import AUDITOR, CUSTODIANS, ROLES, for_roles
from dam_hooks.desk.pages.students import student_of
from dam_hooks.desk.student_words import called
from dam_hooks.desk.told import name_of
from dam_plugin.ledger.access_chain import ACCEPTED, FORGOTTEN, PROGRAM, Access, AccessLog
from dam_plugin.store import Unit

PAGE = 50
_MOST_NAMES = 12
# What people call each page that notes whom it shows, by the name of its address.
_PAGES = {
    "recording": _l("a recording"),
    "who": _l("saying who is in a recording"),
    "several": _l("saying who is in several recordings"),
    "find_student": _l("looking up a name for a recording"),
    "take_back_look": _l("taking back who is in a recording"),
    "upload": _l("uploading"),
    "share": _l("sharing a recording"),
    "emergency": _l("an emergency"),
    "students": _l("the search for students"),
    "student": _l("a student's page"),
    "student_say": _l("a form about a student"),
    "student_paper": _l("a paper on file"),
    "student_record": _l("a record of disclosures"),
    "record_picture": _l("a picture in a record of disclosures"),
    "student_looks": _l("who looked at a student"),
    "looks": _l("the access log"),
    "account_looks": _l("what an account looked at"),
    "set_archive": _l("the archive of a yearbook set"),
    "queue": _l("the queue"),
    "queue_case": _l("a piece of work in the queue"),
    "queue_finding": _l("stating what was found"),
    "queue_act": _l("closing, sealing or taking back work in the queue"),
    "queue_settle": _l("approving or rejecting what somebody found"),
    "queue_handed_over": _l("recording what was handed over"),
    "requests": _l("the list of requests"),
    "request_new": _l("entering a request"),
    "request": _l("a request"),
    "request_answer": _l("answering a recording of a request"),
    "request_act": _l("noting something on a request"),
    "letters": _l("the list of letters"),
    "letter_write": _l("writing a letter"),
    "letter": _l("a letter"),
    "letter_print": _l("printing a letter"),
    "letter_printed": _l("noting that a letter was printed"),
    "letter_send": _l("sending a letter"),
    "holds": _l("the list of holds"),
    "yearbook_set": _l("a yearbook set"),
    "set_picture": _l("a picture of a yearbook set"),
    "left_out": _l("what a yearbook set left out"),
    "wanted_consents": _l("the list of consents that a yearbook set lacks"),
    "who_is_in_it": _l("who is in a yearbook set"),
    "set_today": _l("checking a yearbook set again"),
    "lock_set": _l("locking a yearbook set"),
    "hand_over": _l("handing over a yearbook set"),
    "recall": _l("what is taken back from yearbooks"),
    FORGOTTEN: _l("old entries were deleted, since their time was over"),
    ACCEPTED: _l("the end of the log was accepted after it was broken"),
}


@dataclass(frozen=True, slots=True)
class LookTold:
    """One access: when, by which account, at which page, and whom it showed. `more`: how many names are left out."""

    seq: int
    at: datetime
    account: str
    roles: str
    page: str
    names: tuple[tuple[str, str], ...]
    more: int
    why: str


@for_roles(*CUSTODIANS, AUDITOR)
@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """Show all looks, the newest first."""
    return _page(request, title=_("Who looked at whom"))


@for_roles(*CUSTODIANS, AUDITOR)
@require_safe
def student_looks(request: HttpRequest, student: str) -> HttpResponse:
    """Show who looked at pages with this student's name."""
    return _page(request, title=_("Who looked at a student"), student=student)


@for_roles(*CUSTODIANS, AUDITOR)
@require_safe
def account_looks(request: HttpRequest, entry: int) -> HttpResponse:
    """Show what the account of an entry looked at: an address has no account's name."""
    return _page(request, title=_("What an account looked at"), entry=entry)


def _page(request: HttpRequest, *, title: str, student: str | None = None, entry: int | None = None) -> HttpResponse:
    at, before, account, name = services(), _before(request), None, None
    log = AccessLog(at.ledger)
    with at.store.reading() as unit:
        if student is not None:
            record = student_of(unit, student)
            name = called(record)
            found = log.of_student(unit, record.id, limit=PAGE + 1, before=before)
        elif entry is not None:
            of = log.access(unit, entry)
            if of is None:
                raise Http404
            account = of.account
            found = log.of_account(unit, account, limit=PAGE + 1, before=before)
        else:
            found = log.last(unit, limit=PAGE + 1, before=before)
        shown = found[:PAGE]
        told, ids = _told(unit, shown)
    note(request, ids | ({student} if student is not None else set()))
    context: dict[str, Any] = {
        "looks": told,
        "before": shown[-1].seq if len(found) > PAGE else None,
        "name": name,
        "account": account,
        "days": at.settings.access_log_days,
        "title": title,
    }
    return render(request, "desk/students/looks.html", context)


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _told(unit: Unit, found: Sequence[Access]) -> tuple[list[LookTold], set[str]]:
    ids = {student for each in found for student in each.students[:_MOST_NAMES]}
    records = unit.people.students_of(ids)
    titles = {each.word: str(each.title) for each in ROLES}
    told = [
        LookTold(
            each.seq,
            each.at,
            each.account if each.account != PROGRAM else _("the program"),
            ", ".join(titles.get(role, role) for role in each.roles),
            str(_PAGES.get(each.page, each.page.replace("_", " "))),
            tuple(
                (student, name_of(records, student)) for student in each.students[:_MOST_NAMES] if student in records
            ),
            len(each.students) - len([one for one in each.students[:_MOST_NAMES] if one in records]),
            each.why or "",
        )
        for each in found
    ]
    return told, set(records)
