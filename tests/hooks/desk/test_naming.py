"""Saying who is in a recording at the desk: one after the other, several at once, taking it back, and uploading."""

from __future__ import annotations

import io
import json
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import text_of
from district import BROKEN, CALEB, CLIP, CROWD, HANNAH, INES, TEAM, UNTITLED
from PIL import Image
from sqlalchemy import event
from use_cases import entries, is_known
from waiting import wait_until

from dam_plugin.errors import StorageUnreachable
from dam_plugin.intake.keep_look import look_and_close, look_at
from dam_plugin.model import Actor, Appearance, AssetEvent, Look, Region
from dam_plugin.store import Extent
from dam_tagging.facts import OpenWord

if TYPE_CHECKING:
    from conftest import Pages

    from dam_plugin.model import Tagging
    from dam_plugin.services import Services

pytest.importorskip("django")

from django.core.files.uploadedfile import SimpleUploadedFile


def seen_at(page: Any) -> str:
    """What the page says was looked at."""
    return re.findall(r'name="seen" value="([0-9a-f]+)"', page.content.decode())[-1]


def rows(*sightings: dict[str, Any]) -> dict[str, Any]:
    """The rows of a form as a browser sends them."""
    told = {"p-TOTAL_FORMS": str(len(sightings)), "p-INITIAL_FORMS": "0"}
    for number, each in enumerate(sightings):
        for name, value in {"prominence": "unknown", **each}.items():
            told[f"p-{number}-{name}"] = value
    return told


def tagging(pages: Pages, key: str) -> Tagging:
    with pages.district.services.store.reading() as unit:
        return unit.assets.need(key).tagging


def known(pages: Pages, key: str, **found: Any) -> None:
    """Let this be what is known of a recording by its file."""
    with pages.district.services.store.writing() as unit:
        stored = unit.assets.need(key)
        unit.assets.save(
            replace(stored, tagging=replace(stored.tagging, **found), machine=replace(stored.machine, **found))
        )


def who(pages: Pages, key: str) -> str:
    return f"/recordings/{pages.asset(key)}/who"


def picture(color: str = "navy", size: tuple[int, int] = (40, 30)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, "JPEG")
    return made.getvalue()


# One after the other


def test_waiting_leads_to_the_first_and_saving_to_the_next(pages: Pages) -> None:
    for key in ("a/1.jpg", "a/2.jpg", "b/3.jpg"):
        pages.district.upload(key, picture(size=(40, 30 + int(key[2]))))
    maria = pages.user("media", name="maria")
    first = maria.get("/waiting/", follow=True)
    assert "1.jpg" in text_of(first)
    assert "3 recordings wait" in text_of(first)
    caleb = pages.district.student(CALEB)
    form = {**rows({"student": caleb, "left": "10", "top": "20", "width": "30", "height": "40"}), "do": "save"}
    saved = maria.post(f"{who(pages, 'a/1.jpg')}?queue=1", {**form, "seen": seen_at(first)}, follow=True)
    assert "Saved: 1.jpg." in text_of(saved)
    assert saved.redirect_chain[-1][0].startswith(who(pages, "a/2.jpg"))
    held = tagging(pages, "a/1.jpg")
    assert (held.state, held.ground) == ("complete", "looked")
    assert [(each.student, each.regions) for each in held.appearances] == [(caleb, (Region(0.1, 0.2, 0.3, 0.4),))]
    with pages.district.services.store.reading() as unit:
        assert unit.assets.looks(pages.asset("a/1.jpg"))[-1].by == Actor("media_staff", "maria")


def test_skipping_goes_on_behind_and_comes_back_to_what_was_skipped(pages: Pages) -> None:
    for key in ("a/1.jpg", "a/2.jpg"):
        pages.district.upload(key, picture(size=(40, 30 + int(key[2]))))
    maria = pages.user("media")
    skipped = maria.get("/waiting/", {"after": pages.asset("a/1.jpg")})
    assert skipped["Location"].startswith(who(pages, "a/2.jpg"))
    last = maria.get("/waiting/", {"after": pages.asset("a/2.jpg")})
    assert "Begin again with those that were skipped" in text_of(last)


def test_a_name_that_is_typed_and_not_chosen_is_never_dropped(pages: Pages) -> None:
    pages.district.upload("a/1.jpg", picture())
    maria, caleb = pages.user("media"), pages.district.student(CALEB)
    form = {**rows({"student": caleb}), "do": "save", "q": "Hanni", "seen": seen_at(maria.get(who(pages, "a/1.jpg")))}
    assert "A name is typed and not chosen" in text_of(maria.post(who(pages, "a/1.jpg"), form))
    assert tagging(pages, "a/1.jpg").state == "pending"


def test_nobody_takes_no_name_out_and_passes_over_nobody_who_was_counted_without_a_question(pages: Pages) -> None:
    pages.district.upload(TEAM)
    pages.district.upload("a/1.jpg", picture())
    keeper = pages.user("custodian")
    nobody = {**rows(), "do": "nobody", "seen": seen_at(keeper.get(who(pages, TEAM)))}
    before = tagging(pages, TEAM)
    assert "Somebody is named in this recording" in text_of(keeper.post(who(pages, TEAM), nobody))
    assert tagging(pages, TEAM) == before
    counted = {**rows(), "do": "save", "unknown": "2", "seen": seen_at(keeper.get(who(pages, "a/1.jpg")))}
    keeper.post(who(pages, "a/1.jpg"), counted)
    asked = {**rows(), "do": "nobody", "seen": seen_at(keeper.get(who(pages, "a/1.jpg")))}
    answer = keeper.post(who(pages, "a/1.jpg"), asked)
    assert "2 people were counted in it" in text_of(answer)
    assert 'name="sure"' in answer.content.decode()
    keeper.post(who(pages, "a/1.jpg"), {**asked, "sure": "1"})
    assert tagging(pages, "a/1.jpg").unidentified_people == 0


def test_a_folder_alone_is_gone_through(pages: Pages) -> None:
    for key in ("a/1.jpg", "b/2.jpg"):
        pages.district.upload(key, picture(size=(40, 30 + int(key[2]))))
    assert pages.user("media").get("/waiting/", {"folder": "b"})["Location"].startswith(who(pages, "b/2.jpg"))


def test_names_are_found_by_a_few_letters_and_no_id_is_read(pages: Pages) -> None:
    maria = pages.user("media")
    found = json.loads(maria.post("/waiting/students", {"q": "han"}).content)
    assert [(each["name"], each["grade"]) for each in found["students"]] == [("Hannah Lindqvist", "grade 11")]
    assert json.loads(maria.post("/waiting/students", {"q": "LIND hann"}).content)["students"] == found["students"]
    for nothing in ("", "h", "%", "nobody-is-called-so"):
        assert json.loads(maria.post("/waiting/students", {"q": nothing}).content)["students"] == []
    assert maria.get("/waiting/students").status_code == 405
    pages.district.upload(UNTITLED)
    page = maria.post(who(pages, UNTITLED), {"seen": "-", **rows(), "q": "han", "do": "find"})
    assert "Hannah Lindqvist , grade 11" in text_of(page)
    assert pages.district.student(HANNAH) not in text_of(page)


def test_a_grade_is_offered_to_tap(pages: Pages) -> None:
    maria = pages.user("media")
    found = json.loads(maria.post("/waiting/students", {"grade": "11"}).content)["students"]
    assert "Hannah Lindqvist" in [each["name"] for each in found]
    assert {each["grade"] for each in found} == {"grade 11"}


def test_without_a_script_a_name_is_added_by_a_button(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    caleb = pages.district.student(CALEB)
    page = pages.user("media").post(who(pages, UNTITLED), {"seen": "-", **rows(), "add": caleb})
    assert f'name="p-0-student" value="{caleb}"' in page.content.decode()
    assert tagging(pages, UNTITLED).appearances == ()


def test_words_and_the_folder_suggest_names(pages: Pages) -> None:
    pages.district.upload("games/hannah_lindqvist-03.jpg", picture())
    pages.district.upload("games/other.jpg", picture("red", (50, 50)))
    caleb = Appearance(pages.district.student(CALEB), source="a person's look")
    look_at(
        pages.district.services,
        "games/other.jpg",
        Look(pages.district.services.now(), Actor("media_staff", "x"), (caleb,)),
    )
    page = text_of(pages.user("media").get(who(pages, "games/hannah_lindqvist-03.jpg")))
    assert "(file name) Hannah Lindqvist" in page or "Hannah Lindqvist" in page.partition("Its words may mean")[2]
    assert "Caleb" in page.partition("Named in this folder before")[2]


def test_of_a_suggested_name_it_is_said_that_the_student_left(pages: Pages) -> None:
    services, caleb = pages.district.services, pages.district.student(CALEB)
    for number in (1, 2):
        pages.district.upload(f"games/{number}.jpg", picture(size=(40, 30 + number)))
    named = Appearance(caleb, source="a person's look")
    look_at(services, "games/1.jpg", Look(services.now(), Actor("media_staff", "x"), (named,)))
    with services.store.writing() as unit:
        unit.people.upsert_roster([], services.now(), Extent(whole=False, gone=frozenset({caleb})))
    page = text_of(pages.user("media").get(who(pages, "games/2.jpg")))
    assert "(not at school now)" in page.partition("Named in this folder before")[2]


def test_faces_without_a_name_are_offered_and_none_is_left_out_by_silence(pages: Pages) -> None:
    key = "a/faces.jpg"
    pages.district.upload(key, picture())
    faces = (Region(0.1, 0.1, 0.1, 0.1), Region(0.5, 0.1, 0.1, 0.1))
    known(pages, key, faces=faces, unidentified_people=2, unnamed_faces=2)
    maria = pages.user("media")
    page = maria.get(who(pages, key))
    assert page.content.decode().count("data-face-box=") == 2
    form = {**rows({"student": pages.district.student(CALEB)}), "seen": seen_at(page), "do": "save"}
    assert "One person in it seems to have no name yet" in text_of(maria.post(who(pages, key), form))
    assert tagging(pages, key).appearances == ()
    assert maria.post(who(pages, key), {**form, "unknown": "1"}).status_code == 302
    assert tagging(pages, key).unidentified_people == 1


def test_nobody_and_people_without_a_name_are_said(pages: Pages) -> None:
    for key, size in (("a/1.jpg", 31), ("a/2.jpg", 32)):
        pages.district.upload(key, picture(size=(40, size)))
    maria = pages.user("media")
    for key, said in (("a/1.jpg", {"do": "nobody"}), ("a/2.jpg", {"do": "save", "unknown": "3"})):
        page = maria.get(who(pages, key))
        assert maria.post(who(pages, key), {**rows(), "seen": seen_at(page), **said}).status_code == 302
    assert tagging(pages, "a/1.jpg").state == "complete"
    assert tagging(pages, "a/2.jpg").unidentified_people == 3


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "Name somebody, say how many you cannot name, or say that no student is in it."),
        ({"unknown": "-1"}, "greater than or equal to 0"),
        ({"unknown": "1", "do": "nobody"}, "You named somebody, or counted people: take that out first."),
        (rows({"student": CALEB, "left": "1"}), "A box needs all four numbers, or none."),
        (
            rows({"student": CALEB, "left": "90", "top": "0", "width": "20", "height": "5"}),
            "The box is not within the picture.",
        ),
        (rows({"student": CALEB, "start": "1", "end": "2"}), "A picture has no time"),
        (rows({"student": "S-NOBODY"}), "One of these students is not on the roster any more."),
    ],
)
def test_what_is_wrong_is_said_in_the_form_and_nothing_is_kept(
    pages: Pages, changed: dict[str, str], sentence: str
) -> None:
    pages.district.upload(UNTITLED)
    changed = {name: pages.district.student(CALEB) if value == CALEB else value for name, value in changed.items()}
    maria = pages.user("media")
    seen, before = seen_at(maria.get(who(pages, UNTITLED))), entries(pages.district.services)
    answer = maria.post(who(pages, UNTITLED), {**rows(), "seen": seen, "do": "save", **changed})
    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert entries(pages.district.services) == before


def test_what_only_a_custodian_says_is_refused_in_plain_words(pages: Pages) -> None:
    pages.district.upload(TEAM)
    hannah, maria = pages.district.student(HANNAH), pages.user("media")
    page = maria.get(who(pages, TEAM))
    seen, before = seen_at(page), entries(pages.district.services)
    moved = {"student": hannah, "prominence": "incidental"}
    answer = text_of(maria.post(who(pages, TEAM), {**rows(moved), "seen": seen, "do": "save", "unknown": "0"}))
    assert "The family of Hannah Lindqvist said no" in answer
    assert "dam-plugin" not in answer.partition("Who is in it")[2]
    assert hannah not in answer
    answer = text_of(maria.post(who(pages, TEAM), {**rows(), "seen": seen, "do": "nobody"}))
    assert "Somebody is named in this recording: take each name out in the list" in answer
    gone = {**moved, "DELETE": "on"}
    answer = text_of(maria.post(who(pages, TEAM), {**rows(gone), "seen": seen, "do": "save", "unknown": "0"}))
    assert "Name somebody" in answer
    assert entries(pages.district.services) == before


def test_a_custodian_takes_a_name_out(pages: Pages) -> None:
    pages.district.upload(TEAM)
    custodian = pages.user("custodian", name="olga")
    page = custodian.get(who(pages, TEAM))
    named = [each.student for each in tagging(pages, TEAM).appearances]
    form = rows(*({"student": each, "DELETE": "on" if each == named[0] else ""} for each in named))
    answer = custodian.post(who(pages, TEAM), {**form, "seen": seen_at(page), "do": "save"})
    assert answer.status_code == 302
    assert {each.student for each in tagging(pages, TEAM).appearances} == set(named[1:])


@pytest.mark.parametrize("said", [{"do": "nobody"}, {"do": "save", "unknown": "1"}], ids=["nobody", "a stranger"])
def test_a_custodian_takes_the_only_name_out(pages: Pages, said: dict[str, str]) -> None:
    pages.district.upload(UNTITLED)
    caleb, services = pages.district.student(CALEB), pages.district.services
    named = Look(services.now(), Actor("media_staff", "x"), (Appearance(caleb),), unidentified=0)
    look_at(services, UNTITLED, named)
    form, custodian, maria = rows({"student": caleb, "DELETE": "on"}), pages.user("custodian"), pages.user("media")
    form["seen"] = seen_at(custodian.get(who(pages, UNTITLED)))
    assert "Name somebody" in text_of(custodian.post(who(pages, UNTITLED), {**form, "do": "save"}))
    assert "Only the records custodian" in text_of(maria.post(who(pages, UNTITLED), {**form, **said}))
    assert tagging(pages, UNTITLED).students == {caleb}
    assert custodian.post(who(pages, UNTITLED), {**form, **said}).status_code == 302
    held = tagging(pages, UNTITLED)
    assert (held.appearances, held.unidentified_people) == ((), int(said.get("unknown", 0)))


@pytest.mark.parametrize("found", [{"unidentified_people": 2}, {"open_words": (OpenWord("Bela", "caption", ()),)}])
def test_a_name_that_is_taken_out_takes_nobody_without_a_name_along(pages: Pages, found: dict[str, Any]) -> None:
    pages.district.upload(TEAM)
    named = [each.student for each in tagging(pages, TEAM).appearances]
    known(pages, TEAM, **found)
    custodian = pages.user("custodian")
    form = rows(*({"student": each, "DELETE": "on" if each == named[0] else ""} for each in named))
    form |= {"seen": seen_at(custodian.get(who(pages, TEAM))), "do": "save"}
    assert "in it seem" in text_of(custodian.post(who(pages, TEAM), form))
    assert {each.student for each in tagging(pages, TEAM).appearances} == set(named)
    assert custodian.post(who(pages, TEAM), {**form, "unknown": "2"}).status_code == 302
    assert {each.student for each in tagging(pages, TEAM).appearances} == set(named[1:])
    assert tagging(pages, TEAM).unidentified_people == 2


def test_a_word_that_is_open_is_not_passed_over_by_nobody_without_a_question(pages: Pages) -> None:
    pages.district.upload("a/1.jpg", picture())
    known(pages, "a/1.jpg", open_words=(OpenWord("Bela", "caption", ()),))
    maria = pages.user("media")
    asked = {**rows(), "do": "nobody", "seen": seen_at(maria.get(who(pages, "a/1.jpg")))}
    assert "“Bela” may be a student's name" in text_of(maria.post(who(pages, "a/1.jpg"), asked))
    assert tagging(pages, "a/1.jpg").open_words
    assert maria.post(who(pages, "a/1.jpg"), {**asked, "sure": "1"}).status_code == 302
    assert not tagging(pages, "a/1.jpg").open_words


def test_saying_again_what_is_on_file_changes_no_place(pages: Pages) -> None:
    pages.district.upload(TEAM)
    maria, before = pages.user("media"), tagging(pages, TEAM)
    page = maria.get(who(pages, TEAM)).content.decode()
    sent = {
        name: value
        for name, value in re.findall(r'name="(p-\d+-(?:student|left|top|width|height))" value="([^"]*)"', page)
        if value
    }
    sent |= {f"p-{at}-prominence": each.prominence for at, each in enumerate(before.appearances)}
    count = str(len(before.appearances))
    form = {**sent, "p-TOTAL_FORMS": count, "p-INITIAL_FORMS": count, "seen": seen_at(maria.get(who(pages, TEAM)))}
    assert maria.post(who(pages, TEAM), {**form, "do": "save", "unknown": "0"}).status_code == 302
    assert tagging(pages, TEAM).appearances == before.appearances


# Two people, twice the same, and versions


def test_a_form_that_is_sent_twice_says_it_once(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria = pages.user("media")
    form = {
        **rows({"student": pages.district.student(CALEB), "prominence": "incidental"}),
        "do": "save",
        "unknown": "1",
    }
    form["seen"] = seen_at(maria.get(who(pages, UNTITLED)))
    assert [maria.post(who(pages, UNTITLED), form).status_code for _ in range(2)] == [302, 302]
    assert len(entries(pages.district.services, "look")) == 1


def test_of_two_people_at_one_recording_the_second_sees_it_once_more(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria, other = pages.user("media", name="maria"), pages.user("media", name="other")
    seen = [seen_at(each.get(who(pages, UNTITLED))) for each in (maria, other)]
    caleb, ines = pages.district.student(CALEB), pages.district.student(INES)
    maria.post(who(pages, UNTITLED), {**rows({"student": caleb}), "seen": seen[0], "do": "save", "unknown": "0"})
    late = {**rows({"student": ines}), "do": "save", "unknown": "0"}
    answer = other.post(who(pages, UNTITLED), {**late, "seen": seen[1]})
    assert "This recording has changed since you looked at it" in text_of(answer)
    assert f'value="{ines}"' in answer.content.decode()
    assert {each.student for each in tagging(pages, UNTITLED).appearances} == {caleb}
    assert other.post(who(pages, UNTITLED), {**late, "seen": seen_at(answer)}).status_code == 302
    assert {each.student for each in tagging(pages, UNTITLED).appearances} == {caleb, ines}


def test_nothing_is_said_of_a_version_that_was_replaced(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria, where = pages.user("media"), who(pages, UNTITLED)
    form = {**rows({"student": pages.district.student(CALEB)}), "seen": seen_at(maria.get(where)), "do": "save"}
    pages.district.upload(UNTITLED, picture())
    assert "This recording has changed since you looked at it" in text_of(maria.post(where, form))
    assert tagging(pages, UNTITLED).appearances == ()
    assert maria.get(where)["Location"] == who(pages, UNTITLED)


# Taking it back


def take_back(pages: Pages, person: Any, key: str) -> Any:
    page = person.get(who(pages, key)).content.decode()
    found = re.search(r'name="at" value="([^"]+)"><input type="hidden" name="seen" value="([^"]+)"', page)
    assert found is not None, "nothing to take back"
    where = f"/recordings/{pages.asset(key)}/take-back-look"
    return person.post(where, {"at": found[1].replace("&#x2B;", "+"), "seen": found[2]}, follow=True)


def test_the_last_look_is_taken_back_and_what_held_before_holds(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria, before = pages.user("media"), tagging(pages, UNTITLED)
    form = {**rows({"student": pages.district.student(CALEB)}), "do": "save", "unknown": "0"}
    maria.post(who(pages, UNTITLED), {**form, "seen": seen_at(maria.get(who(pages, UNTITLED)))})
    assert tagging(pages, UNTITLED).state == "complete"
    assert "Taken back: untitled-0031.jpg" in text_of(take_back(pages, maria, UNTITLED))
    assert tagging(pages, UNTITLED) == before
    assert len(entries(pages.district.services, "look")) == 2
    assert "Undo what I said" not in text_of(maria.get(who(pages, UNTITLED)))


def test_a_look_of_somebody_else_or_before_another_one_is_not_taken_back(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria, other = pages.user("media", name="maria"), pages.user("media", name="other")
    form = {**rows({"student": pages.district.student(CALEB)}), "do": "save", "unknown": "0"}
    maria.post(who(pages, UNTITLED), {**form, "seen": seen_at(maria.get(who(pages, UNTITLED)))})
    assert "Undo what I said" not in text_of(other.get(who(pages, UNTITLED)))
    page = maria.get(who(pages, UNTITLED)).content.decode()
    found = re.search(r'name="at" value="([^"]+)"><input type="hidden" name="seen" value="([^"]+)"', page)
    assert found is not None
    sent = {"at": found[1], "seen": found[2]}
    where = f"/recordings/{pages.asset(UNTITLED)}/take-back-look"
    assert "This cannot be taken back" in text_of(other.post(where, sent, follow=True))
    assert len(tagging(pages, UNTITLED).appearances) == 1
    assert maria.post(where, {"at": "yesterday", "seen": "x"}).status_code == 404


def test_an_error_of_the_program_is_not_told_as_no_such_page(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.district.upload(UNTITLED)

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("dam_hooks.desk.pages.naming.look_and_close", broken)
    sent = {"at": "2026-11-30T12:00:00+00:00", "seen": "x"}
    with pytest.raises(ValueError, match="a bug"):
        pages.user("media").post(f"/recordings/{pages.asset(UNTITLED)}/take-back-look", sent)


def test_who_opted_out_is_taken_back_by_the_custodian_alone(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria, hannah = pages.user("media"), pages.district.student(HANNAH)
    form = {**rows({"student": hannah}), "do": "save", "unknown": "0"}
    maria.post(who(pages, UNTITLED), {**form, "seen": seen_at(maria.get(who(pages, UNTITLED)))})
    assert "The family of Hannah Lindqvist said no" in text_of(take_back(pages, maria, UNTITLED))
    assert [each.student for each in tagging(pages, UNTITLED).appearances] == [hannah]


# Several at once


def test_several_are_said_to_show_only_one_after_a_page_that_asks(pages: Pages) -> None:
    for number in (1, 2, 3):
        pages.district.upload(f"team/{number}.jpg", picture(size=(40, 30 + number)))
    maria, caleb = pages.user("media"), pages.district.student(CALEB)
    page = maria.get("/waiting/several", {"folder": "team"})
    picks = re.findall(r'name="pick" value="([^"]+)"', page.content.decode())
    assert len(picks) == 3
    form = {**rows({"student": caleb, "prominence": "focus"}), "seen": "-", "pick": picks[:2]}
    asked = maria.post("/waiting/several?folder=team", {**form, "do": "see"})
    assert "You say of each of 2 recordings: Nobody is in it but: Caleb" in text_of(asked)
    assert caleb not in text_of(asked)
    assert entries(pages.district.services, "look") == []
    done = maria.post("/waiting/several?folder=team", {**form, "do": "really"}, follow=True)
    assert "Saved: 2 recordings." in text_of(done)
    held = [tagging(pages, f"team/{number}.jpg") for number in (1, 2, 3)]
    assert [each.state for each in held] == ["complete", "complete", "pending"]
    again = maria.post("/waiting/several?folder=team", {**form, "do": "really"}, follow=True)
    assert len(entries(pages.district.services, "look")) == 2
    assert again.status_code == 200


def test_several_with_nobody_leave_out_what_changed_or_is_not_theirs_to_say(pages: Pages) -> None:
    for number in (1, 2):
        pages.district.upload(f"team/{number}.jpg", picture(size=(40, 30 + number)))
    maria = pages.user("media")
    page = maria.get("/waiting/several", {"folder": "team"})
    form = {**rows(), "seen": "-", "pick": re.findall(r'name="pick" value="([^"]+)"', page.content.decode())}
    caleb = Appearance(pages.district.student(CALEB), source="a person's look")
    services = pages.district.services
    look_at(services, "team/2.jpg", Look(services.now(), Actor("media_staff", "x"), (caleb,), unidentified=1))
    asked = text_of(maria.post("/waiting/several?folder=team", {**form, "do": "nobody"}))
    assert "You say of 1 recording: No student is in it." in asked
    assert "2.jpg : It has changed since you looked at it." in asked
    done = maria.post("/waiting/several?folder=team", {**form, "do": "really", "said": "nobody"}, follow=True)
    assert "2.jpg has changed meanwhile, and nothing was said of it." in text_of(done)
    assert "Saved: 1 recording." in text_of(done)


def of_team(pages: Pages, person: Any, *sightings: dict[str, Any], count: int = 2) -> dict[str, Any]:
    """Pictures of a folder, and the form that says of each who is in it."""
    for number in range(1, count + 1):
        pages.district.upload(f"team/{number}.jpg", picture(size=(40, 30 + number)))
    page = person.get("/waiting/several", {"folder": "team"})
    picks = re.findall(r'name="pick" value="([^"]+)"', page.content.decode())
    return {**rows(*sightings), "seen": "-", "pick": picks}


@pytest.mark.parametrize("do", ["see", "nobody", "really"])
def test_a_name_that_is_typed_for_several_and_not_chosen_is_never_dropped(pages: Pages, do: str) -> None:
    maria = pages.user("media")
    chosen = [] if do == "nobody" else [{"student": pages.district.student(CALEB)}]
    form = of_team(pages, maria, *chosen)
    answer = maria.post("/waiting/several?folder=team", {**form, "do": do, "q": "Hanni"})
    assert "A name is typed and not chosen" in text_of(answer)
    assert entries(pages.district.services, "look") == []


def test_people_who_were_counted_in_one_of_several_are_told_before_it_is_said(pages: Pages) -> None:
    maria = pages.user("media")
    of_team(pages, maria)
    known(pages, "team/1.jpg", unidentified_people=3)
    form = of_team(pages, maria, {"student": pages.district.student(CALEB)})
    asked = text_of(maria.post("/waiting/several?folder=team", {**form, "do": "see"}))
    assert "1.jpg 3 people were counted in it: are you sure?" in asked
    assert asked.count("are you sure?") == 1


@pytest.mark.parametrize("others", [[], [{"student": INES}]], ids=["nobody", "somebody else"])
def test_a_custodian_takes_no_name_out_of_several_at_once(pages: Pages, others: list[dict[str, str]]) -> None:
    olga, caleb = pages.user("custodian"), pages.district.student(CALEB)
    of_team(pages, olga)
    services = pages.district.services
    look_at(
        services, "team/1.jpg", Look(services.now(), Actor("media_staff", "x"), (Appearance(caleb),), unidentified=1)
    )
    form = of_team(pages, olga, *({"student": pages.district.student(each["student"])} for each in others))
    form |= {} if others else {"said": "nobody"}
    told = "Somebody else is named in it: open it by itself"
    asked = text_of(olga.post("/waiting/several?folder=team", {**form, "do": "see"}))
    assert told in asked.partition("Left out")[2].partition("1.jpg")[2]
    assert told in text_of(olga.post("/waiting/several?folder=team", {**form, "do": "really"}, follow=True))
    assert tagging(pages, "team/1.jpg").students == {caleb}
    assert tagging(pages, "team/2.jpg").state == "complete"


def test_an_error_in_the_middle_of_several_tells_what_is_kept_and_what_is_not(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    maria = pages.user("media")
    form = of_team(pages, maria, {"student": pages.district.student(CALEB)}, count=3)

    def failing(services: Services, key: str, look: Look, *, seen: str) -> Any:
        if key == "team/2.jpg":
            raise StorageUnreachable("Hannah Lindqvist")
        return look_and_close(services, key, look, seen=seen)

    monkeypatch.setattr("dam_hooks.desk.pages.several.look_and_close", failing)
    told = text_of(maria.post("/waiting/several?folder=team", {**form, "do": "really"}, follow=True))
    assert "An error came up at 2.jpg: it may be saved or not." in told
    assert "Nothing was said of: 3.jpg." in told
    assert "Saved: 1 recording." in told
    assert [tagging(pages, f"team/{each}.jpg").state for each in (1, 2, 3)] == ["complete", "pending", "pending"]
    assert "StorageUnreachable at test_naming.py" in caplog.text
    assert "Hannah" not in caplog.text


@pytest.mark.parametrize("order", [("focus", "incidental"), ("incidental", "focus")])
def test_of_two_rows_of_a_student_for_several_the_one_in_focus_counts(pages: Pages, order: tuple[str, str]) -> None:
    maria, caleb = pages.user("media"), pages.district.student(CALEB)
    form = of_team(pages, maria, *({"student": caleb, "prominence": each} for each in order))
    maria.post("/waiting/several?folder=team", {**form, "do": "really"})
    assert [each.prominence for each in tagging(pages, "team/1.jpg").appearances] == ["focus"]


def test_what_the_next_page_says_of_a_student_lies_in_no_cookie(pages: Pages) -> None:
    pages.district.upload(UNTITLED)
    maria, caleb = pages.user("media"), pages.district.student(CALEB)
    seen = seen_at(maria.get(who(pages, UNTITLED)))
    saved = maria.post(who(pages, UNTITLED), {**rows({"student": caleb}), "seen": seen, "do": "save", "unknown": "1"})
    assert saved.status_code == 302
    assert set(saved.cookies) <= {"desk_session", "csrftoken"}
    assert "Saved: " in text_of(maria.get(saved.headers["Location"]))


# Videos and sounds


def test_in_a_video_it_is_said_from_when_until_when_and_who_is_only_heard(pages: Pages) -> None:
    pages.district.upload(CLIP)
    maria, caleb, ines = pages.user("media"), pages.district.student(CALEB), pages.district.student(INES)
    page = maria.get(who(pages, CLIP))
    assert "<video" in page.content.decode()
    form = rows(
        {"student": caleb, "start": "0:05", "end": "1:10.5"}, {"student": ines, "start": "3", "end": "4", "heard": "on"}
    )
    answer = maria.post(who(pages, CLIP), {**form, "seen": seen_at(page), "do": "save", "unknown": "0"})
    assert answer.status_code == 302
    seen = {each.student: each for each in tagging(pages, CLIP).appearances}
    assert [(each.start, each.end) for each in seen[caleb].intervals] == [(5, 70.5)]
    assert [(each.start, each.end) for each in seen[ines].heard] == [(3, 4)]
    assert "0:05 to 1:10" in text_of(maria.get(who(pages, CLIP)))


@pytest.mark.parametrize(
    ("stretch", "sentence"),
    [
        (("9", "4"), "It has to end after it starts."),
        (("soon", "later"), "Write a time as minutes and seconds, such as 1:05."),
        (("5", ""), "Say both"),
    ],
)
def test_a_time_that_is_none_is_said_at_its_place(pages: Pages, stretch: tuple[str, str], sentence: str) -> None:
    pages.district.upload(CLIP)
    maria = pages.user("media")
    form = rows({"student": pages.district.student(CALEB), "start": stretch[0], "end": stretch[1]})
    seen = seen_at(maria.get(who(pages, CLIP)))
    assert sentence in text_of(maria.post(who(pages, CLIP), {**form, "seen": seen, "do": "save"}))


def test_a_video_is_played_in_pieces_by_who_names_people_alone(pages: Pages) -> None:
    body = pages.district.upload(CLIP) and pages.district.services.library.read(CLIP, limit=10**8)
    assert isinstance(body, bytes)
    where = f"/recordings/{pages.asset(CLIP)}/original"
    maria = pages.user("media")
    piece = maria.get(where, HTTP_RANGE="bytes=10-19")
    assert (piece.status_code, piece.content) == (206, body[10:20])
    assert piece["Content-Range"] == f"bytes 10-19/{len(body)}"
    assert maria.get(where, HTTP_RANGE="bytes=-5").content == body[-5:]
    assert maria.get(where, HTTP_RANGE=f"bytes={len(body)}-").status_code == 416
    assert pages.user("auditor").get(where).status_code == 403
    pages.district.upload(CROWD)
    assert maria.get(f"/recordings/{pages.asset(CROWD)}/original").status_code == 404


# Uploading


@pytest.fixture(autouse=True)
def patient(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes longer than a person waits."""
    monkeypatch.setattr("dam_hooks.desk.pages.upload_page.SECONDS", 60)


def sent(pages: Pages, name: str, body: bytes, folder: str = "phone") -> Any:
    file = SimpleUploadedFile(name, body)
    return pages.user("media").post("/upload/", {"folder": folder, "files": [file]}, HTTP_X_DESK_PART="1")


def test_an_upload_is_stored_tagged_and_told_at_once(pages: Pages) -> None:
    answer = sent(pages, "IMG_1.jpg", picture())
    assert "Nobody has said yet who is in it" in text_of(answer)
    assert tagging(pages, "phone/IMG_1.jpg").state == "pending"
    assert who(pages, "phone/IMG_1.jpg") in answer.content.decode()
    assert pages.district.release_tag("phone/IMG_1.jpg") is not None


def test_what_takes_long_to_read_is_on_hold_meanwhile(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_hooks.desk.pages.upload_page.SECONDS", 0)
    assert "Stored, and being read" in text_of(sent(pages, "IMG_2.jpg", picture()))
    wait_until(lambda: is_known(pages.district.services, "phone/IMG_2.jpg"), "it was not read")


def test_a_phones_pictures_of_one_name_are_all_kept_and_one_sent_twice_is_there_once(pages: Pages) -> None:
    sent(pages, "image.jpg", picture())
    assert "this one is kept as “image-2.jpg”" in text_of(sent(pages, "image.jpg", picture("red")))
    assert "This very file was in the library already." in text_of(sent(pages, "image.jpg", picture("red")))
    keys = [each.key for each in pages.district.services.library.list("phone/")]
    assert keys == ["phone/image-2.jpg", "phone/image.jpg"]


class Failing:
    """The plugin, where reading one file fails by whatever error."""

    def __init__(self, pages: Pages) -> None:
        self.hook, self._hook = self, pages.district.pm.hook

    def asset_uploaded(self, event: AssetEvent) -> Any:
        if event.key == "phone/bad.jpg":
            raise RuntimeError("Hannah Lindqvist")
        return self._hook.asset_uploaded(event=event)


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_told(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dam_hooks.desk.pages.upload_page.plugin", lambda: Failing(pages))
    files = [SimpleUploadedFile(name, picture(color)) for name, color in (("bad.jpg", "red"), ("good.jpg", "navy"))]
    told = text_of(pages.user("media").post("/upload/", {"folder": "phone", "files": files}))
    assert "Stored, but not read yet: it is on hold" in told.partition("bad.jpg")[2].partition("good.jpg")[0]
    assert "Nobody has said yet who is in it" in told.partition("good.jpg")[2]
    assert "RuntimeError at test_naming.py" in caplog.text
    assert "Hannah" not in caplog.text


def test_what_fails_behind_an_answer_is_logged(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dam_hooks.desk.pages.upload_page.plugin", lambda: Failing(pages))
    monkeypatch.setattr("dam_hooks.desk.pages.upload_page.SECONDS", 0)
    began, hook = threading.Event(), Failing.asset_uploaded
    monkeypatch.setattr(Failing, "asset_uploaded", lambda self, event: began.wait(60) and hook(self, event))
    assert "Stored, and being read" in text_of(sent(pages, "bad.jpg", picture()))
    assert "RuntimeError" not in caplog.text
    began.set()
    wait_until(lambda: "RuntimeError at test_naming.py" in caplog.text, "it was not logged")


@pytest.mark.parametrize(
    ("name", "body", "folder", "sentence"),
    [
        ("page.jpg", b"<!doctype html><script>alert(1)</script>", "x", "a web page or a drawing (HTML or SVG)"),
        ("drawing.svg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "x", "HTML or SVG"),
        ("letter.docx", b"PK\x03\x04 not a picture", "x", "no picture, video or sound that the desk knows"),
        ("empty.jpg", b"", "x", "the file is empty"),
        ("a.jpg", picture(), "released", "this folder is kept for the desk itself"),
        ("a.jpg", picture(), "a/../b", "cannot be used"),
        ("a.xmp", picture(), "x", "would not be taken for a picture"),
        ("a.jpg", picture(), "x" * 301, "at most 300 characters"),
    ],
    ids=["html", "svg", "other", "empty", "ours", "dots", "sidecar", "long"],
)
def test_what_is_no_picture_or_has_no_name_is_answered_plainly(
    pages: Pages, name: str, body: bytes, folder: str, sentence: str
) -> None:
    answer = sent(pages, name, body, folder)
    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert list(pages.district.services.library.list("")) == []


def test_a_picture_of_200_megapixels_is_not_stored(pages: Pages) -> None:
    made = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(made, "PNG")
    assert "more than 120 megapixels" in text_of(sent(pages, "huge.png", made.getvalue()))
    assert list(pages.district.services.library.list("")) == []


def test_a_damaged_picture_is_stored_and_waits(pages: Pages) -> None:
    body = pages.district.upload(BROKEN) and pages.district.services.library.read(BROKEN, limit=10**7)
    assert isinstance(body, bytes)
    assert "desk-green" not in sent(pages, "broken.jpg", body).content.decode()
    assert tagging(pages, "phone/broken.jpg").state != "complete"


def test_hostile_names_are_text(pages: Pages) -> None:
    name = "a/<img src=x onerror=alert(1)>\u202e&'.jpg"
    pages.district.upload(name, picture())
    maria = pages.user("media")
    for page in (maria.get(who(pages, name)), maria.get("/waiting/several"), maria.get("/waiting/", follow=True)):
        assert b"<img src=x" not in page.content


def test_a_page_for_naming_asks_the_store_a_constant_number_of_times(pages: Pages) -> None:
    pages.district.upload("n/0.jpg", picture())
    maria = pages.user("media")
    asked: list[str] = []

    def statements() -> int:
        asked.clear()
        engine = pages.district.services.store._engine
        note = lambda *told: asked.append(told[2])  # noqa: E731 - what is added has to be taken away again
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert maria.get(f"{who(pages, 'n/0.jpg')}?queue=1").status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    statements()
    few = statements()
    for number in range(1, 12):
        pages.district.upload(f"n/{number}.jpg", picture(size=(40, 30 + number)))
    assert statements() <= few + 2
