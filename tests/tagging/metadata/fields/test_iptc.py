"""IPTC-IIM: encodings, long records, and blocks that break."""

from __future__ import annotations

import struct

import pytest
from made_files import iim, resource

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.blocks import Damaged
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import iptc

UTF8 = (1, 90, b"\x1b%G")


def facts(data: bytes) -> Facts:
    found = FactsBuilder()
    iptc.read(data, found)
    return found.facts("image/jpeg", None)


def keywords(data: bytes) -> list[str]:
    return [keyword.text for keyword in facts(data).keywords]


def test_utf8_is_read_where_it_is_announced() -> None:
    assert keywords(iim([UTF8, (2, 25, "Zoë 李雷".encode())])) == ["Zoë 李雷"]


def test_cp1252_is_read_where_nothing_is_announced() -> None:
    assert keywords(iim([(2, 25, "Zoë".encode("cp1252"))])) == ["Zoë"]


def test_announced_utf8_that_is_not_is_read_as_cp1252() -> None:
    assert keywords(iim([UTF8, (2, 25, "Zoë".encode("cp1252"))])) == ["Zoë"]


def test_captions_by_line_and_places_are_read() -> None:
    records = [(2, 105, b"Headline"), (2, 120, b"Caption"), (2, 80, b"A. B."), (2, 90, b"Springfield"), (2, 3, b"x")]
    result = facts(iim(records))
    assert [caption.text for caption in result.captions] == ["Headline", "Caption"]
    assert (result.owner, result.locations) == ("A. B.", ("Springfield",))


def test_a_long_record_is_read() -> None:
    value = b"x" * 900
    data = struct.pack(">BBBHI", 0x1C, 2, 25, 0x8004, len(value)) + value
    assert keywords(data) == [value.decode()]


def test_padding_after_the_records_is_passed_over() -> None:
    assert keywords(iim([(2, 25, b"a")]) + b"\0" * 9) == ["a"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"junk!", id="no-marker"),
        pytest.param(iim([(2, 25, b"")]) * (iptc.MAX_RECORDS + 1) + b"\x1c", id="too-many"),
        pytest.param(b"\x1c\x02", id="head-cut"),
        pytest.param(iim([(2, 25, b"soccer")])[:-2], id="value-cut"),
        pytest.param(b"\x1c\x02\x19\x80\x09" + b"x" * 9, id="length-of-length"),
        pytest.param(b"\x1c\x02\x19\x80\x04\x01", id="length-cut"),
        pytest.param(b"\x1c\x02\x19\x80\x04\x7f\xff\xff\xff1", id="length-outside"),
    ],
)
def test_records_that_break_are_damage(data: bytes) -> None:
    with pytest.raises(Damaged):
        facts(data)


def test_only_the_iim_resource_is_taken_and_names_are_passed_over() -> None:
    named = b"8BIM\x04\x04\x05title" + struct.pack(">I", 3) + b"abc\0"
    data = resource(b"other", 0x0425) + named + resource(b"even")
    assert iptc.resources(data, FactsBuilder()) == [b"abc", b"even"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"JUNK\x04\x04\0\0\0\0\0\0", id="signature"),
        pytest.param(b"8BIM\x04", id="head-cut"),
        pytest.param(b"8BIM\x04\x04\x00\x00\x00\x01", id="size-cut"),
        pytest.param(resource(b"abcdef")[:-3], id="data-cut"),
    ],
)
def test_resources_that_break_are_damage(data: bytes) -> None:
    with pytest.raises(Damaged):
        iptc.resources(data, FactsBuilder())


def test_instructions_are_a_caption_and_restrict() -> None:
    result = facts(iim([(2, 40, b"Do not publish")]))
    assert [(marker.text, marker.source) for marker in result.official_markers] == [
        ("Do not publish", "IPTC SpecialInstructions")
    ]
    assert [caption.text for caption in result.captions] == ["Do not publish"]


def test_the_day_and_every_place_are_read() -> None:
    result = facts(iim([(2, 55, b"20261002"), (2, 90, b"Springfield"), (2, 95, b"Missouri"), (2, 101, b"USA")]))
    assert (result.taken, result.locations) == ("20261002", ("Springfield", "Missouri", "USA"))


@pytest.mark.parametrize("announcement", [b"\x1b%G", b"\x1b%G\0", b"\x1b%/G", b"\x1b%/H", b"\x1b%/I"])
def test_utf8_is_read_whichever_escape_announces_it(announcement: bytes) -> None:
    assert keywords(iim([(1, 90, announcement), (2, 25, "Zoë".encode())])) == ["Zoë"]


def test_categories_are_keywords_and_the_local_caption_is_a_caption_and_a_contact_is_nobody_in_the_picture() -> None:
    result = facts(iim([(2, 20, b"Ava Example"), (2, 118, b"Ben Sample"), (2, 121, b"Cy Case")]))
    assert [(word.text, word.source) for word in result.keywords] == [("Ava Example", "IPTC SupplementalCategories")]
    assert [caption.text for caption in result.captions] == ["Cy Case"]
