"""`outside_reasons(decision)`: the reasons of a decision as people outside of the district are told them. Pure.

Letters, exemption logs, the pages of links and `--outside` all speak by this. The sentences are in the clauses' rows; here
is only which of them are told, and by which provision. Nothing of a reason's own text is passed on, but the subdivision of
RSMo 610.021 by which a record is closed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import LOOKS_FIRST, RIGHTS_OF_WARD, is_beside_own, is_of_known, outside_of
from dam_plugin.procedure.exceptions import FAMILY, TRANSFERRED
from dam_plugin.procedure.order_day import WAITS_FOR_COURT, WAITS_FOR_DAY, day_waited_for, is_stayed
from dam_plugin.procedure.outside_words import (
    AFTER_DEATH_OF_GROWN,
    BESIDE_OWN,
    LOOKED_AT,
    MAY_BE_GIVEN,
    NO_CONSENT,
    Language,
    Outside,
    day_in_words,
)

# Who asked for somebody by name hears nothing else, but what is about the asker's own rights.
_BY_NAME = ("REDACT-NAMED", "NAMED-IN-CROWD")
# What a school official and the Children's Division lack, who may know that there is a record. A stranger hears of no paper:
# that one is wanting is said of a recording alone, so it would tell that there is one (34 CFR 99.3, "personally
# identifiable information", (g)).
_OWN_PAPERS = ("EX1-EVIDENCE", "EX8-EVIDENCE")
_OWN_DAY = "RIGHTS-PARENTS"
_OF_WHO_ASKS = frozenset((_OWN_DAY, RIGHTS_OF_WARD, "RIGHTS-TRANSFERRED", "EX2-RELATION", *_OWN_PAPERS))
# What speaks of an order, and is not told where nobody may know of it (34 CFR 99.32(d)(5)).
_OF_AN_ORDER = ("EX7-EVIDENCE", "EX7-NOTICE")
# To whom directory information may go: to strangers. It says nothing of what a family may see of its own.
_OF_STRANGERS = ("EX4-NOTICE", "EX4-WINDOW", "EX4-DEFINITION", "EX4-LIMITED", "EX4-DISCIPLINE", "EX4-NOT-DIRECTORY")
_OTHERS_SHOWN = "REDACT"
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_SUBDIVISION = re.compile(r"(?:RSMo\s*)?610\.021\s*\.?\s*(\(\d{1,2}\))")


@dataclass(frozen=True, slots=True)
class OutsideReason:
    """One reason for the outside: a sentence without a name, a pseudonym or a number, and the provision of law."""

    text: str
    provision: str


def outside_reasons(
    decision: Decision,
    *,
    named: bool = False,
    secret_order: bool = False,
    family: bool = False,
    own_day: bool = False,
    language: Language = "en",
) -> tuple[OutsideReason, ...]:
    """Return the reasons of a decision for the outside, in their order, each once.

    `named`: somebody who may not know it asked for a student by name; then nothing else is told of a denial.
    `secret_order`: an order is on file of which nobody may be told; then nothing that is told speaks of one.
    `family`: a parent or a student asks; then the rules on directory information are no reason that is told.
    `own_day`: who reads asked themselves, so that a student reads the day on which they turn 18.
    """
    said = ((each.clause, each.text) for each in decision.reasons)
    only = named and decision.outcome is Outcome.DENY
    return tell_outside(said, named=only, secret_order=secret_order, family=family, own_day=own_day, language=language)


def outside_of_case(case: Case, decision: Decision, language: Language = "en") -> tuple[OutsideReason, ...]:
    """Return the reasons of the decision on a case for the outside."""
    share, evidence = case.share, case.share.evidence
    named = asks_by_name(share.names, share.recipient.role)
    order = evidence.order if evidence and share.kind == "request" else None
    secret = order is not None and not order.notice_required
    return outside_reasons(
        decision, named=named, secret_order=secret, family=is_family(share.recipient.role), language=language
    )


def outside_object(case: Case, decision: Decision) -> dict[str, Any]:
    """Return a decision as the plain object for the outside: the outcome and the reasons, and nothing of a student."""
    return {
        "id": case.id,
        "outcome": decision.outcome.word,
        "outside": [asdict(each) for each in outside_of_case(case, decision)],
    }


def asks_by_name(names: Collection[str], role: str) -> bool:
    """Whether somebody asks for a student by name who has no right to know whether there are records of that student."""
    return bool(names) and not is_family(role)


def is_family(role: str) -> bool:
    """Whether a recipient of this role asks for a record of their own."""
    return role in FAMILY


def tell_outside(
    reasons: Iterable[tuple[str, str]],
    *,
    named: bool = False,
    secret_order: bool = False,
    family: bool = False,
    withheld_only: bool = False,
    own_day: bool = False,
    language: Language = "en",
) -> tuple[OutsideReason, ...]:
    """Return reasons, given as clause and text, for the outside; see `outside_reasons`.

    `withheld_only` leaves out what lets something through or waits for a person.
    """
    reasons = list(reasons)
    reasons = [each for each in reasons if each[0] in LOOKS_FIRST or is_of_known(*each)] or reasons
    if family:
        reasons = ((_OTHERS_SHOWN, "") if clause in _OF_STRANGERS else (clause, text) for clause, text in reasons)
    told = [(clause, text, _words_of(clause, text)) for clause, text in reasons]
    if withheld_only:
        told = [each for each in told if each[2].withholds]
    if secret_order:
        told = list(_without_order(told))
    if told and (named or any(clause in _BY_NAME and words is not BESIDE_OWN for clause, _, words in told)):
        of_who_asks = (each for each in told if each[0] in _OF_WHO_ASKS)
        told = [(_BY_NAME[0], "", outside_of(_BY_NAME[0])), *of_who_asks]
    said = (
        OutsideReason(
            _with_day(words.in_(language), text, language)
            if (own_day and clause == _OWN_DAY) or words is WAITS_FOR_DAY
            else words.in_(language),
            _provision(clause, text, words),
        )
        for clause, text, words in told
    )
    provisions: dict[str, list[str]] = {}
    for each in said:
        provisions.setdefault(each.text, []).append(each.provision)
    return tuple(OutsideReason(text, joined_provisions(theirs)) for text, theirs in provisions.items())


def joined_provisions(provisions: Iterable[str]) -> str:
    """Return the provisions behind one and the same sentence, each once, those of RSMo last."""
    parts = dict.fromkeys(part.strip() for each in provisions for part in each.split(";"))
    return "; ".join(sorted(parts, key=lambda part: part.startswith("RSMo")))


def each_once(provisions: Iterable[str]) -> tuple[str, ...]:
    """Return the provisions that several texts cite, each by itself and once, those of RSMo last."""
    return tuple(filter(None, joined_provisions(provisions).split("; ")))


def cited_in_words(citations: Sequence[OutsideReason]) -> str:
    """Return reasons as one text, each with its provisions; those that all of them share stand once, at the end."""
    of = [each_once([each.provision]) for each in citations]
    shared = [each for each in of[0] if len(of) > 1 and all(each in theirs for theirs in of)] if of else []
    said = []
    for each, theirs in zip(citations, of, strict=True):
        own = "; ".join(one for one in theirs if one not in shared)
        said.append(f"{each.text} ({own})" if own else each.text)
    return " ".join((*said, f"All of it: {'; '.join(shared)}.")) if shared else " ".join(said)


def _words_of(clause: str, text: str) -> Outside:
    """Return the words of a clause for the outside, as its reason's own text has them mean."""
    if day_waited_for(clause, text):
        return WAITS_FOR_DAY
    if is_stayed(clause, text):
        return WAITS_FOR_COURT
    if is_of_known(clause, text):
        return LOOKED_AT
    if is_beside_own(clause, text):
        return BESIDE_OWN
    if clause == TRANSFERRED.clause.id and text.endswith(TRANSFERRED.clause.otherwise.partition("{students}")[2]):
        return AFTER_DEATH_OF_GROWN
    return outside_of(clause)


def _without_order(told: list[tuple[str, str, Outside]]) -> Iterator[tuple[str, str, Outside]]:
    """Yield what speaks of no order. Where nothing is left, it is told as a missing consent is."""
    others = any(clause not in _OF_AN_ORDER for clause, _, _ in told)
    for clause, text, words in told:
        if clause == "EX7":
            yield clause, "", MAY_BE_GIVEN
        elif clause not in _OF_AN_ORDER:
            yield clause, text, words
        elif not others:
            yield clause, "", NO_CONSENT


def _with_day(told: str, text: str, language: Language) -> str:
    """Return a sentence with the day that a reason's own text names."""
    found = _DAY.search(text)
    return f"{told[:-1]} ({day_in_words(date.fromisoformat(found[0]), language)})." if found else told


def _provision(clause: str, text: str, words: Outside) -> str:
    """Return the provision behind a reason; of a closed record it is the subdivision that the reason's text names."""
    if clause == "CLOSED" and (found := _SUBDIVISION.search(text)):
        return f"RSMo 610.021{found[1]}"
    return words.provision
