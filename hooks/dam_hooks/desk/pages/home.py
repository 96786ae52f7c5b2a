"""Home: what waits for who is signed in, and the alarms of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, EVERYBODY, SHARES, for_roles, has_role
from dam_plugin.custodian.request_register import register_state


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of what waits: how many, what it is, and where it is done (None: not at the desk)."""

    count: int
    what: str
    where: str | None


@for_roles(*EVERYBODY)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits."""
    at = services()
    with at.store.reading() as unit:
        counts, state = unit.assets.counts(), unit.people.roster_state()
    waits = []
    if has_role(request, *SHARES):
        text = ngettext(
            "recording waits until somebody says who is in it",
            "recordings wait until somebody says who is in them",
            counts.waiting,
        )
        waits.append(Waiting(counts.waiting, text, f"{reverse('desk:library')}?state=waiting"))
    if has_role(request, CUSTODIAN, DESIGNEE):
        register = register_state(at)
        where = reverse("desk:requests")
        text = ngettext("request waits for an answer", "requests wait for an answer", register.running)
        waits.append(Waiting(register.running, text, where))
        if register.overdue:
            waits.append(Waiting(register.overdue, _("of them overdue"), f"{where}?show=overdue"))
    context: dict[str, Any] = {"waits": waits, "counts": counts, "roster": state, "title": _("Home")}
    return render(request, "desk/home.html", context)
