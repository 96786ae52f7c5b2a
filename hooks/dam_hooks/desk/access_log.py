"""Whose names a page showed: collected while the page is made."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

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
