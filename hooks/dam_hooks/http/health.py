"""Whether the service is well, for whoever restarts it or sends it requests: told to anybody, and nothing else is."""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from dam_hooks.http.problems import HEADERS, RETRY_SECONDS, Refused, response
from dam_hooks.plugin import Manager, services_of
from dam_plugin.errors import DamPluginError

READY_SECONDS = 5.0
LIVES = "The process lives"
READY = "The database answers"
NOT_READY = "the database does not answer: nothing can be decided"

log = logging.getLogger(__name__)


def router(manager: Manager) -> APIRouter:
    """Return `/healthz` (the process lives) and `/readyz` (the store answers, else 503)."""
    health = APIRouter()
    # A database that hangs must not use up the threads that others wait for.
    limiter = CapacityLimiter(2)

    @health.get("/healthz", operation_id="health", summary=LIVES, response_class=Response, responses=_told(LIVES))
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"}, headers=HEADERS)

    @health.get(
        "/readyz",
        operation_id="ready",
        summary=READY,
        response_class=Response,
        responses={**_told(READY), 503: {"description": NOT_READY}},
    )
    async def readyz() -> Response:
        with anyio.move_on_after(READY_SECONDS):
            if await to_thread.run_sync(partial(_answers, manager), limiter=limiter, abandon_on_cancel=True):
                return JSONResponse({"status": "ok"}, headers=HEADERS)
        return response(Refused(HTTPStatus.SERVICE_UNAVAILABLE, NOT_READY, retry_after=RETRY_SECONDS))

    return health


def _told(told: str) -> dict[int | str, dict[str, object]]:
    content = {"application/json": {"schema": {"type": "object", "properties": {"status": {"const": "ok"}}}}}
    return {200: {"description": told, "content": content}}


def _answers(manager: Manager) -> bool:
    try:
        with services_of(manager).store.reading() as unit:
            unit.entries.head()
    except DamPluginError as error:
        log.warning("not ready: %s", error)
        return False
    return True
