"""Locking a set and handing it over: what refuses it, what is recorded, and that nothing is where anything changed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from clock import TODAY
from district import (
    CROWD,
    CUSTODIAN,
    GRADUATION,
    HANNAH,
    HANNAH_MOTHER,
    MEDIA_STAFF,
    NOAH,
    TEAM,
    UNTITLED,
    District,
)
from sets_on_file import files_of, locked_set, made_set, on_file
from use_cases import Voice, entries, interrupted, ledger_holds, looked, with_voice

from dam_plugin.custodian import choices
from dam_plugin.custodian.forget import forget
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.ledger.export import export, verify_export
from dam_plugin.ledger.student import Line, record_of
from dam_plugin.model import Consent, OptOut, Outcome, Review
from dam_plugin.services import local_now
from dam_plugin.store import StoredShare
from dam_plugin.store.sets import ExportSet
from dam_plugin.yearbook import lock as locking
from dam_plugin.yearbook.lock import CannotLock, Locked, handed_over, lock
from dam_plugin.yearbook.pages import pages_of
from dam_plugin.yearbook.recheck import Mark, recheck


@pytest.fixture
def made(district: District) -> ExportSet:
    """A set of three candids: the crowd and the graduation whole, the team with Hannah hidden."""
    on_file(district, TEAM, CROWD, GRADUATION)
    return made_set(district)


def locked(district: District, set_: ExportSet, **more: object) -> Locked:
    return lock(district.services, set_.id, by=MEDIA_STAFF, **more)  # type: ignore[arg-type]


def on_record(district: District, set_: ExportSet) -> ExportSet:
    with district.services.store.reading() as unit:
        return unit.exports.need(set_.id)


def shares(district: District) -> list[StoredShare]:
    found = []
    with district.services.store.reading() as unit:
        for entry, _ in entries(district.services, "share"):
            share = unit.shares.share(entry.subject)
            assert share is not None
            found.append(share)
    return found


def lines_of(district: District, roster_id: str) -> list[Line]:
    with district.services.store.reading() as unit:
        return record_of(unit, district.services.ledger, district.student(roster_id))


def sets_told(district: District) -> list[str]:
    return [details["done"] for _, details in entries(district.services, "export")]


def changing(district: District, happens: Callable[[], object]) -> District:
    """A district in which something happens between the look at a set and the transaction that records it."""
    return replace(district, services=interrupted(district.services, 1, lambda: happens() and None))


# What is recorded


def test_a_lock_hands_the_set_to_its_publisher_and_keeps_when_and_by_whom(district: District, made: ExportSet) -> None:
    done = locked(district, made)
    assert (done.set.state, done.set.locked_by, done.shares) == ("locked", MEDIA_STAFF, 3)
    assert done.set == on_record(district, made)
    with district.services.store.reading() as unit:
        assert unit.exports.handovers(made.id) == [done.handover]
    assert done.handover.to == "pspa"


def test_each_file_is_recorded_as_the_share_that_it_is(district: District, made: ExportSet) -> None:
    locked(district, made)
    files = files_of(district, made.id)
    kept = {each.share.asset_key: each for each in shares(district)}
    assert set(kept) == {TEAM, CROWD, GRADUATION}
    for key, share in kept.items():
        assert (share.share.kind, share.share.purpose, share.share.recipient.id) == ("publication", "yearbook", "pspa")
        assert (share.outcome, share.asset_id) == (files[key].outcome, files[key].asset_id)
        assert share.release_id == f"{made.id}/{files[key].path}"
    told = {details["case"]["asset"]["id"]: details for _, details in entries(district.services, "share")}
    team = told[files[TEAM].asset_id]
    assert team["release"] == {
        "id": f"{made.id}/{files[TEAM].path}",
        "sha256": files[TEAM].sha256,
        "proof": {"manifest": made.manifest},
    }
    assert team["decision"]["redact"] == [district.student(HANNAH)]


def test_the_set_is_recorded_with_what_it_is(district: District, made: ExportSet) -> None:
    locked(district, made, key="k-1")
    ((entry, details),) = entries(district.services, "export")
    assert entry.subject == made.id
    assert (details["done"], details["manifest"], details["key"]) == ("locked", made.manifest, "k-1")
    assert (details["portraits"], details["candids"], details["redacted"]) == (0, 3, 1)
    assert details["recipient"] == {"role": "public", "id": "pspa"}


def test_the_chain_holds_and_goes_out_whole(district: District, made: ExportSet) -> None:
    locked(district, made)
    assert ledger_holds(district.services)
    file = io.BytesIO()
    with district.services.store.reading() as unit:
        count = export(district.services.ledger, unit, file.write)
    file.seek(0)
    assert verify_export(district.services.ledger, file).entries == count
    assert len(recheck_links(district.services)) == 0


def test_a_students_record_says_in_which_set_and_on_which_page(district: District, made: ExportSet) -> None:
    path = files_of(district, made.id)[GRADUATION].path
    locked(district, made, pages=pages_of(f"12,{path}\n".encode()))
    (line,) = lines_of(district, NOAH)
    assert (line.what, line.who, line.interest, line.outcome) == ("published", "public:pspa", "yearbook", "allow")
    assert line.remark == f"published in the yearbook set {made.id} as {path}, page 12"
    assert line.grounds


def test_a_hidden_students_record_says_that_the_copy_hides_them(district: District, made: ExportSet) -> None:
    locked(district, made)
    team = next(line for line in lines_of(district, HANNAH) if line.outcome == "redact")
    assert "the copy hides the student" in (team.remark or "")
    assert team.who == "public"


def test_a_copy_that_hides_more_than_it_has_to_is_recorded_as_it_is(district: District, made: ExportSet) -> None:
    hannah = district.student(HANNAH)
    choices.opt_in(district.services, hannah, TODAY, None, CUSTODIAN, "the family asked for it")
    locked(district, made)
    (team,) = [each for each in shares(district) if each.share.asset_key == TEAM]
    assert (team.outcome, team.decision["redact"]) == ("redact", [hannah])
    assert hannah not in team.decision["basis"]


def test_the_pages_are_kept_with_the_files(district: District, made: ExportSet) -> None:
    path = files_of(district, made.id)[TEAM].path
    locked(district, made, pages=pages_of(f"12,{path}\n30,{path}\n".encode()))
    files = files_of(district, made.id)
    assert {key: file.pages for key, file in files.items() if file.pages} == {TEAM: ("12", "30")}


def test_observers_are_told_of_each_file_once_it_is_recorded(district: District, made: ExportSet) -> None:
    voice = Voice(decision_made=None)
    locked(with_voice(district, voice), made)
    assert [what for what, _ in voice.told] == ["decision_made"] * 3


def test_a_referral_that_waited_for_just_this_is_settled(district: District) -> None:
    stored = district.upload(UNTITLED)
    asked = district.share(UNTITLED, purpose="yearbook", recipient=made_set(district).order.recipient)
    (referral,) = asked.referrals
    looked(district, UNTITLED, NOAH, unidentified=0, directory_status="eligible")
    set_ = made_set(district)
    assert files_of(district, set_.id)[UNTITLED].asset_id == stored.asset.id
    locked(district, set_)
    with district.services.store.reading() as unit:
        assert not unit.referrals.need(referral.id).is_open


# What refuses it


def test_a_set_that_anything_stops_is_not_locked_and_nothing_is_recorded(district: District, made: ExportSet) -> None:
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    before = len(entries(district.services))
    with pytest.raises(CannotLock, match="1 of its 3 file") as refused:
        locked(district, made)
    assert [each.path for each in refused.value.rechecked.stops] == [files_of(district, made.id)[GRADUATION].path]
    assert (on_record(district, made).state, len(entries(district.services))) == ("made", before)


def test_a_list_of_pages_that_is_another_sets_refuses_it(district: District, made: ExportSet) -> None:
    with pytest.raises(CannotLock, match=r"list of pages has 1 problem"):
        locked(district, made, pages=pages_of(b"1,c0000001.jpg\n2,c0000099.jpg\n"))
    assert on_record(district, made).state == "made"


@pytest.mark.parametrize("state", ["planning", "making", "locked"])
def test_only_a_set_that_was_made_is_locked(district: District, made: ExportSet, state: str) -> None:
    with district.services.store.writing() as unit:
        unit.exports.change_set(made.id, state=state)
    with pytest.raises(InputError, match=f"is {state}"):
        locked(district, made)
    assert not shares(district)


def test_a_set_without_a_signed_manifest_is_not_locked(district: District, made: ExportSet) -> None:
    with district.services.store.writing() as unit:
        unit.exports.change_set(made.id, manifest=None)
    with pytest.raises(InputError, match="signed"):
        locked(district, made)


def test_a_recipient_who_deceives_is_refused(district: District, made: ExportSet) -> None:
    with pytest.raises(InputError, match="recipient's id"):
        locked(district, made, to="printer\u202e")


def test_an_opt_out_between_the_look_and_the_record_locks_nothing(district: District, made: ExportSet) -> None:
    def opt_out() -> None:
        choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)

    with pytest.raises(CannotLock, match="1 of its 3 file"):
        locked(changing(district, opt_out), made)
    assert (on_record(district, made).state, shares(district), sets_told(district)) == ("made", [], [])


def test_what_changes_meanwhile_and_stops_nothing_is_recorded_as_it_is_then(
    district: District, made: ExportSet
) -> None:
    hannah = district.student(HANNAH)
    done = locked(
        changing(
            district,
            lambda: choices.opt_in(district.services, hannah, TODAY, None, CUSTODIAN, "the family asked for it"),
        ),
        made,
    )
    assert (done.shares, len(shares(district))) == (3, 3)
    told = [notice.path for notice in done.rechecked.notices]
    assert told == [files_of(district, made.id)[TEAM].path]


def test_a_set_is_not_recorded_on_another_day_than_it_was_decided_on(district: District, made: ExportSet) -> None:
    clock = [local_now()]
    asked: list[None] = []
    heard = with_voice(district, Voice(review_decision=lambda: asked.append(None) or Review(Outcome.ALLOW, "fine")))
    at_midnight = changing(heard, lambda: clock.append(clock[-1] + timedelta(days=1)))
    done = lock(replace(at_midnight.services, now=lambda: clock[-1]), made.id, by=MEDIA_STAFF)
    assert (done.rechecked.day, len(asked)) == (clock[-1].date(), 6)


def test_what_never_stays_the_same_is_told(
    district: District, made: ExportSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = map(str, count())
    monkeypatch.setattr(locking, "mark_of", lambda *_: Mark(next(marks), "", ""))
    with pytest.raises(InputError, match="changes faster"):
        locked(district, made)
    assert (on_record(district, made).state, shares(district)) == ("made", [])


def test_somebody_elses_share_meanwhile_makes_nobody_decide_again(district: District, made: ExportSet) -> None:
    asked: list[None] = []
    heard = with_voice(district, Voice(review_decision=lambda: asked.append(None) or Review(Outcome.ALLOW, "fine")))
    locked(changing(heard, lambda: district.share(CROWD)), made)
    assert len(asked) == 3


def test_a_set_that_was_locked_meanwhile_is_not_locked_twice(district: District, made: ExportSet) -> None:
    with pytest.raises(InputError, match=r"is locked already.*without --lock.*export handover"):
        locked(changing(district, lambda: locked(district, made)), made)
    assert (len(shares(district)), sets_told(district)) == (3, ["locked"])


# Third parties


def test_a_third_party_is_asked_before_the_transaction_that_records(district: District, made: ExportSet) -> None:
    writing: list[bool] = []
    asked: list[bool] = []

    def answer() -> Review:
        asked.append(bool(writing))
        return Review(Outcome.ALLOW, "fine")

    heard = with_voice(district, Voice(review_decision=answer))
    locked(changing(heard, lambda: writing.append(True)), made)
    assert asked == [False] * 3


def test_a_third_party_stops_a_lock(district: District, made: ExportSet) -> None:
    with pytest.raises(CannotLock, match="3 of its 3"):
        locked(with_voice(district, Voice(review_decision=Review(Outcome.DENY, "no"))), made)


def test_a_third_party_is_asked_again_about_what_changed_meanwhile(district: District, made: ExportSet) -> None:
    answers = iter([Review(Outcome.ALLOW, "fine")] * 3 + [Review(Outcome.DENY, "not any more")] * 3)
    heard = with_voice(district, Voice(review_decision=lambda: next(answers)))

    def consent() -> None:
        made_by = Consent(
            district.student(HANNAH),
            district.guardian(HANNAH_MOTHER),
            TODAY,
            "ink",
            purpose="yearbook",
            parties=("pspa",),
        )
        choices.add_consent(district.services, made_by, "on paper", CUSTODIAN)

    with pytest.raises(CannotLock, match="3 of its 3"):
        locked(changing(heard, consent), made)
    assert on_record(district, made).state == "made"


# Handing it to somebody else


def test_a_locked_set_goes_to_somebody_else_with_its_disclosures_recorded_again(district: District) -> None:
    on_file(district, TEAM, GRADUATION)
    set_ = locked_set(district).set
    done = handed_over(district.services, set_.id, by=CUSTODIAN, to="printer")
    assert (done.handover.to, done.shares, done.set) == ("printer", 2, set_)
    assert [each.share.recipient.id for each in shares(district)] == ["pspa", "pspa", "printer", "printer"]
    assert sets_told(district) == ["locked", "handed over"]


def test_a_set_that_a_consent_lets_one_party_have_goes_to_no_other(district: District) -> None:
    on_file(district, TEAM)
    consent = Consent(
        district.student(HANNAH), district.guardian(HANNAH_MOTHER), TODAY, "ink", purpose="yearbook", parties=("pspa",)
    )
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    set_ = locked_set(district).set
    assert not files_of(district, set_.id)[TEAM].redacted
    with pytest.raises(CannotLock):
        handed_over(district.services, set_.id, by=CUSTODIAN, to="printer")
    assert len(shares(district)) == 1


def test_a_set_goes_to_nobody_else_once_a_family_opted_out(district: District) -> None:
    on_file(district, GRADUATION)
    set_ = locked_set(district).set
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    with pytest.raises(CannotLock):
        handed_over(district.services, set_.id, by=CUSTODIAN, to="pspa")


def test_the_pages_of_the_first_are_not_recorded_for_the_second(district: District, made: ExportSet) -> None:
    path = files_of(district, made.id)[TEAM].path
    locked(district, made, pages=pages_of(f"12,{path}\n".encode()))
    handed_over(district.services, made.id, by=CUSTODIAN, to="printer", key="k-2")
    told = [
        details["set"]["pages"] for _, details in entries(district.services, "share") if details["set"]["path"] == path
    ]
    assert told == [["12"], []]
    assert [details["key"] for _, details in entries(district.services, "export")] == [None, "k-2"]


@pytest.mark.parametrize("to", ["", "  ", "public", "pspa "])
def test_a_recipient_whose_id_nobody_can_have_is_refused_before_anything_is_decided(
    district: District, made: ExportSet, to: str
) -> None:
    decided: list[int] = []
    with pytest.raises(InputError, match="--to"):
        locked(district, made, to=to, tell=decided.append)
    assert (decided, on_record(district, made).state) == ([], "made")


def test_only_a_locked_set_is_handed_over(district: District, made: ExportSet) -> None:
    with pytest.raises(InputError, match="lock it first"):
        handed_over(district.services, made.id, by=CUSTODIAN, to="printer")


# Lawful deletion


def seqs_of(district: District, set_id: str, digest: str) -> list[int]:
    told = [(entry.seq, details.get("set")) for entry, details in entries(district.services, "share")]
    return [seq for seq, of in told if of and (of["id"], of["digest"]) == (set_id, digest)]


def test_a_deletion_leaves_what_another_sets_file_needs_until_that_goes_too(
    district: District, made: ExportSet
) -> None:
    locked(district, made)
    second = locked_set(district).set
    digest = files_of(district, made.id)[TEAM].digest
    assert files_of(district, second.id)[TEAM].digest == digest
    for set_id, is_left in ((made.id, True), (second.id, False)):
        forget(district.services, CUSTODIAN, "a request", seqs=seqs_of(district, set_id, digest))
        with district.services.store.reading() as unit:
            assert (unit.exports.decision(digest) is not None) == is_left
        assert recheck(district.services, second.id).may_be_printed == is_left


def test_a_deletion_leaves_what_a_set_needs_that_is_not_locked_yet(district: District, made: ExportSet) -> None:
    locked(district, made)
    second = made_set(district)
    seqs = seqs_of(district, made.id, files_of(district, made.id)[TEAM].digest)
    forget(district.services, CUSTODIAN, "a request", seqs=seqs)
    assert locked(district, second).shares == 3


def test_a_deletion_leaves_what_another_handover_of_the_file_needs(district: District, made: ExportSet) -> None:
    locked(district, made)
    handed_over(district.services, made.id, by=CUSTODIAN, to="printer")
    digest = files_of(district, made.id)[TEAM].digest
    first, second = seqs_of(district, made.id, digest)
    for seq, is_left in ((first, True), (second, False)):
        forget(district.services, CUSTODIAN, "a request", seqs=[seq])
        assert recheck(district.services, made.id).may_be_printed == is_left


def test_a_deletion_takes_what_stands_behind_the_file_too_and_the_chain_holds(
    district: District, made: ExportSet
) -> None:
    locked(district, made)
    digest = files_of(district, made.id)[TEAM].digest
    seqs = [entry.seq for entry, details in entries(district.services, "share") if details["set"]["digest"] == digest]
    assert forget(district.services, CUSTODIAN, "a request of the family", seqs=seqs).deleted == 1
    with district.services.store.reading() as unit:
        assert unit.exports.decision(digest) is None
    assert ledger_holds(district.services)
    assert [each.was.hidden for each in recheck(district.services, made.id).stops] == [None]
