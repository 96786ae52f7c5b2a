"""The detector of faces: which model it takes, which pictures, and what becomes of what it finds.

The model is part of the installation: `make` fetches it by its hash, and so does the build of a wheel.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from district import CLIP, GRADUATION, HANNAH, MEDIA_STAFF, PUBLIC, SCIENCE_LAB, TEAM, UNTITLED, District
from PIL import Image, ImageOps

from dam_hooks import Manager, manager, services_of
from dam_plugin.cli.checks import examine
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import PluginError, SettingsError
from dam_plugin.intake import faces
from dam_plugin.intake.events import tag_newest, take_in
from dam_plugin.intake.faces import FaceDetector
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import Appearance, AssetEvent, Look, Outcome, Region, Share
from dam_plugin.settings import Settings
from dam_plugin.sharing.share import Answer, share
from dam_plugin.store import StoredAsset

# `make` has fetched it; a test that meets no model fails, since then no picture would be counted.
MODEL = faces.OWN_MODEL

# Here the network is what is tested: it looks every time.
pytestmark = pytest.mark.usefixtures("own_networks")


@pytest.fixture(scope="module")
def real() -> FaceDetector:
    return FaceDetector(MODEL, least_score=0.3)


# Which model


def test_a_model_with_another_hash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "centerface.onnx"
    path.write_bytes(b"another network")
    with pytest.raises(SettingsError, match="is not the CenterFace file that this version knows"):
        FaceDetector(path, least_score=0.3)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.onnx' cannot be read \(no such file or directory\)"):
        FaceDetector(tmp_path / "absent.onnx", least_score=0.3)


def test_a_district_with_another_model_gets_no_plugin_at_all(district: District) -> None:
    path = district.folder / "centerface.onnx"
    path.write_bytes(b"another network")
    with pytest.raises(SettingsError):
        with_model(district, path)


def test_it_runs_unless_it_is_turned_off(district: District) -> None:
    assert "faces" not in dict(district.pm.list_name_plugin())
    assert "faces" in dict(counting(district).list_name_plugin())


def test_where_the_model_is_not_installed_nobody_counts(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "OWN_MODEL", Path("nowhere.onnx"))
    assert "faces" not in dict(counting(district).list_name_plugin())


@pytest.mark.parametrize(("model", "place"), [("faces/m.onnx", "faces/m.onnx"), ("", None)])
def test_the_model_is_taken_from_the_folder_of_the_settings(tmp_path: Path, model: str, place: str | None) -> None:
    (tmp_path / "dam-plugin.toml").write_text(f'face_model = "{model}"\n' if model else "", encoding="utf-8")
    assert Settings.load(tmp_path, {}).face_model == (tmp_path / place if place else None)


@pytest.mark.parametrize("score", ["0", "1.1", "nan", "high"])
def test_a_score_is_a_number_up_to_one(tmp_path: Path, score: str) -> None:
    with pytest.raises(SettingsError, match="DAM_PLUGIN_FACE_SCORE"):
        Settings.load(tmp_path, {"DAM_PLUGIN_FACE_SCORE": score})


@pytest.mark.parametrize(("counts", "remedy"), [("true", "install the plugin's wheel"), ("false", "set 'count_faces'")])
def test_the_doctor_says_that_no_detector_runs(
    district: District, monkeypatch: pytest.MonkeyPatch, counts: str, remedy: str
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_COUNT_FACES", counts)
    monkeypatch.setenv("DAM_PLUGIN_COMPLETE_BY", "counted")
    monkeypatch.setattr(faces, "OWN_MODEL", Path("nowhere.onnx"))
    check = next(each for each in examine() if each.name == "detector")
    assert check.state == "warning"
    assert "nobody counts faces, so every picture waits" in check.detail
    assert remedy in check.detail


def test_the_doctor_calls_it_a_risk_where_a_name_in_a_file_is_enough(district: District) -> None:
    check = next(each for each in examine() if each.name == "detector")
    assert check.state == "warning"
    assert "whoever is beside is published unseen" in check.detail


@pytest.mark.parametrize(
    ("pending", "words"), [("true", "wait for a person's look"), ("false", "taken to show nobody")]
)
def test_the_doctor_says_that_the_detector_runs(
    district: District, monkeypatch: pytest.MonkeyPatch, pending: str, words: str
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_COUNT_FACES", "true")
    monkeypatch.setenv("DAM_PLUGIN_COMPLETE_BY", "counted")
    monkeypatch.setenv("DAM_PLUGIN_PENDING_WITHOUT_FACES", pending)
    check = next(each for each in examine() if each.name == "detector")
    assert check.state == "ok"
    assert words in check.detail


# Which pictures


class Looked:
    """In the network's place: it tells which pictures it is shown."""

    def __init__(self) -> None:
        self.pictures: list[Image.Image] = []

    def __call__(self, model: bytes) -> Looked:
        return self

    def find(self, picture: Image.Image, least_score: float) -> tuple[Region, ...]:
        self.pictures.append(picture)
        return ()


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    stand_in = Looked()
    monkeypatch.setattr("dam_plugin.intake.centerface.CenterFace", stand_in)
    return stand_in


@pytest.fixture
def detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked: Looked) -> FaceDetector:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"a model")
    monkeypatch.setattr(faces, "MODEL_SHA256", hashlib.sha256(b"a model").hexdigest())
    return FaceDetector(path, least_score=0.3)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    file.seek(0)
    return file


def turned(picture: Image.Image, orientation: int) -> io.BytesIO:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture, "JPEG", exif=exif)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
def test_a_picture_is_looked_at_in_colour(detector: FaceDetector, looked: Looked, kind: str) -> None:
    assert detector.find(encoded(Image.new("L", (60, 40)), kind)) == ()
    assert {each.mode for each in looked.pictures} == {"RGB"}
    assert looked.pictures[0].size == (60, 40)


def test_a_picture_is_looked_at_upright(detector: FaceDetector, looked: Looked) -> None:
    picture = Image.new("RGB", (64, 32), "white")
    picture.paste((255, 0, 0), (0, 0, 8, 8))
    detector.find(turned(picture, 6))
    (upright,) = looked.pictures
    assert upright.size == (32, 64)
    red, green, blue = upright.getpixel((28, 4))  # type: ignore[misc]
    assert red > 200 > max(green, blue)


def test_a_large_picture_is_looked_at_smaller(detector: FaceDetector, looked: Looked) -> None:
    detector.find(encoded(Image.new("RGB", (6000, 3000)), "JPEG"))
    assert looked.pictures[0].size == (2048, 1024)


def two_frames() -> io.BytesIO:
    first, second = Image.new("L", (8, 8)), Image.new("L", (8, 8), 255)
    return encoded(first, "GIF", save_all=True, append_images=[second])


NOT_TO_BE_LOOKED_AT: dict[str, Callable[[], io.BytesIO]] = {
    "no picture": lambda: io.BytesIO(b"no picture"),
    "nothing": io.BytesIO,
    "cut off": lambda: io.BytesIO(encoded(Image.effect_noise((64, 64), 60), "JPEG").getvalue()[:-700]),
    "two frames": two_frames,
    "sixteen bits": lambda: encoded(Image.new("I;16", (8, 8))),
    "more pixels than we take": lambda: encoded(Image.new("1", (101, 100))),
    "more pixels of a JPEG than we take": lambda: encoded(Image.new("L", (201, 100)), "JPEG"),
    "PostScript": lambda: encoded(Image.new("RGB", (8, 8)), "EPS"),
}


@pytest.mark.parametrize("file", NOT_TO_BE_LOOKED_AT.values(), ids=NOT_TO_BE_LOOKED_AT)
def test_of_what_cannot_be_looked_at_nothing_is_said(
    detector: FaceDetector, looked: Looked, monkeypatch: pytest.MonkeyPatch, file: Callable[[], io.BytesIO]
) -> None:
    monkeypatch.setattr(faces, "MOST_PIXELS", 10_000)
    monkeypatch.setattr(faces, "MOST_PIXELS_OF", {"JPEG": 20_000})
    assert detector.find(file()) is None
    assert looked.pictures == []


# What becomes of what it finds


def counting(district: District) -> Manager:
    return with_model(district, None)


def with_model(district: District, path: Path | None) -> Manager:
    counts = {"face_model": path, "count_faces": True, "complete_by": "counted"}
    settings = district.services.settings.model_copy(update=counts)
    return manager(services=replace(district.services, settings=settings))


def uploaded(pm: Manager, key: str, body: bytes | None = None) -> StoredAsset:
    services = services_of(pm)
    services.library.put(key, body or sample(key), media_type="image/jpeg")
    stored = take_in(services, AssetEvent(key))
    assert stored is not None
    return stored


def sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()


@pytest.fixture
def finding(district: District) -> Manager:
    return counting(district)


def test_a_third_party_cannot_take_the_detectors_name(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name, value = "faces", "somewhere"

        def load(self) -> object:
            return object()

    monkeypatch.setattr("dam_hooks.plugin.entry_points", lambda **_: [Point()])
    with pytest.raises(PluginError, match="is there already"):
        manager(services=district.services)


@pytest.mark.parametrize("key", [TEAM, GRADUATION])
def test_faces_that_tags_name_are_nobody_further(district: District, finding: Manager, key: str) -> None:
    stored = uploaded(finding, key)
    assert len(stored.tagging.appearances) == 3
    assert stored.tagging.unidentified_people == 0


def test_faces_that_no_tag_names_are_unidentified_people_and_nothing_is_kept_but_their_count(finding: Manager) -> None:
    stored = uploaded(finding, UNTITLED)
    assert (stored.tagging.unidentified_people, stored.tagging.state) == (2, "pending")
    assert stored.release_tag == "staff"
    assert stored.tagging.appearances == ()
    (found,) = [each for each in stored.tagging.findings if each.tag == "unidentified_people"]
    assert (found.value, found.source) == ("2", "regions")


def test_a_picture_without_a_face_waits_for_a_persons_look(finding: Manager) -> None:
    empty = encoded(Image.new("RGB", (640, 480), "gray"), "JPEG").getvalue()
    stored = uploaded(finding, "inbox/empty.jpg", empty)
    assert (stored.tagging.state, stored.tagging.unidentified_people) == ("pending", 0)


def lab(width: int) -> Image.Image:
    """Return a sample of four faces, smaller: to look at it whole takes long."""
    with Image.open(io.BytesIO(sample(SCIENCE_LAB))) as picture:
        return picture.convert("RGB").resize((width, width * 2 // 3))


def test_a_face_is_found_where_it_is_in_the_upright_picture(real: FaceDetector) -> None:
    upright = lab(700)
    expected = real.find(encoded(upright))
    found = real.find(turned(upright.transpose(Image.Transpose.ROTATE_90), 6))
    assert expected is not None
    assert found is not None
    assert len(expected) == 4
    for one, other in zip(by_place(expected), by_place(found), strict=True):
        assert one == pytest.approx(other, abs=0.02)


def by_place(regions: tuple[Region, ...]) -> list[tuple[float, ...]]:
    return sorted((each.x, each.y, each.w, each.h) for each in regions)


def test_one_detector_looks_at_pictures_of_every_size(real: FaceDetector) -> None:
    counts = []
    for width in (1000, 700, 1000, 333):
        found = real.find(encoded(lab(width)))
        counts.append(None if found is None else len(found))
    assert counts == [4, 4, 4, 4]


def test_a_higher_score_finds_fewer_faces(real: FaceDetector) -> None:
    surer = FaceDetector(MODEL, least_score=0.85)
    counts = [len(each.find(encoded(lab(700))) or ()) for each in (real, surer)]
    assert counts[0] == 4
    assert counts[1] < 4


# Which way is up


def bare(picture: Image.Image, orientation: int | None = None) -> io.BytesIO:
    """Return a JPEG without any metadata, or with an orientation alone."""
    return encoded(picture, "JPEG", quality=90) if orientation is None else turned(picture, orientation)


def portrait(number: int) -> Image.Image:
    with Image.open(sample_folder() / "portraits" / f"portrait-{number:04}.jpg") as picture:
        return picture.convert("RGB").resize((800, 1000))


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("number", [417, 422])
def test_a_portrait_that_lies_on_its_side_without_an_orientation_shows_one_face(
    real: FaceDetector, number: int, angle: int
) -> None:
    found = real.find(bare(portrait(number).rotate(angle, expand=True)))
    assert found is not None
    assert len(found) == 1


def test_three_turned_by_a_half_are_found_where_they_are(real: FaceDetector) -> None:
    with Image.open(sample_folder() / TEAM) as picture:
        upright = picture.convert("RGB")
    expected, found = real.find(bare(upright)), real.find(bare(upright.rotate(180)))
    assert expected is not None
    assert found is not None
    back = tuple(Region(1 - each.x - each.w, 1 - each.y - each.h, each.w, each.h) for each in found)
    assert len(expected) == len(found) == 3
    for one, other in zip(by_place(expected), by_place(back), strict=True):
        assert one == pytest.approx(other, abs=0.07)


def test_a_picture_that_says_which_way_is_up_is_not_turned(detector: FaceDetector, looked: Looked) -> None:
    detector.find(bare(Image.new("RGB", (400, 300)), 1))
    assert {each.size for each in looked.pictures} == {(400, 300)}
    looked.pictures.clear()
    detector.find(bare(Image.new("RGB", (400, 300))))
    assert {each.size for each in looked.pictures} == {(400, 300), (300, 400)}


def test_the_same_face_in_several_sizes_counts_once(real: FaceDetector) -> None:
    found = real.find(bare(portrait(423).resize((2000, 2500)), 1))
    assert found is not None
    assert len(found) == 1


# What becomes of a picture in a district that counts


def test_an_upload_that_names_one_of_four_waits(finding: Manager) -> None:
    stored = uploaded(finding, SCIENCE_LAB)
    assert (stored.tagging.state, stored.tagging.ground, stored.tagging.unidentified_people) == ("pending", None, 3)


def test_an_upload_whose_faces_are_all_named_is_complete(finding: Manager) -> None:
    stored = uploaded(finding, TEAM)
    assert (stored.tagging.state, stored.tagging.ground) == ("complete", "counted")


def test_a_recording_of_sound_and_pictures_waits_for_a_look(finding: Manager) -> None:
    stored = uploaded(finding, CLIP)
    assert (stored.tagging.state, len(stored.tagging.appearances)) == ("pending", 1)


def test_a_version_that_was_counted_is_not_counted_again(finding: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    services = services_of(finding)
    stored = uploaded(finding, TEAM)

    def refuse(*_: object) -> None:
        raise AssertionError("the detector was asked again")

    monkeypatch.setattr(FaceDetector, "find", refuse)
    again = tag_newest(services, TEAM, again=True)
    assert again is not None
    assert again.tagging.ground == "counted"
    assert again.tagging.faces == stored.tagging.faces


# Where somebody who has to be hidden is said to be

BAKE_SALE = "events/bake-sale/bake-sale.jpg"
HER_FACE = Region(0.606, 0.293, 0.134, 0.34)


def seen_at(finding: Manager, district: District, where: Region) -> Answer:
    """Say that the girl of the bake sale is at a place and that nobody is left to name, and publish the picture."""
    services = services_of(finding)
    uploaded(finding, BAKE_SALE)
    persons = (Appearance(district.student(HANNAH), "focus", regions=(where,)),)
    look_at(services, BAKE_SALE, Look(at=services.now(), by=MEDIA_STAFF, persons=persons, unidentified=0))
    return share(services, Share("", BAKE_SALE, "publication", "website", MEDIA_STAFF, PUBLIC))


def test_a_box_beside_her_hides_nobody_and_is_refused(district: District, finding: Manager) -> None:
    answer = seen_at(finding, district, Region(0.8, 0.7, 0.1, 0.2))
    assert answer.decision.outcome > Outcome.REDACT
    assert answer.release is None
    assert any("shows no face" in each.text for each in answer.decision.reasons)


def test_a_box_that_was_drawn_too_small_hides_all_of_the_face(district: District, finding: Manager) -> None:
    answer = seen_at(finding, district, Region(0.66, 0.42, 0.03, 0.05))
    assert answer.decision.outcome is Outcome.REDACT
    assert answer.release is not None
    copy = services_of(finding).library.read(answer.release.key, limit=10_000_000)
    with Image.open(io.BytesIO(copy)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("L")
    # Cut away, or filled: her face is nowhere.
    if picture.size == (1500, 1000):
        face = (1500 * 0.64, 1000 * 0.38, 1500 * 0.70, 1000 * 0.50)
        assert picture.crop(tuple(map(round, face))).getextrema() == (128, 128)
    else:
        assert picture.width <= 1500 * HER_FACE.x + 20
