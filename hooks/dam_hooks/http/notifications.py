"""Takes the notifications that a storage server posts by itself, where it has no queue: Ceph's gateway, MinIO.

They have the token alone and no signature, so they say only where to look: the bucket is asked for the rest. MinIO sends the
token in a header; Ceph's gateway has no header for it, so it stands in the address. Sources: Ceph Object Gateway, "Bucket
Notifications" (HTTP endpoint); MinIO, "Publish Events to Webhook".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from pydantic import SecretStr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dam_hooks.http.bearer import has_token, is_token
from dam_hooks.http.problems import Refused, of_error, response
from dam_hooks.plugin import Manager, services_of
from dam_hooks.s3_events import MOST_BODY_CHARACTERS, Hearing, S3Event, announcing, of_bucket
from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.library.object_keys import is_ours

PATH = "/v1/notifications"
WHO_POSTS = "these notifications need the token of DAM_PLUGIN_EVENTS_TOKEN: docs/operations.md"
CLOSED = "no server may post its notifications here: run `dam-plugin init --events webhook` (docs/operations.md)"
AT_ONCE = 4

log = logging.getLogger(__name__)


def notification_routes(manager: Manager, secret: SecretStr | None) -> APIRouter:
    """Return the routes on which a storage server posts notifications; without a token each answers 503."""
    api, token = APIRouter(), secret.get_secret_value() if secret is not None else None
    limiter = CapacityLimiter(AT_ONCE)
    services = services_of(manager)
    handle = partial(_handle, services.library.bucket, announcing(manager), Hearing(services, "webhook"))

    async def by_header(request: Request) -> Response:
        return await _taken(request, limiter, handle, has_it=token is not None and has_token(request, token))

    async def by_address(request: Request) -> Response:
        given = str(request.path_params["token"])
        return await _taken(request, limiter, handle, has_it=token is not None and is_token(given, token))

    async def closed(_: Request) -> Response:
        return response(Refused(HTTPStatus.SERVICE_UNAVAILABLE, CLOSED))

    for path, endpoint in ((PATH, by_header), (PATH + "/{token}", by_address)):
        api.add_route(path, endpoint if token is not None else closed, methods=["POST"], include_in_schema=False)
    return api


async def _taken(
    request: Request, limiter: CapacityLimiter, handle: Callable[[str], None], *, has_it: bool
) -> Response:
    if not has_it:
        return response(Refused(HTTPStatus.UNAUTHORIZED, WHO_POSTS, headers={"WWW-Authenticate": "Bearer"}))
    try:
        body = await _body(request)
        await to_thread.run_sync(handle, body, limiter=limiter)
    except DamPluginError as error:
        log.warning("a notification could not be handled: %s", error)
        return response(of_error(error))
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _body(request: Request) -> str:
    """Return the body as text. Raises InputError where it is too large, is cut, or is no text."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY_CHARACTERS:
                raise InputError(f"a notification has at most {MOST_BODY_CHARACTERS} bytes")
        return body.decode()
    except (ClientDisconnect, UnicodeDecodeError):
        raise InputError("a notification is no text in UTF-8, or was broken off") from None


def _handle(bucket: str, announce: Callable[[S3Event], None], hearing: Hearing, body: str) -> None:
    for event in of_bucket(body, bucket):
        if not is_ours(event.key):
            # INVARIANT: what only a token stands for decides nothing: which version is the newest is asked of the bucket.
            announce(S3Event(event.kind, event.bucket, event.key))
    hearing.note()
