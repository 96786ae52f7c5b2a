"""`open`, `links`, `revoke`."""

from __future__ import annotations

import urllib.request

import pytest
from command_line import call
from district import INES, TEAM, District
from use_cases import open_copies

from dam_plugin.errors import StorageError
from dam_plugin.library.s3 import Library
from dam_plugin.model import LinkTerms
from dam_plugin.sharing.share import Answer


@pytest.fixture
def shared(district: District) -> Answer:
    """The team photo, published on the website with one student hidden."""
    district.upload(TEAM)
    return district.share(TEAM)


def test_open_prints_the_url_alone_and_it_answers_the_copy(shared: Answer) -> None:
    ended = call("open", shared.token or "")
    assert ended.code == 0
    with urllib.request.urlopen(ended.out.strip(), timeout=10) as answer:  # noqa: S310 - the URL just given
        assert answer.read(2) == b"\xff\xd8"


def test_open_as_json_says_how_long_the_url_works(shared: Answer) -> None:
    made = call("open", shared.token or "", "--json").object()
    assert (made["outcome"], made["seconds"]) == ("redact", 60)
    assert made["url"].startswith("http")
    assert made["reasons"][0]["clause"] == "EX4-OPTOUT"


def test_a_link_with_a_word_opens_with_it_alone(district: District) -> None:
    district.upload(TEAM)
    made = district.share(TEAM, terms=LinkTerms(word=True))
    assert made.token
    assert made.word
    asked = call("open", made.token)
    assert (asked.code, asked.out) == (3, "It opens only with its word: give it with --word.\n")
    assert call("open", made.token, "--json").object()["needs_word"] is True
    assert call("open", made.token, "--word", "0000-0000-0000").out == "This is the wrong word.\n"
    assert call("open", made.token, "--word", made.word).out.startswith("http")


@pytest.mark.parametrize("token", ["nobody-gave-this-out", "", "\x1b[31m"])
def test_a_link_that_nobody_gave_out_is_denied(district: District, token: str) -> None:
    ended = call("open", token)
    assert ended.code == 3
    assert "ask the person who sent it for a new one" in ended.out
    made = call("open", token, "--json").object()
    assert (made["outcome"], made["url"], made["seconds"]) == ("deny", None, None)


def test_a_link_whose_student_opted_out_is_denied(district: District, shared: Answer) -> None:
    call("student", "opt-out", district.student(INES))
    assert call("open", shared.token or "").code == 3


def test_links_are_listed(shared: Answer) -> None:
    (row,) = call("links", "--json").objects()
    assert shared.link is not None
    assert (row["link"], row["key"], row["to"]) == (shared.link.id, TEAM, "public:public")
    assert (row["outcome"], row["closed_at"], row["closed_why"]) == ("redact", None, None)
    out = call("links").out
    assert shared.link.id in out
    assert "good until" in out


@pytest.mark.parametrize("by", ["link", "key", "student"])
def test_a_link_is_revoked(district: District, shared: Answer, by: str) -> None:
    assert shared.link is not None
    target = {"link": [shared.link.id], "key": [TEAM], "student": ["--student", district.student(INES)]}[by]
    ended = call("revoke", *target)
    assert (ended.code, ended.out.split(".")[0]) == (0, "1 link(s) closed")
    assert call("open", shared.token or "").code == 3
    assert call("links", "--open").out == "Links: none\n"
    assert call("links", "--json").object()["closed_why"] == "revoked"


def test_revoking_twice_closes_nothing_more(shared: Answer) -> None:
    assert len(call("revoke", TEAM, "--json").object()["closed"]) == 1
    assert call("revoke", TEAM, "--json").object()["closed"] == []


def test_a_revocation_tells_who_had_opened_the_link_and_what_is_out_of_reach(shared: Answer) -> None:
    assert shared.link is not None
    for _ in range(2):
        call("open", shared.token or "")
    made = call("revoke", TEAM, "--json").object()
    (opened,) = made["opened"]
    assert (opened["link"], opened["to"], opened["openings"]) == (shared.link.id, "public:public", 2)
    assert opened["first"] <= opened["last"]
    assert made["copies"] == {"held": 1, "waiting": 0, "purging": 0}
    assert "out of reach" in made["out_of_reach"]


def test_a_revocation_as_a_table_names_the_openings(shared: Answer) -> None:
    assert shared.link is not None
    call("open", shared.token or "")
    out = call("revoke", TEAM).out
    assert out.startswith("1 link(s) closed. What was downloaded or printed before is out of reach.\n1 copy is on hold")
    assert "Opened before" in out
    assert shared.link.id in out.split("Opened before")[1]


def test_a_copy_that_cannot_be_put_on_hold_is_told_and_doctor_tells_it_until_it_is(
    district: District, shared: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(Library, "put_tags", refuse)
        ended = call("revoke", TEAM)
        told = "1 copy waits to go on hold: URLs handed out before may still open them"
        assert (ended.code, told in ended.out) == (0, True)
        assert call("open", shared.token or "").code == 3
    closed = {check["check"]: check for check in call("doctor", "--json").objects()}["closed copies"]
    assert (closed["state"], told in closed["detail"], closed["waiting"]) == ("warning", True, 1)
    repaired = call("doctor", "--repair", "--json").objects()
    checks = {check["check"]: check for check in repaired}
    assert (checks["repair"]["held"], checks["closed copies"]["state"]) == (1, "ok")
    assert open_copies(district.services) == []


@pytest.mark.parametrize("command", [("links",), ("tags", TEAM), ("review",)], ids=lambda each: each[0])
def test_whatever_command_comes_next_puts_the_copy_on_hold_that_one_before_left(
    district: District, shared: Answer, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(Library, "put_tags", refuse)
        call("revoke", TEAM)
    assert len(open_copies(district.services)) == 1
    assert call(*command).code == 0
    assert open_copies(district.services) == []


@pytest.mark.parametrize(
    "target", [["events/athletics/tema-photo.jpg"], ["l-0000000000000000"], ["--student", "S-NOBODY"]]
)
def test_a_misspelt_target_is_an_error_and_not_a_success(shared: Answer, target: list[str]) -> None:
    ended = call("revoke", *target)
    assert (ended.code, ended.out) == (1, "")
    assert "dam-plugin " in ended.err
    assert len(call("links", "--open", "--json").objects()) == 1


@pytest.mark.parametrize("target", [[], ["key", "--student", "S-1"]], ids=["neither", "both"])
def test_revoke_takes_one_target(target: list[str]) -> None:
    ended = call("revoke", *target)
    assert ended.code == 2
    assert "one of the two" in ended.err


@pytest.mark.parametrize("whole", [False, True], ids=["a link", "all of a recording"])
def test_the_ledger_says_who_took_a_link_back(shared: Answer, whole: bool) -> None:
    assert shared.link
    by = ("--as", "designee:ms-ortiz")
    assert call("revoke", TEAM if whole else shared.link.id, *by).code == 0
    (entry,) = call("ledger", "show", "--kind", "close", "--as", "custodian:lopez", "--json").objects()
    details = entry["details"]
    assert (details["by"], details["why"]) == ({"role": "designee", "id": "ms-ortiz"}, "revoked")
    assert details["user"]
    assert "designee:ms-ortiz (user" in " ".join(call("ledger", "show", "--kind", "close", "--json").out.split())


def test_without_as_it_is_media_staff_of_this_system(shared: Answer) -> None:
    assert shared.link
    assert call("revoke", shared.link.id).code == 0
    (entry,) = call("ledger", "show", "--kind", "close", "--as", "custodian:lopez", "--json").objects()
    assert entry["details"]["by"]["role"] == "media_staff"
    assert call("revoke", shared.link.id, "--as", "janitor:joe").code == 2
