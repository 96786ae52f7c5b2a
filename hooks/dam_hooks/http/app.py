"""The web application: the routes of hosts (`/v1`), of recipients (`/s/`, in `gate.py`), and of health checks.

A host's request is checked first: who asks, then what. It is carried out in a thread, once. Every failure is answered
with a problem (`problems.py`) that repeats nothing of the request. FastAPI's own pages are off. No address is
redirected, since a signature is for one address alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from http import HTTPStatus
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dam_hooks.figures import figures_of
from dam_hooks.http import gate
from dam_hooks.http.bodies import MOST_BYTES
from dam_hooks.http.idempotency import Done, key_of, once, take
from dam_hooks.http.metrics import metrics_routes
from dam_hooks.http.notifications import notification_routes
from dam_hooks.http.openapi import document, operation_document
from dam_hooks.http.operations import OPERATIONS, Asking, Operation
from dam_hooks.http.problems import HEADERS, RETRY_SECONDS, Refused, of_error, response
from dam_hooks.http.signed_requests import (
    HostKey,
    NotSigned,
    Signed,
    body_of,
    check_form,
    check_headers,
    headers_of,
    host_keys,
    is_large,
    verified,
)
from dam_hooks.plugin import Manager, services_of
from dam_plugin.errors import DamPluginError
from dam_plugin.services import Services
from dam_plugin.store.codec import to_plain

NOT_HERE: Mapping[int, str] = {
    404: "nothing is at this address: see docs/hosts.md",
    405: "this address takes another method: hosts ask with POST, see docs/hosts.md",
}

# Making copies takes a while. Links open in other threads meanwhile.
MOST_AT_ONCE = 16
# Bodies with a copy of a paper that are in memory at once.
MOST_LARGE = 2
# An operation that changes nothing can be given up at any time.
LOOK_SECONDS = 30.0
TOO_SLOW = "the database or the storage takes too long to answer: ask again in a moment"
NO_KEYS = "no host may ask over HTTP yet: set DAM_PLUGIN_HTTP_KEYS (docs/hosts.md) and start the service again"
READY_SECONDS = 5.0
LIVES = "The process lives"
READY = "The database answers"
NOT_READY = "the database does not answer: nothing can be decided"

log = logging.getLogger(__name__)


class Service(FastAPI):
    """The application. Its document is made from the types that check its requests."""

    def openapi(self) -> dict[str, Any]:
        """Return the document of what hosts can ask: `docs/openapi.json`."""
        return document(self.routes)


def create_app(pm: Manager) -> Service:
    """Return the application of a plugin manager. Raises SettingsError if a host's key is malformed."""
    services = services_of(pm)
    app = Service(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    app.include_router(health_routes(pm))
    app.include_router(host_routes(pm, host_keys(services.settings)))
    figures = figures_of(pm)
    if services.settings.metrics_token is not None:
        app.include_router(metrics_routes(figures, services.settings.metrics_token.get_secret_value()))
    app.include_router(notification_routes(pm, services.settings.events_token))
    app.include_router(gate.router(services, figures))
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type: it is registered for these alone
    detail = NOT_HERE.get(error.status_code, f"{HTTPStatus(error.status_code).phrase}.")
    return response(Refused(error.status_code, detail, headers=error.headers))


async def _failed(_: Request, error: Exception) -> Response:
    return response(of_error(error))


def host_routes(manager: Manager, keys: Sequence[HostKey]) -> APIRouter:
    """Return the routes that hosts ask; without keys each answers 503."""
    api = APIRouter()
    limiter, large = CapacityLimiter(MOST_AT_ONCE), CapacityLimiter(MOST_LARGE)
    looking = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="looking")
    for operation in OPERATIONS:
        api.add_api_route(
            operation.path,
            _endpoint(operation, manager, keys, limiter, large, looking),
            methods=["POST"],
            status_code=next(iter(operation.answers)),
            response_class=Response,
            openapi_extra=operation_document(operation),
            summary=operation.summary,
            operation_id=operation.name,
        )
    return api


def _endpoint(
    operation: Operation[Any],
    manager: Manager,
    keys: Sequence[HostKey],
    limiter: CapacityLimiter,
    large: CapacityLimiter,
    looking: ThreadPoolExecutor,
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            services = services_of(manager)
            headers = headers_of(request)
            most = operation.most_bytes if is_large(headers) else MOST_BYTES
            with nullcontext() if most == MOST_BYTES else one_of_few(large):
                signed, body = await _signed(request, headers, keys, services, most)
                work = partial(_answered, operation, manager, signed, headers, body)
                done = await (to_thread.run_sync(work, limiter=limiter) if operation.changes else _soon(work, looking))
            again = {"Idempotency-Replayed": "true"} if done.again else {}
            return JSONResponse(dict(done.body), done.status, {**HEADERS, **again})
        except Exception as error:  # noqa: BLE001 - every error is answered in one shape
            return response(of_error(error))

    return endpoint


@contextmanager
def one_of_few(large: CapacityLimiter) -> Iterator[None]:
    """Take one of the places for a large body. Raises Refused (503) where none is free: nobody waits with a body."""
    place = object()
    try:
        large.acquire_on_behalf_of_nowait(place)
    except anyio.WouldBlock:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"at most {MOST_LARGE} copies of papers are taken at once: send it again",
            retry_after=RETRY_SECONDS,
            headers={"Connection": "close"},
        ) from None
    try:
        yield
    finally:
        large.release_on_behalf_of(place)


async def _soon(work: Callable[[], Done], threads: ThreadPoolExecutor) -> Done:
    """Return the answer of an operation that only looks. Raises Refused (503) after LOOK_SECONDS; its thread ends by itself."""
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(threads, work), LOOK_SECONDS)
    except TimeoutError:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_SLOW, retry_after=RETRY_SECONDS) from None


async def _signed(
    request: Request, headers: Mapping[str, Sequence[str]], keys: Sequence[HostKey], services: Services, most: int
) -> tuple[Signed, bytes]:
    """Return whose request it is, and its body. Without the headers of a signature the body is not read."""
    if not keys:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, NO_KEYS, headers={"Connection": "close"})
    try:
        check_headers(headers, services.now())
        check_form(headers, most)
        body = await body_of(request, most)
        return verified(keys, headers, body, services.now()), body
    except NotSigned as error:
        told = {"WWW-Authenticate": "Webhook-Signature", "Connection": "close"}
        raise Refused(HTTPStatus.UNAUTHORIZED, str(error), headers=told) from None


def _answered(
    operation: Operation[Any], manager: Manager, signed: Signed, headers: Mapping[str, Sequence[str]], data: bytes
) -> Done:
    """Carry an operation out, once if it changes something.

    INVARIANT: a request that came before is refused, even with another body.
    """
    services = services_of(manager)
    try:
        body = operation.read(data)
        key = key_of(signed, headers, operation.path, to_plain(body))
    except Refused:
        take(services, signed)
        raise
    work = partial(operation.work, Asking(signed.client, manager), body)
    if operation.changes:
        return once(services, signed, key, work)
    take(services, signed)
    return work()


def health_routes(manager: Manager) -> APIRouter:
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
