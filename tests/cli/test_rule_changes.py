"""`rules diff | apply | pending | approve`, from writing the rules to their taking effect."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call
from district import GRADUATION, TEAM, District
from use_cases import kept

from dam_plugin.cli import context
from dam_plugin.store import SystemUser
from dam_tagging.rules.load import load_rules

EVENTS = "rules:\n  - {name: events, when: {key: 'events/**'}, then: {directory_status: eligible}, why: because}\n"
EMBARGO = "  - {name: embargo, when: {key: '**/graduation/**'}, then: {directory_status: not_eligible}, why: because}\n"
LOOSE, STRICT = EVENTS, EVENTS + EMBARGO
CUSTODIAN = ("--as", "custodian:records-office")
PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")


def in_force(text: str) -> None:
    Path("own.yaml").write_text(text, "utf-8")


def written(text: str, name: str = "new.yaml") -> str:
    Path(name).write_text(text, "utf-8")
    return name


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


@pytest.fixture
def library(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """A district with rules of its own in force, and two recordings."""
    monkeypatch.setenv("DAM_PLUGIN_RULES", "own.yaml")
    run_as(monkeypatch, "1000", "ada")
    in_force(LOOSE)
    for key in (GRADUATION, TEAM):
        district.upload(key)
    ended = call("rules", "apply", "--json")
    assert ended.code == 0, ended.text
    return district


def status() -> str:
    return str(call("tags", GRADUATION, "--json").object()["directory_status"])


def test_rules_are_compared_applied_loosened_and_approved(library: District, monkeypatch: pytest.MonkeyPatch) -> None:
    token = call("share", GRADUATION, *PUBLICATION).object()["token"]
    one, summed = call("rules", "diff", written(STRICT), "--json").objects()
    assert (one["key"], len(one["closed"])) == (GRADUATION, 1)
    assert one["changes"] == [
        {
            "tag": "directory_status",
            "before": "eligible",
            "after": "not_eligible",
            "direction": "stricter",
            "rules": ["embargo"],
        }
    ]
    assert summed["summary"]["tags"] == {"directory_status": {"stricter": 1}}
    assert call("open", token, "--json").code == 0

    in_force(STRICT)
    one, summed = call("rules", "apply", "--json").objects()
    assert (len(one["closed"]), summed["summary"]["request"]) == (1, None)
    assert call("open", token, "--json").code == 3
    assert len(call("rules", "apply", "--json").objects()) == 1

    in_force(LOOSE)
    one, summed = call("rules", "apply", "--json").objects()
    request = summed["summary"]["request"]
    assert (one["changes"], [each["direction"] for each in one["waiting"]]) == ([], ["looser"])
    assert status() == "not_eligible"
    assert call("rules", "pending", "--json").object()["recordings"][0]["key"] == GRADUATION

    refused = call("rules", "approve", request, *CUSTODIAN)
    assert refused.code == 1
    assert refused.err == (
        f"dam-plugin: 'ada' asked for this change and cannot approve it, whatever --as says: another user of the operating "
        f"system can, at the command line: `dam-plugin rules approve {request} --as designee:NAME`\n"
    )
    run_as(monkeypatch, "1001", "ben")
    assert "add --as custodian:NAME" in call("rules", "approve", request).err
    one, summed = call("rules", "approve", request, *CUSTODIAN, "--json").objects()
    assert (one["key"], summed["summary"]["stale"]) == (GRADUATION, [])
    assert status() == "eligible"
    assert call("rules", "pending", "--json").objects() == []
    assert call("ledger", "verify").code == 0


def test_what_would_change_is_a_table_for_a_person(library: District) -> None:
    ended = call("rules", "diff", written(STRICT))
    assert ended.code == 0
    row = next(line for line in ended.text.splitlines() if GRADUATION in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        GRADUATION,
        "directory_status",
        "eligible",
        "not_eligible",
        "stricter",
        "embargo",
    ]
    assert ended.text.splitlines()[-1] == "1 of 2 recordings tagged otherwise; 0 open links would close."


def test_two_sets_of_rules_are_compared(library: District) -> None:
    same = call("rules", "diff", written(STRICT, "old.yaml"), written(STRICT), "--json").objects()
    assert [each["summary"]["changed"] for each in same] == [0]
    assert call("rules", "diff", "old.yaml", "new.yaml", "own.yaml").code == 2


def test_a_comparison_may_be_left_to_the_worker_and_its_job_keeps_what_it_found(library: District) -> None:
    left = call("rules", "diff", written(STRICT), "--detach", "--json").object()
    assert (left["kind"], left["state"], left["total"]) == ("rules diff", "waiting", 2)
    shown = call("jobs", "show", str(left["id"])).text
    assert "0 done, 0 failed, of about 2" in shown
    Path("new.yaml").unlink()
    done = call("jobs", "resume", str(left["id"]))
    assert "2 done, 0 failed, of about 2; changed: 1; recordings: 2; tag directory status stricter: 1" in done.text
    found = call("jobs", "show", str(left["id"]), "--json").object()
    assert found["examples"] == [
        {
            "key": GRADUATION,
            "asset": kept(library.services, GRADUATION).asset.id,
            "changes": [
                {
                    "tag": "directory_status",
                    "before": "eligible",
                    "after": "not_eligible",
                    "direction": "stricter",
                    "rules": ["embargo"],
                }
            ],
        }
    ]
    assert any(GRADUATION in line for line in call("jobs", "show", str(left["id"])).text.splitlines())
    assert GRADUATION not in call("jobs", "list").text


def test_a_comparison_that_nobody_waits_for_any_more_is_cancelled(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dam_plugin.admin.rule_changes.examine_anew", interrupted)
    call("rules", "diff", written(STRICT))
    newest = call("jobs", "list", "--json").objects()[0]
    assert (newest["kind"], newest["state"]) == ("rules diff", "cancelled")


def test_mistakes_in_the_new_rules_are_told_with_their_places(library: District) -> None:
    ended = call("rules", "diff", written(LOOSE.replace("eligible", "eligable")))
    assert ended.code == 1
    assert "new.yaml:2:" in ended.text


def test_what_waits_is_a_table_that_says_who_asked(library: District, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("rules", "pending").text == "Nothing waits for an approval.\n"
    for text in (STRICT, LOOSE):
        in_force(text)
        ended = call("rules", "apply")
    assert "another user of this system runs `dam-plugin rules approve rc-" in ended.text
    told = call("rules", "pending").text
    assert "asked by ada (media_staff)" in told
    assert "embargo" in told
    again = call("rules", "apply")
    assert (again.code, "1 waited before" in again.text) == (0, True)
    in_force(LOOSE.replace("because", "because of it"))
    assert "superseded: rc-" in call("rules", "apply").text


def test_applying_may_be_left_to_the_worker_and_its_job_says_what_came_of_it(library: District) -> None:
    in_force(STRICT)
    left = call("rules", "apply", "--detach", "--json").object()
    assert (left["kind"], left["state"], left["total"]) == ("rules apply", "waiting", 2)
    assert status() == "eligible"
    again = call("rules", "apply", "--detach")
    assert again.err == f"note: {left['id']} does that already, and goes on where it was\n"
    assert len(call("jobs", "list", "--json").objects()) == 2
    with library.services.store.reading() as unit:
        digest = unit.jobs.need(str(left["id"])).arguments["digest"]
    assert load_rules({"own.yaml": STRICT}).digest == digest
    done = call("jobs", "resume", str(left["id"]))
    assert status() == "not_eligible"
    assert "2 done, 0 failed, of about 2; changed: 1; recordings: 2; renewed: 1" in done.text
    shown = call("jobs", "show", str(left["id"]), "--json").object()["result"]
    assert (shown["changed"], shown["tag directory_status stricter"]) == (1, 1)  # type: ignore[index]


def test_nothing_is_left_to_the_worker_where_there_is_no_recording(district: District) -> None:
    del district
    assert "nothing was left to do" in call("rules", "apply", "--detach").text
    assert call("rules", "apply").code == 0
    assert call("jobs", "list", "--json").objects() == []


def test_what_is_skipped_is_named_and_exits_1(library: District, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (STRICT, LOOSE):
        in_force(text)
        request = call("rules", "apply", "--json").objects()[-1]["summary"]["request"]
    library.upload(GRADUATION)
    run_as(monkeypatch, "1001", "ben")
    ended = call("rules", "approve", request, *CUSTODIAN)
    assert ended.code == 1
    assert "Skipped, since they are not any more what was asked for" in ended.text
    assert GRADUATION in ended.text
    assert "the exit status is 1" in " ".join(call("rules", "approve", "--help").text.split())


def test_tags_that_the_storage_refuses_are_told_of_and_exit_1(library: District) -> None:
    in_force(STRICT)
    tags = {f"host-{number}": "x" for number in range(10)}
    library.services.library.put(GRADUATION, b"x", media_type="image/jpeg", tags=tags)
    call("reconcile")
    ended = call("rules", "apply")
    assert ended.code == 1
    assert "1 could not be examined, or the storage refused their object tags; run it again." in ended.text


def test_the_system_says_who_runs_it_and_not_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    known = context.system_user()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert context.system_user() == known
    assert known.name != "somebody-else"
