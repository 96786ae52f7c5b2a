"""Whose names a page showed: collected while the page is made, and kept before it is sent.

INVARIANT: an answer with names that could not be kept is not sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from dam_hooks.desk.apps import services
from dam_plugin.errors import LedgerBroken
from dam_plugin.ledger.access_chain import Access, AccessLog

log = logging.getLogger(__name__)

_NOTED = "_desk_students"


def note(request: HttpRequest, students: Iterable[str]) -> None:
    """Note the students (`S-…`) whose names the answer to this request shows."""
    noted(request).update(students)


def noted(request: HttpRequest) -> set[str]:
    """Return the students noted for this request."""
    found: set[str] | None = getattr(request, _NOTED, None)
    if found is None:
        found = set()
        setattr(request, _NOTED, found)
    return found


def keep_noted(request: HttpRequest, roles: Iterable[str]) -> None:
    """Keep who looked at whom by this page, where it showed anybody's name.

    Raises LedgerBroken, StoreError where it cannot be kept: then nothing is shown.
    """
    students = noted(request)
    if not students:
        return
    at, match = services(), request.resolver_match
    page = match.url_name if match is not None and match.url_name else "page"
    shown = Access(at.now(), request.user.get_username(), tuple(roles), page, tuple(sorted(students)))
    try:
        AccessLog(at.ledger).keep(at.store, shown)
    except LedgerBroken as error:
        log.error("no page with names is shown: %s", error)  # noqa: TRY400 - it is no bug of the program
        text = _(
            "What keeps who looked at whom is not in order, so no page with names is shown. Tell an administrator."
        )
        raise LedgerBroken(text) from None
