"""An emergency at the desk: one screen, three fields, and nothing that delays it; somebody else reviews it afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import field, saved, text_of
from district import TEAM, UNTITLED
from use_cases import entries

from dam_plugin.errors import StoreError
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Actor

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

THREAT = {"agency": "law_enforcement", "who": "Sergeant Miller, 555 0123", "threat": "a six-year-old is missing"}


def released(pages: Pages, person: Any, key: str = UNTITLED, **changes: str) -> Any:
    return person.post("/emergency/", {**THREAT, "recording": pages.asset(key), **changes})


@pytest.mark.parametrize("role", ["media", "custodian", "designee"])
def test_whoever_is_on_duty_releases_it_at_once(pages: Pages, role: str) -> None:
    pages.district.upload(UNTITLED)
    answer = released(pages, pages.user(role, name="ms-lopez"))
    text = text_of(answer)
    assert "It is released" in text
    assert "Somebody else than you reviews it by" in text
    assert "dam-plugin" not in text
    token = re.findall(r"<code>([^<]+)</code>", answer.content.decode())[0]
    assert open_link(pages.district.services, token).url is not None
    with pages.district.services.store.reading() as unit:
        (kept,) = unit.shares.of_key(UNTITLED)
        (review,) = unit.referrals.listed()
    assert kept.share.actor.id == "ms-lopez"
    assert kept.share.evidence["emergency"]["threat"] == THREAT["threat"]
    assert (kept.share.recipient.role, kept.share.recipient.id) == ("law_enforcement", "Sergeant Miller, 555 0123")
    assert review.kind == "review"
    noted = [details for _, details in entries(pages.district.services, "queue") if details["done"] == "released"]
    assert noted[0]["system_user"]["name"] == "ms-lopez"
    assert noted[0]["system_user"]["id"].startswith("desk:")


def test_who_released_it_does_not_review_it_under_another_account_either(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.district.upload(UNTITLED)
    first = pages.user("custodian", name="anna")
    # One person at the district's provider has both accounts.
    monkeypatch.setattr("dam_hooks.desk.desk_roles.person_of", lambda user: "one" if user.username != "bert" else "two")
    other = pages.user("designee", name="a.lindt")
    released(pages, first)
    with pages.district.services.store.reading() as unit:
        (review,) = unit.referrals.listed()
    form = {"found": "the child was found", "was_threat": "yes"}
    for person in (first, other):
        answer = person.post(f"/queue/{review.id}/found/reviewed", {**form, "do": "see"})
        assert "This takes another person" in text_of(answer)
    saved(pages.user("designee", name="bert"), f"/queue/{review.id}/found/reviewed", form)
    with pages.district.services.store.reading() as unit:
        assert not unit.referrals.need(review.id).is_open


def test_a_release_whose_account_could_not_be_kept_is_shown_said_and_logged(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pages.district.upload(UNTITLED)

    def away(*_: Any) -> None:
        raise StoreError("the database cannot be reached while Hannah Lindqvist waits")

    kept = released(pages, pages.user("media", name="ms-lopez"))
    assert "It could not be kept" not in text_of(kept)
    monkeypatch.setattr("dam_hooks.desk.pages.emergency_page.note_releaser", away)
    answer = released(pages, pages.user("media", name="ms-lopez"))
    assert "It is released" in text_of(answer)
    assert "It could not be kept that it was your account that released it" in text_of(answer)
    (logged,) = [each for each in caplog.records if each.name == "dam_hooks.desk.pages.emergency_page"]
    assert "StoreError at " in logged.getMessage()
    assert "Lindqvist" not in logged.getMessage()
    assert logged.exc_info is None


def test_the_recording_is_found_by_a_part_of_its_name(pages: Pages) -> None:
    for key in (UNTITLED, TEAM):
        pages.district.upload(key)
    person = pages.user("media")
    page = person.get("/emergency/", {"find": "TEAM-ph"})
    assert "team-photo.jpg" in text_of(page)
    assert "untitled" not in text_of(page)
    assert "Nothing has such a name." in text_of(person.get("/emergency/", {"find": "%_"}))
    chosen = person.get("/emergency/", {"recording": pages.asset(TEAM)})
    assert field(chosen, "recording") == pages.asset(TEAM)
    assert (
        f"/emergency/?recording={pages.asset(TEAM)}" in person.get(f"/recordings/{pages.asset(TEAM)}/").content.decode()
    )
    assert person.get("/emergency/", {"recording": "a-0000000000000000"}).status_code == 404


def test_what_is_missing_is_said_at_its_place_and_nothing_goes_out(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    person, before = pages.user("media"), entries(pages.district.services)
    for changed in ({"who": ""}, {"threat": " "}, {"agency": ""}):
        assert "This field is required." in text_of(released(pages, person, **changed))
    assert "Choose the recording first." in text_of(person.post("/emergency/", THREAT))
    assert "Choose from the list." in text_of(released(pages, person, agency="public"))
    assert entries(pages.district.services) == before


def test_signs_that_nobody_sees_delay_nothing(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    answer = released(
        pages, pages.user("media"), who="Miller\u202e,\u200b 555", threat="a child is missing\r\nsince noon\x07"
    )
    assert "It is released" in text_of(answer)
    with pages.district.services.store.reading() as unit:
        (kept,) = unit.shares.of_key(UNTITLED)
    assert kept.share.evidence["emergency"]["threat"] == "a child is missing since noon"


def test_to_somebody_else_the_custodian_alone_gives_it(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    answer = released(pages, pages.user("custodian", name="anna"), agency="public", who="Channel 5, news desk")
    assert "It is released" in text_of(answer)
    with pages.district.services.store.reading() as unit:
        (kept,) = unit.shares.of_key(UNTITLED)
    assert kept.share.actor == Actor("custodian", "anna")


def test_yearbook_staff_and_others_do_not(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    for role in ("yearbook", "admin", "auditor"):
        assert released(pages, pages.user(role)).status_code == 403
