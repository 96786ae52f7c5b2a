"""Compares two taggings of one recording: the differences, whether they move toward release, and by which rule. Pure.

A change is looser where any field of a case's asset block moves toward release. Who may allow it is in `two_people.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from dam_plugin.model import Appearance, Finding, Tagging, Truth
from dam_tagging.facts import BETWEEN, Closure, Ground, Meaning, Prominence, TaggingState
from dam_tagging.rules.apply import MEANING_STRICTNESS, STRICTNESS

T = TypeVar("T")

# `otherwise`: it differs, and neither is nearer to a release, such as another reason for the same closure.
Direction = Literal["looser", "stricter", "otherwise"]

STATES: Mapping[TaggingState, int] = {"complete": 0, "pending": 1, "failed": 2}
PROMINENCES: Mapping[Prominence, int] = {"incidental": 0, "unknown": 1, "focus": 2}
# The grounds of a complete tagging: of two equal states the one with the weaker ground counts.
_GROUNDS: tuple[Ground | None, ...] = ("looked", "counted", "metadata", None)
RULE = "rule: "
# The tags of the findings that say why a field is as it is.
TOLD_BY: Mapping[str, frozenset[str]] = {
    "state": frozenset({"hold", "meaning", "missing_voice", "tagging"}),
    "directory_status": frozenset({"directory_status"}),
    "official_uses": frozenset({"official_use"}),
    "record_pii": frozenset({"record_pii", "record_information"}),
    "closed": frozenset({"closed"}),
    "confidential": frozenset({"confidential"}),
    "unidentified_people": frozenset({"unidentified_people"}),
    "open_words": frozenset({"open_word"}),
    "meaning": frozenset({"meaning"}),
    "appearances": frozenset({"background", "prominence"}),
    "closures": frozenset({"closure"}),
    "cannot_be_redacted": frozenset({"cannot_be_redacted"}),
    "maintained_by": frozenset({"maintained_by"}),
}


@dataclass(frozen=True, slots=True)
class TagChange:
    """One field that differs: its values as plain data, each before and after, and the rules that say so.

    A field may move both ways at once (one official use for another): it then is `looser`, since somebody must look.
    """

    field: str
    before: Any
    after: Any
    direction: Direction
    rules: tuple[str, ...] = ()


def changes_between(before: Tagging, after: Tagging) -> tuple[TagChange, ...]:
    """Return the differences between two taggings of one version of a recording, field by field."""
    return tuple(
        TagChange(field, was, becomes, _direction(field, before, after), _rules(field, before.findings, after.findings))
        for field, plain in _PLAIN.items()
        if _differs(field, was := plain(before), becomes := plain(after), before, after)
    )


def is_looser(found: Iterable[TagChange]) -> bool:
    """Whether any of the changes moves toward release."""
    return any(each.direction == "looser" for each in found)


def without_looser(before: Tagging, after: Tagging) -> Tagging:
    """Return `after` without its looser parts: each field as strict as the stricter of both.

    If a part was held back, the result keeps the digest of the former rules and the findings that say why.
    """
    kept = {each.field for each in changes_between(before, after) if each.direction == "looser"}
    if not kept:
        return after
    held = replace(strictest(before, after), findings=_with_reasons(before, after, kept))
    return replace(
        held,
        # Where both are as strict, the new text stays.
        closed=after.closed or before.closed,
        confidential=after.confidential or before.confidential,
        meaning=before.meaning if "meaning" in kept else after.meaning,
        rules_digest=before.rules_digest,
    )


def strictest(one: Tagging, other: Tagging) -> Tagging:
    """Return a tagging that is in every field as strict as the stricter of both.

    The order matters only for a meaning that a copy would destroy: then the first one's stays. Two texts for the same
    closure are both kept. Rules, orientation and findings come from `other`, with those findings of `one` that say why
    something stays.
    """
    ahead = max(one, other, key=lambda each: (STATES[each.state], _GROUNDS.index(each.ground)))
    kept = {each.field for each in changes_between(one, other) if each.direction == "looser"}
    most = max(one, other, key=lambda each: (each.unidentified_people, -each.unnamed_faces))
    return replace(
        other,
        state=ahead.state,
        ground=ahead.ground,
        appearances=_stricter_appearances(one.appearances, other.appearances),
        directory_status=max(one.directory_status, other.directory_status, key=STRICTNESS.__getitem__),
        official_uses=_united(one.official_uses, other.official_uses),
        record_pii=_united(one.record_pii, other.record_pii),
        closed=_both_texts(one.closed, other.closed),
        confidential=_both_texts(one.confidential, other.confidential),
        unidentified_people=most.unidentified_people,
        unnamed_faces=most.unnamed_faces,
        open_words=_united(one.open_words, other.open_words),
        crowd=max(one.crowd, other.crowd),
        meaning=_stricter_meaning(one.meaning, other.meaning),
        closures=_united(one.closures, other.closures),
        cannot_be_redacted=one.cannot_be_redacted and other.cannot_be_redacted,
        maintained_by="other" if one.maintained_by == other.maintained_by == "other" else "district",
        findings=_with_reasons(one, other, kept),
    )


def _with_reasons(before: Tagging, after: Tagging, kept: Collection[str]) -> tuple[Finding, ...]:
    """Return the findings after, with those before that say why the fields that are kept are as they are."""
    tags = frozenset[str]().union(*(TOLD_BY[field] for field in kept))
    return (*after.findings, *(each for each in before.findings if each.tag in tags and each not in after.findings))


def _both_texts(one: str | None, other: str | None) -> str | None:
    texts = {part for text in (one, other) if text for part in text.split(BETWEEN)}
    return BETWEEN.join(sorted(texts)) or None


def _stricter_meaning(one: Meaning, other: Meaning) -> Meaning:
    # A recording whose meaning a copy destroys goes whole to each family: neither value is stricter, and the first stays.
    if "destroyed" in (one, other):
        return one
    return max(one, other, key=MEANING_STRICTNESS.__getitem__)


def not_loosened(known: Tagging, fresh: Tagging) -> Tagging:
    """Return a recording's fresh tagging; if its rules are not those of the known one, without the parts that they loosen.

    The looser parts take effect when they are approved.
    """
    return fresh if known.rules_digest == fresh.rules_digest else without_looser(known, fresh)


def decided_fields(tagging: Tagging) -> dict[str, Any]:
    """Return the fields of a tagging that decisions use, as plain data; findings make no difference."""
    return {field: plain(tagging) for field, plain in _PLAIN.items()}


def _appearances(tagging: Tagging) -> dict[str, tuple[Prominence, bool, bool]]:
    return {each.student: (each.prominence, each.identifiable, each.located) for each in tagging.appearances}


def _words(tagging: Tagging) -> dict[str, str]:
    told = {}
    for student, (prominence, identifiable, located) in sorted(_appearances(tagging).items()):
        more = (prominence, "" if identifiable else "not identifiable", "located" if located else "")
        told[student] = ", ".join(filter(None, more))
    return told


def _uses(tagging: Tagging) -> list[str]:
    return sorted(
        ": ".join(filter(None, (use.purpose, ", ".join(sorted(use.students))))) for use in tagging.official_uses
    )


_PLAIN: Mapping[str, Callable[[Tagging], Any]] = {
    "state": lambda tagging: tagging.state,
    "directory_status": lambda tagging: tagging.directory_status,
    "official_uses": _uses,
    "record_pii": lambda tagging: sorted(tagging.record_pii),
    "closed": lambda tagging: tagging.closed,
    "confidential": lambda tagging: tagging.confidential,
    "unidentified_people": lambda tagging: tagging.unidentified_people,
    # The words themselves may be names, and are shown to who looks alone.
    "open_words": lambda tagging: sorted(", ".join(sorted(each.students)) or "?" for each in tagging.open_words),
    "meaning": lambda tagging: tagging.meaning,
    "appearances": _words,
    "closures": lambda tagging: sorted(map(_closure, tagging.closures)),
    "cannot_be_redacted": lambda tagging: tagging.cannot_be_redacted,
    "maintained_by": lambda tagging: tagging.maintained_by,
}


def _closure(closure: Closure) -> str:
    return f"{closure.kind}: {closure.why}{f' (until {closure.until})' if closure.until else ''}"


def _differs(field: str, was: object, becomes: object, before: Tagging, after: Tagging) -> bool:
    return was != becomes or (field == "open_words" and {*before.open_words} != {*after.open_words})


def _direction(field: str, before: Tagging, after: Tagging) -> Direction:
    signs = set(_signs(field, before, after))
    if -1 in signs:
        return "looser"
    return "stricter" if 1 in signs else "otherwise"


def _signs(field: str, before: Tagging, after: Tagging) -> Iterator[int]:
    """Yield -1 for each way in which a field that differs moves toward release, 1 for each in which it moves away."""
    match field:
        case "state":
            yield _sign(STATES[before.state], STATES[after.state])
        case "directory_status":
            yield _sign(STRICTNESS[before.directory_status], STRICTNESS[after.directory_status])
        case "unidentified_people":
            yield _sign(before.unidentified_people, after.unidentified_people)
        case "official_uses" | "record_pii" | "open_words" | "closures":
            yield from _set_signs(getattr(before, field), getattr(after, field))
        case "closed" | "confidential":
            yield _sign(bool(getattr(before, field)), bool(getattr(after, field)))
        case "meaning":
            yield _meaning_sign(before.meaning, after.meaning)
        case "cannot_be_redacted":
            # What cannot be redacted goes whole to each family.
            yield _sign(after.cannot_be_redacted, before.cannot_be_redacted)
        case "maintained_by":
            yield _sign(before.maintained_by == "district", after.maintained_by == "district")
        case _:
            yield from _appearance_signs(before, after)


def _sign(before: int, after: int) -> int:
    return (after > before) - (after < before)


def _set_signs(before: Collection[T], after: Collection[T]) -> Iterator[int]:
    if any(each not in after for each in before):
        yield -1
    if any(each not in before for each in after):
        yield 1


def _meaning_sign(before: Meaning, after: Meaning) -> int:
    # A recording whose meaning a copy destroys goes whole to each family: neither way is the strict one.
    return -1 if "destroyed" in (before, after) else _sign(MEANING_STRICTNESS[before], MEANING_STRICTNESS[after])


def _appearance_signs(before: Tagging, after: Tagging) -> Iterator[int]:
    was, becomes = _appearances(before), _appearances(after)
    yield from _set_signs(was, becomes)
    for student in was.keys() & becomes.keys():
        (prominence, identifiable, located), (now_prominence, now_identifiable, now_located) = (
            was[student],
            becomes[student],
        )
        yield _sign(PROMINENCES[prominence], PROMINENCES[now_prominence])
        yield _sign(identifiable, now_identifiable)
        # A copy cannot hide a student without a place: a place found lets a copy be made.
        yield _sign(now_located, located)


def _stricter_appearances(before: Iterable[Appearance], after: Iterable[Appearance]) -> tuple[Appearance, ...]:
    merged = {each.student: each for each in before}
    for each in after:
        known = merged.get(each.student, each)
        placed = each if known.located else known
        merged[each.student] = replace(
            each,
            prominence=max(known.prominence, each.prominence, key=PROMINENCES.__getitem__),
            identifiable=known.identifiable or each.identifiable,
            regions=placed.regions,
            intervals=placed.intervals,
            keyframes=placed.keyframes,
            heard=placed.heard,
        )
    return tuple(merged.values())


def _united(before: Iterable[T], after: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*before, *after)))


def _rules(field: str, before: Iterable[Finding], after: Iterable[Finding]) -> tuple[str, ...]:
    """Return the rules that say something about a field only before or only after; a dropped rule is included."""
    was, becomes = _said(field, before), _said(field, after)
    return tuple(sorted({rule for rule, _ in was ^ becomes}))


def _said(field: str, findings: Iterable[Finding]) -> set[tuple[str, str]]:
    return {
        (each.source.removeprefix(RULE), each.value)
        for each in findings
        if each.tag in TOLD_BY[field] and each.truth is Truth.YES and each.source.startswith(RULE)
    }
