from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from district import (
    BROKEN,
    CALEB,
    GRADUATION,
    HALLWAY,
    HANNAH,
    INES,
    MEDIA_STAFF,
    NOAH,
    OWEN,
    PORTRAIT,
    TEAM,
    UNTITLED,
    District,
)
from made_files import jpeg, packet, xmp_segment
from use_cases import (
    FAILED,
    Voice,
    entries,
    interrupted,
    is_known,
    kept,
    link_of,
    listening,
    looked,
    open_copies,
    raising,
    releases,
    saw,
    with_voice,
)

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import AssetMissing, StorageError, UnknownThing
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import forget_if_gone, is_asset, look_up, tag_newest, take_in
from dam_plugin.intake.keep_look import look_at
from dam_plugin.library.s3 import Library
from dam_plugin.model import AssetEvent, Facts, Finding, OfficialUse, Region
from dam_plugin.store import Portrait, StoredAsset
from dam_tagging.facts import About, NamedPerson
from dam_tagging.rules.load import load_rules


def sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()


def put(district: District, key: str, body: bytes | None = None) -> None:
    district.services.library.put(key, sample(key) if body is None else body, media_type="image/jpeg")


def restrictions(stored: StoredAsset) -> tuple[object, ...]:
    tagging = stored.tagging
    return tagging.official_uses, tagging.closed, tagging.confidential


# What is an asset, and what its tags say


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a.jpg", True),
        ("xmp/a.jpg", True),
        ("unreleased/a.jpg", True),
        ("Released/a.jpg", True),
        ("released/r-1/a.jpg", False),
        ("a.xmp", False),
        ("a.jpg.XMP", False),
        ("a.Xmp", False),
        ("roll/.picasa.ini", False),
        ("roll/Picasa.ini", False),
        (".Picasa.ini", False),
        ("roll/notpicasa.ini", True),
        ("roll/", False),
    ],
)
def test_sidecars_folders_and_our_own_copies_are_no_assets(key: str, expected: bool) -> None:
    assert is_asset(key) is expected


def test_an_event_of_our_own_copy_is_not_even_looked_up(district: District) -> None:
    services = listening(district.services, raising(AssertionError("the bucket was asked")))
    assert take_in(services, AssetEvent("released/r-1/x.jpg")) is None


@pytest.mark.parametrize(
    ("key", "state", "release"),
    [
        (TEAM, "complete", "staff"),
        (UNTITLED, "pending", "staff"),
        (BROKEN, "failed", "hold"),
        (HALLWAY, "complete", "hold"),
    ],
    ids=["named", "names nobody", "broken", "discipline"],
)
def test_what_the_file_says_decides_who_may_read_the_original(
    district: District, key: str, state: str, release: str
) -> None:
    stored = district.upload(key)
    tags = district.services.library.tags(key)
    assert (stored.tagging.state, stored.release_tag) == (state, release)
    assert (tags["dam-tagging"], tags["dam-release"]) == (state, release)


def test_object_tags_hold_pseudonyms_and_no_name_or_number(district: District) -> None:
    district.upload(TEAM)
    tags = district.services.library.tags(TEAM)
    assert tags["dam-students"].split() == sorted(district.student(each) for each in ("104203", INES, HANNAH))
    assert tags["dam-related"] == "3"
    with district.services.store.reading() as unit:
        people = unit.people.students()
    written = {word for text in (*tags, *tags.values()) for word in text.casefold().split()}
    secrets = {part for each in people for text in (*each.names, each.roster_id) for part in text.casefold().split()}
    assert written & secrets == set()


def test_tags_that_others_set_stay(district: District) -> None:
    district.services.library.put(
        TEAM, sample(TEAM), media_type="image/jpeg", tags={"project": "yearbook", "dam-release": "open"}
    )
    take_in(district.services, AssetEvent(TEAM))
    tags = district.services.library.tags(TEAM)
    assert (tags["project"], tags["dam-release"]) == ("yearbook", "staff")


def test_an_original_is_never_open_whatever_was_uploaded_with_it(district: District) -> None:
    for key in (TEAM, BROKEN, UNTITLED, HALLWAY):
        district.upload(key)
        assert district.release_tag(key) in ("hold", "staff")


# Events


def test_an_event_that_comes_twice_changes_nothing(district: District) -> None:
    first = district.upload(TEAM)
    before = district.services.library.tags(TEAM)
    assert take_in(district.services, AssetEvent(TEAM, sequencer="00A1")) == first
    assert kept(district.services, TEAM) == first
    assert district.services.library.tags(TEAM) == before


def test_the_event_of_an_older_version_tags_the_newest(district: District) -> None:
    put(district, TEAM)
    old = district.services.library.head(TEAM)
    new = district.upload(TEAM, sample(GRADUATION))
    assert take_in(district.services, AssetEvent(TEAM, old.version_id, old.etag)) == new
    assert kept(district.services, TEAM).asset.version_id == new.asset.version_id


def test_a_worker_that_is_late_never_overwrites_a_newer_version(district: District) -> None:
    put(district, TEAM)
    newer: list[StoredAsset] = []
    late = interrupted(district.services, 1, lambda: newer.append(district.upload(TEAM, sample(GRADUATION))))
    assert take_in(late, AssetEvent(TEAM)) == newer[0]
    assert kept(district.services, TEAM) == newer[0]
    with district.services.store.reading() as unit:
        assert [stored.asset.id for stored in unit.assets.all_current()] == [newer[0].asset.id]


def test_an_object_that_is_replaced_faster_than_it_is_tagged_comes_again_later(district: District) -> None:
    put(district, TEAM)
    bodies = iter([sample(GRADUATION), sample(PORTRAIT)] * 10)

    class Restless:
        def __getattr__(self, name: str) -> object:
            return getattr(district.services.store, name)

        def writing(self) -> object:
            district.upload(TEAM, next(bodies))
            put(district, TEAM, next(bodies))
            return district.services.store.writing()

    with pytest.raises(StorageError, match="faster than it can be tagged"):
        take_in(replace(district.services, store=Restless()), AssetEvent(TEAM))


def test_what_was_deleted_before_we_came_is_nothing(district: District) -> None:
    put(district, TEAM)
    district.services.library.delete(TEAM)
    assert take_in(district.services, AssetEvent(TEAM)) is None
    assert not is_known(district.services, TEAM)


def test_a_failure_between_keeping_and_tagging_is_put_right_by_the_event_that_comes_again(district: District) -> None:
    put(district, HALLWAY)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "write_tags":
            raise StorageError("no answer")

    with pytest.raises(StorageError):
        take_in(listening(district.services, hear), AssetEvent(HALLWAY))
    assert "dam-release" not in district.services.library.tags(HALLWAY)
    take_in(district.services, AssetEvent(HALLWAY))
    assert district.release_tag(HALLWAY) == "hold"


def test_tags_written_late_do_not_undo_a_look_that_came_in_between(district: District) -> None:
    put(district, TEAM)
    looks: list[StoredAsset] = []

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "write_tags" and not looks:
            looks.append(kept(district.services, TEAM))
            looked(district, TEAM, closed="security plan")

    take_in(listening(district.services, hear), AssetEvent(TEAM))
    assert looks[0].release_tag == "staff"
    assert district.release_tag(TEAM) == "hold"


def test_tags_that_never_come_to_rest_are_an_error(district: District) -> None:
    put(district, TEAM)
    counts = iter(range(1, 100))

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "write_tags":
            with district.services.store.writing() as unit:
                stored = unit.assets.current(TEAM)
                assert stored is not None
                tagging = replace(stored.tagging, rules_digest=f"digest-{next(counts)}")
                unit.assets.save(replace(stored, tagging=tagging))

    with pytest.raises(StorageError, match="changes faster"):
        take_in(listening(district.services, hear), AssetEvent(TEAM))


# Replaced and deleted originals


def test_a_replaced_object_is_a_new_asset_and_its_links_are_closed(district: District) -> None:
    old = district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    new = district.upload(GRADUATION, sample(TEAM))
    assert new.asset.id != old.asset.id
    closed = link_of(district.services, answer.link)
    assert closed.closed_why == "the original was replaced"
    assert [details["links"] for _, details in entries(district.services, "close")] == [[closed.id]]
    assert open_copies(district.services) == []


def test_who_is_in_it_is_asked_again_and_what_it_is_kept_for_sticks(district: District) -> None:
    district.upload(UNTITLED)
    use = OfficialUse("discipline", (district.student(CALEB),))
    first = looked(
        district, UNTITLED, CALEB, OWEN, official_uses=(use,), closed="security plan", confidential="Safe at Home"
    )
    assert len(first.tagging.appearances) == 2
    for body in (sample(GRADUATION), sample(GRADUATION) + b"\0"):
        again = district.upload(UNTITLED, body)
        # Whoever was named before is named until somebody looks.
        assert again.tagging.state == "pending"
        assert {each.student for each in first.tagging.appearances} <= {
            each.student for each in again.tagging.appearances
        }
        assert restrictions(again) == restrictions(first) == ((use,), "security plan", "Safe at Home")
        assert again.release_tag == "hold"


def test_what_it_is_kept_for_sticks_when_an_object_is_deleted_and_uploaded_again(district: District) -> None:
    district.upload(TEAM)
    first = looked(district, TEAM, official_uses=(OfficialUse("victim"),))
    district.services.library.delete(TEAM)
    assert forget_if_gone(district.services, TEAM)
    again = district.upload(TEAM, sample(TEAM))
    assert again.asset.id != first.asset.id
    assert (again.tagging.official_uses, again.release_tag) == ((OfficialUse("victim"),), "hold")


def test_what_was_said_of_a_replacement_sticks_when_the_first_picture_comes_back(
    district: District, bucket: str, raw_s3: object
) -> None:
    # Without versioning the same content under the same key is the same asset again.
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})  # type: ignore[attr-defined]
    first = district.upload(TEAM)
    district.upload(TEAM, sample(GRADUATION))
    looked(district, TEAM, official_uses=(OfficialUse("discipline"),))
    back = district.upload(TEAM, sample(TEAM))
    assert back.asset.etag == first.asset.etag
    assert (back.tagging.official_uses, back.release_tag) == ((OfficialUse("discipline"),), "hold")


def test_a_look_outlives_tagging_the_same_version_again(district: District) -> None:
    district.upload(UNTITLED)
    first = looked(district, UNTITLED, NOAH)
    again = tag_newest(district.services, UNTITLED, again=True)
    assert again is not None
    assert (again.tagging, again.first_seen) == (first.tagging, first.first_seen)


def test_a_deleted_object_is_forgotten_and_its_links_are_closed(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    district.services.library.delete(GRADUATION)
    assert forget_if_gone(district.services, GRADUATION)
    assert not is_known(district.services, GRADUATION)
    assert link_of(district.services, answer.link).closed_why == "the original was deleted"
    assert open_copies(district.services) == []
    assert not forget_if_gone(district.services, GRADUATION)


def test_a_deletion_that_is_told_of_while_a_newer_version_exists_forgets_nothing(district: District) -> None:
    district.upload(GRADUATION)
    district.services.library.delete(GRADUATION)
    put(district, GRADUATION)
    assert district.pm.hook.asset_deleted(event=AssetEvent(GRADUATION)) is False
    assert is_known(district.services, GRADUATION)


def test_what_is_uploaded_while_a_deletion_is_handled_is_not_forgotten(district: District) -> None:
    district.upload(TEAM)
    district.services.library.delete(TEAM)
    slow = interrupted(district.services, 1, lambda: district.upload(TEAM, sample(GRADUATION)) and None)
    assert not forget_if_gone(slow, TEAM)
    assert is_known(district.services, TEAM)


# Looks


def test_a_look_is_kept_tagged_and_on_the_ledger(district: District) -> None:
    district.upload(UNTITLED)
    stored = looked(district, UNTITLED, NOAH, official_uses=(OfficialUse("other", (district.student(INES),)),))
    assert (stored.tagging.state, stored.release_tag) == ("complete", "hold")
    assert district.services.library.tags(UNTITLED)["dam-students"] == district.student(NOAH)
    ((entry, details),) = entries(district.services, "look")
    assert (entry.subject, details["look"]["by"]["role"]) == (stored.asset.id, "custodian")
    with district.services.store.reading() as unit:
        for each in (NOAH, INES):
            assert district.services.ledger.student(unit, district.student(each))[-1][0].kind == "look"


@pytest.mark.parametrize("where", ["persons", "official use"])
def test_a_look_that_names_an_unknown_student_is_refused_and_nothing_is_kept(district: District, where: str) -> None:
    before = district.upload(UNTITLED)
    wrong = "Hannah Lindqvist"
    look = saw(district, NOAH)
    if where == "persons":
        look = replace(look, persons=(*look.persons, replace(look.persons[0], student=wrong)))
    else:
        look = replace(look, official_uses=(OfficialUse("discipline", (wrong,)),))
    with pytest.raises(UnknownThing) as raised:
        look_at(district.services, UNTITLED, look)
    assert wrong not in str(raised.value)
    assert kept(district.services, UNTITLED) == before
    assert entries(district.services, "look") == []


def test_a_look_at_what_nobody_uploaded_is_refused_without_its_name(district: District) -> None:
    with pytest.raises(UnknownThing, match="not in the library") as raised:
        looked(district, "inbox/noah-begaye.jpg", NOAH)
    assert "noah" not in str(raised.value)


# Third parties


def test_a_detector_finds_people_that_no_tag_names(district: District) -> None:
    faces = [Region(0.1, 0.1, 0.1, 0.1), Region(0.7, 0.1, 0.1, 0.1)]
    stored = with_voice(district, Voice(find_people=faces)).upload(UNTITLED)
    assert (stored.tagging.unidentified_people, stored.tagging.state) == (2, "pending")


@pytest.mark.parametrize("hook", ["read_metadata", "propose_findings", "find_people"])
def test_a_third_party_that_fails_holds_the_recording(district: District, hook: str) -> None:
    stored = with_voice(district, Voice(**{hook: FAILED})).upload(TEAM)
    assert (stored.tagging.state, stored.release_tag) == ("failed", "hold")
    assert "error e77" in stored.tagging.findings[-1].why
    assert district.share(TEAM).decision.reasons[0].clause == "HOLD-UNTAGGED"


def test_a_third_party_may_hold_what_we_would_show_to_staff(district: District) -> None:
    finding = Finding("official_use", "discipline", "the office says so", "other")
    stored = with_voice(district, Voice(propose_findings=lambda: [finding])).upload(TEAM)
    assert stored.release_tag == "hold"


def test_a_third_party_reads_what_we_cannot_but_never_what_we_can(district: District) -> None:
    facts = Facts("application/x-drawing", "read", persons=(NamedPerson("Noah Begaye", "drawing"),))
    voice = Voice(read_metadata=facts)
    stored = with_voice(district, voice).upload("inbox/plan.drawing", b"a format of its own")
    assert [each.student for each in stored.tagging.appearances] == [district.student(NOAH)]
    read = with_voice(district, voice).upload(TEAM)
    assert district.student(NOAH) not in [each.student for each in read.tagging.appearances]


def test_a_large_picture_is_not_put_before_a_detector(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_plugin.intake.examine.DETECTOR_LIMIT", 100)
    stored = with_voice(district, Voice(find_people=FAILED)).upload(TEAM)
    assert stored.tagging.state == "complete"


def test_what_is_kept_says_nothing_of_the_recordings_name(district: District) -> None:
    stored = district.upload("inbox/hannah-lindqvist.jpg", sample(UNTITLED))
    assert "hannah" not in stored.asset.id.casefold()
    assert all("hannah" not in str(value).casefold() for value in asdict(stored.tagging).values())
    assert releases(district.services) == []


def test_staff_who_look_for_a_recording_that_fell_out_of_a_link_hear_only_that(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION, actor=MEDIA_STAFF)
    district.upload(GRADUATION, sample(TEAM))
    opened = open_link(district.services, answer.token or "")
    assert (opened.url, opened.link) == (None, None)


# Sidecars

SIDECAR = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:PersonInImage><rdf:Bag>
<rdf:li>Hannah Lindqvist</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize("name", ["untitled-0031.xmp", "untitled-0031.jpg.xmp", "untitled-0031.XMP"])
@pytest.mark.parametrize("first", ["sidecar", "picture"])
def test_a_sidecar_in_a_folder_names_who_is_in_the_picture_beside_it(district: District, name: str, first: str) -> None:
    def put_sidecar() -> None:
        district.services.library.put(f"inbox/{name}", SIDECAR, media_type="application/rdf+xml")
        assert take_in(district.services, AssetEvent(f"inbox/{name}")) is None

    if first == "sidecar":
        put_sidecar()
    district.upload(UNTITLED)
    if first == "picture":
        put_sidecar()
    with district.services.store.reading() as unit:
        stored = unit.assets.current(UNTITLED)
    assert stored is not None
    assert [each.student for each in stored.tagging.appearances] == [district.student(HANNAH)]


def test_a_bucket_that_is_not_there_makes_nothing_forgotten(district: District) -> None:
    district.upload(UNTITLED)
    elsewhere = replace(district.services, library=Library.connect("no-such-bucket-anywhere"))
    for act in (forget_if_gone, look_up):
        with pytest.raises(AssetMissing):
            act(elsewhere, UNTITLED)
    elsewhere.library.close()
    with district.services.store.reading() as unit:
        assert unit.assets.current(UNTITLED) is not None


def test_a_student_whom_nobody_has_holds_what_a_third_party_found_them_in(district: District) -> None:
    voice = Voice(propose_findings=[Finding("student", "S-NOBODY", "seen", "they")])
    stored = with_voice(district, voice).upload(TEAM)
    assert (stored.tagging.state, stored.release_tag) == ("failed", "hold")


def test_what_a_recording_is_about_is_kept_of_what_its_file_says(district: District) -> None:
    said = (
        "<Iptc4xmpExt:Event><rdf:Alt><rdf:li xml:lang='x-default'>Homecoming</rdf:li></rdf:Alt></Iptc4xmpExt:Event>"
        "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>The parade</rdf:li></rdf:Alt></dc:description>"
        "<xmp:CreateDate>2026-10-02T19:00:00</xmp:CreateDate>"
    )
    stored = district.upload("events/parade.jpg", jpeg(xmp_segment(packet(said))))
    assert stored.about == About(("Homecoming",), "The parade", "2026-10-02T19:00:00")
    with district.services.store.reading() as unit:
        assert unit.assets.need("events/parade.jpg").about == stored.about


def test_a_recording_that_cannot_be_read_is_about_nothing(district: District) -> None:
    assert district.upload("events/parade.jpg", b"no picture").about == About()


def test_an_image_that_a_portrait_index_names_is_tagged_with_its_student(district: District) -> None:
    noah = district.student(NOAH)
    with district.services.store.writing() as unit:
        unit.people.set_portraits([Portrait("FALL26", "PHOTOS/untitled.jpg", noah)])
    stored = district.upload("portraits/FALL26/PHOTOS/untitled.jpg", sample(UNTITLED))
    assert [each.student for each in stored.tagging.appearances] == [noah]
    assert "the portrait index names this image" in [each.why for each in stored.tagging.findings]


def test_an_event_photo_that_is_numbered_as_a_portrait_is_not_tagged_by_the_index(district: District) -> None:
    with district.services.store.writing() as unit:
        unit.people.set_portraits([Portrait("VOL2026", "0031.jpg", district.student(NOAH))])
    stored = district.upload("events/athletics/0031.jpg", sample(UNTITLED))
    assert stored.tagging.appearances == ()
    assert all("portrait index" not in each.why for each in stored.tagging.findings)


def test_what_other_rules_loosen_waits_whatever_has_it_tagged_again(district: District) -> None:
    district.upload(TEAM)
    strict = load_rules({"strict.yaml": STRICT})
    under_strict = replace(district, services=replace(district.services, rules=strict))
    assert tag_newest(under_strict.services, TEAM, again=True).tagging.directory_status == "not_eligible"  # type: ignore[union-attr]
    again = tag_newest(district.services, TEAM, again=True)
    assert again is not None
    assert again.tagging.directory_status == "not_eligible"


STRICT = """
rules:
  - name: nothing is directory information
    when: {key: "**"}
    then: {directory_status: not_eligible}
    why: A rule of this test.
"""
