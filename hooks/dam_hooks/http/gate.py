"""The gate: `/s/TOKEN` opens a link, or says in plain words that it does not. Every opening is decided by `opening`.

Nothing here tells a link that ran out from one that nobody gave out: the same page, by the same way.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dam_hooks.http import pages
from dam_hooks.http.batch import Batch
from dam_hooks.http.forms import Form, NotRead, read_form
from dam_hooks.http.limits import Limits
from dam_hooks.http.pages import Pages
from dam_plugin.errors import AssetMissing, DamPluginError, SettingsError
from dam_plugin.gate.close_links import followed_up
from dam_plugin.gate.link_url import NotYet
from dam_plugin.gate.open_link import NOT_VALID, Asked, Opening, is_plain, open_links
from dam_plugin.library.faults import BucketMissing
from dam_plugin.library.keys import RELEASED
from dam_plugin.model import Link
from dam_plugin.services import Services
from dam_plugin.sharing.json_output import GATE_PATH

Work = Callable[[Sequence[Asked]], Sequence[Opening | DamPluginError]]

log = logging.getLogger(__name__)

# How long somebody waits for a page before it says that the gate cannot answer now.
PATIENCE_SECONDS = 10.0
# How long the first batch waits for the storage: as long as one that is well takes.
STORAGE_SECONDS = 0.25
# What fetches a link to show a preview of it asks for a page as a browser does, or for anything at all.
PREVIEWS = ("bot", "preview", "crawler", "facebookexternalhit", "whatsapp", "skype", "slack", "embed")


class _Anything(Convertor[str]):
    # Starlette's own `path` ends at a line break: what has one would get another page than any other wrong token.
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


class Gate:
    """The gate of one district, an ASGI application for whatever is asked of `/s/TOKEN`."""

    def __init__(self, services: Services, *, limits: Limits | None = None) -> None:
        """Take the services that links are opened with."""
        self._pages = Pages(services.settings.district, _storage_of(services))
        self._limits = limits or Limits()
        self._after = ThreadPoolExecutor(1, thread_name_prefix="gate-after")
        # INVARIANT: what needs no storage waits for none, nor for those who do: a batch that opens what the storage has
        # answered in time, and one for the rest. A word is checked slowly on purpose: that keeps nobody waiting who needs
        # none.
        self._plain = _Ways(self._opener(services, STORAGE_SECONDS), self._opener(services, None))
        self._with_word = _Ways(
            self._opener(services, STORAGE_SECONDS), self._opener(services, None), most_at_once=8, most_waiting=200
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    def close(self) -> None:
        """Take no more; what is at work ends."""
        self._plain.close()
        self._with_word.close()
        self._after.shutdown(wait=False)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        address, token = (scope.get("client") or ("",))[0], scope["path_params"].get("token", "")
        if seconds := self._limits.wait(address, token):
            return self._pages.too_many(seconds)
        headers, method = Headers(scope=scope), scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            return self._pages.wrong_method
        try:
            form = await read_form(headers.get("content-type", ""), receive) if method == "POST" else Form()
            return await self._entered(address, token, form, method, headers)
        except NotRead as unread:
            return self._pages.malformed(unread.status)
        except (DamPluginError, TimeoutError) as error:
            return self._failed(error)

    def _failed(self, error: DamPluginError | TimeoutError) -> Response:
        log.warning("a link could not be opened: %s", str(error) or "it took too long")
        # Asking again later brings a copy that somebody deleted back no more than any other dead link.
        is_gone = isinstance(error, AssetMissing) and not isinstance(error, BucketMissing)
        return self._pages.gone if is_gone else self._pages.down

    async def _entered(self, address: str, token: str, form: Form, method: str, headers: Headers) -> Response:
        """Open a link, or show first what has to be read or written before it."""
        shows_pages = method != "HEAD" and _shows_pages(headers)
        asked = Asked(token, form.word, head=method == "HEAD")
        if shows_pages and not form.was_read:
            # INVARIANT: what shows a page opens nothing and counts nothing, so that a preview uses nothing up.
            seen = await self._open(replace(asked, if_plain=True))
            if before := _before(seen, form):
                return self._pages.before(before)
            if not seen.url or is_plain(seen):
                return self._ended(seen, address, asked, shows_pages=True)
        opening = await self._open(asked)
        return self._ended(opening, address, asked, shows_pages=shows_pages)

    def _ended(self, opening: Opening, address: str, asked: Asked, *, shows_pages: bool) -> Response:
        if opening.url:
            return self._pages.opened(opening.url, opening.notice)
        return self._refused(opening, address, asked, shows_pages=shows_pages)

    def _refused(self, opening: Opening, address: str, of: Asked, *, shows_pages: bool) -> Response:
        if opening.decision == NOT_VALID and not opening.needs_word:
            self._limits.failed(address, of.token)
            return self._pages.gone
        if opening.needs_word:
            was_wrong = of.word is not None
            if was_wrong:
                self._limits.failed(address, of.token, guessed=False)
            asked = pages.Asked(left=_left(opening), asks_word=True, was_wrong=was_wrong)
            return self._pages.before(asked, 200 if shows_pages and not was_wrong else 403)
        return self._pages.refused

    async def _open(self, asked: Asked) -> Opening:
        ways = self._plain if asked.word is None else self._with_word
        given_up = threading.Event()
        try:
            return await ways.answer(replace(asked, given_up=given_up), seconds=PATIENCE_SECONDS)
        finally:
            given_up.set()

    def _opener(
        self, services: Services, patience: float | None
    ) -> Callable[[Sequence[Asked]], Sequence[Opening | DamPluginError]]:
        def work(asked: Sequence[Asked]) -> Sequence[Opening | DamPluginError]:
            return open_links(services, asked, patience=patience, follow=self._follow)

        return work

    def _follow(self, services: Services, closed: Sequence[Link]) -> None:
        """Have copies of closed links put on hold beside those who wait for an answer; `pending` makes up for a failure."""
        # It is closed where the service ends.
        with suppress(RuntimeError):
            self._after.submit(_followed, services, closed)


class _Ways:
    """Two batches: one in which nobody waits for the storage for long, and one for those who have to."""

    def __init__(self, soon: Work, late: Work, **limits: int) -> None:
        self._soon: Batch[Asked, Opening] = Batch(soon, **limits)
        self._late: Batch[Asked, Opening] = Batch(late, **limits)

    async def answer(self, asked: Asked, *, seconds: float) -> Opening:
        """Return what became of an opening. Raises as a batch does."""
        async with asyncio.timeout(seconds):
            try:
                return await self._soon.answer(asked, seconds=seconds)
            except NotYet:
                return await self._late.answer(asked, seconds=seconds)

    def close(self) -> None:
        """Take no more; what is at work ends."""
        self._soon.close()
        self._late.close()


def _followed(services: Services, closed: Sequence[Link]) -> None:
    try:
        followed_up(services, closed)
    except DamPluginError as error:
        log.warning("copies of closed links are put on hold later: %s", error)


def router(services: Services) -> APIRouter:
    """Return the routes of the gate; whoever includes them closes nothing, the threads end with the process."""
    gate = Gate(services)
    return APIRouter(routes=[Route(GATE_PATH.rstrip("/"), gate), Route(GATE_PATH + "{token:anything}", gate)])


def _before(seen: Opening, form: Form) -> pages.Asked | None:
    """Return what has to be read before a recording that may be opened; None where nothing has to be."""
    if seen.url is None:
        return None
    left = _left(seen)
    # Who wrote the word has read already how often the link opens.
    if seen.notice is None and (left is None or form.word is not None):
        return None
    return pages.Asked(notice=seen.notice, left=left, word=form.word)


def _left(opening: Opening) -> int | None:
    link = opening.link
    return None if link is None or link.most_openings is None else max(0, link.most_openings - link.openings)


def _shows_pages(headers: Headers) -> bool:
    agent = headers.get("user-agent", "").lower()
    return "text/html" in headers.get("accept", "").lower() or any(each in agent for each in PREVIEWS)


def _storage_of(services: Services) -> str | None:
    """Return the origin that the URLs of delivery begin with; None without its credentials, when no link opens anyway."""
    try:
        parts = urlsplit(services.library.presign(f"{RELEASED}none", None))
    except SettingsError:
        return None
    return f"{parts.scheme}://{parts.netloc}"
