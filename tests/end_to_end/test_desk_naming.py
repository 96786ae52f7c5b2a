"""Naming people in a real browser: by a few letters and Enter, with a box, without a connection, in any width and scheme."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import CHROMIUM
from desk_in_browser import found_by_axe, signed_in, started
from district import CALEB, CLIP, CROWD, TEAM, UNTITLED
from live_processes import processes
from use_cases import entries
from waiting import wait_until

if TYPE_CHECKING:
    from browser import Browser
    from district import District

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")

PICTURES = os.environ.get("DESK_PICTURES_TO")


@pytest.fixture
def desk(district: District) -> Iterator[str]:
    """The address of a running desk with recordings of which some wait."""
    for key in (CROWD, TEAM, UNTITLED, CLIP):
        district.upload(key)
    for number in (1, 2):
        district.upload(f"games/{number}.jpg", _other(number, district))
    with processes() as running:
        yield started(running)


def _other(number: int, district: District) -> bytes:
    """Another picture: the same one would be known."""
    import io

    from PIL import Image

    body = district.services.library.read(CROWD, limit=10**8)
    made = io.BytesIO()
    with Image.open(io.BytesIO(body)) as opened:
        opened.convert("RGB").crop((number * 40, 0, opened.width, opened.height - number * 30)).save(made, "JPEG")
    return made.getvalue()


def shot(browser: Browser, name: str) -> None:
    if PICTURES:
        browser.screenshot().save(Path(PICTURES) / f"{name}.png")


def press(browser: Browser, key: str) -> None:
    codes = {"Enter": 13, "ArrowDown": 40}
    for kind in ("keyDown", "keyUp"):
        text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
        browser._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key], **text)


def dragged(browser: Browser, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw on the picture from one place to another, in parts of its sides."""
    box = browser.value_of(
        "(() => { const box = document.querySelector('#naming-picture').getBoundingClientRect();"
        " return [box.x, box.y, box.width, box.height]; })()"
    )
    places = [(box[0] + x * box[2], box[1] + y * box[3]) for x, y in (start, end)]
    middle = tuple(sum(each) / 2 for each in zip(*places, strict=True))
    for kind, (x, y) in (
        ("mousePressed", places[0]),
        ("mouseMoved", middle),
        ("mouseMoved", places[1]),
        ("mouseReleased", places[1]),
    ):
        held = int(kind != "mouseReleased")
        browser._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=held, clickCount=1)


def offered(browser: Browser, letters: str) -> None:
    """Type some letters and wait for names."""
    browser._evaluate("document.querySelector('#naming-q').focus()")
    browser._call("Input.insertText", text=letters)
    wait_until(lambda: browser.value_of("!document.querySelector('#naming-options').hidden"), "no name was offered")


def named(browser: Browser, letters: str) -> None:
    """Type some letters and take the first name."""
    offered(browser, letters)
    press(browser, "Enter")


def test_a_box_three_letters_and_enter_name_a_student_and_the_next_picture_comes(
    district: District, desk: str, browser: Browser
) -> None:
    browser.size(1280, 900)
    signed_in(browser, desk)
    browser.open(f"{desk}/waiting/?folder=games")
    assert "1.jpg" in browser.text
    wait_until(
        lambda: browser.value_of("!!document.querySelector('.a9s-annotationlayer.drawing')"), "nothing to draw on"
    )
    shot(browser, "who")
    dragged(browser, (0.2, 0.2), (0.4, 0.5))
    wait_until(lambda: browser.value_of("!!document.querySelector('.a9s-annotation')"), "no box was drawn")
    named(browser, "cal")
    assert "Caleb" in browser.value_of("document.querySelector('#naming-rows').innerText")
    sides = [float(browser.value(f"[name=p-0-{side}]")) for side in ("left", "top", "width", "height")]
    assert [round(each) for each in sides] == [20, 20, 20, 30]
    browser._evaluate("document.querySelector('[name=unknown]').value = '1'")
    shot(browser, "who-named")
    browser._evaluate("document.querySelector('#naming-q').focus()")
    press(browser, "Enter")
    wait_until(lambda: "2.jpg" in browser.text, "the next picture did not come")
    assert "Saved: 1.jpg." in browser.text
    shot(browser, "who-next")
    with district.services.store.reading() as unit:
        held = unit.assets.need("games/1.jpg").tagging
    assert [each.student for each in held.appearances] == [district.student(CALEB)]
    assert len(held.appearances[0].regions) == 1
    assert held.unidentified_people == 1
    browser._evaluate("document.querySelector('.desk-undo button').click()")
    wait_until(lambda: "Taken back: 1.jpg" in browser.text, "it was not taken back")
    assert (browser.complaints, browser.failed) == ([], [])


def test_nothing_is_lost_without_a_connection_and_it_is_said_once(
    district: District, desk: str, browser: Browser
) -> None:
    signed_in(browser, desk)
    browser.open(f"{desk}/waiting/?folder=games")
    named(browser, "cal")
    browser._call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    browser._evaluate("document.querySelector('[data-save]').click()")
    wait_until(lambda: "there is no connection" in browser.text, "nothing was said")
    assert "Caleb" in browser.text
    shot(browser, "offline")
    assert entries(district.services, "look") == []
    browser._call(
        "Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )
    browser._evaluate("document.querySelector('[data-save]').click(); document.querySelector('[data-save]').click()")
    wait_until(lambda: "Saved: 1.jpg." in browser.text, "it was not saved")
    assert len(entries(district.services, "look")) == 1


def test_a_picture_is_uploaded_and_several_are_said_to_show_only_one_student(
    district: District, desk: str, browser: Browser
) -> None:
    signed_in(browser, desk)
    browser.open(f"{desk}/upload/?folder=games")
    file = district.folder / "3.jpg"
    file.write_bytes(_other(3, district))
    node = browser._call("Runtime.evaluate", expression="document.querySelector('#files')")["result"]["objectId"]
    browser._call("DOM.setFileInputFiles", files=[str(file)], objectId=node)
    browser._evaluate("document.querySelector('#upload button').click()")
    wait_until(lambda: browser.value_of("!!document.querySelector('[data-uploaded]')"), "it was not uploaded")
    shot(browser, "uploaded")
    assert "3.jpg: Nobody has said yet who is in it" in browser.text or "being read" in browser.text
    browser.open(f"{desk}/waiting/several?folder=games")
    browser._evaluate("document.querySelector('#pick-all').click()")
    named(browser, "cal")
    browser._evaluate("document.querySelector('[data-save]').click()")
    wait_until(lambda: "Is this right?" in browser.text, "nothing was asked")
    shot(browser, "several-asked")
    assert "Nobody is in it but: Caleb" in browser.text
    assert found_by_axe(browser) == []
    browser.click("button[value=really]")
    assert "Saved: " in browser.text
    assert len(entries(district.services, "look")) >= 2
    assert browser.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_people_are_named(district: District, desk: str, browser: Browser, scheme: str) -> None:
    browser.scheme(scheme)
    signed_in(browser, desk)
    with district.services.store.reading() as unit:
        team, clip = (unit.assets.need(key).asset.id for key in (TEAM, CLIP))
    pages = {
        "waiting": "/waiting/",
        "team": f"/recordings/{team}/who",
        "clip": f"/recordings/{clip}/who",
        "several": "/waiting/several?folder=games",
        "upload": "/upload/",
        "none": "/waiting/?folder=nowhere",
    }
    for width in (1280, 360, 320):
        browser.size(width, 900)
        for name, where in pages.items():
            browser.open(desk + where)
            if "who" in where or name == "waiting":
                offered(browser, "an")
            shot(browser, f"{name}-{width}-{scheme}")
            assert (where, width, found_by_axe(browser)) == (where, width, [])
            assert browser.is_as_wide_as_its_screen, (where, width)
    assert browser.complaints == []
