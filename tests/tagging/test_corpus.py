"""The readers against files of public test corpora, whose values exiftool read (persons, regions, keywords)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from corpus import corpus_root, requires_corpus

from dam_tagging.facts import Facts, Region
from dam_tagging.metadata.read import read

pytestmark = [requires_corpus, pytest.mark.corpus]

READ_NOW = (".jpg", ".png", ".webp", ".gif", ".wav", ".mov")
NOT_YET = (".heic", ".cr3", ".jxl", ".jp2", ".pdf")
CLOSE = 0.005


def rows() -> dict[str, dict[str, str]]:
    root = corpus_root()
    if root is None:
        return {}
    with (root / "corpus.tsv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}


ROWS = rows()
SOUND = [name for name in ROWS if name.endswith(READ_NOW) and not name.startswith("hostile/")]


def facts_of(name: str) -> Facts:
    root = corpus_root()
    assert root is not None
    with (root / name).open("rb") as file:
        return read(file, name)


def listed(row: dict[str, str], column: str) -> list[Any]:
    return json.loads(row[column]) if row[column] else []


def expected_persons(row: dict[str, str]) -> set[str]:
    details = {person["PersonName"] for person in listed(row, "person_details") if "PersonName" in person}
    return {*listed(row, "persons"), *details}


def expected_keywords(row: dict[str, str]) -> set[str]:
    extra = [part for part in row["xpkeywords"].split(";") if part]
    return {*listed(row, "keywords_xmp"), *listed(row, "keywords_iptc"), *extra}


def turned(x: float, y: float, w: float, h: float, orientation: int) -> tuple[float, float, float, float]:
    """Turn a centred box of the stored frame by hand for the orientations of the corpus."""
    match orientation:
        case 3:
            x, y = 1 - x, 1 - y
        case 4:
            y = 1 - y
        case 6:
            x, y, w, h = 1 - y, x, h, w
    return x - w / 2, y - h / 2, w, h


def expected_regions(row: dict[str, str]) -> Iterator[tuple[str | None, tuple[float, float, float, float]]]:
    width, height = (int(part) for part in row["image_size"].split())
    orientation = int(row["orientation"] or 1)
    mwg = json.loads(row["regions_mwg"] or "{}")
    for region in mwg.get("RegionList", []):
        area = region["Area"]
        x, y, w, h = (float(area[side]) for side in "XYWH")
        if area["Unit"] == "pixel":
            x, y, w, h = x / width, y / height, w / width, h / height
        yield region.get("Name"), turned(x, y, w, h, orientation)
    for region in json.loads(row["regions_mp"] or "{}").get("Regions", []):
        x, y, w, h = (float(part) for part in region["Rectangle"].split(","))
        yield region["PersonDisplayName"], (x, y, w, h)
    for region in listed(row, "regions_iptc"):
        names = region.get("PersonInImage") or [region.get("Name")]
        yield names[0], iptc_box(region["RegionBoundary"], width, height)


def iptc_box(boundary: dict[str, Any], width: int, height: int) -> tuple[float, float, float, float]:
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


def near(one: Region, box: tuple[float, float, float, float]) -> bool:
    return all(abs(a - b) <= CLOSE for a, b in zip((one.x, one.y, one.w, one.h), box, strict=True))


@pytest.mark.parametrize("name", SOUND)
def test_every_person_that_exiftool_reads_is_read(name: str) -> None:
    assert expected_persons(ROWS[name]) <= {person.name for person in facts_of(name).persons}


@pytest.mark.parametrize("name", SOUND)
def test_every_keyword_that_exiftool_reads_is_read(name: str) -> None:
    assert expected_keywords(ROWS[name]) <= {keyword.text for keyword in facts_of(name).keywords}


@pytest.mark.parametrize("name", [name for name in SOUND if ROWS[name]["image_size"]])
def test_every_region_stands_where_exiftool_reads_it_on_the_upright_picture(name: str) -> None:
    found = list(facts_of(name).regions)
    expected = list(expected_regions(ROWS[name]))
    assert len(found) == len(expected)
    for person, box in expected:
        assert any(region.name == person and near(region.region, box) for region in found), box


@pytest.mark.parametrize("name", SOUND)
def test_no_sound_file_counts_as_damaged(name: str) -> None:
    assert facts_of(name).state == "read"


def test_recall_over_the_corpus_is_complete() -> None:
    wanted = read_back = 0
    for name in SOUND:
        facts, row = facts_of(name), ROWS[name]
        persons, keywords = expected_persons(row), expected_keywords(row)
        regions = list(expected_regions(row)) if row["image_size"] else []
        wanted += len(persons) + len(keywords) + len(regions)
        read_back += len(persons & {person.name for person in facts.persons})
        read_back += len(keywords & {keyword.text for keyword in facts.keywords})
        read_back += sum(any(near(one.region, box) for one in facts.regions) for _, box in regions)
    assert wanted > 150
    assert read_back == wanted


def test_regions_drawn_before_a_crop_are_stale() -> None:
    regions = facts_of("synthetic/mwg_cropped_after.jpg").regions
    assert len(regions) == 2
    assert all(region.stale for region in regions)


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
    root = corpus_root()
    assert root is not None
    name = "synthetic/sidecar_a.jpg"

    def siblings(sidecar: str) -> Any:
        path: Path = root / sidecar
        return path.open("rb") if path.exists() else None

    with (root / name).open("rb") as file:
        facts = read(file, name, siblings)
    assert {person.name for person in facts.persons} == {"Ava Example", "Ben Sample"}


@pytest.mark.parametrize("name", [name for name in ROWS if name.endswith(NOT_YET)])
def test_a_format_that_is_not_read_yet_is_unreadable_and_says_so(name: str) -> None:
    facts = facts_of(name)
    assert facts.state == "unreadable"
    assert facts.problems


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
    facts = facts_of(name)
    assert facts.state == state
    assert facts.state == "read" or facts.problems
    assert not any("secret" in keyword.text for keyword in facts.keywords)


def test_a_jpeg_that_is_cut_anywhere_before_its_picture_is_unreadable() -> None:
    root = corpus_root()
    assert root is not None
    data = (root / "real/immich_portrait.jpg").read_bytes()
    scan = data.index(b"\xff\xda")
    for end in range(3, scan, 97):
        assert read(io.BytesIO(data[:end]), "x.jpg").state == "unreadable"
