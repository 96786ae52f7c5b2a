from __future__ import annotations

import hashlib
import io
import stat
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from corpus import corpus_root, requires_corpus
from district import CLIP, CUSTODIAN, GRADUATION, HANNAH, INES, NOAH, PORTRAIT, TEAM, THERESA, District
from jpeg_samples import encode, noise, picture
from made_corpus import SOUND
from made_heic import heic
from PIL import Image
from use_cases import FAILED, Voice, kept, looked, looked_unseen, saw, with_voice
from yearbook_exports import exported, put_candid

from dam_plugin.errors import CannotRedact, NotProven, StorageError
from dam_plugin.intake.keep_look import look_at
from dam_plugin.intake.reader import read_local
from dam_plugin.model import (
    Actor,
    Appearance,
    Decision,
    Interval,
    Keyframe,
    Look,
    Outcome,
    Reason,
    Recipient,
    Region,
    Release,
    Share,
)
from dam_plugin.procedure.redisclosure import NOTICE
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.redaction.av.copy_recording import probe
from dam_plugin.redaction.model import Made, Order, Proof, Recording
from dam_plugin.redaction.proof.jpeg import BEFORE
from dam_plugin.services import Services
from dam_plugin.sharing import make_copy
from dam_plugin.sharing.make_copy import (
    WITHHELD,
    Copy,
    Recipe,
    asset_id,
    copy_recipe,
    copy_tags,
    keep_codings,
    make_proven_copy,
    needs_no_work,
    third_party_redacts,
)
from dam_plugin.store import StoredAsset

BOX, OTHER_BOX = Region(0.1, 0.1, 0.2, 0.2), Region(0.5, 0.5, 0.2, 0.2)
CONSENTED = Decision(Outcome.ALLOW, basis={"s1": "EX3"}, reasons=(Reason("EX3", "consented"),))
POLICE = Recipient("law_enforcement", "officer-12")
WAV = "events/fall-concert/choir-recording.wav"
GREY = 128


def recipe(district: District, key: str, *hidden: str, urgent: bool = False) -> Recipe:
    hide = tuple(sorted(district.student(each) for each in hidden))
    decision = Decision(Outcome.REDACT if hide else Outcome.ALLOW, redact=hide, reasons=(Reason("EX4", "directory"),))
    return copy_recipe(district.services, kept(district.services, key), decision, urgent=urgent)


def copy(district: District, key: str, *hidden: str, urgent: bool = False) -> Copy:
    district.upload(key)
    return made(district.services, recipe(district, key, *hidden, urgent=urgent), district.folder)


def made(services: Services, wanted: Recipe, folder: Path) -> Copy:
    return make_proven_copy(services, wanted, Path(tempfile.mkdtemp(dir=folder)))


def source(district: District, key: str) -> bytes:
    return district.services.library.read(key, limit=10_000_000)


def names(district: District) -> list[bytes]:
    with district.services.store.reading() as unit:
        people = unit.people.students()
    return [text.encode() for each in people for text in (*each.names, each.roster_id, each.id)]


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[Order]:
    """Have the door refuse; what it was asked for."""
    asked: list[Order] = []

    def make(_source: Path, order: Order, _folder: Path, **_: object) -> Made:
        asked.append(order)
        raise error

    monkeypatch.setattr(make_copy.door, "make", make)
    return asked


@pytest.mark.parametrize("hidden", [(), (HANNAH,)], ids=["clean", "redacted"])
def test_a_copy_holds_no_metadata_and_no_name_of_the_source(district: District, hidden: tuple[str, ...]) -> None:
    body = copy(district, TEAM, *hidden).path.read_bytes()
    before = source(district, TEAM)
    assert [each for each in names(district) if each in before] != []
    assert [each for each in names(district) if each in body] == []
    for marker in (b"http://ns.adobe.com", b"Photoshop 3.0", b"xmpmeta"):
        assert marker not in body
    assert Image.open(io.BytesIO(body)).size == Image.open(io.BytesIO(before)).size


@pytest.mark.parametrize("hidden", [(), (HANNAH,)], ids=["clean", "redacted"])
def test_the_proof_is_bound_to_the_bytes_and_says_what_they_are_made_of(
    district: District, hidden: tuple[str, ...]
) -> None:
    made = copy(district, TEAM, *hidden)
    assert made.sha256 == made.proof["sha256"] == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert made.proof["source"] == hashlib.sha256(source(district, TEAM)).hexdigest()
    assert made.proof["plan"] == recipe(district, TEAM, *hidden).digest
    assert made.proof["operation"] == ("boxes" if hidden else "clean")
    assert made.proof["checks"]
    assert (made.media_type, made.suffix) == ("image/jpeg", ".jpg")


def test_only_who_is_to_be_hidden_is_filled(district: District) -> None:
    made = copy(district, TEAM, HANNAH)
    picture = Image.open(made.path).convert("L")
    shown = {
        each.student: {
            picture.getpixel((int((box.x + box.w / 2) * picture.width), int((box.y + box.h / 2) * picture.height)))
            for box in each.regions
        }
        for each in kept(district.services, TEAM).tagging.appearances
    }
    assert shown[district.student(HANNAH)] == {GREY}
    assert all(shown[district.student(each)] != {GREY} for each in (THERESA, INES))


def test_the_same_copy_is_made_of_the_same_source(district: District) -> None:
    one, other = copy(district, TEAM, HANNAH), copy(district, TEAM, HANNAH)
    assert one.path.read_bytes() == other.path.read_bytes()
    assert {**one.proof, "plan": ""} == {**other.proof, "plan": ""}


def test_the_redisclosure_notice_and_who_released_it_stand_in_a_copy_that_needs_them(district: District) -> None:
    district.upload(TEAM)
    settings = district.services.settings
    named = settings.model_copy(update={"district": settings.district.model_copy(update={"name": "Riverbend R-II"})})
    services = replace(district.services, settings=named)
    stored = kept(services, TEAM)
    told = made(services, copy_recipe(services, stored, CONSENTED, urgent=False), district.folder)
    body = told.path.read_bytes()
    assert body.count(b"34 CFR 99.33") == 2
    assert b"<photoshop:Source>Riverbend R-II</photoshop:Source>" in body
    assert told.proof["notice"] is True
    assert copy(district, TEAM).proof["notice"] is False


def asked(
    purpose: str = "hazing <b>&amp;</b> review", recipient: Recipient = POLICE, names: tuple[str, ...] = ()
) -> Share:
    return Share("", TEAM, "request", purpose, CUSTODIAN, recipient, names)


def noticed(district: District, request: Share) -> tuple[Recipe, Copy]:
    stored = district.upload(TEAM)
    wanted = copy_recipe(district.services, stored, CONSENTED, urgent=False, request=request)
    return wanted, made(district.services, wanted, district.folder)


def rights(copy: Copy) -> list[str]:
    """Return what any reader of XMP finds as the rights and the usage terms of a copy."""
    with Image.open(copy.path) as picture:
        packet = picture.info["xmp"].decode()
    item = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
    return [each.text or "" for each in ET.fromstring(packet).iter(item)]  # noqa: S314 - our own


def test_to_whom_and_for_what_it_was_released_stands_in_the_files_rights(district: District) -> None:
    wanted, told = noticed(district, asked())
    line = "Released to law enforcement (officer-12) for: hazing <b>&amp;</b> review"
    assert rights(told) == [f"{NOTICE} {line}"] * 2
    assert b"<b>" not in told.path.read_bytes()
    assert (wanted.withheld, WITHHELD in told.proof["facts"]) == (False, False)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda _: asked("a talk with Hannah Lindqvist"),
        lambda _: asked("a talk about LINDQVIST's jump"),
        lambda _: asked(f"file {HANNAH}"),
        lambda district: asked(f"about {district.student(HANNAH)}"),
        lambda _: asked(recipient=Recipient("court", "lindqvist-v-district")),
        lambda district: asked("about Noah", names=(district.student(NOAH),)),
    ],
    ids=["a name", "a surname", "an id of the roster", "a pseudonym", "the recipient's id", "somebody asked for"],
)
def test_a_students_name_or_id_never_reaches_the_file_and_the_proof_says_why(
    district: District, request_of: Callable[[District], Share]
) -> None:
    wanted, told = noticed(district, request_of(district))
    assert rights(told) == [NOTICE] * 2
    body = told.path.read_bytes().lower()
    assert [each for each in names(district) if each.lower() in body] == []
    assert (wanted.withheld, WITHHELD in told.proof["facts"]) == (True, True)


def test_the_prover_itself_refuses_a_notice_that_names_a_student(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_copy, "particulars", lambda *_, **__: "Released to a court for: Hannah Lindqvist")
    with pytest.raises(NotProven, match="names or ids of hidden students"):
        noticed(district, asked())


def test_a_copy_is_used_again_only_for_the_same_purpose_and_recipient(district: District) -> None:
    digests = {
        noticed(district, request)[0].digest
        for request in (asked(), asked("another"), asked(recipient=Recipient("court", "officer-12")))
    }
    assert len(digests) == 3
    assert noticed(district, asked())[0].digest in digests


def test_where_no_notice_is_needed_the_purpose_changes_nothing(district: District) -> None:
    stored = district.upload(TEAM)
    free = replace(CONSENTED, basis={"s1": "EX4"})
    made_for = [
        copy_recipe(district.services, stored, free, urgent=False, request=request) for request in (asked(), asked("x"))
    ]
    assert made_for[0] == made_for[1]
    assert made_for[0].order.notice is None


def test_a_copy_is_proven_to_name_nobody_who_is_in_the_source(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = refuse(monkeypatch, NotProven(["seen"]))
    for hidden in ((), (HANNAH,)):
        with pytest.raises(NotProven):
            copy(district, TEAM, *hidden)
    assert len(asked) == 2
    for order in asked:
        assert {"Hannah Lindqvist", "Tess Okafor", HANNAH, INES, THERESA} <= set(order.secrets)
        assert "Lindqvist" not in repr(order)


def test_a_student_without_a_place_cannot_be_hidden(district: District) -> None:
    with pytest.raises(CannotRedact, match="no box in this picture"):
        copy(district, GRADUATION, HANNAH)


def test_a_picture_that_is_turned_otherwise_than_its_tags_were_is_not_redacted(district: District) -> None:
    stored = district.upload(TEAM)
    turned = replace(stored, tagging=replace(stored.tagging, orientation=6))
    hidden = Decision(Outcome.REDACT, redact=(district.student(HANNAH),))
    with pytest.raises(CannotRedact, match="orientation"):
        made(district.services, copy_recipe(district.services, turned, hidden, urgent=False), district.folder)


def corpus_pictures() -> list[str]:
    root = corpus_root()
    folders = [root / name for name in ("real", "synthetic")] if root else []
    kinds = {".jpg", ".png", ".webp", ".heic"}
    return sorted(
        str(each.relative_to(root)) for folder in folders for each in folder.iterdir() if each.suffix in kinds
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in SOUND if name.endswith(".jpg")])
def test_tags_and_copies_take_a_made_picture_for_turned_alike(name: str, tmp_path: Path) -> None:
    path = tmp_path / "made.jpg"
    path.write_bytes(SOUND[name])
    frame = make_copy.door.frame_of(path)
    assert frame is not None
    assert frame.orientation == (read_local(path).orientation or 1)


@pytest.mark.parametrize("quarters", range(4))
def test_tags_and_copies_take_a_heic_for_turned_alike(quarters: int, tmp_path: Path) -> None:
    path = tmp_path / "made.heic"
    path.write_bytes(heic(picture(192, 160), quarters=quarters))
    frame = make_copy.door.frame_of(path)
    assert frame is not None
    assert frame.orientation == read_local(path).orientation == (1, 8, 3, 6)[quarters]


@requires_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("name", corpus_pictures())
def test_tags_and_copies_take_a_picture_for_turned_alike(name: str) -> None:
    root = corpus_root()
    assert root is not None
    try:
        frame = make_copy.door.frame_of(root / name)
    except CannotRedact as error:
        pytest.skip(str(error))
    assert frame is not None
    assert frame.orientation == (read_local(root / name).orientation or 1)


# What was found of a source's coding


DANCE = "events/dance.jpg"
LARGE = encode(noise(320, 320, 3), quality=98)
"""A picture of which it pays to keep what was found."""


def upload_large(district: District, body: bytes = LARGE) -> None:
    put_candid(district, DANCE, THERESA, body=body)


def copied_and_kept(district: District, services: Services | None = None) -> Copy:
    services = services or district.services
    wanted = recipe(district, DANCE)
    copied = made(services, wanted, district.folder)
    keep_codings(services, {wanted.stored.asset.id: copied.coding} if copied.coding else {})
    return copied


def test_a_coding_is_decoded_for_the_first_copy_alone(district: District, decoded: list[int]) -> None:
    upload_large(district)
    first = copied_and_kept(district)
    second = copied_and_kept(district)
    assert len(decoded) == 1
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.coding is not None
    assert second.coding is None
    assert BEFORE in second.proof["checks"]
    assert BEFORE not in first.proof["checks"]


def test_nothing_is_kept_of_a_small_picture(district: District) -> None:
    upload_large(district, encode(noise(64, 64, 3)))
    assert copied_and_kept(district).coding is None


def test_nothing_is_kept_of_a_coding_that_the_copy_does_not_have(district: District) -> None:
    upload_large(district, encode(noise(320, 320, 3), quality=98, progressive=True))
    assert copied_and_kept(district).coding is None


def test_what_was_found_of_a_source_says_nothing_of_the_one_in_its_place(
    district: District, decoded: list[int]
) -> None:
    upload_large(district)
    copied_and_kept(district)
    upload_large(district, encode(noise(320, 320, 4), quality=98))
    copied_and_kept(district)
    assert len(decoded) == 2


def test_what_was_found_is_of_the_bytes_not_of_the_version(district: District, decoded: list[int]) -> None:
    upload_large(district)
    kept_coding = copied_and_kept(district).coding
    assert kept_coding is not None
    upload_large(district, encode(noise(320, 320, 4), quality=98))
    # Somebody may have written into the table, or taken an old backup of it.
    keep_codings(district.services, {recipe(district, DANCE).stored.asset.id: kept_coding})
    copied_and_kept(district)
    assert len(decoded) == 2


@pytest.mark.parametrize("written", [hashlib.sha256(LARGE).hexdigest(), f"coding 5 {'0' * 64}", ""])
def test_what_somebody_wrote_there_without_the_key_is_not_believed(
    district: District, decoded: list[int], written: str
) -> None:
    upload_large(district)
    keep_codings(district.services, {recipe(district, DANCE).stored.asset.id: written})
    copied_and_kept(district)
    assert len(decoded) == 1


def test_what_was_found_with_another_key_is_not_believed(district: District, decoded: list[int]) -> None:
    upload_large(district)
    copied_and_kept(district, replace(district.services, pseudonyms=Pseudonyms("another" * 8)))
    copied_and_kept(district)
    assert len(decoded) == 2


def test_another_way_of_making_copies_looks_at_the_coding_anew(
    district: District, decoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_large(district)
    copied_and_kept(district)
    monkeypatch.setattr(make_copy, "WRITER", make_copy.WRITER + 1)
    assert copied_and_kept(district).coding is not None
    assert len(decoded) == 2


def test_a_set_uses_what_a_share_found(district: District, decoded: list[int]) -> None:
    upload_large(district)
    assert district.share(DANCE).release is not None
    assert exported(district).candids == 1
    assert len(decoded) == 1


def test_a_share_uses_what_a_set_found(district: District, decoded: list[int]) -> None:
    upload_large(district)
    assert exported(district).candids == 1
    release = district.share(DANCE).release
    assert release is not None
    assert BEFORE in release.proof["checks"]
    assert len(decoded) == 1


# The source


def test_the_source_is_fetched_once_into_a_file_that_its_owner_alone_may_read(district: District) -> None:
    district.upload(TEAM)
    wanted = recipe(district, TEAM)
    one = make_proven_copy(district.services, wanted, district.folder)
    fetched = district.folder / "source"
    assert stat.S_IMODE(fetched.stat().st_mode) == 0o600
    assert fetched.read_bytes() == source(district, TEAM)
    district.services.library.delete(TEAM, wanted.stored.asset.version_id)
    other = make_proven_copy(district.services, wanted, district.folder)
    assert one.path != other.path
    assert one.proof == other.proof


def test_a_source_that_was_replaced_meanwhile_is_not_copied(district: District) -> None:
    district.upload(TEAM)
    wanted = recipe(district, TEAM)
    stored = replace(wanted.stored, asset=replace(wanted.stored.asset, etag="0" * 32))
    with pytest.raises(StorageError):
        made(district.services, replace(wanted, stored=stored), district.folder)


def test_a_source_that_is_too_large_is_not_copied(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_copy, "LARGEST_PICTURE", 100)
    with pytest.raises(StorageError, match="100 are read at most"):
        copy(district, TEAM)


# Break-glass


def test_a_picture_is_cleaned_in_an_emergency_too(district: District) -> None:
    urgent, other = copy(district, PORTRAIT, urgent=True), copy(district, PORTRAIT)
    assert urgent.path.read_bytes() == other.path.read_bytes()


def test_an_emergency_is_nothing_that_shows_who_is_to_be_hidden(district: District) -> None:
    district.upload(TEAM)
    assert recipe(district, TEAM, urgent=True).urgent
    assert not recipe(district, TEAM, HANNAH, urgent=True).urgent


@pytest.mark.parametrize(("media_type", "at_once"), [("video/mp4", True), ("audio/wav", True), ("image/jpeg", False)])
def test_a_recording_is_not_cleaned_in_an_emergency(district: District, media_type: str, at_once: bool) -> None:
    stored = district.upload(PORTRAIT)
    asset = replace(stored.asset, media_type=media_type)
    assert (
        needs_no_work(replace(recipe(district, PORTRAIT, urgent=True), stored=replace(stored, asset=asset))) is at_once
    )
    assert not needs_no_work(replace(recipe(district, PORTRAIT), stored=replace(stored, asset=asset)))


def test_a_recording_that_nobody_took_for_one_is_not_cleaned_in_an_emergency(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_copy.formats, "media_type_of", lambda _: "video/mp4")
    asked = refuse(monkeypatch, CannotRedact("the door was reached"))
    with pytest.raises(CannotRedact, match="in an emergency"):
        copy(district, PORTRAIT, urgent=True)
    assert asked == []


# What a recipe's digest depends on


def test_the_same_is_asked_for_with_the_same_digest(district: District) -> None:
    district.upload(TEAM)
    assert recipe(district, TEAM, HANNAH) == recipe(district, TEAM, HANNAH)
    assert recipe(district, TEAM, HANNAH).digest != recipe(district, TEAM, INES).digest != recipe(district, TEAM).digest


def test_a_place_that_is_corrected_changes_the_digest_where_somebody_is_hidden(district: District) -> None:
    district.upload(TEAM)
    hidden, clean = recipe(district, TEAM, HANNAH).digest, recipe(district, TEAM).digest
    looked(district, TEAM, INES, box=OTHER_BOX)
    kept_moved = recipe(district, TEAM, HANNAH).digest
    looked(district, TEAM, HANNAH, box=OTHER_BOX)
    assert len({hidden, kept_moved, recipe(district, TEAM, HANNAH).digest}) == 3
    assert recipe(district, TEAM).digest == clean


CHANGES = ["notice", "purpose", "writer", "secrets", "orientation", "detector", "key", "district", "apart"]


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_a_copy_depends_on_changes_the_digest(
    district: District, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    stored = district.upload(TEAM)
    services, decision, request = district.services, CONSENTED, None
    before = copy_recipe(services, stored, decision, urgent=False).digest
    settings = services.settings
    match what:
        case "notice":
            decision = replace(CONSENTED, basis={"s1": "EX4"})
        case "purpose":
            request = asked()
        case "writer":
            monkeypatch.setattr(make_copy, "WRITER", make_copy.WRITER + 1)
        case "secrets":
            stored = replace(stored, tagging=replace(stored.tagging, appearances=stored.tagging.appearances[1:]))
        case "orientation":
            stored = replace(stored, tagging=replace(stored.tagging, orientation=6))
        case "detector":
            services = replace(services, settings=settings.model_copy(update={"face_score": 0.5}))
        case "key":
            services = replace(services, pseudonyms=Pseudonyms("j" * 40))
        case "district":
            named = settings.district.model_copy(update={"name": "Riverbend"})
            services = replace(services, settings=settings.model_copy(update={"district": named}))
        case "apart":
            monkeypatch.setattr(make_copy, "MOST_APART", make_copy.MOST_APART / 2)
    assert copy_recipe(services, stored, decision, urgent=False, request=request).digest != before


@pytest.mark.parametrize("hook", ["find_people", "redact_media"])
def test_who_looks_for_people_or_redacts_and_in_which_version_changes_the_digest(
    district: District, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    stored = district.upload(TEAM)

    def digest(services: Services) -> str:
        return copy_recipe(services, stored, CONSENTED, urgent=False).digest

    nobody, some = digest(district.services), with_voice(district, Voice(**{hook: None})).services
    before = digest(some)
    monkeypatch.setattr(Voice, "who_answers", lambda *_: ("other 1.1",))
    assert len({nobody, before, digest(some)}) == 3
    reviewing = with_voice(district, Voice(review_decision=None)).services
    monkeypatch.undo()
    assert digest(reviewing) == nobody


def test_what_is_told_of_somebody_who_is_hidden_changes_the_digest(district: District) -> None:
    stored = district.upload(TEAM)
    hannah = district.student(HANNAH)
    told = replace(stored, tagging=replace(stored.tagging, record_pii=(hannah,)))
    hidden = Decision(Outcome.REDACT, redact=(hannah,))

    def digest(of: StoredAsset, decision: Decision) -> str:
        return copy_recipe(district.services, of, decision, urgent=False).digest

    assert digest(told, hidden) != digest(stored, hidden)
    assert digest(told, CONSENTED) == digest(stored, CONSENTED)


# Who is asked besides


def test_a_face_that_belongs_to_nobody_who_is_named_stops_a_copy_that_hides_somebody(district: District) -> None:
    district.upload(TEAM)
    district = with_voice(district, Voice(find_people=[Region(0.0, 0.0, 0.04, 0.04)]))
    with pytest.raises(CannotRedact, match="a face was found that belongs to nobody"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    assert made(district.services, recipe(district, TEAM), district.folder).proof["operation"] == "clean"


def test_faces_of_those_who_are_named_stop_no_copy(district: District) -> None:
    stored = district.upload(TEAM)
    faces = [region for each in stored.tagging.appearances for region in each.regions]
    district = with_voice(district, Voice(find_people=faces))
    assert made(district.services, recipe(district, TEAM, HANNAH), district.folder).proof["operation"] == "boxes"


def test_who_looked_and_said_that_nobody_is_left_to_name_has_the_last_word(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, unidentified=0)
    district = with_voice(district, Voice(find_people=[Region(0.0, 0.0, 0.04, 0.04)]))
    assert made(district.services, recipe(district, TEAM, HANNAH), district.folder).proof["operation"] == "boxes"


def test_a_box_that_is_moved_is_looked_at_again(district: District) -> None:
    stored = district.upload(TEAM)
    faces = [region for each in stored.tagging.appearances for region in each.regions]
    district = with_voice(district, Voice(find_people=faces))
    looked(district, TEAM, unidentified=0)
    looked(district, TEAM, HANNAH, box=Region(0, 0, 0.03, 0.03))
    with pytest.raises(CannotRedact, match="a face was found that belongs to nobody"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    looked(district, TEAM, HANNAH, box=Region(0, 0, 0.03, 0.03), unidentified=0)
    assert made(district.services, recipe(district, TEAM, HANNAH), district.folder).path.exists()


def test_who_counted_people_after_that_takes_back_that_nobody_was_left(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, unidentified=0)
    looked(district, TEAM, unidentified=1)
    district = with_voice(district, Voice(find_people=[Region(0.0, 0.0, 0.04, 0.04)]))
    with pytest.raises(CannotRedact, match="a face was found that belongs to nobody"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)


def test_who_takes_back_that_nobody_was_left_has_no_last_word(district: District) -> None:
    district.upload(TEAM)
    look = replace(saw(district, unidentified=0), by=Actor("media_staff", "maria"))
    look_at(district.services, TEAM, look)
    look_at(district.services, TEAM, Look(district.services.now(), look.by, takes_back=look.at))
    district = with_voice(district, Voice(find_people=[Region(0.0, 0.0, 0.04, 0.04)]))
    with pytest.raises(CannotRedact, match="a face was found that belongs to nobody"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)


def test_who_says_so_alone_where_it_takes_two_has_no_last_word(district: District) -> None:
    district.upload(TEAM)
    looked_unseen(district, TEAM, unidentified=0, waits=True)
    district = with_voice(district, Voice(find_people=[Region(0.0, 0.0, 0.04, 0.04)]))
    with pytest.raises(CannotRedact, match="a face was found that belongs to nobody"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)


def test_a_picture_that_no_detector_could_look_at_is_looked_at_by_a_person(district: District) -> None:
    district.upload(TEAM)
    district = with_voice(district, Voice(find_people=None))
    with pytest.raises(CannotRedact, match="cannot look at this picture"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    looked(district, TEAM, unidentified=0)
    assert made(district.services, recipe(district, TEAM, HANNAH), district.folder).proof["operation"] == "boxes"


def test_a_picture_that_is_too_large_for_a_detector_is_looked_at_by_a_person(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    monkeypatch.setattr(make_copy, "DETECTOR_LIMIT", 100)
    assert made(district.services, recipe(district, TEAM, HANNAH), district.folder).proof["operation"] == "boxes"
    district = with_voice(district, Voice(find_people=[]))
    with pytest.raises(CannotRedact, match="cannot look at this picture"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)


def test_a_detector_that_fails_is_not_a_detector_that_found_nobody(district: District) -> None:
    district.upload(TEAM)
    district = with_voice(district, Voice(find_people=FAILED))
    with pytest.raises(CannotRedact, match=r"'other' failed \(error e77\)"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)


class Redacting(Voice):
    """A third party that redacts."""

    redacts = True

    def redact_media(self, *given: Any) -> Any:
        self.told.append(("redact_media", given[1:]))
        return self._answer("redact_media")


@pytest.fixture
def foreign(district: District, monkeypatch: pytest.MonkeyPatch) -> tuple[District, list[Any]]:
    """A district whose door asks others alone; what they answered."""
    answers: list[Any] = []

    def make(source: Path, order: Order, folder: Path, **more: Any) -> Made:
        with source.open("rb") as file:
            answers.append(more["redact_media"](file, "application/x-film", [BOX], [Interval(1, 2)]))
        (folder / "copy.png").write_bytes(b"")
        return Made(folder / "copy.png", "image/png", ".png", Proof(hashlib.sha256().hexdigest(), ("flat",)), "boxes")

    monkeypatch.setattr(make_copy.door, "make", make)
    district.upload(TEAM)
    looked(district, TEAM, unidentified=0)
    return district, answers


def test_a_third_party_is_asked_for_what_we_do_not_know(foreign: tuple[District, list[Any]]) -> None:
    district, answers = foreign
    voice = Redacting(redact_media=b"a copy")
    district = with_voice(district, voice)
    made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    assert answers == [b"a copy"]
    assert voice.told == [("redact_media", ("application/x-film", [BOX], [Interval(1, 2)]))]


def test_a_third_party_that_cannot_answers_nothing(foreign: tuple[District, list[Any]]) -> None:
    district, answers = foreign
    district = with_voice(district, Redacting())
    made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    assert answers == [None]


def test_a_third_party_that_fails_refuses(foreign: tuple[District, list[Any]]) -> None:
    district, answers = foreign
    district = with_voice(district, Redacting(redact_media=FAILED))
    with pytest.raises(CannotRedact, match=r"'other' failed \(error e77\)"):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    assert answers == []


@pytest.fixture
def offered(district: District, monkeypatch: pytest.MonkeyPatch) -> tuple[District, list[Any]]:
    """A district with a third party that redacts; what the door was given to ask it with."""
    given: list[Any] = []

    def make(*_: Any, **more: Any) -> Made:
        given.append(more["redact_media"])
        raise CannotRedact("no")

    monkeypatch.setattr(make_copy.door, "make", make)
    district.upload(TEAM)
    looked(district, TEAM, unidentified=0)
    return with_voice(district, Redacting(redact_media=b"a copy")), given


@pytest.mark.parametrize(("hidden", "urgent"), [((), False), ((), True)], ids=["clean", "urgent"])
def test_no_third_party_makes_a_copy_that_hides_nobody(
    offered: tuple[District, list[Any]], hidden: tuple[str, ...], urgent: bool
) -> None:
    district, given = offered
    with pytest.raises(CannotRedact):
        made(district.services, recipe(district, TEAM, *hidden, urgent=urgent), district.folder)
    assert given == [None]


@pytest.mark.parametrize("where", [{"intervals": (Interval(1, 2),)}, {"keyframes": (Keyframe(1, BOX, 2),)}])
def test_no_third_party_makes_a_picture_of_what_has_times(
    offered: tuple[District, list[Any]], where: dict[str, Any]
) -> None:
    district, given = offered
    stored = kept(district.services, TEAM)
    seen = Appearance(district.student(HANNAH), "focus", regions=(BOX,), **where)
    tagged = replace(stored, tagging=replace(stored.tagging, appearances=(seen,)))
    hidden = Decision(Outcome.REDACT, redact=(district.student(HANNAH),))
    with pytest.raises(CannotRedact):
        made(district.services, copy_recipe(district.services, tagged, hidden, urgent=False), district.folder)
    assert given == [None]


@pytest.mark.parametrize("media_type", ["video/x-matroska", "audio/aiff"])
def test_no_third_party_is_asked_for_a_picture_of_a_recording(
    offered: tuple[District, list[Any]], media_type: str
) -> None:
    district, given = offered
    with pytest.raises(CannotRedact):
        made(district.services, recipe(district, TEAM, HANNAH), district.folder)
    assert given[0](io.BytesIO(), media_type, [BOX], []) is None
    assert given[0](io.BytesIO(), "application/octet-stream", [BOX], []) == b"a copy"
    assert not third_party_redacts(district.services, media_type)
    assert third_party_redacts(district.services, "image/x-unknown")


# Recordings


@pytest.fixture
def film(district: District, monkeypatch: pytest.MonkeyPatch) -> StoredAsset:
    """A recording in which Hannah is, and the door's answer to it is a refusal: what comes before is looked at."""
    monkeypatch.setattr(make_copy.formats, "media_type_of", lambda _: "video/mp4")
    monkeypatch.setattr(
        make_copy.copy_recording, "probe", lambda *_: Recording("video/mp4", 60.0, (640, 360), sound=True)
    )
    refuse(monkeypatch, CannotRedact("the door was reached"))
    stored = district.upload(TEAM)
    return replace(stored, asset=replace(stored.asset, media_type="video/mp4"))


def hidden_in(district: District, film: StoredAsset, **where: Any) -> Recipe:
    hannah = district.student(HANNAH)
    tagging = replace(film.tagging, appearances=(Appearance(hannah, "focus", **where),))
    decision = Decision(Outcome.REDACT, redact=(hannah,))
    return copy_recipe(district.services, replace(film, tagging=tagging), decision, urgent=False)


PRESENT, COVERED = (Interval(10, 18),), (Keyframe(10, BOX, 18),)


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"regions": (BOX,)}, "a box without a time places nobody"),
        ({"regions": (BOX,), "heard": PRESENT}, "a box without a time places nobody"),
        ({"keyframes": COVERED}, "nobody has said when .* from first to last"),
        ({"keyframes": COVERED, "heard": PRESENT}, "nobody has said when .* from first to last"),
        ({"intervals": PRESENT, "regions": (BOX,)}, "no box says where .* from 10 to 18 s: write ID@x,y,w,h@10-18"),
        ({"intervals": PRESENT, "keyframes": (Keyframe(10, BOX, 17),)}, "no box says where .* from 17 to 18 s"),
        (
            {"intervals": PRESENT, "keyframes": (Keyframe(10, BOX), Keyframe(18, BOX))},
            "around 10 s is marked once alone",
        ),
        ({"intervals": PRESENT, "keyframes": (*COVERED, Keyframe(40, BOX))}, "around 40 s is marked once alone"),
        ({"intervals": PRESENT, "keyframes": COVERED}, "the door was reached"),
        ({"intervals": PRESENT, "keyframes": COVERED, "heard": (Interval(30, 40),)}, "the door was reached"),
        ({"heard": PRESENT}, "the door was reached"),
    ],
    ids=[
        "a box without a time",
        "a box without a time, and a voice",
        "no presence",
        "a voice, but no presence",
        "a presence, and a box without a time",
        "a gap",
        "two moments far apart",
        "one moment alone",
        "seen",
        "seen and heard",
        "heard",
    ],
)
def test_of_a_recording_it_has_to_be_known_when_somebody_is_there_and_where(
    district: District, film: StoredAsset, where: dict[str, Any], why: str
) -> None:
    with pytest.raises(CannotRedact, match=why):
        made(district.services, hidden_in(district, film, **where), district.folder)


def test_where_nothing_is_seen_nobody_has_to_be_covered(
    district: District, film: StoredAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_copy.copy_recording, "probe", lambda *_: Recording("audio/mp4", 60.0, sound=True))
    with pytest.raises(CannotRedact, match="the door was reached"):
        made(district.services, hidden_in(district, film, intervals=PRESENT), district.folder)


@pytest.mark.parametrize("key", [CLIP, WAV], ids=["a video", "sound"])
def test_the_proof_of_a_recordings_copy_says_how_long_it_plays(district: District, key: str) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    made_copy = copy(district, key)
    assert made_copy.proof["duration"] == pytest.approx(probe(made_copy.path).duration)
    assert made_copy.proof["duration"] > 1


def test_a_videos_copy_ends_with_the_notice_and_sound_carries_none(district: District) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    told = {}
    for key in (CLIP, WAV):
        stored = district.upload(key)
        wanted = copy_recipe(district.services, stored, CONSENTED, urgent=False, request=asked("a hearing"))
        told[key] = made(district.services, wanted, district.folder)
    body = told[CLIP].path.read_bytes()
    assert body.count(b"Released to law enforcement (officer-12) for: a hearing") == 2
    assert body.endswith(b'<?xpacket end="r"?>')
    assert told[CLIP].proof["notice"] is True
    assert b"34 CFR" not in told[WAV].path.read_bytes()
    assert "notice" not in told[WAV].proof
    assert copy(district, CLIP).proof["notice"] is False


def test_the_proof_of_a_picture_has_no_duration(district: District) -> None:
    assert "duration" not in copy(district, TEAM).proof


# What a copy is called


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
