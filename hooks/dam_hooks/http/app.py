"""The web application: what hosts ask (`api.py`), the gate for recipients (`gate.py`), and whether the service is well.

What FastAPI would show of itself is off, and an address is never redirected: what was signed for one goes nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dam_hooks.http import api, gate, health
from dam_hooks.http.keys import host_keys
from dam_hooks.http.openapi import document
from dam_hooks.http.problems import Refused, of_error, response
from dam_hooks.plugin import Manager, services_of

NOT_HERE: Mapping[int, str] = {
    404: "nothing is at this address: see docs/hosts.md",
    405: "this address takes another method: hosts ask with POST, see docs/hosts.md",
}


class Service(FastAPI):
    """The application, described by what its requests are checked by."""

    def openapi(self) -> dict[str, Any]:
        """Return the document of what hosts can ask: `docs/openapi.json`."""
        return document(self.routes)


def create_app(pm: Manager) -> Service:
    """Return the application of a plugin manager. Raises SettingsError where a host's key is malformed."""
    services = services_of(pm)
    app = Service(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    app.include_router(health.router(pm))
    app.include_router(api.router(pm, host_keys(services.settings)))
    app.include_router(gate.router(services))
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type: it is registered for these alone
    detail = NOT_HERE.get(error.status_code, f"{HTTPStatus(error.status_code).phrase}.")
    return response(Refused(error.status_code, detail, headers=error.headers))


async def _failed(_: Request, error: Exception) -> Response:
    return response(of_error(error))
