"""`report`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY
from command_line import call
from district import HANNAH, INES_MOTHER, PORTRAIT, TEAM, UNTITLED, District

from dam_plugin.model import Recipient


def test_an_empty_store_says_so(district: District) -> None:
    assert call("report").out == "nothing was shared yet\n"
    assert call("report", "--since", "2026-01-01", "--until", "2026-01-31").out == "nothing was shared in these days\n"
    assert call("report", "--json").object()["shares"] == 0


def test_what_was_shared_is_counted(district: District) -> None:
    for key in (TEAM, PORTRAIT, UNTITLED):
        district.upload(key)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    token = district.ask(TEAM, mother).token or ""
    district.share(PORTRAIT)
    district.share(UNTITLED)
    call("open", token)
    call("revoke", TEAM)
    made = call("report", "--json").object()
    assert (made["shares"], made["at_once"]) == (3, 2)
    assert {each["outcome"]: each["count"] for each in made["decided"]} == {"redact": 1, "refer": 1, "deny": 1}
    assert made["links"] == {"opened": 1, "refused": 0, "closed": 1}
    assert [each["kind"] for each in made["waited"]] == ["publication"]
    (waiting,) = [each for each in made["causes"] if each["waiting"]]
    assert waiting["clause"] == "HOLD-UNTAGGED"


def test_each_link_is_counted_also_where_several_are_closed_at_once(district: District) -> None:
    district.upload(TEAM)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    tokens = [district.ask(TEAM, mother).token or "" for _ in range(3)]
    for each in tokens[:2]:
        call("open", each)
    assert call("revoke", TEAM).code == 0
    assert call("report", "--json").object()["links"] == {"opened": 2, "refused": 0, "closed": 3}
    (closing,) = call("ledger", "show", "--kind", "close", "--json").objects()
    assert (
        call("ledger", "forget", "--entry", str(closing["seq"]), "--why", "old", "--as", "custodian:office").code == 0
    )
    # How many links it closed is no longer known.
    assert call("report", "--json").object()["links"] == {"opened": 2, "refused": 0, "closed": 1}
    assert call("report", "--since", str(TODAY), "--json").object()["links"]["opened"] == 2
    assert call("report", "--since", str(TODAY + timedelta(days=1)), "--json").object()["links"]["opened"] == 0


def test_the_report_says_what_to_mend_and_names_nobody(district: District) -> None:
    district.upload(PORTRAIT)
    district.upload(UNTITLED)
    district.share(PORTRAIT)
    district.share(UNTITLED)
    out = call("report").out
    assert "1 waited and 0 were refused, 1 still wait" in out
    assert "Look at the recording and tag who is in it." in out
    for each in (district.student(HANNAH), PORTRAIT, UNTITLED, "public:public"):
        assert each not in out


def test_only_the_days_asked_for_count(district: District) -> None:
    district.upload(PORTRAIT)
    district.share(PORTRAIT)
    tomorrow, yesterday = str(TODAY + timedelta(days=1)), str(TODAY - timedelta(days=1))
    assert call("report", "--since", str(TODAY), "--until", str(TODAY), "--json").object()["shares"] == 1
    assert call("report", "--since", tomorrow, "--json").object()["shares"] == 0
    assert call("report", "--until", yesterday, "--json").object()["shares"] == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--since", "yesterday"), 2),
        (("--since", "2026-02-01", "--until", "2026-01-01"), 1),
        (("--until", "9999-12-31"), 1),
    ],
    ids=["no day", "backwards", "out of the calendar"],
)
def test_days_that_make_no_sense_are_refused(district: District, options: tuple[str, ...], code: int) -> None:
    assert call("report", *options).code == code
