"""`tag --person` with times, and how `tags` shows them: who is where and when in a recording."""

from __future__ import annotations

from dataclasses import replace

import pytest
import typer
from command_line import call
from district import CLIP, NOAH, SOFIA, UNTITLED, District
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.cli.look import appearance_of, where_and_when
from dam_plugin.model import Appearance, Interval, Keyframe, Region
from dam_plugin.redaction.model import TimedRegion
from dam_plugin.sharing.whereabouts import timed_boxes

BOX = Region(0.1, 0.2, 0.3, 0.4)


def seen(text: str) -> Appearance:
    return appearance_of(text, "unknown")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S-1", Appearance("S-1")),
        ("S-1@0.1,0.2,0.3,0.4", Appearance("S-1", regions=(BOX,))),
        ("S-1@0.1,0.2,0.3,0.4@12.5", Appearance("S-1", keyframes=(Keyframe(12.5, BOX),))),
        ("S-1@0.1,0.2,0.3,0.4@10-20", Appearance("S-1", keyframes=(Keyframe(10, BOX, 20),))),
        ("S-1@10-20.25", Appearance("S-1", intervals=(Interval(10, 20.25),))),
        (" S-1 @ 0-20 ", Appearance("S-1", intervals=(Interval(0, 20),))),
        ("S-1@heard:10-20", Appearance("S-1", heard=(Interval(10, 20),))),
    ],
)
def test_who_is_where_and_when(text: str, expected: Appearance) -> None:
    found = seen(text)
    assert replace(found, source="") == expected


@given(st.integers(0, 5000), st.integers(1, 3000))
def test_a_box_for_a_stretch_is_covered_from_end_to_end(start: int, length: int) -> None:
    appearance = seen(f"S-1@0.1,0.2,0.3,0.4@{start}-{start + length}")
    assert timed_boxes(appearance) == (TimedRegion(start, start + length, BOX),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("S-1@", "neither a box nor a stretch of time"),
        ("S-1@12.5", "neither a box nor a stretch of time"),
        ("S-1@soon", "neither a box nor a stretch of time"),
        ("S-1@1:30-1:40", "neither a box nor a stretch of time"),
        ("S-1@20-10", "does not end after it starts"),
        ("S-1@10-10", "does not end after it starts"),
        ("S-1@0.1,0.2,0.3,0.4@", "neither a box nor a stretch of time"),
        ("S-1@0.1,0.2,0.3,0.4@nan", "neither a box nor a stretch of time"),
        ("S-1@0.1,0.2,0.3,0.4@-1", "neither a box nor a stretch of time"),
        ("S-1@0.1,0.2,0.3,0.4@86401", "more than a day"),
        ("S-1@0.1,0.2@12", "is no box"),
        ("S-1@heard:12", "neither a box nor a stretch of time"),
        ("S-1@0.1,0.2,0.3,0.4@heard:1-2", "neither a box nor a stretch of time"),
        ("S-1@10-20@0.1,0.2,0.3,0.4", "is no box"),
        ("S-1@0.1,0.2,0.3,0.4@1@2", "says too much"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, sentence: str) -> None:
    with pytest.raises(typer.BadParameter, match=sentence):
        seen(text)


@pytest.mark.parametrize(
    "text", ["0.1,0.2,0.3,0.4", "0.1,0.2,0.3,0.4@12.5", "0.1,0.2,0.3,0.4@10-20", "10-20", "heard:10-20"]
)
def test_a_place_is_shown_as_it_is_written(text: str) -> None:
    assert list(where_and_when(seen(f"S-1@{text}"))) == [text]


def test_a_recording_keeps_when_somebody_is_where_and_shows_it(district: District) -> None:
    district.upload(CLIP)
    noah, sofia = district.student(NOAH), district.student(SOFIA)
    first = ("--person", f"{noah}@0.1,0.1,0.2,0.2@0.5", "--person", f"{noah}@0.1,0.1,0.2,0.2@1")
    assert call("tag", CLIP, *first, "--person", f"{sofia}@1-2").code == 0
    assert call("tag", CLIP, "--person", f"{noah}@0.2,0.1,0.2,0.2@0.75").code == 0
    shown = {each["student"]: each for each in call("tags", CLIP, "--json").object()["appearances"]}
    assert [each["at"] for each in shown[noah]["keyframes"]] == [0.5, 0.75, 1]
    assert shown[noah]["keyframes"][1]["region"] == {"x": 0.2, "y": 0.1, "w": 0.2, "h": 0.2}
    assert shown[sofia]["intervals"] == [{"start": 1, "end": 2}]
    assert shown[noah]["located"] is shown[sofia]["located"] is True
    table = call("tags", CLIP).out
    assert "0.2,0.1,0.2,0.2@0.75" in "".join(table.split())
    assert "1-2" in table


def test_that_somebody_is_nobodys_yet_is_said_at_once(district: District) -> None:
    district.upload(UNTITLED)
    noah = district.student(NOAH)
    told = call("tag", UNTITLED, "--person", noah, "--unidentified", "2").out
    assert "2 in it that no tag names, so it waits" in " ".join(told.split())
    assert "no tag names" not in call("tag", UNTITLED, "--person", noah, "--unidentified", "0").out


def test_times_that_were_marked_wrongly_can_be_taken_back(district: District) -> None:
    district.upload(CLIP)
    noah, sofia = district.student(NOAH), district.student(SOFIA)
    wrong = ("--person", f"{noah}@50-54", "--person", f"{noah}@0.1,0.1,0.2,0.2@50-54", "--person", f"{sofia}@1-2")
    assert call("tag", CLIP, *wrong).code == 0
    assert call("tag", CLIP, "--times-anew", "--person", f"{noah}@heard:0-1").code == 0
    shown = {each["student"]: each for each in call("tags", CLIP, "--json").object()["appearances"]}
    assert (shown[noah]["intervals"], shown[noah]["keyframes"]) == ([], [])
    assert shown[noah]["heard"] == [{"start": 0, "end": 1}]
    assert shown[sofia]["intervals"] == [{"start": 1, "end": 2}]
    assert "heard:0-1" in call("tags", CLIP).out


def test_times_are_said_anew_of_somebody(district: District) -> None:
    district.upload(CLIP)
    ended = call("tag", CLIP, "--times-anew")
    assert ended.code == 2
    assert "--person" in ended.err


def test_a_box_without_a_time_places_nobody_in_a_video(district: District) -> None:
    district.upload(CLIP)
    ended = call("tag", CLIP, "--person", f"{district.student(NOAH)}@0.1,0.2,0.3,0.4")
    assert ended.code == 1
    assert "ID@x,y,w,h@START-END" in ended.err


@pytest.mark.parametrize("place", ["0.1,0.2,0.3,0.4@2", "1-2", "heard:1-2"])
def test_a_picture_has_no_time(district: District, place: str) -> None:
    district.upload(UNTITLED)
    ended = call("tag", UNTITLED, "--person", f"{district.student(NOAH)}@{place}")
    assert ended.code == 1
    assert "a picture has no time" in ended.err


# By folder at once


def test_what_waits_is_listed_by_folder_and_one_look_is_said_of_all(district: District) -> None:
    body = (sample_folder() / UNTITLED).read_bytes()
    for number in range(3):
        district.upload(f"trips/zoo/IMG_{number}.jpg", body + b"\0" * number)
    district.upload(UNTITLED)
    told = call("review").out
    assert "trips/zoo" in told
    assert [each["key"] for each in call("review", "--folder", "trips/zoo", "--json").objects()] == [
        f"trips/zoo/IMG_{number}.jpg" for number in range(3)
    ]
    assert call("tag", "--folder", "trips/zoo/", "--unidentified", "2").code == 0
    with district.services.store.reading() as unit:
        grounds = [unit.assets.need(f"trips/zoo/IMG_{number}.jpg").tagging for number in range(3)]
        assert unit.assets.need(UNTITLED).tagging.state == "pending"
    assert [(each.ground, each.unidentified_people) for each in grounds] == [("looked", 2)] * 3


def test_a_folder_in_which_nothing_waits_is_told(district: District) -> None:
    ended = call("tag", "--folder", "nowhere", "--nobody")
    assert (ended.code, "in which some wait" in ended.err) == (2, True)
