"""The page of a student's record, opened in a browser: it reads on a screen and on paper, and complains of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from command_line import call
from district import HANNAH, INES_MOTHER, PORTRAIT, TEAM, District
from end_to_end.test_pages import colours, opened

from dam_plugin.model import Recipient

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


@pytest.fixture
def page(district: District) -> Path:
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    district.ask(TEAM, Recipient("parent", district.guardian(INES_MOTHER)))
    district.share(PORTRAIT)
    threat = {"emergency": {"threat": "the student is missing since noon", "recipient_needs_it": True}}
    token = district.ask(PORTRAIT, Recipient("law_enforcement", "officer-7"), "emergency", evidence=threat).token
    call("open", token or "")
    call("revoke", PORTRAIT)
    path = district.folder / "record.html"
    assert call("ledger", "student", "--as", "custodian:desk", district.student(HANNAH), "--page", str(path)).code == 0
    return path


def test_the_page_tells_the_record_in_words(page: Path, browser: Browser) -> None:
    text = opened(browser, page).text
    for words in (
        "Record of requests and disclosures",
        "34 CFR 99.32",
        "A parent asked for this photo and was given a copy in which Hannah Lindqvist is hidden.",
        "The police (Officer 7) asked for this photo and was given it.",
        "In an emergency the law lets us give this out",
        "The danger that was stated: the student is missing since noon.",
        "The law asks us to record this.",
        "The police (Officer 7) opened the link to this photo and received it.",
        "The link of the police (Officer 7) to this photo was closed.",
        "Asked and refused",
    ):
        assert words in text


def test_the_page_shows_its_table_on_a_phone_and_at_a_desk(page: Path, browser: Browser) -> None:
    for width in (500, 1200):
        browser.size(width, 900)
        assert colours(opened(browser, page).screenshot()) > 50
