"""`dam-plugin metadata` against the corpus that the suite makes itself: what each kind of file says, and no more."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from command_line import Called, call
from corpus import corpus_root, requires_corpus
from made_corpus import CORPUS, Box, Made, files, is_hostile

from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read

CLOSE = 0.005
SAID = {name: made for name, made in CORPUS.items() if not is_hostile(name)}
# What `tagging/test_corpus.py` asks of the files of other programs.
PROPERTIES = (
    "persons",
    "person_ids",
    "keywords",
    "hierarchies",
    "captions",
    "event",
    "locations",
    "official_markers",
    "image_size",
    "orientation",
)


@cache
def called() -> Called:
    """Read every file with one call of the command, the hostile ones too."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, data in files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return call("metadata", *(str(folder / path) for path in CORPUS), "--json")


@cache
def told() -> dict[str, dict[str, Any]]:
    return dict(zip(CORPUS, called().objects(), strict=True))


def facts_of(name: str) -> Facts:
    made = Path(name)
    with TemporaryDirectory() as folder:
        path = Path(folder, made.name)
        path.write_bytes(CORPUS[name].data)
        with path.open("rb") as file:
            return read(file, made.name)


def test_the_command_reads_all_of_it_and_prints_a_line_for_each_file() -> None:
    assert (called().code, called().err) == (0, "")
    assert [Path(each["file"]).name for each in called().objects()] == [Path(name).name for name in CORPUS]


@pytest.mark.parametrize("name", CORPUS)
def test_a_file_ends_in_its_state_and_not_in_an_exception(name: str) -> None:
    said = told()[name]
    assert said["state"] == CORPUS[name].state
    assert said["state"] == "read" or said["problems"]


def expected(what: str) -> Iterator[tuple[str, Any]]:
    for name, made in CORPUS.items():
        if (value := getattr(made, what)) is not None:
            yield name, value


@pytest.mark.parametrize(
    ("name", "what", "value"),
    [(name, what, value) for what in PROPERTIES for name, value in expected(what)],
    ids=[f"{what}-{name}" for what in PROPERTIES for name, _ in expected(what)],
)
def test_every_value_that_a_file_holds_is_read_and_no_other(name: str, what: str, value: Any) -> None:
    found = told()[name][what]
    if what in ("event", "orientation"):
        assert found == value
    elif what == "image_size":
        assert tuple(found) == value
    else:
        assert _set(found) == _set(value)


def _set(values: Iterable[Any]) -> set[Any]:
    return {tuple(each) if isinstance(each, list | tuple) else each for each in values}


@pytest.mark.parametrize("name", SAID)
def test_regions_lie_where_the_file_draws_them_and_none_is_made_up(name: str) -> None:
    found = told()[name]["regions"]
    if name == "mwg_cropped.jpg":
        assert [each["stale"] for each in found] == [True, True]
        return
    wanted = CORPUS[name].regions or ()
    assert [each["name"] for each in found] == [who for who, _ in wanted]
    assert all(near(each, box) for each, (_, box) in zip(found, wanted, strict=True))
    assert not any(each["stale"] for each in found)


def near(region: dict[str, Any], box: Box) -> bool:
    return all(abs(region[side] - number) <= CLOSE for side, number in zip("xywh", box, strict=True))


@pytest.mark.parametrize("name", [name for name, made in CORPUS.items() if made.problem or made.beside])
def test_what_contradicts_is_told_and_nothing_else(name: str) -> None:
    problems = told()[name]["problems"]
    wanted = CORPUS[name].problem
    if wanted is None:
        assert bool(problems) is (CORPUS[name].state != "read")
    else:
        assert [each for each in problems if wanted in each]
        assert not any("Example" in each or "Sample" in each or "Twin" in each for each in problems)


def test_pets_and_codes_are_no_persons() -> None:
    assert {region["type"] for region in told()["mwg_kinds.jpg"]["regions"]} == {"Face", "Pet", "Focus", "BarCode"}


@pytest.mark.parametrize("name", [name for name in CORPUS if name.startswith("iptc_")])
def test_the_role_of_the_main_subject_is_kept(name: str) -> None:
    assert [region.subject for region in facts_of(name).regions] == [True]


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("focus_point.jpg", (0.3, 0.5, 0.0, 0.0)),
        ("focus_circle.jpg", (0.2375, 0.41667, 0.125, 0.16667)),
        ("focus_rectangle.jpg", (0.2375, 0.41667, 0.125, 0.16667)),
        ("focus_centre.jpg", None),
    ],
)
def test_the_area_the_camera_focused_on_is_told_off_the_centre(name: str, area: Box | None) -> None:
    found = facts_of(name).focus_area
    told_of = None if found is None else (found.x, found.y, found.w, found.h)
    assert told_of == (None if area is None else pytest.approx(area, abs=0.0001))


def test_no_entity_of_a_hostile_packet_is_ever_expanded() -> None:
    for name in filter(is_hostile, CORPUS):
        assert told()[name]["keywords"] == []
        assert "lol" not in str(told()[name])
        assert "root:" not in str(told()[name])


def test_a_jpeg_that_is_cut_anywhere_before_its_picture_is_unreadable() -> None:
    data = CORPUS["person_in_image.jpg"].data
    for end in range(3, data.index(b"\xff\xda"), 97):
        assert read(io.BytesIO(data[:end]), "x.jpg").state == "unreadable"


@requires_corpus
@pytest.mark.corpus
def test_each_container_of_the_shared_corpus_is_one_of_the_made_ones_too() -> None:
    root = corpus_root()
    assert root is not None
    # The same format under another name; the table and what lies beside are no containers.
    alike = {".nef": ".dng"}
    theirs = {path.suffix for path in root.rglob("*") if path.is_file() and path.suffix not in ("", ".tsv", ".ini")}
    assert {alike.get(each, each) for each in theirs} <= {Path(name).suffix for name in CORPUS}


def test_every_kind_of_made_file_says_something_that_is_checked() -> None:
    blank = Made(b"")
    silent = [
        name
        for name, made in SAID.items()
        if all(getattr(made, what) == getattr(blank, what) for what in (*PROPERTIES, "regions"))
    ]
    assert silent == []
