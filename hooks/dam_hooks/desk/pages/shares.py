"""My shares: the links that I handed out, whether they still open, and taking one back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dam_hooks.desk.apps import plugin, services
from dam_hooks.desk.desk_roles import SHARES, for_roles

PAGE = 50


@for_roles(*SHARES)
@require_safe
def my_shares(request: HttpRequest) -> HttpResponse:
    """Show the links of who is signed in, the newest first."""
    at, me = services(), request.user.get_username()
    with at.store.reading() as unit:
        mine = unit.shares.links_by(me, limit=PAGE)
    context = {"links": mine, "now": at.now(), "title": _("My shares")}
    return render(request, "desk/my_shares.html", context)


@for_roles(*SHARES)
@require_POST
def take_back(request: HttpRequest, link: str) -> HttpResponse:
    """Close a link of who is signed in."""
    at, me = services(), request.user.get_username()
    with at.store.reading() as unit:
        kept = unit.shares.link(link)
        share = unit.shares.share(kept.share_id) if kept is not None and not kept.secret else None
    if share is None or share.share.user != me:
        raise Http404
    plugin().hook.share_revoked(link_id=link, key=None, student=None)
    messages.success(request, _("The link is taken back: it opens nothing any more."))
    return redirect("desk:my_shares")
