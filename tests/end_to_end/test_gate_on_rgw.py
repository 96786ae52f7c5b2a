"""The whole way on a storage that heeds its policy: shared, opened in a browser, opted out, refused by page and by storage.

What runs are the program's own commands, with the ordinary AWS variables and the users of three roles.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import served_command
from browser import CHROMIUM, Browser
from command_line import call
from commands import Commands
from district import INES, TEAM
from guarded_place import Place
from live_service import client_of

pytestmark = [
    pytest.mark.rgw,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open links with"),
]

PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")
PICTURE_COLOURS = 5_000


@contextmanager
def serving(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run `dam-plugin serve` as a process of its own until the block ends, at the address that links then have."""
    with served_command.serving(commands, "--json") as served:
        monkeypatch.setenv("DAM_PLUGIN_PUBLIC_URL", json.loads(served.line)["url"])
        yield
        ended = served.end(signal.SIGTERM)
    assert ended.code == 0, ended.err


def shows_a_picture(browser: Browser) -> bool:
    return len(browser.screenshot().getcolors(maxcolors=1 << 24) or []) > PICTURE_COLOURS


def test_after_an_opt_out_a_link_shows_a_page_and_the_storage_refuses_the_url_handed_out_before(
    place: Place, commands: Commands, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.upload(TEAM)
    with serving(commands, monkeypatch):
        made: dict[str, Any] = call("share", TEAM, *PUBLICATION).object()
        browser.open(made["url"])
        assert shows_a_picture(browser)
        handed_out = browser.address
        assert handed_out.startswith(f"{place.rgw.url}/{place.bucket}/released/")
        assert httpx.get(handed_out, trust_env=False).content.startswith(b"\xff\xd8")

        place.roster(INES)

        assert httpx.get(handed_out, trust_env=False).status_code == 403
        browser.open(made["url"])
        assert not shows_a_picture(browser)
        assert "This link does not open anything" in browser.text
        assert "Whom to ask" in browser.text
        with client_of(made["url"]) as client:
            refused = client.get("")
            assert (refused.status_code, "location" in refused.headers) == (404, False)


def test_a_head_is_answered_by_the_storage_too(
    place: Place, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.upload(TEAM)
    with serving(commands, monkeypatch):
        url = call("share", TEAM, *PUBLICATION).object()["url"]
        there = httpx.head(url, trust_env=False, follow_redirects=True)
        assert (there.status_code, there.headers["content-type"]) == (200, "image/jpeg")
        assert int(there.headers["content-length"]) > 1_000
        # A URL for a HEAD reads nothing, and one to read answers no HEAD.
        for_head = httpx.head(url, trust_env=False).headers["location"]
        assert httpx.get(for_head, trust_env=False).status_code == 403


def test_a_url_is_refused_when_its_minute_is_over_or_it_was_changed(
    place: Place, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.upload(TEAM)
    with serving(commands, monkeypatch):
        url = call("share", TEAM, *PUBLICATION).object()["url"]
        handed_out = httpx.get(url, trust_env=False).headers["location"]
        assert "X-Amz-Expires=60" in handed_out
        for other in (
            handed_out.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
            handed_out.replace("/released/", "/events/"),
            handed_out.split("?")[0],
        ):
            assert httpx.get(other, trust_env=False).status_code in (403, 404)
