"""Somebody asks for a folder or a glob, and what was in it is destroyed: neither the register nor a letter passes it over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY
from command_line import Called, call, said
from destroyed_while_asked import AS, RULES, closed, days_later, destroyed, letter, library_by
from district import District

OTHER = "events/athletics/fall-games/kickoff-a.jpg"
ASKED = (TODAY - timedelta(days=3)).isoformat()
PATHS = {
    "folder": "all pictures in the folder events/athletics/ of fall 2026",
    "no-slash-at-its-end": "all pictures of events/athletics, please",
    "at-the-end": "Do you have pictures in events/athletics?",
    "other-case": "the pictures in Events/ATHLETICS/.",
    "backslashes": r"whatever lies in M:\media\Athletics\ on the share",
    "last-name-alone": "everything in athletics/",
    "glob": "all of events/athletics/*.jpg",
    "glob-of-other-case": "all of Athletics/*",
    "folder-above": "every picture in events/",
    "it-is-called-a-folder": "pictures of the Athletics folder",
    "a-folder-that-is-named": "the folder 'athletics' of last fall",
}
OTHERS = {
    "a-common-word": "every athletics picture of the events in fall",
    "a-key": "the picture events/athletics/other.jpg",
    "another-folder": "all of athletics/soccer/ and of sub-athletics/",
    "a-date": "the pictures of 10/02 and/or 2026",
    "a-star": "* every picture",
}


@pytest.fixture
def library(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    return library_by(RULES, district, monkeypatch)


def added(*words: str, day: str = ASKED) -> Called:
    came = ("--received", day, "--channel", "letter", "--purpose", "news")
    return call("request", "add", *words, "--from", "public:gazette", *came, *AS, "--json")


def asked(*words: str, day: str = ASKED) -> str:
    made = added(*words, day=day)
    assert made.code == 0, made.text
    return str(made.object()["id"])


def listed(request: str) -> list[tuple[str, bool]]:
    """Return the destructions that a request's page lists, and whether the request names what they destroyed."""
    rows = call("request", "show", request, *AS, "--json").object()["destroyed"]
    return [(str(each["id"]), bool(each["in_request"])) for each in rows]


@pytest.mark.parametrize("place", ["events/", "events/athletics/", "events/athletics/*", "events/*.jpg"])
def test_a_folder_or_a_glob_whose_recordings_were_all_destroyed_may_be_asked_for(library: District, place: str) -> None:
    done = destroyed()
    request = asked(place)
    assert listed(request) == [(done, True)]
    refused = closed(request, "no-such-record")
    assert (refused.code, f"{done} on {TODAY}" in said(refused)) == (1, True), refused.text
    assert closed(request, "no-such-record", why=f"told of {done}").code == 0
    assert "It was destroyed on" in letter(request)


@pytest.mark.parametrize("place", ["events/soccer/", "events/*.mov", "event"])
def test_what_names_nothing_that_is_or_was_there_is_asked_for_in_words(library: District, place: str) -> None:
    destroyed()
    refused = added(place)
    assert (refused.code, "what does not exist is asked for in words" in said(refused)) == (1, True), refused.text


@pytest.mark.parametrize("words", PATHS.values(), ids=PATHS)
def test_words_name_a_folder_of_which_recordings_were_destroyed(library: District, words: str) -> None:
    done = destroyed()
    request = asked("--described", words)
    assert listed(request) == [(done, True)]
    refused = closed(request, "no-such-record")
    assert (refused.code, f"{done} on {TODAY}" in said(refused)) == (1, True), refused.text
    assert closed(request, "no-such-record", "--not-about", done).code == 0
    assert "destroyed" not in letter(request)


@pytest.mark.parametrize("words", OTHERS.values(), ids=OTHERS)
def test_other_words_name_no_folder(library: District, words: str) -> None:
    done = destroyed()
    assert (done, True) not in listed(asked("--described", words))


@pytest.mark.parametrize("words", ["the Fall Games of last year", "fall_games", "Fall-Games pictures"])
def test_the_whole_name_of_two_words_names_a_folder(library: District, words: str) -> None:
    library.upload(OTHER, b"another file")
    done = destroyed(OTHER)
    assert listed(asked("--described", words)) == [(done, True)]
    assert (done, True) not in listed(asked("--described", "every game of the fall"))


def test_what_the_folder_had_before_the_request_came_is_told_by_the_letter(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = destroyed()
    days_later(monkeypatch, 2)
    request = asked("--described", PATHS["folder"], day=str(TODAY + timedelta(days=2)))
    assert listed(request) == [(done, True)]
    assert closed(request, "no-such-record").code == 0
    assert "as our records schedule says" in letter(request)
