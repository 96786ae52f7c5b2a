"""Texts that no field is made for: unknown XMP, text tracks, chunks of AVI and PNG, Ducky, Photoshop's resources."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import (
    bag,
    box,
    chunk,
    exif_segment,
    gif,
    heif,
    iim,
    jpeg,
    movie,
    packet,
    pdf,
    png,
    psd,
    resource,
    riff,
    segment,
    track,
    xmp_segment,
)

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.timed_text import UNREAD
from dam_tagging.metadata.facts_builder import MAX_CAPTION, MAX_FREE_TEXT, FactsBuilder
from dam_tagging.metadata.fields.texts import may_be_words, runs
from dam_tagging.metadata.read import read

NAME = "Zaphira Quillfeather"
PERSON = packet(bag("Iptc4xmpExt:PersonInImage", [NAME]))


def facts(data: bytes, name: str = "x") -> Facts:
    return read(io.BytesIO(data), name)


def texts(result: Facts) -> list[tuple[str, str]]:
    return [(each.text, each.source) for each in result.texts]


def of_xmp(body: str, spaces: str = "") -> Facts:
    return facts(jpeg(xmp_segment(packet(body, spaces))))


# XMP

TOMORROW = "xmlns:new='http://example.org/tomorrow/'"


@pytest.mark.parametrize(
    ("body", "source"),
    [
        (f"<new:Pupil>{NAME}</new:Pupil>", "XMP Pupil"),
        (bag("new:Pupils", [NAME]), "XMP Pupils"),
        (f"<new:Class rdf:parseType='Resource'><new:Who>{NAME}</new:Who></new:Class>", "XMP Class"),
        (
            f"<photoshop:TransmissionReference>{NAME}</photoshop:TransmissionReference>",
            "photoshop:TransmissionReference",
        ),
        (f"<new:FileName>{NAME}.jpg</new:FileName>", "XMP FileName"),
        (
            (
                "<c:Collections xmlns:c='http://www.metadataworkinggroup.com/schemas/collections/'><rdf:Bag><rdf:li "
                f"c:CollectionName='{NAME}' c:CollectionURI='https://example.org/1'/></rdf:Bag></c:Collections>"
            ),
            "XMP Collections",
        ),
        (
            (
                "<f:Regions xmlns:f='http://ns.apple.com/faceinfo/1.0/' rdf:parseType='Resource'><f:RegionList><rdf:Seq>"
                f"<rdf:li f:Name='{NAME}' f:FaceID='12'/></rdf:Seq></f:RegionList></f:Regions>"
            ),
            "XMP Regions",
        ),
        (f"<pm:TagName xmlns:pm='http://ns.camerabits.com/photomechanic/1.0/'>{NAME}</pm:TagName>", "XMP TagName"),
        (
            f"<Iptc4xmpExt:AboutCvTerm><rdf:Bag><rdf:li Iptc4xmpExt:CvTermName='{NAME}'/></rdf:Bag></Iptc4xmpExt:AboutCvTerm>",
            "Iptc4xmpExt:AboutCvTerm",
        ),
    ],
)
def test_a_text_of_an_unknown_property_is_kept(body: str, source: str) -> None:
    ((text, where),) = texts(of_xmp(body, TOMORROW))
    assert NAME in text
    assert where == source


@pytest.mark.parametrize(
    "body",
    [
        f"<new:Creator>{NAME}</new:Creator>",
        f"<new:CopyrightNotice>{NAME}</new:CopyrightNotice>",
        f"<photoshop:Credit>{NAME}</photoshop:Credit>",
        f"<photoshop:CaptionWriter>{NAME}</photoshop:CaptionWriter>",
        f"<xmp:CreatorTool>{NAME}</xmp:CreatorTool>",
        f"<digiKam:CaptionsAuthorNames>{NAME}</digiKam:CaptionsAuthorNames>",
        "<new:Id>uuid:0A801174-0720-6811-8DBB-D524E8CB12B3</new:Id>",
        "<new:When>2024-05-01T10:00:00+02:00</new:When>",
        "<new:Link>https://example.org/Zaphira</new:Link>",
        "<new:Flag>true</new:Flag>",
        "<new:Number>12.5</new:Number>",
    ],
)
def test_who_made_owns_or_wrote_and_what_is_no_words_is_left_out(body: str) -> None:
    assert texts(of_xmp(body, TOMORROW)) == []


def test_what_another_field_holds_is_not_repeated() -> None:
    body = bag("dc:subject", [NAME]) + bag("lr:hierarchicalSubject", [f"Students|{NAME}"]) + f"<new:A>{NAME}</new:A>"
    assert texts(of_xmp(body, TOMORROW)) == []


@pytest.mark.parametrize("head", ["People", "Students", "Personen", "Who", "Quién", "Gente", "Familia"])
def test_every_part_of_a_hierarchy_arrives_whatever_its_head(head: str) -> None:
    assert of_xmp(bag("lr:hierarchicalSubject", [f"{head}|Grade 7|{NAME}"])).hierarchies == ((head, "Grade 7", NAME),)


@pytest.mark.parametrize(
    "name",
    ["xmpDM:album", "xmpDM:scene", "xmpDM:comment", "xmp:Nickname", "Iptc4xmpExt:Headline"],
)
def test_what_recordings_and_albums_are_called_is_a_caption(name: str) -> None:
    result = of_xmp(f"<{name}>{NAME}</{name}>", "xmlns:xmpDM='http://ns.adobe.com/xmp/1.0/DynamicMedia/'")
    assert [(each.text, each.source) for each in result.captions] == [(NAME, name)]


# JPEG, PNG, GIF, Photoshop


def ducky(comment: str) -> bytes:
    text = struct.pack(">I", len(comment)) + comment.encode("utf-16-be")
    by = struct.pack(">I", 5) + "Owner".encode("utf-16-be")
    values = b"\0\1\0\4\0\0\0\x3c" + struct.pack(">HH", 2, len(text)) + text + struct.pack(">HH", 3, len(by)) + by
    return segment(0xEC, b"Ducky" + values + b"\0\0")


def test_duckys_comment_is_kept_and_its_copyright_is_not() -> None:
    assert texts(facts(jpeg(ducky(NAME)))) == [(NAME, "Ducky Comment")]


def test_the_texts_of_an_old_cameras_segment_are_kept() -> None:
    assert (NAME, "JPEG APP12") in texts(facts(jpeg(segment(0xEC, b"[user]\0\1\2" + NAME.encode()))))


def test_photoshops_names_and_captions_are_kept() -> None:
    path = b"8BIM" + struct.pack(">HB", 2000, len(NAME)) + NAME.encode() + b"\0" * (1 - len(NAME) % 2) + bytes(4)
    block = path + resource(bytes([12]) + b"Ben's Sample", 0x03F0)
    shown = texts(facts(jpeg(segment(0xED, b"Photoshop 3.0\0" + block))))
    assert (NAME, "Photoshop resource name") in shown
    assert any("Ben's Sample" in text for text, _ in shown)
    assert (NAME, "Photoshop resource name") in texts(facts(psd(path)))


@pytest.mark.parametrize("number", [7, 12, 15, 22, 26, 103, 203, 230])
def test_any_other_iptc_record_that_may_name_somebody_is_kept(number: int) -> None:
    block = segment(0xED, b"Photoshop 3.0\0" + resource(iim([(2, number, NAME.encode())])))
    assert texts(facts(jpeg(block))) == [(NAME, f"IPTC 2:{number:02d}")]


@pytest.mark.parametrize("number", [80, 85, 110, 116, 118, 122])
def test_the_iptc_records_of_who_made_or_wrote_are_left_out(number: int) -> None:
    result = facts(jpeg(segment(0xED, b"Photoshop 3.0\0" + resource(iim([(2, number, NAME.encode())])))))
    assert (texts(result), result.captions, result.keywords) == ([], (), ())


@pytest.mark.parametrize("keyword", ["Pupils", "parameters", "Warn"])
def test_a_png_text_of_any_keyword_is_kept(keyword: str) -> None:
    data = png(chunk(b"tEXt", keyword.encode() + b"\0" + NAME.encode()))
    assert texts(facts(data)) == [(NAME, f"PNG {keyword}")]


@pytest.mark.parametrize("keyword", ["Copyright", "Software", "Author", "Creation Time", "Source"])
def test_a_png_text_of_who_made_it_and_when_is_left_out(keyword: str) -> None:
    assert texts(facts(png(chunk(b"tEXt", keyword.encode() + b"\0" + NAME.encode())))) == []


def test_a_gifs_plain_text_is_kept() -> None:
    data = gif(b"\x21\x01\x0c" + bytes(12) + bytes([len(NAME)]) + NAME.encode() + b"\0")
    assert texts(facts(data)) == [(NAME, "GIF plain text")]


@pytest.mark.parametrize("number", [37395, 40964, 50827, 60000])
def test_a_text_of_any_other_field_of_exif_is_kept(number: int) -> None:
    assert texts(facts(jpeg(exif_segment({number: NAME})))) == [(NAME, f"EXIF {number:#06x}")]


@pytest.mark.parametrize("number", [271, 305, 316, 33432, 42036])
def test_the_fields_of_the_camera_and_the_rights_are_left_out(number: int) -> None:
    assert texts(facts(jpeg(exif_segment({number: NAME})))) == []


def maker_note(head: bytes, fields: list[tuple[int, bytes]], start: int) -> bytes:
    """Return a JPEG whose camera wrote these fields; their places count from `start` of the TIFF block."""
    at = 8 + 2 + 12 + 4 + 2 + 12 + 4
    place = at + len(head) + 2 + 12 * len(fields)
    rows = values = b""
    for tag, value in fields:
        rows += struct.pack("<HHII", tag, 7, len(value), place + len(values) - start)
        values += value
    note = head + struct.pack("<H", len(fields)) + rows + values
    first = struct.pack("<HHHII", 1, 34665, 4, 1, 26) + bytes(4)
    inner = struct.pack("<HHHII", 1, 37500, 7, len(note), at) + bytes(4)
    return jpeg(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + first + inner + note))


def test_the_names_that_a_panasonic_knows_are_people_of_the_picture() -> None:
    face = NAME.encode().ljust(20, b"\0") + bytes(28)
    faces = b"\1\0\0\0" + face + bytes(96)
    written = [(0x61, faces), (0x65, b"In the hall\0"), (0x66, b"Ava\0\0\0"), (0x67, b"---\0\0")]
    result = facts(maker_note(b"Panasonic\0\0\0", written, 0))
    assert [person.name for person in result.persons] == [NAME, "Ava"]
    assert ([each.text for each in result.captions], result.texts, result.state) == (["In the hall"], (), "read")


def test_the_names_that_a_fujifilm_knows_are_people_of_the_picture() -> None:
    face = b"\1\0\2\0" + NAME.encode() + bytes(20)
    result = facts(maker_note(b"FUJIFILM\x0c\0\0\0", [(0x4282, face)], 44))
    assert ([person.name for person in result.persons], result.state) == ([NAME], "read")


# AVI


def stream(kind: bytes = b"vids", name: bytes = b"") -> bytes:
    head = b"strh" + struct.pack("<I", 56) + kind + b"MJPG" + struct.pack("<IHHIIIIIIII4H", *(0,) * 5, 5, *(0,) * 9)
    form = b"strf" + struct.pack("<I", 40) + struct.pack("<IiiHH4sIiiII", 40, 64, 48, 1, 24, b"MJPG", 0, 0, 0, 0, 0)
    named = b"strn" + struct.pack("<I", len(name)) + name + b"\0" * (len(name) % 2) if name else b""
    inner = b"strl" + head + form + named
    return b"LIST" + struct.pack("<I", len(inner)) + inner


def avi(*chunks: tuple[bytes, bytes], kind: bytes = b"vids", name: bytes = b"") -> bytes:
    main = b"avih" + struct.pack("<I", 56) + struct.pack("<14I", 200_000, 0, 0, 0, 5, 0, 1, 0, 64, 48, 0, 0, 0, 0)
    return riff(b"AVI ", (b"LIST", b"hdrl" + main + stream() + stream(kind, name)), *chunks, (b"LIST", b"movi"))


def test_an_avis_own_xmp_is_read() -> None:
    assert [person.name for person in facts(avi((b"_PMX", PERSON))).persons] == [NAME]


def test_the_name_of_an_avis_stream_is_kept() -> None:
    assert texts(facts(avi(name=NAME.encode() + b"\0"))) == [(NAME, "AVI stream name")]


def test_an_album_of_an_avi_is_a_caption() -> None:
    field = b"IPRD" + struct.pack("<I", len(NAME)) + NAME.encode() + b"\0" * (len(NAME) % 2)
    assert NAME in [each.text for each in facts(avi((b"LIST", b"INFO" + field))).captions]


def test_an_avis_stream_of_texts_is_not_read_and_is_told() -> None:
    result = facts(avi(kind=b"txts"))
    assert (result.state, UNREAD in result.problems) == ("partial", True)


# Movies


def text_track(form: bytes, samples: list[bytes], place: int, handler: bytes = b"text", chunks: int = 1) -> bytes:
    sizes = struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *map(len, samples))
    table = box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), box(form, bytes(8))),
        box(b"stsz", sizes),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, len(samples), 1)),
        box(b"stco", struct.pack(">III", 0, chunks, place)),
    )
    media = box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12)), box(b"minf", table))
    return box(b"trak", media)


def told_by(form: bytes, samples: list[bytes], handler: bytes = b"text", chunks: int = 1) -> bytes:
    """Return a movie whose samples lie right behind its first box."""
    start = box(b"ftyp", b"mp42\0\0\0\0mp42")
    place = len(start) + 8
    header = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 2000), bytes(80))
    inside = (header, track(), text_track(form, samples, place, handler, chunks))
    return start + box(b"mdat", *samples) + box(b"moov", *inside)


def counted(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


@pytest.mark.parametrize(
    ("form", "samples"),
    [
        (b"tx3g", [counted(NAME.encode()), counted(b"")]),
        (b"text", [counted(b"\xfe\xff" + NAME.encode("utf-16-be")) + box(b"encd", b"\0\0\1\0")]),
        (b"wvtt", [box(b"vttc", box(b"sttg", b"line:1"), box(b"payl", f"<v>{NAME}".encode())), box(b"vtte")]),
        (b"stpp", [f"<tt><body><div><p>{NAME}</p></div></body></tt>".encode()]),
    ],
)
@pytest.mark.parametrize("handler", [b"text", b"sbtl", b"subt"])
def test_a_text_track_is_read(form: bytes, samples: list[bytes], handler: bytes) -> None:
    result = facts(told_by(form, samples, handler))
    assert (result.state, result.problems) == ("read", ())
    assert any(NAME in text and source == "text track" for text, source in texts(result))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(told_by(b"c608", [b"x"], b"clcp"), id="a form that is not read"),
        pytest.param(told_by(b"tx3g", [], b"sbtl"), id="samples in fragments"),
        pytest.param(told_by(b"tx3g", [counted(b"a" * 60_000)] * 30, b"sbtl"), id="more than is read"),
        pytest.param(told_by(b"tx3g", [counted(b"a")], b"sbtl", chunks=9), id="places that are not there"),
    ],
)
def test_a_text_track_that_is_not_read_is_told(data: bytes) -> None:
    result = facts(data)
    assert result.state == "partial"
    assert UNREAD in result.problems


@pytest.mark.parametrize("kind", [b"name", b"kywd", b"zzzz"])
def test_user_data_that_nobody_knows_is_searched(kind: bytes) -> None:
    result = facts(movie(track(), box(b"udta", box(kind, b"\0\0\0\0\x15\xc7" + NAME.encode() + b"\0"))))
    assert (NAME, f"QuickTime {kind.decode()}") in texts(result)


def test_a_key_that_nobody_knows_is_kept() -> None:
    keys = box(b"keys", bytes(4), struct.pack(">I", 1), box(b"mdta", b"org.example.pupils"))
    data = box(b"data", struct.pack(">II", 1, 0), NAME.encode())
    item = box(b"ilst", box(b"\0\0\0\1", data))
    handler = box(b"hdlr", bytes(8), b"mdta", bytes(12))
    assert (NAME, "QuickTime org.example.pupils") in texts(facts(movie(track(), box(b"meta", handler, keys, item))))


# HEIF, sound, PDF


def test_what_people_wrote_about_a_heif_is_read() -> None:
    description = box(b"udes", bytes(4), b"en\0Concert\0with ", NAME.encode(), b"\0Ben Sample,choir\0")
    alternative = box(b"altt", bytes(4), b"Somebody sings\0en\0")
    result = facts(heif(written=[description, alternative]))
    assert [each.text for each in result.captions] == ["Concert", f"with {NAME}", "Somebody sings"]
    assert [each.text for each in result.keywords] == ["Ben Sample", "choir"]


def test_the_video_of_a_heifs_motion_photo_is_read() -> None:
    clip = box(b"ftyp", b"mp42\0\0\0\0mp42") + box(b"moov", track(), box(b"udta", box(b"XMP_", PERSON)))
    assert [person.name for person in facts(heif(after=box(b"mpvd", clip))).persons] == [NAME]


@pytest.mark.parametrize("name", [b"cart", b"DISP", b"axml"])
def test_a_chunk_of_a_wav_that_nobody_knows_is_searched(name: bytes) -> None:
    shape = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
    result = facts(riff(b"WAVE", shape, (name, b"\1\0\0\0" + NAME.encode() + b"\0"), (b"data", b"\x80" * 8000)))
    assert (NAME, f"RIFF {name.decode()}") in texts(result)


def test_any_field_of_ixml_is_kept() -> None:
    shape = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
    inside = f"<BWFXML><TRACK><TRACK_TALENT>{NAME}</TRACK_TALENT></TRACK></BWFXML>".encode()
    result = facts(riff(b"WAVE", shape, (b"iXML", inside), (b"data", b"\x80" * 8000)))
    assert (NAME, "iXML TRACK_TALENT") in texts(result)


def test_any_field_of_a_pdfs_info_is_kept_but_the_programmes() -> None:
    info = f"<</Pupil({NAME})/Producer({NAME}s)/Creator({NAME}s)>>".encode()
    data = pdf(b"<</Type/Catalog>>", info, trailer=b"/Root 1 0 R/Info 2 0 R")
    assert texts(facts(data)) == [(NAME, "PDF Pupil")]


# Bounds and laws


def test_a_long_text_is_kept_in_parts_of_which_one_holds_each_name_whole() -> None:
    for before in range(MAX_CAPTION - 30, MAX_CAPTION + 5):
        found = FactsBuilder()
        found.free_text(f"{'w' * before} {NAME} {'word ' * 10}", "note")
        assert any(NAME in each.text for each in found.texts)
        assert not found.damaged


def test_more_free_text_than_is_read_is_damage() -> None:
    found = FactsBuilder()
    found.free_text(" ".join(map(str, range(MAX_FREE_TEXT // 4))), "note")
    assert found.damaged
    assert sum(len(each.text) for each in found.texts) <= MAX_FREE_TEXT


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]), st.binary(max_size=300))
@settings(derandomize=True, deadline=None)
def test_a_name_between_any_bytes_is_found(before: bytes, encoding: str, after: bytes) -> None:
    data = before + b"\xff\0\0\xff" + NAME.encode(encoding) + b"\xff\xff\0\0" + after
    assert any(NAME in text for text in runs(data))


@pytest.mark.parametrize("text", ["1" * 2_000_000 + "xx", "1 " * 1_000_000 + "xx", "a" * 2_000_000])
def test_a_long_value_is_a_text_and_takes_no_time(text: str) -> None:
    assert may_be_words(text)


@given(st.text())
def test_any_two_words_may_name_somebody(text: str) -> None:
    assert may_be_words(f"{text} {NAME}") or "://" in text


SEEDS = [
    maker_note(b"Panasonic\0\0\0", [(0x61, bytes(200)), (0x65, b"x" * 9)], 0),
    maker_note(b"FUJIFILM\x0c\0\0\0", [(0x4282, NAME.encode())], 44),
    told_by(b"tx3g", [counted(NAME.encode())] * 3),
    told_by(b"wvtt", [box(b"vttc", box(b"payl", NAME.encode()))]),
    avi((b"_PMX", PERSON), name=b"x"),
    jpeg(ducky(NAME)),
]


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 2000), st.sampled_from([b"\xff" * 4, bytes(4), b"\0\0\0\7", b"\x7f"])), max_size=4
    ),
    st.integers(0, 2000) | st.none(),
)
def test_no_damage_raises_and_none_is_silent(seed: bytes, edits: list[tuple[int, bytes]], cut: int | None) -> None:
    data = bytearray(seed)
    for offset, value in edits:
        at = offset % len(data)
        data[at : at + len(value)] = value
    result = facts(bytes(data[:cut]))
    assert result.state == "read" or result.problems
