"""What happens around every page: its headers, the district's time, and our errors as one sentence each.

No page loads anything from elsewhere, and none holds a script or a style of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dam_hooks.desk.apps import services
from dam_plugin.errors import CaseError, DamPluginError, InputError, StorageError, StoreError, UnknownThing, place_of

log = logging.getLogger(__name__)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class Headers:
    """Middleware: the same headers on whatever is answered, an error too, and days as the district counts them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the next in line."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers."""
        if (zone := services().settings.district.time_zone or datetime.now().astimezone().tzinfo) is not None:
            timezone.activate(zone)
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        return response


class Outages:
    """Middleware: turns our errors into a page that says what happened and what to do; nothing was half done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the next in line."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for an error of ours; None for any other, which Django answers."""
        if not isinstance(error, DamPluginError):
            return None
        status = status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("a page could not be shown (%s at %s)", type(error).__name__, place_of(error))
        return render(request, "desk/outage.html", {"why": str(error), "status": status}, status=status)


def status_of(error: DamPluginError) -> int:
    """Return the HTTP status that says the same as an error of ours."""
    if isinstance(error, UnknownThing):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, InputError | CaseError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, StorageError | StoreError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR
