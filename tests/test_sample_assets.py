"""The sample assets hold what their README promises, and can be drawn again."""

from __future__ import annotations

import csv
import io
import re
import struct
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from district import CUSTODIAN, District
from PIL import ExifTags, Image, ImageOps

from dam_plugin.custodian import choices
from dam_plugin.people.formats.sources import RosterReader

ROOT = Path(__file__).resolve().parents[1] / "sample_assets"
SUFFIXES = {".jpg", ".wav", ".mov"}
FILES = (
    "cameras/hallway/hallway-1042.jpg",
    "classroom/science-lab.jpg",
    "events/athletics/pep-rally.jpg",
    "events/athletics/soccer-match.jpg",
    "events/athletics/team-photo.jpg",
    "events/bake-sale/bake-sale.jpg",
    "events/fall-concert/choir-recording.wav",
    "events/fall-concert/concert-crowd.jpg",
    "events/fall-concert/stage-clip.mov",
    "events/graduation/graduation.jpg",
    "events/science-fair/science-fair.jpg",
    "inbox/broken.jpg",
    "inbox/untitled-0031.jpg",
    *(f"portraits/portrait-{number:04}.jpg" for number in range(417, 430)),
    "yearbook/art-class.jpg",
    "yearbook/library.jpg",
)
PORTRAITS = {
    "portraits/portrait-0417.jpg": "Hannah Lindqvist",
    "portraits/portrait-0418.jpg": "Theresa Okafor",
    "portraits/portrait-0419.jpg": "Mei Chen",
    "portraits/portrait-0420.jpg": "Inés Muñoz",
    "portraits/portrait-0421.jpg": "Caleb Brandt",
    "portraits/portrait-0422.jpg": "Priya Raman",
    "portraits/portrait-0423.jpg": "Jonah Whitfield",
    "portraits/portrait-0424.jpg": "Malik Johnson",
    "portraits/portrait-0425.jpg": "Sofia Petrova",
    "portraits/portrait-0426.jpg": "Noah Begaye",
    "portraits/portrait-0427.jpg": "Amina Yusuf",
    "portraits/portrait-0428.jpg": "Elijah Thompson",
    "portraits/portrait-0429.jpg": "Jonah Whitfield",
}
RECORDED = tuple(name for name in FILES if name.endswith(".jpg") and not name.startswith("inbox/"))
PICTURES = (*RECORDED, "inbox/untitled-0031.jpg")
KEYWORDS = {
    "cameras/hallway/hallway-1042.jpg": {"Hallway camera", "Discipline"},
    "classroom/science-lab.jpg": {"Science", "Priya Raman"},
    "events/athletics/pep-rally.jpg": {"Athletics", "Pep rally"},
    "events/athletics/soccer-match.jpg": {"Athletics", "Soccer"},
    "events/athletics/team-photo.jpg": {"Athletics", "Volleyball", "Team photo"},
    "events/bake-sale/bake-sale.jpg": {"Band", "Bake sale"},
    "events/fall-concert/concert-crowd.jpg": {"Fall Concert", "Crowd", "Public event"},
    "events/graduation/graduation.jpg": {"Graduation"},
    "events/science-fair/science-fair.jpg": {"Yearbook", "Science fair"},
    **{name: {"Portrait"} for name in PORTRAITS},
    "yearbook/art-class.jpg": {"Yearbook", "Art"},
    "yearbook/library.jpg": {"Yearbook", "Library"},
}
REGION_NAMES = {
    "cameras/hallway/hallway-1042.jpg": ["Caleb Brandt", "Owen Gallagher"],
    "classroom/science-lab.jpg": [],
    "events/athletics/pep-rally.jpg": [None, None, None, "Malik Johnson", "Mei Chen"],
    "events/athletics/soccer-match.jpg": ["Caleb Brandt", "Elijah Thompson", "Noah Begaye"],
    "events/athletics/team-photo.jpg": ["Hannah Lindqvist", "Inés Muñoz", "Tess Okafor"],
    "events/bake-sale/bake-sale.jpg": ["Elijah Thompson"],
    "events/fall-concert/concert-crowd.jpg": ["Hannah Lindqvist", "Jonah Whitfield"],
    "events/graduation/graduation.jpg": ["Amina Yusuf", "Noah Begaye", "Sofia Petrova"],
    "events/science-fair/science-fair.jpg": ["Caleb Brandt", "Hannah Lindqvist", "Priya Raman"],
    **{name: [student] for name, student in PORTRAITS.items()},
    "yearbook/art-class.jpg": ["Amina Yusuf", "Mei Chen", "Theresa Okafor"],
    "yearbook/library.jpg": ["Hannah Lindqvist", "Jonah Whitfield"],
}
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "iptc": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg": "http://www.metadataworkinggroup.com/schemas/regions/",
    "dim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "area": "http://ns.adobe.com/xmp/sType/Area#",
    "mp": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "mpri": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn")
    # Sizes, regions and texts do not depend on how finely it is drawn.
    command = [sys.executable, str(ROOT / "make.py"), "--draft", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return out


def test_every_file_is_there_and_together_they_are_small() -> None:
    assert _files(ROOT) == FILES
    assert sum((ROOT / name).stat().st_size for name in FILES) <= 3 * 1024 * 1024


def test_make_draws_the_same_files_again(drawn: Path) -> None:
    assert _files(drawn) == FILES


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_drawn_again_has_its_dimensions_and_regions(drawn: Path, name: str) -> None:
    with Image.open(ROOT / name) as kept, Image.open(drawn / name) as again:
        assert kept.size == again.size
    assert _xmp_packet(ROOT / name) == _xmp_packet(drawn / name)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_decodes_and_is_wide_and_light(name: str) -> None:
    with Image.open(ROOT / name) as picture:
        picture.load()
        assert 1200 <= max(picture.size) <= 1800
    assert (ROOT / name).stat().st_size <= 250 * 1024


@pytest.mark.parametrize("name", RECORDED)
def test_exif_names_the_camera_the_time_and_the_photographer(name: str) -> None:
    with Image.open(ROOT / name) as picture:
        exif = picture.getexif()
    assert exif[0x010F] in {"Larkfield", "Corrivue"}
    assert exif[0x013B] == "District Media Office"
    assert exif[0x0112] == (6 if "graduation" in name else 1)
    assert re.fullmatch(r"\d{4}(:\d\d){2} \d\d(:\d\d){2}", exif.get_ifd(0x8769)[0x9003])


@pytest.mark.parametrize("name", ["events/athletics/team-photo.jpg", "portraits/portrait-0417.jpg"])
def test_the_thumbnail_shows_the_picture(name: str) -> None:
    with Image.open(ROOT / name) as picture:
        exif = picture.getexif()
        ifd = exif.get_ifd(ExifTags.IFD.IFD1)
        body = _segments(ROOT / name)[0xE1][0][6:]
        start = ifd[0x0201]
        thumbnail = Image.open(io.BytesIO(body[start : start + ifd[0x0202]])).convert("RGB")
        small = picture.convert("RGB").resize(thumbnail.size)
    pairs = zip(thumbnail.tobytes(), small.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / len(small.tobytes()) < 8


@pytest.mark.parametrize("name", RECORDED)
def test_keywords_stand_in_xmp_and_in_iptc(name: str) -> None:
    xmp = _xmp(ROOT / name)
    keywords = _items(xmp, "dc:subject")
    assert KEYWORDS[name] <= set(keywords)
    iim = _iim(ROOT / name)
    assert iim[1, 90] == ["\x1b%G"]
    assert iim[2, 25] == keywords
    assert iim[2, 120] == _items(xmp, "dc:description")


@pytest.mark.parametrize("name", RECORDED)
def test_the_promised_people_are_in_the_regions(name: str) -> None:
    found = [region.get(f"{{{NAMES['mwg']}}}Name") for region in _regions(ROOT / name)]
    assert sorted(found, key=lambda each: each or "") == REGION_NAMES[name]
    assert sorted(_items(_xmp(ROOT / name), "iptc:PersonInImage")) == [each for each in REGION_NAMES[name] if each]


@pytest.mark.parametrize("name", [name for name in RECORDED if REGION_NAMES[name]])
def test_each_region_lies_on_a_face(name: str) -> None:
    with Image.open(ROOT / name) as picture:
        width, height = picture.size
        frame = _xmp(ROOT / name).find(".//mwg:AppliedToDimensions", NAMES)
        assert frame is not None
        assert (frame.get(f"{{{NAMES['dim']}}}w"), frame.get(f"{{{NAMES['dim']}}}h")) == (str(width), str(height))
        for region in _regions(ROOT / name):
            x, y, w, h = _area(region)
            box = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
            assert _share_of_skin(picture.crop(tuple(map(round, box)))) > 0.25


def test_both_kinds_of_graduation_regions_mean_the_same_faces() -> None:
    path = ROOT / "events/graduation/graduation.jpg"
    microsoft = _microsoft(path)
    for region in _regions(path):
        x, y, w, h = _area(region)
        # Turned clockwise by 90 degrees, the stored (x, y) is displayed at (1 - y, x).
        displayed = (1 - y - h / 2, x - w / 2, h, w)
        assert microsoft[region.get(f"{{{NAMES['mwg']}}}Name")] == pytest.approx(displayed, abs=1e-4)
    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        assert upright.width > upright.height


@pytest.mark.parametrize(("name", "student"), PORTRAITS.items(), ids=PORTRAITS)
def test_a_portrait_has_a_microsoft_region_too(name: str, student: str) -> None:
    assert list(_microsoft(ROOT / name)) == [student]


def test_no_number_in_a_file_name_is_a_students() -> None:
    ids = {row["student_id"] for row in _roster("students")}
    assert not ids & {number for file in FILES for number in re.findall(r"\d+", file)}


def test_the_portrait_of_the_day_of_retakes_is_the_later_one_of_the_same_student() -> None:
    first, again = (ROOT / f"portraits/portrait-{number:04}.jpg" for number in (423, 429))
    assert _items(_xmp(first), "iptc:PersonInImage") == _items(_xmp(again), "iptc:PersonInImage")
    assert _taken(first) < _taken(again)


def test_the_index_names_every_portrait_and_its_student() -> None:
    data = (ROOT / "portraits/INDEX.TXT").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") == len(PORTRAITS) + 1
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter="\t"))
    assert {len(row) for row in rows} == {13}
    listed = {f"portraits/{row['Image File Name']}": f"{row['First Name']} {row['Last Name']}" for row in rows}
    assert listed == PORTRAITS
    grades = {f"{each['given_name']} {each['family_name']}": each["grade"] for each in _roster("students")}
    assert all(grades[f"{row['First Name']} {row['Last Name']}"] == row["Grade"] for row in rows)
    assert all(row["Home Room"] and row["Teacher Name"] for row in rows)


def test_the_index_drawn_again_is_the_same(drawn: Path) -> None:
    assert (drawn / "portraits/INDEX.TXT").read_bytes() == (ROOT / "portraits/INDEX.TXT").read_bytes()


def test_only_one_caption_names_a_student_who_is_opted_out_of_the_yearbook() -> None:
    captions = {name: _items(_xmp(ROOT / name), "dc:description")[0] for name in RECORDED}
    named = [name for name, text in captions.items() if re.search("Hannah Lindqvist|Malik Johnson", text)]
    assert named == ["yearbook/library.jpg"]


def test_the_caption_of_the_bake_sale_calls_the_girl_by_no_name_of_the_roster() -> None:
    (caption,) = _items(_xmp(ROOT / "events/bake-sale/bake-sale.jpg"), "dc:description")
    assert "Hanni Lindqvist" in caption
    assert "Hanni Lindqvist" not in {name for row in _roster("students") for name in _names(row)}


def test_the_index_tells_whose_each_portrait_is(district: District) -> None:
    with district.services.store.reading() as unit:
        known = {student.id: student for student in unit.people.students()}
    reader = RosterReader(district.services.pseudonyms, known, today=district.services.now().date())
    read = reader.read(ROOT / "portraits")
    choices.import_roster(district.services, read, CUSTODIAN)
    with district.services.store.reading() as unit:
        told = {name: unit.people.pictured_in(name) for name in PORTRAITS}
    assert {name: known[str(student)].names[0] for name, student in told.items()} == PORTRAITS


def test_every_picture_for_the_yearbook_is_tagged_and_decided_as_its_readme_says(district: District) -> None:
    expected = dict(re.findall(r"^\| `([\w/-]+\.jpg)` \| (allow|redact|refer|deny) \|", _readme(), re.MULTILINE))
    assert expected.keys() >= PORTRAITS.keys()
    with district.services.store.reading() as unit:
        names = {student.id: student.names[0] for student in unit.people.students()}
    decided = {}
    for name in expected:
        tagging = district.upload(name).tagging
        assert (tagging.state, tagging.directory_status) == ("complete", "eligible")
        if name in PORTRAITS:
            assert [names[each.student] for each in tagging.appearances] == [PORTRAITS[name]]
        decided[name] = district.share(name, purpose="yearbook").decision.outcome.word
    assert decided == expected


def test_faces_in_the_crowd_are_small() -> None:
    for region in _regions(ROOT / "events/fall-concert/concert-crowd.jpg"):
        _, _, w, h = _area(region)
        assert w * h < 0.01


def test_the_untitled_picture_says_nothing() -> None:
    assert not {0xE1, 0xED, 0xFE} & _segments(ROOT / "inbox/untitled-0031.jpg").keys()


def test_the_broken_copy_ends_inside_its_xmp() -> None:
    data = (ROOT / "inbox/broken.jpg").read_bytes()
    start = data.index(XMP_HEADER)
    assert struct.unpack(">H", data[start - 2 : start])[0] > len(data) - start
    assert b"PersonInImage>" not in data


def test_the_recording_plays_and_names_its_event() -> None:
    path = ROOT / "events/fall-concert/choir-recording.wav"
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (1, 8000)
        assert 1 <= sound.getnframes() / 8000 <= 2
        assert len(set(sound.readframes(sound.getnframes()))) > 100
    data = path.read_bytes()
    assert all(mark in data for mark in (b"LIST", b"INAM", b"IART", b"_PMX"))
    assert _items(_parse(data), "iptc:Event") == ["Fall Concert 2026"]


def test_the_clip_holds_two_seconds_of_frames_and_names_its_soloist() -> None:
    data = (ROOT / "events/fall-concert/stage-clip.mov").read_bytes()
    moov = _atoms(data)[b"moov"]
    scale, duration = struct.unpack(">II", _atoms(moov)[b"mvhd"][12:20])
    assert duration / scale == 2
    table = _atoms(moov, b"trak", b"mdia", b"minf", b"stbl")
    count = struct.unpack(">I", table[b"stsz"][8:12])[0]
    sizes = struct.unpack(f">{count}I", table[b"stsz"][12:])
    at = struct.unpack(">I", table[b"stco"][8:12])[0]
    assert count == 16
    for size in sizes:
        with Image.open(io.BytesIO(data[at : at + size])) as frame:
            frame.load()
            assert (frame.format, frame.size) == ("JPEG", (320, 240))
        at += size
    packet = _parse(_atoms(moov, b"udta")[b"XMP_"])
    assert _items(packet, "iptc:PersonInImage") == ["Elijah Thompson"]


def test_every_name_in_the_metadata_is_on_the_roster() -> None:
    known = {name for row in _roster("students") for name in _names(row)}
    found = {"Elijah Thompson", "Priya Raman"}
    for name in RECORDED:
        found.update(_items(_xmp(ROOT / name), "iptc:PersonInImage"))
        found.update(_microsoft(ROOT / name))
    assert found <= known
    assert "Tess Okafor" in found


def test_no_file_name_holds_a_students_name() -> None:
    parts = {part.lower() for row in _roster("students") for name in _names(row) for part in name.split()}
    for file in FILES:
        assert not parts & set(re.split(r"[^\w]+", file.lower()))


def test_the_rosters_dates_follow_the_grammar() -> None:
    columns = {
        "students": ["born"],
        "guardians": [],
        "opt_outs": ["since", "ended"],
        "consents": ["signed_on", "expires", "revoked_on"],
    }
    for table, dates in columns.items():
        for row in _roster(table):
            assert all(re.fullmatch(r"(today([+-]\d+[yd])*|\d{4}-\d\d-\d\d)?", row[column]) for column in dates)


def test_the_rosters_ids_belong_together() -> None:
    students = {row["student_id"] for row in _roster("students")}
    guardians = {(row["student_id"], row["guardian_id"]) for row in _roster("guardians")}
    assert {student for student, _ in guardians} == students
    assert {row["student_id"] for row in _roster("opt_outs")} <= students
    for row in _roster("consents"):
        pair = (row["student_id"], row["signed_by"])
        assert pair in guardians or pair[0] == pair[1]


def _taken(path: Path) -> str:
    with Image.open(path) as picture:
        return str(picture.getexif().get_ifd(0x8769)[0x9003])


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _files(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in SUFFIXES))


def _segments(path: Path) -> dict[int, list[bytes]]:
    data, at = path.read_bytes(), 2
    found: dict[int, list[bytes]] = {}
    while data[at + 1] != 0xDA:
        marker, size = struct.unpack(">xBH", data[at : at + 4])
        found.setdefault(marker, []).append(data[at + 4 : at + 2 + size])
        at += 2 + size
    return found


def _xmp_packet(path: Path) -> bytes:
    bodies = _segments(path).get(0xE1, [])
    return b"".join(body.removeprefix(XMP_HEADER) for body in bodies if body.startswith(XMP_HEADER))


def _parse(data: bytes) -> Any:
    start, end = data.index(b"<x:xmpmeta"), data.index(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")
    return ElementTree.fromstring(data[start:end])


def _xmp(path: Path) -> Any:
    return _parse(_xmp_packet(path))


def _items(xmp: Any, name: str) -> list[str]:
    return [item.text for item in xmp.findall(f".//{name}/*/rdf:li", NAMES)]


def _regions(path: Path) -> list[Any]:
    regions = _xmp(path).findall(".//mwg:RegionList/rdf:Bag/rdf:li/rdf:Description", NAMES)
    assert all(region.get(f"{{{NAMES['mwg']}}}Type") == "Face" for region in regions)
    return list(regions)


def _area(region: Any) -> tuple[float, float, float, float]:
    area = region.find("mwg:Area", NAMES)
    x, y, w, h = (float(area.get(f"{{{NAMES['area']}}}{side}")) for side in "xywh")
    return x, y, w, h


def _microsoft(path: Path) -> dict[str, tuple[float, ...]]:
    return {
        item.get(f"{{{NAMES['mp']}}}PersonDisplayName"): tuple(
            float(share) for share in item.get(f"{{{NAMES['mp']}}}Rectangle").split(",")
        )
        for item in _xmp(path).findall(".//mpri:Regions/rdf:Bag/rdf:li", NAMES)
    }


def _iim(path: Path) -> dict[tuple[int, int], list[str]]:
    (body,) = _segments(path)[0xED]
    start = body.index(b"8BIM\x04\x04") + 8
    end = start + 4 + struct.unpack(">I", body[start : start + 4])[0]
    found: dict[tuple[int, int], list[str]] = {}
    at = start + 4
    while at < end:
        block, number, size = struct.unpack(">xBBH", body[at : at + 5])
        found.setdefault((block, number), []).append(body[at + 5 : at + 5 + size].decode())
        at += 5 + size
    return found


def _atoms(data: bytes, *path: bytes) -> dict[bytes, bytes]:
    found, at = {}, 0
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        found[name] = data[at + 8 : at + size]
        at += size
    return _atoms(found[path[0]], *path[1:]) if path else found


def _share_of_skin(face: Image.Image) -> float:
    """Return the share of reddish pixels, neither grey nor saturated: every skin that the cast has."""
    hues = face.convert("RGB").convert("HSV").resize((40, 40)).tobytes()
    skin = [
        (hue < 30 or hue > 235) and 20 < saturation < 185 and value > 55
        for hue, saturation, value in zip(hues[::3], hues[1::3], hues[2::3], strict=True)
    ]
    return sum(skin) / len(skin)


def _roster(table: str) -> list[dict[str, str]]:
    with (ROOT / "roster" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _names(row: dict[str, str]) -> list[str]:
    return [f"{row['given_name']} {row['family_name']}", *filter(None, row["aliases"].split(";"))]
