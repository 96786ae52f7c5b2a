"""The gate: `/s/TOKEN` opens a link, or says in plain words that it does not.

`dam_plugin.gate.open_link` decides. This module holds the forms, the pages with their headers, and the batches in which
openings are decided. An expired link and a link that never existed get the same page in the same way. No page says who
is in a recording; the page of a refusal gives its reasons in the words for the outside.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dam_hooks.http.batch import Batch
from dam_hooks.http.limits import Limits
from dam_plugin.errors import AssetMissing, DamPluginError, SettingsError
from dam_plugin.gate.close_links import after_closing
from dam_plugin.gate.link_url import NotYet
from dam_plugin.gate.open_link import NOT_VALID, LinkRequest, Opening, is_plain, open_links
from dam_plugin.library.object_keys import RELEASED
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.model import Link
from dam_plugin.procedure.outside import OutsideReason, outside_reasons
from dam_plugin.procedure.outside_words import LANGUAGES, Language
from dam_plugin.services import Services
from dam_plugin.settings import District
from dam_plugin.sharing.json_output import GATE_PATH
from dam_plugin.telemetry.outage import Outage

if TYPE_CHECKING:
    from dam_hooks.figures import Figures

Work = Callable[[Sequence[LinkRequest]], Sequence[Opening | DamPluginError]]

# How long a client waits before the page says that the gate cannot answer now.
PATIENCE_SECONDS = 10.0
# How long the first batch waits for the storage: a healthy one answers in this time.
STORAGE_SECONDS = 0.25
# Programs that fetch a link to show a preview: some ask for a page as a browser does, some for anything at all.
PREVIEWS = ("bot", "preview", "crawler", "facebookexternalhit", "whatsapp", "skype", "slack", "embed")
RETRY_SECONDS = 30
_WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)")
METHODS = "GET, HEAD, POST"

# Forms that its pages send back.
MOST_FORM_BYTES = 1024
MOST_FIELDS = 4
READ_SECONDS = 10
FORM = "application/x-www-form-urlencoded"

log = logging.getLogger(__name__)


class _Anything(Convertor[str]):
    # Starlette's own `path` ends at a line break. A token with one would get another page than other wrong tokens.
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


class Gate:
    """The gate of one district: an ASGI application for `/s/TOKEN`."""

    def __init__(self, services: Services, *, limits: Limits | None = None, counted: Figures | None = None) -> None:
        """Take the services that links are opened with."""
        self._pages = Pages(services.settings.district, _storage_of(services))
        self._limits = limits or Limits()
        self._counted = counted
        self._outage = Outage(log, "a link could not be opened")
        self._after = ThreadPoolExecutor(1, thread_name_prefix="gate-after")
        # INVARIANT: an answer that needs no storage waits for no storage. So there are two batches: one that opens what
        # the storage answers in time, and one for the rest. Checking a word is slow on purpose, so links with a word
        # have batches of their own.
        self._plain = _Ways(self._opener(services, STORAGE_SECONDS), self._opener(services, None))
        self._with_word = _Ways(
            self._opener(services, STORAGE_SECONDS), self._opener(services, None), most_at_once=8, most_waiting=200
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    def close(self) -> None:
        """Take no more requests; those that are being answered end."""
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
        self._outage.met(str(error) or "it took too long")
        # A deleted copy does not come back: it is a dead link like any other.
        is_gone = isinstance(error, AssetMissing) and not isinstance(error, BucketMissing)
        return self._pages.gone if is_gone else self._pages.down

    async def _entered(self, address: str, token: str, form: Form, method: str, headers: Headers) -> Response:
        """Open a link, or first show the page to read or the word to write."""
        shows_pages = method != "HEAD" and _shows_pages(headers)
        asked = LinkRequest(token, form.word, head=method == "HEAD")
        if shows_pages and not form.was_read:
            # INVARIANT: a request that gets a page opens and counts nothing, so that a preview uses nothing up.
            seen = await self._open(replace(asked, if_plain=True))
            if before := _before(seen, form):
                return self._pages.before(before)
            if not seen.url or is_plain(seen):
                return self._ended(seen, address, asked, headers)
        opening = await self._open(asked)
        return self._ended(opening, address, asked, headers)

    def _ended(self, opening: Opening, address: str, asked: LinkRequest, headers: Headers) -> Response:
        if self._counted is not None:
            self._counted.opened(is_open=opening.url is not None)
        if opening.url:
            self._outage.over()
            return self._pages.opened(opening.url, opening.notice)
        return self._refused(opening, address, asked, headers)

    def _refused(self, opening: Opening, address: str, of: LinkRequest, headers: Headers) -> Response:
        if opening.decision == NOT_VALID and not opening.needs_word:
            self._limits.failed(address, of.token)
            return self._pages.gone
        if opening.needs_word:
            was_wrong = of.word is not None
            if was_wrong:
                self._limits.failed(address, of.token, guessed=False)
            asked = Before(left=_left(opening), asks_word=True, was_wrong=was_wrong)
            shows_page = not of.head and _shows_pages(headers)
            return self._pages.before(asked, 200 if shows_page and not was_wrong else 403)
        is_secret = opening.link is not None and opening.link.secret
        reasons: dict[Language, Sequence[OutsideReason]] = {
            each: outside_reasons(opening.decision, secret_order=is_secret, language=each) for each in LANGUAGES
        }
        return self._pages.refused(reasons, preferred_language(headers.get("accept-language", "")))

    async def _open(self, asked: LinkRequest) -> Opening:
        ways = self._plain if asked.word is None else self._with_word
        given_up = threading.Event()
        try:
            return await ways.answer(replace(asked, given_up=given_up), seconds=PATIENCE_SECONDS)
        finally:
            given_up.set()

    def _opener(self, services: Services, patience: float | None) -> Work:
        def work(asked: Sequence[LinkRequest]) -> Sequence[Opening | DamPluginError]:
            return open_links(services, asked, patience=patience, follow=self._follow)

        return work

    def _follow(self, services: Services, closed: Sequence[Link]) -> None:
        """Put copies of closed links on hold in another thread. After a failure, `pending_work` does it later."""
        # The pool is closed when the service ends.
        with suppress(RuntimeError):
            self._after.submit(_followed, services, closed)


class _Ways:
    """Two batches: one that gives up on a slow storage soon, and one that waits for it."""

    def __init__(self, soon: Work, late: Work, **limits: int) -> None:
        self._soon: Batch[LinkRequest, Opening] = Batch(soon, **limits)
        self._late: Batch[LinkRequest, Opening] = Batch(late, **limits)

    async def answer(self, asked: LinkRequest, *, seconds: float) -> Opening:
        """Return the result of an opening. Raises as a batch does."""
        async with asyncio.timeout(seconds):
            try:
                return await self._soon.answer(asked, seconds=seconds)
            except NotYet:
                return await self._late.answer(asked, seconds=seconds)

    def close(self) -> None:
        """Take no more requests; those that are being answered end."""
        self._soon.close()
        self._late.close()


def _followed(services: Services, closed: Sequence[Link]) -> None:
    try:
        after_closing(services, closed)
    except DamPluginError as error:
        log.warning("copies of closed links are put on hold later: %s", error)


def router(services: Services, counted: Figures | None = None) -> APIRouter:
    """Return the routes of the gate, whose answers are counted. Its threads end with the process."""
    gate = Gate(services, counted=counted)
    return APIRouter(routes=[Route(GATE_PATH.rstrip("/"), gate), Route(GATE_PATH + "{token:anything}", gate)])


def _before(seen: Opening, form: Form) -> Before | None:
    """Return what has to be read before a recording that may be opened; None if no text has to be read."""
    if seen.url is None:
        return None
    left = _left(seen)
    # Who wrote the word has read already how often the link opens.
    if seen.notice is None and (left is None or form.word is not None):
        return None
    return Before(notice=seen.notice, left=left, word=form.word)


def _left(opening: Opening) -> int | None:
    link = opening.link
    return None if link is None or link.most_openings is None else max(0, link.most_openings - link.openings)


def _shows_pages(headers: Headers) -> bool:
    agent = headers.get("user-agent", "").lower()
    return "text/html" in headers.get("accept", "").lower() or any(each in agent for each in PREVIEWS)


def preferred_language(accept: str) -> Language:
    """Return the language that a browser prefers by its `Accept-Language` (RFC 9110, 12.5.4); English by default."""
    weights: dict[str, float] = {}
    for each in accept.lower().split(","):
        tag, _, parameters = each.strip().partition(";")
        found = _WEIGHT.fullmatch(parameters.replace(" ", ""))
        weight = float(found[1]) if found else 0.0 if parameters else 1.0
        language = tag.strip().partition("-")[0]
        weights[language] = max(weight, weights.get(language, 0.0))
    others = weights.get("*", 0.0)
    return "es" if weights.get("es", others) > weights.get("en", others) else "en"


def _storage_of(services: Services) -> str | None:
    """Return the origin that the URLs of delivery begin with; None without its credentials, when no link opens anyway."""
    try:
        parts = urlsplit(services.library.presign(f"{RELEASED}none", None))
    except SettingsError:
        return None
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Before:
    """The steps before a recording: a notice to read, a word to write, how many openings are left (None: any number)."""

    notice: str | None = None
    left: int | None = None
    asks_word: bool = False
    was_wrong: bool = False
    word: str | None = None


class Pages:
    """The pages of one district. Those that say nothing of a link are the same bytes each time."""

    def __init__(self, district: District, storage: str | None = None) -> None:
        """Take the district, and the storage's origin (`https://host`), where a form may lead to."""
        self._templates = Environment(
            loader=PackageLoader("dam_hooks.http"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = self._templates.get_template("style.css").render()
        self._given = {
            "style": Markup(style),  # noqa: S704 - our own file
            "district": _begun(district.name),
            "contact": _begun(district.contact),
        }
        self._headers = _headers(style, storage)
        self.gone = self._page("gone", 404)
        self.down = self._page("down", 503, {"Retry-After": str(RETRY_SECONDS)})
        self.wrong_method = self._page("malformed", 405, {"Allow": METHODS})

    def before(self, asked: Before, status: int = 200) -> Response:
        """Return the page before a recording: what has to be read or written first. It opens nothing."""
        return self._page(
            "before",
            status,
            notice=asked.notice,
            left=asked.left,
            asks_word=asked.asks_word,
            was_wrong=asked.was_wrong,
            word=asked.word,
        )

    def refused(self, reasons: Mapping[Language, Sequence[OutsideReason]], language: Language = "en") -> Response:
        """Return the page of a recording that may not be shown now, with the reasons for the outside.

        It is in English and in Spanish, as the letters are; `language` comes first.
        """
        return self._page("refused", 403, {"Vary": "Accept-Language"}, reasons=reasons, language=language)

    def too_many(self, seconds: int) -> Response:
        """Return the page for a client that failed too often, and may ask again in so many seconds."""
        return self._page("too_many", 429, {"Retry-After": str(seconds)})

    def malformed(self, status: int) -> Response:
        """Return the page for a request that the gate does not take."""
        return self._page("malformed", status)

    def opened(self, url: str, notice: str | None) -> Response:
        """Return the way to the recording; a client that shows no pages reads the notice in its body."""
        body = f"{notice}\n" if notice else ""
        return Response(body, 303, self._headers | {"Location": url}, media_type="text/plain")

    def _page(self, name: str, status: int, headers: dict[str, str] | None = None, **given: object) -> Response:
        text = self._templates.get_template(f"{name}.html.j2").render({"language": "en"} | self._given | given)
        return HTMLResponse(text, status, self._headers | (headers or {}))


def _begun(text: str) -> str:
    """Return a text with a capital letter, since it stands alone in a line: the default is `the school district`."""
    return text[:1].upper() + text[1:]


def _headers(style: str, storage: str | None) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # A browser holds the redirect that answers a form to `form-action` too.
    targets = " ".join(filter(None, ("'self'", storage)))
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action {targets}; base-uri 'none'; "
            "frame-ancestors 'none'"
        ),
    }


@dataclass(frozen=True, slots=True)
class Form:
    """The word that was written (null: none), and whether what stood before the recording was read."""

    word: str | None = None
    was_read: bool = False


class NotRead(Exception):
    """A body that is not one of our forms; `status` says how to answer."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        self.status = status
        super().__init__(f"status {status}")


async def read_form(media_type: str, receive: Receive) -> Form:
    """Return the form in a request's body. Raises NotRead: 408 too slow, 413 too large, 415 another type, 400 no form."""
    body = await _body(receive)
    if not body:
        return Form()
    if media_type.partition(";")[0].strip().lower() != FORM:
        raise NotRead(415)
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise NotRead(400) from None
    values = dict(fields)
    if len(values) != len(fields) or not values.keys() <= {"word", "read"}:
        raise NotRead(400)
    return Form(values.get("word"), values.get("read") == "yes")


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise NotRead(400)
                body += message.get("body", b"")
                if len(body) > MOST_FORM_BYTES:
                    raise NotRead(413)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise NotRead(408) from None
