"""`open`, `links`, `revoke`."""

from __future__ import annotations

import urllib.request

import pytest
from command_line import call
from district import INES, TEAM, District

from dam_plugin.sharing import Answer


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
    assert call("revoke", TEAM, "--json").object() == {"closed": 1}
    assert call("revoke", TEAM, "--json").object() == {"closed": 0}


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
