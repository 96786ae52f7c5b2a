"""Noting what happens with a request: the form of one button, and what the use case says to it."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.account import account
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, actor, for_roles
from dam_hooks.desk.forms import add_error, day, moment, nobody_named
from dam_hooks.desk.pages.request_act_table import ACTS, TODAY_ALONE, WITHOUT_WORDS, Act
from dam_hooks.desk.told import name_of
from dam_plugin.custodian.request_register import RequestView, add_estimate, get_request, note_happening, recordings_of
from dam_plugin.custodian.requests import (
    FeeBasis,
    dollars,
)
from dam_plugin.errors import InputError


@for_roles(CUSTODIAN, DESIGNEE)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Ask for what is noted, and note it."""
    at = services()
    chosen = ACTS.get(slug)
    if chosen is None:
        raise Http404
    view = get_request(at, number)
    form = _form(chosen, request.POST if request.method == "POST" else None)
    if "not_about" in form.fields:
        form.fields["not_about"].choices = _not_about(view, request)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            done = _noted(request, chosen, number, form.cleaned_data)
        except InputError as error:
            add_error(form, error, called_in(view))
        else:
            messages.success(request, _after(done, chosen))
            return redirect("desk:request", number=number)
    context = {"form": form, "act": chosen, "view": view, "title": chosen.button}
    return render(request, "desk/request_act.html", context)


def _noted(request: HttpRequest, chosen: Act, number: str, said: dict[str, Any]) -> RequestView:
    at, by, user = services(), actor(request), account(request)
    what = chosen.note(said | {"me": by.id})
    if isinstance(what, FeeBasis):
        return add_estimate(at, number, what, by, user)
    today, on = at.now().date(), said.get("on")
    when = moment(on, time(12)) if on is not None and on != today else None
    return note_happening(at, number, what, by, user, on=when, no_student_named=bool(said.get("no_student_named")))


def _after(done: RequestView, chosen: Act) -> str:
    """Return what is told once it is noted, with the next day."""
    if chosen.slug == "appeal-over" and done.status.is_appealed:
        return _("Noted. A second person has to say so too, signed in with another account.")
    if chosen.slug == "estimate" and done.status.fee.estimate is not None:
        return _("The fee is estimated: %(sum)s.") % {"sum": dollars(done.status.fee.estimate.cents)}
    return _("Noted.")


def _form(chosen: Act, data: Any) -> forms.Form:
    form = forms.Form(data)
    for name, made in chosen.fields.items():
        form.fields[name] = made()
    if chosen.slug not in TODAY_ALONE:
        form.fields["on"] = day(
            gettext_lazy("When it happened"), required=False, hint=gettext_lazy("Leave it out for today.")
        )
    if chosen.slug not in WITHOUT_WORDS:
        form.fields["no_student_named"] = nobody_named()
    return form


def _not_about(view: RequestView, request: HttpRequest) -> list[tuple[str, str]]:
    """Return what may have nothing to do with a request, by name: its recordings, those of whom it is about, the students."""
    at = services()
    shown = [(each.outside, each.key.rpartition("/")[2]) for each in view.recordings]
    if view.request.asks_in_words:
        for student in view.request.students:
            rows = recordings_of(at, student, actor(request))
            shown += [(str(each["recording"]), str(each["key"]).rpartition("/")[2]) for each in rows if each["key"]]
    shown += [(each.id, _("what was destroyed on %(day)s") % {"day": date_format(each.day)}) for each in view.destroyed]
    with at.store.reading() as unit:
        records = unit.people.students_of(view.by_name.named | set(view.request.students))
    note(request, records)
    return list(dict(shown + [(each, name_of(records, each)) for each in records]).items())


def called_in(view: RequestView) -> dict[str, str]:
    """Return what pages call the recordings of a request, by their short ids."""
    return {each.outside: each.key.rpartition("/")[2] for each in view.recordings}
