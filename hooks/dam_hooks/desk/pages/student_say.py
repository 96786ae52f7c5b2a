"""Stating something about a student: the form, then what closes if it is saved, then saved.

What closes is found by the use case itself, tried and undone (`custodian.rehearsal`). It is saved only as it was looked at.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.papers import Paper, carried_on, paper_of
from dam_hooks.desk.student_forms import StatementForm
from dam_hooks.desk.student_statements import STATEMENTS, Done, Saying, Statement
from dam_hooks.desk.student_told import DownTold, LinkTold, downs_told, links_told
from dam_hooks.desk.student_words import called, guardians_called, said_plainly
from dam_plugin.custodian.rehearsal import WouldClose, rehearse
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.gate.close_links import InSet
from dam_plugin.model import StudentRecord
from dam_plugin.services import Services
from dam_plugin.store import Unit

_SALT = "desk.student"
_LASTS_SECONDS = 3600
_CLOSED = "desk_closed"
_MOST = 100


@dataclass(frozen=True, slots=True)
class Closing:
    """What closes or closed, in lists for a page. `more`: how many links are not listed."""

    links: list[LinkTold]
    downs: list[DownTold]
    sets: int
    printed: int
    told: list[str]
    at_least: bool = False
    more: int = 0

    @property
    def count(self) -> int:
        """How many links it is about."""
        return len(self.links) + self.more


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def say(request: HttpRequest, student: str, what: str) -> HttpResponse:
    """Ask, show what would close, and save once the person says so."""
    statement, at = STATEMENTS.get(what), services()
    if statement is None:
        raise Http404
    with at.store.reading() as unit:
        record = unit.people.student(student)
        if record is None:
            raise Http404
        about = request.POST.get("about", request.GET.get("about", ""))[:100]
        about_name = _about_name(unit, record, what, about)
        opt_outs = unit.people.kept_opt_outs(student)
        consents = [consent for _id, consent in unit.people.consents([student])]
    if statement.needs_about and about_name is None:
        raise Http404
    form = statement.form(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"person": about, "represents": about},
        record=record,
        today=at.now().date(),
        purposes=at.settings.purposes,
        consents=consents,
        opt_outs=opt_outs,
    )
    context: dict[str, Any] = {
        "form": form,
        "statement": statement,
        "what": what,
        "about": about,
        "about_name": about_name if statement.needs_about else None,
        "record": record,
        "name": called(record),
        "title": statement.title,
    }
    note(request, [record.id])
    paper = paper_of(request, form, "paper", record.id)
    context |= carried_on(paper, request, record.id)
    if request.method == "POST" and request.POST.get("do") != "change" and form.is_valid():
        answer = _looked_at(request, at, record, statement, form, paper, context)
        if answer is not None:
            return answer
    return render(request, "desk/students/say.html", context)


def _looked_at(
    request: HttpRequest,
    at: Services,
    record: StudentRecord,
    statement: Statement,
    form: StatementForm,
    paper: Paper | None,
    context: dict[str, Any],
) -> HttpResponse | None:
    """Save what was looked at and return where to go; or put what would close, or what is wrong, into the context."""
    try:
        saying = Saying(
            record.id,
            context["about"],
            form.cleaned_data,
            actor(request),
            system_user(request),
            paper.file.sha256 if paper else None,
        )
        digest = _digest(request, saying)
        if request.POST.get("do") == "save" and _is_seen(request, digest):
            done = statement.act(at, saying)
            _keep_closed(request, record, done)
            messages.success(request, _("It is saved."))
            return redirect("desk:student", student=record.id)
        would = rehearse(at, record.id, lambda trying: statement.act(trying, saying))
    except (InputError, UnknownThing) as error:
        with at.store.reading() as unit:
            form.add_error(None, said_plainly(unit, record, str(error)))
        return None
    with at.store.reading() as unit:
        context["closing"] = _would_close(unit, record, would)
    context["looked_at"] = signing.dumps(digest, salt=_SALT)
    context["shown"] = _shown(form)
    return None


def _about_name(unit: Unit, record: StudentRecord, what: str, about: str) -> str | None:
    """Return what a statement is about besides the student, as people call it; None for what is not this student's."""
    names = guardians_called(record)
    if what in ("withdraw", "consent-mistake"):
        found = [each.consent for each in unit.people.kept_consents([record.id]) if each.id == about]
        return found[0].purpose or "" if found else None
    if what == "end":
        stated = [each for each in record.guardianships if each.id == about]
        return names.get(stated[0].guardian, "") if stated else None
    return names.get(about) if about else None


def _digest(request: HttpRequest, saying: Saying) -> str:
    """Return what stands for exactly this statement of exactly this account."""
    said = {name: value for name, value in saying.said.items() if name != "paper"}
    whole = [request.user.pk, request.path, saying.about, saying.paper, said]
    return hashlib.sha256(json.dumps(whole, default=str, sort_keys=True).encode()).hexdigest()


def _is_seen(request: HttpRequest, digest: str) -> bool:
    try:
        return bool(signing.loads(request.POST.get("looked_at", ""), salt=_SALT, max_age=_LASTS_SECONDS) == digest)
    except signing.BadSignature:
        return False


def _shown(form: StatementForm) -> list[tuple[str, str]]:
    """Return what was filled in, label by label, as a person reads it before saving."""
    found = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        choices = dict(getattr(field, "choices", ()))
        if isinstance(value, list):
            text = ", ".join(str(choices.get(each, each)) for each in value)
        elif isinstance(value, bool):
            text = str(_("yes")) if value else ""
        elif isinstance(value, date):
            text = _date(value)
        else:
            text = str(choices.get(value, value)) if value and name != "paper" else ""
        if text:
            found.append((str(field.label), text))
    return found


def _date(value: date) -> str:
    from django.utils.formats import date_format  # noqa: PLC0415 - once Django is set up

    return date_format(value, "DATE_FORMAT")


def _would_close(unit: Unit, record: StudentRecord, would: WouldClose) -> Closing:
    links = links_told(unit, record, would.links[:_MOST])
    downs = downs_told(unit, [(each.share, each.published, each.due) for each in would.publications[:_MOST]])
    sets, printed = _sets(would.in_sets)
    return Closing(links, downs, sets, printed, [], would.at_least, len(would.links) - len(links))


def _sets(in_sets: tuple[InSet, ...]) -> tuple[int, int]:
    return sum(not each.is_locked for each in in_sets), sum(each.is_locked for each in in_sets)


def _keep_closed(request: HttpRequest, record: StudentRecord, done: Done) -> None:
    """Keep for the next page what closed: ids and days alone, and sentences with pseudonyms."""
    closed = done.closed
    sets, printed = _sets(closed.in_sets)
    request.session[_CLOSED] = {
        "student": record.id,
        "links": [each.id for each in closed.links[:_MOST]],
        "more": max(len(closed.links) - _MOST, 0),
        "downs": [
            [each.share, each.published.isoformat(), each.due.isoformat()]
            for each in (closed.still_published or ())[:_MOST]
        ],
        "sets": [sets, printed],
        "told": [*done.told, *(f"{each.sentence}." for each in closed.holding_again)],
    }


def closed_before(request: HttpRequest, unit: Unit, record: StudentRecord) -> Closing | None:
    """Return what closed by what was saved just now about this student, this once; None where nothing was."""
    kept = request.session.get(_CLOSED)
    if not kept or kept["student"] != record.id:
        return None
    del request.session[_CLOSED]
    links = [each for each in map(unit.shares.link, kept["links"]) if each is not None]
    days = [(share, date.fromisoformat(on), date.fromisoformat(due)) for share, on, due in kept["downs"]]
    told, (sets, printed) = [said_plainly(unit, record, each) for each in kept["told"]], kept["sets"]
    return Closing(links_told(unit, record, links), downs_told(unit, days), sets, printed, told, more=kept["more"])
