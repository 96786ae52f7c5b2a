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
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.forms import add_error, day, moment, nobody_named
from dam_hooks.desk.pages import register_words as say
from dam_hooks.desk.pages.request_act_fields import Act, Join
from dam_hooks.desk.pages.request_act_table import ACTS, TODAY_ALONE, WITHOUT_WORDS
from dam_hooks.desk.told import name_of
from dam_plugin.custodian.request_register import (
    RequestView,
    add_estimate,
    ask_too,
    correct_received,
    get_request,
    join_parts,
    note_happening,
    recordings_of,
)
from dam_plugin.custodian.requests import (
    AskedToo,
    FeeBasis,
    ReceivedAsked,
    ReceivedCorrected,
    dollars,
)
from dam_plugin.errors import InputError

MOST_PARTS = 200


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Ask for what is noted, and note it."""
    at = services()
    chosen = ACTS.get(slug)
    if chosen is None:
        raise Http404
    view = get_request(at, number)
    form = _form(
        chosen, request.POST if request.method == "POST" else None, {"outcome": request.GET.get("outcome", "")}
    )
    if "not_about" in form.fields:
        form.fields["not_about"].choices = _not_about(view, request)  # type: ignore[attr-defined]
    if "parts" in form.fields:
        parts = _parts(view, request)
        form.fields["parts"].choices = parts[:MOST_PARTS]  # type: ignore[attr-defined]
        if len(parts) > MOST_PARTS or view.more:
            form.fields["parts"].help_text = _("Not all are listed here. Note these, then look again.")
    if request.method == "POST" and form.is_valid():
        try:
            done = _noted(request, chosen, number, form.cleaned_data)
        except InputError as error:
            add_error(form, error, say.called_in(view) | _called(form))
        else:
            messages.success(request, _after(done, chosen))
            return redirect("desk:request", number=number)
    context = {"form": form, "act": chosen, "view": view, "title": chosen.button}
    return render(request, "desk/request_act.html", context)


def _noted(request: HttpRequest, chosen: Act, number: str, said: dict[str, Any]) -> RequestView:
    at, by, user = services(), actor(request), system_user(request)
    what = chosen.note(said | {"me": by.id})
    if isinstance(what, Join):
        return join_parts(at, number, what.parts, by, user)
    if isinstance(what, FeeBasis):
        return add_estimate(at, number, what, by, user)
    no_student_named = bool(said.get("no_student_named"))
    if isinstance(what, ReceivedCorrected):
        return correct_received(at, number, what, by, user, no_student_named=no_student_named)
    if isinstance(what, AskedToo):
        return ask_too(at, number, what, by, user, no_student_named=no_student_named)
    today, on = at.now().date(), said.get("on")
    when = moment(on, time(12)) if on is not None and on != today else None
    return note_happening(at, number, what, by, user, on=when, no_student_named=no_student_named)


def _after(done: RequestView, chosen: Act) -> str:
    """Return what is told once it is noted, with the next day."""
    waits = done.status.is_appealed if chosen.slug == "appeal-over" else done.events[-1].kind == ReceivedAsked.kind
    if chosen.slug in ("appeal-over", "received") and waits:
        return _("Noted. A second person has to say so too, signed in with another account.")
    if chosen.slug == "estimate" and done.status.fee.estimate is not None:
        return _("The fee is estimated: %(sum)s.") % {"sum": dollars(done.status.fee.estimate.cents)}
    if chosen.slug == "delay":
        return _("Noted. Now write the letter that tells it.")
    return _("Noted.")


def _form(chosen: Act, data: Any, start: dict[str, Any]) -> forms.Form:
    form = forms.Form(data, initial=start)
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
    shown = list(say.called_in(view).items())
    if view.request.asks_in_words:
        for student in view.request.students:
            rows = recordings_of(at, student, actor(request))
            shown += [(str(each["recording"]), str(each["key"]).rpartition("/")[2]) for each in rows if each["key"]]
    shown += [(each.id, _("what was destroyed on %(day)s") % {"day": date_format(each.day)}) for each in view.destroyed]
    with at.store.reading() as unit:
        records = unit.people.students_of(view.by_name.named | set(view.request.students))
    note(request, records)
    return list(dict(shown + [(each, name_of(records, each)) for each in records]).items())


def _parts(view: RequestView, request: HttpRequest) -> list[tuple[str, str]]:
    """Return what the same person was answered on the recordings of a request, the newest first, and is not its answer yet."""
    at = services()
    keys = [each.key for each in view.recordings]
    if view.request.asks_in_words:
        rows = (row for student in view.request.students for row in recordings_of(at, student, actor(request)))
        keys += [str(each["key"]) for each in rows if each["key"]]
    with at.store.reading() as unit:
        shares = unit.shares.of_keys(keys)
    return [
        (
            each.share.id,
            _("%(title)s, %(day)s: %(answer)s")
            % {
                "title": each.share.asset_key.rpartition("/")[2],
                "day": date_format(each.at),
                "answer": say.ANSWERS.get(each.outcome, each.outcome),
            },
        )
        for each in reversed(shares)
        if each.share.recipient.who == view.request.recipient.who
        and each.share.kind == "request"
        and not each.share.secret
        and each.share.id not in view.status.parts
    ]


def _called(form: forms.Form) -> dict[str, str]:
    """Return what a form calls recordings, by their short ids."""
    field = form.fields.get("not_about")
    return {str(short): str(called) for short, called in field.choices} if field is not None else {}  # type: ignore[attr-defined]
