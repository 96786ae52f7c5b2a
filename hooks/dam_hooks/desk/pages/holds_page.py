"""Holds: what may not be destroyed and why, adding a hold on recordings or a folder, and releasing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.forms import add_error, choice, day, one_line, several, words
from dam_hooks.desk.pages.request_entry import kept_of, recordings_found
from dam_hooks.desk.person_names import with_law
from dam_hooks.desk.told import name_of
from dam_plugin.custodian import holds as held
from dam_plugin.custodian.holds import Asked, Held, HeldPlace, Wanted
from dam_plugin.errors import InputError
from dam_plugin.model import Referral
from dam_plugin.sharing.file_referral import REFERRAL_KINDS
from dam_plugin.store import Hold

PAGE = 50
KINDS = {
    "litigation": gettext_lazy("a lawsuit or a claim, also one that may come"),
    "subpoena": gettext_lazy("a subpoena or a court's order"),
    "request": gettext_lazy("a request on paper"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What holds: in words, on what, since and until when; `hold` is the id of one that can be released here."""

    what: str
    why: str
    place: str
    since: date
    until: date | None
    hold: str | None
    request: str | None
    waits_for_second: bool = False
    is_over: bool = False


class HoldForm(forms.Form):
    """What is held, why, and until when."""

    recording = words(gettext_lazy("Find recordings by a word of their name or folder"), required=False, longest=200)
    recordings = several(gettext_lazy("Recordings that are held"), [])
    folder = words(
        gettext_lazy("A whole folder"),
        required=False,
        longest=500,
        hint=gettext_lazy("Also what comes into it later. Such as: events/fall-concert"),
    )
    kind = choice(gettext_lazy("What for"), list(KINDS.items()))
    matter = words(
        gettext_lazy("The matter"),
        longest=held.LONGEST_TEXT,
        hint=gettext_lazy("What the case is called in your files, such as: docket 26-117"),
    )
    why = words(gettext_lazy("Why"), longest=held.LONGEST_TEXT)
    source = words(
        gettext_lazy("Where that comes from"),
        longest=held.LONGEST_TEXT,
        hint=gettext_lazy("Such as: letter of counsel, November 2"),
    )
    until = day(gettext_lazy("Until when"), required=False, hint=gettext_lazy("Leave it out: until it is released."))

    def __init__(self, *args: Any, found: list[tuple[str, str]], **kwargs: Any) -> None:
        """Take the recordings that were found so far."""
        super().__init__(*args, **kwargs)
        self.fields["recordings"].choices = found  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for something to hold."""
        said: dict[str, Any] = super().clean() or {}
        if not said.get("recordings") and not said.get("folder", "").strip("/ "):
            self.add_error("recording", _("Find the recordings that are held, or name a folder."))
        return said


class ReleaseForm(forms.Form):
    """Why a hold is released."""

    why = words(gettext_lazy("Why"), longest=held.LONGEST_TEXT)


@for_roles(*CUSTODIANS)
@require_safe
def holds(request: HttpRequest) -> HttpResponse:
    """Show what holds recordings, a page at a time. A sealed hold is not there."""
    at, ended_too = services(), request.GET.get("show") == "all"
    after = request.GET.get("after") or None
    found = held.list_page(at, Asked(ended_too=ended_too), limit=PAGE + 1, after=after)
    students = {each.by.student for each in found if not isinstance(each.by, HeldPlace | Referral) and each.by.student}
    with at.store.reading() as unit:
        records = unit.people.students_of(students)
    note(request, records)
    names = {each: name_of(records, each) for each in students}
    context = {
        "rows": [_row(each, names) for each in found[:PAGE]],
        "after": found[PAGE - 1].name if len(found) > PAGE else None,
        "show": request.GET.get("show", ""),
        "alarms": len(held.alarms(at)),
        "title": _("Holds"),
    }
    return render(request, "desk/holds.html", context)


def _row(row: Held, names: dict[str, str]) -> Row:
    by, zone = row.by, services().now().tzinfo
    if isinstance(by, HeldPlace):
        hold = by.hold
        can_end = by.is_in_force and hold.released is None
        return Row(
            f"{KINDS.get(hold.kind, hold.kind)}: {hold.matter}",
            hold.why,
            _place(hold),
            hold.at.astimezone(zone).date(),
            hold.until,
            hold.id if can_end else None,
            None,
            waits_for_second=can_end and hold.asked is not None,
            is_over=not by.is_in_force,
        )
    if isinstance(by, Referral):
        what = _("work in the queue: %(what)s") % {"what": REFERRAL_KINDS[by.kind].called}
        return Row(what, "", by.asset_key, by.opened_at.astimezone(zone).date(), None, None, None)
    place = _("everything with %(name)s") % {"name": names[by.student]} if by.student else by.place
    what = _("a request that waits for its answer") if by.is_open else _("a request that was answered")
    return Row(what, by.purpose, place, by.received_at.astimezone(zone).date(), by.until, None, by.request_id)


def _place(hold: Hold) -> str:
    return hold.key or str(_("the whole library"))


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def new_hold(request: HttpRequest) -> HttpResponse:
    """Ask what is held and why, look recordings up, and hold them."""
    at = services()
    data = request.POST if request.method == "POST" else None
    with at.store.reading() as unit:
        found = recordings_found(unit, request.POST)
    is_looking = "find_recording" in request.POST
    form = HoldForm(initial=kept_of(request.POST), found=found) if is_looking else HoldForm(data, found=found)
    if data is not None and not is_looking and form.is_valid():
        said = form.cleaned_data
        keys, folder = [dict(found)[each] for each in said["recordings"]], said["folder"].strip().strip("/")
        wanted = Wanted(
            said["kind"], one_line(said["matter"]), one_line(said["why"]), one_line(said["source"]), said["until"]
        )
        try:
            added = held.add(
                at, [*keys, *([f"{folder}/"] if folder else [])], wanted, actor(request), system_user(request)
            )
        except InputError as error:
            add_error(form, error)
        else:
            messages.success(request, _("It is held: nobody destroys it from now on."))
            if added.restored:
                messages.info(request, _("What was deleted of it was brought back."))
            if added.storage.warning:
                with at.store.reading() as unit:
                    messages.warning(request, with_law(unit, added.storage.warning).text)
            return redirect("desk:holds")
    context = {"form": form, "is_looking": is_looking, "title": _("Hold recordings")}
    return render(request, "desk/hold_new.html", context)


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def release_hold(request: HttpRequest, hold: str) -> HttpResponse:
    """Ask why, and release a hold; one for a lawsuit takes a second person."""
    at = services()
    place, _deletions = held.show(at, hold)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = held.release(at, hold, one_line(form.cleaned_data["why"]), actor(request), system_user(request))
        except InputError as error:
            add_error(form, error)
        else:
            if done.waits:
                messages.warning(
                    request, _("It holds still. A second person releases it too, signed in with another account.")
                )
            else:
                messages.success(request, _("It is released. Other holds on the same recordings stay."))
            return redirect("desk:holds")
    context = {
        "form": form,
        "hold": place.hold,
        "place": _place(place.hold),
        "kind": KINDS.get(place.hold.kind, place.hold.kind),
        "count": place.recordings,
        "title": _("Release"),
    }
    return render(request, "desk/hold_release.html", context)
