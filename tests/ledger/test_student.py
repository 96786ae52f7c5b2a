"""One student's record of requests and disclosures (34 CFR 99.32)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from databases import run_sql
from district import CALEB, CUSTODIAN, HALLWAY, HANNAH, INES_MOTHER, NOAH, PORTRAIT, SOFIA, TEAM, UNTITLED, District
from use_cases import entries, ledger_holds, looked

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian.findings import state_finding
from dam_plugin.custodian.forget import forget
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.ledger.student import (
    AFTERWARDS,
    COLUMNS,
    DELETED,
    ELSEWHERE,
    FOUND_LATER,
    HIDDEN,
    NOT_IN_IT,
    Line,
    record_of,
    terminal_titles,
    titles,
)
from dam_plugin.model import Recipient, Region
from dam_plugin.sharing.finding_kinds import AttorneyAsked
from dam_plugin.store import SystemUser

MEDICS = Recipient("emergency", "medic-3")


def record(district: District, roster_id: str) -> list[Line]:
    services = district.services
    with services.store.reading() as unit:
        return record_of(unit, services.ledger, district.student(roster_id))


def in_an_emergency(district: District, key: str, threat: str = "a student is missing") -> str:
    """Release a recording in an emergency; returns the token of its link."""
    evidence = {"emergency": {"threat": threat, "recipient_needs_it": True}}
    token = district.ask(key, MEDICS, "emergency", evidence=evidence).token
    assert token is not None
    return token


def name_of(district: District, roster_id: str) -> str:
    with district.services.store.reading() as unit:
        return unit.people.need(district.student(roster_id)).names[0]


def test_a_student_without_any_share_has_an_empty_record(district: District) -> None:
    assert record(district, HANNAH) == []


def test_what_an_emergency_released_is_recorded_with_its_threat(district: District) -> None:
    district.upload(PORTRAIT)
    in_an_emergency(district, PORTRAIT)
    (line,) = record(district, HANNAH)
    assert (line.what, line.who, line.threat) == ("asked", "emergency:medic-3", "a student is missing")
    assert (line.outcome, line.required, line.grounds) == ("allow", True, ("Health or safety emergency (EX9)",))


def test_a_student_found_only_afterwards_has_the_emergency_in_their_record(district: District) -> None:
    district.upload(UNTITLED)
    open_link(district.services, in_an_emergency(district, UNTITLED))
    assert record(district, HANNAH) == []
    looked(district, UNTITLED, HANNAH)
    asked, opened = record(district, HANNAH)
    assert (asked.what, asked.required, asked.remark) == ("asked", True, AFTERWARDS)
    assert (opened.what, opened.required, opened.remark) == ("opened", True, AFTERWARDS)
    assert record(district, CALEB) == []


def test_a_student_whom_a_later_look_took_out_again_keeps_the_record(district: District) -> None:
    district.upload(UNTITLED)
    in_an_emergency(district, UNTITLED)
    looked(district, UNTITLED, HANNAH)
    looked(district, UNTITLED, nobody=True)
    assert [line.remark for line in record(district, HANNAH)] == [f"{AFTERWARDS}; {NOT_IN_IT}"]


def test_a_student_who_was_tagged_by_mistake_reads_that_it_was_of_somebody_else(district: District) -> None:
    district.upload(PORTRAIT)
    open_link(district.services, in_an_emergency(district, PORTRAIT))
    assert {line.remark for line in record(district, HANNAH)} == {None}
    looked(district, PORTRAIT, CALEB, nobody=True)
    asked, opened = record(district, HANNAH)
    assert (asked.remark, opened.remark, asked.required) == (NOT_IN_IT, NOT_IN_IT, True)
    assert {line.remark for line in record(district, CALEB)} == {AFTERWARDS}


def test_whoever_is_hidden_in_the_copy_sees_the_request_and_no_opening(district: District) -> None:
    district.upload(TEAM)
    token = district.ask(TEAM, Recipient("parent", district.guardian(INES_MOTHER))).token
    open_link(district.services, token or "")
    (line,) = record(district, HANNAH)
    assert (line.outcome, line.required, line.remark) == ("redact", False, HIDDEN)


def test_a_closed_link_is_in_the_record_once_with_its_reason(district: District) -> None:
    district.upload(PORTRAIT)
    for _ in range(2):
        in_an_emergency(district, PORTRAIT)
    revoke(district.services, key=PORTRAIT)
    closed = [line for line in record(district, HANNAH) if line.what == "closed"]
    assert len({line.share for line in closed}) == len(closed) == 2
    assert {line.remark for line in closed} == {"revoked"}


@pytest.mark.parametrize("roster_id", [CALEB, SOFIA])
def test_no_other_student_is_named_in_what_people_wrote(district: District, roster_id: str) -> None:
    district.upload(PORTRAIT)
    name, own = name_of(district, roster_id), name_of(district, HANNAH)
    in_an_emergency(district, PORTRAIT, f"{name} ({roster_id}, {district.student(roster_id)}) threatens {own}")
    (line,) = record(district, HANNAH)
    assert line.threat == f"another student (another student, another student) threatens {own}"


def test_the_id_of_another_student_who_asked_is_not_shown(district: District) -> None:
    for key in (TEAM, PORTRAIT):
        district.upload(key)
        district.ask(key, Recipient("eligible_student", district.student(CALEB)))
    hidden, refused = record(district, HANNAH)
    assert (hidden.outcome, hidden.who) == ("redact", "eligible_student")
    assert refused.who == "eligible_student:another student"


def test_to_whom_a_copy_went_that_hides_the_student_is_told_by_the_role_alone(district: District) -> None:
    district.upload(TEAM)
    district.ask(TEAM, Recipient("parent", district.guardian(INES_MOTHER)))
    assert [line.who for line in record(district, HANNAH)] == ["parent"]


def test_the_record_stands_on_the_chain_not_on_the_shares_rows(district: District) -> None:
    district.upload(PORTRAIT)
    in_an_emergency(district, PORTRAIT)
    before = record(district, HANNAH)
    run_sql(
        district.services.store,
        """UPDATE shares SET outcome = 'deny', share = replace(share, 'medic-3', 'nobody'),
        decision = replace(decision, '"record_disclosure":true', '"record_disclosure":false')""",
    )
    assert record(district, HANNAH) == before
    assert not ledger_holds(district.services)
    run_sql(district.services.store, "DELETE FROM links", "DELETE FROM referrals", "DELETE FROM shares")
    assert record(district, HANNAH) == before


def test_once_details_are_deleted_nobody_is_told_grounds_or_that_they_were_shown(district: District) -> None:
    stored = district.upload(TEAM)
    open_link(district.services, district.share(TEAM).token or "")
    revoke(district.services, key=TEAM)
    numbers = [entry.seq for entry, _ in entries(district.services, "share")]
    forget(district.services, CUSTODIAN, "a request", seqs=numbers, also_required=True)
    with district.services.store.reading() as unit:
        for student in stored.tagging.students:
            asked, *closed = record_of(unit, district.services.ledger, student)
            assert (asked.remark, asked.grounds, asked.required, asked.who) == (DELETED, (), False, "public")
            assert {line.what for line in closed} == {"closed"}


def test_a_student_found_in_a_later_version_may_have_been_in_what_was_released_before(district: District) -> None:
    district.upload(UNTITLED)
    in_an_emergency(district, UNTITLED)
    district.upload(UNTITLED, (sample_folder() / UNTITLED).read_bytes() + b"\0")
    looked(district, UNTITLED, HANNAH)
    assert [(line.remark, line.required) for line in record(district, HANNAH) if line.what == "asked"] == [
        (FOUND_LATER, True)
    ]


def test_a_later_version_says_nothing_of_a_student_in_an_earlier_one(district: District) -> None:
    district.upload(UNTITLED)
    looked(district, UNTITLED, HANNAH)
    # Another picture, of which a person said that somebody else is in it.
    district.upload(UNTITLED, (sample_folder() / "events/graduation/graduation.jpg").read_bytes())
    looked(district, UNTITLED, NOAH, unidentified=0)
    in_an_emergency(district, UNTITLED)
    assert record(district, HANNAH) == []


def test_a_hidden_student_found_at_another_place_may_have_been_shown(district: District) -> None:
    district.upload(TEAM)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    open_link(district.services, district.ask(TEAM, mother).token or "")
    looked(district, TEAM, HANNAH, box=Region(0.01, 0.01, 0.2, 0.2))
    asked, opened, *_ = record(district, HANNAH)
    assert (asked.remark, asked.who) == (ELSEWHERE, "parent:another family")
    assert (opened.what, opened.remark) == ("opened", ELSEWHERE)


def test_a_request_that_waited_when_the_student_was_found_is_in_the_record(district: District) -> None:
    district.upload(UNTITLED)
    district.ask(UNTITLED, Recipient("public", "reporter"), "news")
    looked(district, UNTITLED, HANNAH)
    (line,) = record(district, HANNAH)
    assert (line.what, line.outcome, line.remark, line.required) == ("asked", "refer", AFTERWARDS, True)


def test_a_closing_whose_details_were_deleted_stays_a_line_of_each_share(district: District) -> None:
    district.upload(PORTRAIT)
    for _ in range(2):
        in_an_emergency(district, PORTRAIT)
    revoke(district.services, key=PORTRAIT)
    with district.services.store.writing() as unit:
        for review in unit.referrals.listed():
            unit.referrals.close(review.id, district.services.now(), None, "reviewed")
    ((closing, _),) = entries(district.services, "close")
    forget(district.services, CUSTODIAN, "a request", seqs=[closing.seq], also_required=True)
    closed = [line for line in record(district, HANNAH) if line.what == "closed"]
    assert len({line.share for line in closed}) == len(closed) == 2
    assert {(line.entry, line.remark) for line in closed} == {(closing.seq, DELETED)}


def test_the_record_of_a_recording_of_several_names_none_but_its_own_student(district: District) -> None:
    """The sentences of the reasons name everybody: none of them may come along."""
    stored = district.upload(HALLWAY)
    everybody = sorted(stored.tagging.students)
    assert len(everybody) > 1
    in_an_emergency(district, HALLWAY)
    district.share(HALLWAY)
    services = district.services
    with services.store.reading() as unit:
        lines = record_of(unit, services.ledger, everybody[0])
        names = [name for each in everybody[1:] for name in unit.people.need(each).names]
    assert len(lines) == 2
    for other in (*everybody[1:], *names):
        assert other not in repr(lines)


def test_an_entry_whose_details_were_deleted_is_told_as_such(district: District) -> None:
    district.upload(PORTRAIT)
    in_an_emergency(district, PORTRAIT)
    (line,) = record(district, HANNAH)
    with district.services.store.writing() as unit:
        district.services.ledger.forget(unit, [line.entry])
    (after,) = record(district, HANNAH)
    assert (after.entry, after.remark) == (line.entry, DELETED)


def test_a_denied_request_is_in_the_record_with_its_reasons(district: District) -> None:
    district.upload(PORTRAIT)
    district.share(PORTRAIT)
    (line,) = record(district, HANNAH)
    assert (line.what, line.outcome, line.interest) == ("published", "deny", "website")
    assert any(ground.startswith("The law asks for written consent") for ground in line.grounds)


def test_why_others_were_hidden_or_refused_is_not_in_the_record(district: District) -> None:
    """In the team photo one student opted out, and the others did not."""
    stored = district.upload(TEAM)
    answer = district.share(TEAM)
    assert "EX4-OPTOUT" in str(answer.decision.reasons)
    services = district.services
    with services.store.reading() as unit:
        for student in stored.tagging.students - {*answer.decision.redact}:
            (line,) = record_of(unit, services.ledger, student)
            assert "written consent" not in str(line.grounds)


def test_a_finding_is_in_the_record_by_its_kind_alone(district: District) -> None:
    stored = district.upload(HALLWAY)
    answer = district.ask(HALLWAY, Recipient("public", "reporter"), "news")
    assert answer.referrals
    state_finding(
        district.services, answer.referrals[0].id, AttorneyAsked("secret advice"), CUSTODIAN, SystemUser("1", "u")
    )
    services = district.services
    with services.store.reading() as unit:
        lines = record_of(unit, services.ledger, min(stored.tagging.students))
    (found,) = [line for line in lines if line.what == "finding"]
    assert "attorney" in str(found.remark)
    assert "secret" not in repr(lines)


def test_a_key_is_not_in_the_repr_of_a_line() -> None:
    values: dict[str, Any] = {"entry": 1, "at": None, "what": "asked", "share": "sh1"}
    assert "Jane" not in repr(Line(**values, key="Jane.jpg"))


def test_every_field_of_a_line_is_in_every_output_but_for_what_the_words_are_made_of() -> None:
    names, words = (
        {each.name for each in fields(Line)} - {"clauses", "see", "of_report", "again"},
        {column.name for column in COLUMNS},
    )
    assert {*titles(with_keys=True)} == names | words
    assert {*titles(with_keys=False)} == (names | words) - {"key"}
    # A terminal tells the others in another cell; the entry and the share are for programs.
    assert names - {*terminal_titles()} == {"entry", "share", "media_type", "key", "grounds", "threat"}
