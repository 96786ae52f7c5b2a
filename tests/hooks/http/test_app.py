"""What hosts ask over HTTP: each operation on a live service, what is refused, and what a host is told then."""

from __future__ import annotations

import json
import logging
import socket
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import anyio
import clock
import pytest
from anyio import CapacityLimiter
from clock import TODAY
from command_line import call
from district import (
    BROKEN,
    CROWD,
    GRADUATION,
    HALLWAY,
    HANNAH,
    INES,
    MEDIA_STAFF,
    NOAH,
    PORTRAIT,
    SCIENCE_LAB,
    TEAM,
    THERESA,
    District,
)
from district import CUSTODIAN as RECORDS_OFFICE
from http_host import FAMILY_SECRET, OTHER_SECRET, SECRET, Host, publication
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_service import client_of, live_service
from pydantic import TypeAdapter
from queue_cases import ADA, BEN, SECOND, emergency, found, hallway, lab
from use_cases import broken_down, entries, interrupted, is_known, kept, listening, releases
from waiting import wait_until

from dam_hooks import manager
from dam_hooks.http import app, bodies
from dam_hooks.http.app import one_of_few
from dam_hooks.http.operations import OPERATIONS
from dam_hooks.http.problems import STATUSES, Refused
from dam_plugin import errors
from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import holds
from dam_plugin.custodian.approvals import approve
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.custodian.holds import Wanted
from dam_plugin.custodian.request_register import add_request
from dam_plugin.custodian.work import close_referral
from dam_plugin.errors import DamPluginError, InputError, StorageUnreachable
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Actor, Link, Outcome, Recipient
from dam_plugin.sharing.finding_kinds import EvidenceFile, MeaningFound
from dam_plugin.store import StoredRequest, SystemUser

PATHS = [operation.path for operation in OPERATIONS]
NAME = "Hannah Lindqvist"


def link_named(host: Host, link_id: str) -> Link:
    with host.district.services.store.reading() as unit:
        return unit.shares.link(link_id)


def failing_at_head(error: Exception) -> Callable[..., None]:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "head":
            raise error

    return hear


# Each operation


def test_an_upload_that_is_told_is_tagged_and_shown(host: Host) -> None:
    host.district.services.library.put(TEAM, _sample(TEAM), media_type="image/jpeg")
    answer = host.post("/v1/events", "asset.uploaded", {"key": TEAM})
    assert answer.status_code == 200
    asset = answer.json()["asset"]
    assert (asset["key"], asset["asset"]) == (TEAM, kept(host.district.services, TEAM).asset.id)
    assert asset["release"] == asset["object_tags"]["dam-release"] == kept(host.district.services, TEAM).release_tag
    assert {each["student"] for each in asset["appearances"]} >= {host.district.student(THERESA)}


def test_what_is_no_recording_is_taken_without_being_kept(host: Host) -> None:
    host.district.services.library.put("notes.xmp", b"<x/>", media_type="text/xml")
    answer = host.post("/v1/events", "asset.uploaded", {"key": "notes.xmp"})
    assert (answer.status_code, answer.json()) == (200, {"asset": None, "forgotten": False, "held": None})


def test_a_replaced_recording_closes_the_links_of_the_one_before(host: Host) -> None:
    host.district.upload(CROWD)
    link = host.share(CROWD).json()["link"]
    host.district.services.library.put(CROWD, _sample(TEAM), media_type="image/jpeg")
    assert host.post("/v1/events", "asset.replaced", {"key": CROWD}).status_code == 200
    assert link_named(host, link).closed_at is not None


def test_ids_of_a_body_are_found_in_any_case(host: Host) -> None:
    host.district.upload(CROWD)
    hannah = host.district.student(HANNAH)
    named = host.share(CROWD, {"names": [hannah.lower()], "evidence": {"dependent": {"students": [hannah.lower()]}}})
    own = host.share(CROWD, {"names": [hannah], "evidence": {"dependent": {"students": [hannah]}}})
    assert named.json()["reasons"] == own.json()["reasons"]
    assert hannah in json.dumps(named.json()["reasons"])
    link = host.share(CROWD).json()["link"]
    closed = host.post("/v1/revocations", "share.revoked", {"link": link.upper()})
    assert (closed.status_code, closed.json()["closed"]) == (200, [link])


def test_a_deleted_recording_is_forgotten(host: Host, raw_s3: Any, bucket: str) -> None:
    host.district.upload(CROWD)
    raw_s3.delete_object(Bucket=bucket, Key=CROWD)
    answer = host.post("/v1/events", "asset.deleted", {"key": CROWD})
    assert answer.json() == {"asset": None, "forgotten": True, "held": None}
    assert not is_known(host.district.services, CROWD)


def test_a_host_asks_before_it_deletes_and_hears_what_holds_the_recording(host: Host, raw_s3: Any, bucket: str) -> None:
    services = host.district.services
    host.district.upload(CROWD)
    free = host.post("/v1/deletions", "deletion.requested", {"key": CROWD})
    assert (free.status_code, free.json()) == (200, {"may_be_deleted": True, "why": None})
    wanted = Wanted("litigation", "the bus case", "letter of counsel", "a letter")
    (place,) = holds.add(services, [CROWD], wanted, RECORDS_OFFICE, ADA).places
    refused = host.post("/v1/deletions", "deletion.requested", {"key": CROWD})
    assert (refused.status_code, refused.json()["may_be_deleted"]) == (409, False)
    assert place.hold.id in refused.json()["why"]
    raw_s3.delete_object(Bucket=bucket, Key=CROWD)
    told = host.post("/v1/events", "asset.deleted", {"key": CROWD}).json()
    assert (told["forgotten"], told["held"]) == (False, refused.json()["why"])
    assert is_known(services, CROWD)


def test_a_share_that_is_released_tells_a_link_that_opens(host: Host) -> None:
    host.district.upload(CROWD)
    answer = host.share(CROWD, {"terms": {"days": 7, "openings": 3, "word": True}})
    told = answer.json()
    assert (answer.status_code, told["outcome"]) == (201, "allow")
    assert told["url"] == f"https://media.example.org/s/{told['token']}"
    assert told["openings"] == 3
    link = link_named(host, told["link"])
    assert (link.expires_at - link.created_at, link.most_openings) == (timedelta(days=7), 3)
    assert open_link(host.district.services, told["token"], told["word"]).url is not None


def test_a_recording_that_nobody_told_of_is_found_when_it_is_shared(host: Host) -> None:
    host.district.services.library.put(CROWD, _sample(CROWD), media_type="image/jpeg")
    assert host.share(CROWD).status_code == 201


def test_a_share_with_somebody_hidden_says_whom(host: Host) -> None:
    host.district.upload(TEAM)
    answer = host.share(TEAM)
    told = answer.json()
    assert (answer.status_code, told["outcome"]) == (201, "redact")
    assert told["redact"] == [host.district.student(HANNAH)]
    assert told["reasons"][0].keys() == {"clause", "text", "students", "source", "remedy"}


def test_a_denied_share_is_403_with_every_reason(host: Host) -> None:
    host.district.upload(PORTRAIT)
    asked = {
        "kind": "request",
        "purpose": "news",
        "actor": {"role": "custodian", "id": "records-office"},
        "names": [host.district.student(HANNAH)],
    }
    answer = host.share(PORTRAIT, asked)
    told = answer.json()
    assert (answer.status_code, told["outcome"], told["link"], told["token"]) == (403, "deny", None, None)
    assert all(reason["remedy"] and reason["source"] for reason in told["reasons"])
    assert [each.keys() for each in told["outside"]] == [{"text", "provision"}]
    assert host.district.student(HANNAH) not in str(told["outside"])


def test_a_referred_share_is_202_with_the_work_and_its_date(host: Host) -> None:
    host.district.upload(BROKEN)
    answer = host.share(BROKEN)
    told = answer.json()
    assert (answer.status_code, told["outcome"], told["token"]) == (202, "refer", None)
    with host.district.services.store.reading() as unit:
        work = unit.referrals.need(told["referrals"][0]["id"])
    assert told["referrals"][0]["due"] == work.due.isoformat()


def test_an_explanation_decides_and_records_nothing(host: Host) -> None:
    host.district.upload(TEAM)
    before = entries(host.district.services)
    answer = host.post("/v1/explanations", "decision.explained", publication(TEAM))
    told = answer.json()
    assert answer.status_code == 200
    assert told["decision"]["outcome"] == told["explanation"]["outcome"]
    assert told["explanation"]["steps"]
    assert told["ahead"]["copy"]["media_type"] == "image/jpeg"
    assert told["ahead"]["copy"]["size"] > 0
    assert told["ahead"]["referrals"] == []
    assert entries(host.district.services) == before
    assert releases(host.district.services) == []


def test_an_explanation_says_what_the_custodian_would_have_to_do_and_files_nothing(host: Host) -> None:
    host.district.upload(BROKEN)
    ahead = host.post("/v1/explanations", "decision.explained", publication(BROKEN)).json()["ahead"]
    with host.district.services.store.reading() as unit:
        assert unit.referrals.listed() == []
    work = host.share(BROKEN).json()["referrals"]
    assert ahead["referrals"] == [{name: work[0][name] for name in ("kind", "missing", "due")}]
    assert ahead["copy"] is None


def test_tags_are_those_of_the_command_line(host: Host) -> None:
    host.district.upload(TEAM)
    answer = host.post("/v1/tags", "asset.tags", {"key": TEAM})
    assert answer.json() == call("tags", TEAM, "--json").object()


@pytest.mark.parametrize("named", ["link", "key"])
def test_a_revoked_link_is_closed_and_told(host: Host, named: str) -> None:
    host.district.upload(CROWD)
    share = host.share(CROWD).json()
    assert open_link(host.district.services, share["token"]).url is not None
    answer = host.post("/v1/revocations", "share.revoked", {named: share[named]})
    told = answer.json()
    assert (answer.status_code, told["closed"]) == (200, [share["link"]])
    assert [opened["link"] for opened in told["opened"]] == [share["link"]]
    assert "out of reach" in told["note"]
    assert open_link(host.district.services, share["token"]).url is None


def test_every_link_to_a_student_is_revoked(host: Host) -> None:
    host.district.upload(TEAM)
    host.share(TEAM)
    answer = host.post("/v1/revocations", "share.revoked", {"student": host.district.student(THERESA)})
    assert answer.status_code == 200


def test_what_is_not_known_cannot_be_revoked(host: Host) -> None:
    for named in ({"link": "l-0"}, {"key": "never/uploaded.jpg"}, {"student": "S-0000000000000000"}):
        assert host.post("/v1/revocations", "share.revoked", named).status_code == 404


def test_exactly_one_is_named_to_be_revoked(host: Host) -> None:
    for named in ({}, {"link": None}, {"link": "l-0", "key": CROWD}, {"key": CROWD, "student": "S-0"}):
        assert host.post("/v1/revocations", "share.revoked", named).status_code == 422


# The custodian's queue

CUSTODIAN = {"role": "custodian", "id": "records-office"}
DESIGNEE = {"role": "designee", "id": "principal"}


def test_the_queue_is_told_with_what_is_due(host: Host) -> None:
    referral = hallway(host.district)
    (told,) = host.post("/v1/referrals", "referral.list", {}).json()["referrals"]
    assert (told["id"], told["due"], told["overdue"]) == (referral.id, referral.due.isoformat(), False)
    assert told["missing"] == list(referral.missing)
    assert host.post("/v1/referrals", "referral.list", {"overdue": True}).json() == {"referrals": [], "after": None}


def test_the_queue_comes_a_page_at_a_time(host: Host) -> None:
    host.district.upload(HALLWAY)
    for number in range(3):
        host.district.ask(HALLWAY, Recipient("parent", f"G-nobody-{number}"))
    whole = [each["id"] for each in host.post("/v1/referrals", "referral.list", {}).json()["referrals"]]
    asked: dict[str, Any] = {"limit": 2}
    first = host.post("/v1/referrals", "referral.list", asked).json()
    assert ([each["id"] for each in first["referrals"]], first["after"]) == (whole[:2], whole[1])
    rest = host.post("/v1/referrals", "referral.list", asked | {"after": first["after"]}).json()
    assert ([each["id"] for each in rest["referrals"]], rest["after"]) == (whole[2:], None)
    for after, code in (("rf-none", 404), ("", 422), (7, 422)):
        assert host.post("/v1/referrals", "referral.list", {"after": after}).status_code == code
    for limit in (0, 1001, "many"):
        assert host.post("/v1/referrals", "referral.list", {"limit": limit}).status_code == 422


def test_a_page_goes_on_behind_what_waits_no_longer_only_where_the_closed_are_listed(host: Host) -> None:
    referral = hallway(host.district)
    close_referral(host.district.services, referral.id, Actor("custodian", "records-office"), "withdrawn")
    behind = {"after": referral.id}
    answer = host.post("/v1/referrals", "referral.list", behind)
    assert (answer.status_code, "begin the list anew" in answer.json()["detail"]) == (404, True)
    whole = host.post("/v1/referrals", "referral.list", {**behind, "all": True})
    assert whole.json() == {"referrals": [], "after": None}


def test_the_register_of_requests_is_told_without_the_name_of_who_asks(host: Host) -> None:
    services = host.district.services
    asked = StoredRequest(
        "", services.now(), Recipient("public", "reporter-7"), "email", "copy", "news", described="it", contact="Jo Doe"
    )
    for _ in range(2):
        add_request(services, asked, MEDIA_STAFF, SystemUser("1000", "ada"))
    answer = host.post("/v1/requests", "request.list", {"limit": 1})
    (told,) = answer.json()["requests"]
    assert (told["id"], told["state"], answer.json()["after"]) == ("RQ-000001", "open", "RQ-000001")
    assert [each["clock"] for each in told["clocks"]] == ["answer"]
    assert "Jo Doe" not in answer.text
    behind = host.post("/v1/requests", "request.list", {"after": "RQ-000001"}).json()
    assert ([each["id"] for each in behind["requests"]], behind["after"]) == (["RQ-000002"], None)
    assert host.post("/v1/requests", "request.list", {"overdue": True}).json()["requests"] == []
    for wrong in ({"limit": 0}, {"state": "mislaid"}, {"role": "nobody"}, {"contact": True}):
        assert host.post("/v1/requests", "request.list", wrong).status_code == 422


def test_a_share_over_http_answers_a_request(host: Host) -> None:
    services, reporter = host.district.services, Recipient("public", "reporter-7")
    host.district.upload(CROWD)
    asked = StoredRequest("", services.now(), reporter, "email", "copy", "news", recordings=(CROWD,))
    request = add_request(services, asked, MEDIA_STAFF, SystemUser("1000", "ada")).request.id
    share = {
        "key": CROWD,
        "kind": "request",
        "purpose": "news",
        "actor": CUSTODIAN,
        "recipient": {"role": "public", "id": "reporter-7"},
        "request": request,
    }
    answer = host.post("/v1/shares", "share.requested", share).json()
    (told,) = host.post("/v1/requests", "request.list", {}).json()["requests"]
    assert told["parts"] == [answer["share"]]


def test_the_queue_tells_nothing_of_an_order_that_forbids_telling(host: Host) -> None:
    host.district.upload(SCIENCE_LAB)
    evidence = {"order": {"kind": "subpoena", "verified": True, "notice_required": False}}
    evidence["order"]["secret_by"] = "grand_jury"
    asked = {"kind": "request", "purpose": "legal request", "recipient": {"role": "law_enforcement", "id": "fbi"}}
    staff = {"role": "media_staff", "id": "desk"}
    referred = host.share(SCIENCE_LAB, {**asked, "actor": staff, "evidence": evidence})
    (work,) = referred.json()["referrals"]
    for asking in ({}, {"all": True}):
        assert host.post("/v1/referrals", "referral.list", asking).json() == {"referrals": [], "after": None}
    reviewed = _found(host, work["id"], {"kind": "reviewed"})
    # A host has no copy of the paper, so it cannot confirm that nobody is told.
    assert (reviewed.status_code, reviewed.json()["answer"]["outcome"]) == (200, "refer")
    assert host.post("/v1/referrals", "referral.list", {"all": True}).json() == {"referrals": [], "after": None}


def test_a_finding_decides_the_share_again(host: Host) -> None:
    referral = lab(host.district)
    answer = _found(host, referral.id, {"kind": "directory", "directory_status": "eligible"})
    assert answer.status_code == 200
    assert answer.json()["finding"]["state"] == "applied"
    assert answer.json()["answer"]["share"] == answer.json()["finding"]["share"]


def test_a_host_is_told_that_more_is_looked_at_and_states_who_a_mother_is(host: Host) -> None:
    host.district.upload(TEAM)
    student = host.district.student(HANNAH)
    asks = {
        "key": TEAM,
        "kind": "request",
        "purpose": "inspection",
        "actor": CUSTODIAN,
        "recipient": {"role": "parent", "id": "m-ortiz"},
    }
    told = host.post("/v1/shares", "share.requested", asks).json()
    (referral,) = told["referrals"]
    assert (told["outcome"], told["redact"], referral["kind"]) == ("redact", [student], "inspection")
    assert told["more"].endswith(f"{referral['id']}, due on {referral['due']}.")
    past = {"kind": "parent_verified", "students": [student], "seen": "birth certificate", "until": "2020-01-01"}
    assert _found(host, referral["id"], past).status_code == 422
    answer = _found(host, referral["id"], {**past, "until": None})
    assert (answer.status_code, answer.json()["answer"]["outcome"]) == (200, "allow")


def test_what_a_hosts_key_says_is_not_ours_waits_for_two_people(host: Host) -> None:
    referral = lab(host.district)
    said = {
        "kind": "not_ours",
        "created_by": "a parent",
        "kept_by": "the club",
        "why": "in passing",
        "not_for_us": True,
    }
    answer = _found(host, referral.id, said)
    assert (answer.status_code, answer.json()["finding"]["state"]) == (202, "pending")
    assert _found(host, referral.id, {**said, "not_for_us": False}).status_code == 422


def test_no_hosts_key_approves_a_finding_whoever_stated_it(host: Host) -> None:
    referral = hallway(host.district)
    by_key = _found(host, referral.id, {"kind": "meaning", "meaning": "preserved"})
    assert (by_key.status_code, by_key.json()["finding"]["state"]) == (202, "pending")
    by_person = found(host.district, referral, MeaningFound("preserved")).finding.id
    for finding in (by_key.json()["finding"]["id"], by_person):
        for secret in (SECRET, OTHER_SECRET, FAMILY_SECRET):
            refused = host.with_key(secret).post(
                "/v1/approvals", "finding.approved", {"finding": finding, "actor": DESIGNEE}
            )
            assert refused.status_code == 422
            assert f"`dam-plugin queue approve {finding} --as designee:NAME`" in refused.json()["detail"]
    assert kept(host.district.services, HALLWAY).tagging.meaning == "unreviewed"


def test_what_a_hosts_key_stated_takes_two_people(host: Host) -> None:
    referral = hallway(host.district)
    finding = _found(host, referral.id, {"kind": "meaning", "meaning": "preserved"}).json()["finding"]["id"]
    services = host.district.services
    # Whoever has the settings can sign with the key in them: with her it is one person.
    assert approve(services, finding, SECOND, ADA).finding.state == "pending"
    with pytest.raises(InputError, match=r"'ada' stands behind this finding already .* another user"):
        approve(services, finding, RECORDS_OFFICE, ADA)
    done = approve(services, finding, SECOND, BEN)
    assert (done.finding.state, done.finding.approver) == ("applied", BEN)
    assert done.answer is not None
    assert done.answer.decision.outcome is Outcome.REDACT
    told = [details for _, details in entries(services, "queue")]
    assert [(each["done"], each["system_user"]["name"]) for each in told if "system_user" in each] == [
        ("finding", "key:portal"),
        ("vouched", "ada"),
        ("approved", "ben"),
    ]


def test_a_hosts_key_reviews_no_emergency(host: Host) -> None:
    review = emergency(host.district)
    refused = _found(host, review, {"kind": "reviewed", "text": "it was one"})
    assert (refused.status_code, "a host's key proves no person" in refused.json()["detail"]) == (422, True)


def test_who_approves_is_told_what_was_found_on_what_evidence_and_what_comes_of_it(host: Host) -> None:
    referral = hallway(host.district)
    answer = _found(host, referral.id, {"kind": "meaning", "meaning": "preserved"}).json()["finding"]
    assert (answer["content"], answer["evidence"], answer["with_it"]) == ({"meaning": "preserved"}, {}, None)
    (work,) = host.post("/v1/referrals", "referral.list", {}).json()["referrals"]
    (told,) = work["findings"]
    assert told["content"] == {"meaning": "preserved"}
    assert (told["without"]["outcome"], told["with_it"]["outcome"]) == ("refer", "redact")
    assert (work["evidence"], work["to"]) == ({}, "public:public")


def test_a_finding_is_rejected_with_the_reason(host: Host) -> None:
    referral = hallway(host.district)
    finding = _found(host, referral.id, {"kind": "meaning", "meaning": "preserved"}).json()["finding"]["id"]
    rejected = {"finding": finding, "actor": CUSTODIAN, "why": "they can be told by their jackets"}
    answer = host.post("/v1/rejections", "finding.rejected", rejected)
    assert (answer.status_code, answer.json()["finding"]["state"]) == (200, "rejected")


# Protected students


def _protect(host: Host, **more: Any) -> Any:
    said = {"student": host.district.student(NOAH), "kind": "no-contact-order", "seen": "order of the court"}
    return host.post("/v1/protections", "student.protected", {**said, "actor": CUSTODIAN, **more})


def _unprotect(host: Host, **more: Any) -> Any:
    said = {"student": host.district.student(NOAH), "why": "the order was lifted", "actor": CUSTODIAN}
    return host.post("/v1/protection-ends", "student.unprotected", {**said, **more})


def _is_protected(host: Host) -> bool:
    with host.district.services.store.reading() as unit:
        return unit.people.need(host.district.student(NOAH)).is_protected(TODAY)


def test_a_student_is_protected_and_the_links_close(host: Host) -> None:
    host.district.upload(GRADUATION)
    assert host.share(GRADUATION).status_code == 201
    answer = _protect(host)
    assert answer.status_code == 200
    told = answer.json()
    assert len(told["closed"]) == 1
    assert [(each["kind"], each["since"]) for each in told["protections"]] == [("no-contact-order", str(TODAY))]
    assert _is_protected(host)


@pytest.mark.parametrize("act", [_protect, _unprotect])
def test_the_custodian_alone_says_who_is_protected(host: Host, act: Any) -> None:
    refused = act(host, actor={"role": "media_staff", "id": "ana"})
    assert refused.status_code == 422
    assert "only the records custodian or a designee" in refused.text
    assert not _is_protected(host)


def test_hosts_keys_end_no_protection_and_are_none_of_the_two_who_do(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    _protect(host)
    for actor in (CUSTODIAN, DESIGNEE):
        answer = _unprotect(host, actor=actor)
        assert (answer.status_code, answer.json()["waits"]) == (202, True)
    assert _is_protected(host)
    end = ("student", "unprotect", host.district.student(NOAH), "--why", "the order was lifted")
    for number, name, role in (("1000", "ada", "custodian:office"), ("1001", "ben", "designee:counsel")):
        assert _is_protected(host)
        monkeypatch.setattr(context, "system_user", lambda number=number, name=name: SystemUser(number, name))
        assert call(*end, "--as", role).code == 0
    assert not _is_protected(host)


def test_a_wish_over_http_is_no_second_persons_yes(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    _protect(host)
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    student = host.district.student(NOAH)
    assert call("student", "unprotect", student, "--why", "lifted", "--as", "custodian:office").code == 0
    assert _unprotect(host, actor=DESIGNEE).status_code == 202
    assert _is_protected(host)


def test_a_finding_of_each_kind_is_read(host: Host) -> None:
    student = host.district.student(INES)
    referral = hallway(host.district)
    for finding, status in (
        (
            {"kind": "identified", "persons": [{"student": student, "regions": [{"x": 0, "y": 0, "w": 1, "h": 1}]}]},
            (200, 202),
        ),
        ({"kind": "evidence", "evidence": {"records_authorized": True}}, (200, 202)),
        ({"kind": "attorney", "answer": "yes"}, (200, 202)),
        ({"kind": "offered", "how": "by letter"}, (422,)),
        ({"kind": "reviewed"}, (200, 202, 422)),
        ({"kind": NAME}, (422,)),
        ({"kind": "meaning", "meaning": NAME}, (422,)),
        (
            {"kind": "identified", "persons": [{"student": student, "regions": [{"x": 0.5, "y": 0, "w": 1, "h": 1}]}]},
            (422,),
        ),
        ({"kind": "identified", "persons": [{"student": student, "intervals": [{"start": 2, "end": 1}]}]}, (422,)),
    ):
        answer = _found(host, referral.id, finding)
        assert answer.status_code in status, answer.text
        assert NAME not in answer.text


def test_media_staff_work_on_no_referral(host: Host) -> None:
    referral = hallway(host.district)
    answer = _found(host, referral.id, {"kind": "meaning", "meaning": "preserved"}, {"role": "media_staff", "id": "m"})
    assert answer.status_code == 422


def _found(host: Host, referral: str, finding: Any, actor: Any = None, **more: Any) -> Any:
    data = {"referral": referral, "actor": actor or CUSTODIAN, "finding": finding, **more}
    return host.post("/v1/findings", "finding.stated", data)


# A copy of a paper with a finding

ORDER = {"kind": "evidence", "evidence": {"order": {"kind": "subpoena", "verified": True, "notified": []}}}
# More than any other body may have.
SCAN = b"%PDF-1.4\n" + bytes(range(256)) * 400


def _papers(host: Host) -> list[str]:
    return [each.key for each in host.district.services.library.versions("evidence/")]


def test_a_copy_of_the_paper_is_kept_on_hold_as_the_command_line_keeps_it(host: Host) -> None:
    referral = hallway(host.district)
    answer = _found(host, referral.id, ORDER, paper=b64encode(SCAN).decode())
    assert answer.status_code in (200, 202), answer.text
    file = answer.json()["finding"]["content"]["file"]
    services = host.district.services
    assert EvidenceFile(**file) == keep_file(services, SCAN)
    assert (file["media_type"], file["size"]) == ("application/pdf", len(SCAN))
    assert services.library.read(file["key"], limit=len(SCAN)) == SCAN
    assert host.district.release_tag(file["key"]) == "hold"


@pytest.mark.parametrize(
    ("finding", "actor", "paper", "why"),
    [
        ({"kind": "meaning", "meaning": "preserved"}, None, "JVBERi0=", "has no paper"),
        (ORDER, {"role": "media_staff", "id": "m"}, "JVBERi0=", "custodian"),
        (ORDER, None, "no base64!", "base64"),
        (ORDER, None, "", "empty"),
    ],
    ids=["no paper", "staff", "no base64", "empty"],
)
def test_a_paper_that_is_refused_is_not_kept(host: Host, finding: Any, actor: Any, paper: str, why: str) -> None:
    answer = _found(host, hallway(host.district).id, finding, actor, paper=paper)
    assert (answer.status_code, why in answer.text) == (422, True)
    assert _papers(host) == []


def test_a_paper_has_the_command_lines_limit(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_plugin.custodian.evidence_files.MOST_BYTES", len(SCAN) - 1)
    answer = _found(host, hallway(host.district).id, ORDER, paper=b64encode(SCAN).decode())
    assert (answer.status_code, "a copy of a paper has at most" in answer.text) == (422, True)


def test_so_large_a_body_is_for_papers_alone(host: Host) -> None:
    data = {"referral": "rf-0", "actor": CUSTODIAN, "finding": ORDER, "paper": b64encode(SCAN).decode()}
    assert host.post("/v1/rejections", "finding.rejected", data).status_code == 413


def test_few_papers_are_in_memory_at_once() -> None:
    async def take_two() -> int:
        places = CapacityLimiter(1)
        with one_of_few(places), pytest.raises(Refused, match="at once"), one_of_few(places):
            pass
        with one_of_few(places):
            return int(places.borrowed_tokens)

    assert anyio.run(take_two) == 1


# What is refused


def test_another_type_than_the_paths_is_refused(host: Host) -> None:
    host.district.upload(CROWD)
    for path, operation in product(PATHS, OPERATIONS):
        if operation.path != path:
            assert host.send(path, _body_of(operation)).status_code == 422
    assert entries(host.district.services, "share") == []


def test_nobody_asks_without_a_signature(host: Host) -> None:
    for operation in OPERATIONS:
        answer = host.client.post(operation.path, json=BODIES[operation.path])
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"]


def test_a_body_that_was_changed_on_its_way_is_refused(host: Host) -> None:
    host.district.upload(CROWD)
    signed = dict(host.share("other.jpg").request.headers)
    del signed["content-length"]
    body = json.dumps({"type": "share.requested", "data": publication(CROWD)})
    assert host.client.post("/v1/shares", content=body, headers=signed).status_code == 401
    assert entries(host.district.services, "share") == []


def test_an_unknown_key_signs_nothing(host: Host) -> None:
    assert host.with_key("whsec_" + "Z" * 32).share(CROWD).status_code == 401


def test_without_keys_hosts_wait_and_the_gate_answers(district: District) -> None:
    with live_service(district.pm) as address, client_of(address) as client:
        answer = client.post("/v1/shares", json={})
        assert answer.status_code == 503
        assert "DAM_PLUGIN_HTTP_KEYS" in answer.json()["detail"]
        assert client.get("/s/" + "a" * 64).status_code == 404


def test_each_problem_of_a_body_is_told_with_its_path_and_without_its_value(host: Host) -> None:
    asked = {
        **publication(CROWD),
        "kind": NAME,
        "purpose": " ",
        "actor": {"role": NAME},
        "terms": {"days": 0, "openings": 1.5},
    }
    answer = host.post("/v1/shares", "share.requested", asked)
    assert answer.status_code == 422
    paths = {problem["path"] for problem in answer.json()["problems"]}
    assert paths == {"data.kind", "data.purpose", "data.actor.role", "data.terms.days", "data.terms.openings"}
    assert NAME not in answer.text


def test_fields_that_are_not_known_are_refused(host: Host) -> None:
    for data in (
        {**publication(CROWD), "id": "sh-1"},
        {**publication(CROWD), "recipient": {"role": "public", "at": "x"}},
    ):
        assert host.post("/v1/shares", "share.requested", data).status_code == 422
    assert host.send("/v1/tags", '{"type":"asset.tags","data":{"key":"a"},"more":1}').status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff{}",
        b'{"type":"asset.tags","type":"asset.tags","data":{"key":"a"}}',
        b'{"type":"asset.tags","data":{"key":NaN}}',
        b'{"type":"asset.tags","data":{"key":1e999}}',
        b'{"type":"asset.tags","data":{"key":"a\\u0000"}}',
        b'{"type":"asset.tags","data":{"key":"a\\ud800"}}',
        b'{"type":"asset.tags","data":{"key":' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b'{"type":"asset.tags","data":{"key":' + b"[" * 40 + b"]" * 40 + b"}}",
        b'{"type":"asset.tags","data":{"key":' + b"9" * 5000 + b"}}",
        "\ufeff{}".encode(),
    ],
    ids=lambda body: body[:60].decode("latin-1").encode("unicode_escape").decode(),
)
def test_what_is_no_body_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        bodies.read(TypeAdapter(bodies.TagsBody), body)
    assert caught.value.status in (400, 422)
    assert caught.value.problems


def test_a_signed_body_that_cannot_be_read_is_told_why(host: Host) -> None:
    answer = host.send("/v1/tags", '{"type":"asset.tags",\n"type":"asset.tags"}')
    assert answer.status_code == 400
    assert answer.json()["problems"] == [{"path": "type", "message": "the field 'type' stands twice in one mapping"}]


def test_only_plain_json_is_read(host: Host) -> None:
    for headers in (
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-encoding": "gzip"},
    ):
        assert host.post("/v1/tags", "asset.tags", {"key": CROWD}, headers=headers).status_code == 415


def test_a_large_body_is_refused_by_its_length(host: Host) -> None:
    assert host.post("/v1/tags", "asset.tags", {"key": "a" * 70_000}).status_code == 413


def test_a_large_body_is_refused_without_a_length(host: Host) -> None:
    def chunks() -> Any:
        for _ in range(200):
            yield b" " * 1024

    at = int(clock.now(UTC).timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": "m",
        "webhook-timestamp": str(at),
        "webhook-signature": "v1,AAAA",
    }
    try:
        assert host.client.post("/v1/tags", content=chunks(), headers=headers).status_code == 413
    except OSError:
        pytest.fail("the service closed the connection without an answer")


def test_a_body_that_does_not_come_is_not_waited_for(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_hooks.http.signed_requests.BODY_SECONDS", 0.3)
    at = int(clock.now(UTC).timestamp())
    head = (
        "POST /v1/tags HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
        f"webhook-id: m\r\nwebhook-timestamp: {at}\r\nwebhook-signature: v1,AAAA\r\n\r\n{{"
    )
    with socket.create_connection(urlsplit(str(host.client.base_url)).netloc.split(":")) as raw:
        raw.settimeout(20)
        raw.sendall(head.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_an_address_that_is_none_is_told_as_a_problem(host: Host) -> None:
    for method, path, status in (
        ("GET", "/v1/shares", 405),
        ("POST", "/v1/shares/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("PUT", "/healthz", 405),
        ("POST", "/v1/none", 404),
    ):
        answer = host.client.request(method, path)
        assert (answer.status_code, answer.json()["status"]) == (status, status)


# Faults


def test_an_unknown_recording_is_404(host: Host) -> None:
    for path, kind, data in (
        ("/v1/shares", "share.requested", publication("no.jpg")),
        ("/v1/tags", "asset.tags", {"key": "no"}),
    ):
        answer = host.post(path, kind, data)
        assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def test_wrong_evidence_is_422_with_its_path(host: Host) -> None:
    host.district.upload(CROWD)
    answer = host.share(CROWD, {"evidence": {"order": {"kind": NAME}}})
    assert answer.status_code == 422
    explained = host.post(
        "/v1/explanations", "decision.explained", {**publication(CROWD), "evidence": {"order": {"kind": NAME}}}
    )
    for told in (answer, explained):
        assert told.status_code == 422
        assert told.json()["problems"][0]["path"] == "data.evidence.order.kind"
        assert "share.evidence" not in told.text
        assert NAME not in told.text


def test_words_that_are_too_long_or_deceive_are_422(host: Host) -> None:
    host.district.upload(CROWD)
    for changes in ({"purpose": "a" * 201}, {"actor": {"role": "media_staff", "id": "gallery\u202e"}}):
        for path, kind in (("/v1/shares", "share.requested"), ("/v1/explanations", "decision.explained")):
            assert host.post(path, kind, {**publication(CROWD), **changes}).status_code == 422
    assert entries(host.district.services, "share") == []


def test_what_only_looks_is_given_up_where_the_storage_hangs(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.district.upload(CROWD)
    hanging, went_on = threading.Event(), threading.Event()

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "tags":
            hanging.wait(60)
            went_on.set()

    monkeypatch.setattr(app, "LOOK_SECONDS", 0.3)
    with host.of(listening(host.district.services, hear)) as slow:
        try:
            answer = slow.post("/v1/tags", "asset.tags", {"key": CROWD})
            assert not went_on.is_set()
        finally:
            hanging.set()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_a_store_that_is_down_is_503_and_nothing_is_released(host: Host) -> None:
    host.district.upload(CROWD)
    for number in (1, 2):
        with host.of(interrupted(host.district.services, number, broken_down)) as failing:
            answer = failing.share(CROWD)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert releases(host.district.services, "recorded", "open") == []


def test_a_storage_that_is_down_is_503_and_the_key_is_free_again(host: Host) -> None:
    host.district.upload(CROWD)
    unreachable = listening(host.district.services, failing_at_head(StorageUnreachable("it does not answer")))
    with host.of(unreachable) as failing:
        answer = failing.share(CROWD, headers={"idempotency-key": "k-1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert host.share(CROWD, headers={"idempotency-key": "k-1"}).status_code == 201


def test_an_error_nobody_foresaw_is_told_by_an_id_and_logged_without_its_text(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    host.district.upload(CROWD)
    with (
        caplog.at_level(logging.DEBUG),
        host.of(listening(host.district.services, failing_at_head(ValueError(f"{NAME} broke it")))) as failing,
    ):
        answer = failing.share(CROWD)
    assert answer.status_code == 500
    assert answer.json()["error"] in caplog.text
    assert NAME not in answer.text + caplog.text


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("dam_", "uvicorn")))


def test_no_secret_and_no_key_is_logged(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        host.district.upload(CROWD)
        share = host.share(CROWD).json()
        host.post("/v1/tags", "asset.tags", {"key": "no-such.jpg"})
        # A line comes after its answer.
        wait_until(lambda: "POST /v1/shares 201" in logged(caplog) and "POST /v1/tags 404" in logged(caplog))
    ours = logged(caplog)
    assert not any(secret in ours for secret in (share["token"], host.secret, CROWD, "no-such.jpg"))


def test_answers_are_never_cached(host: Host) -> None:
    host.district.upload(CROWD)
    for answer in (host.share(CROWD), host.share("no.jpg"), host.client.post("/v1/shares"), host.client.get("/readyz")):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "kind", [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, DamPluginError)]
)
def test_each_kind_of_error_has_a_status(kind: type[DamPluginError]) -> None:
    assert kind in STATUSES or kind.__mro__[1] in STATUSES


# Health


def test_the_process_lives_and_is_ready(host: Host) -> None:
    assert host.client.get("/healthz").json() == host.client.get("/readyz").json() == {"status": "ok"}


def test_without_its_database_the_process_lives_and_is_not_ready(host: Host) -> None:
    services = host.district.services
    gone = replace(services, store=type(services.store)("sqlite:////nowhere/at/all.sqlite3"))
    with live_service(manager(services=gone)) as address, client_of(address) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


# Whatever comes in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("key", "kind", "purpose", "actor", "recipient", "names", "evidence", "terms", "link", "student", "version_id")
DATA = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), JSON, max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(operation=st.sampled_from(OPERATIONS), data=DATA | JSON, base=st.booleans())
def test_no_body_is_a_failure_of_ours(host: Host, operation: Any, data: Any, base: bool) -> None:
    kind = json.loads(_body_of(operation))
    if base and isinstance(data, dict):
        data = {**kind["data"], **data}
    answer = host.send(operation.path, json.dumps({"type": kind["type"], "data": data}))
    assert answer.status_code in (200, 201, 202, 400, 403, 404, 422)


HEADERS = st.dictionaries(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "idempotency-key"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip),
    max_size=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=st.sampled_from(PATHS), headers=HEADERS, body=st.binary(max_size=200))
def test_nothing_unsigned_is_ever_done(host: Host, path: str, headers: dict[str, str], body: bytes) -> None:
    assert host.client.post(path, content=body, headers=headers).status_code in (401, 415)


def _body_of(operation: Any) -> str:
    return json.dumps(BODIES[operation.path])


BODIES: dict[str, Any] = {
    "/v1/events": {"type": "asset.uploaded", "data": {"key": CROWD}},
    "/v1/deletions": {"type": "deletion.requested", "data": {"key": CROWD}},
    "/v1/shares": {"type": "share.requested", "data": publication(CROWD)},
    "/v1/explanations": {"type": "decision.explained", "data": publication(CROWD)},
    "/v1/revocations": {"type": "share.revoked", "data": {"key": CROWD}},
    "/v1/tags": {"type": "asset.tags", "data": {"key": CROWD}},
    "/v1/referrals": {"type": "referral.list", "data": {}},
    "/v1/requests": {"type": "request.list", "data": {}},
    "/v1/findings": {
        "type": "finding.stated",
        "data": {"referral": "rf-0", "actor": CUSTODIAN, "finding": {"kind": "meaning", "meaning": "preserved"}},
    },
    "/v1/approvals": {"type": "finding.approved", "data": {"finding": "fi-0", "actor": DESIGNEE}},
    "/v1/protections": {
        "type": "student.protected",
        "data": {"student": "S-0", "kind": "other", "seen": "a card", "actor": DESIGNEE},
    },
    "/v1/protection-ends": {"type": "student.unprotected", "data": {"student": "S-0", "why": "no", "actor": DESIGNEE}},
    "/v1/rejections": {"type": "finding.rejected", "data": {"finding": "fi-0", "actor": DESIGNEE, "why": "no"}},
}


def _sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()
