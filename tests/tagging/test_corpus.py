"""`dam-plugin metadata` against files of public test corpora, whose values exiftool read: the recall of each property."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from command_line import Called, call
from corpus import corpus_root, requires_corpus

from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read

pytestmark = [requires_corpus, pytest.mark.corpus]

CLOSE = 0.005
PICASA_INI = "synthetic/picasa/.picasa.ini"
OWNERS_AND_LICENCES = (
    "Owner",
    "Creator",
    "Supplier",
    "Licens",
    "Marked",
    "Summary",
    "Version",
    "CreditLine",
    "AsDelivered",
)
"""What the corpus lists beside the rights and that restricts nothing."""

Row = dict[str, str]
Box = tuple[float, float, float, float]


def rows() -> dict[str, Row]:
    root = corpus_root()
    if root is None:
        return {}
    with (root / "corpus.tsv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}


ROWS = rows()
SOUND = [name for name, row in ROWS.items() if row["kind"] != "hostile" and name != PICASA_INI]


def path_of(name: str) -> Path:
    root = corpus_root()
    assert root is not None
    return root / name


@cache
def called() -> Called:
    """Read every file of the corpus, the hostile ones too, with one call of the command."""
    return call("metadata", *(str(path_of(name)) for name in ROWS), "--json")


@cache
def told() -> dict[str, dict[str, Any]]:
    return dict(zip(ROWS, called().objects(), strict=True))


def facts_of(name: str) -> Facts:
    with path_of(name).open("rb") as file:
        return read(file, name)


# What the corpus expects


def listed(row: Row, column: str) -> list[Any]:
    return json.loads(row[column]) if row[column] else []


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    elif isinstance(value, str) and value.strip():
        yield value


def expected_persons(row: Row) -> Iterator[str]:
    yield from listed(row, "persons")
    yield from (person["PersonName"] for person in listed(row, "person_details") if "PersonName" in person)
    yield from (name for name, _, human in expected_regions(row) if name and human)


def expected_keywords(row: Row) -> Iterator[str]:
    yield from (*listed(row, "keywords_xmp"), *listed(row, "keywords_iptc"))
    yield from (part for part in row["xpkeywords"].split(";") if part)


def expected_paths(row: Row) -> Iterator[tuple[str, ...]]:
    for written in listed(row, "hierarchy"):
        if isinstance(written, dict):
            for top in written["Hierarchy"]:
                yield from grown(top)
        elif written.startswith("<"):
            for category in fromstring(written):  # noqa: S314 - the corpus's own table
                yield from categories(category)
        else:
            yield tuple(written.split("|" if "|" in written else "/"))


def grown(node: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    path = (*above, node["Keyword"])
    if "Children" not in node:
        yield path
    for child in node.get("Children", []):
        yield from grown(child, path)


def categories(node: Element, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    path = (*above, node.text or "")
    if node.get("Assigned") == "1":
        yield path
    for child in node:
        yield from categories(child, path)


def expected_markers(row: Row) -> Iterator[str]:
    for name, value in (json.loads(row["release_rights"]) if row["release_rights"] else {}).items():
        if not any(word in name for word in OWNERS_AND_LICENCES):
            yield from leaves(value)


def upright_size(row: Row) -> tuple[int, ...] | None:
    sides = tuple(int(part) for part in row["image_size"].split())
    return (sides[::-1] if int(row["orientation"] or 1) >= 5 else sides) or None


def turned(x: float, y: float, w: float, h: float, orientation: int) -> Box:
    """Turn a centred box of the stored frame by hand for the orientations of the corpus."""
    match orientation:
        case 3:
            x, y = 1 - x, 1 - y
        case 4:
            y = 1 - y
        case 6:
            x, y, w, h = 1 - y, x, h, w
    return x - w / 2, y - h / 2, w, h


def expected_regions(row: Row) -> Iterator[tuple[str | None, Box, bool]]:
    """Yield each region's name, its box on the upright picture, and whether it shows a person."""
    width, height = (int(part) for part in row["image_size"].split() or (1, 1))
    orientation = int(row["orientation"] or 1)
    for region in json.loads(row["regions_mwg"] or "{}").get("RegionList", []):
        if "Area" not in region:
            continue
        area = region["Area"]
        x, y, w, h = (float(area[side]) for side in "XYWH")
        if area.get("Unit") == "pixel":
            x, y, w, h = x / width, y / height, w / width, h / height
        yield region.get("Name"), turned(x, y, w, h, orientation), region.get("Type") == "Face"
    for region in json.loads(row["regions_mp"] or "{}").get("Regions", []):
        x, y, w, h = (float(part) for part in region["Rectangle"].split(","))
        yield region["PersonDisplayName"], (x, y, w, h), True
    for region in listed(row, "regions_iptc"):
        box = iptc_box(region["RegionBoundary"], width, height)
        if people := region.get("PersonInImage"):
            yield from ((name, box, True) for name in people)
        else:
            yield region.get("Name"), box, False


def iptc_box(boundary: dict[str, Any], width: int, height: int) -> Box:
    across, down = (width, height) if boundary["RbUnit"] == "pixel" else (1, 1)
    if boundary["RbShape"] == "polygon":
        xs = [float(corner["RbX"]) for corner in boundary["RbVertices"]]
        ys = [float(corner["RbY"]) for corner in boundary["RbVertices"]]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    x, y = float(boundary["RbX"]) / across, float(boundary["RbY"]) / down
    if boundary["RbShape"] == "rectangle":
        return x, y, float(boundary["RbW"]) / across, float(boundary["RbH"]) / down
    radius = float(boundary["RbRx"]) / across
    tall = radius * width / height
    return x - radius, y - tall, 2 * radius, 2 * tall


def near(region: dict[str, Any], box: Box) -> bool:
    """Whether a region lies within 0.5 % of the picture of a box, of which what juts out is cut off."""
    x, y, w, h = box
    left, top, right, bottom = max(x, 0.0), max(y, 0.0), min(x + w, 1.0), min(y + h, 1.0)
    cut = (left, top, right - left, bottom - top)
    return all(abs(region[side] - number) <= CLOSE for side, number in zip("xywh", cut, strict=True))


# The recall


@dataclass(slots=True)
class Recall:
    """How many values of a property the corpus holds, and which of them were not read, by file."""

    wanted: int = 0
    missed: list[str] = field(default_factory=list)

    def count(self, name: str, expected: Iterable[object], found: Iterable[object]) -> None:
        wanted, got = set(expected), set(found)
        self.wanted += len(wanted)
        self.missed += [f"{name}: {value!r}" for value in sorted(wanted - got, key=str)]

    @property
    def line(self) -> str:
        return f"{self.wanted - len(self.missed):5} of {self.wanted:5}  {1 - len(self.missed) / self.wanted:7.2%}"


@cache
def recalls() -> dict[str, Recall]:
    found: dict[str, Recall] = {}
    for name in SOUND:
        row, said = ROWS[name], told()[name]
        compared: dict[str, tuple[Iterable[object], Iterable[object]]] = {
            "persons": (expected_persons(row), said["persons"]),
            "person ids": (
                leaves([each.get("PersonId") for each in listed(row, "person_details")]),
                said["person_ids"],
            ),
            "keywords": (expected_keywords(row), said["keywords"]),
            "hierarchies": (expected_paths(row), (tuple(path) for path in said["hierarchies"])),
            "event": (filter(None, [row["event"]]), [said["event"]]),
            "captions": (leaves(listed(row, "captions")), said["captions"]),
            "locations": (leaves(listed(row, "locations")), said["locations"]),
            "official markers": (expected_markers(row), said["official_markers"]),
            "image size": (filter(None, [upright_size(row)]), [tuple(said["image_size"] or ())]),
            "orientation": (map(int, filter(None, [row["orientation"]])), [said["orientation"]]),
        }
        for what, (expected, got) in compared.items():
            found.setdefault(what, Recall()).count(name, expected, got)
        boxes = [(person, box) for person, box, _ in expected_regions(row)]
        hit = [each for each in boxes if any(r["name"] == each[0] and near(r, each[1]) for r in said["regions"])]
        found.setdefault("regions", Recall()).count(name, boxes, hit)
    return found


PROPERTIES = (
    "persons",
    "person ids",
    "regions",
    "keywords",
    "hierarchies",
    "event",
    "captions",
    "locations",
    "official markers",
    "image size",
    "orientation",
)


def test_the_command_reads_the_whole_corpus_and_prints_a_line_for_each_file() -> None:
    assert called().code == 0
    assert called().err == ""
    assert [Path(each["file"]) for each in called().objects()] == [path_of(name) for name in ROWS]


@pytest.mark.parametrize("name", SOUND)
def test_no_sound_file_counts_as_damaged(name: str) -> None:
    assert told()[name]["state"] == "read"


@pytest.mark.parametrize("what", PROPERTIES)
def test_every_value_that_exiftool_reads_is_read(what: str) -> None:
    recall = recalls()[what]
    assert recall.wanted > 0
    assert recall.missed == []


@pytest.mark.parametrize("name", SOUND)
def test_no_region_is_made_up(name: str) -> None:
    expected = list(expected_regions(ROWS[name]))
    from_file = [region for region in told()[name]["regions"] if region["source"] != ".picasa.ini"]
    assert len(from_file) == len(expected)


def test_the_recall_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{what:18}{recalls()[what].line}" for what in PROPERTIES]
    lines += [f"  not reached: {missed}" for what in PROPERTIES for missed in recalls()[what].missed]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", f"recall over {len(SOUND)} files of the corpus", *lines, ""]))
    assert set(recalls()) == set(PROPERTIES)


# What the table does not say


def test_regions_drawn_before_a_crop_are_stale() -> None:
    regions = told()["synthetic/mwg_cropped_after.jpg"]["regions"]
    assert [region["stale"] for region in regions] == [True, True]


def test_pets_and_codes_are_no_persons() -> None:
    said = told()["synthetic/mwg_focus_pet_barcode.jpg"]
    assert said["persons"] == ["Ava Example", "Ben Sample"]
    assert {region["type"] for region in said["regions"]} == {"Face", "Pet", "Focus", "BarCode"}


def test_only_the_region_with_the_role_is_the_main_subject() -> None:
    regions = facts_of("synthetic/iptc_persondetails_regions.jpg").regions
    assert [region.subject for region in regions] == [True, False, False]


def test_ids_of_persons_are_kept() -> None:
    persons = facts_of("synthetic/iptc_persondetails_regions.jpg").persons
    ids = {person.name: (person.id, *person.more_ids) for person in persons}
    assert ids["Ava Example"] == ("https://sis.example.org/student/0012345", "0012345")


def test_a_people_hierarchy_names_persons() -> None:
    persons = {person.name for person in facts_of("real/immich_portrait.jpg").persons}
    assert persons == {"Marie Curie", "Pierre Curie"}


def test_a_sidecar_adds_what_the_file_lacks() -> None:
    said = told()["synthetic/sidecar_a.jpg"]
    assert said["persons"] == ["Ava Example", "Ben Sample"]
    assert said["event"] == "Homecoming Game 2026"


def test_picasas_file_marks_one_person_by_name_and_one_without() -> None:
    said = told()["synthetic/picasa/IMG_1.jpg"]
    boxes = {"Ava Example": (0.2, 0.25, 0.2, 0.3), None: (0.67, 0.255, 0.06, 0.09)}
    assert [region["name"] for region in said["regions"]] == list(boxes)
    assert all(near(region, boxes[region["name"]]) for region in said["regions"])
    assert (said["persons"], said["keywords"]) == (["Ava Example"], ["soccer"])


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("synthetic/subjectarea2.jpg", (0.3, 0.4, 0, 0)),
        ("synthetic/subjectarea4.jpg", (0.2, 0.25, 0.2, 0.3)),
        ("synthetic/subjectlocation_orient6.jpg", (0.3, 0.4, 0, 0)),
    ],
)
def test_the_area_the_camera_focused_on_is_told_on_the_upright_picture(name: str, numbers: Box) -> None:
    area = facts_of(name).focus_area
    assert area is not None
    assert (area.x, area.y, area.w, area.h) == pytest.approx(numbers)


def test_an_area_in_the_centre_says_nothing() -> None:
    assert facts_of("real/exiftool_Apple.jpg").focus_area is None


def test_standards_that_disagree_are_told() -> None:
    problems = told()["real/exiftool_MWG.jpg"]["problems"]
    assert any("dc:subject and IPTC Keywords" in problem for problem in problems)


HOSTILE = {
    "hostile/billion.jpg": "partial",
    "hostile/xxe.jpg": "partial",
    "hostile/ifdloop.tif": "unreadable",
    # Its EXIF holds nothing of people but a maker note of an impossible length, which is left out.
    "hostile/exifread_makernote_hang.jpg": "read",
    # It is cut behind its metadata, inside the picture.
    "hostile/truncated_in_xmp.jpg": "read",
}


@pytest.mark.parametrize(("name", "state"), HOSTILE.items())
def test_a_hostile_file_ends_in_a_state_and_not_in_an_exception(name: str, state: str) -> None:
    said = told()[name]
    assert said["state"] == state
    assert state == "read" or said["problems"]
    assert not any("secret" in keyword for keyword in said["keywords"])


def test_a_jpeg_that_is_cut_anywhere_before_its_picture_is_unreadable() -> None:
    data = path_of("real/immich_portrait.jpg").read_bytes()
    scan = data.index(b"\xff\xda")
    for end in range(3, scan, 97):
        assert read(io.BytesIO(data[:end]), "x.jpg").state == "unreadable"
