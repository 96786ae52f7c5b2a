"""The menu: each page that stands in it, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dam_hooks.desk.desk_roles import ADMIN, AUDITOR, CUSTODIANS, EVERYBODY, MEDIA, SHARES, YEARBOOK, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the name of its address, its words, and who sees it."""

    name: str
    title: Any
    roles: tuple[Role, ...]


MENU = (
    Entry("desk:home", _("Home"), EVERYBODY),
    Entry("desk:waiting", _("Waiting"), SHARES),
    Entry("desk:library", _("Library"), EVERYBODY),
    Entry("desk:upload", _("Upload"), SHARES),
    Entry("desk:my_shares", _("My shares"), SHARES),
    Entry("desk:yearbook", _("Yearbook"), (YEARBOOK, *CUSTODIANS)),
    Entry("desk:queue", _("Queue"), CUSTODIANS),
    Entry("desk:requests", _("Requests"), CUSTODIANS),
    Entry("desk:letters", _("Letters"), CUSTODIANS),
    Entry("desk:holds", _("Holds"), CUSTODIANS),
    Entry("desk:students", _("Students"), (*CUSTODIANS, AUDITOR)),
    Entry("desk:emergency", _("Emergency"), (*CUSTODIANS, MEDIA)),
    Entry("desk:looks", _("Who looked"), (*CUSTODIANS, AUDITOR)),
    Entry("desk:rules", _("Rules"), (ADMIN, *CUSTODIANS)),
    Entry("desk:jobs", _("Work in progress"), (ADMIN, *CUSTODIANS)),
    Entry("desk:report", _("Report"), (ADMIN, *CUSTODIANS)),
    Entry("desk:users", _("Users and roles"), (ADMIN,)),
    Entry("desk:set_up", _("Set-up"), (ADMIN,)),
)
