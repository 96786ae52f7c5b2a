"""What the gate shows to people: pages in plain words, and the headers that go with every answer. Decides nothing.

No page says who is in a recording, or why it is not shown.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from dam_plugin.settings import District

RETRY_SECONDS = 30
METHODS = "GET, HEAD, POST"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks of whoever opens it: a notice to be read, a word, one of the openings that are left (null: any)."""

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
        self.refused = self._page("refused", 403)
        self.down = self._page("down", 503, {"Retry-After": str(RETRY_SECONDS)})
        self.wrong_method = self._page("malformed", 405, {"Allow": METHODS})

    def before(self, asked: Asked, status: int = 200) -> Response:
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

    def too_many(self, seconds: int) -> Response:
        """Return the page for a client that failed too often, and may ask again in so many seconds."""
        return self._page("too_many", 429, {"Retry-After": str(seconds)})

    def malformed(self, status: int) -> Response:
        """Return the page for a request that is none of ours."""
        return self._page("malformed", status)

    def opened(self, url: str, notice: str | None) -> Response:
        """Return the way to the recording; a client that shows no pages reads the notice in its body."""
        body = f"{notice}\n" if notice else ""
        return Response(body, 303, self._headers | {"Location": url}, media_type="text/plain")

    def _page(self, name: str, status: int, headers: dict[str, str] | None = None, **given: object) -> Response:
        text = self._templates.get_template(f"{name}.html.j2").render(self._given | given)
        return HTMLResponse(text, status, self._headers | (headers or {}))


def _begun(text: str) -> str:
    """Return a text that stands alone in a line with a capital letter: what nobody set is `the school district`."""
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
