from __future__ import annotations

import errno
import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from district import (
    CALEB,
    CALEB_FATHER,
    CLIP,
    CROWD,
    CUSTODIAN,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    NOAH,
    OWEN,
    PEP_RALLY,
    PORTRAIT,
    PUBLIC,
    SCIENCE_LAB,
    TEAM,
    UNTITLED,
    District,
)
from PIL import Image
from use_cases import (
    FAILED,
    Voice,
    broken_down,
    entries,
    entries_about,
    interrupted,
    later,
    ledger_holds,
    link_of,
    listening,
    looked,
    open_copies,
    raising,
    releases,
    with_voice,
)

from dam_plugin.custodian import choices
from dam_plugin.errors import (
    CannotRedact,
    CaseError,
    DamPluginError,
    NotProven,
    SettingsError,
    StorageError,
    StoreError,
    UnknownThing,
)
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.intake.keep_look import look_at
from dam_plugin.library import s3
from dam_plugin.model import (
    Appearance,
    Consent,
    Decision,
    Interval,
    Keyframe,
    Look,
    OfficialUse,
    OptOut,
    Outcome,
    Recipient,
    Region,
    Review,
    Share,
)
from dam_plugin.procedure.clauses import reason
from dam_plugin.redaction.model import Made, Order
from dam_plugin.sharing import make_copy, published_copy
from dam_plugin.sharing import share as sharing
from dam_plugin.sharing.published_copy import (
    AS_IT_IS,
    UPLOAD_HOURS,
    Recovered,
    close_unneeded_copies,
    finish_or_withdraw_all,
)
from dam_plugin.sharing.share import Answer, share
from dam_plugin.sharing.tokens import token_hash

EMERGENCY = {"emergency": {"threat": "a fight with a knife", "recipient_needs_it": True}}
POLICE = Recipient("law_enforcement", "officer-12")
OFFICIAL = {"legitimate_interest": True, "records_authorized": True}
BOX = Region(0.4, 0.4, 0.2, 0.2)
MOVING = "events/graduation/caps.gif"
ELIJAH = "104284"
CHOIR = "events/fall-concert/choir-recording.wav"


def clauses(answer: Answer) -> list[str]:
    return [reason.clause for reason in answer.decision.reasons]


def released(answer: Answer) -> bool:
    return answer.release is not None and answer.token is not None and answer.link is not None


@contextmanager
def nothing_is_released(district: District) -> Iterator[None]:
    yield
    assert open_copies(district.services) == []
    assert ledger_holds(district.services)
    recorded = {entry.subject for entry, _ in entries(district.services, "share")}
    for release in releases(district.services, "recorded", "open"):
        with district.services.store.reading() as unit:
            links = [link for link in unit.shares.links(open_only=True) if link.release_id == release.id]
        assert {link.share_id for link in links} <= recorded


# Decisions, by who asks and who acts


@pytest.mark.parametrize(
    ("key", "outcome", "clause"),
    [
        (TEAM, Outcome.REDACT, "EX4-OPTOUT"),
        (CROWD, Outcome.ALLOW, "OPEN-UNRELATED"),
        (PORTRAIT, Outcome.DENY, "EX4-OPTOUT"),
        (HALLWAY, Outcome.REDACT, "EX3"),
        (GRADUATION, Outcome.ALLOW, "EX4"),
        (PEP_RALLY, Outcome.REFER, "HOLD-UNKNOWN-PERSON"),
        (SCIENCE_LAB, Outcome.REFER, "HOLD-UNCLASSIFIED"),
        (UNTITLED, Outcome.REFER, "HOLD-UNTAGGED"),
    ],
)
def test_a_publication_is_decided_and_released_only_where_it_may_be(
    district: District, key: str, outcome: Outcome, clause: str
) -> None:
    district.upload(key)
    answer = district.share(key)
    assert (answer.decision.outcome, clauses(answer)[0]) == (outcome, clause)
    assert released(answer) is (outcome <= Outcome.REDACT)
    assert len(open_copies(district.services)) == (1 if released(answer) else 0)


def test_a_request_that_no_custodian_makes_is_referred(district: District) -> None:
    district.upload(HALLWAY)
    parent = Recipient("parent", district.guardian(CALEB_FATHER))
    answer = district.share(HALLWAY, kind="request", purpose="inspection", recipient=parent)
    assert (answer.decision.outcome, clauses(answer)[0], answer.token) == (Outcome.REFER, "CUSTODIAN", None)


def test_a_parent_gets_a_copy_that_shows_their_own_child_alone(district: District) -> None:
    district.upload(HALLWAY)
    answer = district.ask(HALLWAY, Recipient("parent", district.guardian(CALEB_FATHER)))
    assert answer.decision.redact == (district.student(OWEN),)
    assert answer.decision.basis == {district.student(CALEB): "EX2"}


def test_an_official_who_needs_it_gets_it_whole_and_anybody_else_in_the_house_does_not(district: District) -> None:
    district.upload(HALLWAY)
    teacher = Recipient("school_official", "teacher-4")
    answer = district.ask(HALLWAY, teacher, evidence=OFFICIAL)
    assert (answer.decision.outcome, clauses(answer)) == (Outcome.ALLOW, ["EX1"])
    assert "EX1-EVIDENCE" in clauses(district.ask(HALLWAY, teacher))


def test_a_recording_of_an_emergency_goes_whole_whatever_its_format_and_is_recorded(district: District) -> None:
    voice = Voice(review_decision=FAILED)
    district = with_voice(district, voice)
    for key in (HALLWAY, CLIP):
        district.upload(key)
        answer = district.share(key, kind="request", purpose="safety", recipient=POLICE, evidence=EMERGENCY)
        assert (answer.decision.outcome, clauses(answer)) == (Outcome.ALLOW, ["EX9", "NOTIFY-CUSTODIAN"])
        assert answer.decision.record_disclosure
        assert released(answer)
    told = [hook for hook, _ in voice.told]
    assert told == ["decision_made", "disclosure_recorded", "referral_opened", "notify"] * 2
    assert "share" in entries_about(district.services, district.student(OWEN))


def test_what_cannot_be_cleaned_is_referred_although_it_might_go(district: District) -> None:
    moving = io.BytesIO()
    Image.new("P", (64, 48)).save(moving, "GIF")
    district.upload(MOVING, moving.getvalue())
    looked(district, MOVING, NOAH, directory_status="eligible")
    answer = district.share(MOVING)
    assert (answer.decision.outcome, clauses(answer)) == (Outcome.REFER, ["RELEASE-UNABLE", "EX4"])
    assert answer.decision.basis == {}
    assert releases(district.services) == []


def test_what_nobody_uploaded_is_not_shared_and_its_name_is_not_repeated(district: District) -> None:
    with pytest.raises(UnknownThing, match="not in the library") as raised:
        district.share("portraits/noah-begaye.jpg")
    assert "noah" not in str(raised.value)


def test_evidence_that_cannot_be_read_releases_nothing(district: District) -> None:
    district.upload(GRADUATION)
    with nothing_is_released(district), pytest.raises(CaseError):
        district.share(GRADUATION, evidence={"emergency": "now"})


# What is recorded


def test_every_attempt_is_recorded_with_its_case_its_decision_and_whom_it_concerns(district: District) -> None:
    district.upload(PORTRAIT)
    district.upload(TEAM)
    refused, given = district.share(PORTRAIT), district.share(TEAM)
    (_, denied), (entry, allowed) = entries(district.services, "share")
    assert (denied["decision"]["outcome"], denied["release"]) == ("deny", None)
    assert allowed["case"]["share"]["purpose"] == "website"
    assert given.release is not None
    assert allowed["release"]["sha256"] == given.release.sha256
    assert (entry.subject, refused.share.id) == (given.share.id, refused.share.id)
    assert entries_about(district.services, district.student(HANNAH)) == ["share", "share"]
    assert entries_about(district.services, district.student(INES)) == ["share"]


def test_a_refusal_concerns_the_students_whom_an_official_use_names_too(district: District) -> None:
    district.upload(PORTRAIT)
    looked(district, PORTRAIT, official_uses=(OfficialUse("victim", (district.student(INES),)),))
    assert not released(district.share(PORTRAIT))
    assert entries_about(district.services, district.student(INES))[-1] == "share"


def test_nothing_that_leaves_bears_a_name(district: District) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.release is not None
    with district.services.store.reading() as unit:
        people = unit.people.students()
    secrets = [text.casefold() for each in people for text in (*each.names, each.roster_id)]
    told = f"{answer.release.key} {district.services.library.tags(answer.release.key)} {answer.decision}".casefold()
    assert [secret for secret in secrets if secret in told] == []


def test_a_token_is_long_and_kept_as_a_hash_alone(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    assert answer.token is not None
    assert len(answer.token) >= 43
    with district.services.store.reading() as unit:
        assert unit.shares.links_by_hash([token_hash(answer.token)]) == {token_hash(answer.token): answer.link}
        assert unit.shares.links_by_hash([answer.token]) == {}


# INVARIANT: on hold first, recorded, then open


def test_a_copy_is_put_on_hold_then_recorded_and_only_then_open(district: District) -> None:
    district.upload(TEAM)
    steps: list[tuple[str, str, int, list[str]]] = []

    def hear(name: str, *args: Any, **kwargs: Any) -> None:
        if name in ("publish", "put_tags"):
            tag = (kwargs.get("tags") or args[2])["dam-release"]
            states = [release.state for release in releases(district.services)]
            steps.append((name, tag, len(entries(district.services, "share")), states))

    answer = share(listening(district.services, hear), Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC))
    assert steps == [("publish", "hold", 0, ["preparing"]), ("put_tags", "open", 1, ["recorded"])]
    assert released(answer)
    assert [release.state for release in releases(district.services)] == ["open"]


STEPS = ["download", "publish", "put_tags"]
WRITES = {1: "the copy is put on record", 2: "the share is recorded", 3: "the copy is said to be open"}


@pytest.mark.parametrize("step", STEPS)
def test_a_storage_that_fails_leaves_nothing_open_without_a_record(district: District, step: str) -> None:
    district.upload(TEAM)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == step:
            raise StorageError("no answer")

    request = Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC)
    with nothing_is_released(district), pytest.raises(StorageError):
        share(listening(district.services, hear), request)
    assert released(district.share(TEAM))
    finish_or_withdraw_all(district.services)
    assert {release.state for release in releases(district.services)} <= {"open", "undone"}


@pytest.mark.parametrize("number", WRITES, ids=WRITES.values())
def test_a_database_that_fails_leaves_nothing_open_without_a_record(district: District, number: int) -> None:
    district.upload(TEAM)
    request = Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC)
    with pytest.raises(StoreError):
        share(interrupted(district.services, number, broken_down), request)
    recorded = [release.key for release in releases(district.services, "recorded", "open")]
    assert open_copies(district.services) == recorded
    assert len(entries(district.services, "share")) == len(recorded) == (number == 3)
    again = district.share(TEAM)
    assert released(again)
    assert open_link(district.services, again.token or "").url is not None
    assert ledger_holds(district.services)


def stopped() -> None:
    raise KeyboardInterrupt


def as_on_another_machine(district: District, monkeypatch: pytest.MonkeyPatch) -> Recovered:
    """Recover, hours later, where no lock of this process is seen."""
    with monkeypatch.context() as there:
        there.setattr(tempfile, "tempdir", str(district.folder))
        return finish_or_withdraw_all(later(district.services, hours=UPLOAD_HOURS, minutes=5))


def test_recovering_finishes_what_was_recorded_and_undoes_what_was_not(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    request = Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC)
    with pytest.raises(KeyboardInterrupt):
        share(interrupted(district.services, 2, stopped), request)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "put_tags":
            raise StorageError("no answer")

    with pytest.raises(StorageError):
        share(listening(district.services, hear), request)
    assert open_copies(district.services) == []
    done = as_on_another_machine(district, monkeypatch)
    assert (done.finished, done.undone) == (1, 1)
    states = {release.state: release.key for release in releases(district.services)}
    assert open_copies(district.services) == [states["open"]]
    assert states["undone"] not in [each.key for each in district.services.library.list("released/")]
    assert finish_or_withdraw_all(district.services) == Recovered(0, 0)


def test_without_credentials_of_delivery_nothing_is_published(district: District) -> None:
    district.upload(GRADUATION)
    settings = district.services.settings.model_copy(update={"delivery_secret_access_key": None})
    bare = replace(district, services=replace(district.services, settings=settings))
    with nothing_is_released(district), pytest.raises(SettingsError, match="DELIVERY_SECRET"):
        bare.share(GRADUATION)
    assert releases(district.services) == []
    # A refusal needs none.
    assert clauses(bare.share(GRADUATION, kind="request", purpose="news")) == ["CUSTODIAN"]


# Copies


def test_two_shares_of_the_same_use_one_copy_and_have_links_of_their_own(district: District) -> None:
    district.upload(TEAM)
    one, other = district.share(TEAM), district.share(TEAM)
    assert one.release == other.release
    assert (one.token, one.link) != (other.token, other.link)
    assert len(list(district.services.library.list("released/"))) == 1


def test_a_copy_made_before_a_place_was_corrected_is_not_used_again(district: District) -> None:
    district.upload(TEAM)
    one = district.share(TEAM)
    looked(district, TEAM, HANNAH, box=BOX)
    other = district.share(TEAM)
    assert one.release is not None
    assert other.release is not None
    assert one.release.key != other.release.key
    body = district.services.library.read(other.release.key, limit=10_000_000)
    picture = Image.open(io.BytesIO(body)).convert("L")
    assert picture.getpixel((picture.width // 2, picture.height // 2)) == 128


def test_a_copy_that_is_withdrawn_while_it_is_shared_is_replaced_by_another(district: District) -> None:
    district.upload(TEAM)
    one = district.share(TEAM)
    late = interrupted(district.services, 1, lambda: revoke(district.services, key=TEAM) and None)
    other = share(late, Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC))
    assert one.release is not None
    assert other.release is not None
    assert open_copies(district.services) == [other.release.key] != [one.release.key]
    assert len(entries(district.services, "share")) == 2


def test_a_staged_copy_that_a_recovery_undoes_is_made_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    slow = interrupted(district.services, 2, lambda: as_on_another_machine(district, monkeypatch) and None)
    answer = share(slow, Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC))
    assert [release.state for release in releases(district.services)] == ["undone", "open"]
    assert open_link(district.services, answer.token or "").url is not None


@pytest.mark.parametrize("error", [CannotRedact("the place is gone"), NotProven(["a face is seen"])])
def test_where_no_redacted_copy_can_be_made_it_is_decided_again_without(
    district: District, monkeypatch: pytest.MonkeyPatch, error: DamPluginError
) -> None:
    district.upload(TEAM)

    def unable(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sharing, "make_proven_copy", unable)
    answer = district.share(TEAM)
    assert answer.decision.outcome is Outcome.DENY
    assert clauses(answer).count("REDACT-UNABLE") == 1
    why = answer.decision.reasons[0]
    assert why == reason("REDACT-UNABLE", [district.student(HANNAH)], otherwise=True, why=error)
    assert "this format" not in str(answer.decision.reasons)
    assert (answer.release, open_copies(district.services)) == (None, [])


def test_a_third_party_that_gives_way_when_nothing_can_be_hidden_lets_the_clean_copy_go(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([Review(Outcome.REDACT, "hide her", (district.student(HANNAH),)), None])
    district = with_voice(district, Voice(review_decision=lambda: next(answers)))
    district.upload(TEAM)
    with district.services.store.writing() as unit:
        unit.people.end_opt_out(district.student(HANNAH), TODAY)
    make = make_copy.door.make

    def unable_to_hide(source: Path, order: Order, folder: Path, **more: Any) -> Made:
        if order.hide:
            raise CannotRedact("no")
        return make(source, order, folder, **more)

    monkeypatch.setattr(make_copy.door, "make", unable_to_hide)
    answer = district.share(TEAM)
    assert (answer.decision.outcome, clauses(answer)[-1]) == (Outcome.ALLOW, "REDACT-UNABLE")


def test_what_was_made_before_is_neither_read_nor_made_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    one = district.share(TEAM)
    heard: list[str] = []
    monkeypatch.setattr(make_copy.door, "make", broken_down)
    services = listening(district.services, lambda name, *_, **__: heard.append(name))
    other = share(services, Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC))
    assert one.release == other.release
    assert heard == ["head"]


def test_what_changes_nothing_of_the_copy_does_not_have_it_made_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    made: list[Order] = []
    make = make_copy.door.make

    def counted(source: Path, order: Order, folder: Path, **more: Any) -> Made:
        made.append(order)
        return make(source, order, folder, **more)

    monkeypatch.setattr(make_copy.door, "make", counted)

    def tell_more() -> None:
        consent = Consent(district.student(INES), district.guardian(INES_MOTHER), TODAY, "ink", purpose="yearbook")
        choices.add_consent(district.services, replace(consent, parties=("public",)), "on paper", CUSTODIAN)

    answer = share(
        interrupted(district.services, 2, tell_more), Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC)
    )
    assert released(answer)
    assert len(made) == 1
    assert [release.state for release in releases(district.services)] == ["open"]


def test_a_copy_that_is_given_up_with_its_share_is_withdrawn(district: District) -> None:
    district.upload(GRADUATION)
    counts = iter(range(100))

    def restless() -> None:
        consent = Consent(district.student(NOAH), "p1", TODAY, "ink", purpose=f"purpose {next(counts)}")
        with district.services.store.writing() as unit:
            (record,) = [each for each in unit.people.students() if each.id == consent.student]
            unit.people.add_consent(replace(consent, signed_by=record.guardians[0]), None, district.services.now())

    class Restless:
        def __getattr__(self, name: str) -> object:
            return getattr(district.services.store, name)

        def writing(self) -> object:
            restless()
            return district.services.store.writing()

    request = Share("", GRADUATION, "publication", "website", CUSTODIAN, PUBLIC)
    with nothing_is_released(district), pytest.raises(StoreError, match="share it again"):
        share(replace(district.services, store=Restless()), request)
    assert [release.state for release in releases(district.services)] == ["undone"]
    assert list(district.services.library.list("released/")) == []


def test_a_copy_is_not_used_again_once_more_is_looked_for_or_told(district: District) -> None:
    district.upload(TEAM)
    one = district.share(TEAM)
    district = with_voice(district, Voice(find_people=[Region(0, 0, 0.04, 0.04)]))
    other = district.share(TEAM)
    assert released(one)
    assert (other.release, clauses(other)[0]) == (None, "REDACT-UNABLE")
    assert "a face was found" in other.decision.reasons[0].text


# Emergencies


def urgent(district: District, key: str = GRADUATION) -> Answer:
    return district.share(key, kind="request", purpose="safety", recipient=POLICE, evidence=EMERGENCY)


def went_as_it_is(district: District, answer: Answer, key: str = GRADUATION) -> bool:
    assert released(answer)
    assert answer.release is not None
    assert open_link(district.services, answer.token or "").url is not None
    whole = district.services.library.read(key, limit=10_000_000)
    return body_of(district, answer) == whole and answer.release.proof["checks"] == [AS_IT_IS]


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


FAILURES = ["no folder", "no room", "full while fetched", "too large", "cannot", "not proven", "disk", "changed"]


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_that_keeps_a_copy_from_being_cleaned_stands_in_the_way_of_an_emergency(
    district: District, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: str
) -> None:
    district.upload(GRADUATION)
    match failure:
        case "no folder":
            monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
        case "no room":
            monkeypatch.setattr(tempfile, "mkdtemp", full)
        case "full while fetched":
            monkeypatch.setattr(s3.os, "open", full)
        case "too large":
            monkeypatch.setattr(make_copy, "LARGEST_PICTURE", 100)
        case "cannot":
            monkeypatch.setattr(make_copy.door, "make", raising(CannotRedact("no")))
        case "not proven":
            monkeypatch.setattr(make_copy.door, "make", raising(NotProven(["a pixel differs"])))
        case "disk":
            monkeypatch.setattr(make_copy.door, "make", full)
        case "changed":
            monkeypatch.setattr(published_copy, "sha256_of", lambda _: "00")
    assert went_as_it_is(district, urgent(district))
    assert [release.state for release in releases(district.services)] == ["open"]
    # It stands in the way of everything else.
    if failure in ("cannot", "not proven"):
        assert clauses(district.share(GRADUATION))[0] == "RELEASE-UNABLE"
        return
    entries_before = len(entries(district.services))
    with pytest.raises(NotProven if failure == "changed" else StorageError):
        district.share(GRADUATION)
    assert len(entries(district.services)) == entries_before


def test_a_picture_that_can_be_cleaned_is_cleaned_in_an_emergency_too(district: District) -> None:
    district.upload(GRADUATION)
    answer = urgent(district)
    assert not went_as_it_is(district, answer)
    assert answer.release is not None
    assert answer.release.proof["operation"] == "clean"


def test_a_recording_goes_as_it_is_at_once_in_an_emergency(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(CLIP)
    heard: list[str] = []
    monkeypatch.setattr(make_copy.door, "make", broken_down)
    monkeypatch.setattr(sharing, "workroom", broken_down)
    answer = urgent(
        replace(district, services=listening(district.services, lambda name, *_, **__: heard.append(name))), CLIP
    )
    assert went_as_it_is(district, answer, CLIP)
    assert heard == ["publish_as_it_is", "put_tags"]


def test_what_goes_as_it_is_bears_the_tags_of_a_copy_and_says_which_version_it_is(district: District) -> None:
    stored = district.upload(CLIP)
    release = urgent(district, CLIP).release
    assert release is not None
    assert set(district.services.library.tags(release.key)) == {"dam-release", "dam-redacted-from"}
    assert release.proof == {"checks": [AS_IT_IS], "version": stored.asset.version_id, "etag": stored.asset.etag}
    assert entries(district.services, "share")[-1][1]["release"]["proof"] == release.proof


def test_nobody_is_asked_where_or_how_to_hide_people_in_an_emergency(district: District) -> None:
    district.upload(GRADUATION)
    voice = Voice(find_people=raising(AssertionError()), redact_media=raising(AssertionError()))
    assert released(urgent(with_voice(district, voice)))


def test_a_copy_that_somebody_deleted_is_made_again(district: District) -> None:
    district.upload(TEAM)
    one = district.share(TEAM)
    assert one.release is not None
    district.services.library.delete(one.release.key, one.release.version_id)
    other = district.share(TEAM)
    assert other.release is not None
    assert other.release.key != one.release.key
    assert open_link(district.services, other.token or "").url is not None


@pytest.mark.parametrize("change", ["an earlier version made it", "somebody kept is elsewhere", "another detector"])
def test_a_copy_that_was_made_from_something_else_is_not_used_again(
    district: District, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    district.upload(TEAM)
    with monkeypatch.context() as patch:
        patch.setattr(make_copy, "WRITER", make_copy.WRITER - (change == "an earlier version made it"))
        one = district.share(TEAM)
    if change == "somebody kept is elsewhere":
        looked(district, TEAM, INES, box=BOX)
    if change == "another detector":
        settings = district.services.settings.model_copy(update={"face_score": 0.5})
        district = replace(district, services=replace(district.services, settings=settings))
    other = district.share(TEAM)
    assert one.release is not None
    assert other.release is not None
    assert one.release.key != other.release.key
    assert open_link(district.services, one.token or "").url is not None


def test_a_copy_that_went_as_it_is_in_an_emergency_is_used_for_nothing_else(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    with monkeypatch.context() as patch:
        patch.setattr(make_copy.door, "make", raising(CannotRedact("no")))
        given = urgent(district)
    other = district.share(GRADUATION)
    assert went_as_it_is(district, given)
    assert not went_as_it_is(district, other)


def test_what_is_not_what_was_proven_is_not_published(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    make = make_copy.door.make

    def changed(*given: Any, **more: Any) -> Made:
        made = make(*given, **more)
        with made.path.open("ab") as file:
            file.write(b"a face")
        return made

    monkeypatch.setattr(make_copy.door, "make", changed)
    with nothing_is_released(district), pytest.raises(NotProven, match="changed after it was proven"):
        district.share(TEAM)
    assert list(district.services.library.list("released/")) == []


def test_nothing_of_a_copy_in_the_making_stays_behind(
    district: District, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(rooms))
    district.upload(TEAM)
    district.share(TEAM)
    monkeypatch.setattr(make_copy.door, "make", lambda *_, **__: (_ for _ in ()).throw(ZeroDivisionError))
    looked(district, TEAM, HANNAH, box=BOX)
    with pytest.raises(ZeroDivisionError):
        district.share(TEAM)
    # What stays is empty: the lock by which others see that this process is at work.
    assert [each for each in rooms.rglob("*") if each.is_dir() or each.stat().st_size] == []


def test_what_the_plan_says_of_the_copy_is_kept_with_the_release(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, INES, box=Region(0.4, 0.4, 0.2, 0.2))
    looked(district, TEAM, HANNAH, box=Region(0.45, 0.45, 0.2, 0.2))
    release = district.share(TEAM).release
    assert release is not None
    assert [fact for fact in release.proof["facts"] if district.student(INES) in fact] != []


@pytest.mark.parametrize(("evidence", "told"), [(OFFICIAL, True), ({}, False)], ids=["EX1", "EX4"])
def test_a_copy_tells_that_it_may_not_be_passed_on_where_the_procedure_asks_for_it(
    district: District, evidence: dict[str, Any], told: bool
) -> None:
    district.upload(GRADUATION)
    teacher = Recipient("school_official", "teacher-4")
    answer = district.ask(GRADUATION, teacher, evidence=evidence) if evidence else district.share(GRADUATION)
    assert answer.release is not None
    body = district.services.library.read(answer.release.key, limit=10_000_000)
    assert (b"34 CFR 99.33" in body) is told


def appearing(district: District, roster_id: str, **where: Any) -> Appearance:
    return Appearance(district.student(roster_id), "focus", **where)


def body_of(district: District, answer: Answer) -> bytes:
    assert answer.release is not None
    return district.services.library.read(answer.release.key, limit=10_000_000)


def opted_out(district: District, key: str, *persons: Appearance) -> Answer:
    """Share what these are in, the first of whom has opted out."""
    look_at(
        district.services,
        key,
        Look(district.services.now(), CUSTODIAN, persons, directory_status="eligible", unidentified=0),
    )
    choices.opt_out(district.services, persons[0].student, OptOut(TODAY), CUSTODIAN)
    answer = district.share(key)
    assert answer.decision.outcome is Outcome.REDACT, answer.decision.reasons
    assert answer.decision.redact == (persons[0].student,)
    return answer


LEFT, MIDDLE, RIGHT = (Region(x, 0.1, 0.1, 0.1) for x in (0.05, 0.45, 0.85))


def noisy(district: District, kind: str) -> str:
    file = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(file, kind)
    key = f"events/graduation/stage.{kind.lower()}"
    district.upload(key, file.getvalue())
    return key


@pytest.mark.parametrize(("kind", "copied"), [("PNG", "PNG"), ("WEBP", "JPEG"), ("TIFF", "PNG"), ("AVIF", "JPEG")])
def test_a_student_is_hidden_in_a_picture_of_another_format(district: District, kind: str, copied: str) -> None:
    noah, *others = (
        appearing(district, each, regions=(box,)) for each, box in ((NOAH, MIDDLE), (INES, LEFT), (OWEN, RIGHT))
    )
    answer = opted_out(district, noisy(district, kind), noah, *others)
    copy = Image.open(io.BytesIO(body_of(district, answer)))
    assert (copy.format, copy.size) == (copied, (320, 240))
    grey = copy.convert("L")
    filled, shown = grey.crop((140, 20, 180, 60)), grey.crop((0, 20, 60, 60))
    assert {abs(level - 128) <= 2 for level in filled.tobytes()} == {True}
    assert len(set(shown.tobytes())) > 20


def test_a_picture_is_cut_to_those_who_may_be_seen_where_that_shows_more(district: District) -> None:
    noah = appearing(district, NOAH, regions=(LEFT,))
    answer = opted_out(district, noisy(district, "PNG"), noah, appearing(district, INES, regions=(RIGHT,)))
    assert answer.release is not None
    assert answer.release.proof["operation"] == "crop"
    copy = Image.open(io.BytesIO(body_of(district, answer)))
    assert copy.height == 240
    assert copy.width < 320 * 0.9


def test_a_student_is_hidden_in_a_video_for_as_long_as_they_are_seen(district: District) -> None:
    av = pytest.importorskip("av", reason="the extra 'av' is not installed")
    district.upload(CLIP)
    box = Region(0.2, 0.2, 0.1, 0.15)
    seen = appearing(district, ELIJAH, intervals=(Interval(0, 2),), keyframes=(Keyframe(0, box, 2),))
    answer = opted_out(district, CLIP, seen, appearing(district, NOAH))
    with av.open(io.BytesIO(body_of(district, answer))) as film:
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert len(frames) == 16
    assert all(abs(int(frame[66, 80]) - 128) < 12 for frame in frames)


def test_what_a_student_says_is_silenced_in_a_sound_recording(district: District) -> None:
    av = pytest.importorskip("av", reason="the extra 'av' is not installed")
    district.upload(CHOIR)
    seen = appearing(district, ELIJAH, intervals=(Interval(0.5, 1.0),))
    answer = opted_out(district, CHOIR, seen, appearing(district, NOAH, intervals=(Interval(1.2, 1.4),)))
    with av.open(io.BytesIO(body_of(district, answer))) as sound:
        (stream,) = sound.streams
        assert (stream.type, round(float(stream.duration * stream.time_base), 1)) == ("audio", 1.8)


def test_a_recording_in_which_somebody_is_seen_without_a_box_is_not_redacted(district: District) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    district.upload(CLIP)
    seen = appearing(district, ELIJAH, intervals=(Interval(0, 2),), keyframes=(Keyframe(0, BOX), Keyframe(1, BOX)))
    persons = (seen, appearing(district, NOAH))
    look_at(district.services, CLIP, Look(district.services.now(), CUSTODIAN, persons, directory_status="eligible"))
    choices.opt_out(district.services, seen.student, OptOut(TODAY), CUSTODIAN)
    answer = district.share(CLIP)
    assert (answer.decision.outcome, answer.release) == (Outcome.DENY, None)
    assert "from 1 to 2 s: write ID@x,y,w,h@1-2" in answer.decision.reasons[0].text


# What changes while a share is under way


def test_an_opt_out_that_comes_before_the_record_counts(district: District) -> None:
    district.upload(GRADUATION)
    noah = district.student("104270")

    def opt_out() -> None:
        choices.opt_out(district.services, noah, OptOut(TODAY), CUSTODIAN)

    answer = share(
        interrupted(district.services, 2, opt_out), Share("", GRADUATION, "publication", "website", CUSTODIAN, PUBLIC)
    )
    assert answer.decision.redact == (noah,)
    assert [release.state for release in releases(district.services)] == ["undone", "open"]
    assert [entry.kind for entry, _ in entries(district.services)] == ["roster", "opt-out", "share"]


def test_a_refusal_too_is_recorded_on_what_is_on_file_by_then(district: District) -> None:
    district.upload(UNTITLED)

    def look() -> None:
        looked(district, UNTITLED, "104270", directory_status="eligible")

    answer = share(
        interrupted(district.services, 1, look), Share("", UNTITLED, "publication", "website", CUSTODIAN, PUBLIC)
    )
    assert answer.decision.outcome is Outcome.ALLOW


def test_a_recording_that_is_deleted_meanwhile_is_not_shared(district: District) -> None:
    district.upload(GRADUATION)

    def delete() -> None:
        district.services.library.delete(GRADUATION)
        forget_if_gone(district.services, GRADUATION)

    request = Share("", GRADUATION, "publication", "website", CUSTODIAN, PUBLIC)
    with nothing_is_released(district), pytest.raises(UnknownThing):
        share(interrupted(district.services, 2, delete), request)


def test_a_share_that_changes_under_every_attempt_is_given_up(district: District) -> None:
    district.upload(PORTRAIT)
    changes = iter(range(1, 100))

    class Restless:
        def __getattr__(self, name: str) -> object:
            return getattr(district.services.store, name)

        def writing(self) -> object:
            looked(district, PORTRAIT, unidentified=next(changes))
            return district.services.store.writing()

    request = Share("", PORTRAIT, "publication", "website", CUSTODIAN, PUBLIC)
    with nothing_is_released(district), pytest.raises(StoreError, match="share it again"):
        share(replace(district.services, store=Restless()), request)
    assert entries(district.services, "share") == []


def test_a_link_that_is_revoked_before_its_copy_is_opened_leaves_it_on_hold(district: District) -> None:
    district.upload(GRADUATION)
    heard: list[str] = []

    def hear(name: str, *args: Any, **_: object) -> None:
        if name == "put_tags" and args[2]["dam-release"] == "open" and not heard:
            heard.append(name)
            revoke(district.services, key=GRADUATION)

    answer = share(
        listening(district.services, hear), Share("", GRADUATION, "publication", "website", CUSTODIAN, PUBLIC)
    )
    assert heard == ["put_tags"]
    assert open_copies(district.services) == []
    assert link_of(district.services, answer.link).closed_why == "revoked"
    close_unneeded_copies(district.services)
    assert [release.state for release in releases(district.services)] == ["closed"]


# Errors in the decision, and other voices


def test_an_error_inside_the_decision_is_a_referral_with_its_id(
    district: District, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    district.upload(GRADUATION)

    def fail(_: object) -> Decision:
        raise ZeroDivisionError

    monkeypatch.setattr(sharing, "decide", fail)
    with caplog.at_level(logging.ERROR):
        answer = district.share(GRADUATION)
    assert (answer.decision.outcome, clauses(answer), answer.release) == (Outcome.REFER, ["ERROR"], None)
    error_id = caplog.messages[-1].rsplit(maxsplit=1)[-1]
    assert error_id in answer.decision.reasons[0].text
    assert entries(district.services, "share")[-1][1]["decision"]["reasons"][0]["clause"] == "ERROR"


def hide(*roster_ids: str, outcome: Outcome = Outcome.REDACT) -> Any:
    return lambda district: Review(outcome, "we think so", tuple(district.student(each) for each in roster_ids))


@pytest.mark.parametrize(
    ("key", "answer_of", "outcome", "hidden"),
    [
        (GRADUATION, lambda _: None, Outcome.ALLOW, 0),
        (GRADUATION, lambda _: FAILED, Outcome.DENY, 0),
        (GRADUATION, lambda _: Review(Outcome.ALLOW, "fine"), Outcome.ALLOW, 0),
        (GRADUATION, lambda _: Review(Outcome.REFER, "ask"), Outcome.REFER, 0),
        (GRADUATION, lambda _: Review(Outcome.DENY, "no"), Outcome.DENY, 0),
        (GRADUATION, lambda _: Review(Outcome.REDACT, "hide somebody"), Outcome.REFER, 0),
        (GRADUATION, hide("104270"), Outcome.REDACT, 1),
        (TEAM, hide(INES), Outcome.REDACT, 2),
        (TEAM, hide(INES, outcome=Outcome.ALLOW), Outcome.REDACT, 2),
        (GRADUATION, hide(HANNAH), Outcome.REFER, 0),
        (CLIP, hide("104284"), Outcome.REFER, 0),
        (PORTRAIT, lambda _: Review(Outcome.ALLOW, "let it go"), Outcome.DENY, 0),
        (PORTRAIT, hide(HANNAH), Outcome.DENY, 0),
        (UNTITLED, lambda _: Review(Outcome.ALLOW, "let it go"), Outcome.REFER, 0),
    ],
    ids=[
        "silent",
        "failed",
        "agrees",
        "refers",
        "denies",
        "redact whom",
        "hides one",
        "hides another",
        "hides another, allowing",
        "hides one who is not in it",
        "hides in a clip",
        "loosens a denial",
        "redacts a denial",
        "loosens a referral",
    ],
)
def test_a_third_party_makes_a_decision_stricter_and_never_looser(
    district: District, key: str, answer_of: Any, outcome: Outcome, hidden: int
) -> None:
    district = with_voice(district, Voice(review_decision=answer_of(district)))
    district.upload(key)
    answer = district.share(key)
    assert answer.decision.outcome is outcome
    assert len(answer.decision.redact) == hidden
    assert set(answer.decision.redact).isdisjoint(answer.decision.basis)
    assert released(answer) is (outcome <= Outcome.REDACT)


@pytest.mark.parametrize("heard", [FAILED, Review(Outcome.DENY, "no")], ids=["failed", "denied"])
def test_a_denial_that_a_third_party_brought_about_is_one_to_record(district: District, heard: Any) -> None:
    voice = Voice(review_decision=heard)
    district = with_voice(district, voice)
    district.upload(HALLWAY)
    # Of an order that forbids telling they would hear nothing.
    evidence = {"pre_adjudication": {"students": [district.student(CALEB)], "certified": True}}
    answer = district.ask(HALLWAY, Recipient("juvenile_office", "county"), evidence=evidence)
    assert (answer.decision.outcome, answer.decision.record_disclosure) == (Outcome.DENY, True)
    # The certificate still waits for a second person.
    assert [hook for hook, _ in voice.told] == ["decision_made", "disclosure_recorded", "referral_opened"]
    assert not district.share(HALLWAY).decision.record_disclosure


@pytest.mark.parametrize("spelt", ["Website", " website", "\uff37ebsite"])
def test_an_opt_out_reaches_a_purpose_however_it_is_spelt(district: District, spelt: str) -> None:
    district.upload(GRADUATION)
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(
            district.student(NOAH), OptOut(TODAY, purposes=(spelt,)), "paper", district.services.now()
        )
    assert district.share(GRADUATION).decision.redact == (district.student(NOAH),)


def test_a_consent_for_an_objects_key_is_one_for_the_recording(district: District) -> None:
    district.upload(PORTRAIT)
    mother, key_id = district.guardian(HANNAH_MOTHER), district.services.pseudonyms.asset(PORTRAIT)
    consent = Consent(district.student(HANNAH), mother, TODAY, "ink", purpose="website", parties=("public",))
    with district.services.store.writing() as unit:
        unit.people.add_consent(replace(consent, assets=(key_id,)), None, district.services.now())
    assert district.share(PORTRAIT).decision.outcome is Outcome.ALLOW


@pytest.mark.parametrize(
    ("said", "told"), [({"notify": True}, 1), ({"notify": False}, 0), ({"notify": FAILED}, 0), ({}, 0)]
)
def test_an_answer_says_how_many_say_that_they_told_the_custodian(
    district: District, said: dict[str, Any], told: int
) -> None:
    district.upload(HALLWAY)
    evidence = {"emergency": {"threat": "a fire", "recipient_needs_it": True}}
    services = with_voice(district, Voice(**said)).services
    request = Share(
        "", HALLWAY, "request", "emergency", CUSTODIAN, Recipient("emergency", "hospital"), evidence=evidence
    )
    assert share(services, request).told == told
