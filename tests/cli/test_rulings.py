"""A district's `rulings.toml` at work: every command and every link decides by it, and a mistake stops all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from case_builder import a_fight
from command_line import call
from district import CUSTODIAN, GRADUATION, HALLWAY, TEAM, District
from use_cases import entries, link_of

from dam_hooks import manager, services_of
from dam_plugin.cli.checks import Check, examine
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.custodian.findings import state_finding
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.gate.link_status import status_of_link
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Outcome, Recipient
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
from dam_plugin.procedure.switches import SWITCHES, rulings_with
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import EvidenceVerified
from dam_plugin.sharing.share import Answer
from dam_plugin.store import SystemUser

JUVENILE = Recipient("juvenile_office", "juvenile-east")
TEACHER = Recipient("school_official", "teacher-12")
OFFICIAL = {"legitimate_interest": True, "records_authorized": True}


def write(folder: Path, *rulings: str, **changes: str) -> Path:
    """Write a file of rulings: these with their switches."""
    path = folder / "rulings.toml"
    tables = []
    for each in rulings:
        fields = {"ruled": f'"{SWITCHES[each].value}"', "by": '"district counsel"', "on": "2025-11-02", "why": '"so"'}
        tables.append("\n".join([f"[{each}]", *(f"{name} = {value}" for name, value in {**fields, **changes}.items())]))
    path.write_text("\n\n".join(tables), encoding="utf-8")
    return path


def as_ruled(district: District, *rulings: str) -> District:
    return replace(district, services=replace(district.services, rulings=rulings_with(rulings)))


def states() -> dict[str, Check]:
    return {check.name: check for check in examine()}


def serving(district: District, key: str) -> dict[str, Any]:
    """Return the certification of the juvenile office for one student of a recording."""
    with district.services.store.reading() as unit:
        student = min(unit.assets.need(key).tagging.students)
    return {"pre_adjudication": {"students": [student], "certified": True}}


def served(district: District, key: str) -> Answer:
    """Ask for the juvenile office, and verify its certification with the paper; return the answer."""
    asked = district.ask(key, JUVENILE, "investigation", evidence=serving(district, key))
    found = EvidenceVerified(serving(district, key), keep_file(district.services, b"%PDF-1.4"))
    (referral,) = asked.referrals
    stated = state_finding(district.services, referral.id, found, CUSTODIAN, SystemUser("1001", "ben"))
    assert stated.answer is not None
    return stated.answer


# On case files


@pytest.fixture
def case_file(tmp_path: Path) -> str:
    case = a_fight().redactable().to("juvenile_office")
    case.evidence(pre_adjudication={"students": ["s1"], "certified": True})
    path = tmp_path / "case.json"
    path.write_text(json.dumps({"expect": {"outcome": "redact", "redact": ["s2"]}, "case": case.raw()}), "utf-8")
    return str(path)


def test_a_case_is_decided_by_a_file_of_rulings_and_the_answer_has_its_shape(case_file: str, tmp_path: Path) -> None:
    built_in = call("decide", case_file).object()
    ruled = call("decide", case_file, "--rulings", str(write(tmp_path, "juvenile-whole"))).object()
    assert (built_in["outcome"], ruled["outcome"], ruled["redact"]) == ("allow", "redact", ["s2"])
    assert list(ruled) == list(built_in) == ["id", "outcome", "redact", "basis", "reasons", "record_disclosure"]


def test_json_lines_on_standard_input_are_decided_by_them_too(case_file: str, tmp_path: Path) -> None:
    case = json.dumps(json.loads(Path(case_file).read_text(encoding="utf-8"))["case"]).encode()
    file = str(write(tmp_path, "juvenile-whole"))
    assert call("decide", "--rulings", file, stdin=case).object()["outcome"] == "redact"


def test_an_explanation_tells_who_ruled_it(case_file: str, tmp_path: Path) -> None:
    file = str(write(tmp_path, "juvenile-whole"))
    told = call("explain", case_file, "--rulings", file, "--json").object()
    (ruling,) = [each for each in told["rulings"] if each["id"] == "juvenile-whole"]
    assert ruling["answer"] == SWITCHES["juvenile-whole"].says
    assert ruling["decided"] == "district counsel, on November 2, 2025"
    assert ruling["alternatives"] == [RULINGS["juvenile-whole"].answer]
    for form in ((), ("--markdown",)):
        assert (
            "ruled by district counsel, on November 2, 2025" in call("explain", case_file, "--rulings", file, *form).out
        )
    built_in = call("explain", case_file, "--json").object()
    assert [each["decided"] for each in built_in["rulings"] if each["id"] == "juvenile-whole"] == [""]


def test_own_cases_are_tried_by_them_and_counted_as_they_ask(case_file: str, tmp_path: Path) -> None:
    file = str(write(tmp_path, "juvenile-whole", "exceptions-before-redaction"))
    assert call("procedure", "test", case_file, "--json").object()["failed"] == 1
    told = call("procedure", "test", case_file, "--rulings", file, "--json").object()
    assert told["failed"] == 0
    assert "COPY-FIRST" in told["coverage"]["clauses"]
    assert any("see the other students, too? No" in each for each in told["coverage"]["branches"]["never"]) is False


@pytest.mark.parametrize("command", [("decide",), ("explain",), ("procedure", "test")])
def test_a_mistake_in_the_file_is_told_with_its_line(command: tuple[str, ...], case_file: str, tmp_path: Path) -> None:
    file = str(write(tmp_path, "staff-on-the-spot", ruled='"anybody"'))
    ended = call(*command, case_file, "--rulings", file)
    assert (ended.code, ended.out) == (1, "")
    assert (
        "rulings.toml:2:9: staff-on-the-spot.ruled: 'anybody' is refused: this would loosen the procedure" in ended.err
    )


def test_a_file_that_is_not_there_decides_nothing(case_file: str) -> None:
    ended = call("decide", case_file, "--rulings", "nowhere.toml")
    assert (ended.code, ended.out) == (1, "")
    assert "cannot be read" in ended.err


# What is in force


def test_every_ruling_is_listed_with_what_is_in_force_and_by_whom(district: District) -> None:
    write(district.folder, "juvenile-whole", "unreviewed-meaning")
    *listed, total = call("procedure", "rulings", "--json").objects()
    assert [each["ruling"] for each in listed] == [*RULINGS, *BEFORE_A_CASE]
    assert {each["ruling"] for each in listed if each["switch"]} == set(SWITCHES)
    on = {each["ruling"]: (each["in_force"], each["by"], each["on"]) for each in listed if each["stricter"]}
    says = {ruling: (SWITCHES[ruling].says, "district counsel", "2025-11-02") for ruling in total["switches"]}
    assert on == says
    assert total["switches"] == {"juvenile-whole": "own-only", "unreviewed-meaning": "nothing"}
    out = call("procedure", "rulings").out
    assert "own-only (on)" in out
    assert f"2 switches are in force; digest of the rulings {total['rulings']}" in out
    assert call("procedure", "rulings", "--rulings", str(write(district.folder))).out.count("(on)") == 0


def test_what_is_built_in_and_confirmed_names_who_confirmed_it(district: District) -> None:
    write(district.folder, "postsecondary", ruled='"built-in"')
    *listed, total = call("procedure", "rulings", "--json").objects()
    (each,) = [each for each in listed if each["ruling"] == "postsecondary"]
    assert (each["in_force"], each["by"], each["stricter"]) == (
        RULINGS["postsecondary"].answer,
        "district counsel",
        False,
    )
    assert total["switches"] == {}


def test_doctor_shows_the_switches_in_force(district: District) -> None:
    assert states()["rulings"].detail.startswith("as built in")
    write(district.folder, "juvenile-whole")
    check = states()["rulings"]
    assert (check.state, check.detail.partition(";")[0]) == (
        "ok",
        "juvenile-whole = own-only (district counsel, 2025-11-02)",
    )


def test_with_a_mistake_nothing_is_decided_and_doctor_tells_it(district: District) -> None:
    district.upload(GRADUATION)
    write(district.folder, "juvenile-whole", on="2999-01-01", by='""')
    before = len(entries(district.services))
    ended = call("share", GRADUATION, "--to", "public", "--kind", "publication", "--purpose", "website")
    assert ended.code == 1
    assert "rulings.toml:3:6: juvenile-whole.by: must be a text" in ended.err
    assert "rulings.toml:4:6: juvenile-whole.on: is a day in the future" in ended.err
    assert len(entries(district.services)) == before
    told = [check for check in examine(repairing=True) if check.state == "failed"]
    assert [check.name for check in told if check.name == "rulings"] == ["rulings", "rulings"]
    assert [check.detail for check in told if check.name == "repair"] == [
        "nothing is put right while the rulings cannot be read: it would be decided anew"
    ]


def test_a_path_in_the_settings_counts_and_has_to_exist(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    write(district.folder, "juvenile-whole").rename(district.folder / "counsel.toml")
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__RULINGS", "counsel.toml")
    services = services_of(manager())
    assert services.rulings == rulings_with(["juvenile-whole"])
    services.library.close()
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__RULINGS", "nowhere.toml")
    assert "the rulings 'nowhere.toml' cannot be read" in call("links").err


def test_what_lies_beside_the_settings_and_is_no_file_is_told(district: District) -> None:
    (district.folder / "rulings.toml").mkdir()
    assert "are no file: give a TOML file, or remove it" in call("links").err


# Shares


def test_a_share_is_decided_by_the_rulings_of_the_district(district: District) -> None:
    district.upload(TEAM)
    assert call("tag", TEAM, "--directory", "not_eligible", "--as", "custodian:records").code == 0
    write(district.folder, "juvenile-whole")
    (district.folder / "served.json").write_text(json.dumps(serving(district, TEAM)), "utf-8")
    asked = ("--to", "juvenile_office:east", "--purpose", "investigation", "--evidence", "served.json")
    waits = call("share", TEAM, *asked, "--as", "custodian:records", "--json").object()
    assert waits["outcome"] == "refer"
    (district.folder / "paper.pdf").write_bytes(b"%PDF-1.4")
    paper = ("evidence", "--evidence", "served.json", "--file", "paper.pdf", "--as", "custodian:records", "--json")
    told = call("queue", "finding", waits["referrals"][0]["id"], *paper).object()["answer"]
    assert (told["outcome"], told["reasons"][0]["clause"]) == ("redact", "EX5")


def test_staff_break_the_glass_once_somebody_has_confirmed_it(district: District) -> None:
    district.upload(HALLWAY)
    write(district.folder, "staff-on-the-spot")
    words = ("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", "a fire", "--json")
    told = call(*words).object()
    assert [each["clause"] for each in told["reasons"]] == ["CUSTODIAN", "EX9-EVIDENCE"]
    assert told["referrals"]
    told = call(*words, "--confirmed-by", "Principal Ode").object()
    assert [each["clause"] for each in told["reasons"]] == ["EX9", "NOTIFY-CUSTODIAN"]
    assert "--confirmed-by must say who" in call(*words, "--confirmed-by", " ").err


def test_what_the_custodian_considered_is_stated_in_the_queue_and_releases_the_whole(district: District) -> None:
    district.upload(TEAM)
    write(district.folder, "exceptions-before-redaction")
    (district.folder / "need.json").write_text(json.dumps(OFFICIAL), "utf-8")
    (district.folder / "considered.json").write_text(json.dumps({**OFFICIAL, "copy_considered": True}), "utf-8")
    asked = (
        "share",
        TEAM,
        "--to",
        "school_official:t1",
        "--purpose",
        "inspection",
        "--evidence",
        "need.json",
        "--json",
    )
    told = call(*asked).object()
    assert [each["clause"] for each in told["reasons"]] == ["COPY-FIRST"]
    referral = told["referrals"][0]["id"]
    considered = ("evidence", "--evidence", "considered.json", "--as", "custodian:records", "--json")
    told = call("queue", "finding", referral, *considered).object()
    assert (told["state"], told["answer"]["outcome"]) == ("applied", "allow")
    assert [each["clause"] for each in told["answer"]["reasons"]] == ["EX1"]


# Links


def office_link(district: District, key: str = TEAM) -> Any:
    district.upload(key)
    answer = served(district, key)
    assert answer.decision.outcome is Outcome.ALLOW
    return answer


def test_a_link_that_a_stricter_ruling_refuses_opens_no_more(district: District) -> None:
    answer = office_link(district)
    stricter = as_ruled(district, "juvenile-whole").services
    assert status_of_link(district.services, answer.link).may_open
    assert not status_of_link(stricter, answer.link).may_open
    opening = open_link(stricter, answer.token)
    assert (opening.url, opening.decision.outcome) == (None, Outcome.DENY)
    assert link_of(district.services, answer.link).closed_at is not None


def test_reconciling_closes_it_before_anybody_opens_it(district: District) -> None:
    answer = office_link(district)
    assert [link.id for link in recheck_links(as_ruled(district, "juvenile-whole").services)] == [answer.link.id]


def test_a_ruling_that_does_not_bear_on_it_leaves_a_link_open(district: District) -> None:
    answer = office_link(district)
    assert len(recheck_links(as_ruled(district, "order-from-anyone", "staff-on-the-spot").services)) == 0
    assert open_link(district.services, answer.token).url is not None


# The record


def kept(services: Services, kind: str) -> list[dict[str, Any]]:
    return [details for _, details in entries(services, kind)]


def test_every_decision_is_kept_with_what_it_was_taken_by(district: District) -> None:
    ruled = as_ruled(district, "unreviewed-meaning")
    ruled.upload(GRADUATION)
    answer = ruled.share(GRADUATION)
    open_link(ruled.services, answer.token or "")
    district.share(GRADUATION)
    first, second = (each["decision"]["taken_by"] for each in kept(district.services, "share"))
    assert first["switches"] == {"unreviewed-meaning": "nothing"}
    assert second["switches"] == {}
    assert first["rulings"] != second["rulings"]
    assert (first["procedure"], first["settings"]) == (second["procedure"], second["settings"])
    assert [each["taken_by"] for each in kept(district.services, "open")] == [first]
    with district.services.store.reading() as unit:
        stored = unit.shares.share(answer.share.id)
    assert stored is not None
    assert stored.decision["taken_by"] == first


def test_another_directory_policy_is_another_version(district: District) -> None:
    district.upload(GRADUATION)
    district.share(GRADUATION)
    narrow = district.services.settings.district.model_copy(update={"directory_limited_to": ("website",)})
    settings = district.services.settings.model_copy(update={"district": narrow})
    replace(district, services=replace(district.services, settings=settings)).share(GRADUATION)
    first, second = (each["decision"]["taken_by"] for each in kept(district.services, "share"))
    assert first["settings"] != second["settings"]
    assert first["rulings"] == second["rulings"]


# Replay


def replayed(file: Path) -> tuple[list[Any], Any]:
    ended = call("procedure", "replay", "--against", str(file), "--json")
    *lines, last = ended.objects()
    assert ended.code == 0
    return lines, last["summary"]


def test_a_replay_shows_what_rulings_would_change(district: District) -> None:
    office_link(district)
    district.share(TEAM)
    file = write(district.folder, "juvenile-whole")
    (line,), total = replayed(file)
    assert (line["change"], line["before"]["outcome"], line["after"]["outcome"]) == ("stricter", "allow", "redact")
    assert line["after"]["redact"] == line["becomes_hidden"]
    assert line["taken_by"]["switches"] == {}
    assert (total["stricter"], total["unchanged"], total["recorded_answer"]["same"]) == (1, 2, 2)
    out = call("procedure", "replay", "--against", str(file)).out
    assert "Under these rulings 0 would become looser, 1 stricter, 0 otherwise changed" in out


def test_a_replay_decides_each_share_by_the_rulings_of_its_day(district: District) -> None:
    ruled = as_ruled(district, "juvenile-whole")
    ruled.upload(TEAM)
    served(ruled, TEAM)
    lines, total = replayed(write(district.folder, "juvenile-whole"))
    assert (lines, total["unchanged"], total["recorded_answer"]["same"]) == ([], 2, 1)
    (line,), _ = replayed(write(district.folder))
    assert (line["change"], line["recorded_answer"]) == ("looser", "same")
    assert line["taken_by"]["switches"] == {"juvenile-whole": "own-only"}


def test_a_replay_against_rulings_with_a_mistake_decides_nothing(district: District) -> None:
    file = district.folder / "proposal.toml"
    write(district.folder, "juvenile-whole", ruled='"whole"').rename(file)
    ended = call("procedure", "replay", "--against", str(file))
    assert ended.code == 1
    assert "proposal.toml:2:9: juvenile-whole.ruled: is not ruled 'whole'" in ended.err
