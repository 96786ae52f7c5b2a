"""`dam-plugin hold …` as a custodian types it, with everything real behind it, and what a host hears."""

from __future__ import annotations

import json

import pytest
from command_line import call
from district import HALLWAY, HANNAH_MOTHER, PORTRAIT, PUBLIC, SOFIA, TEAM, District

from dam_plugin.cli import context
from dam_plugin.model import AssetEvent
from dam_plugin.store import SystemUser

PORTRAIT_OF_SOFIA = "portraits/portrait-0425.jpg"
AS = ("--as", "custodian:records-office")
SUBPOENA = ("--kind", "subpoena", "--matter", "docket 26-117", "--why", "served today", "--source", "a paper", *AS)
LAWSUIT = (
    "--kind",
    "litigation",
    "--matter",
    "the bus case",
    "--why",
    "letter of counsel",
    "--source",
    "a letter",
    *AS,
)


def as_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))


def test_a_hold_is_added_listed_shown_and_released(district: District) -> None:
    district.upload(TEAM)
    added = call("hold", "add", "events/", *SUBPOENA, "--json").object()
    assert (added["key"], added["recordings"], added["in_force"]) == ("events/", 1, True)
    assert (added["storage_refuses"], added["storage_undoes"]) == (False, True)
    assert [each["id"] for each in call("hold", "list", "--json").objects()] == [added["id"]]
    assert [each["id"] for each in call("hold", "list", "--key", TEAM, "--json").objects()] == [added["id"]]
    assert call("hold", "list", "--key", PORTRAIT, "--json").objects() == []
    assert "'events/' (1 recording): subpoena, docket 26-117" in call("hold", "show", "events/").text
    released = call("hold", "release", "events/", "--why", "quashed", *AS)
    assert released.code == 0
    assert f"{added['id']} is released" in released.text
    assert call("hold", "list", "--json").objects() == []
    (old,) = call("hold", "list", "--all", "--json").objects()
    assert (old["released_why"], old["in_force"]) == ("quashed", False)


def test_what_is_said_of_the_storage_fits_the_bucket(district: District, raw_s3: object, bucket: str) -> None:
    district.upload(TEAM)
    said = call("hold", "add", TEAM, *SUBPOENA)
    assert "It is undone from the versions, and the custodian is notified" in said.text
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})  # type: ignore[attr-defined]
    said = call("hold", "add", "events/", *SUBPOENA)
    assert "Warning: the bucket keeps no versions, so a deletion cannot be undone" in said.text
    checked = call("doctor").text
    assert "the bucket keeps no versions, so a deletion cannot be undone" in " ".join(checked.split())


def test_litigation_takes_two_users_at_the_command_line(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    hold = call("hold", "add", TEAM, *LAWSUIT, "--json").object()["id"]
    first = call("hold", "release", hold, "--why", "settled", *AS)
    assert (first.code, "It still holds until another person" in first.text) == (0, True)
    again = call("hold", "release", hold, "--why", "settled", "--as", "designee:principal")
    assert again.code == 1
    assert "takes two people to release a hold for litigation, and you have already released" in again.err
    as_another_user(monkeypatch)
    assert (
        call("hold", "release", hold, "--why", "settled", "--as", "designee:principal", "--json").object()["waits"]
        is False
    )


def test_an_open_referral_stands_in_the_list(district: District) -> None:
    district.upload(HALLWAY)
    (referral,) = district.ask(HALLWAY, PUBLIC, "news").referrals
    (row,) = call("hold", "list", "--json").objects()
    assert (row["id"], row["kind"], row["key"]) == (referral.id, "request", HALLWAY)
    refused = call("hold", "release", HALLWAY, "--why", "no", *AS)
    assert refused.code == 1
    assert f"it ends when the referral is closed, see `dam-plugin queue show {referral.id}`" in refused.err


def test_a_deletion_is_an_alarm_until_somebody_takes_note(district: District) -> None:
    district.upload(TEAM)
    call("hold", "add", TEAM, *SUBPOENA)
    district.services.library.delete(TEAM)
    district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    listed = call("hold", "alarms", "--json")
    assert listed.code == 1
    alarm = listed.object()
    assert (alarm["key"], alarm["outcome"]) == (TEAM, "restored")
    (check,) = [each for each in call("doctor", "--json").objects() if each["check"] == "holds"]
    assert (check["state"], check["alarms"], check["lost"]) == ("warning", 1, 0)
    assert call("hold", "alarms", "--seen", alarm["id"], *AS).code == 1
    assert call("hold", "alarms", "--seen", alarm["id"], "--why", "the host was told", *AS).code == 0
    assert call("hold", "alarms").code == 0
    assert alarm["id"] in call("hold", "show", TEAM).text


def test_a_loss_fails_the_doctor(district: District) -> None:
    stored = district.upload(TEAM)
    call("hold", "add", TEAM, *SUBPOENA)
    district.services.library.delete(TEAM, stored.asset.version_id)
    district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    assert "was deleted permanently; this cannot be undone: restore it from a backup" in call("hold", "alarms").text
    (check,) = [each for each in call("doctor", "--json").objects() if each["check"] == "holds"]
    assert check["state"] == "failed"


def test_reconciling_finds_a_deletion_that_no_event_told_of(district: District) -> None:
    district.upload(TEAM)
    call("hold", "add", TEAM, *SUBPOENA)
    district.services.library.delete(TEAM)
    reconciled = call("reconcile")
    assert (reconciled.code, "1 deletion(s) of held recordings" in reconciled.text) == (0, True)
    assert [each["outcome"] for each in call("hold", "alarms", "--json").objects()] == ["restored"]
    assert district.services.library.head(TEAM)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("add", TEAM, *SUBPOENA, "--until", "2020-01-01"), 1, "--until 2020-01-01 is in the past"),
        (("add", TEAM, *SUBPOENA, "--until", "soon"), 2, "'soon' is not a day"),
        (("add", TEAM, *SUBPOENA, "--kind", "lawsuite"), 2, "no kind of hold"),
        (("add", *SUBPOENA), 1, "name the recordings to hold"),
        (("add", "", *SUBPOENA), 2, "for the whole library say --everything"),
        (("add", TEAM, "--why", "w", "--source", "s", *AS), 1, "--matter is one line"),
        (("add", TEAM, *SUBPOENA[:-1], "media_staff:desk"), 1, "only the custodian or a designee"),
        (("release", "hd-none", "--why", "w", *AS), 1, "there is no such hold"),
        (("show", "hd-none"), 1, "there is no such hold"),
        (("alarms", "--seen", "hl-none", "--why", "w", *AS), 1, "no alarm has this id"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    district: District, arguments: tuple[str, ...], code: int, told: str
) -> None:
    district.upload(TEAM)
    ended = call("hold", *arguments)
    assert ended.code == code
    assert told in " ".join(ended.text.replace("│", " ").split())


def test_the_whole_library_is_held_by_a_word(district: District) -> None:
    district.upload(TEAM)
    district.upload(PORTRAIT)
    assert "holds the whole library (2 recordings)" in call("hold", "add", "--everything", *LAWSUIT).text
    assert "the whole library" in call("hold", "list").text


def test_what_the_plugin_would_delete_itself_is_refused_with_the_hold(district: District) -> None:
    district.upload(PORTRAIT)
    district.share(PORTRAIT)
    hold = call("hold", "add", PORTRAIT, *SUBPOENA, "--json").object()["id"]
    (entry,) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "share"
    ]
    refused = call("ledger", "forget", "--entry", str(entry["seq"]), "--why", "the family asks", *AS)
    assert refused.code == 1
    assert (
        f"nothing is deleted: it is held by the hold {hold} (a subpoena); see `dam-plugin hold show {hold}`"
        in refused.err
    )
    student = json.loads(call("student", "find", "Hannah", "--json").out.splitlines()[0])["id"]
    kept = call("ledger", "forget", "--student", student, "--why", "the family asks", *AS)
    assert f"their recordings are held ({hold})" in kept.text


def test_a_lifecycle_rule_that_deletes_is_a_warning(district: District, raw_s3: object, bucket: str) -> None:
    district.upload(TEAM)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    raw_s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})  # type: ignore[attr-defined]
    assert "a lifecycle rule of the bucket deletes objects" in call("hold", "add", TEAM, *SUBPOENA).text
    (check,) = [each for each in call("doctor", "--json").objects() if each["check"] == "holds"]
    assert (check["state"], "a lifecycle rule" in check["detail"]) == ("warning", True)
    parts = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    uploads = {"ID": "parts", "Status": "Enabled", "Filter": {"Prefix": ""}, **parts}
    raw_s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [uploads]})  # type: ignore[attr-defined]
    assert "lifecycle" not in call("hold", "show", TEAM).text


BY_PHONE = ("--purpose", "inspection", "--received", "2026-11-29", "--channel", "telephone")


@pytest.mark.parametrize("beside", [(), (TEAM,)], ids=["in words", "beside a recording"])
def test_a_familys_words_hold_every_recording_of_its_own_child(district: District, beside: tuple[str, ...]) -> None:
    for key in (PORTRAIT, TEAM, HALLWAY):
        district.upload(key)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    asked = call("request", "add", *beside, "--from", mother, "--described", "every picture of my daughter", *BY_PHONE)
    assert asked.code == 0, asked.text
    (held,) = call("hold", "list", "--key", PORTRAIT, "--json").objects()
    assert held["kind"] == "request"
    assert "held by the request RQ-" in str(district.pm.hook.deletion_requested(key=PORTRAIT))
    assert district.pm.hook.deletion_requested(key=HALLWAY) is None


def test_what_a_student_of_age_asks_for_in_words_is_held_too(district: District) -> None:
    district.upload(PORTRAIT_OF_SOFIA)
    who = f"eligible_student:{district.student(SOFIA)}"
    assert call("request", "add", "--from", who, "--described", "every picture of me", *BY_PHONE).code == 0
    assert "held by the request RQ-" in str(district.pm.hook.deletion_requested(key=PORTRAIT_OF_SOFIA))


def test_a_strangers_words_and_a_familys_words_about_another_child_hold_nothing_of_its_own(district: District) -> None:
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    named = ("--student", district.student(SOFIA))
    assert call("request", "add", "--from", "public:a-reader", "--described", "every picture", *BY_PHONE).code == 0
    assert call("request", "add", "--from", mother, "--described", "the recital", *named, *BY_PHONE).code == 0
    assert district.pm.hook.deletion_requested(key=PORTRAIT) is None


def test_once_the_request_is_withdrawn_nothing_is_held(district: District) -> None:
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    asked = ("request", "add", "--from", mother, "--described", "every picture of my daughter", *BY_PHONE, "--json")
    request = call(*asked).object()["id"]
    assert call("request", "withdraw", request, "--why", "she telephoned", *AS).code == 0
    assert district.pm.hook.deletion_requested(key=PORTRAIT) is None
