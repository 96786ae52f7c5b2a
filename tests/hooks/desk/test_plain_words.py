"""No sentence on a page names a command of a terminal, an option of one, or an id."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("django")

from dam_plugin.custodian import case_notes, work
from dam_plugin.custodian.missing import GIVEN_OUT
from dam_plugin.procedure import clauses, protection
from dam_plugin.sharing import finding_kinds, in_person


def ours() -> Iterator[str]:
    """Sentences of the core that may stand on a page of the queue."""
    for each in (*clauses.CLAUSES.values(), *clauses.VOICES.values()):
        yield from filter(None, (each.sentence, each.otherwise, each.as_ruled, each.remedy))
    for missing in GIVEN_OUT.values():
        yield from (missing.text, missing.remedy)
    for module in (case_notes, clauses, finding_kinds, in_person, protection, work):
        yield from (
            each for name, each in vars(module).items() if isinstance(each, str) and " " in each and name != "__doc__"
        )


@pytest.mark.parametrize("text", sorted({each for each in ours() if "dam-plugin" in each or "--" in each}))
def test_every_sentence_of_ours_is_told_without_a_command(pages: object, text: str) -> None:
    from dam_hooks.desk.plain_words import sentence

    told = sentence(text)
    assert not re.search(r"dam-plugin|`|(?<!\w)--[a-z]", told), told
    assert told[-1] in ".?!)”"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("say why it is closed: --why", "Say why it is closed."),
        (
            "this referral is closed already, see `dam-plugin queue show rf-1f9c0a2b3c4d`: who still wants it asks again",
            "This referral is closed already, see the request's page in the queue: who still wants it asks again.",
        ),
        (
            "leave it, or close it: `dam-plugin queue close rf-1f9c0a2b3c4d --why TEXT`",
            "Leave it, or close it: see “Close it” on the request's page.",
        ),
        ("answered: allow (sh-0123456789ab) by hand: on paper", "Answered: allow by hand: on paper."),
        ("state `parent_verified` first", "State “I verified who asks” first."),
        (
            "where it is somebody else, add --no-place",
            "Where it is somebody else, add “I looked and listened to all of it",
        ),
        ("--unknown TEXT belongs to others: leave it out", "The field for it belongs to others: leave it out."),
        ("leave `--unknown` out, and say why", "Leave the field for it out, and say why."),
        ("the student was born on 2010-05-06 -- not before", "The student was born on May 6, 2010 -- not before."),
        ("", ""),
    ],
)
def test_what_to_press_stands_in_the_place_of_a_command(pages: object, text: str, told: str) -> None:
    from dam_hooks.desk.plain_words import sentence

    assert sentence(text).startswith(told)
