"""The routes under `/v1`: who asks is checked first, then what; then it is done once, in a thread, and answered.

Every answer that is no success is a problem (`problems.py`), and none repeats what was asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dam_hooks.http.idempotency import Done, key_of, once, take
from dam_hooks.http.keys import HostKey
from dam_hooks.http.openapi import operation_document
from dam_hooks.http.operation import Asking, Operation
from dam_hooks.http.operations import OPERATIONS
from dam_hooks.http.problems import HEADERS, RETRY_SECONDS, Refused, of_error, response
from dam_hooks.http.receiving import body_of, check_form, headers_of
from dam_hooks.http.signing import NotSigned, Signed, check_headers, verified
from dam_hooks.plugin import Manager, services_of
from dam_plugin.services import Services
from dam_plugin.store.codec import to_plain

# Copies are made here, which takes a while: links must open meanwhile, so their threads are others.
MOST_AT_ONCE = 16
# What changes nothing can be given up at any time.
LOOK_SECONDS = 30.0
TOO_SLOW = "the database or the storage takes too long to answer: ask again in a moment"
NO_KEYS = "no host may ask over HTTP yet: set DAM_PLUGIN_HTTP_KEYS (docs/hosts.md) and start the service again"

log = logging.getLogger(__name__)


def router(manager: Manager, keys: Sequence[HostKey]) -> APIRouter:
    """Return the routes that hosts ask; without keys each answers 503."""
    api = APIRouter()
    limiter = CapacityLimiter(MOST_AT_ONCE)
    looking = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="looking")
    for operation in OPERATIONS:
        api.add_api_route(
            operation.path,
            _endpoint(operation, manager, keys, limiter, looking),
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
    looking: ThreadPoolExecutor,
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            services = services_of(manager)
            headers = headers_of(request)
            signed, body = await _signed(request, headers, keys, services)
            work = partial(_answered, operation, manager, signed, headers, body)
            done = await (to_thread.run_sync(work, limiter=limiter) if operation.changes else _soon(work, looking))
            again = {"Idempotency-Replayed": "true"} if done.again else {}
            return JSONResponse(dict(done.body), done.status, {**HEADERS, **again})
        except Exception as error:  # noqa: BLE001 - whatever it was, a host is told in one shape, and never what was asked
            return response(of_error(error))

    return endpoint


async def _soon(work: Callable[[], Done], threads: ThreadPoolExecutor) -> Done:
    """Return what only looks, or raise Refused (503) once it takes too long: its thread ends when the storage lets it."""
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(threads, work), LOOK_SECONDS)
    except TimeoutError:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_SLOW, retry_after=RETRY_SECONDS) from None


async def _signed(
    request: Request, headers: Mapping[str, Sequence[str]], keys: Sequence[HostKey], services: Services
) -> tuple[Signed, bytes]:
    """Return whose request it is, and its body, which is not read for somebody who signs nothing."""
    if not keys:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, NO_KEYS, headers={"Connection": "close"})
    try:
        check_headers(headers, services.now())
        check_form(headers)
        body = await body_of(request)
        return verified(keys, headers, body, services.now()), body
    except NotSigned as error:
        told = {"WWW-Authenticate": "Webhook-Signature", "Connection": "close"}
        raise Refused(HTTPStatus.UNAUTHORIZED, str(error), headers=told) from None


def _answered(
    operation: Operation[Any], manager: Manager, signed: Signed, headers: Mapping[str, Sequence[str]], data: bytes
) -> Done:
    """Do what is asked, once where it changes something.

    INVARIANT: a request that came before is refused, whatever it holds.
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
