"""Yearbook sets: the list, a new one with what would come of it, and its making, which goes on while nobody looks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import actor, for_roles
from dam_hooks.desk.forms import choice, day, number, tick, words
from dam_hooks.desk.job_told import job_of, job_told, progress
from dam_hooks.desk.pages.selection import selection_of
from dam_hooks.desk.yearbook_told import MAKERS, changed_sets, left, name_at, reads_in_full, refused, set_told
from dam_plugin.admin.export_job import YEARBOOK_SET, ask_for_set, set_of_job
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.errors import InputError, SetRefused, SettingsError
from dam_plugin.intake.jobs import begin_again, cancel_job
from dam_plugin.model import Actor, Recipient
from dam_plugin.services import Services
from dam_plugin.store import Totals
from dam_plugin.store.jobs import OPEN, Job
from dam_plugin.store.sets import Query, SetOrder
from dam_plugin.yearbook.exclusions import reasons_of
from dam_plugin.yearbook.plan import forecast
from dam_plugin.yearbook.profiles import SHIPPED, called_as_students, check_volume, is_form, load
from dam_plugin.yearbook.recheck import check_recipient
from dam_plugin.yearbook.targets import Target, target_of

PAGE = 20
LOOK_SECONDS = 4.0
"""For how long "Show me first" looks at the library."""
MOST_GRADES = 30
MOST_JOBS = 50
TOLD_FOR = timedelta(days=3)
"""For how long a set that was not made is told of."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")


class SetForm(forms.Form):
    """What a set is of, for whom, and in which form; as `export yearbook` takes it."""

    name = words(
        gettext_lazy("What the set is called"),
        gettext_lazy("Letters, digits, spaces and dashes; no student's name. The file is called so too."),
        longest=60,
    )
    to = words(
        gettext_lazy("Who prints it"),
        gettext_lazy("The printer's or publisher's name, as the families' consents write it."),
        longest=200,
    )
    publisher = choice(gettext_lazy("Which form the publisher takes"))
    event = words(
        gettext_lazy("Event or folder"),
        gettext_lazy("Such as: Fall Concert. Leave it empty for the whole library."),
        required=False,
        longest=200,
    )
    since = day(gettext_lazy("Taken on this day or later"), required=False)
    grades = words(
        gettext_lazy("Grades"),
        gettext_lazy("Such as: 9, 10. Leave it empty for all grades."),
        required=False,
        longest=100,
    )
    selected = tick(gettext_lazy("Only the pictures that I selected in the library"))
    redact = tick(
        gettext_lazy("Take copies in which somebody is hidden, too"),
        gettext_lazy("Without this, a picture that shows somebody who may not be shown stays out."),
    )
    volume = words(gettext_lazy("Folder of the portraits in the set"), longest=32, initial="YEARBOOK")
    width = number(gettext_lazy("Width of a portrait, in pixels"), least=64, most=4096, initial=640)
    height = number(gettext_lazy("Height of a portrait, in pixels"), least=64, most=4096, initial=800)

    def __init__(self, *args: Any, at: Services, by: Actor, selected: tuple[str, ...], **kwargs: Any) -> None:
        """Take the services, which know whose name is a student's, who asks, and what is selected."""
        super().__init__(*args, **kwargs)
        self._selected = selected
        self._at = at
        self._by = by
        self.fields["publisher"].choices = [(each, load(each).title) for each in SHIPPED]  # type: ignore[attr-defined]

    @property
    def common(self) -> list[forms.BoundField]:
        """The fields that everybody fills in."""
        return [self[name] for name in ("name", "to", "publisher", "event", "since", "grades")]

    @property
    def rare(self) -> list[forms.BoundField]:
        """The fields that hardly anybody changes."""
        return [self[name] for name in ("volume", "width", "height")]

    def clean_name(self) -> str:
        """Return the name of the set's file, without its ending."""
        name = " ".join(self.cleaned_data["name"].split())
        if not _NAME.fullmatch(name):
            raise forms.ValidationError(_("Use letters, digits, spaces and dashes alone, a letter or digit first."))
        return name.replace(" ", "-")

    def clean_to(self) -> str:
        """Return whom the set is for."""
        to: str = self.cleaned_data["to"]
        if is_form(to):
            raise forms.ValidationError(_("This is the name of a form. Write down who prints the book."))
        try:
            check_recipient(Recipient("public", to), self._by)
        except InputError:
            raise forms.ValidationError(_("Write down the printer's or publisher's name.")) from None
        return to

    def clean(self) -> dict[str, Any]:
        """Refuse a student's name for the set and for who prints it: both are told to others."""
        said: dict[str, Any] = super().clean() or {}
        name, to = said.get("name", "").replace("-", " ").replace("_", " "), said.get("to", "")
        with self._at.store.reading() as unit:
            found = called_as_students(filter(None, (name, to)), unit.people.stream())
        if name in found:
            self.add_error("name", _("This is a student's name. Choose another one."))
        if to in found:
            self.add_error("to", _("This is a student's name. Write down who prints the book."))
        return said

    def clean_selected(self) -> bool:
        """Return whether the selection counts, which must not be empty then: an empty one would mean the whole library."""
        is_meant: bool = self.cleaned_data["selected"]
        if is_meant and not self._selected:
            raise forms.ValidationError(_("Nothing is selected in the library any more."))
        return is_meant

    def clean_grades(self) -> tuple[str, ...]:
        """Return the grades, each once."""
        grades = tuple(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["grades"].split(",")))))
        if len(grades) > MOST_GRADES:
            raise forms.ValidationError(_("These are too many grades."))
        return grades

    def clean_volume(self) -> str:
        """Return the folder of the portraits."""
        volume: str = self.cleaned_data["volume"]
        try:
            check_volume(volume)
        except InputError:
            raise forms.ValidationError(
                _("Use letters, digits, '_' and '-' alone, and not the word 'candids'.")
            ) from None
        return volume


@for_roles(*MAKERS)
@require_safe
def sets(request: HttpRequest) -> HttpResponse:
    """Show the sets, the newest first, and those that are being made."""
    at, after = services(), request.GET.get("after", "")
    with at.store.reading() as unit:
        found = unit.exports.sets()
        ids = [each.id for each in found]
        first = ids.index(after) + 1 if after in ids else 0
        page = found[first : first + PAGE]
        totals = unit.exports.totals_of([each.id for each in page])
        handed = unit.exports.handovers_of([each.id for each in page])
        changed = changed_sets(at, unit, page)
        jobs = [each for each in unit.jobs.newest(MOST_JOBS) if each.kind == YEARBOOK_SET.name]
    open_places = {each.arguments["target"] for each in jobs if each.state in OPEN}
    told = [
        set_told(
            each,
            totals.get(each.id, Totals()),
            handed.get(each.id, ()),
            is_at_work=each.target in open_places,
            has_changed=each.id in changed,
        )
        for each in page
    ]
    making = [each for each in jobs if each.state in OPEN or _is_left(each, at.now())]
    context = {
        "sets": told,
        "after": page[-1].id if found[first + PAGE :] else None,
        "making": [(job_told(each, at.now()), name_at(each.arguments["target"])) for each in making],
        "title": _("Yearbook"),
    }
    return render(request, "desk/yearbook/sets.html", context)


@for_roles(*MAKERS)
@require_http_methods(["GET", "POST"])
def new_set(request: HttpRequest) -> HttpResponse:
    """Ask what the set is of and for whom, show what would come of it, and have it made."""
    at = services()
    selected = selection_of(request)
    initial = {
        "name": f"yearbook-{at.now().date().isoformat()}",
        "event": request.GET.get("event", "")[:200],
        "selected": bool(selected) and request.GET.get("selected") == "on",
    }
    form = SetForm(
        request.POST if request.method == "POST" else None, initial=initial, at=at, by=actor(request), selected=selected
    )
    context: dict[str, Any] = {"form": form, "selected": selected, "title": _("New yearbook set")}
    if request.method == "POST" and form.is_valid():
        order = _order(form.cleaned_data, selected)
        if request.POST.get("do") == "see":
            found = forecast(at, order, actor(request), seconds=LOOK_SECONDS)
            context |= {"forecast": found, "left": left(reasons_of(found.left_out, order))}
        elif (job := _asked_for(request, form, order)) is not None:
            return redirect("desk:making", job=job.id)
    return render(request, "desk/yearbook/new.html", context)


def _is_left(job: Job, now: datetime) -> bool:
    """Whether a job ended without a set a short time ago."""
    return job.state in ("failed", "cancelled") and now - job.moved_at < TOLD_FOR


def _order(said: dict[str, Any], selected: tuple[str, ...]) -> SetOrder:
    return SetOrder(
        query=Query(said["event"] or None, said["since"], said["grades"], selected if said["selected"] else ()),
        publisher=said["publisher"],
        recipient=Recipient("public", said["to"]),
        redact=said["redact"],
        volume=said["volume"],
        portrait_size=(said["width"], said["height"]),
    )


def _asked_for(request: HttpRequest, form: SetForm, order: SetOrder) -> Job | None:
    """Return the job that makes the set; None where the form says why there is none."""
    at = services()
    target = _place(at, form.cleaned_data["name"])
    try:
        added = ask_for_set(at, order, load(order.publisher), target, actor(request))
    except SettingsError:
        form.add_error(None, _("Sets are signed, and the district has no key for that yet. Ask an administrator."))
        return None
    except InputError as error:
        is_name = isinstance(error, SetRefused) and error.why in ("taken", "other-set")
        form.add_error("name" if is_name else None, refused(error))
        return None
    if added.was_open:
        messages.info(request, _("This set is being made already."))
    return added.job


def _place(at: Services, name: str) -> Target:
    return target_of(f"s3://{at.library.bucket}/exports/{name}.zip", at.library)


@for_roles(*MAKERS)
@require_safe
def making(request: HttpRequest, job: str) -> HttpResponse:
    """Show how far a set is: the page, or for htmx the part of it that changes."""
    at = services()
    found = job_of(at, job, YEARBOOK_SET)
    with at.store.reading() as unit:
        made = set_of_job(unit, found)
    name = name_at(found.arguments["target"])
    return progress(
        request,
        "desk/yearbook/making.html",
        job_told(found, at.now()),
        set=made,
        may_change=_may_change(request, found),
        stop="desk:stop_making",
        again="desk:make_again",
        title=_("Making %s") % name,
    )


@for_roles(*MAKERS)
@require_POST
def stop_making(request: HttpRequest, job: str) -> HttpResponse:
    """Stop the making of a set after the picture at hand."""
    at, found = services(), _own_job(request, job)
    try:
        cancel_job(at, found.id)
        messages.success(request, _("It is being stopped. It can go on later where it was."))
    except InputError:
        messages.info(request, _("It was over already."))
    return redirect("desk:making", job=job)


@for_roles(*MAKERS)
@require_POST
def make_again(request: HttpRequest, job: str) -> HttpResponse:
    """Go on with a set that was stopped, or make one anew that could not be made."""
    at, found = services(), _own_job(request, job)
    try:
        begin_again(at, KINDS, found.id, detach=True)
        messages.success(request, _("It goes on."))
    except InputError:
        messages.info(request, _("It cannot go on now: it is being made, or another version of the program began it."))
    return redirect("desk:making", job=job)


def _own_job(request: HttpRequest, job_id: str) -> Job:
    """Return a job that somebody may change: their own, or any for the custodian. Raises Http404."""
    found = job_of(services(), job_id, YEARBOOK_SET)
    if not _may_change(request, found):
        raise Http404
    return found


def _may_change(request: HttpRequest, job: Job) -> bool:
    return reads_in_full(request) or job.asked_by.id == request.user.get_username()
