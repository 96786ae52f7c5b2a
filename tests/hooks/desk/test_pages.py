"""What the pages show and do, as somebody with a browser would: library, recording, share, my shares."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import text_of
from district import CLIP, CROWD, HANNAH, TEAM, UNTITLED
from PIL import Image
from use_cases import entries, listening, releases

from dam_plugin.errors import StoreError
from dam_plugin.model import Actor

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

WEBSITE = {"to": "published", "purpose": "website", "days": "30"}


def test_the_library_shows_each_recording_with_its_state(pages: Pages) -> None:
    for key in (CROWD, UNTITLED):
        pages.district.upload(key)
    person = pages.user("media")
    page = person.get("/library/").content.decode()
    assert "concert-crowd.jpg" in page
    assert "Nobody has said yet who is in it" in page
    assert pages.asset(CROWD) in page
    waiting = person.get("/library/", {"state": "waiting"}).content.decode()
    assert "untitled-0031.jpg" in waiting
    assert "concert-crowd.jpg" not in waiting
    folder = person.get("/library/", {"folder": "events"}).content.decode()
    assert "concert-crowd.jpg" in folder
    assert "untitled-0031.jpg" not in folder


def test_the_library_goes_on_page_by_page(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import library

    for key in (CROWD, TEAM, UNTITLED):
        pages.district.upload(key)
    monkeypatch.setattr(library, "PAGE", 2)
    person = pages.user("media")
    first = person.get("/library/").content.decode()
    (behind,) = re.findall(r"after=([^\"&]+)", first)
    second = person.get(f"/library/?after={behind}").content.decode()
    shown = [re.findall(r'desk-card-title" dir="auto">([^<]+)', page) for page in (first, second)]
    assert [len(each) for each in shown] == [2, 1]
    assert len({*shown[0], *shown[1]}) == 3


def test_a_recording_is_told_by_names_and_places(pages: Pages) -> None:
    pages.district.upload(TEAM)
    answer = pages.user("media").get(f"/recordings/{pages.asset(TEAM)}/")
    page = answer.content.decode()
    assert "Hannah Lindqvist , grade 11" in text_of(answer)
    assert len(re.findall(r"<rect ", page)) == 3
    assert pages.district.student(HANNAH) not in page


def test_an_address_of_a_version_that_was_replaced_leads_to_the_one_of_now(pages: Pages) -> None:
    pages.district.upload(TEAM)
    before = pages.asset(TEAM)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "JPEG")
    pages.district.upload(TEAM, picture.getvalue())
    person = pages.user("media")
    assert person.get(f"/recordings/{before}/")["Location"] == f"/recordings/{pages.asset(TEAM)}/"
    assert person.get("/recordings/a-0000000000000000/").status_code == 404


def test_small_pictures_are_small_upright_without_metadata_and_made_once(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.district.upload(TEAM)
    calls: list[str] = []
    person = pages.user("media")
    reads = listening(pages.district.services, lambda name, *_, **__: calls.append(name))
    monkeypatch.setattr("dam_hooks.desk.apps.services_of", lambda _: reads)
    for widest, where in ((320, "thumbnail"), (1600, "picture")):
        address = f"/recordings/{pages.asset(TEAM)}/{where}"
        small = person.get(address)
        with Image.open(io.BytesIO(small.content)) as shown:
            assert (small["Content-Type"], max(shown.size) <= widest, shown.getexif()) == ("image/jpeg", True, {})
        assert where == "picture" or len(small.content) <= 60 * 1024
        assert b"Lindqvist" not in small.content
        assert person.get(address).content == small.content
    assert calls.count("read") == 2


def test_sound_has_no_picture(pages: Pages) -> None:
    pages.district.upload(CLIP)
    assert pages.user("media").get(f"/recordings/{pages.asset(CLIP)}/thumbnail").status_code == 404


def test_before_asking_the_answer_and_the_copy_are_seen_and_nothing_happens(pages: Pages) -> None:
    pages.district.upload(TEAM)
    person, before = pages.user("media"), entries(pages.district.services)
    answer = person.post(f"/recordings/{pages.asset(TEAM)}/share", {**WEBSITE, "do": "see"})
    page = text_of(answer)
    assert "A copy may go out, in which somebody is hidden." in page
    assert "A parent of Hannah Lindqvist" in page
    assert "The copy that goes out" in page
    assert "data:image/jpeg;base64," in answer.content.decode()
    assert pages.district.student(HANNAH) not in page
    assert (entries(pages.district.services), releases(pages.district.services)) == (before, [])


def test_then_one_click_shares_it_as_who_is_signed_in(pages: Pages) -> None:
    pages.district.upload(TEAM)
    person = pages.user("media", name="maria")
    answer = person.post(f"/recordings/{pages.asset(TEAM)}/share", {**WEBSITE, "do": "share"})
    assert "Its token, shown this once" in text_of(answer)
    assert "It works until" in text_of(answer)
    (entry, details) = entries(pages.district.services, "share")[-1]
    assert details["user"] == "maria"
    with pages.district.services.store.reading() as unit:
        (kept,) = unit.shares.of_key(TEAM)
    assert kept.share.actor == Actor("media_staff", "maria")
    mine = text_of(person.get("/shares/"))
    assert TEAM in mine
    assert "Take back" in mine
    assert TEAM not in text_of(pages.user("media", name="other").get("/shares/"))
    assert entry.kind == "share"


def test_what_waits_for_the_custodian_says_by_when(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    where = f"/recordings/{pages.asset(UNTITLED)}/share"
    person = pages.user("media")
    seen = text_of(person.post(where, {**WEBSITE, "do": "see"}))
    assert "Nothing goes out before the records custodian decides." in seen
    assert "It would go to the records custodian, who answers by" in seen
    with pages.district.services.store.reading() as unit:
        assert unit.referrals.listed() == []
    assert "It is in the records custodian's queue, due on" in text_of(
        person.post(where, {**WEBSITE, "do": "share"})
    ).replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"to": "somebody"}, "Write down who asked for it."),
        ({"purpose": "whatever"}, "Select a valid choice"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"to": ""}, "This field is required."),
    ],
)
def test_what_is_missing_is_said_at_its_place(pages: Pages, changed: dict[str, str], sentence: str) -> None:
    pages.district.upload(CROWD)
    before = entries(pages.district.services)
    form = {**WEBSITE, **changed, "do": "share"}
    assert sentence in text_of(pages.user("media").post(f"/recordings/{pages.asset(CROWD)}/share", form))
    assert entries(pages.district.services) == before


def test_a_link_is_taken_back_by_whoever_handed_it_out_alone(pages: Pages) -> None:
    from dam_plugin.gate.open_link import open_link

    pages.district.upload(CROWD)
    maria, other = pages.user("media", name="maria"), pages.user("media", name="other")
    answer = maria.post(f"/recordings/{pages.asset(CROWD)}/share", {**WEBSITE, "do": "share"})
    token = re.findall(r"<code>([^<]+)</code>", answer.content.decode())[0]
    (link,) = re.findall(r"/shares/(l-[0-9a-f]+)/take-back", maria.get("/shares/").content.decode())
    assert other.post(f"/shares/{link}/take-back").status_code == 404
    assert open_link(pages.district.services, token).url is not None
    assert maria.post(f"/shares/{link}/take-back")["Location"] == "/shares/"
    assert open_link(pages.district.services, token).url is None


def test_a_link_of_a_host_is_nobodys(pages: Pages) -> None:
    pages.district.upload(CROWD)
    answer = pages.district.share(CROWD)
    assert answer.link is not None
    assert pages.user("media").post(f"/shares/{answer.link.id}/take-back").status_code == 404
    assert CROWD not in text_of(pages.user("media").get("/shares/"))


def test_hostile_names_are_text(pages: Pages) -> None:
    name = "events/<script>alert(1)</script>\u202e\"'&.jpg"
    pages.district.upload(name, _picture())
    person = pages.user("media")
    for page in (person.get("/library/"), person.get(f"/recordings/{pages.asset(name)}/")):
        assert page.status_code == 200
        assert b"<script>alert" not in page.content
        assert b"&lt;script&gt;alert" in page.content


def test_a_page_says_when_the_store_is_away_and_nothing_is_half_done(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = pages.user("media")

    def away(*_: Any, **__: Any) -> None:
        raise StoreError("the database cannot be reached: check DAM_PLUGIN_DATABASE_URL, and that the server runs")

    monkeypatch.setattr(type(pages.district.services.store), "reading", away)
    answer = person.get("/library/")
    assert answer.status_code == 503
    assert "the database cannot be reached" in text_of(answer)


def _picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(made, "JPEG")
    return made.getvalue()
