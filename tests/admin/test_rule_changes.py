"""Rules of a district changed while its library is in use: compared, applied, approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from databases import run_sql
from district import CUSTODIAN, GRADUATION, HANNAH, MEDIA_STAFF, NOAH, PEP_RALLY, TEAM, UNTITLED, District
from use_cases import (
    FAILED,
    Voice,
    entries,
    interrupted,
    is_known,
    kept,
    later,
    ledger_holds,
    link_of,
    listening,
    looked,
    open_copies,
    raising,
    with_voice,
)

from dam_plugin.admin import rule_changes
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.admin.rule_changes import (
    Applied,
    Approved,
    Retagged,
    Tally,
    apply_rules,
    approve,
    ask_to_apply,
    ask_to_compare,
    compare_rules,
    go_on_applying,
    go_on_comparing,
    pending,
    retagged_of,
    tally_of,
)
from dam_plugin.errors import InputError, StorageError, StorageUnreachable, UnknownThing
from dam_plugin.intake.jobs import begin_again, cancel_job, run_job, run_waiting
from dam_plugin.model import Actor, Finding, Outcome
from dam_plugin.services import Services
from dam_plugin.sharing.share import Answer
from dam_plugin.store import SystemUser
from dam_plugin.store.jobs import Job
from dam_tagging.rules.load import load_rules
from dam_tagging.rules.model import RuleSet

ADA, BEN = SystemUser("1000", "ada"), SystemUser("1001", "ben")

EVENTS = "  - {name: events, when: {key: 'events/**'}, then: {directory_status: eligible}, why: because}\n"
EMBARGO = "  - {name: embargo, when: {key: '**/graduation/**'}, then: {directory_status: not_eligible}, why: because}\n"
SECRET = "  - {name: secret, when: {key: '**/graduation/**'}, then: {closed: Not now.}, why: because}\n"
ATHLETICS = "  - {name: teams, when: {key: '**/athletics/**'}, then: {hold: Look first.}, why: because}\n"


def rules(*texts: str) -> RuleSet:
    return load_rules({"own.yaml": "rules:\n" + "".join(texts)})


def by(district: District, *texts: str) -> District:
    """The district with these rules in force."""
    return replace(district, services=replace(district.services, rules=rules(*texts)))


def applied(
    district: District, user: SystemUser = ADA, services: Services | None = None
) -> tuple[Applied, list[Retagged]]:
    told: list[Retagged] = []
    return apply_rules(services or district.services, MEDIA_STAFF, user, told.append), told


def approved(
    district: District, change_id: str | None, user: SystemUser = BEN, actor: Actor = CUSTODIAN
) -> tuple[Approved, list[Retagged]]:
    told: list[Retagged] = []
    return approve(district.services, change_id or "", actor, user, told.append), told


def texts(*rules: str) -> dict[str, str]:
    return {"own.yaml": "rules:\n" + "".join(rules)}


def diff(district: District, old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Tally, list[Retagged]]:
    told: list[Retagged] = []
    return compare_rules(district.services, MEDIA_STAFF, old, new, told.append), told


def shared(district: District, key: str = GRADUATION) -> Answer:
    if not is_known(district.services, key):
        district.upload(key)
    answer = district.share(key)
    assert answer.link is not None
    return answer


def is_open(district: District, answer: Answer) -> bool:
    return link_of(district.services, answer.link).closed_at is None


def loosened(district: District) -> tuple[District, str]:
    """A recording that was embargoed, the embargo's rule dropped, and the request that waits for it."""
    by(district, EVENTS, EMBARGO).upload(GRADUATION)
    after = by(district, EVENTS)
    done, _ = applied(after)
    assert done.request is not None
    return after, done.request


def breaking_off(district: District, *calls: str, error: type[StorageError] = StorageUnreachable) -> District:
    """The district with a storage that fails at these calls."""

    def fail(name: str, *_: Any, **__: Any) -> None:
        if name in calls:
            raise error("does not answer")

    return replace(district, services=listening(district.services, fail))


def snapshot(district: District) -> tuple[Any, ...]:
    with district.services.store.reading() as unit:
        links = unit.shares.links(open_only=False)
        assets = list(unit.assets.all_current())
        return assets, links, unit.rule_changes.pending(), unit.entries.last_seq()


# Comparing


def test_a_recording_that_would_be_tagged_otherwise_is_told_with_the_rule_and_the_links_that_would_close(
    district: District,
) -> None:
    district = by(district, EVENTS)
    answer, other = shared(district), shared(district, TEAM)
    tally, (told,) = diff(district, texts(EVENTS), texts(EVENTS, EMBARGO))
    (change,) = told.changes
    assert (told.key, change.field, change.before, change.after) == (
        GRADUATION,
        "directory_status",
        "eligible",
        "not_eligible",
    )
    assert (change.direction, change.rules) == ("stricter", ("embargo",))
    assert told.closed == (link_of(district.services, answer.link).id,)
    assert (tally.seen, tally.changed, tally.failed, tally.closed) == (2, 1, 0, 1)
    assert tally.tags == {("directory_status", "stricter"): 1}
    assert is_open(district, answer)
    assert is_open(district, other)


def test_comparing_changes_nothing(district: District) -> None:
    district = by(district, EVENTS)
    shared(district)
    before, wrote = snapshot(district), []
    services = listening(district.services, lambda name, *_, **__: wrote.append(name))
    diff(replace(district, services=services), texts(EVENTS), texts(ATHLETICS, SECRET))
    assert snapshot(district) == before
    assert not {"write_tags", "put", "publish", "delete"}.intersection(wrote)


def test_what_would_be_looser_is_told_as_looser_and_closes_no_link(district: District) -> None:
    district = by(district, EVENTS, EMBARGO)
    district.upload(GRADUATION)
    _, (told,) = diff(district, texts(EVENTS, EMBARGO), texts(EVENTS))
    assert [(each.direction, each.rules) for each in told.changes] == [("looser", ("embargo",))]
    assert told.closed == ()


def test_two_sets_of_rules_are_compared_neither_of_which_is_in_force(district: District) -> None:
    district.upload(GRADUATION)
    _, (told,) = diff(district, texts(EVENTS), texts(EVENTS, SECRET))
    assert [each.field for each in told.changes] == ["closed"]


def test_the_same_rules_differ_in_nothing(district: District) -> None:
    district.upload(GRADUATION)
    tally, told = diff(district, texts(EVENTS, EMBARGO), texts(EMBARGO, EVENTS))
    assert (tally.seen, tally.changed, told) == (1, 0, [])


def compared_by_the_worker(district: District) -> Job:
    """A comparison that is left to the worker: of three recordings, one would be looser and two would be held."""
    added = ask_to_compare(
        district.services, MEDIA_STAFF, texts(EVENTS, EMBARGO), texts(EVENTS, ATHLETICS), detach=True
    )
    assert added is not None
    return added.job


def check_all_is_compared(district: District, job: Job) -> None:
    """As after one run, whatever was broken off: each recording counted once, and kept once as an example."""
    over = on_file(district, job)
    assert (over.state, over.done, over.failed) == ("done", 3, 0)
    tally = tally_of(over)
    assert (tally.seen, tally.changed, tally.closed) == (3, 3, 1)
    assert tally.tags == {("directory_status", "looser"): 1, ("state", "stricter"): 2}
    found = retagged_of(district.services, over)
    assert [each.key for each in found] == [PEP_RALLY, TEAM, GRADUATION]
    assert [each.rules for each in found[2].changes] == [("embargo",)]


@pytest.mark.parametrize(("number", "at"), list(enumerate([PEP_RALLY, TEAM, GRADUATION])))
def test_comparing_that_is_killed_goes_on_in_another_process_and_counts_nothing_twice(
    district: District, monkeypatch: pytest.MonkeyPatch, number: int, at: str
) -> None:
    after, _ = moved_both_ways(district)
    in_batches_of(monkeypatch, 1)
    before, job = snapshot(after), compared_by_the_worker(after)

    def hear(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if (name, key) == ("open", at):
            killed()

    with pytest.raises(KeyboardInterrupt):
        run_job(listening(after.services, hear), KINDS)
    assert on_file(after, job).done == number
    assert run_job(later(after.services, minutes=3), KINDS) is not None
    check_all_is_compared(after, job)
    assert snapshot(after) == before


def test_comparing_that_was_cancelled_goes_on_where_it_was_and_one_with_a_failure_begins_anew(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, _ = moved_both_ways(district)
    in_batches_of(monkeypatch, 1)
    job = compared_by_the_worker(after)

    def cancel_at_the_second(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if name == "open" and key == TEAM and on_file(after, job).state == "running":
            cancel_job(after.services, job.id)

    ran = run_job(listening(after.services, cancel_at_the_second), KINDS)
    assert ran is not None
    assert (ran.job.state, ran.job.done) == ("cancelled", 1)
    begin_again(after.services, KINDS, job.id)
    assert run_job(breaking_off(after, "open", error=StorageError).services, KINDS) is not None
    assert (on_file(after, job).state, on_file(after, job).failed) == ("failed", 2)
    begin_again(after.services, KINDS, job.id)
    assert retagged_of(after.services, job) == []
    assert run_waiting(after.services, KINDS) == 1
    check_all_is_compared(after, job)


def test_a_comparison_that_is_cancelled_while_somebody_waits_says_so(district: District) -> None:
    district = by(district, EVENTS)
    district.upload(GRADUATION)
    added = ask_to_compare(district.services, MEDIA_STAFF, texts(EVENTS), texts(EVENTS, EMBARGO))
    assert added is not None
    cancel_job(district.services, added.job.id)
    with pytest.raises(InputError, match="was cancelled meanwhile"):
        go_on_comparing(district.services, added, lambda _: None)


def test_a_comparison_with_what_this_version_does_not_know_is_left_to_a_newer_one(district: District) -> None:
    after, _ = moved_both_ways(district)
    job = compared_by_the_worker(after)
    run_sql(after.services.store, "UPDATE jobs SET arguments = json_set(arguments, '$.only', 'events/')")
    assert run_job(after.services, KINDS) is None
    assert on_file(after, job).state == "waiting"


def test_rules_that_another_version_took_end_their_comparison(district: District) -> None:
    district.upload(GRADUATION)
    added = ask_to_compare(district.services, MEDIA_STAFF, texts(EVENTS), texts("  - {nmae: x}\n"), detach=True)
    assert added is not None
    with pytest.raises(InputError, match="does not take these rules"):
        run_job(district.services, KINDS)
    assert on_file(district, added.job).state == "failed"


def test_a_copy_that_hides_too_little_by_the_new_rules_is_a_link_that_would_close(district: District) -> None:
    district = by(district, EVENTS)
    answer = shared(district, TEAM)
    assert answer.decision.outcome is Outcome.REDACT
    _, (told,) = diff(district, texts(EVENTS), texts(EVENTS, ATHLETICS))
    assert told.closed == (link_of(district.services, answer.link).id,)


# Applying


def test_what_is_stricter_takes_effect_at_once_and_closes_the_links_that_it_reaches(district: District) -> None:
    answer, other = shared(by(district, EVENTS)), shared(by(district, EVENTS), TEAM)
    after = by(district, EVENTS, EMBARGO)
    done, (told,) = applied(after)
    assert kept(after.services, GRADUATION).tagging.directory_status == "not_eligible"
    assert kept(after.services, GRADUATION).tagging.rules_digest == after.services.rules.digest
    assert told.closed == (link_of(after.services, answer.link).id,)
    assert not is_open(after, answer)
    assert is_open(after, other)
    assert len(open_copies(after.services)) == 1
    assert (done.request, done.renewed, done.tally.changed, pending(after.services)) == (None, 1, 1, [])


def test_the_object_tags_say_what_applied_rules_say(district: District) -> None:
    by(district, EVENTS).upload(GRADUATION)
    after = by(district, EVENTS, SECRET)
    applied(after)
    tags = after.services.library.tags(GRADUATION)
    assert (tags["dam-release"], tags["dam-rules"]) == ("hold", after.services.rules.digest)


def test_what_loosens_waits_and_changes_nothing(district: District) -> None:
    by(district, EVENTS, EMBARGO).upload(GRADUATION)
    before, after = kept(district.services, GRADUATION), by(district, EVENTS)
    done, (told,) = applied(after)
    assert kept(after.services, GRADUATION) == before
    assert (told.changes, [each.direction for each in told.waiting]) == ((), ["looser"])
    ((change, (asked,)),) = pending(after.services)
    assert (change.id, change.by, change.user) == (done.request, MEDIA_STAFF, ADA)
    assert change.digest == after.services.rules.digest
    assert (asked.key, asked.before) == (GRADUATION, before.tagging)
    assert asked.after.directory_status == "eligible"
    assert after.share(GRADUATION).decision.outcome is not Outcome.ALLOW


def test_of_what_moves_both_ways_the_stricter_takes_effect_and_the_looser_waits(district: District) -> None:
    by(district, EVENTS, EMBARGO).upload(GRADUATION)
    after = by(district, EVENTS, SECRET)
    _, (told,) = applied(after)
    tagging = kept(after.services, GRADUATION).tagging
    assert (tagging.directory_status, tagging.closed) == ("not_eligible", "Not now.")
    assert [each.field for each in told.changes] == ["closed"]
    assert [each.field for each in told.waiting] == ["directory_status"]
    assert after.release_tag(GRADUATION) == "hold"


@pytest.mark.parametrize("first", [(EVENTS,), (EVENTS, EMBARGO)], ids=["stricter", "looser and stricter"])
def test_applying_twice_changes_nothing_and_asks_for_nothing_twice(district: District, first: tuple[str, ...]) -> None:
    by(district, *first).upload(GRADUATION)
    after = by(district, EVENTS, SECRET)
    applied(after)
    before = snapshot(after)
    done, told = applied(after, BEN)
    assert (told, done.request, done.renewed, done.tally.changed) == ([], None, 0, 0)
    assert snapshot(after) == before


def test_other_rules_supersede_what_waits_by_those_before(district: District) -> None:
    after, request = loosened(district)
    third = by(after, EVENTS, ATHLETICS)
    done, _ = applied(third)
    assert done.superseded == [request]
    assert [change.id for change, _ in pending(third.services)] == [done.request]
    with pytest.raises(InputError, match="superseded"):
        approved(third, request)


def test_applying_is_recorded_without_a_name(district: District) -> None:
    answer = shared(by(district, EVENTS), TEAM)
    applied(by(district, ATHLETICS))
    ((entry, details),) = entries(district.services, "rules")
    assert details["system_user"] == {"id": "1000", "name": "ada"}
    assert details["by"] == {"role": "media_staff", "id": "media-desk"}
    assert details["changed"][0]["asset"] == kept(district.services, TEAM).asset.id
    assert (details["digest"], details["asked"]) == (rules(ATHLETICS).digest, [])
    assert "Hannah" not in repr(details)
    assert district.student(HANNAH) not in repr(details)
    assert not is_open(district, answer)
    assert ledger_holds(district.services)
    assert entry.subject.startswith("rc-")


def test_what_cannot_be_read_now_stays_as_it_is_and_is_counted(district: District) -> None:
    for key in (GRADUATION, TEAM):
        by(district, EVENTS).upload(key)
    before, after = kept(district.services, TEAM), by(district, EVENTS, EMBARGO, ATHLETICS)

    def refuse(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if name == "open" and key == TEAM:
            raise StorageError("refused")

    done, told = applied(after, services=listening(after.services, refuse))
    assert (done.tally.failed, [each.key for each in told]) == (1, [GRADUATION])
    assert kept(after.services, TEAM) == before


def test_a_plugin_that_fails_meanwhile_holds_nothing(district: District) -> None:
    by(district, EVENTS).upload(GRADUATION)
    before = kept(district.services, GRADUATION)
    done, told = applied(with_voice(by(district, EVENTS, EMBARGO), Voice(propose_findings=FAILED)))
    assert (done.tally.failed, told) == (1, [])
    assert kept(district.services, GRADUATION) == before


def test_a_look_that_was_kept_meanwhile_is_not_overwritten(district: District) -> None:
    by(district, EVENTS).upload(UNTITLED)

    def look() -> Any:
        looked(district, UNTITLED, NOAH)
        return ()

    after = by(district, EVENTS, "  - {name: inbox, when: {key: 'inbox/**'}, then: {closed: c}, why: w}\n")
    done, told = applied(with_voice(after, Voice(propose_findings=look)))
    assert (done.tally.failed, told) == (1, [])
    assert kept(district.services, UNTITLED).tagging.students == {district.student(NOAH)}


def test_a_persons_look_survives_changed_rules(district: District) -> None:
    before = by(district, EVENTS)
    before.upload(GRADUATION)
    looked(before, GRADUATION, HANNAH, directory_status="not_eligible", closed="An investigation.")
    after = by(before, EVENTS, ATHLETICS, EMBARGO.replace("not_eligible", "eligible"), "# another\n")
    done, told = applied(after)
    stored = kept(after.services, GRADUATION)
    assert (done.renewed, told) == (1, [])
    assert after.student(HANNAH) in stored.tagging.students
    assert (stored.tagging.directory_status, stored.tagging.closed) == ("not_eligible", "An investigation.")
    assert stored.tagging.rules_digest == after.services.rules.digest
    with after.services.store.reading() as unit:
        assert [(look.by, look.closed) for look in unit.assets.looks(stored.asset.id)] == [
            (CUSTODIAN, "An investigation.")
        ]


def test_an_upload_after_the_rules_changed_is_tagged_by_them(district: District) -> None:
    after, _ = loosened(district)
    assert after.upload(TEAM).tagging.directory_status == "eligible"
    assert kept(after.services, GRADUATION).tagging.directory_status == "not_eligible"


@pytest.mark.parametrize("key", [GRADUATION, TEAM], ids=["the first", "one after it"])
def test_applying_again_after_the_storage_broke_off_writes_the_tags_and_closes_the_links(
    district: District, key: str
) -> None:
    answers = [shared(by(district, EVENTS), each) for each in (GRADUATION, TEAM)]
    after = by(district, EVENTS, "  - {name: all, when: {key: '**'}, then: {closed: Not now.}, why: because}\n")
    with pytest.raises(StorageUnreachable):
        applied(breaking_off(after, "write_tags"))
    assert (kept(after.services, key).release_tag, after.release_tag(key)) == ("hold", "staff")
    # With the tags the links fell, whatever broke off after that.
    assert not any(is_open(after, answer) for answer in answers)
    assert applied(after)[1] == []
    assert after.release_tag(key) == "hold"
    assert after.services.library.tags(key)["dam-rules"] == after.services.rules.digest
    assert open_copies(after.services) == []
    before = snapshot(after)
    assert applied(after)[1] == []
    assert snapshot(after) == before


def test_applying_again_puts_copies_on_hold_whose_links_were_closed_before_it_broke_off(district: District) -> None:
    answer = shared(by(district, EVENTS))
    after = by(district, EVENTS, EMBARGO)

    def fail(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if name == "put_tags" and key.startswith("released/"):
            raise StorageUnreachable("does not answer")

    applied(after, services=listening(after.services, fail))
    assert (is_open(after, answer), len(open_copies(after.services))) == (False, 1)
    applied(after)
    assert open_copies(after.services) == []


def test_a_recording_that_cannot_be_examined_gets_the_tags_of_what_is_kept_and_counts_once(district: District) -> None:
    by(district, EVENTS).upload(GRADUATION)
    stored, after = kept(district.services, GRADUATION), by(district, EVENTS, EMBARGO)
    district.services.library.write_tags(GRADUATION, stored.asset.version_id, {"dam-release": "open"})
    done, _ = applied(with_voice(after, Voice(propose_findings=FAILED)))
    assert (done.tally.failed, after.release_tag(GRADUATION)) == (1, "staff")
    done, _ = applied(breaking_off(after, "open", "write_tags", error=StorageError))
    assert done.tally.failed == 1


# As a job

# One more than the transactions of applying to three recordings in two batches: the last run is not killed.
KILLS = 10
COUNTS = {
    "recordings": 3,
    "changed": 3,
    "closed": 1,
    "renewed": 0,
    "asked": 1,
    "asked_before": 0,
    "superseded": 0,
    "tag directory_status looser": 1,
    "tag state stricter": 2,
}


def killed() -> None:
    # No DamPluginError: nothing is tidied up, as after kill -9.
    raise KeyboardInterrupt


def in_batches_of(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(rule_changes, "BATCH", size)


def moved_both_ways(district: District) -> tuple[District, Answer]:
    """Three recordings, of which new rules loosen one and hold two, and an open link of one of these."""
    before = by(district, EVENTS, EMBARGO)
    before.upload(GRADUATION)
    before.upload(PEP_RALLY)
    answer = shared(before, TEAM)
    return by(district, EVENTS, ATHLETICS), answer


def left_to_the_worker(district: District, user: SystemUser = ADA) -> Job:
    added = ask_to_apply(district.services, MEDIA_STAFF, user, detach=True)
    assert added is not None
    return added.job


def on_file(district: District, job: Job) -> Job:
    with district.services.store.reading() as unit:
        return unit.jobs.need(job.id)


def check_all_is_applied(district: District, answer: Answer, job: Job) -> None:
    """As after one run, whatever was broken off: each change once in the ledger, and counted once."""
    over = on_file(district, job)
    assert (over.state, over.done, over.result) == ("done", 3, COUNTS)
    assert [district.release_tag(each) for each in (TEAM, PEP_RALLY)] == ["hold", "hold"]
    assert not is_open(district, answer)
    assert open_copies(district.services) == []
    ((change, (asked,)),) = pending(district.services)
    assert (change.user, asked.key) == (ADA, GRADUATION)
    told = [details for _, details in entries(district.services, "rules")]
    changed = [each["asset"] for details in told for each in details["changed"]]
    assert sorted(changed) == sorted(kept(district.services, key).asset.id for key in (TEAM, PEP_RALLY))
    assert len([each for details in told for each in details["asked"]]) == 1
    assert ledger_holds(district.services)
    before = snapshot(district)
    assert applied(district)[1] == []
    assert snapshot(district) == before


@pytest.mark.parametrize("number", range(2, KILLS + 1))
def test_applying_that_is_killed_before_any_transaction_ends_as_if_it_had_not_been(
    district: District, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    after, answer = moved_both_ways(district)
    in_batches_of(monkeypatch, 2)
    job = left_to_the_worker(after)
    try:
        ran = run_job(interrupted(after.services, number, killed), KINDS)
        assert (ran is not None, number) == (True, KILLS)
    except KeyboardInterrupt:
        assert number < KILLS
        assert run_job(after.services, KINDS) is None
        assert run_job(later(after.services, minutes=3), KINDS) is not None
    check_all_is_applied(after, answer, job)


@pytest.mark.parametrize("number", range(1, 4))
def test_applying_that_is_killed_before_the_storage_has_a_recordings_tags_ends_as_if_it_had_not_been(
    district: District, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    after, answer = moved_both_ways(district)
    in_batches_of(monkeypatch, 2)
    job = left_to_the_worker(after)
    calls: list[str] = []

    def hear(name: str, *_: Any, **__: Any) -> None:
        calls.append(name)
        if name == "write_tags" and calls.count("write_tags") == number:
            killed()

    with pytest.raises(KeyboardInterrupt):
        run_job(listening(after.services, hear), KINDS)
    run_job(later(after.services, minutes=3), KINDS)
    check_all_is_applied(after, answer, job)


def test_a_job_of_applying_that_was_cancelled_keeps_nothing_of_the_batch_at_hand_and_goes_on_where_it_was(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, answer = moved_both_ways(district)
    in_batches_of(monkeypatch, 1)
    job = left_to_the_worker(after)

    def cancel_at_the_second(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if name == "open" and key == TEAM and on_file(after, job).state == "running":
            cancel_job(after.services, job.id)

    before = kept(after.services, TEAM)
    ran = run_job(listening(after.services, cancel_at_the_second), KINDS)
    assert ran is not None
    assert (ran.job.state, ran.job.done) == ("cancelled", 1)
    assert (kept(after.services, TEAM), is_open(after, answer)) == (before, True)
    assert begin_again(after.services, KINDS, job.id).done == 1
    assert run_waiting(after.services, KINDS) == 1
    check_all_is_applied(after, answer, job)


def test_applying_again_goes_on_with_the_job_that_is_open_and_the_first_one_asked(district: District) -> None:
    after, answer = moved_both_ways(district)
    job = left_to_the_worker(after)
    assert left_to_the_worker(after, BEN) == job
    done, told = applied(after, BEN)
    assert (len(told), done.tally.seen, done.tally.changed, done.tally.closed) == (3, 3, 3, 1)
    assert done.tally.tags == {("directory_status", "looser"): 1, ("state", "stricter"): 2}
    check_all_is_applied(after, answer, job)
    assert approved(after, done.request)[1] != []


def test_two_processes_do_not_apply_at_once(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    after, answer = moved_both_ways(district)
    job = left_to_the_worker(after)
    refused: list[str] = []

    def again(name: str, *_: Any, **__: Any) -> None:
        if name == "write_tags" and not refused:
            progress = "media_staff:media-desk asked for it at .* and 0 of about 3 recordings are done"
            with pytest.raises(InputError, match=progress) as caught:
                applied(after)
            refused.append(str(caught.value))

    run_job(listening(after.services, again), KINDS)
    assert len(refused) == 1
    check_all_is_applied(after, answer, job)


def test_a_worker_does_not_take_the_job_of_a_command_that_waits_for_it(district: District) -> None:
    after, _ = moved_both_ways(district)
    added = ask_to_apply(after.services, MEDIA_STAFF, ADA)
    assert added is not None
    assert run_job(after.services, KINDS) is None
    assert go_on_applying(after.services, added, lambda _: None).tally.seen == 3
    # Of a command that was killed before it began, the worker takes it.
    added = ask_to_apply(after.services, MEDIA_STAFF, ADA)
    assert added is not None
    assert run_job(later(after.services, minutes=3), KINDS) is not None
    assert on_file(after, added.job).state == "done"


def test_a_process_with_other_rules_leaves_a_job_alone_and_applying_them_ends_it(district: District) -> None:
    after, _ = moved_both_ways(district)
    job = left_to_the_worker(after)
    other = by(after, EVENTS, SECRET)
    assert run_job(other.services, KINDS) is None
    with pytest.raises(InputError, match="the rules in force are others"):
        begin_again(other.services, KINDS, job.id)
    applied(other)
    assert on_file(after, job).state == "cancelled"
    assert kept(after.services, GRADUATION).tagging.closed == "Not now."


def test_a_request_that_was_approved_meanwhile_takes_nothing_more(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (GRADUATION, TEAM):
        by(district, EVENTS, SECRET, ATHLETICS).upload(key)
    after = by(district, EVENTS)
    in_batches_of(monkeypatch, 1)
    job = left_to_the_worker(after)
    requests: list[str] = []

    def approve_the_first(_: Job) -> None:
        waiting = pending(after.services)
        if waiting and not requests:
            requests.append(waiting[0][0].id)
            approved(after, waiting[0][0].id)

    run_job(after.services, KINDS, job.id, approve_the_first)
    ((change, (asked,)),) = pending(after.services)
    assert (change.id, asked.key) == (f"{requests[0]}-2", GRADUATION)


def test_a_recording_that_changed_before_a_killed_batch_was_done_again_is_asked_for_anew(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    by(district, EVENTS, EMBARGO).upload(GRADUATION)
    after = by(district, EVENTS)
    left_to_the_worker(after)
    with pytest.raises(KeyboardInterrupt):
        run_job(listening(after.services, lambda name, *_, **__: killed() if name == "write_tags" else None), KINDS)
    looked(after, GRADUATION, closed="An investigation.")
    run_job(later(after.services, minutes=3), KINDS)
    assert [[each.before.closed for each in tags] for _, tags in pending(after.services)] == [
        [None],
        ["An investigation."],
    ]


# Approving


def test_what_waits_takes_effect_when_another_user_approves_it(district: District) -> None:
    after, request = loosened(district)
    done, (told,) = approved(after, request)
    assert (done.stale, done.tally.failed) == ([], 0)
    assert [(each.field, each.direction) for each in told.changes] == [("directory_status", "looser")]
    assert kept(after.services, GRADUATION).tagging.directory_status == "eligible"
    assert kept(after.services, GRADUATION).machine.rules_digest == after.services.rules.digest
    assert pending(after.services) == []
    assert after.share(GRADUATION).link is not None


def test_an_approval_is_recorded(district: District) -> None:
    after, request = loosened(district)
    approved(after, request)
    _, (entry, details) = entries(after.services, "rules")
    assert (entry.subject, details["done"], details["system_user"]) == (
        request,
        "approve",
        {"id": "1001", "name": "ben"},
    )
    assert details["changed"] == [
        {"asset": kept(after.services, GRADUATION).asset.id, "fields": {"directory_status": "looser"}}
    ]
    assert ledger_holds(after.services)


def test_what_was_approved_is_not_asked_for_again(district: District) -> None:
    after, request = loosened(district)
    approved(after, request)
    before = snapshot(after)
    assert applied(after)[1] == []
    with pytest.raises(InputError, match="approved already"):
        approved(after, request)
    assert snapshot(after) == before


@pytest.mark.parametrize(
    "user", [ADA, SystemUser("1000", "ben"), SystemUser("1001", "ada")], ids=["same", "same number", "same name"]
)
def test_who_asked_cannot_approve(district: District, user: SystemUser) -> None:
    after, request = loosened(district)
    before = snapshot(after)
    with pytest.raises(InputError, match="another user of the operating system can"):
        approved(after, request, user)
    assert snapshot(after) == before


def test_media_staff_cannot_approve(district: District) -> None:
    after, request = loosened(district)
    with pytest.raises(InputError, match="--as custodian:NAME"):
        approved(after, request, BEN, MEDIA_STAFF)


def test_an_id_that_nobody_has_is_one_sentence(district: District) -> None:
    with pytest.raises(UnknownThing, match="rules pending"):
        approved(district, "rc-0")


def test_nothing_is_approved_once_the_rules_are_others(district: District) -> None:
    after, request = loosened(district)
    with pytest.raises(InputError, match="run `dam-plugin rules apply` again"):
        approved(by(after, EVENTS, ATHLETICS), request)
    assert kept(after.services, GRADUATION).tagging.directory_status == "not_eligible"


def test_a_recording_that_was_replaced_since_is_named_and_skipped(district: District) -> None:
    after, request = loosened(district)
    by(after, EVENTS, EMBARGO).upload(GRADUATION)
    done, told = approved(after, request)
    assert (done.stale, told) == ([GRADUATION], [])
    assert kept(after.services, GRADUATION).tagging.directory_status == "not_eligible"
    assert pending(after.services) == []


def test_a_recording_that_was_tagged_otherwise_since_is_named_and_skipped(district: District) -> None:
    after, request = loosened(district)
    looked(after, GRADUATION, closed="An investigation.")
    done, _ = approved(after, request)
    assert done.stale == [GRADUATION]
    assert kept(after.services, GRADUATION).tagging.directory_status == "not_eligible"


def test_a_recording_of_which_more_is_known_now_is_named_and_skipped(district: District) -> None:
    after, request = loosened(district)
    more = Finding("student", after.student(HANNAH), "seen", "other")
    done, _ = approved(with_voice(after, Voice(propose_findings=[more])), request)
    assert done.stale == [GRADUATION]


def test_what_is_stale_is_asked_for_again_by_applying_again(district: District) -> None:
    after, request = loosened(district)
    looked(after, GRADUATION, closed="An investigation.")
    approved(after, request)
    done, (told,) = applied(after)
    assert done.request not in (None, request)
    assert [each.field for each in told.waiting] == ["directory_status"]
    approved(after, done.request)
    tagging = kept(after.services, GRADUATION).tagging
    assert (tagging.directory_status, tagging.closed) == ("eligible", "An investigation.")


def test_what_cannot_be_read_at_an_approval_waits_on(district: District) -> None:
    after, request = loosened(district)
    failing = listening(
        after.services, lambda name, *_, **__: raising(StorageError("refused"))() if name == "open" else None
    )
    done, told = approved(replace(after, services=failing), request)
    assert (done.tally.failed, done.stale, told) == (1, [], [])
    assert [change.id for change, _ in pending(after.services)] == [request]
    assert approved(after, request)[1] != []


@pytest.mark.parametrize("error", [StorageUnreachable, StorageError], ids=["unreachable", "refused"])
def test_approving_again_after_the_storage_failed_writes_the_tags_and_ends_the_request(
    district: District, error: type[StorageError]
) -> None:
    by(district, EVENTS, SECRET).upload(GRADUATION)
    after = by(district, EVENTS)
    request = applied(after)[0].request
    try:
        done, _ = approved(breaking_off(after, "write_tags", error=error), request)
        assert done.tally.failed == 1
    except StorageUnreachable:
        assert error is StorageUnreachable
    assert (kept(after.services, GRADUATION).release_tag, after.release_tag(GRADUATION)) == ("staff", "hold")
    assert [change.id for change, _ in pending(after.services)] == [request]
    done, told = approved(after, request)
    assert (done.tally.failed, done.stale, told) == (0, [], [])
    assert after.release_tag(GRADUATION) == "staff"
    assert pending(after.services) == []


def test_approving_again_leaves_alone_what_was_replaced_since_it_broke_off(district: District) -> None:
    after, request = loosened(district)
    with pytest.raises(StorageUnreachable):
        approved(breaking_off(after, "write_tags"), request)
    by(after, EVENTS, SECRET).upload(GRADUATION)
    done, told = approved(after, request)
    assert (done.tally.seen, told, after.release_tag(GRADUATION)) == (0, [], "hold")
