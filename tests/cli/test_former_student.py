"""A former student whom no roster has: put on file, tagged, asks for the recording, and has it on record."""

from __future__ import annotations

import pytest
from command_line import Called, call
from district import HALLWAY, HANNAH, UNTITLED, District
from use_cases import entries_about, kept, ledger_holds, looked

AS = ("--as", "custodian:records-office")
JANE = ("--number", "90004", "--given", "Jane", "--family", "Rowantree", "--born", "1987-01-02")
SEEN = ("--seen", "her transcript of 2005")


def add(*more: str, who: tuple[str, ...] = JANE) -> Called:
    return call("student", "add", *who, *SEEN, *more)


@pytest.fixture
def jane(district: District) -> str:
    done = add(*AS, "--json")
    assert done.code == 0, done.text
    return str(done.object()["id"])


def test_she_has_what_shows_her_and_it_is_on_record(district: District, jane: str) -> None:
    district.upload(UNTITLED)
    shown = call("student", "show", jane, *AS, "--json").object()
    assert (shown["names"], shown["active"]) == (["Jane Rowantree"], False)
    assert call("tag", UNTITLED, "--person", jane, "--unidentified", "0", *AS).code == 0
    asked = call(
        "share", UNTITLED, "--to", f"eligible_student:{jane}", "--purpose", "inspection", *AS, "--json"
    ).object()
    assert asked["outcome"] == "allow", asked
    assert call("open", asked["token"]).code == 0
    lines = call("ledger", "student", jane, *AS, "--json").objects()
    assert {each["what"] for each in lines} >= {"asked", "opened"}
    assert "former-student" in entries_about(district.services, jane)
    assert ledger_holds(district.services)


def test_what_was_given_out_can_be_put_on_her_record(district: District, jane: str) -> None:
    district.upload(HALLWAY)
    looked(district, HALLWAY, unidentified=1)
    assert call("tag", HALLWAY, "--person", jane, *AS).code == 0
    assert jane in kept(district.services, HALLWAY).tagging.students
    asked = call(
        "share", HALLWAY, "--to", "public:attorney-roe", "--purpose", "news", "--as", "media_staff:desk", "--json"
    )
    given = ("--basis", "MISTAKE", "--students", jane, "--how", "a disc, asked back", "--why", "mailed by mistake")
    referral = asked.object()["referrals"][0]["id"]
    closed = call("queue", "close", referral, "--disclosed-to", "public:attorney-roe", *given, *AS)
    assert closed.code == 0, closed.text
    lines = call("ledger", "student", jane, "--required", "--json", *AS).objects()
    assert [(each["what"], each["who"]) for each in lines if each["what"] == "handed over"] == [
        ("handed over", "public:attorney-roe")
    ]


def test_nothing_of_her_is_kept_where_she_is_refused(district: District) -> None:
    names = call("student", "show", district.student(HANNAH), *AS, "--json").object()["names"][0].split()
    before = call("ledger", "show", *AS, "--json").objects()
    assert add(*AS, who=("--number", "90005", "--given", names[0], "--family", names[-1])).code == 1
    assert call("ledger", "show", *AS, "--json").objects() == before
    assert call("student", "find", "90005", *AS, "--json").objects() == []


def test_the_next_roster_leaves_her_on_file(district: District, jane: str) -> None:
    folder = district.folder / "roster"
    assert call("roster", "import", str(folder), *AS).code == 0
    shown = call("student", "show", jane, *AS, "--json").object()
    assert (shown["names"], shown["active"]) == (["Jane Rowantree"], False)


def test_an_opt_out_of_then_holds(district: District, jane: str) -> None:
    assert call("student", "opt-out", jane, *AS).code == 0
    district.upload(UNTITLED)
    call("tag", UNTITLED, "--person", jane, "--unidentified", "0", "--directory", "eligible", *AS)
    told = call(
        "share", UNTITLED, "--to", "public", "--kind", "publication", "--purpose", "website", *AS, "--json"
    ).object()
    assert told["outcome"] == "deny"


def test_nobody_is_put_on_file_under_a_second_number_unasked(district: District) -> None:
    names = call("student", "show", district.student(HANNAH), *AS, "--json").object()["names"][0].split()
    again = ("--number", "90005", "--given", names[0], "--family", names[-1])
    refused = add(*AS, who=again)
    assert (refused.code, "may be the same" in refused.err) == (1, True)
    assert add(*AS, "--another", who=again).code == 0


@pytest.mark.parametrize(
    ("who", "more", "sentence"),
    [
        (("--number", HANNAH, "--given", "Jane", "--family", "Roe"), AS, "under this number already"),
        (JANE, ("--as", "media_staff:desk"), "only the records custodian"),
        ((*JANE[:3], " ", *JANE[4:]), AS, "give the number"),
        ((*JANE[:7], "2999-01-01"), AS, "lies ahead"),
    ],
)
def test_what_cannot_be_is_refused(
    district: District, who: tuple[str, ...], more: tuple[str, ...], sentence: str
) -> None:
    refused = add(*more, who=who)
    assert (refused.code, sentence in refused.err) == (1, True), refused.text


def test_who_is_on_no_roster_is_told_of_it(district: District) -> None:
    assert "dam-plugin student add" in call("student", "show", "S-AAAAAAAAAAAA", *AS).err
