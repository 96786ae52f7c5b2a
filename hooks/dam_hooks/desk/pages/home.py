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
from dam_hooks.desk.desk_roles import CUSTODIANS, EVERYBODY, SHARES, for_roles, has_role
from dam_hooks.desk.yearbook_told import MAKERS, yearbook_waits
from dam_plugin.custodian.request_register import register_state
from dam_plugin.custodian.work import queue_state
from dam_plugin.services import Services


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
        counts = unit.assets.counts()
    waits = []
    if has_role(request, *SHARES):
        text = ngettext(
            "recording waits until somebody says who is in it",
            "recordings wait until somebody says who is in them",
            counts.waiting,
        )
        waits.append(Waiting(counts.waiting, text, reverse("desk:waiting")))
    if has_role(request, *CUSTODIANS):
        waits += [*_of_queue(at), *_of_register(at), *_of_rules(at)]
    if has_role(request, *MAKERS):
        waits += [Waiting(*each) for each in yearbook_waits(at)]
    context: dict[str, Any] = {"waits": waits, "counts": counts, "title": _("Home")}
    return render(request, "desk/home.html", context)


def _of_rules(at: Services) -> list[Waiting]:
    """Return the changes by rules that wait for a second person; nothing where none does."""
    with at.store.reading() as unit:
        count = len(unit.rule_changes.pending())
    text = ngettext("change by rules waits for a second person", "changes by rules wait for a second person", count)
    return [Waiting(count, text, reverse("desk:rules"))] if count else []


def _of_register(at: Services) -> list[Waiting]:
    """Return what waits in the register of requests: those that wait for an answer, and the overdue among them."""
    register, where = register_state(at), reverse("desk:requests")
    text = ngettext("request waits for an answer", "requests wait for an answer", register.running)
    late = ngettext("of these is overdue", "of these are overdue", register.overdue)
    told = [(register.running, text, where), (register.overdue, late, f"{where}?show=overdue")]
    return [Waiting(count, what, address) for count, what, address in told if count or address == where]


def _of_queue(at: Services) -> list[Waiting]:
    """Return what waits in the custodian's queue: requests, the overdue among them, findings for a second person."""
    state, where = queue_state(at), reverse("desk:queue")
    told = [
        (state.open, ngettext("case waits in the queue", "cases wait in the queue", state.open), where),
        (state.overdue, ngettext("of them is overdue", "of them are overdue", state.overdue), f"{where}?show=overdue"),
        (
            state.pending,
            ngettext("finding waits for a second person", "findings wait for a second person", state.pending),
            f"{where}?show=pending",
        ),
    ]
    return [Waiting(count, what, address) for count, what, address in told if count or address == where]
