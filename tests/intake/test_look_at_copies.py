"""Two uploads of one picture: whom a look finds in one is in the other, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from district import GRADUATION, HANNAH, INES, MEDIA_STAFF, NOAH, UNTITLED, District
from made_files import packet, xmp_segment
from use_cases import entries_about, kept, looked, saw

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import OfficialUse, Outcome

COPY = "inbox/a copy of it.jpg"


def rated(body: bytes) -> bytes:
    return body[:2] + xmp_segment(packet("<xmp:Rating>5</xmp:Rating>")) + body[2:]


@pytest.fixture(params=[bytes, rated], ids=["the same bytes", "a rating saved"])
def copies(district: District, request: Any) -> District:
    """Two uploads of one picture, without a name in either."""
    body = (sample_folder() / UNTITLED).read_bytes()
    district.upload(UNTITLED, body)
    district.upload(COPY, request.param(body))
    return district


def in_the_copy(district: District) -> set[str]:
    return set(kept(district.services, COPY).tagging.students)


def test_who_is_in_one_is_in_the_other(copies: District) -> None:
    looked(copies, UNTITLED, HANNAH, unidentified=0)
    assert in_the_copy(copies) == {copies.student(HANNAH)}
    assert copies.share(COPY).decision.outcome is Outcome.DENY
    assert "look" in entries_about(copies.services, copies.student(HANNAH))


def test_a_hurried_look_at_the_other_publishes_nothing(copies: District) -> None:
    looked(copies, UNTITLED, HANNAH, unidentified=0)
    looked(copies, COPY, directory_status="eligible")
    look_at(copies.services, COPY, replace(saw(copies, INES, unidentified=0), by=MEDIA_STAFF))
    assert in_the_copy(copies) == {copies.student(HANNAH), copies.student(INES)}
    assert not copies.share(COPY).token
    assert not copies.share(UNTITLED).token


def test_a_link_of_the_other_closes(copies: District) -> None:
    looked(copies, COPY, INES, unidentified=0, directory_status="eligible")
    answer = copies.share(COPY)
    assert open_link(copies.services, answer.token or "").url
    looked(copies, UNTITLED, HANNAH, unidentified=0)
    assert open_link(copies.services, answer.token or "").url is None


def test_nobody_is_shown_less_in_the_other(copies: District) -> None:
    looked(copies, COPY, NOAH, unidentified=2)
    before = kept(copies.services, COPY)
    looked(copies, UNTITLED, NOAH, unidentified=0)
    after = kept(copies.services, COPY)
    assert (after.tagging.appearances, after.tagging.unidentified_people) == (
        before.tagging.appearances,
        before.tagging.unidentified_people,
    )


def test_how_many_are_left_to_name_is_said_of_both(copies: District) -> None:
    looked(copies, COPY, directory_status="eligible")
    looked(copies, UNTITLED, INES, unidentified=2)
    assert kept(copies.services, COPY).tagging.unidentified_people == 2
    assert not copies.share(COPY).token


def test_a_copy_kept_for_discipline_is_left_to_two_people(copies: District) -> None:
    looked(copies, COPY, NOAH, official_uses=(OfficialUse("discipline"),), unidentified=1)
    looked(copies, UNTITLED, INES, unidentified=0)
    assert in_the_copy(copies) == {copies.student(NOAH)}


def test_another_picture_is_left_alone(copies: District) -> None:
    copies.upload(GRADUATION)
    before = kept(copies.services, GRADUATION)
    looked(copies, UNTITLED, HANNAH, unidentified=0)
    assert kept(copies.services, GRADUATION) == before
