"""What an event tells and what it describes: sidecars, versions without a question, limits from the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from district import CUSTODIAN, GRADUATION, HANNAH, INES, TEAM, UNTITLED, District
from made_files import bag, exif_segment, iptc_segment, jpeg, packet, xmp_segment
from use_cases import kept, listening

from dam_plugin.admin.reconcile import reconcile
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import StorageError
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import forget_if_gone, take_in
from dam_plugin.intake.examine import SIDECAR_LIMIT, reading_limits
from dam_plugin.intake.two_people import let_go
from dam_plugin.model import AssetEvent
from dam_plugin.settings import Settings
from dam_plugin.store import StoredAsset, SystemUser

FOLDER = GRADUATION.rpartition("/")[0]
PICASA = (
    b"[Contacts2]\n1234567890abcdef=Ines Ferrante;;\n"
    b"[untitled-0031.jpg]\nfaces=rect64(3f845bcb59418507),1234567890abcdef\n"
)


def sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()


def put(district: District, key: str, body: bytes) -> AssetEvent:
    head = district.services.library.put(key, body, media_type="application/octet-stream")
    return AssetEvent(key, head.version_id, head.etag, size=head.size)


def names_of(district: District, roster_id: str) -> str:
    with district.services.store.reading() as unit:
        return next(each.names[0] for each in unit.people.students() if each.id == district.student(roster_id))


def students(stored: StoredAsset) -> set[str]:
    return {each.student for each in stored.tagging.appearances}


def reasons(stored: StoredAsset) -> str:
    return "; ".join(each.why for each in stored.tagging.findings)


def sidecar(name: str) -> bytes:
    return packet(bag("Iptc4xmpExt:PersonInImage", [name]))


# Sidecars


@pytest.mark.parametrize(
    "name",
    [
        *("inbox/untitled-0031.xmp", "inbox/untitled-0031.jpg.xmp", "inbox/untitled-0031.XMP"),
        *("inbox/untitled-0031.NEF.xmp", "inbox/untitled-0031.jpeg.xmp"),
    ],
)
def test_a_sidecar_that_comes_later_tags_the_recording_beside_it_again(district: District, name: str) -> None:
    assert students(district.upload(UNTITLED)) == set()
    assert take_in(district.services, put(district, name, sidecar(names_of(district, INES)))) is None
    assert students(kept(district.services, UNTITLED)) == {district.student(INES)}


def test_the_file_of_a_folder_tags_everything_in_it_again_and_nothing_below(district: District) -> None:
    for key in (UNTITLED, "inbox/second.jpg", "inbox/below/third.jpg"):
        district.upload(key, sample(UNTITLED))
    ini = PICASA.replace(b"Ines Ferrante", names_of(district, INES).encode())
    asked: list[str] = []

    def hear(name: str, *arguments: Any, **_: Any) -> None:
        if name == "open":
            asked.append(arguments[0])

    take_in(listening(district.services, hear), put(district, "inbox/.picasa.ini", ini))
    assert set(asked) >= {UNTITLED, "inbox/second.jpg"}
    assert "inbox/below/third.jpg" not in asked
    assert students(kept(district.services, UNTITLED)) == {district.student(INES)}
    assert students(kept(district.services, "inbox/second.jpg")) == set()


@pytest.mark.parametrize("name", [".picasa.ini", "Picasa.ini", ".Picasa.ini"])
def test_the_file_of_a_folder_is_read_under_each_name_that_picasa_gave_it(district: District, name: str) -> None:
    district.upload(UNTITLED)
    ini = PICASA.replace(b"Ines Ferrante", names_of(district, INES).encode())
    assert take_in(district.services, put(district, f"inbox/{name}", ini)) is None
    assert students(kept(district.services, UNTITLED)) == {district.student(INES)}


def test_the_file_of_the_topmost_folder_describes_what_lies_there(district: District) -> None:
    district.upload("untitled-0031.jpg", sample(UNTITLED))
    ini = PICASA.replace(b"Ines Ferrante", names_of(district, INES).encode())
    take_in(district.services, put(district, ".picasa.ini", ini))
    assert students(kept(district.services, "untitled-0031.jpg")) == {district.student(INES)}


def test_a_sidecar_that_is_gone_counts_until_the_custodian_lets_it_go(district: District) -> None:
    put(district, "inbox/untitled-0031.xmp", sidecar(names_of(district, HANNAH)))
    assert students(district.upload(UNTITLED)) == {district.student(HANNAH)}
    district.services.library.delete("inbox/untitled-0031.xmp")
    assert forget_if_gone(district.services, "inbox/untitled-0031.xmp") is False
    assert students(kept(district.services, UNTITLED)) == {district.student(HANNAH)}
    let_go(district.services, UNTITLED, "it was another picture's", CUSTODIAN, SystemUser("1", "ada"))
    assert students(kept(district.services, UNTITLED)) == set()


def test_one_recording_that_fails_does_not_keep_the_others_from_their_turn(district: District) -> None:
    for key in ("inbox/a.jpg", "inbox/b.jpg"):
        district.upload(key, sample(UNTITLED))
    asked: list[str] = []

    def hear(name: str, *arguments: Any, **_: Any) -> None:
        if name == "open":
            asked.append(arguments[0])
            if arguments[0] == "inbox/a.jpg":
                raise StorageError("no answer")

    with pytest.raises(StorageError, match="1 of 2 recordings"):
        take_in(listening(district.services, hear), put(district, "inbox/.picasa.ini", PICASA))
    assert "inbox/b.jpg" in asked


def test_a_damaged_sidecar_holds_the_recording(district: District) -> None:
    district.upload(TEAM)
    take_in(district.services, put(district, f"{TEAM}.xmp", b"<x:xmpmeta"))
    assert district.release_tag(TEAM) == "hold"


@pytest.mark.parametrize("name", [f"{GRADUATION}.xmp", f"{FOLDER}/.picasa.ini", f"{FOLDER}/Picasa.ini"])
def test_a_sidecar_that_is_too_large_holds_the_recording_and_its_links(district: District, name: str) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    assert answer.token is not None
    take_in(district.services, put(district, name, b" " * (SIDECAR_LIMIT + 1)))
    assert (kept(district.services, GRADUATION).tagging.state, district.release_tag(GRADUATION)) == ("failed", "hold")
    assert "the sidecar is larger than 4 MiB" in reasons(kept(district.services, GRADUATION))
    assert open_link(district.services, answer.token).url is None


@pytest.mark.parametrize("name", ["untitled-0031.Xmp", "untitled-0031.jpg.Xmp", "untitled-0031_01.jpg.xmp"])
@pytest.mark.parametrize("first", ["sidecar", "recording"])
def test_a_sidecar_with_an_unusual_name_is_read(district: District, name: str, first: str) -> None:
    body = sidecar(names_of(district, INES))
    if first == "sidecar":
        put(district, f"inbox/{name}", body)
    district.upload(UNTITLED)
    if first == "recording":
        take_in(district.services, put(district, f"inbox/{name}", body))
    assert students(kept(district.services, UNTITLED)) == {district.student(INES)}


def test_the_sidecar_of_a_numbered_recording_is_no_duplicate_of_another(district: District) -> None:
    district.upload("inbox/untitled-0031_01.jpg", sample(UNTITLED))
    district.upload(UNTITLED)
    name = "inbox/untitled-0031_01.jpg.xmp"
    take_in(district.services, put(district, name, sidecar(names_of(district, INES))))
    assert students(kept(district.services, "inbox/untitled-0031_01.jpg")) == {district.student(INES)}
    assert kept(district.services, UNTITLED).tagging.state == "pending"


# Questions that an event answers


def heads(district: District, event: AssetEvent) -> tuple[StoredAsset | None, int]:
    """What is kept after an event, and how often the bucket was asked what is newest."""
    count = 0

    def hear(name: str, *_: object, **__: object) -> None:
        nonlocal count
        count += name == "head"

    stored = take_in(listening(district.services, hear), event)
    return stored, count


def with_sequencer(event: AssetEvent, sequencer: str | None) -> AssetEvent:
    return AssetEvent(event.key, event.version_id, event.etag, sequencer, event.size)


def test_an_event_that_tells_everything_spares_the_question(district: District) -> None:
    stored, count = heads(district, with_sequencer(put(district, TEAM, sample(TEAM)), "0A"))
    assert stored is not None
    assert (stored.sequencer, count) == ("0A", 0)
    assert district.release_tag(TEAM) == "staff"


@pytest.mark.parametrize("lacking", ["version_id", "etag", "sequencer", "size"])
def test_an_event_that_lacks_something_has_the_bucket_asked(district: District, lacking: str) -> None:
    event = with_sequencer(put(district, TEAM, sample(TEAM)), "0A")
    told = {name: getattr(event, name) for name in ("version_id", "etag", "sequencer", "size")} | {lacking: None}
    assert heads(district, AssetEvent(TEAM, **told))[1] == 1


@pytest.mark.parametrize(("first", "second"), [("0A", "0B"), ("0a", "0B"), ("0A", "0A1"), ("0A0", "0A1")])
def test_a_newer_event_is_taken_at_its_word(district: District, first: str, second: str) -> None:
    heads(district, with_sequencer(put(district, TEAM, sample(TEAM)), first))
    newer = with_sequencer(put(district, TEAM, sample(UNTITLED)), second)
    stored, count = heads(district, newer)
    assert stored is not None
    assert (stored.asset.version_id, count) == (newer.version_id, 0)


@pytest.mark.parametrize(("first", "second"), [("0B", "0A"), ("0B", "0B"), ("0B", "0b0"), ("0A1", "0A")])
def test_an_older_event_changes_nothing(district: District, first: str, second: str) -> None:
    older = put(district, TEAM, sample(UNTITLED))
    newest, _ = heads(district, with_sequencer(put(district, TEAM, sample(TEAM)), first))
    stored, count = heads(district, with_sequencer(older, second))
    assert (stored, count) == (newest, 1)


def test_where_what_is_kept_has_no_order_the_bucket_is_asked(district: District) -> None:
    older = put(district, TEAM, sample(UNTITLED))
    newest = district.upload(TEAM)
    assert heads(district, with_sequencer(older, "0A")) == (newest, 1)


def test_an_event_of_a_version_that_is_gone_is_answered_by_the_bucket(district: District) -> None:
    gone = with_sequencer(put(district, TEAM, sample(TEAM)), "0A")
    district.services.library.delete(TEAM, gone.version_id)
    newest = put(district, TEAM, sample(UNTITLED))
    stored, count = heads(district, gone)
    assert stored is not None
    assert (stored.asset.version_id, count) == (newest.version_id, 1)


# Limits


def test_the_limits_are_the_settings() -> None:
    limits = reading_limits(Settings(metadata_seconds=3, metadata_megabytes=300))
    assert (limits.seconds, limits.megabytes, limits.exiftool) == (3, 300, None)


def test_an_exiftool_that_is_not_installed_is_not_asked(tmp_path: Path) -> None:
    assert reading_limits(Settings(exiftool=str(tmp_path / "exiftool"))).exiftool is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [("true", "exiftool"), (True, "exiftool"), ("false", None), (False, None), ("/opt/exiftool", "/opt/exiftool")],
)
def test_exiftool_is_switched_on_by_a_word_or_a_path(tmp_path: Path, written: object, expected: str | None) -> None:
    assert Settings(exiftool=written).exiftool == expected
    if isinstance(written, str):
        assert Settings.load(tmp_path, {"DAM_PLUGIN_EXIFTOOL": written}).exiftool == expected


# Sidecars that are files of their own elsewhere


def takeout(name: str) -> bytes:
    return json.dumps({"title": "untitled-0031.jpg", "people": [{"name": name}]}).encode()


@pytest.mark.parametrize(
    "name",
    ["untitled-0031.jpg.json", "untitled-0031.jpg.supplemental-metadata.json", "untitled-0031.jpg.suppl.json"],
)
@pytest.mark.parametrize("first", ["sidecar", "recording"])
def test_takeouts_json_names_who_is_in_the_picture_beside_it(district: District, name: str, first: str) -> None:
    body = takeout(names_of(district, INES))
    if first == "sidecar":
        put(district, f"inbox/{name}", body)
    district.upload(UNTITLED)
    if first == "recording":
        assert take_in(district.services, put(district, f"inbox/{name}", body)) is None
    assert students(kept(district.services, UNTITLED)) == {district.student(INES)}


def test_takeouts_json_of_a_numbered_picture_is_of_no_other(district: District) -> None:
    for key in (UNTITLED, "inbox/untitled-0031(1).jpg"):
        district.upload(key, sample(UNTITLED))
    take_in(district.services, put(district, "inbox/untitled-0031.jpg(1).json", takeout(names_of(district, INES))))
    assert students(kept(district.services, "inbox/untitled-0031(1).jpg")) == {district.student(INES)}
    assert students(kept(district.services, UNTITLED)) == set()


@pytest.mark.parametrize("name", ["notes.txt", "inbox/other.json", "inbox/metadata.json", "subtitles.srt"])
def test_a_text_that_describes_nothing_stays_a_file_of_its_own_and_is_held(district: District, name: str) -> None:
    district.upload(UNTITLED)
    stored = take_in(district.services, put(district, name, b"{}"))
    assert stored is not None
    assert (stored.tagging.state, stored.release_tag) == ("failed", "hold")


def test_a_note_that_came_before_its_picture_is_no_recording_once_the_picture_is_there(district: District) -> None:
    note = "inbox/untitled-0031.txt"
    assert take_in(district.services, put(district, note, b"hello")) is not None
    district.upload(UNTITLED)
    reconcile(district.services)
    with district.services.store.reading() as unit:
        assert unit.assets.current(note) is None
        assert unit.assets.current(UNTITLED) is not None
    assert reconcile(district.services).forgotten == 0


def test_the_json_of_an_album_tags_what_takeout_describes_in_its_folder(district: District) -> None:
    district.upload(UNTITLED)
    put(district, "inbox/untitled-0031.jpg.json", b"{}")
    album = json.dumps({"title": f"Farewell of {names_of(district, INES)}"}).encode()
    assert take_in(district.services, put(district, "inbox/metadata.json", album)) is None
    assert students(kept(district.services, UNTITLED)) == {district.student(INES)}


def test_whom_takeouts_json_named_stays_when_it_is_gone_until_a_person_says_yes(district: District) -> None:
    name = "inbox/untitled-0031.jpg.json"
    put(district, name, takeout(names_of(district, INES)))
    assert students(district.upload(UNTITLED)) == {district.student(INES)}
    district.services.library.delete(name)
    forget_if_gone(district.services, name)
    stored = kept(district.services, UNTITLED)
    assert students(stored) == {district.student(INES)}
    assert (stored.loosens, stored.sidecars) == (True, ())


def test_a_note_that_cannot_be_read_holds_the_recording(district: District) -> None:
    district.upload(TEAM)
    take_in(district.services, put(district, f"{TEAM}.json", b"{"))
    assert district.release_tag(TEAM) == "hold"


@pytest.mark.parametrize(
    "inside",
    [
        exif_segment({33432: "DO NOT POST - parents said no"}),
        iptc_segment([(2, 110, b"opted out")]),
        xmp_segment(packet("<photoshop:CaptionWriter>Media release: no</photoshop:CaptionWriter>")),
    ],
)
def test_a_sign_of_no_in_a_line_of_rights_or_credit_holds_the_recording(district: District, inside: bytes) -> None:
    picture = jpeg(inside)
    stored = district.upload(UNTITLED, picture)
    assert (stored.tagging.state, stored.release_tag) == ("failed", "hold")
    assert "sign of no" in reasons(stored)


def test_a_note_in_an_encoding_that_is_not_known_holds_the_recording(district: District) -> None:
    district.upload(TEAM)
    take_in(
        district.services,
        put(
            district,
            f"{TEAM}.txt",
            "\u041d\u0435 \u043f\u0443\u0431\u043b\u0438\u043a\u043e\u0432\u0430\u0442\u044c".encode("cp1251"),
        ),
    )
    assert district.release_tag(TEAM) == "hold"
    assert "encoding that is not known" in reasons(kept(district.services, TEAM))


def test_a_note_that_is_too_large_holds_the_recording(district: District) -> None:
    district.upload(TEAM)
    take_in(district.services, put(district, f"{TEAM}.txt", b" " * (SIDECAR_LIMIT + 1)))
    assert district.release_tag(TEAM) == "hold"
