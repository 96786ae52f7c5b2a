from __future__ import annotations

import io
import json
import struct
import sys
from collections.abc import Callable

import pytest
from made_files import bag, box, info, movie, packet, riff, track

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import audio, quicktime
from dam_tagging.metadata.containers import riff as riff_reader
from dam_tagging.metadata.containers.blocks import Blocks, Text
from dam_tagging.metadata.containers.timed_text import UNREAD
from dam_tagging.metadata.read import read

SOUND = (b"\xff\xfb\x90\xc4" + b"\0" * 413) * 20
"""Twenty silent frames of an MP3, 128 kbit/s at 44.1 kHz."""

WAV_FORMAT = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x")


def people(result: Facts) -> list[tuple[str, str]]:
    return [(person.name, person.source) for person in result.persons]


def names(data: bytes) -> list[str]:
    return [person.name for person in facts(data).persons]


def captions(result: Facts) -> set[str]:
    return {caption.text for caption in result.captions}


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, content: bytes, version: int = 4, flags: int = 0) -> bytes:
    """One frame of an ID3 tag."""
    if version == 2:
        return name + len(content).to_bytes(3, "big") + content
    size = synchsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + struct.pack(">H", flags) + content


def tagged(*frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    """An ID3 tag."""
    body = b"".join(frames)
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(len(body)) + body


def mp3(*frames: bytes, version: int = 4) -> bytes:
    return tagged(*frames, version=version) + SOUND


def comments(**texts: str | list[str]) -> bytes:
    """Vorbis comments, as FLAC and Ogg hold them."""
    items = [
        f"{name}={text}".encode()
        for name, value in texts.items()
        for text in ([value] if isinstance(value, str) else value)
    ]
    body = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(items))
    return body + b"".join(struct.pack("<I", len(item)) + item for item in items)


def flac(**texts: str | list[str]) -> bytes:
    """A FLAC of one second at 8 kHz without its sound."""
    stream = struct.pack(">HH", 4096, 4096) + b"\0" * 6 + (8000 << 44 | 7 << 36 | 8000).to_bytes(8, "big") + b"\0" * 16
    block = comments(**texts)
    return b"fLaC" + b"\0" + len(stream).to_bytes(3, "big") + stream + b"\x84" + len(block).to_bytes(3, "big") + block


def ogg(**texts: str | list[str]) -> bytes:
    """An Ogg Opus without sound."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    pages = (head, 2), (b"OpusTags" + comments(**texts), 0)
    return b"".join(page(number, payload, kind) for number, (payload, kind) in enumerate(pages))


def page(number: int, payload: bytes, kind: int) -> bytes:
    lacing = b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255])
    return b"OggS" + struct.pack("<BBqIII", 0, kind, 0, 1, number, 0) + bytes([len(lacing)]) + lacing + payload


def element(number: bytes, *content: bytes) -> bytes:
    """An EBML element."""
    body = b"".join(content)
    return number + (len(body) | 1 << 56).to_bytes(8, "big") + body


def mkv(track: bytes = b"", chapters: bytes = b"", **texts: str) -> bytes:
    """A Matroska with one video track of 64 x 48 pixels, another track, chapters, and these tags."""
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska"), element(b"\x42\x87", b"\x04"))
    video = element(b"\xe0", element(b"\xb0", b"\x40"), element(b"\xba", b"\x30"))
    one = element(
        b"\xae", element(b"\xd7", b"\1"), element(b"\x83", b"\1"), element(b"\x86", b"V_MPEG4/ISO/AVC"), video
    )
    simple = [
        element(b"\x67\xc8", element(b"\x45\xa3", name.encode()), element(b"\x44\x87", text.encode()))
        for name, text in texts.items()
    ]
    tags = element(b"\x12\x54\xc3\x67", element(b"\x73\x73", element(b"\x63\xc0"), *simple))
    scale = element(
        b"\x15\x49\xa9\x66",
        element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(4, "big")),
        element(b"\x44\x89", struct.pack(">d", 2500.0)),
    )
    return head + element(b"\x18\x53\x80\x67", scale, element(b"\x16\x54\xae\x6b", one, track), chapters, tags)


def avi(**texts: str) -> bytes:
    """An AVI with one stream of 64 x 48 pixels and no frame."""
    main = b"avih" + struct.pack("<I", 56) + struct.pack("<14I", 200_000, 0, 0, 0, 5, 0, 1, 0, 64, 48, 0, 0, 0, 0)
    stream = (
        b"strh"
        + struct.pack("<I", 56)
        + b"vidsMJPG"
        + struct.pack("<IHHIIIIIIII4H", 0, 0, 0, 0, 1, 5, 0, 5, 0, 0, 0, 0, 0, 64, 48)
    )
    size = b"strf" + struct.pack("<I", 40) + struct.pack("<IiiHH4sIiiII", 40, 64, 48, 1, 24, b"MJPG", 0, 0, 0, 0, 0)
    inner = b"strl" + stream + size
    return riff(
        b"AVI ",
        (b"LIST", b"hdrl" + main + b"LIST" + struct.pack("<I", len(inner)) + inner),
        info(**texts),
        (b"LIST", b"movi"),
    )


# ID3


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (b"\3Ava Example\0Ben Sample", 4),
        (b"\0Ava Example/Ben Sample", 3),
        (b"\0Ava Example;Ben Sample", 3),
        (b"\1\xff\xfe" + "Ava Example\0".encode("utf-16-le") + "\ufeffBen Sample".encode("utf-16-le"), 4),
        (b"\1\xfe\xff" + "Ava Example\0Ben Sample".encode("utf-16-be"), 3),
        (b"\2" + "Ava Example\0Ben Sample".encode("utf-16-be"), 4),
    ],
    ids=["2.4 zero", "2.3 slash", "semicolon", "utf-16 little", "utf-16 big", "utf-16 without a mark"],
)
def test_several_artists_are_several_people(content: bytes, version: int) -> None:
    result = facts(mp3(frame(b"TPE1", content, version), version=version))
    assert people(result) == [("Ava Example", "ID3"), ("Ben Sample", "ID3")]
    assert result.state == "read"


@pytest.mark.parametrize(
    ("name", "content", "version"),
    [
        (b"TPE2", b"\3Ava Example", 4),
        (b"TPE3", b"\3Ava Example", 4),
        (b"TPE4", b"\3Ava Example", 4),
        (b"TOPE", b"\3Ava Example", 4),
        (b"TP1", b"\0Ava Example", 2),
        (b"TMCL", b"\3violin\0Ava Example", 4),
        (b"TIPL", b"\3speaker\0Ava Example", 4),
        (b"IPLS", b"\0speaker\0Ava Example", 3),
        (b"TXXX", b"\3PersonInImage\0Ava Example", 4),
    ],
)
def test_every_frame_that_names_a_performer_names_a_person(name: bytes, content: bytes, version: int) -> None:
    assert names(mp3(frame(name, content, version), version=version)) == ["Ava Example"]


@pytest.mark.parametrize("version", [3, 4])
def test_titles_comments_and_free_texts_are_captions(version: int) -> None:
    result = facts(
        mp3(
            frame(b"TIT2", b"\3Fall Concert", version),
            frame(b"COMM", b"\3eng\0Solo by Ava", version),
            frame(b"COMM", b"\3engnote\0Second verse by Ben", version),
            frame(b"TXXX", b"\3Programme\0Three songs", version),
            frame(b"TALB", b"\3Winter", version),
            version=version,
        )
    )
    assert captions(result) == {"Fall Concert", "Solo by Ava", "note", "Second verse by Ben", "Three songs", "Winter"}


def test_keywords_event_and_day_of_a_tag_are_read() -> None:
    result = facts(
        mp3(
            frame(b"TXXX", b"\3Keywords\0choir;band"),
            frame(b"TXXX", b"\3Event\0Fall Concert"),
            frame(b"TDRC", b"\x032026-10-02"),
        )
    )
    assert [keyword.text for keyword in result.keywords] == ["choir", "band"]
    assert (result.event, result.taken) == ("Fall Concert", "2026-10-02")


def test_xmp_in_a_private_frame_is_read() -> None:
    xmp = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
    assert names(mp3(frame(b"PRIV", b"XMP\0" + xmp))) == ["Ava Example"]


def test_the_duration_of_a_sound_is_in_seconds() -> None:
    duration = facts(mp3() + SOUND * 10).duration
    assert duration is not None
    assert 5 < duration < 6


def test_an_mp3_without_a_tag_is_read_and_names_nobody() -> None:
    result = facts(SOUND)
    assert (result.media_type, result.state, result.persons) == ("audio/mpeg", "read", ())


def test_an_extended_header_is_passed_over() -> None:
    body = frame(b"TPE1", b"\3Ava Example")
    whole = synchsafe(6) + b"\1\0" + body
    data = b"ID3\4\0\x40" + synchsafe(len(whole)) + whole + SOUND
    assert names(data) == ["Ava Example"]


def test_unsynchronised_bytes_are_put_right() -> None:
    content = b"\1\xff\0\xfe" + "Ava".encode("utf-16-le")
    assert names(mp3(frame(b"TPE1", content, flags=2))) == ["Ava"]


@pytest.mark.parametrize(
    "data",
    [
        mp3(frame(b"TPE1", b"\3x", flags=8)),
        mp3(b"TPE1" + synchsafe(5000) + b"\0\0\3Ava"),
        tagged(version=9) + SOUND,
        mp3(*[frame(b"TPE1", b"")] * 20_001),
    ],
    ids=["compressed", "outside", "unknown version", "too many"],
)
def test_a_damaged_tag_leaves_the_recording_partial(data: bytes) -> None:
    result = facts(data)
    assert result.state == "partial"
    assert result.problems


@pytest.mark.parametrize(
    "data",
    [
        tagged(frame(b"TPE1", b"\3x"))[:12],
        tagged(),
        b"fLaC",
        b"OggS" + b"\0" * 40,
        b"\x1a\x45\xdf\xa3" * 4,
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
    ],
)
def test_a_recording_without_sound_or_picture_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert (result.state, result.persons) == ("unreadable", ())
    assert result.problems


# The other formats


@pytest.mark.parametrize(
    ("make", "media_type"), [(flac, "audio/flac"), (ogg, "application/ogg"), (mkv, "video/x-matroska")]
)
def test_vorbis_and_matroska_tags_name_people_and_describe(make: Callable[..., bytes], media_type: str) -> None:
    result = facts(
        make(ARTIST="Ava Example", TITLE="Fall Concert", COMMENT="Solo", KEYWORDS="choir;band", PROGRAMME="Three songs")
    )
    assert (result.media_type, result.state) == (media_type, "read")
    assert [person.name for person in result.persons] == ["Ava Example"]
    assert captions(result) >= {"Fall Concert", "Solo", "Three songs"}
    assert [keyword.text for keyword in result.keywords] == ["choir", "band"]


@pytest.mark.parametrize("make", [flac, ogg])
def test_artists_beside_performers_are_kept(make: Callable[..., bytes]) -> None:
    assert set(names(make(ARTIST=["Ava Example", "Ben Sample"], PERFORMER="Cal Third"))) == {
        "Ava Example",
        "Ben Sample",
        "Cal Third",
    }


def test_a_matroska_has_size_and_duration() -> None:
    result = facts(mkv(TITLE="x"))
    assert (result.image_size, result.duration) == ((64, 48), 2.5)


@pytest.mark.parametrize("version", [3, 4])
def test_chapters_lyrics_and_any_other_text_of_an_mp3_are_kept(version: int) -> None:
    title = frame(b"TIT2", b"\3Ava Example sings", version)
    chapter = frame(b"CHAP", b"one\0" + bytes(16) + title, version)
    contents = frame(b"CTOC", b"all\0\3\1one\0" + frame(b"TIT2", b"\3Songs of Cal", version), version)
    lyrics = frame(b"SYLT", b"\0eng\1\1\0Ben Sample is here\0\0\0\0\1", version)
    other = frame(b"TOFN", b"\3Dee_Smithe.mp3", version)
    result = facts(tagged(chapter, contents, lyrics, other, version=version) + SOUND)
    assert captions(result) >= {"Ava Example sings", "Songs of Cal"}
    assert {each.text for each in result.texts} >= {"Ben Sample is here", "Dee_Smithe.mp3"}


def test_subtitles_in_a_matroska_are_not_read_and_are_told() -> None:
    kind = element(b"\x86", b"S_TEXT/UTF8")
    subtitles = element(b"\xae", element(b"\xd7", b"\2"), element(b"\x83", b"\x11"), kind)
    result = facts(mkv(subtitles))
    assert (result.state, result.problems) == ("partial", (UNREAD,))


def test_titles_of_chapters_and_tracks_of_a_matroska_are_kept() -> None:
    shown = element(b"\x80", element(b"\x85", b"Zaphira Quillfeather sings"), element(b"\x43\x7c", b"eng"))
    atom = element(b"\xb6", element(b"\x73\xc4", b"\1"), element(b"\x91", b"\0"), shown)
    named = [element(b"\xd7", b"\2"), element(b"\x83", b"\2"), element(b"\x53\x6e", b"Ben Sample's voice")]
    track = element(b"\xae", *named, element(b"\x86", b"A_OPUS"))
    result = facts(mkv(track, element(b"\x10\x43\xa7\x70", element(b"\x45\xb9", atom))))
    texts = {each.text for each in result.texts}
    assert result.state == "read"
    assert any("Zaphira Quillfeather sings" in text for text in texts)
    assert "Ben Sample's voice" in texts


def test_an_avi_has_a_size_and_its_artist_is_a_person() -> None:
    result = facts(avi(INAM="Fall Concert", IART="Ava Example", ICMT="Solo"))
    assert (result.media_type, result.state, result.image_size) == ("video/x-msvideo", "read", (64, 48))
    assert people(result) == [("Ava Example", "RIFF")]
    assert captions(result) == {"Fall Concert", "Solo"}


def test_the_artist_of_a_wav_is_a_person_and_its_length_is_known() -> None:
    result = facts(riff(b"WAVE", WAV_FORMAT, (b"data", b"\x80" * 4000), info(IART="Ava Example")))
    assert (people(result), result.duration) == ([("Ava Example", "RIFF")], 0.5)


def test_an_id3_tag_in_a_wav_is_read() -> None:
    data = riff(b"WAVE", WAV_FORMAT, (b"data", b"\x80" * 4000), (b"id3 ", tagged(frame(b"TPE1", b"\3Ava Example"))))
    result = facts(data)
    assert (result.state, [person.name for person in result.persons]) == ("read", ["Ava Example"])


def test_a_text_that_both_readers_know_is_kept_once() -> None:
    data = riff(b"WAVE", WAV_FORMAT, (b"data", b"\x80" * 800), info(INAM="Fall Concert", ICMT="Solo"))
    assert [caption.text for caption in facts(data).captions] == ["Fall Concert", "Solo"]


def test_the_artist_of_a_movie_is_a_person() -> None:
    text = b"Ava Example"
    artist = box(b"\xa9ART", box(b"data", struct.pack(">II", 1, 0), text))
    meta = box(b"meta", b"\0\0\0\0", box(b"hdlr", b"\0" * 8 + b"mdirappl" + b"\0" * 9), box(b"ilst", artist))
    result = facts(movie(track(), box(b"udta", meta), brand=b"mp42"))
    assert [person.name for person in result.persons] == ["Ava Example"]


def test_a_text_with_control_characters_is_kept() -> None:
    assert audio._decoded({"Title": {"@dt": "binary.base64", "#value": "QXZhIAEgRXhhbXBsZQ=="}}) == {
        "title": "Ava \1 Example"
    }


# What can go wrong with the library


def with_answer(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    class Library:
        class MediaInfo:
            @staticmethod
            def parse(file: io.RawIOBase, **_: object) -> object:
                if isinstance(answer, Exception):
                    raise answer
                return answer(file) if callable(answer) else answer

    monkeypatch.setitem(sys.modules, "pymediainfo", Library)


def test_without_the_library_a_recording_is_partial_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    for data in (SOUND, riff(b"WAVE", WAV_FORMAT), movie(track())):
        result = facts(data)
        assert (result.state, audio.MISSING in result.problems) == ("partial", True)


def header(scale: int = 1000, length: int = 2500) -> bytes:
    """The movie header box, of the first version."""
    return box(b"mvhd", struct.pack(">5I", 0, 0, 0, scale, length), b"\0" * 80)


def long_header(length: int) -> bytes:
    """The movie header box, of the second version."""
    return box(b"mvhd", struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, length), b"\0" * 80)


def item(name: bytes, text: bytes = b"Ava Example", kind: int = 1) -> bytes:
    """A movie of 2.5 seconds with one item of a list."""
    free = [box(b"name", b"\0\0\0\0iTunNORM")] if name == b"----" else []
    items = box(b"ilst", box(name, *free, box(b"data", struct.pack(">II", kind, 0), text)))
    meta = box(b"meta", b"\0\0\0\0", box(b"hdlr", b"\0" * 8 + b"mdirappl" + b"\0" * 9), items)
    return movie(header(), track(), box(b"udta", meta), brand=b"mp42")


def wav(*chunks: tuple[bytes, bytes], sound: tuple[bytes, bytes] = WAV_FORMAT) -> bytes:
    return riff(b"WAVE", sound, (b"data", b"\x80" * 4000), *chunks)


@pytest.mark.parametrize(
    ("data", "duration"),
    [
        pytest.param(wav(), 0.5, id="wav"),
        pytest.param(wav(info(INAM="x", ISFT="y"), (b"JUNK", b"\0" * 8)), 0.5, id="wav-known-chunks"),
        pytest.param(riff(b"WAVE", WAV_FORMAT, (b"data", b"")), None, id="wav-empty"),
        pytest.param(movie(header(), track()), 2.5, id="movie"),
        pytest.param(movie(long_header(1500), track()), 1.5, id="movie-long-header"),
        pytest.param(item(b"\xa9too"), 2.5, id="movie-known-item"),
        pytest.param(item(b"----"), 2.5, id="movie-measure"),
    ],
)
def test_a_recording_whose_parts_are_all_known_needs_no_library(
    monkeypatch: pytest.MonkeyPatch, data: bytes, duration: float | None
) -> None:
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    result = facts(data)
    assert (result.state, result.problems, result.duration) == ("read", (), duration)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(wav(info(IPRD="Winter")), id="wav-field"),
        pytest.param(wav((b"list", b"x")), id="wav-chunk"),
        pytest.param(wav((b"LIST", b"wavl")), id="wav-list"),
        pytest.param(wav((b"id3 ", tagged(frame(b"TPE1", b"\3Ava")))), id="wav-id3"),
        pytest.param(wav(sound=(b"fmt ", struct.pack("<HHIIHH", 2, 1, 8000, 8000, 1, 8))), id="wav-packed"),
        pytest.param(wav(sound=(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 9000, 1, 8))), id="wav-contradiction"),
        pytest.param(wav(sound=(b"fmt ", b"\1\0")), id="wav-format-cut"),
        pytest.param(movie(header(length=0), track()), id="no-length"),
        pytest.param(movie(header(length=2**32 - 1), track()), id="length-unknown"),
        pytest.param(movie(header(scale=0), track()), id="no-scale"),
        pytest.param(movie(long_header(2**64 - 1), track()), id="long-length-unknown"),
        pytest.param(movie(box(b"mvhd", b"\0" * 12), track()), id="header-cut"),
        pytest.param(movie(header(), track(), after=box(b"uuid", b"x" * 20)), id="identifier"),
        pytest.param(movie(header(), track(), box(b"udta", box(b"titl", b"x"))), id="user-text"),
        pytest.param(movie(header(), track(), box(b"udta", box(b"\xa9nam", b"\0\x09\0\0x"))), id="user-text-cut"),
        pytest.param(movie(header(), track(), box(b"udta", box(b"\xa9nam", b"\0\1\0\0\x8e"))), id="old-encoding"),
        pytest.param(movie(header(), track(), box(b"meta", b"\0" * 4, box(b"xml ", b"x"))), id="xml"),
        pytest.param(item(b"purl"), id="item"),
        pytest.param(item(b"\xa9nam", b"\0A", kind=2), id="item-utf-16"),
        pytest.param(item(b"----").replace(b"iTunNORM", b"PEOPLE.."), id="free-item"),
    ],
)
def test_the_library_is_asked_where_a_part_is_unknown(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    assert audio.MISSING in facts(data).problems


@pytest.mark.parametrize("name", sorted({*quicktime.TEXT_KINDS, *quicktime.SAY_NOTHING}))
def test_the_library_adds_nothing_to_an_item_that_is_known(name: str) -> None:
    data = item(name.encode("latin-1")) if len(name) == 4 else keyed(name.encode())
    assert extras(data, quicktime.read) == []


@pytest.mark.parametrize("name", sorted({*riff_reader.INFO_KINDS, *riff_reader.SAY_NOTHING}))
def test_the_library_adds_nothing_to_a_field_of_a_wav_that_is_known(name: bytes) -> None:
    assert extras(wav(info(**{name.decode(): "Ava Example"})), riff_reader.read_wav) == []


def keyed(name: bytes) -> bytes:
    """A movie of 2.5 seconds with one text under a key."""
    keys = box(b"keys", b"\0" * 4, struct.pack(">II4s", 1, len(name) + 8, b"mdta"), name)
    items = box(b"ilst", box(b"\0\0\0\1", box(b"data", struct.pack(">II", 1, 0), b"Ava Example")))
    return movie(header(), track(), box(b"meta", box(b"hdlr", b"\0" * 8 + b"mdta" + b"\0" * 13), keys, items))


def extras(data: bytes, reader: Callable[[io.BytesIO], Blocks]) -> list[Text]:
    """Return what MediaInfo says beyond our own reader, which has to take all for known."""
    blocks = reader(io.BytesIO(data))
    own, duration = len(blocks.texts), blocks.duration
    assert blocks.all_known
    assert audio._listen(io.BytesIO(data), blocks)
    assert (blocks.duration, blocks.damages) == (duration, [])
    return blocks.texts[own:]


def test_a_library_that_cannot_be_loaded_is_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with_answer(monkeypatch, OSError("Failed to load library"))
    assert audio.MISSING in facts(SOUND).problems


@pytest.mark.parametrize(
    "answer",
    ["no JSON", "[]", "{}", json.dumps({"media": {"track": []}}), "[" * 100_000, RuntimeError("x"), ValueError("x")],
    ids=["text", "list", "empty", "no track", "deep", "failed", "not in range"],
)
def test_what_the_library_answers_amiss_makes_a_recording_unreadable(
    monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    with_answer(monkeypatch, answer)
    assert facts(SOUND).state == "unreadable"


def test_a_library_that_wants_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def greedy(file: io.RawIOBase) -> str:
        while data := file.read(64 * 1024):
            file.seek(0)
            asked.append(len(data))
        return json.dumps({"media": {"track": [{"@type": "General", "Format": "x"}, {"@type": "Audio"}]}})

    with_answer(monkeypatch, greedy)
    result = facts(SOUND * 20)
    assert result.state == "partial"
    assert len(asked) <= audio.MAX_READS
    assert sum(asked) <= audio.MAX_READ


def test_what_reading_the_file_raises_is_not_swallowed() -> None:
    class Broken(io.BytesIO):
        def read(self, count: int | None = -1, /) -> bytes:
            if self.tell() > 100 or count == 64 * 1024:
                raise TimeoutError
            return super().read(count)

    with pytest.raises(TimeoutError):
        read(Broken(SOUND), "x")


def ape(**texts: str) -> bytes:
    """An APEv2 tag without a header."""
    items = [struct.pack("<II", len(text), 0) + f"{name}\0{text}".encode() for name, text in texts.items()]
    body = b"".join(items)
    return body + b"APETAGEX" + struct.pack("<IIII", 2000, len(body) + 32, len(items), 1 << 31) + b"\0" * 8


OLDEST = b"TAG" + b"Concert".ljust(30, b"\0") + b"Ava Example".ljust(30, b"\0") + b"\0" * 34 + b"Solo".ljust(31, b"\0")


def test_the_oldest_tag_at_the_end_of_a_recording_is_read() -> None:
    result = facts(SOUND + OLDEST)
    assert ([person.name for person in result.persons], captions(result)) == (["Ava Example"], {"Concert", "Solo"})


@pytest.mark.parametrize("behind", [b"", OLDEST[:3] + b"\0" * 125], ids=["at-the-end", "before-the-oldest"])
def test_an_ape_tag_is_read(behind: bytes) -> None:
    result = facts(SOUND + ape(Artist="Ava Example", Keywords="choir", Programme="Three songs") + behind)
    assert ([person.name for person in result.persons], captions(result)) == (["Ava Example"], {"Three songs"})
    assert ([word.text for word in result.keywords], result.state) == (["choir"], "read")


@pytest.mark.parametrize("size", [31, 1 << 31, 40])
def test_an_ape_tag_that_breaks_leaves_the_recording_partial(size: int) -> None:
    tag = ape(Artist="Ava Example")
    at = tag.index(b"APETAGEX") + 12
    assert facts(SOUND + tag[:at] + struct.pack("<I", size) + tag[at + 4 :]).state == "partial"


def test_every_field_of_a_sound_is_read() -> None:
    result = facts(wav(info(ISTR="Ava Example", ICNM="Ben Sample")))
    assert ([person.name for person in result.persons], captions(result)) == (["Ava Example"], {"Ben Sample"})


def test_labels_and_notes_of_a_sound_are_captions() -> None:
    heads = {b"labl": 4, b"note": 4, b"ltxt": 20}
    parts = [(kind, b"\1" * head + kind) for kind, head in heads.items()]
    payload = b"".join(kind + struct.pack("<I", len(body)) + body for kind, body in parts)
    assert captions(facts(wav((b"LIST", b"adtl" + payload)))) == {"labl", "note", "ltxt"}


def test_labels_that_break_leave_the_sound_partial() -> None:
    assert facts(wav((b"LIST", b"adtllabl" + struct.pack("<I", 99) + b"x"))).state == "partial"


def test_the_names_of_tracks_are_captions() -> None:
    xml = b"<BWFXML><TRACK_LIST><TRACK><NAME>Ava Example</NAME></TRACK></TRACK_LIST></BWFXML>"
    assert captions(facts(wav((b"iXML", xml)))) == {"Ava Example"}
