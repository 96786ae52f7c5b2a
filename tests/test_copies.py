from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest
from district import CLIP, GRADUATION, HANNAH, INES, PORTRAIT, TEAM, THERESA, District
from PIL import Image
from use_cases import kept, looked

from dam_plugin import copies
from dam_plugin.copies import Copy, asset_id, copy_of, copy_tags, places
from dam_plugin.errors import CannotRedact, NotProven, StorageError
from dam_plugin.model import Appearance, Region, Release, Tagging
from dam_plugin.pseudonyms import Pseudonyms

BOX, OTHER_BOX = Region(0.1, 0.1, 0.2, 0.2), Region(0.5, 0.5, 0.2, 0.2)


def copy(district: District, key: str, *hidden: str, urgent: bool = False) -> Copy:
    district.upload(key)
    hide = tuple(sorted(district.student(each) for each in hidden))
    return copy_of(district.services, kept(district.services, key), hide, urgent=urgent)


def source(district: District, key: str) -> bytes:
    return district.services.library.read(key, limit=10_000_000)


def names(district: District) -> list[bytes]:
    with district.services.store.reading() as unit:
        people = unit.people.students()
    return [text.encode() for each in people for text in (*each.names, each.roster_id, each.id)]


@pytest.mark.parametrize("hidden", [(), (HANNAH,)], ids=["clean", "redacted"])
def test_a_copy_holds_no_metadata_and_no_name_of_the_source(district: District, hidden: tuple[str, ...]) -> None:
    made = copy(district, TEAM, *hidden)
    before = source(district, TEAM)
    assert [each for each in names(district) if each in before] != []
    assert [each for each in names(district) if each in made.body] == []
    for marker in (b"http://ns.adobe.com", b"Photoshop 3.0", b"Exif\0\0", b"xmpmeta"):
        assert marker not in made.body
    assert Image.open(io.BytesIO(made.body)).size == Image.open(io.BytesIO(before)).size


@pytest.mark.parametrize("hidden", [(), (HANNAH,)], ids=["clean", "redacted"])
def test_the_proof_is_bound_to_the_bytes(district: District, hidden: tuple[str, ...]) -> None:
    made = copy(district, TEAM, *hidden)
    assert made.sha256 == made.proof["sha256"] == hashlib.sha256(made.body).hexdigest()
    assert made.proof["checks"]
    assert (made.media_type, made.suffix) == ("image/jpeg", ".jpg")


def test_only_who_is_to_be_hidden_is_black(district: District) -> None:
    made = copy(district, TEAM, HANNAH)
    picture = Image.open(io.BytesIO(made.body)).convert("L")
    shown = {
        each.student: {
            picture.getpixel((int((box.x + box.w / 2) * picture.width), int((box.y + box.h / 2) * picture.height)))
            for box in each.regions
        }
        for each in kept(district.services, TEAM).tagging.appearances
    }
    assert shown[district.student(HANNAH)] == {0}
    assert all(max(shown[district.student(each)]) > 20 for each in (THERESA, INES))


def test_the_same_copy_is_made_of_the_same_source(district: District) -> None:
    assert copy(district, TEAM, HANNAH) == copy(district, TEAM, HANNAH)


def test_a_redacted_copy_is_proven_to_name_nobody_who_is_in_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def prove(body: bytes, _source: bytes, _boxes: object, secrets: list[str]) -> object:
        asked.append(secrets)
        raise NotProven(["seen"])

    monkeypatch.setattr(copies, "prove_redacted", prove)
    with pytest.raises(NotProven):
        copy(district, TEAM, HANNAH)
    assert {"Hannah Lindqvist", "Tess Okafor", HANNAH, INES, THERESA} <= set(asked[0])


def test_a_student_without_a_place_cannot_be_hidden(district: District) -> None:
    with pytest.raises(CannotRedact):
        copy(district, GRADUATION, HANNAH)


def test_a_source_that_was_replaced_meanwhile_is_not_copied(district: District) -> None:
    district.upload(TEAM)
    stored = kept(district.services, TEAM)
    wrong = replace(stored, asset=replace(stored.asset, etag="0" * 32))
    with pytest.raises(StorageError):
        copy_of(district.services, wrong, (), urgent=False)


def test_a_source_that_is_too_large_is_not_copied(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "LARGEST_SOURCE", 100)
    with pytest.raises(StorageError, match="100 are read at most"):
        copy(district, TEAM)


# Break-glass


def test_what_cannot_be_cleaned_goes_as_it_is_in_an_emergency_alone_and_says_so(district: District) -> None:
    with pytest.raises(CannotRedact):
        copy(district, CLIP)
    made = copy(district, CLIP, urgent=True)
    assert made.body == source(district, CLIP)
    assert made.proof["sha256"] == hashlib.sha256(made.body).hexdigest()
    assert made.proof["checks"] == ["released as it is for an emergency: embedded metadata was not removed"]
    assert (made.media_type, made.suffix) == ("video/quicktime", "")


def test_a_picture_is_cleaned_in_an_emergency_too(district: District) -> None:
    assert copy(district, PORTRAIT, urgent=True) == copy(district, PORTRAIT)


def test_a_copy_that_cannot_be_proven_stops_a_release_but_no_emergency(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unproven(*_: object) -> object:
        raise NotProven(["a pixel differs"])

    monkeypatch.setattr(copies, "prove_clean", unproven)
    with pytest.raises(NotProven):
        copy(district, PORTRAIT)
    assert copy(district, PORTRAIT, urgent=True).body == source(district, PORTRAIT)


# Where the hidden are, and what a copy is called


def test_a_corrected_place_changes_the_digest_of_those_whom_it_is_about(district: District) -> None:
    district.upload(TEAM)
    before = kept(district.services, TEAM).tagging
    after = looked(district, TEAM, HANNAH, box=OTHER_BOX).tagging
    hannah, ines = [district.student(HANNAH)], [district.student(INES)]
    assert places(before, hannah) != places(after, hannah)
    assert places(before, ines) == places(after, ines)


def test_the_order_of_boxes_and_students_does_not_matter_to_the_digest() -> None:
    one = Tagging(appearances=(Appearance("s1", regions=(BOX, OTHER_BOX)), Appearance("s2", regions=(BOX,))))
    other = Tagging(appearances=(Appearance("s2", regions=(BOX,)), Appearance("s1", regions=(OTHER_BOX, BOX))))
    assert places(one, ["s1", "s2"]) == places(other, ["s2", "s1"])


def test_a_copys_tags_say_what_it_was_made_from_and_name_nobody() -> None:
    pseudonyms = Pseudonyms("k" * 40)
    release = Release("r-1", "released/r-1/x.jpg", "00", "portraits/noah.jpg", "v1", "e1", ("s1",), "preparing")
    tags = copy_tags(pseudonyms, release, "hold")
    assert tags == {"dam-release": "hold", "dam-redacted-from": asset_id(pseudonyms, "portraits/noah.jpg", "v1", "e1")}
    assert "noah" not in tags["dam-redacted-from"]


def test_each_version_of_an_object_has_an_id_of_its_own() -> None:
    pseudonyms = Pseudonyms("k" * 40)
    versions = [("a.jpg", None, "e1"), ("a.jpg", "v1", "e1"), ("a.jpg", "v1", "e2"), ("b.jpg", "v1", "e1")]
    assert len({asset_id(pseudonyms, *each) for each in versions}) == len(versions)
