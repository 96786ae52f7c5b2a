"""Applies people's looks to the tagging of a recording. Pure.

A look beats metadata. It takes back no official use, but for one that two people say was entered by mistake. A closure ends by
a custodian's finding that another person has approved. On a recording that is kept for discipline or about a person's health,
a custodian's finding of its meaning, or that it cannot be redacted, holds once another person has approved it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dam_plugin.model import (
    CUSTODIANS,
    Appearance,
    Closure,
    Finding,
    Interval,
    Keyframe,
    Look,
    MaintainedBy,
    OfficialUse,
    Tagging,
    Truth,
    still_said,
)
from dam_plugin.sharing.gather_case import needs_two
from dam_tagging.facts import BETWEEN, DirectoryStatus, OpenWord, TaggingState

# The finding that a third party failed while a recording was tagged.
LACKING = "missing_voice"


def with_looks(machine: Tagging, looks: Sequence[Look]) -> Tagging:
    """Return the tagging by file and rules with these looks applied, oldest first, but for those that were taken back."""
    tagging, looks = machine, still_said(looks)
    for look in looks:
        tagging = _with_look(tagging, look)
    # In a second pass, once the official uses of all looks are known.
    for look in looks:
        tagging = _with_means(_with_meaning(tagging, look), look)
    return tagging


def says_who(look: Look, known: Sequence[Appearance] = ()) -> bool:
    """Whether a look says who is in the recording, besides the students who are `known`.

    "No one is left to name" says so only if a student is named. For a recording without a name, the look has to say
    `nobody`.
    """
    if look.unidentified == 0 and not look.nobody:
        return bool(look.persons or known)
    return bool(look.persons) or look.nobody or look.unidentified is not None


def _may_complete(tagging: Tagging, look: Look) -> bool:
    # RULING hold-of-a-rule: a hold by a rule or a plugin's failure is the custodian's to let go, not any viewer's.
    held = any(each.tag == LACKING or (each.tag == "hold" and each.truth is Truth.YES) for each in tagging.findings)
    return look.by.role in CUSTODIANS or not held


def lasting_part(look: Look) -> Look | None:
    """Return the part of a look that outlives a replaced original: its official uses and restrictions; None without one.

    Who is in a picture is asked again of the new one; its uses stick ("official uses stick"), and so does that one was entered
    by mistake.
    """
    status: DirectoryStatus | None = "not_eligible" if look.directory_status == "not_eligible" else None
    mistaken = look.mistaken_uses if look.approved else ()
    if not (look.official_uses or look.closed or look.confidential or look.closures or status or mistaken):
        return None
    return Look(
        at=look.at,
        by=look.by,
        directory_status=status,
        official_uses=look.official_uses,
        closed=look.closed,
        confidential=look.confidential,
        closures=look.closures,
        approved=bool(mistaken),
        mistaken_uses=mistaken,
        why=look.why if mistaken else None,
    )


def _disputed(tagging: Tagging, look: Look) -> Tagging:
    """Return the tagging as nobody is sure of it: one of two people says that its people are others."""
    state: TaggingState = "pending" if tagging.state == "complete" else tagging.state
    found = Finding("people", "disputed", look.why or "somebody says that others are in it", _source(look))
    return replace(tagging, state=state, ground=None, findings=(*tagging.findings, found))


def _with_look(tagging: Tagging, look: Look) -> Tagging:
    if look.waits:
        return _disputed(tagging, look)
    appearances = tagging.appearances
    if look.nobody:
        # Where those are who are in it after all stays known.
        seen = {each.student for each in look.persons}
        appearances = tuple(each for each in appearances if each.student in seen)
    completes = says_who(look, appearances) and _may_complete(tagging, look)
    unidentified, faces = _left_to_name(tagging, look)
    tagging = _reopened(tagging, look)
    return replace(
        tagging,
        state="complete" if completes else tagging.state,
        ground="looked" if completes else tagging.ground,
        appearances=_merged(appearances, look.persons, anew=look.times_anew),
        unidentified_people=unidentified,
        unnamed_faces=faces,
        open_words=_open_after(tagging, look),
        directory_status=look.directory_status or tagging.directory_status,
        official_uses=_united(_without_mistaken(tagging.official_uses, look), look.official_uses),
        closed=look.closed or tagging.closed,
        confidential=look.confidential or tagging.confidential,
        closures=tuple(dict.fromkeys((*tagging.closures, *look.closures))),
        maintained_by=_maintained_by(tagging, look),
        findings=(*tagging.findings, *_findings(look)),
    )


def _reopened(tagging: Tagging, look: Look) -> Tagging:
    """Return the tagging without the closures that two people ended; what closes it for another reason stays."""
    if not look.reopened or not look.approved or look.by.role not in CUSTODIANS:
        return tagging
    ended = {(each.kind, each.why) for each in look.reopened}
    closed, confidential = (
        BETWEEN.join(part for part in (text or "").split(BETWEEN) if part and (kind, part) not in ended) or None
        for kind, text in (("closed", tagging.closed), ("confidential", tagging.confidential))
    )
    closures = tuple(each for each in tagging.closures if (each.kind, each.why) not in ended)
    return replace(tagging, closed=closed, confidential=confidential, closures=closures)


def _without_mistaken(uses: tuple[OfficialUse, ...], look: Look) -> tuple[OfficialUse, ...]:
    """Return official uses without what two people say was entered by mistake: whole, or of one student alone."""
    if not look.approved or look.by.role not in CUSTODIANS:
        return uses
    for mistaken in look.mistaken_uses:
        kept = (_without_one(use, mistaken) for use in uses)
        uses = tuple(dict.fromkeys(use for use in kept if use is not None))
    return uses


def _without_one(use: OfficialUse, mistaken: OfficialUse) -> OfficialUse | None:
    if use.purpose != mistaken.purpose:
        return use
    if not (use.students and mistaken.students):
        return None if use.students == mistaken.students else use
    left = tuple(each for each in use.students if each not in mistaken.students)
    return replace(use, students=left) if left else None


def _maintained_by(tagging: Tagging, look: Look) -> MaintainedBy:
    # What somebody else maintains is released to anybody (SCOPE): that takes two people, on any recording.
    if (
        look.maintained_by is None
        or look.by.role not in CUSTODIANS
        or (look.maintained_by == "other" and not look.approved)
    ):
        return tagging.maintained_by
    return look.maintained_by


def _with_means(tagging: Tagging, look: Look) -> Tagging:
    # What cannot be redacted goes whole to each family, as what a copy would destroy.
    alone = needs_two(tagging) and not look.approved
    if look.cannot_be_redacted is None or look.by.role not in CUSTODIANS or (look.cannot_be_redacted and alone):
        return tagging
    value = "cannot" if look.cannot_be_redacted else "can"
    found = Finding("cannot_be_redacted", value, look.why or "", _source(look))
    return replace(tagging, cannot_be_redacted=look.cannot_be_redacted, findings=(*tagging.findings, found))


def _left_to_name(tagging: Tagging, look: Look) -> tuple[int, int]:
    """Return how many people are unnamed after a look, and how many of these are faces that a detector counted.

    The look's own count decides, also where it takes names out (`nobody`). Without one, each student it names for the first
    time is one of the faces.
    """
    if look.nobody or look.unidentified is not None:
        return look.unidentified or 0, 0
    known = {each.student for each in tagging.appearances}
    named = min(len({each.student for each in look.persons} - known), tagging.unnamed_faces)
    # A word alone counts for one until it is settled.
    by_word = bool(tagging.open_words) and not any(each.tag == "unidentified_people" for each in tagging.findings)
    people = 0 if by_word else tagging.unidentified_people - named
    return max(people, int(bool(_open_after(tagging, look)))), tagging.unnamed_faces - named


def _open_after(tagging: Tagging, look: Look) -> tuple[OpenWord, ...]:
    """Return the words that stay open after a look: it settles each word that may be a student it names."""
    if look.nobody or look.unidentified is not None:
        return ()
    named = {each.student for each in look.persons}
    return tuple(each for each in tagging.open_words if named.isdisjoint(each.students))


def _with_meaning(tagging: Tagging, look: Look) -> Tagging:
    # No meaning is the strict one: each lets somebody have the recording who would not have it otherwise.
    alone = needs_two(tagging) and not look.approved
    if look.meaning is None or look.by.role not in CUSTODIANS or alone:
        return tagging
    source = _source(look)
    why = "what hiding somebody does to the recording was looked at"
    found = Finding("meaning", look.meaning, f"{why}, and approved" if look.approved else why, source)
    return replace(tagging, meaning=look.meaning, findings=(*tagging.findings, found))


def _merged(known: Sequence[Appearance], seen: Sequence[Appearance], *, anew: bool) -> tuple[Appearance, ...]:
    merged = {each.student: each for each in known}
    for each in _one_each(seen):
        before = merged.get(each.student)
        if before is None:
            merged[each.student] = each
            continue
        if anew:
            before = replace(before, regions=(), intervals=(), keyframes=(), heard=())
        merged[each.student] = replace(
            each,
            prominence=before.prominence if each.prominence == "unknown" else each.prominence,
            regions=each.regions or before.regions,
            intervals=_in_order(before.intervals, each.intervals),
            keyframes=_corrected(before.keyframes, each.keyframes),
            heard=_in_order(before.heard, each.heard),
        )
    return tuple(merged.values())


def _corrected(known: Sequence[Keyframe], more: Sequence[Keyframe]) -> tuple[Keyframe, ...]:
    """Return keyframes in the order of time; a later one replaces an earlier one of the same moment or stretch.

    Keyframes of other moments stay: a look rarely covers a whole film, and one box too many only hides too much.
    """
    corrected = {(each.at, each.until) for each in more}
    kept = [each for each in known if (each.at, each.until) not in corrected]
    return _by_time(dict.fromkeys((*kept, *more)))


def _by_time(keyframes: Iterable[Keyframe]) -> tuple[Keyframe, ...]:
    return tuple(sorted(keyframes, key=lambda each: (each.at, each.until or each.at)))


def _in_order(known: Sequence[Interval], more: Sequence[Interval]) -> tuple[Interval, ...]:
    return tuple(sorted(dict.fromkeys((*known, *more)), key=lambda each: (each.start, each.end)))


def _one_each(seen: Sequence[Appearance]) -> list[Appearance]:
    """Unite what one look says of one student: seen in two places, both are kept."""
    united: dict[str, Appearance] = {}
    for each in seen:
        before = united.get(each.student)
        united[each.student] = each if before is None else _both(before, each)
    return list(united.values())


def _both(one: Appearance, other: Appearance) -> Appearance:
    return replace(
        other,
        regions=(*one.regions, *other.regions),
        intervals=_in_order(one.intervals, other.intervals),
        keyframes=_by_time((*one.keyframes, *other.keyframes)),
        heard=_in_order(one.heard, other.heard),
    )


def _united(known: Sequence[OfficialUse], seen: Sequence[OfficialUse]) -> tuple[OfficialUse, ...]:
    return tuple(dict.fromkeys((*known, *seen)))


def _findings(look: Look) -> list[Finding]:
    source = _source(look)
    seen = "a member of staff looked at the recording"
    placed = ", and said anew where and when" if look.times_anew else ""
    findings = [
        Finding("appearance", each.student, f"{seen}: {each.prominence}{placed}", source) for each in look.persons
    ]
    if look.nobody:
        findings.append(_only(look, seen, source))
    if look.unidentified is not None:
        findings.append(Finding("unidentified_people", str(look.unidentified), f"{seen} and counted", source))
    if look.directory_status:
        findings.append(Finding("directory_status", look.directory_status, seen, source))
    findings += [Finding("official_use", use.purpose, seen, source) for use in look.official_uses]
    if look.closed:
        findings.append(Finding("closed", look.closed, seen, source))
    if look.confidential:
        findings.append(Finding("confidential", look.confidential, seen, source))
    findings += [Finding("closure", _closing(each), seen, source) for each in look.closures]
    if look.approved:
        findings += [
            Finding("closure", f"reopened: {each.why}", look.why or seen, source, Truth.NO) for each in look.reopened
        ]
        findings += [
            Finding("official_use", f"{use.purpose}: entered by mistake", look.why or seen, source, Truth.NO)
            for use in look.mistaken_uses
        ]
    if look.maintained_by == "district" or (look.maintained_by and look.approved):
        findings.append(Finding("maintained_by", look.maintained_by, look.why or seen, source))
    return findings


def _only(look: Look, seen: str, source: str) -> Finding:
    if look.persons:
        return Finding("people", "only", f"{seen}: nobody else is in it", source)
    if look.unidentified:
        return Finding("people", "only", f"{seen}: nobody who was named is in it", source)
    return Finding("people", "nobody", f"{seen}: no student is in it", source)


def _closing(closure: Closure) -> str:
    return f"{closure.kind}: {closure.why}{f', through {closure.until}' if closure.until else ''}"


def _source(look: Look) -> str:
    return f"{look.by.role}, {look.at:%Y-%m-%d}"
