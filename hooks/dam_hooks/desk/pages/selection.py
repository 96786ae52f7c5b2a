"""Recordings that somebody selects in the library, to make a set of them alone. Kept in the session until it ends."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import for_roles
from dam_hooks.desk.yearbook_told import MAKERS

MOST = 500
"""How many recordings can be selected."""
_KEPT = "desk_selection"


def selection_of(request: HttpRequest) -> tuple[str, ...]:
    """Return the ids of the recordings that somebody selected, in their order."""
    return tuple(request.session.get(_KEPT, ()))


@for_roles(*MAKERS)
@require_POST
def select(request: HttpRequest) -> HttpResponse:
    """Keep what is ticked on a page of the library beside what was selected before, or let all of it go."""
    if request.POST.get("do") == "clear":
        request.session[_KEPT] = []
        messages.success(request, _("Nothing is selected any more."))
    else:
        _add(request)
    back = {name: request.POST.get(name, "")[:1024] for name in ("state", "folder", "after")}
    return redirect(f"{reverse('desk:library')}?{urlencode({name: each for name, each in back.items() if each})}")


def _add(request: HttpRequest) -> None:
    shown, ticked = set(request.POST.getlist("shown")), request.POST.getlist("recording")
    with services().store.reading() as unit:
        there = {each.asset.id for each in unit.assets.by_ids(set(ticked[:MOST]))}
    known = [each for each in ticked[:MOST] if each in there]
    kept = [each for each in selection_of(request) if each not in shown]
    selected = list(dict.fromkeys([*kept, *known]))
    if len(selected) > MOST:
        messages.error(request, _("At most %(most)d recordings can be selected.") % {"most": MOST})
        return
    request.session[_KEPT] = selected
    told = ngettext("%(count)d recording is selected.", "%(count)d recordings are selected.", len(selected))
    messages.success(request, told % {"count": len(selected)})
