"""Set-up: each setting with what it means and whether it is set, and everything that the plugin needs looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dam_hooks.desk.apps import Desk, services
from dam_hooks.desk.desk_roles import ADMIN, for_roles
from dam_hooks.desk.setting_words import GROUPS
from dam_plugin.settings import SettingTold, settings_told


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting on the page: in words, and as it is."""

    title: Any
    meaning: Any
    told: SettingTold


@for_roles(ADMIN)
@require_safe
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the settings."""
    told = {each.name: each for each in settings_told(services().settings)}
    groups = [
        (title, [Shown(name, meaning, told[each]) for each, (name, meaning) in words.items()])
        for title, words in GROUPS
    ]
    context = {"groups": groups, "may_check": Desk.examine is not None, "title": _("Set-up")}
    return render(request, "desk/set_up.html", context)


@for_roles(ADMIN)
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Look at everything that the plugin needs, and show what was found: what is broken first."""
    order = ("failed", "warning", "ok")
    found = sorted(Desk.examine() if Desk.examine is not None else (), key=lambda each: order.index(each.state))
    counts = {state: sum(each.state == state for each in found) for state in order}
    return render(request, "desk/check.html", {"checks": found, "counts": counts, "title": _("What was looked at")})
