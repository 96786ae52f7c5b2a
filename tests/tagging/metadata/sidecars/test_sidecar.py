"""What lies beside a file: both kinds of XMP sidecars and the folder's `.picasa.ini`."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import bag, jpeg, packet

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Damaged
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.read import read
from dam_tagging.metadata.sidecars import sidecar

INI = b"[x.jpg]\nfaces=rect64(33323fff66668ccc),1\n[Contacts2]\n1=Ava Example;;\n"


class Folder:
    """The files beside one, and which of them were asked for."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("__", "/").replace("_dot_", "."): data for name, data in files.items()}
        self.asked: list[str] = []

    def __call__(self, name: str) -> BinaryIO | None:
        self.asked.append(name)
        return io.BytesIO(self.files[name]) if name in self.files else None


def facts(folder: Folder, name: str = "a/x.jpg") -> Facts:
    return read(io.BytesIO(jpeg()), name, folder)


def test_picasas_file_of_the_same_folder_is_asked_for_by_its_key() -> None:
    folder = Folder(a___dot_picasa_dot_ini=INI)
    assert [region.name for region in facts(folder).regions] == ["Ava Example"]
    assert "a/.picasa.ini" in folder.asked


def test_picasas_file_is_united_with_sidecars() -> None:
    ben = packet(bag("Iptc4xmpExt:PersonInImage", ["Ben Sample"]))
    result = facts(Folder(a___dot_picasa_dot_ini=INI, a__x_dot_xmp=ben))
    assert [person.name for person in result.persons] == ["Ben Sample"]
    assert [region.name for region in result.regions] == ["Ava Example"]


def test_a_folder_whose_picasa_file_does_not_know_the_picture_adds_nothing() -> None:
    result = facts(Folder(a___dot_picasa_dot_ini=INI), "a/y.jpg")
    assert (result.regions, result.state) == ((), "read")


def test_a_picasa_file_that_is_too_large_leaves_the_picture_partial() -> None:
    assert facts(Folder(a___dot_picasa_dot_ini=b" " * (MAX_BLOCK + 1))).state == "partial"


@pytest.mark.parametrize("name", ["a/x.xmp", "a/.picasa.ini", "a/Picasa.ini", ""])
def test_what_describes_others_has_nothing_beside_it(name: str) -> None:
    folder = Folder()
    assert sidecar.beside(name, folder) == []
    assert folder.asked == []


def test_every_name_of_picasas_file_is_read_where_all_of_them_lie_in_a_folder() -> None:
    ben = INI.replace(b"Ava Example", b"Ben Sample").replace(b"3332", b"1111")
    folder = Folder(a___dot_picasa_dot_ini=INI, a__Picasa_dot_ini=ben)
    assert {region.name for region in facts(folder).regions} == {"Ava Example", "Ben Sample"}


@pytest.mark.parametrize(
    ("name", "of", "expected"),
    [
        ("a/x.xmp", "a/x.jpg", True),
        ("a/x.jpg.xmp", "a/x.jpg", True),
        ("a/x.Xmp", "a/x.jpg", True),
        ("a/x.JPG.xmp", "a/x.jpg", True),
        ("a/x_01.jpg.xmp", "a/x.jpg", True),
        ("a/x_01.jpg.xmp", "a/x_01.jpg", True),
        ("x.xmp", "x", True),
        ("a/x_1.jpg.xmp", "a/x.jpg", False),
        ("a/x_01.xmp", "a/x.jpg", False),
        ("a/x.png.xmp", "a/x.jpg", True),
        ("a/x.NEF.xmp", "a/x.jpg", True),
        ("a/x.jpeg.xmp", "a/x.JPG", True),
        ("a/x.txt.xmp", "a/x.jpg", False),
        ("a/x.png.xmp", "a/x.mp3", False),
        ("b/x.xmp", "a/x.jpg", False),
        ("a/xy.xmp", "a/x.jpg", False),
        ("a/x.jpg", "a/x.jpg", False),
    ],
)
def test_a_sidecar_is_of_the_file_that_it_is_named_after(name: str, of: str, expected: bool) -> None:
    assert sidecar.describes(name, of) is expected


@given(
    st.from_regex(r"([a-c./]{0,4}/)?[a-c_.0-9]{1,6}", fullmatch=True),
    st.from_regex(r"([a-c./]{0,4}/)?[a-c_.0-9]{1,6}\.xmp", fullmatch=True),
)
@settings(derandomize=True, deadline=None)
def test_what_a_sidecar_describes_begins_as_it_says(name: str, beside: str) -> None:
    for each in (beside, f"{name}.xmp", f"{sidecar.stem(name)}.xmp"):
        if sidecar.describes(each, name):
            assert name.startswith(sidecar.common_start(each))
            assert each.startswith(sidecar.starts(name))


# Takeout, notes, subtitles, settings

NAME = "Zaphira Quillfeather"
TAKEOUT = json.dumps(
    {
        "title": "x.jpg",
        "description": "At the concert",
        "creationTime": {"timestamp": "1598954400", "formatted": "Sep 1, 2020, 10:00:00 AM UTC"},
        "url": "https://photos.google.com/photo/Zaphira",
        "people": [{"name": NAME}],
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
        "comments": [{"text": "with Ben Sample", "contentOwnerName": "Ms Owner"}],
    }
).encode()


def beside(name: str, **files: bytes) -> Facts:
    """Return what a picture says beside these files, which a listing of its folder shows."""
    folder = Folder(**files)
    return read(io.BytesIO(jpeg()), name, folder, sidecar.chosen(name, folder.files))


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("a/x.jpg.json", "a/x.jpg"),
        ("a/x.json", "a/x.jpg"),
        ("a/x.jpg.supplemental-metadata.json", "a/x.jpg"),
        ("a/x.jpg.supplemental-meta.json", "a/x.jpg"),
        ("a/x.jpg.suppl.json", "a/x.jpg"),
        ("a/x.jpg..json", "a/x.jpg"),
        ("a/x.jpg(1).json", "a/x(1).jpg"),
        ("a/x.jpg.supplemental-metadata(1).json", "a/x(1).jpg"),
        ("a/x(1).jpg.json", "a/x(1).jpg"),
        ("a/x.jpg.json", "a/x-edited.jpg"),
        ("a/x.jpg(2).json", "a/x-edited(2).jpg"),
        ("a/x.jpg.json", "a/x-bearbeitet.jpg"),
        ("a/x.heic.supplemental-metadata.json", "a/x.mp4"),
        (
            "a/a-very-long-name-of-a-picture-that-google-cuts.json",
            "a/a-very-long-name-of-a-picture-that-google-cuts-off.jpg",
        ),
        ("a/x.txt", "a/x.jpg"),
        ("a/x.jpg.txt", "a/x.jpg"),
        ("a/x.srt", "a/x.mp4"),
        ("a/x.en.srt", "a/x.mp4"),
        ("a/x.zh-Hans.vtt", "a/x.mp4"),
        ("a/x.jpg.pp3", "a/x.jpg"),
        ("a/x.cos", "a/x.jpg"),
    ],
)
def test_other_sidecars_are_of_the_file_that_they_are_named_after(name: str, of: str) -> None:
    assert sidecar.describes(name, of)
    assert sidecar.chosen(of, [name, of]) == (name,)
    assert of.startswith(sidecar.common_start(name))
    assert name.startswith(sidecar.starts(of))


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("a/x.jpg.json", "a/x(1).jpg"),
        ("a/x.jpg(1).json", "a/x.jpg"),
        ("a/x.jpg.supplemental-metadata-2.json", "a/x.jpg"),
        ("b/x.jpg.json", "a/x.jpg"),
        ("a/xy.txt", "a/x.jpg"),
        ("a/x.notes.txt", "a/x.jpg"),
        ("a/x.json", "a/x.txt"),
        ("a/x.txt", "a/x.json"),
        ("a/x.txt", "a/x.xmp"),
    ],
)
def test_other_files_are_nobodys_sidecar(name: str, of: str) -> None:
    assert not sidecar.describes(name, of)


def test_takeout_names_people_and_describes() -> None:
    result = beside("a/x.jpg", a__x_dot_jpg_dot_json=TAKEOUT)
    assert [(person.name, person.source) for person in result.persons] == [(NAME, "Takeout people")]
    assert [(caption.text, caption.source) for caption in result.captions] == [
        ("At the concert", "Takeout description")
    ]
    assert [text.text for text in result.texts] == ["x.jpg", "with Ben Sample"]
    assert result.state == "read"


def test_an_album_gives_the_event_where_takeout_describes_the_picture() -> None:
    title = json.dumps({"title": f"{NAME}'s farewell", "access": "protected"}).encode()
    assert beside("a/x.jpg", a__x_dot_jpg_dot_json=b"{}", a__Metadaten_dot_json=title).event == f"{NAME}'s farewell"
    assert beside("a/x.jpg", a__metadata_dot_json=title).event is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_note_is_read_in_each_encoding(encoding: str) -> None:
    (text,) = beside("a/x.jpg", a__x_dot_txt="Zoë Quillfeather, left".encode(encoding)).texts
    assert (text.text, text.source) == ("Zoë Quillfeather, left", "note beside the file")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift-jis", "gb18030", "big5", "iso8859-7"])
def test_a_note_in_an_encoding_that_is_not_known_leaves_the_file_partial_and_says_why(encoding: str) -> None:
    text = {
        "shift-jis": "\u592a\u90ce\u306f\u53f3",
        "gb18030": "\u674e\u5c0f\u9f99",
        "big5": "\u674e\u5c0f\u9f8d",
        "iso8859-7": "\u0394\u03b7\u03bc\u03ae\u03c4\u03c1\u03b7\u03c2",
    }
    result = beside(
        "a/x.jpg", a__x_dot_txt=text.get(encoding, "\u0414\u043c\u0438\u0442\u0440\u0438\u0439, left").encode(encoding)
    )
    assert result.state == "partial"
    assert any("encoding that is not known" in each for each in result.problems)


@pytest.mark.parametrize(
    "text",
    [
        "\u201cZo\u00eb\u201d \u2013 cr\u00e9\u00e9e",
        "l\u2019\u00c9t\u00e9\u2026",
        "Jos\u00e9 Mu\u00f1oz \u00bfqui\u00e9n?",
    ],
)
def test_a_note_with_accents_in_cp1252_is_read(text: str) -> None:
    result = beside("a/x.jpg", a__x_dot_txt=text.encode("cp1252"))
    assert (result.state, [each.text for each in result.texts]) == ("read", [text])


def test_the_sidecar_of_a_shot_is_of_each_file_that_it_lies_in() -> None:
    assert sidecar.chosen("a/x.jpg", ["a/x.jpg", "a/x.png.xmp"]) == ("a/x.png.xmp",)
    assert sidecar.chosen("a/x.jpg", ["a/x.jpg", "a/x.NEF", "a/x.NEF.xmp"]) == ("a/x.NEF.xmp",)
    assert sidecar.chosen("a/x.jpg", ["a/x.jpg", "a/x.NEF.nksc"]) == ("a/x.NEF.nksc",)
    assert sidecar.chosen("a/x.jpg", ["a/x.jpg", "a/x_01.jpg", "a/x_01.jpg.xmp"]) == ()


def test_subtitles_are_read_without_times_and_marks() -> None:
    srt = f"1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>{NAME}:</i> hello\r\n\r\n2\r\n".encode()
    (text,) = beside("a/x.jpg", a__x_dot_es_dot_srt=srt).texts
    assert NAME in text.text
    assert "-->" not in text.text


@pytest.mark.parametrize("name", ["a__x_dot_cos", "a__x_dot_jpg_dot_pp3"])
def test_a_programs_settings_are_searched_for_texts(name: str) -> None:
    inside = f'<SL><E K="IPTC_Keywords" V="{NAME}"/></SL>'.encode()
    assert NAME in " ".join(text.text for text in beside("a/x.jpg", **{name: inside}).texts)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a__x_dot_json", b"{"),
        ("a__x_dot_json", b"[" * 100_000),
        ("a__x_dot_json", b'{"a":' * 200 + b'"b"' + b"}" * 200),
        ("a__x_dot_txt", bytes(range(256)) * 20),
        ("a__x_dot_txt", b"a" * (MAX_BLOCK + 1)),
        ("a__x_dot_json", b" " * (MAX_BLOCK + 1)),
        ("a__x_dot_cos", b" " * (MAX_BLOCK + 1)),
        ("a__x_dot_txt", " ".join(map(str, range(400_000))).encode()),
    ],
)
def test_what_cannot_be_read_beside_a_file_leaves_it_partial(name: str, data: bytes) -> None:
    result = beside("a/x.jpg", **{name: data})
    assert result.state == "partial"
    assert result.problems


@given(
    st.sampled_from([each.read for each in sidecar.FORMATS.values()]),
    st.binary(max_size=200)
    | st.recursive(st.text() | st.none(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)).map(
        lambda one: json.dumps(one).encode()
    ),
)
@settings(derandomize=True, deadline=None)
def test_no_bytes_beside_a_file_break_a_reader(reader: sidecar.Reader, data: bytes) -> None:
    with suppress(Damaged):
        reader(data, "x.jpg", FactsBuilder())


def test_a_format_that_cannot_tell_by_the_content_reads_it_and_tells_the_damage() -> None:
    def cannot_tell(_: bytes) -> bool:
        raise Damaged("the JSON is cut off")

    assert sidecar.Format(_read_simple, (".json",), knows=cannot_tell).claims(b"{")
    assert not sidecar.Format(_read_simple, (".json",), knows=lambda _: False).claims(b"{")


@pytest.mark.parametrize("kind", sidecar.FORMATS.values(), ids=sidecar.FORMATS)
@given(data=st.binary(max_size=200))
def test_no_bytes_keep_a_format_from_being_told(kind: sidecar.Format, data: bytes) -> None:
    assert kind.claims(data) in {True, False}


# One more format


def _is_simple(data: bytes) -> bool:
    return data.startswith(b'{"pictured"')


def _read_simple(data: bytes, _name: str, found: FactsBuilder) -> None:
    found.persons_of(((name, ()) for name in json.loads(data)["pictured"]), "a simple list")


@pytest.fixture
def with_one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    row = sidecar.Format(_read_simple, (".json", ".people"), knows=_is_simple)
    monkeypatch.setattr(sidecar, "FORMATS", {"simple": row, **sidecar.FORMATS})


@pytest.mark.usefixtures("with_one_more")
@pytest.mark.parametrize("name", ["a/x.jpg.json", "a/x.json", "a/x.jpg.people"])
def test_one_more_format_is_one_more_row(name: str) -> None:
    data = json.dumps({"pictured": [NAME]}).encode()
    assert sidecar.may_be_sidecar(name)
    assert sidecar.describes(name, "a/x.jpg")
    assert "a/x.jpg".startswith(sidecar.common_start(name))
    folder = Folder()
    folder.files = {name: data, "a/x.jpg": b""}
    result = read(io.BytesIO(jpeg()), "a/x.jpg", folder, sidecar.chosen("a/x.jpg", folder.files))
    assert [(person.name, person.source) for person in result.persons] == [(NAME, "a simple list")]
    assert (result.texts, result.state) == ((), "read")


@pytest.mark.usefixtures("with_one_more")
def test_a_format_reads_only_what_it_knows() -> None:
    assert [person.source for person in beside("a/x.jpg", a__x_dot_jpg_dot_json=TAKEOUT).persons] == ["Takeout people"]


@pytest.mark.parametrize("name", ["a/x.jpg.people", "a/x.people", "a/Zaphira Quillfeather.people"])
def test_an_unknown_file_beside_a_picture_does_not_hold_it(name: str) -> None:
    folder = Folder()
    folder.files = {name: b"\0" + NAME.encode(), "a/x.jpg": b""}
    result = read(io.BytesIO(jpeg()), "a/x.jpg", folder, sidecar.chosen("a/x.jpg", folder.files))
    assert result == read(io.BytesIO(jpeg()), "a/x.jpg", Folder(), ())
    assert name not in folder.asked
