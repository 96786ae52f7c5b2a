"""The record of a student who was tagged by mistake, and untagged before anything went out: nothing was given out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import call
from court_orders import AS
from district import CALEB, CALEB_FATHER, HANNAH, OWEN, PORTRAIT, UNTITLED, District
from use_cases import ledger_holds

from dam_plugin.ledger.student import AFTERWARDS, NOT_IN_IT

PLACE = "@0.3,0.2,0.2,0.3"
FAMILY = ("--to", "parent", "--purpose", "inspection")
PRESS = ("--to", "public:kspr", "--purpose", "news")


def tagged(key: str, student: str) -> None:
    words = ("--person", f"{student}{PLACE}", "--only", "--unidentified", "0", "--prominence", "focus")
    made = call("tag", key, *words, "--directory", "eligible", *AS)
    assert made.code == 0, made.text


def given(district: District, key: str, to: tuple[str, ...]) -> None:
    """Give the recording to Caleb's father, or to the press."""
    who = f"parent:{district.guardian(CALEB_FATHER)}" if to == FAMILY else to[1]
    made = call("share", key, "--to", who, *to[2:], *AS, "--json").object()
    assert made["outcome"] == "allow", made
    assert call("open", made["token"]).code == 0


def record(student: str, *more: str) -> list[Any]:
    return call("ledger", "student", student, *more, *AS, "--json").objects()


def shown(student: str) -> set[str]:
    """Return the remarks on what a student's record says was asked for or opened."""
    return {each["remark"] for each in record(student) if each["what"] in ("asked", "opened")}


def page(student: str) -> str:
    made = call("ledger", "student", student, "--required", "--page", "page.html", "--without-pictures", *AS)
    assert made.code == 0, made.text
    return Path("page.html").read_text("utf-8")


@pytest.mark.parametrize("to", [FAMILY, PRESS], ids=["another family", "the press"])
@pytest.mark.parametrize("key", [UNTITLED, PORTRAIT], ids=["a person's tag", "the file's own name"])
def test_who_was_untagged_before_the_share_has_no_line_of_it(district: District, key: str, to: tuple[str, ...]) -> None:
    district.upload(key)
    hannah, caleb = district.student(HANNAH), district.student(CALEB)
    if key == UNTITLED:
        tagged(key, hannah)
    else:
        # Staff pass on a request: that is on the record of who is in it by then.
        call("share", key, *PRESS, "--as", "media_staff:desk-2")
    before = len(record(hannah))
    tagged(key, caleb)
    given(district, key, to)
    assert len(record(hannah)) == before
    assert "found only afterwards" not in page(hannah)
    assert [(each["what"], each["remark"]) for each in record(caleb)[-2:]] == [("asked", None), ("opened", None)]
    assert ledger_holds(district.services)


@pytest.mark.parametrize("to", [FAMILY, PRESS], ids=["another family", "the press"])
def test_whom_a_later_look_finds_again_was_found_only_afterwards(district: District, to: tuple[str, ...]) -> None:
    district.upload(UNTITLED)
    hannah, caleb = district.student(HANNAH), district.student(CALEB)
    tagged(UNTITLED, hannah)
    tagged(UNTITLED, caleb)
    given(district, UNTITLED, to)
    tagged(UNTITLED, hannah)
    assert shown(hannah) == {AFTERWARDS}
    tagged(UNTITLED, caleb)
    assert shown(hannah) == {f"{AFTERWARDS}; {NOT_IN_IT}"}


def test_only_what_went_out_after_the_correction_is_left_out(district: District) -> None:
    district.upload(UNTITLED)
    owen, caleb = district.student(OWEN), district.student(CALEB)
    tagged(UNTITLED, owen)
    given(district, UNTITLED, PRESS)
    tagged(UNTITLED, caleb)
    given(district, UNTITLED, FAMILY)
    assert shown(owen) == {NOT_IN_IT}
    assert {each["who"] for each in record(owen)} == {"public:kspr"}
