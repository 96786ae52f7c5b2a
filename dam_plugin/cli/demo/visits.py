"""Opens a link as a browser does: the gate's answer over HTTP, its words, and what its redirect leads to."""

from __future__ import annotations

import http.client
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from dam_plugin.sharing.json_output import GATE_PATH

SECONDS = 30
LARGEST_PAGE = 1024 * 1024
# What a browser asks for: a page, where there is one to be read first.
_HEADERS = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SHOWN = ("h1", "h2", "p", "button")


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor's view: the status, the page's texts (heading first), and the URL that it leads to (null: nowhere)."""

    status: int
    texts: tuple[str, ...] = ()
    leads_to: str | None = field(default=None, repr=False)


def visit(address: str, token: str, *, has_read: bool = False) -> Visit:
    """Open a link of the service at an address as a browser does; `has_read` presses the button of its page."""
    to = urlsplit(address)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=SECONDS)
    try:
        if has_read:
            connection.request("POST", GATE_PATH + token, "read=yes", _HEADERS | _FORM)
        else:
            connection.request("GET", GATE_PATH + token, headers=_HEADERS)
        answer = connection.getresponse()
        page = answer.read(LARGEST_PAGE).decode("utf-8", "replace")
        return Visit(
            answer.status,
            _texts(page) if answer.status != http.HTTPStatus.SEE_OTHER else (),
            answer.headers.get("Location"),
        )
    finally:
        connection.close()


def fetched(url: str) -> bytes:
    """Return the answer of a presigned URL."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the URL that we were just given
        body: bytes = answer.read()
    return body


def _texts(page: str) -> tuple[str, ...]:
    reader = _Reader()
    reader.feed(page)
    return tuple(" ".join(each.split()) for each in reader.texts if each.strip())


class _Reader(HTMLParser):
    """Collects the texts of a page: its headings, paragraphs and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_shown = False

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in _SHOWN:
            self._is_shown = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SHOWN:
            self._is_shown = False

    def handle_data(self, data: str) -> None:
        if self._is_shown:
            self.texts[-1] += data
