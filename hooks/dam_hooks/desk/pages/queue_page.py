"""The custodian's queue, and the page of each piece of work in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.person_names import Names, names_in
from dam_hooks.desk.queue_case import case_told
from dam_hooks.desk.queue_words import KINDS, who_asks
from dam_hooks.desk.told import Card, card
from dam_plugin.custodian.missing import missing_of
from dam_plugin.custodian.sealed_book import require_keeper
from dam_plugin.custodian.work import Listed, Wanted, Work, decision_on_file, get_work, list_referrals
from dam_plugin.errors import UnknownThing
from dam_plugin.sharing.file_referral import waits_in_emergency

PAGE = 25


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work in the list."""

    id: str
    title: str
    who: str
    purpose: str
    card: Card | None
    file: str
    missing: str
    more: int
    due: date
    is_overdue: bool
    is_urgent: bool
    is_open: bool
    pending: int
    owner: str | None


@for_roles(*CUSTODIANS)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show a page of what waits: emergencies first, then what is due next; with `closed` the closed ones follow."""
    at, me = services(), request.user.get_username()
    show, whose = request.GET.get("show", ""), request.GET.get("whose", "")
    is_sealed = request.GET.get("sealed") == "1"
    if is_sealed:
        require_keeper(actor(request))
    wanted = Wanted(
        closed_too=show == "closed",
        overdue=show == "overdue",
        pending=show == "pending",
        owner=me if whose == "mine" else None,
        secret=is_sealed,
        limit=PAGE + 1,
        after=request.GET.get("after") or None,
    )
    is_lost = False
    try:
        found = list_referrals(at, wanted)
    except UnknownThing:
        # What the list went on behind was answered meanwhile.
        found, is_lost = list_referrals(at, replace(wanted, after=None)), True
    page = found[:PAGE]
    rows, students = _rows(page)
    note(request, students)
    context = {
        "rows": rows,
        "after": page[-1].referral.id if len(found) > PAGE else None,
        "is_lost": is_lost,
        "show": show,
        "whose": whose,
        "sealed": is_sealed,
        "title": _("What waits for the records custodian"),
    }
    return render(request, "desk/queue.html", context)


def _rows(page: list[Listed]) -> tuple[list[Row], set[str]]:
    """Return the rows of a page, and the students whom they name."""
    at = services()
    missing = [
        missing_of(each.referral, each.kept.share, decision_on_file(at, each.referral, each.kept), None, in_full=True)
        if each.referral.is_open
        else []
        for each in page
    ]
    # What can be answered here stands for the rest.
    missing = [sorted(found, key=lambda lack: not lack.answered_by) for found in missing]
    texts = [each.text for found in missing for each in found[:1]]
    texts += [each.kept.share.recipient.id or "" for each in page]
    with services().store.reading() as unit:
        stored = unit.assets.current_of({each.referral.asset_key for each in page})
        names = names_in(
            unit, texts, {name for each in page for name in each.referral.students if each.referral.kind == "offer"}
        )
    rows = []
    for each, lacks in zip(page, missing, strict=True):
        referral, share = each.referral, each.kept.share
        recording = stored.get(referral.asset_key)
        rows.append(
            Row(
                referral.id,
                str(KINDS[referral.kind]),
                _whose(each, names),
                share.purpose,
                card(recording) if recording is not None else None,
                referral.asset_key.rpartition("/")[2],
                names.told(lacks[0].text) if lacks else "",
                max(0, len({found.text for found in lacks}) - 1),
                referral.due,
                each.is_overdue,
                referral.is_open and waits_in_emergency(referral.kind, share),
                referral.is_open,
                each.pending,
                referral.owner,
            )
        )
    return rows, set(names.shown)


def _whose(each: Listed, names: Names) -> str:
    """Return who waits for it, in words: of an offer, whose family."""
    if each.referral.kind == "offer":
        return _("the family of %(students)s") % {"students": names.named(each.referral.students)}
    return who_asks(each.kept.share, names)


@for_roles(*CUSTODIANS)
@require_safe
def case(request: HttpRequest, referral: str) -> HttpResponse:
    """Show one piece of work: the case, what is missing, what was found, and what can be done."""
    return show_case(request, work_of(request, referral))


def work_of(request: HttpRequest, referral: str) -> Work:
    """Return the work of an address. Raises Http404; what is sealed is shown to who keeps the sealed book alone."""
    by = actor(request)
    require_keeper(by)
    try:
        return get_work(services(), referral, secret=True)
    except UnknownThing:
        raise Http404 from None


def show_case(request: HttpRequest, work: Work, status: int = 200) -> HttpResponse:
    """Return the page of a piece of work."""
    told = case_told(services(), work, actor(request), system_user(request))
    note(request, told.students)
    context = {
        "case": told,
        "boxes": [box for each in told.seen for box in each.boxes],
        "people": staff() if told.is_open else (),
        "me": request.user.get_username(),
        "title": f"{told.title}: {told.file}",
    }
    return render(request, "desk/queue_case.html", context, status=status)


def staff() -> tuple[str, ...]:
    """Return the accounts to whom work can be given: those of custodians and designees."""
    groups = [each.group for each in CUSTODIANS]
    found = User.objects.filter(is_active=True, groups__name__in=groups).distinct().order_by("username")
    return tuple(found.values_list("username", flat=True)[:200])
