"""Students: found by name, and one student's page with what the family chose and who holds what.

A name is typed into a form that is posted, so that none stands in an address, a log or the browser's history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import AUDITOR, CUSTODIANS, actor, for_roles, has_role
from dam_hooks.desk.pages.student_say import closed_before
from dam_hooks.desk.student_statements import STATEMENTS
from dam_hooks.desk.student_told import (
    consents_told,
    guardians_told,
    opt_outs_told,
    papers_of,
    protections_told,
    rights_told,
    stated_told,
    untold_told,
)
from dam_hooks.desk.student_words import called, guardians_called, said_plainly
from dam_plugin.custodian.choices import told_choices
from dam_plugin.custodian.evidence_files import read_copy
from dam_plugin.custodian.find_students import find_students, found_by
from dam_plugin.ledger.corrected import never_given
from dam_plugin.model import StudentRecord
from dam_plugin.sharing.unanswered import may_answer_until
from dam_plugin.store import Unit

PAGE = 25


class SearchForm(forms.Form):
    """Part of a student's or a guardian's name."""

    text = forms.CharField(
        label=_l("Name of a student or a parent"),
        help_text=_l("A part of it is enough."),
        max_length=100,
        widget=forms.TextInput(
            attrs={"class": "usa-input", "autocomplete": "off", "dir": "auto", "spellcheck": "false"}
        ),
    )
    after = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())


@dataclass(frozen=True, slots=True)
class Found:
    """A student in a list: the name, the other names, the grade, and the guardians by whom the student was found."""

    id: str
    name: str
    others: str
    grade: str | None
    is_enrolled: bool
    found_by: str


@for_roles(*CUSTODIANS, AUDITOR)
@require_http_methods(["GET", "POST"])
def students(request: HttpRequest) -> HttpResponse:
    """Ask for a name, and show who is called so."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "title": _("Students"), "in_full": has_role(request, *CUSTODIANS)}
    if request.method == "POST" and form.is_valid():
        at, text, after = services(), form.cleaned_data["text"], form.cleaned_data["after"] or None
        in_full = has_role(request, *CUSTODIANS)
        found = find_students(at, text, limit=PAGE + 1, after=after, in_full=in_full)
        today, shown = at.now().date(), found.students[:PAGE]
        context["found"] = [_found(each, found_by(each, found.guardians, today, in_full=in_full)) for each in shown]
        context["text"] = text
        context["after"] = shown[-1].id if len(found.students) > PAGE else None
        note(request, (each.id for each in shown))
    return render(request, "desk/students/students.html", context)


def _found(record: StudentRecord, guardians: tuple[str, ...]) -> Found:
    names = guardians_called(record)
    return Found(
        record.id,
        called(record),
        ", ".join(record.names[1:]),
        record.grade,
        record.active,
        ", ".join(names[each] for each in guardians),
    )


def student_of(unit: Unit, student: str) -> StudentRecord:
    """Return the student of an address. Raises Http404."""
    record = unit.people.student(student)
    if record is None:
        raise Http404
    return record


@for_roles(*CUSTODIANS)
@require_safe
def student(request: HttpRequest, student: str) -> HttpResponse:
    """Show a student."""
    at = services()
    today, district = at.now().date(), at.settings.district
    with at.store.reading() as unit:
        record = student_of(unit, student)
        until = may_answer_until(record, district)
        context: dict[str, Any] = {
            "opt_outs": opt_outs_told(unit, record, today),
            "consents": consents_told(unit, record, today, never_given(unit, at.ledger, {record.id})),
            "untold": untold_told(unit, record, today),
            "closed": closed_before(request, unit, record),
        }
    told = told_choices(at, record.id, actor(request))
    with at.store.reading() as unit:
        context["choices"] = said_plainly(unit, record, told)
    note(request, [record.id])
    context |= {
        "record": record,
        "name": called(record),
        "guardians": guardians_told(record, today),
        "stated": stated_told(record, today),
        "rights": rights_told(record, today, at.rulings),
        "is_protected": record.will_be_protected(today),
        "protections": protections_told(record, today),
        "may_answer_until": until if until is not None and today <= until else None,
        "says": {word.replace("-", "_"): each.title for word, each in STATEMENTS.items()},
        # No name: a browser keeps the titles of pages.
        "title": _("A student"),
    }
    return render(request, "desk/students/student.html", context)


@for_roles(*CUSTODIANS)
@require_safe
def paper(request: HttpRequest, student: str, paper: str) -> HttpResponse:
    """Return the copy of a paper that is on file for this student; a paper of somebody else is not there."""
    at = services()
    with at.store.reading() as unit:
        record = student_of(unit, student)
        if paper not in papers_of(unit, record):
            raise Http404
    content, media_type = read_copy(at, paper)
    note(request, [record.id])
    answer = HttpResponse(content, content_type=media_type)
    # Never shown within the desk, whatever the file holds.
    answer.headers["Content-Disposition"] = "attachment"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
