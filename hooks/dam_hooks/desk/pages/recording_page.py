"""One recording: the picture with who is in it and why, who may see it, what was shared."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, EVERYBODY, MEDIA, SHARES, for_roles, has_role
from dam_hooks.desk.small_pictures import PAGE, THUMBNAIL, small_picture
from dam_hooks.desk.told import card, seen_in
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset, Unit


def recording_of(unit: Unit, asset: str) -> StoredAsset:
    """Return the recording of an address. Raises Http404; of a version that was replaced, the one of now is returned."""
    stored = unit.assets.by_id(asset)
    if stored is None:
        raise Http404
    now = unit.assets.current(stored.asset.key)
    if now is None:
        raise Http404
    return now


@for_roles(*EVERYBODY)
@require_safe
def recording(request: HttpRequest, asset: str) -> HttpResponse:
    """Show a recording."""
    with services().store.reading() as unit:
        stored = recording_of(unit, asset)
        seen = seen_in(unit, stored)
        shares = [each for each in unit.shares.of_key(stored.asset.key) if not each.share.secret]
    if stored.asset.id != asset:
        return redirect("desk:recording", asset=stored.asset.id)
    note(request, (each.student for each in seen))
    shown = card(stored)
    context = {
        "card": shown,
        "seen": seen,
        "boxes": [box for each in seen for box in each.boxes],
        "shares": sorted(shares, key=lambda each: each.at, reverse=True)[:20],
        "may_share": has_role(request, *SHARES),
        "may_release_in_emergency": has_role(request, CUSTODIAN, DESIGNEE, MEDIA),
        "title": shown.title,
    }
    return render(request, "desk/recording.html", context)


@for_roles(*EVERYBODY)
@require_safe
def picture(request: HttpRequest, asset: str) -> HttpResponse:
    """Return the picture at the size of a page."""
    return _picture(services(), asset, PAGE)


@for_roles(*EVERYBODY)
@require_safe
def thumbnail(request: HttpRequest, asset: str) -> HttpResponse:
    """Return the picture at the size of a list."""
    return _picture(services(), asset, THUMBNAIL)


def _picture(at: Services, asset: str, widest: int) -> HttpResponse:
    with at.store.reading() as unit:
        stored = recording_of(unit, asset)
    made = small_picture(at, stored, widest)
    if made is None:
        raise Http404(_("This file is no picture that can be shown."))
    return HttpResponse(made, content_type="image/jpeg")
