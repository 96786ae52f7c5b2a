"""A set on its way into print: what changed since it was made, locking it, and what to take back after a family's no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import actor, for_roles
from dam_hooks.desk.forms import words
from dam_hooks.desk.pages.yearbook_set import made_set
from dam_hooks.desk.told import name_of
from dam_hooks.desk.yearbook_told import (
    MAKERS,
    Picture,
    changes_told,
    name_of_set,
    picture,
    reads_in_full,
    refused,
    set_told,
    students_in,
)
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.private_files import workroom
from dam_plugin.store import Totals, Unit
from dam_plugin.store.sets import ExportFile, ExportSet
from dam_plugin.yearbook.lock import CannotLock
from dam_plugin.yearbook.own_set import hand_over_own, lock_own, place_of_set
from dam_plugin.yearbook.pages import LARGEST_LIST, Pages, pages_of
from dam_plugin.yearbook.profiles import is_form
from dam_plugin.yearbook.recall import RecallLine, recall, recipients, write_recall
from dam_plugin.yearbook.recheck import Changed, Rechecked, recheck

MOST_SHOWN = 200
"""How many changed pictures a page lists."""


class PagesForm(forms.Form):
    """The publisher's list of pages, and whom a set is locked for where it was made for a form alone."""

    pages = forms.FileField(
        label=gettext_lazy("The publisher's list of pages"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv"}),
        help_text=gettext_lazy("A file with a page and a picture's file name in each line."),
    )

    def clean_pages(self) -> Pages | None:
        """Return the list as it was read."""
        file: UploadedFile[Any] | None = self.cleaned_data["pages"]
        if not file:
            return None
        try:
            return pages_of(file.read(LARGEST_LIST + 1))
        except InputError as error:
            raise forms.ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


class HandOverForm(forms.Form):
    """Whom a set goes to, and the word that it is meant."""

    to = words(gettext_lazy("Who prints it"), longest=200)
    sure = forms.BooleanField(
        label=gettext_lazy(
            "The book is printed from this set. Record that each of these pictures goes to the printer."
        ),
        widget=forms.CheckboxInput(attrs={"class": "usa-checkbox__input"}),
        error_messages={"required": gettext_lazy("Tick this if it is so.")},
    )

    def clean_to(self) -> str:
        """Return the printer."""
        to: str = self.cleaned_data["to"]
        if is_form(to):
            raise forms.ValidationError(_("This is the name of a form. Write down who prints the book."))
        return to


class LockForm(HandOverForm, PagesForm):
    """The same, with the publisher's list of pages."""


@dataclass(frozen=True, slots=True)
class ChangedTold:
    """A picture that changed since the set was made: it, on which pages, and why in sentences."""

    picture: Picture
    pages: str
    whys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A picture that was handed out and may not be shown any more; `names` and `whys` are for the custodian alone."""

    picture: Picture
    set_id: str
    set_name: str
    pages: str
    to: str
    state: str
    names: str
    whys: tuple[str, ...]


@for_roles(*MAKERS)
@require_http_methods(["GET", "POST"])
def set_today(request: HttpRequest, set_id: str) -> HttpResponse:
    """Decide every picture of a set again as of today, and show what changed since it was made."""
    at = services()
    with at.store.reading() as unit:
        found = made_set(unit, set_id)
    form = PagesForm(*_sent(request))
    context: dict[str, Any] = {"form": form, "set": set_told(found, Totals()), "title": _("What changed since then")}
    if request.method == "POST" and form.is_valid():
        context |= _told(request, recheck(at, set_id, pages=form.cleaned_data["pages"]))
    return render(request, "desk/yearbook/today.html", context)


@for_roles(*MAKERS)
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, set_id: str) -> HttpResponse:
    """Record that a locked set also went to somebody else, for whom each picture is decided again."""
    at = services()
    with at.store.reading() as unit:
        found = made_set(unit, set_id)
    if found.state != "locked":
        raise Http404
    form = HandOverForm(*_sent(request))
    context: dict[str, Any] = {"form": form, "set": set_told(found, Totals()), "title": _("To another printer")}
    if request.method == "POST" and form.is_valid():
        try:
            done = hand_over_own(at, place_of_set(at, found), by=actor(request), to=form.cleaned_data["to"])
        except CannotLock as stopped:
            context |= _told(request, stopped.rechecked) | {"is_refused": True}
        except InputError as error:
            form.add_error(None, refused(error))
        else:
            told = _("That %(count)d pictures went to %(to)s is on record.")
            messages.success(request, told % {"count": done.shares, "to": done.handover.to})
            return redirect("desk:yearbook_set", set_id=set_id)
    return render(request, "desk/yearbook/hand_over.html", context)


@for_roles(*MAKERS)
@require_http_methods(["GET", "POST"])
def lock_set(request: HttpRequest, set_id: str) -> HttpResponse:
    """Lock a set from which the book is printed, unless something stops it, and record the disclosure."""
    at = services()
    with at.store.reading() as unit:
        found = made_set(unit, set_id)
    if found.state == "locked":
        messages.info(request, _("This set is locked already."))
        return redirect("desk:yearbook_set", set_id=set_id)
    own = found.order.recipient.id or ""
    form = LockForm(*_sent(request), initial={"to": "" if is_form(own) else own})
    context: dict[str, Any] = {"form": form, "set": set_told(found, Totals()), "title": _("Lock the set")}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            done = lock_own(
                at,
                place_of_set(at, found),
                by=actor(request),
                to=said["to"] if said["to"] != own else None,
                pages=said["pages"],
            )
        except CannotLock as stopped:
            context |= _told(request, stopped.rechecked) | {"is_refused": True}
        except InputError as error:
            form.add_error(None, refused(error))
        else:
            told = _("Locked. That %(count)d pictures went to %(to)s is on record.")
            messages.success(request, told % {"count": done.shares, "to": done.handover.to})
            return redirect("desk:yearbook_set", set_id=set_id)
    return render(request, "desk/yearbook/lock.html", context)


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _told(request: HttpRequest, found: Rechecked) -> dict[str, Any]:
    """Return what was found out of a set today, for the pages that show it."""
    in_full = reads_in_full(request)
    with services().store.reading() as unit:
        by_path = _by_path(unit, found.set, {each.path for each in (*found.stops, *found.notices)})
        stops = _changes(unit, found.stops, by_path, in_full=in_full)
        notices = _changes(unit, found.notices, by_path, in_full=in_full)
    note(request, students_in(by_path.values()))
    return {
        "found": found,
        "stops": stops,
        "notices": notices,
        "more": max(0, len(found.stops) - len(stops)),
        "problems": [each.message for each in found.problems[:MOST_SHOWN]],
    }


def _by_path(unit: Unit, set_: ExportSet, paths: set[str]) -> dict[str, ExportFile]:
    return {each.path or "": each for each in unit.exports.files(set_.id) if each.path in paths} if paths else {}


def _changes(
    unit: Unit, changed: tuple[Changed, ...], by_path: dict[str, ExportFile], *, in_full: bool
) -> list[ChangedTold]:
    shown = [each for each in changed if each.path in by_path][:MOST_SHOWN]
    records = unit.people.students_of(students_in(by_path[each.path] for each in shown))
    return [
        ChangedTold(
            picture(by_path[each.path], records),
            ", ".join(each.pages),
            tuple(dict.fromkeys(changes_told(unit, each.why, in_full=in_full))),
        )
        for each in shown
    ]


@for_roles(*MAKERS)
@require_safe
def take_back(request: HttpRequest) -> HttpResponse:
    """Show which pictures of locked sets may not be shown any more: in which file, on which page, and who has them.

    The custodian sees of whom and why, and may look for one student (`?student=S-…`): then allowed pictures are shown, too.
    """
    at, in_full = services(), reads_in_full(request)
    student = request.GET.get("student") or None
    if student is not None and not in_full:
        raise Http404
    try:
        lines = recall(at, student=student)
    except UnknownThing:
        raise Http404 from None
    with at.store.reading() as unit:
        told, students = _recalled(unit, lines[:MOST_SHOWN], in_full=in_full)
        name = name_of(unit.people.students_of([student]), student) if student is not None else None
    note(request, [*students, *filter(None, [student])])
    context = {
        "lines": told,
        "more": max(0, len(lines) - len(told)),
        "to": recipients(lines),
        "student": name,
        "title": _("Pictures to take back"),
    }
    return render(request, "desk/yearbook/take_back.html", context)


def _recalled(unit: Unit, lines: tuple[RecallLine, ...], *, in_full: bool) -> tuple[list[TakenBack], set[str]]:
    sets = {each: unit.exports.need(each) for each in {line.set for line in lines}}
    files = {
        (each, path): file
        for each, set_ in sets.items()
        for path, file in _by_path(unit, set_, {line.path for line in lines if line.set == each}).items()
    }
    students = students_in(files.values()) | {each for line in lines for each in line.students}
    records = unit.people.students_of(students)
    states = {
        "recall": _("Take it back"),
        "make it again": _("Not printed yet: make the set again"),
        "still allowed": _("May still be shown"),
    }
    told = [
        TakenBack(
            picture=picture(files[line.set, line.path], records),
            set_id=line.set,
            set_name=name_of_set(sets[line.set]),
            pages=", ".join(line.pages),
            to=", ".join(dict.fromkeys(each.to for each in line.handed)),
            state=states[line.standing],
            names=", ".join(name_of(records, each) for each in line.students) if in_full else "",
            whys=tuple(dict.fromkeys(changes_told(unit, line.why, in_full=in_full))),
        )
        for line in lines
    ]
    return told, students


@for_roles(*MAKERS)
@require_safe
def take_back_list(request: HttpRequest) -> HttpResponse:
    """Return the list for one publisher (`?to=`): set, file, page and day; no student, no reason, no other publisher."""
    at = services()
    lines, to = recall(at), request.GET.get("to", "")
    if to not in recipients(lines):
        raise Http404
    with workroom() as room:
        write_recall(room / "recall.csv", lines, to=to)
        data = (room / "recall.csv").read_bytes()
    return HttpResponse(
        data,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename="take-back.csv")},
    )
