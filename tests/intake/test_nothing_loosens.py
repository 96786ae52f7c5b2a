"""Nothing loosens by itself: whatever is done to a recording or beside it, it is shared no more loosely than before.

A table of causes, each told to the plugin in every way there is: hooks, S3 events, HTTP, the command line.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import CUSTODIAN, HANNAH, INES, MEDIA_STAFF, NOAH, PUBLIC, TEAM, District
from http_host import GATE, KEYS, Host
from hypothesis import given
from hypothesis import strategies as st
from live_service import client_of, live_service
from made_files import bag, packet, xmp_segment
from PIL import Image, ImageDraw, ImageOps
from PIL.PngImagePlugin import PngInfo
from tagging_strategies import taggings
from use_cases import kept, saw

from dam_hooks.s3_events import announcing, parse
from dam_plugin.admin.reconcile import reconcile
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.errors import InputError, StorageError
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import tag_newest, take_in
from dam_plugin.intake.keep_look import look_at
from dam_plugin.intake.same_picture import content_digest, likeness
from dam_plugin.intake.strictest_tags import loosened
from dam_plugin.intake.tag_changes import changes_between, decided_fields, is_looser, strictest, without_looser
from dam_plugin.intake.two_people import all_that_would_loosen, less_strict, let_go
from dam_plugin.model import (
    Appearance,
    AssetEvent,
    Decision,
    Look,
    OfficialUse,
    OptOut,
    Outcome,
    Region,
    Share,
    Tagging,
)
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.sharing.share import basis_of_share
from dam_plugin.store import StoredAsset, SystemUser
from dam_plugin.store.likenesses import looks_like
from dam_tagging.facts import OpenWord
from dam_tagging.rules.load import load_rules

BAKE_SALE = "events/bake-sale/bake-sale.jpg"
TRIP, COPY, SIDECAR = "events/athletics/trip.jpg", "events/fall-concert/trip.jpg", "events/athletics/trip.jpg.xmp"
BOTH, INES_ALONE = ("Hannah Lindqvist", "Inés Muñoz"), ("Inés Muñoz",)
ADA, BEN = SystemUser("1001", "ada"), SystemUser("1002", "ben")
_SEQUENCERS = itertools.count(1)


@cache
def drawn(seed: int, quality: int = 90, size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture of many colours; each seed is another one."""
    picture = Image.new("RGB", (320, 240), (seed * 40 % 256, 90, 160))
    draw = ImageDraw.Draw(picture)
    for step in range(40):
        at = (step * 97 * (seed + 1) % 320, step * 61 * (seed + 3) % 240)
        draw.rectangle((*at, at[0] + 40, at[1] + 30), fill=(step * 37 % 256, step * 11 * seed % 256, step * 5 % 256))
    file = io.BytesIO()
    picture.resize(size).save(file, "JPEG", quality=quality)
    return file.getvalue()


def named(*names: str, seed: int = 1, more: str = "", **how: Any) -> bytes:
    """A JPEG that names these people."""
    body = drawn(seed, **how)
    persons = bag("Iptc4xmpExt:PersonInImage", names) if names else ""
    return body[:2] + xmp_segment(packet(persons + more)) + body[2:]


def public(district: District, key: str = TRIP) -> Decision:
    """What the procedure says of publishing a recording on the website now."""
    request = Share("sh-1", key, "publication", "website", MEDIA_STAFF, PUBLIC)
    return basis_of_share(district.services, request).decision()


def releases_more(before: Decision, after: Decision) -> bool:
    """Whether more is released than before; a referral releases as little as a denial does."""
    return after.outcome <= Outcome.REDACT and less_strict(before, after)


@dataclass
class Way:
    """One way in which the plugin is told what happened to an object."""

    district: District
    name: str
    host: Host | None = None
    seen: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, body: bytes) -> None:
        """Store an object and tell of it."""
        head = self.district.services.library.put(key, body, media_type="image/jpeg")
        is_new = key not in self.seen
        self.seen[key] = head.version_id or ""
        if self.name == "hooks":
            hook = self.district.pm.hook.asset_uploaded if is_new else self.district.pm.hook.asset_replaced
            hook(event=AssetEvent(key, head.version_id, head.etag))
        elif self.name == "events":
            self._event("ObjectCreated:Put", key, head.version_id, eTag=head.etag, size=head.size)
        elif self.host is not None:
            kind = "asset.uploaded" if is_new else "asset.replaced"
            data = {"key": key, "version_id": head.version_id, "etag": head.etag}
            assert self.host.post("/v1/events", kind, data).status_code == 200
        else:
            assert call("reconcile").code == 0

    def delete(self, key: str) -> None:
        """Delete an object and tell of it."""
        self.district.services.library.delete(key)
        if self.name == "hooks":
            self.district.pm.hook.asset_deleted(event=AssetEvent(key))
        elif self.name == "events":
            self._event("ObjectRemoved:DeleteMarkerCreated", key, None)
        elif self.host is not None:
            assert self.host.post("/v1/events", "asset.deleted", {"key": key}).status_code == 200
        else:
            assert call("reconcile").code == 0

    def _event(self, name: str, key: str, version_id: str | None, **stored: Any) -> None:
        told = {"key": key, "versionId": version_id, "sequencer": f"{next(_SEQUENCERS):016X}", **stored}
        record = {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": "photos"}, "object": told}}
        for event in parse(json.dumps({"Records": [record]})):
            announcing(self.district.pm)(event)


@pytest.fixture(params=["hooks", "events", "http", "command line"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    monkeypatch.setenv("DAM_PLUGIN_HTTP_KEYS", KEYS)
    monkeypatch.setenv("DAM_PLUGIN_PUBLIC_URL", GATE)
    district: District = request.getfixturevalue("district")
    if request.param != "http":
        yield Way(district, request.param)
        return
    with live_service(district.pm) as address, client_of(address) as client:
        yield Way(district, "http", Host(district, client))


# What may happen to a recording, and the key under which it is then


def a_rating_saved(way: Way) -> str:
    way.put(TRIP, named(*INES_ALONE, more="<xmp:Rating>5</xmp:Rating>"))
    return TRIP


def every_name_taken_out(way: Way) -> str:
    way.put(TRIP, drawn(1))
    return TRIP


def another_picture(way: Way) -> str:
    way.put(TRIP, named(*INES_ALONE, seed=5))
    return TRIP


def the_same_bytes_again(way: Way) -> str:
    way.put(TRIP, named(*BOTH))
    return TRIP


def a_copy(way: Way) -> str:
    way.put(COPY, named(*BOTH))
    return COPY


def a_copy_without_names(way: Way) -> str:
    way.put(COPY, named(*INES_ALONE))
    return COPY


def a_move(way: Way) -> str:
    way.put(COPY, named(*BOTH))
    way.delete(TRIP)
    return COPY


def a_move_the_other_way_round(way: Way) -> str:
    way.delete(TRIP)
    way.put(COPY, named(*INES_ALONE))
    return COPY


def deleted_and_restored(way: Way) -> str:
    way.delete(TRIP)
    way.put(TRIP, named(*INES_ALONE))
    return TRIP


def replaced_and_put_back(way: Way) -> str:
    way.put(TRIP, named(*INES_ALONE, seed=5))
    way.put(TRIP, named(*INES_ALONE))
    return TRIP


def made_smaller(way: Way) -> str:
    way.put(COPY, named(*INES_ALONE, quality=70, size=(160, 120)))
    return COPY


CAUSES = [
    a_rating_saved,
    every_name_taken_out,
    another_picture,
    the_same_bytes_again,
    a_copy,
    a_copy_without_names,
    a_move,
    a_move_the_other_way_round,
    deleted_and_restored,
    replaced_and_put_back,
    made_smaller,
]
by_cause = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
Cause = Callable[[Way], str]


@by_cause
def test_a_student_whom_the_file_named_is_not_lost(way: Way, cause: Cause) -> None:
    way.put(TRIP, named(*BOTH))
    before = public(way.district)
    assert before.outcome is not Outcome.ALLOW
    after = public(way.district, cause(way))
    assert not releases_more(before, after)


# The file that a person looked at comes again, with or without other metadata.
SAME_FILE = [each for each in CAUSES if each not in (the_same_bytes_again, a_copy, a_move)]


@pytest.mark.parametrize("cause", SAME_FILE, ids=lambda cause: cause.__name__)
def test_a_student_whom_a_person_saw_is_not_lost(way: Way, cause: Cause) -> None:
    way.put(TRIP, named(*INES_ALONE))
    look_at(way.district.services, TRIP, replace(saw(way.district, HANNAH, unidentified=0), by=MEDIA_STAFF))
    before = public(way.district)
    assert before.outcome is not Outcome.ALLOW
    assert not releases_more(before, public(way.district, cause(way)))


@by_cause
@pytest.mark.parametrize(
    "said",
    [
        {"official_uses": (OfficialUse("discipline"),)},
        {"closed": "an investigation"},
        {"confidential": "Safe at Home"},
        {"directory_status": "not_eligible"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_it_is_kept_for_and_what_closes_it_is_not_lost(
    district: District, cause: Cause, said: dict[str, Any]
) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, named(*INES_ALONE))
    assert public(district).outcome is Outcome.ALLOW
    look_at(district.services, TRIP, replace(saw(district), **said))
    before = public(district)
    assert before.outcome is not Outcome.ALLOW
    assert not releases_more(before, public(district, cause(way)))


@pytest.mark.parametrize("by", ["a program", "the command line"])
@pytest.mark.parametrize("change", ["renamed", "alias emptied", "left"])
def test_an_import_that_changes_a_name_loses_nobody(district: District, by: str, change: str) -> None:
    way = Way(district, "hooks")
    choices.opt_out(district.services, district.student("104284"), _for_all(district), CUSTODIAN)
    way.put(TRIP, named("Hannah Lindqvist"))
    way.put(COPY, named("Eli Thompson", seed=7))
    before = public(district), public(district, COPY)
    assert Outcome.ALLOW not in {each.outcome for each in before}
    for file in (district.folder / "roster").glob("*.csv"):
        text = file.read_text("utf-8")
        if change == "renamed":
            text = text.replace("Lindqvist", "Brooks").replace("Elijah,Thompson", "Eric,Brown")
        if change == "left":
            text = "".join(
                each for each in text.splitlines(keepends=True) if "104284" not in each and "104217" not in each
            )
        file.write_text(text.replace("Eli Thompson", ""), "utf-8")
    if by == "a program":
        roster = read_roster(district.folder / "roster", district.services.pseudonyms)
        choices.import_roster(district.services, roster, CUSTODIAN, confirmed=True)
    else:
        assert call("roster", "import", "roster", "--confirm", "--as", "custodian:c").code == 0
    assert (public(district), public(district, COPY)) == before
    # Nor is a new picture that calls them by the name of before.
    way.put("events/athletics/later.jpg", named("Eli Thompson", seed=9))
    assert public(district, "events/athletics/later.jpg").outcome is not Outcome.ALLOW


def _for_all(district: District) -> OptOut:
    return OptOut(district.services.now().date())


def renumbered(district: District) -> None:
    """Hannah, opted out, is on the roster under another number."""
    for file in (district.folder / "roster").glob("*.csv"):
        text = file.read_text("utf-8")
        if file.name == "opt_outs.csv":
            text = "".join(each for each in text.splitlines(keepends=True) if "104217" not in each)
        file.write_text(text.replace("104217", "204217"), "utf-8")


def test_a_leaver_who_comes_back_under_a_new_number_is_the_same_and_still_opted_out(district: District) -> None:
    renumbered(district)
    done = call("roster", "import", "roster", "--confirm", "--as", "custodian:c")
    assert done.code == 0, done.err
    with district.services.store.reading() as unit:
        (kept,) = unit.people.opt_outs(district.student(HANNAH))
        assert (kept.ended, unit.people.need(district.student(HANNAH)).roster_id) == (None, "204217")


def test_a_leaver_who_comes_back_to_another_parent_is_asked_about(district: District) -> None:
    renumbered(district)
    guardians = district.folder / "roster" / "guardians.csv"
    guardians.write_text(guardians.read_text("utf-8").replace("G-2171,Karin Lindqvist", "G-1,Per Holm"), "utf-8")
    told = call("roster", "import", "roster", "--dry-run", "--json").object()["to_confirm"]
    assert any("--carry-opt-outs" in each for each in told)
    refused = call("roster", "import", "roster", "--as", "custodian:c")
    assert (refused.code, "--carry-opt-outs" in refused.text) == (1, True)
    done = call("roster", "import", "roster", "--carry-opt-outs", "--confirm", "--as", "custodian:c")
    assert done.code == 0, done.err
    with district.services.store.reading() as unit:
        (carried,) = unit.people.opt_outs(district.student("204217"))
    assert carried.ended is None


def test_a_leaver_who_comes_back_spelt_otherwise_is_known_by_the_birth_date(district: District) -> None:
    renumbered(district)
    students = district.folder / "roster" / "students.csv"
    students.write_text(students.read_text("utf-8").replace("Hannah,Lindqvist", "Hannah,Lindquist"), "utf-8")
    assert "Lindquist" in students.read_text("utf-8")
    told = call("roster", "import", "roster", "--dry-run", "--json").object()["to_confirm"]
    assert any("--carry-opt-outs" in each for each in told)


def test_somebody_else_of_another_birth_date_is_nobody_who_left(district: District) -> None:
    renumbered(district)
    students = district.folder / "roster" / "students.csv"
    line = next(each for each in students.read_text("utf-8").splitlines() if "204217" in each)
    cells = line.split(",")
    cells[4] = "2012-01-01"
    students.write_text(students.read_text("utf-8").replace(line, ",".join(cells)), "utf-8")
    guardians = district.folder / "roster" / "guardians.csv"
    others = [each for each in guardians.read_text("utf-8").splitlines(keepends=True) if "204217" not in each]
    guardians.write_text("".join(others), "utf-8")
    told = call("roster", "import", "roster", "--dry-run", "--json").object()["to_confirm"]
    assert not any("--carry-opt-outs" in each for each in told)


def test_a_dry_run_tells_of_former_names(district: District) -> None:
    students = district.folder / "roster" / "students.csv"
    students.write_text(students.read_text("utf-8").replace("Lindqvist", "Brooks"), "utf-8")
    (only,) = call("roster", "import", "roster", "--dry-run", "--json").object()["students"]
    assert only["fields"] == ["names", "former names"]


def test_a_former_name_matches_no_more_once_the_custodian_says_so(district: District) -> None:
    students = district.folder / "roster" / "students.csv"
    students.write_text(students.read_text("utf-8").replace("Lindqvist", "Brooks"), "utf-8")
    call("roster", "import", "roster", "--as", "custodian:c")
    hannah = district.student(HANNAH)
    assert "Hannah Lindqvist" in call("student", "show", hannah).out
    forget = ("student", "forget-name", hannah, "Hannah Lindqvist", "--why", "adopted, by order of the court")
    assert call(*forget).code == 1
    assert call(*forget, "--as", "custodian:c").code == 0
    way = Way(district, "hooks")
    way.put(TRIP, named("Hannah Lindqvist"))
    assert kept(district.services, TRIP).tagging.appearances == ()


@pytest.mark.parametrize("name", ["trip.jpg.xmp", "trip.xmp"])
def test_a_sidecar_that_is_gone_loses_nobody(way: Way, name: str) -> None:
    sidecar = f"events/athletics/{name}"
    way.put(TRIP, named(*INES_ALONE))
    way.put(sidecar, packet(bag("Iptc4xmpExt:PersonInImage", BOTH)))
    before = public(way.district)
    assert before.outcome is not Outcome.ALLOW
    way.delete(sidecar)
    assert not releases_more(before, public(way.district))


@pytest.mark.parametrize("way", ["command line"], indirect=True)
@pytest.mark.parametrize("name", ["trip.jpg.xmp", "trip.xmp", ".picasa.ini"])
def test_a_sidecar_that_came_while_nobody_listened_is_found(way: Way, name: str) -> None:
    way.put(TRIP, named(*INES_ALONE))
    assert public(way.district).outcome is Outcome.ALLOW
    body = packet(bag("Iptc4xmpExt:PersonInImage", BOTH))
    if name == ".picasa.ini":
        body = b"[Contacts2]\r\nabc123=Hannah Lindqvist;;\r\n[trip.jpg]\r\nfaces=rect64(1000100040004000),abc123\r\n"
    way.district.services.library.put(f"events/athletics/{name}", body, media_type="application/octet-stream")
    assert reconcile(way.district.services).tagged == 1
    assert public(way.district).outcome is not Outcome.ALLOW
    assert reconcile(way.district.services).tagged == 0


def test_a_sidecar_that_came_while_nobody_listened_is_read_before_a_share(district: District) -> None:
    Way(district, "hooks").put(TRIP, named(*INES_ALONE))
    body = packet(bag("Iptc4xmpExt:PersonInImage", BOTH))
    district.services.library.put(SIDECAR, body, media_type="application/octet-stream")
    asked = Share("", TRIP, "publication", "website", MEDIA_STAFF, PUBLIC)
    answer = district.pm.hook.share_requested(share=asked)
    assert answer.decision.outcome is not Outcome.ALLOW


def test_a_rule_that_is_removed_loosens_nothing_when_the_bytes_come_again(district: District) -> None:
    key = "cameras/hallway/now.jpg"
    Way(district, "hooks").put(key, named(*INES_ALONE))
    before = public(district, key)
    assert before.outcome is not Outcome.ALLOW
    rule = "- name: everything\n  when: {key: '**'}\n  then: {directory_status: eligible}\n  why: a test\n"
    lax = load_rules({"lax.yaml": f"rules:\n{rule}"})
    services = replace(district.services, rules=lax)
    for again in (named(*INES_ALONE), named(*INES_ALONE, more="<xmp:Rating>1</xmp:Rating>")):
        services.library.put(key, again, media_type="image/jpeg")
        take_in(services, AssetEvent(key))
        assert not releases_more(before, public(district, key))


# Looks move with the picture


SAVED = named(*INES_ALONE, more="<xmp:Rating>5</xmp:Rating>")


@pytest.mark.parametrize("key", [TRIP, "events/athletics/again.jpg"], ids=["saved", "copied"])
def test_what_was_looked_at_stays_looked_at_when_only_its_metadata_change(district: District, key: str) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, drawn(1))
    assert kept(district.services, TRIP).tagging.state == "pending"
    look_at(district.services, TRIP, saw(district, INES, unidentified=0))
    way.put(key, SAVED)
    tagging = kept(district.services, key).tagging
    assert (tagging.state, tagging.ground, tagging.students) == ("complete", "looked", {district.student(INES)})
    assert public(district, key).outcome is Outcome.ALLOW


def test_another_picture_is_looked_at_again_and_tells_who_was_named_before(district: District) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, named(*BOTH))
    way.put(TRIP, named(*INES_ALONE, seed=5))
    stored = kept(district.services, TRIP)
    assert stored.tagging.state == "pending"
    assert stored.former is not None
    assert stored.former.named_before
    told = call("tags", TRIP).out
    assert f"Named before: {', '.join(sorted(map(district.student, (HANNAH, INES))))}" in told


def test_a_look_says_who_of_before_is_in_another_picture_but_whose_family_said_no(district: District) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, named(*BOTH, "Noah Begaye"))
    way.put(TRIP, named(*INES_ALONE, seed=5))
    by_staff = replace(saw(district, INES, unidentified=0), by=MEDIA_STAFF)
    hannah, ines, noah = map(district.student, (HANNAH, INES, NOAH))
    assert kept(district.services, TRIP).tagging.students == {hannah, ines, noah}
    after = look_at(district.services, TRIP, by_staff)
    assert (after.tagging.students, public(district).outcome) == ({hannah, ines}, Outcome.DENY)
    look_at(district.services, TRIP, saw(district, INES, unidentified=0))
    assert public(district).outcome is Outcome.ALLOW


def test_a_picture_that_names_everybody_of_before_waits_for_nobody(district: District) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, named(*INES_ALONE))
    way.put(TRIP, named(*INES_ALONE, "Noah Begaye", seed=5))
    stored = kept(district.services, TRIP)
    assert (stored.tagging.state, stored.former) == ("complete", None)


def test_a_picture_that_looks_like_one_of_a_permitted_student_is_on_its_own(district: District) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, named(*INES_ALONE))
    way.put(COPY, named("Noah Begaye", quality=70, size=(160, 120)))
    assert kept(district.services, COPY).former is None


# A person's yes


def held(district: District) -> StoredAsset:
    """A recording from which Hannah was taken out."""
    way = Way(district, "hooks")
    way.put(TRIP, named(*BOTH))
    way.put(TRIP, named(*INES_ALONE))
    return kept(district.services, TRIP)


def test_the_custodians_yes_lets_go_of_it_for_good(district: District) -> None:
    assert held(district).loosens
    (row,) = call("review", "--looser", "--json").objects()
    assert (row["key"], [each["field"] for each in row["changes"]]) == (TRIP, ["appearances"])
    assert "1 recording(s) would loosen" in call("doctor").text
    for refused in (("--why", "not hers"), ("--why", " ", "--as", "custodian:c")):
        assert call("loosen", TRIP, *refused).code == 1
    assert call("loosen", TRIP, "--why", "she is not in it", "--as", "custodian:c").code == 0
    assert public(district).outcome is Outcome.ALLOW
    assert all_that_would_loosen(district.services) == []
    # Tagged again, and saved once more: what was let go does not come back from the version before.
    assert reconcile(district.services).failed == 0
    take_in(district.services, AssetEvent(TRIP))
    assert public(district).outcome is Outcome.ALLOW


def test_nothing_is_let_go_where_nothing_waits(district: District) -> None:
    Way(district, "hooks").put(TRIP, named(*INES_ALONE))
    ended = call("loosen", TRIP, "--why", "x", "--as", "custodian:c")
    assert (ended.code, "nothing of this recording waits" in ended.err) == (1, True)


def test_what_takes_two_people_is_let_go_by_two(district: District) -> None:
    way = Way(district, "hooks")
    way.put(TRIP, named(*BOTH))
    look_at(district.services, TRIP, saw(district, official_uses=(OfficialUse("discipline"),)))
    way.put(TRIP, named(*INES_ALONE))
    assert let_go(district.services, TRIP, "why", CUSTODIAN, ADA).loosens
    # Tagged again meanwhile, it is the same that waits, and the first yes counts.
    was = kept(district.services, TRIP).former
    again = tag_newest(district.services, TRIP, again=True)
    assert again is not None
    assert again.former == was
    other = replace(CUSTODIAN, id="somebody-else")
    for who, user in ((CUSTODIAN, BEN), (other, ADA)):
        with pytest.raises(InputError, match="takes two people"):
            let_go(district.services, TRIP, "why", who, user)
    after = let_go(district.services, TRIP, "why", other, BEN)
    assert not after.loosens
    assert [use.purpose for use in after.tagging.official_uses] == ["discipline"]


# Toward less for a student whose family said no


@pytest.mark.parametrize(
    "look",
    [
        lambda d: {"persons": (Appearance(d.student(HANNAH), "incidental"),)},
        lambda d: {"persons": (Appearance(d.student(HANNAH), "focus", identifiable=False),)},
    ],
    ids=["incidental", "not identifiable"],
)
def test_media_staff_make_no_less_of_a_student_whose_family_said_no(district: District, look: Any) -> None:
    Way(district, "hooks").put(TRIP, named(*BOTH))
    said = Look(district.services.now(), MEDIA_STAFF, **look(district))
    before = public(district)
    with pytest.raises(InputError, match="only the records custodian or a designee"):
        look_at(district.services, TRIP, said)
    assert public(district) == before
    look_at(district.services, TRIP, replace(said, by=CUSTODIAN))
    # Of somebody else it is theirs to say.
    seen = (Appearance(district.student(NOAH), "incidental"),)
    look_at(district.services, TRIP, Look(district.services.now(), MEDIA_STAFF, persons=seen))


def test_whoever_media_staff_name_as_incidental_is_a_subject_where_the_family_said_no(district: District) -> None:
    Way(district, "hooks").put(TRIP, drawn(1))
    hannah = district.student(HANNAH)
    ended = call("tag", TRIP, "--person", hannah, "--prominence", "incidental", "--unidentified", "0")
    assert ended.code == 0, ended.text
    seen = kept(district.services, TRIP).tagging.appearances
    assert [(each.student, each.prominence) for each in seen] == [(hannah, "unknown")]
    assert public(district).outcome is not Outcome.ALLOW


def test_media_staff_move_no_box_of_a_student_whose_family_said_no_away(district: District) -> None:
    district.upload(TEAM)
    elsewhere = Appearance(district.student(HANNAH), "focus", regions=(Region(0.02, 0.9, 0.05, 0.05),))
    with pytest.raises(InputError, match="only the records custodian or a designee"):
        look_at(district.services, TEAM, Look(district.services.now(), MEDIA_STAFF, persons=(elsewhere,)))
    moved = replace(elsewhere, regions=(*regions_of(district, HANNAH), *elsewhere.regions))
    look_at(district.services, TEAM, Look(district.services.now(), MEDIA_STAFF, persons=(moved,)))
    look_at(district.services, TEAM, Look(district.services.now(), CUSTODIAN, persons=(elsewhere,)))


def test_media_staff_draw_no_box_of_hers_where_another_student_is_marked(district: District) -> None:
    district.upload(BAKE_SALE)
    elijah = kept(district.services, BAKE_SALE).tagging.appearances[0]
    hers = Appearance(district.student(HANNAH), "focus", regions=elijah.regions)
    with pytest.raises(InputError, match="only the records custodian or a designee"):
        look_at(district.services, BAKE_SALE, Look(district.services.now(), MEDIA_STAFF, persons=(hers,)))


def regions_of(district: District, roster_id: str) -> tuple[Region, ...]:
    appearances = kept(district.services, TEAM).tagging.appearances
    return next(each.regions for each in appearances if each.student == district.student(roster_id))


@pytest.mark.parametrize("said", [{"unidentified": 0}, {"nobody": True}], ids=["unidentified 0", "nobody"])
def test_an_open_word_that_may_be_theirs_is_settled_by_the_custodian(district: District, said: dict[str, Any]) -> None:
    Way(district, "hooks").put(TRIP, drawn(1))
    word = OpenWord("Hanna L.", "dc:description", (district.student(HANNAH),))
    with district.services.store.writing() as unit:
        stored = unit.assets.need(TRIP)
        tagging = replace(stored.machine, open_words=(word,), unidentified_people=1)
        unit.assets.save(replace(stored, machine=tagging, tagging=tagging))
    look = Look(district.services.now(), MEDIA_STAFF, **said)
    with pytest.raises(InputError, match="only the records custodian or a designee"):
        look_at(district.services, TRIP, look)
    named_her = replace(look, nobody=False, unidentified=0, persons=(Appearance(district.student(HANNAH), "focus"),))
    assert look_at(district.services, TRIP, named_her).tagging.open_words == ()


# Links


def test_a_link_is_not_opened_while_a_sidecar_is_unread_and_falls_with_what_it_says(district: District) -> None:
    Way(district, "hooks").put(TRIP, named(*INES_ALONE))
    answer = district.share(TRIP)
    assert answer.token is not None
    body = packet(bag("Iptc4xmpExt:PersonInImage", BOTH))
    district.services.library.put(SIDECAR, body, media_type="application/octet-stream")
    with pytest.raises(StorageError, match="beside this recording"):
        open_link(district.services, answer.token)
    assert reconcile(district.services).closed == 1
    assert open_link(district.services, answer.token).decision.outcome is Outcome.DENY


# The rule itself


words = st.lists(
    st.builds(
        OpenWord,
        st.sampled_from(["Jo", "Lee", "#12"]),
        st.just("dc:title"),
        st.sampled_from([(), ("s1",), ("s1", "s2")]),
    ),
    max_size=2,
    unique=True,
).map(tuple)
many = st.builds(
    lambda tagging, status, open_words, meaning, ground: replace(
        tagging, directory_status=status, open_words=open_words, meaning=meaning, ground=ground
    ),
    taggings,
    st.sampled_from(["eligible", "not_eligible", "undetermined"]),
    words,
    st.sampled_from(["unreviewed", "preserved", "changed"]),
    st.sampled_from(["looked", "counted", "metadata", None]),
)


@given(many, many)
def test_the_strictest_of_two_is_looser_than_neither_in_any_field(one: Tagging, other: Tagging) -> None:
    both = strictest(one, other)
    assert not is_looser(changes_between(one, both))
    assert not is_looser(changes_between(other, both))


@given(many, many)
def test_which_of_two_comes_first_makes_no_difference(one: Tagging, other: Tagging) -> None:
    assert decided_fields(strictest(one, other)) == decided_fields(strictest(other, one))


@given(many, many)
def test_what_is_held_back_is_held_back_again(one: Tagging, other: Tagging) -> None:
    once = strictest(one, other)
    assert decided_fields(strictest(one, once)) == decided_fields(strictest(once, other)) == decided_fields(once)
    held = without_looser(one, other)
    assert decided_fields(without_looser(one, held)) == decided_fields(held)
    assert not is_looser(changes_between(one, held))


@given(many, many)
def test_what_was_found_out_takes_nobody_away(before: Tagging, after: Tagging) -> None:
    if not loosened(before, after):
        assert before.students - {each for word in before.open_words for each in word.students} <= after.students | set(
            before.record_pii
        ) | {student for use in before.official_uses for student in use.students}
        assert {each.student for each in before.appearances} <= {each.student for each in after.appearances}
        assert set(before.official_uses) <= set(after.official_uses)
        assert bool(before.closed) <= bool(after.closed)


# What a picture is known again by


def test_metadata_make_no_other_picture_and_a_turn_does() -> None:
    plain, saved = drawn(1), named(*BOTH, more="<xmp:Rating>5</xmp:Rating>")
    assert content_digest(plain, None) == content_digest(saved, 1) is not None
    assert content_digest(plain, 6) != content_digest(plain, 1)
    assert content_digest(plain + b"behind the end", None) == content_digest(plain, None)
    assert content_digest(drawn(2), None) != content_digest(plain, None) != content_digest(drawn(1, quality=80), None)


def test_a_png_is_known_again_whatever_texts_it_has() -> None:
    def png(**texts: str) -> bytes:
        info, file = PngInfo(), io.BytesIO()
        for name, text in texts.items():
            info.add_text(name, text)
        Image.open(io.BytesIO(drawn(1))).save(file, "PNG", pnginfo=info)
        return file.getvalue()

    assert content_digest(png(), None) == content_digest(png(Title="A trip"), None) is not None


@given(st.binary(max_size=200), st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b""]))
def test_no_file_is_too_broken_to_be_asked_for_its_digest(body: bytes, start: bytes) -> None:
    assert content_digest(start + body, None) is None or (start and body)
    assert likeness(start + body) is None


def test_a_smaller_copy_looks_like_it_and_another_picture_does_not() -> None:
    first = likeness(drawn(1))
    assert first is not None
    assert looks_like(first, likeness(drawn(1, quality=50, size=(160, 120))) or "")
    assert not looks_like(first, likeness(drawn(5)) or "")


SAMPLES = sorted((sample_folder() / "events").rglob("*.jpg"))
MADE_FROM_IT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned": lambda picture: picture.rotate(90, expand=True),
    "upside down": lambda picture: picture.rotate(180),
    "mirrored": ImageOps.mirror,
    "a white border around it": lambda picture: ImageOps.pad(picture, (900, 900), color="white"),
    "a tenth cut away": lambda picture: picture.crop((30, 20, picture.width - 30, picture.height - 20)),
    "a fifth cut away": lambda picture: picture.crop((60, 40, picture.width - 60, picture.height - 40)),
}


def small(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB").resize((600, 400))


def in_jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


@pytest.mark.parametrize("made", MADE_FROM_IT.values(), ids=MADE_FROM_IT)
def test_what_is_made_from_a_picture_looks_like_it_and_like_no_other(
    made: Callable[[Image.Image], Image.Image],
) -> None:
    pictures = {path: small(path) for path in SAMPLES}
    known = {path: likeness(in_jpeg(picture)) or "" for path, picture in pictures.items()}
    for path, picture in pictures.items():
        new = likeness(in_jpeg(made(picture))) or ""
        assert [each for each in SAMPLES if looks_like(known[each], new)] == [path]
