from __future__ import annotations

import pytest

from dam_tagging.facts import LONGEST_TEXT, About, Facts, Keyword, about


def test_a_file_is_about_its_events_its_first_caption_and_its_day() -> None:
    facts = Facts(
        event="Homecoming",
        more_events=("Parade", "Homecoming", ""),
        captions=(Keyword("Another", "IPTC Caption-Abstract"), Keyword("The parade", "dc:description")),
        taken="2026-10-02",
    )
    assert about(facts) == About(("Homecoming", "Parade"), "The parade", "2026-10-02")


def test_a_file_that_says_nothing_is_about_nothing() -> None:
    assert about(Facts()) == About()


def test_of_one_property_the_first_text_is_the_caption() -> None:
    told = (Keyword("The parade", "dc:description"), Keyword("A parade", "dc:description"))
    assert about(Facts(captions=told)).caption == "The parade"


@pytest.mark.parametrize(
    "source", ["dc:title", "IPTC Headline", "photoshop:Instructions", "exif:UserComment", "mwg-rs:Description", ""]
)
def test_a_text_that_describes_no_picture_is_no_caption(source: str) -> None:
    assert about(Facts(captions=(Keyword("Keep her out of the book", source),))).caption is None


@pytest.mark.parametrize(
    "text", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "DCIM\\100MEDIA\\DJI_0042.JPG", "2026-10-02", "-"]
)
def test_what_a_camera_writes_is_no_caption_and_the_next_is_taken(text: str) -> None:
    camera, person = Keyword(text, "dc:description"), Keyword("The parade", "Image ImageDescription")
    assert about(Facts(captions=(camera, person))).caption == "The parade"


def test_a_caption_in_a_script_without_capitals_is_one() -> None:
    text = "\u8fd0\u52a8\u4f1a 2026"
    assert about(Facts(captions=(Keyword(text, "dc:description"),))).caption == text


def test_texts_and_their_number_are_bounded() -> None:
    long = "é" * 3 * LONGEST_TEXT
    facts = Facts(
        event=long, more_events=tuple(map(str, range(1_000))), captions=(Keyword(long, "dc:description"),), taken=long
    )
    kept = about(facts)
    assert len(kept.events) == 20
    assert {len(each or "") for each in (kept.events[0], kept.caption, kept.taken)} == {LONGEST_TEXT}
