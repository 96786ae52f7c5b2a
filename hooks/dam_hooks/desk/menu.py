"""The menu: each page that stands in it, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, EVERYBODY, SHARES, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the name of its address, its words, and who sees it."""

    name: str
    title: Any
    roles: tuple[Role, ...]


MENU = (
    Entry("desk:home", _("Home"), EVERYBODY),
    Entry("desk:library", _("Library"), EVERYBODY),
    Entry("desk:my_shares", _("My shares"), SHARES),
    # Requests, letters and holds.
    Entry("desk:requests", _("Requests"), (CUSTODIAN, DESIGNEE)),
    Entry("desk:letters", _("Letters"), (CUSTODIAN, DESIGNEE)),
    Entry("desk:holds", _("Holds"), (CUSTODIAN, DESIGNEE)),
)
