"""`tag --person` with times, and how `tags` shows them: who is where and when in a recording."""

from __future__ import annotations

import math

import pytest
import typer
from command_line import call
from district import CLIP, NOAH, SOFIA, UNTITLED, District
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.cli.appearances import appearance_of, told
from dam_plugin.model import Appearance, Interval, Keyframe, Region
from dam_plugin.presence import MOST_APART, moments_alone, presence_of

BOX = Region(0.1, 0.2, 0.3, 0.4)


def seen(text: str) -> Appearance:
    return appearance_of(text, "unknown")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S-1", Appearance("S-1")),
        ("S-1@0.1,0.2,0.3,0.4", Appearance("S-1", regions=(BOX,))),
        ("S-1@0.1,0.2,0.3,0.4@12.5", Appearance("S-1", keyframes=(Keyframe(12.5, BOX),))),
        ("S-1@0.1,0.2,0.3,0.4@10-20", Appearance("S-1", keyframes=(Keyframe(10, BOX), Keyframe(20, BOX)))),
        ("S-1@10-20.25", Appearance("S-1", intervals=(Interval(10, 20.25),))),
        (" S-1 @ 0-20 ", Appearance("S-1", intervals=(Interval(0, 20),))),
    ],
)
def test_who_is_where_and_when(text: str, expected: Appearance) -> None:
    found = seen(text)
    assert (found.student, found.regions, found.intervals) == (expected.student, expected.regions, expected.intervals)
    assert found.keyframes == expected.keyframes


@given(st.integers(0, 5000), st.integers(1, 3000))
def test_a_box_for_a_stretch_is_covered_from_end_to_end(start: int, length: int) -> None:
    appearance = seen(f"S-1@0.1,0.2,0.3,0.4@{start}-{start + length}")
    timed = presence_of(appearance).timed
    assert moments_alone(appearance) == ()
    assert (timed[0].start, timed[-1].end) == (start, start + length)
    assert [one.end for one in timed[:-1]] == [other.start for other in timed[1:]]
    assert {each.region for each in timed} == {BOX}
    assert len(appearance.keyframes) == math.ceil(length / MOST_APART) + 1


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
        ("S-1@10-20@0.1,0.2,0.3,0.4", "is no box"),
        ("S-1@0.1,0.2,0.3,0.4@1@2", "says too much"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, sentence: str) -> None:
    with pytest.raises(typer.BadParameter, match=sentence):
        seen(text)


@pytest.mark.parametrize("text", ["0.1,0.2,0.3,0.4", "0.1,0.2,0.3,0.4@12.5", "10-20"])
def test_a_place_is_shown_as_it_is_written(text: str) -> None:
    assert list(told(seen(f"S-1@{text}"))) == [text]


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


@pytest.mark.parametrize("place", ["0.1,0.2,0.3,0.4@2", "1-2"])
def test_a_picture_has_no_time(district: District, place: str) -> None:
    district.upload(UNTITLED)
    ended = call("tag", UNTITLED, "--person", f"{district.student(NOAH)}@{place}")
    assert ended.code == 1
    assert "a picture has no time" in ended.err
