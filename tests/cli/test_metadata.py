"""`metadata`: needs no store, no settings file and no bucket; prints what files say, and what it could not read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from command_line import call
from made_files import bag, exif_segment, iptc_segment, jpeg, microsoft, mwg, packet, png, riff, xmp_segment
from PIL import Image

KEYS = [
    "file",
    "media_type",
    "orientation",
    "image_size",
    "persons",
    "person_ids",
    "regions",
    "keywords",
    "hierarchies",
    "captions",
    "texts",
    "rights",
    "event",
    "locations",
    "official_markers",
    "problems",
    "state",
]
XMP = packet(
    bag("Iptc4xmpExt:PersonInImage", ["Ava Example", "Ben Sample"])
    + mwg([{"name": "Ava Example", "kind": "Face", "box": (0.4, 0.7, 0.3, 0.2)}], (600, 800))
    + mwg([{"name": "Rex", "kind": "Pet", "box": (0.5, 0.5, 0.1, 0.1)}], (600, 800))
    + microsoft([("Chris Twin", "0.5, 0.1, 0.1, 0.1")])
    + bag("dc:subject", ["soccer"])
    + bag("lr:hierarchicalSubject", ["Sports|Soccer"])
    + bag("Iptc4xmpExt:Event", ["Fall Game"], "Alt")
    + "<photoshop:Instructions>Do not publish</photoshop:Instructions><photoshop:City>Springfield</photoshop:City>"
)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing set up, and settings that nobody could load."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAM_PLUGIN_NONSENSE", "1")
    return tmp_path


@pytest.fixture
def photo(bare: Path) -> Path:
    """A picture of 600 by 800 that is turned upright to 800 by 600."""
    path = bare / "x.jpg"
    keyword = iptc_segment([(2, 25, b"soccer")])
    path.write_bytes(jpeg(exif_segment({274: 6}), keyword, xmp_segment(XMP), size=(600, 800)))
    return path


def test_a_file_is_one_object_of_these_keys(photo: Path) -> None:
    ended = call("metadata", photo.name, "--json")
    said = ended.object()
    assert (ended.code, ended.err, list(said)) == (0, "", KEYS)
    regions = said.pop("regions")
    assert said == {
        "file": "x.jpg",
        "media_type": "image/jpeg",
        "orientation": 6,
        "image_size": [800, 600],
        "persons": ["Ava Example", "Ben Sample", "Chris Twin"],
        "person_ids": [],
        "keywords": ["soccer"],
        "hierarchies": [["Sports", "Soccer"]],
        "captions": ["Do not publish"],
        "texts": [],
        "rights": [],
        "event": "Fall Game",
        "locations": ["Springfield"],
        "official_markers": ["Do not publish"],
        "problems": [
            "Iptc4xmpExt:PersonInImage and MP:RegionInfo do not name the same people; both were taken",
            "mwg-rs:Regions and MP:RegionInfo do not name the same people; both were taken",
        ],
        "state": "read",
    }
    assert [(region["name"], region["type"], region["source"]) for region in regions] == [
        ("Ava Example", "Face", "mwg-rs:Regions"),
        ("Rex", "Pet", "mwg-rs:Regions"),
        ("Chris Twin", "Face", "MP:RegionInfo"),
    ]
    assert [regions[0][side] for side in "xywh"] == pytest.approx([0.2, 0.25, 0.2, 0.3])
    assert not any(region["stale"] for region in regions)


def test_ids_are_listed_on_their_own(bare: Path) -> None:
    people = bag("Iptc4xmpExt:PersonName", ["Ava Example"], "Alt") + bag("Iptc4xmpExt:PersonId", ["7", "urn:7"])
    details = f"<rdf:Bag><rdf:li rdf:parseType='Resource'>{people}</rdf:li></rdf:Bag>"
    body = f"<Iptc4xmpExt:PersonInImageWDetails>{details}</Iptc4xmpExt:PersonInImageWDetails>"
    (bare / "x.jpg").write_bytes(jpeg(xmp_segment(packet(body))))
    said = call("metadata", "x.jpg", "--json").object()
    assert (said["persons"], said["person_ids"]) == (["Ava Example"], ["7", "urn:7"])


def test_every_state_exits_0(bare: Path) -> None:
    (bare / "read.jpg").write_bytes(jpeg())
    (bare / "partial.jpg").write_bytes(jpeg(xmp_segment(b"<x>")))
    (bare / "unreadable.jpg").write_bytes(b"\xff\xd8\xff")
    ended = call("metadata", "read.jpg", "partial.jpg", "unreadable.jpg", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert [each["state"] for each in ended.objects()] == ["read", "partial", "unreadable"]
    assert [bool(each["problems"]) for each in ended.objects()] == [False, True, True]


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_a_file_that_does_not_exist_stops_no_other_and_exits_1(photo: Path, options: tuple[str, ...]) -> None:
    ended = call("metadata", "absent.jpg", photo.name, *options)
    assert ended.code == 1
    assert ended.err == "dam-plugin: 'absent.jpg': no such file or directory\n"
    assert "Ava Example" in ended.out


def test_a_folder_and_a_pipe_are_no_files(bare: Path) -> None:
    (bare / "folder").mkdir()
    os.mkfifo(bare / "pipe")
    ended = call("metadata", "folder", "pipe", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("this is no file") == 2


def test_what_lies_beside_the_file_is_read_from_its_own_folder(bare: Path) -> None:
    folder = bare / "events"
    folder.mkdir()
    (folder / "x.jpg").write_bytes(jpeg())
    (folder / "x.jpg.xmp").write_bytes(packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"])))
    (folder / ".picasa.ini").write_text("[x.jpg]\nfaces=rect64(33323fff66668ccc),1\n[Contacts2]\n1=Ben Sample\n")
    (bare / "x.xmp").write_bytes(packet(bag("Iptc4xmpExt:PersonInImage", ["Chris Twin"])))
    assert call("metadata", "events/x.jpg", "--json").object()["persons"] == ["Ava Example", "Ben Sample"]


def test_without_json_it_is_a_table_with_the_property_of_each_value(photo: Path) -> None:
    ended = call("metadata", photo.name)
    assert ended.code == 0
    for text in (
        "x.jpg",
        "state",
        "read",
        "800 x 600",
        "Ava Example",
        "20.0% x 30.0% at 20.0%, 25.0%",
        "Sports > Soccer",
    ):
        assert text in ended.text
    for source in ("Iptc4xmpExt:PersonInImage", "mwg-rs:Regions", "MP:RegionInfo", "dc:subject", "IPTC Keywords"):
        assert source in ended.text


def test_a_stale_region_is_called_so(bare: Path) -> None:
    (bare / "x.jpg").write_bytes(
        jpeg(xmp_segment(packet(mwg([{"name": "A", "box": (0.3, 0.4, 0.2, 0.3)}], (1600, 900)))))
    )
    assert "stale" in call("metadata", "x.jpg").out


def test_names_can_do_nothing_to_a_terminal(bare: Path) -> None:
    (bare / "x.jpg").write_bytes(jpeg(iptc_segment([(2, 25, b"\x1b[31mred [bold]")])))
    ended = call("metadata", "x.jpg", terminal=True)
    assert "\ufffd[31mred [bold]" in ended.text


def red(file: Path, **options: object) -> None:
    """A red picture of 400 by 300 with a blue left half, as it is stored."""
    picture = Image.new("RGB", (400, 300), "#ff0000")
    picture.paste("#0000ff", (0, 0, 200, 300))
    picture.save(file, **options)  # type: ignore[arg-type]


def test_a_picture_is_drawn_upright_with_its_regions(bare: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    red(bare / "x.png", exif=exif)
    regions = microsoft([("Ava Example", "0.2, 0.6, 0.4, 0.2")])
    (bare / "x.xmp").write_bytes(packet(regions))
    ended = call("metadata", "x.png", "--picture", "out.png")
    assert (ended.code, ended.err) == (0, "")
    with Image.open(bare / "out.png") as drawn:
        assert drawn.size == (1200, 1600)
        assert drawn.getpixel((600, 100)) == (0, 0, 255)
        assert drawn.getpixel((600, 1500)) == (255, 0, 0)
        assert drawn.getpixel((241, 1100)) == (0, 200, 83)
        assert not drawn.info.get("exif")
    assert stat.S_IMODE((bare / "out.png").stat().st_mode) == 0o600


def test_a_picture_that_cannot_be_opened_is_a_canvas_of_its_shape(photo: Path, bare: Path) -> None:
    assert call("metadata", photo.name, "--picture", "out.png", "--json").code == 0
    with Image.open(bare / "out.png") as drawn:
        assert drawn.size == (1600, 1200)
        assert drawn.getpixel((10, 1190)) == (128, 128, 128)


@pytest.mark.parametrize("size", [(60_000, 60_000), (60_000, 1)])
def test_a_picture_of_any_size_is_drawn_small(bare: Path, size: tuple[int, int]) -> None:
    (bare / "x.png").write_bytes(png(size=size))
    assert call("metadata", "x.png", "--picture", "out.png").code == 0
    with Image.open(bare / "out.png") as drawn:
        assert max(drawn.size) == 1600


@pytest.mark.parametrize("file", ["x.jpg", "./x.jpg", "link.jpg"])
def test_the_recording_itself_is_never_overwritten(photo: Path, bare: Path, file: str) -> None:
    (bare / "link.jpg").symlink_to(photo)
    before = photo.read_bytes()
    ended = call("metadata", photo.name, "--picture", file)
    assert ended.code == 1
    assert "give --picture another name" in ended.err
    assert photo.read_bytes() == before


def test_a_sound_has_nothing_to_draw_on(bare: Path) -> None:
    (bare / "x.wav").write_bytes(riff(b"WAVE", (b"data", b"")))
    ended = call("metadata", "x.wav", "--picture", "out.png")
    assert ended.code == 1
    assert "does not say how large its picture is" in ended.err
    assert not (bare / "out.png").exists()


def test_one_file_is_drawn_at_a_time(photo: Path) -> None:
    assert call("metadata", photo.name, photo.name, "--picture", "out.png").code == 2


def test_a_name_that_is_no_ascii_is_printed_as_json_escapes_it(bare: Path) -> None:
    (bare / "Zoë.jpg").write_bytes(jpeg())
    assert json.loads(call("metadata", "Zoë.jpg", "--json").out)["file"] == "Zoë.jpg"
