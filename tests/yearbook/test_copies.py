"""The copies of a set: portraits of one size, candids as they are, what is made of other formats."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from command_line import call
from district import CUSTODIAN, HANNAH, INES, THERESA, District
from jpeg_samples import append_segment, encode, insert, picture, turned
from made_files import exif_segment, packet, xmp_segment
from PIL import Image
from sqlalchemy import update
from use_cases import later, listening, looked, open_copies, releases
from yearbook_exports import (
    exported,
    files_on_record,
    markers,
    opened,
    order_for,
    put,
    put_candid,
    put_portrait,
    read_back,
)
from yearbook_plans import seen

from dam_plugin.admin.reconcile import reconcile, repair
from dam_plugin.custodian.forget import forget
from dam_plugin.errors import StorageError
from dam_plugin.model import Region
from dam_plugin.sharing.published_copy import close_unneeded_copies
from dam_plugin.store.seals import RELEASES
from dam_plugin.store.sets import ExportFile, Made
from dam_plugin.store.tables import ReleaseRow
from dam_plugin.yearbook import copies as copying
from dam_plugin.yearbook.copies import Copied, NotCopied, copies, drop_old

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


REDACTING = order_for(redact=True)
BLUE, WHITE = (40, 60, 200), (250, 250, 250)
SECRET = b"Hannah Lindqvist, 104217"
METADATA = {0xE1, 0xED, 0xFE}


def halves(width: int, height: int) -> Image.Image:
    """A picture that is blue above and white below."""
    drawn = Image.new("RGB", (width, height), WHITE)
    drawn.paste(BLUE, (0, 0, width, height // 2))
    return drawn


def told(source: bytes) -> bytes:
    """A JPEG with metadata of all kinds in it."""
    source = insert(source, 0xFE, SECRET)
    source = insert(source, 0xED, b"Photoshop 3.0\0" + SECRET)
    return source[:2] + exif_segment({270: SECRET.decode()}) + xmp_segment(packet(SECRET.decode())) + source[2:]


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def is_like(pixel: Any, color: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 30 for one, other in zip(pixel, color, strict=True))


@pytest.fixture
def filled(district: District) -> District:
    """Two portraits, a candid as it is and one that hides Hannah."""
    put_portrait(district, THERESA)
    put_portrait(district, INES)
    put_candid(district, "events/alone.jpg", THERESA)
    put_candid(district, "events/both.jpg", INES, HANNAH)
    return district


# What a picture becomes


@pytest.mark.parametrize("size", [(640, 800), (320, 400), (500, 500)], ids=str)
@pytest.mark.parametrize("source", [(96, 128), (300, 120)], ids=["upright", "landscape"])
def test_a_portrait_is_a_jpeg_of_the_size_that_was_asked_for(
    district: District, size: tuple[int, int], source: tuple[int, int]
) -> None:
    put_portrait(district, THERESA, body=told(encode(picture(*source))))
    exported(district, order=order_for(portrait_size=size))
    (data,) = read_back(district).pictures.values()
    assert (opened(data).format, opened(data).size, opened(data).mode) == ("JPEG", size, "RGB")
    assert not METADATA & set(markers(data))
    assert SECRET not in data


@pytest.mark.parametrize(
    ("orientation", "back"), [(1, None), (3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_90)]
)
def test_a_portrait_is_upright(district: District, orientation: int, back: Image.Transpose | None) -> None:
    stored = halves(96, 128) if back is None else halves(96, 128).transpose(back)
    put_portrait(district, THERESA, body=turned(orientation, encode(stored)), orientation=orientation)
    exported(district)
    shown = opened(next(iter(read_back(district).pictures.values())))
    assert shown.size == (80, 100)
    assert is_like(shown.getpixel((40, 5)), BLUE)
    assert is_like(shown.getpixel((40, 95)), WHITE)


def test_a_candid_keeps_its_pixels_and_loses_its_metadata(district: District) -> None:
    whole = encode(picture(160, 120))
    put_candid(district, "events/a.jpg", INES, body=append_segment(told(whole), 0xFE, SECRET))
    exported(district)
    (data,) = read_back(district).pictures.values()
    assert not METADATA & set(markers(data))
    assert SECRET not in read_back(district).data
    assert opened(data).tobytes() == opened(whole).tobytes()


@pytest.mark.parametrize(("kind", "copied"), [("WEBP", "JPEG"), ("TIFF", "PNG"), ("AVIF", "JPEG")])
@pytest.mark.parametrize("people", [(INES,), (INES, HANNAH)], ids=["as it is", "redacted"])
def test_a_candid_of_a_format_that_portals_do_not_take_is_a_jpeg_or_png(
    district: District, kind: str, copied: str, people: tuple[str, ...]
) -> None:
    body, media_type = encoded(picture(160, 120), kind), f"image/{kind.lower()}"
    put_candid(district, f"events/a.{kind}", *people, body=body, media_type=media_type)
    made = exported(district, order=REDACTING)
    read = read_back(district)
    (name,) = read.candids
    assert name == f"candids/c0000001.{'jpg' if copied == 'JPEG' else 'png'}"
    assert opened(read.pictures[name]).format == copied
    assert opened(read.pictures[name]).size[1] <= 120
    assert made.redacted == len(people) - 1


def test_a_png_stays_one(district: District) -> None:
    put_candid(district, "events/a.png", INES, body=encoded(picture(160, 120), "PNG"), media_type="image/png")
    exported(district)
    assert read_back(district).candids == ["candids/c0000001.png"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"GIF89a", "image/gif"), (b"", "image/jpeg"), (b"\xff\xd8\xff", "image/jpeg"), (b"<svg/>", "image/svg+xml")],
    ids=["GIF", "nothing", "a beginning", "SVG"],
)
def test_what_is_no_picture_that_can_be_copied_stays_out_and_stops_nothing(
    district: District, body: bytes, media_type: str
) -> None:
    put_candid(district, "events/a.x", INES, body=body, media_type=media_type)
    put_candid(district, "events/b.jpg", INES)
    made = exported(district)
    (left,) = files_on_record(district, made.set.id, "left_out")
    assert (left.source_key, left.why[0].clause) == ("events/a.x", "EXPORT-UNABLE")
    assert read_back(district).candids == ["candids/c0000001.jpg"]


def test_a_hidden_student_is_not_seen_in_the_copy(district: District) -> None:
    whole = Image.new("RGB", (400, 200), WHITE)
    whole.paste(BLUE, (150, 40, 230, 120))
    put_candid(district, "events/both.jpg", INES, HANNAH, body=encode(whole))
    exported(district, order=REDACTING)
    (data,) = read_back(district).pictures.values()
    shown = opened(data)
    assert not any(is_like(shown.getpixel((x, y)), BLUE) for x in range(shown.width) for y in range(shown.height))


# How they are made


def planned(district: District, made: Made) -> list[ExportFile]:
    """The files of a set, to be copied once more."""
    return files_on_record(district, made.set.id)


def test_copies_come_in_the_order_of_their_files_and_each_is_gone_with_the_next(filled: District) -> None:
    made = exported(filled, order=REDACTING)
    files = planned(filled, made)
    folders = []
    for each, file in zip(copies(filled.services, made.set, files), files, strict=True):
        assert isinstance(each, Copied)
        assert (each.file.number, each.picture.sha256) == (file.number, file.sha256)
        assert hashlib.sha256(each.picture.path.read_bytes()).hexdigest() == each.picture.sha256
        assert not any(folder.exists() for folder in folders)
        folders.append(each.folder)
    assert not any(folder.exists() for folder in folders)


def test_whoever_stops_asking_leaves_no_copy_behind(filled: District) -> None:
    made = exported(filled, order=REDACTING)
    asked: list[int] = []

    def files() -> Iterator[ExportFile]:
        for each in planned(filled, made) * 20:
            asked.append(each.number)
            yield each

    copying_now = copies(filled.services, made.set, files())
    first = next(copying_now)
    copying_now.close()  # type: ignore[attr-defined]
    assert isinstance(first, Copied)
    assert not first.folder.parent.exists()
    # No more than are judged at a time.
    assert len(asked) == copying._BATCH < 20 * len(planned(filled, made))


def test_a_copy_is_made_on_every_core(filled: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "cores", lambda: 2)
    both = threading.Barrier(2, timeout=20)
    whole = copying._copied

    def copied(*args: Any) -> Copied | NotCopied:
        both.wait()
        return whole(*args)

    monkeypatch.setattr(copying, "_copied", copied)
    assert exported(filled, order=REDACTING).portraits == 2


def test_there_is_always_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert copying.cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert copying.cores() >= 1


def test_a_copy_that_changed_after_it_was_proven_does_not_go_in(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copying._picture_of

    def altered(*args: Any) -> Any:
        made = whole(*args)
        made.path.write_bytes(made.path.read_bytes()[:-1] + b"\0")
        return made

    monkeypatch.setattr(copying, "_picture_of", altered)
    with pytest.raises(StorageError, match="changed while it was written"):
        exported(filled, order=REDACTING)


# A crop


EDGE = Region(0.9, 0.2, 0.08, 0.1)


@pytest.mark.parametrize("again", [False, True], ids=["made", "used again"])
def test_a_crop_is_told_to_the_district_alone(district: District, *, again: bool) -> None:
    people = seen(district.student(INES), regions=(Region(0.05, 0.2, 0.25, 0.4),)), seen(district.student(HANNAH))
    put(district, "crop.jpg", people[0], replace(people[1], regions=(EDGE,)), body=encode(picture(400, 300, seed=3)))
    put_candid(district, "covered.jpg", INES, HANNAH)
    put_candid(district, "whole.jpg", INES)
    if again:
        exported(district, "first.zip", order_for(redact=True))
    made = exported(district, order=order_for(redact=True))
    files = {each.source_key: each for each in files_on_record(district, made.set.id)}
    read = read_back(district)
    assert opened(read.pictures[files["crop.jpg"].path or ""]).size == (336, 300)
    assert {key: (each.redacted, each.covered) for key, each in files.items()} == {
        "crop.jpg": (True, False),
        "covered.jpg": (True, True),
        "whole.jpg": (False, False),
    }
    assert (made.redacted, read.verified(district).redacted) == (2, 1)
    marked = {each["path"]: each["redacted"] for each in read.manifest["files"]}
    assert {key: marked[each.path or ""] for key, each in files.items()} == {
        "crop.jpg": False,
        "covered.jpg": True,
        "whole.jpg": False,
    }
    page = read.files["manifest.html"].decode()
    assert page.count("<strong>redacted</strong>") == 1
    assert "cut" not in page


# Kept for the next set


HIDING = order_for(redact=True)


@pytest.fixture
def small(district: District) -> District:
    """Two portraits, a candid as it is and one that hides Hannah."""
    put_portrait(district, THERESA)
    put_portrait(district, INES)
    put_candid(district, "events/alone.jpg", THERESA)
    put_candid(district, "events/both.jpg", INES, HANNAH)
    return district


def kept_copies(district: District) -> list[str]:
    return [each.key for each in releases(district.services, "kept")]


def test_a_second_set_makes_no_copy_again_that_took_long(small: District, monkeypatch: pytest.MonkeyPatch) -> None:
    first = exported(small, "a.zip", HIDING)
    made: list[str] = []
    whole = copying.make_proven_copy

    def copy_of(services: Any, recipe: Any, folder: Any) -> Any:
        made.append(recipe.stored.asset.key)
        return whole(services, recipe, folder)

    monkeypatch.setattr(copying, "make_proven_copy", copy_of)
    second = exported(small, "b.zip", HIDING)
    assert (first.reused, second.reused) == (0, 3)
    # What is only cleaned is not kept.
    assert made == ["events/alone.jpg"]
    assert read_back(small, "a.zip").content == read_back(small, "b.zip").content


def test_kept_copies_are_on_hold_and_tell_nothing(small: District) -> None:
    exported(small, order=HIDING)
    library = small.services.library
    tags = [library.tags(each.key, each.version_id) for each in releases(small.services, "kept")]
    assert [each["dam-release"] for each in tags] == ["hold"] * 3
    assert open_copies(small.services) == []
    assert not any(THERESA in key or "both" in key for key in kept_copies(small))


def test_a_changed_face_has_its_portrait_made_anew(small: District) -> None:
    exported(small, "a.zip", HIDING)
    looked(small, f"portraits/{THERESA}.jpg", THERESA, box=Region(0.1, 0.1, 0.2, 0.2))
    assert exported(small, "b.zip", HIDING).reused == 2


def test_another_size_has_every_portrait_made_anew(small: District) -> None:
    exported(small, "a.zip", HIDING)
    assert exported(small, "b.zip", replace(HIDING, portrait_size=(320, 400))).reused == 1


def test_another_place_of_a_hidden_student_has_the_copy_made_anew(small: District) -> None:
    exported(small, "a.zip", HIDING)
    looked(small, "events/both.jpg", HANNAH, box=Region(0.5, 0.2, 0.3, 0.4))
    looked(small, "events/both.jpg", INES, box=Region(0.05, 0.2, 0.2, 0.4))
    made = exported(small, "b.zip", HIDING)
    assert made.reused == 2


def test_a_new_version_of_a_source_has_its_copy_made_anew(small: District) -> None:
    exported(small, "a.zip", HIDING)
    put_portrait(small, THERESA, body=encode(picture(96, 128, seed=77)))
    assert exported(small, "b.zip", HIDING).reused == 2


def test_a_kept_copy_that_somebody_put_another_in_the_place_of_is_not_used(small: District, raw_s3: S3Client) -> None:
    exported(small, "a.zip", HIDING)
    other = encode(picture(80, 100, seed=99))
    for each in releases(small.services, "kept"):
        put_there = raw_s3.put_object(Bucket=small.services.library.bucket, Key=each.key, Body=other)
        with small.services.store.writing() as unit:
            # As in a bucket without versions, where what is written over is gone.
            changed = update(ReleaseRow).where(ReleaseRow.id == each.id).values(version_id=put_there["VersionId"])
            unit.seals.before(RELEASES, [each.id])
            unit._session.execute(changed)
    assert exported(small, "b.zip", HIDING).reused == 0
    assert read_back(small, "a.zip").content == read_back(small, "b.zip").content


def test_a_kept_copy_that_is_gone_is_made_anew(small: District) -> None:
    exported(small, "a.zip", HIDING)
    for each in releases(small.services, "kept"):
        small.services.library.delete(each.key, each.version_id)
    assert exported(small, "b.zip", HIDING).reused == 0


def test_a_copy_that_cannot_be_kept_goes_into_the_set_all_the_same(small: District) -> None:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "publish":
            raise StorageError("the bucket is full")

    made = exported(small, order=HIDING, services=listening(small.services, hear))
    assert (made.portraits, made.redacted) == (2, 1)
    assert kept_copies(small) == []
    assert releases(small.services, "preparing") == []


def test_a_copy_that_was_withdrawn_while_it_was_sent_is_not_left_in_the_bucket(small: District) -> None:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "publish":
            with small.services.store.writing() as unit:
                made = [each.id for each in unit.shares.releases(["preparing"])]
                unit.shares.move_releases(made, was=["preparing"], state="undone")

    exported(small, order=HIDING, services=listening(small.services, hear))
    assert kept_copies(small) == []
    assert list(small.services.library.list("released/")) == []


def test_the_copy_of_an_open_share_is_used_in_a_set(small: District) -> None:
    small.share("events/both.jpg", purpose="yearbook", recipient=HIDING.recipient)
    assert exported(small, order=HIDING).reused == 1


def test_a_kept_copy_is_no_answer_to_a_share(small: District) -> None:
    exported(small, order=HIDING)
    answer = small.share("events/both.jpg", purpose="yearbook", recipient=HIDING.recipient)
    assert answer.release is not None
    assert answer.release.key not in kept_copies(small)


def test_copies_are_kept_for_a_week(small: District) -> None:
    exported(small, order=HIDING)
    keys = kept_copies(small)
    assert drop_old(later(small.services, days=6)) == 0
    assert drop_old(later(small.services, days=7, minutes=1)) == 3
    assert kept_copies(small) == []
    assert {each.key for each in small.services.library.list("released/")}.isdisjoint(keys)
    assert drop_old(later(small.services, days=8)) == 0


def test_a_set_of_the_next_week_clears_the_old_copies_away(small: District) -> None:
    exported(small, "a.zip", HIDING)
    assert exported(small, "b.zip", HIDING, services=later(small.services, days=8)).reused == 0
    assert len(kept_copies(small)) == 3


def test_whatever_puts_things_right_leaves_kept_copies_as_they_are(small: District) -> None:
    exported(small, "a.zip", HIDING)
    keys = kept_copies(small)
    repair(small.services)
    reconcile(small.services)
    close_unneeded_copies(small.services)
    checks = {each["check"]: each["state"] for each in call("doctor", "--repair", "--json").objects()}
    assert [checks[each] for each in ("repair", "releases", "closed copies", "ledger")] == ["ok"] * 4
    assert kept_copies(small) == keys
    assert open_copies(small.services) == []
    assert exported(small, "b.zip", HIDING).reused == 3


def test_a_kept_copy_that_somebody_opened_by_hand_goes_back_on_hold(small: District) -> None:
    exported(small, order=HIDING)
    kept = releases(small.services, "kept")[0]
    small.services.library.write_tags(kept.key, kept.version_id, {"dam-release": "open"})
    assert open_copies(small.services) == [kept.key]
    repair(small.services)
    assert open_copies(small.services) == []


def test_what_is_forgotten_of_a_student_leaves_the_sets_to_be_made(small: District) -> None:
    exported(small, "a.zip", HIDING)
    forget(small.services, CUSTODIAN, "a court order of 2 May", student=small.student(INES))
    assert exported(small, "b.zip", HIDING).portraits == 2
