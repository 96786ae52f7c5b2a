"""What somebody writes with a share: within lengths, and without characters that deceive."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from district import HALLWAY, MEDIA_STAFF, PUBLIC, TEAM, District
from use_cases import entries

from dam_plugin.errors import InputError
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Actor, Recipient, Share
from dam_plugin.sharing.check_request import (
    MOST_CHARACTERS,
    MOST_EVIDENCE_CHARACTERS,
    MOST_NAMES,
    MOST_THREAT_CHARACTERS,
    check_words,
)

PLAIN = Share("", TEAM, "publication", "website", MEDIA_STAFF, PUBLIC)


def within(text: str) -> list[dict[str, Any]]:
    """The changes that put a text into each place of a share."""
    return [
        {"purpose": text},
        {"recipient": Recipient("other", text)},
        {"actor": Actor("media_staff", text)},
        {"names": (text,)},
    ]


@pytest.mark.parametrize(
    "changes", within("a" * MOST_CHARACTERS) + within("\u00dcbung f\u00fcr \u6f22\u5b57 \U0001f3b5")
)
def test_what_fits_stays_as_it_is(changes: dict[str, Any]) -> None:
    asked = replace(PLAIN, **changes)
    assert check_words(asked) == asked


@pytest.mark.parametrize("changes", within("a" * (MOST_CHARACTERS + 1)))
def test_what_is_too_long_is_refused_and_not_repeated(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="at most 200 characters") as refused:
        check_words(replace(PLAIN, **changes))
    assert "aaa" not in str(refused.value)


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\n", "\x1b", "\U000e0041"])
def test_what_cannot_be_seen_or_turns_the_line_is_refused(sign: str) -> None:
    for changes in within(f"web{sign}site"):
        with pytest.raises(InputError, match="invisible"):
            check_words(replace(PLAIN, **changes))


def test_names_and_evidence_have_limits() -> None:
    with pytest.raises(InputError, match="by name"):
        check_words(replace(PLAIN, names=("s-1",) * (MOST_NAMES + 1)))
    with pytest.raises(InputError, match="the evidence must have at most"):
        check_words(replace(PLAIN, evidence={"order": {"kind": "a" * MOST_EVIDENCE_CHARACTERS}}))


def test_an_emergency_never_fails_on_a_long_threat(district: District) -> None:
    district.upload(HALLWAY)
    evidence = {"emergency": {"threat": "a fire " * 100_000, "recipient_needs_it": True}}
    hospital = Recipient("emergency", "hospital")
    answer = district.ask(HALLWAY, hospital, "emergency", evidence=evidence)
    assert answer.token
    assert len(answer.share.evidence["emergency"]["threat"]) <= MOST_THREAT_CHARACTERS + 2
    assert evidence["emergency"]["threat"] == "a fire " * 100_000
    assert open_link(district.services, answer.token).url


def test_nothing_of_a_share_that_is_refused_is_kept(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(InputError):
        district.share(TEAM, purpose="a" * 100_000)
    assert entries(district.services, "share") == []
