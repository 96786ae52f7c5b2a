"""The library: what the bucket holds, page by page, with each recording's state."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import EVERYBODY, for_roles, has_role
from dam_hooks.desk.pages.selection import selection_of
from dam_hooks.desk.told import card
from dam_hooks.desk.yearbook_told import MAKERS
from dam_plugin.store import StoredAsset, Unit

PAGE = 48
WAITING = "waiting"


@for_roles(*EVERYBODY)
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Show a page of recordings, all or those that wait for a look, of one folder or of all."""
    at = services()
    state, folder = request.GET.get("state", ""), request.GET.get("folder", "").strip().strip("/")
    after = request.GET.get("after", "")
    with at.store.reading() as unit:
        found = _page(unit, state, f"{folder}/" if folder else "", after)
    more = found[PAGE:]
    context = {
        "cards": [card(each) for each in found[:PAGE]],
        "after": found[PAGE - 1].asset.key if more else None,
        "state": state,
        "folder": folder,
        "title": _("Library"),
        "may_select": has_role(request, *MAKERS),
        "selected": selection_of(request),
    }
    return render(request, "desk/library.html", context)


def _page(unit: Unit, state: str, folder: str, after: str) -> list[StoredAsset]:
    if state == WAITING:
        return unit.assets.waiting_page(limit=PAGE + 1, after=after or None, folder=folder)
    keys = unit.assets.current_keys(after, PAGE + 1, folder)
    found = unit.assets.current_of(keys)
    return [found[each] for each in keys if each in found]
