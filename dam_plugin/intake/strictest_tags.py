"""Nothing loosens by itself: what was held of a recording before stays until a person says yes, whatever the cause. Pure.

The one rule, asked whenever tags are written: the new tagging is compared with each former one. Where it is looser than one
in any way, the stricter stays (`Former`), and looks are laid over both. Who may say yes is `loosening`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import cast, get_args

from dam_plugin.intake.looks import LACKING, with_looks
from dam_plugin.intake.tag_changes import TagChange, block, changes, strictest
from dam_plugin.model import Finding, Former, Look, Tagging, Truth
from dam_tagging.facts import TaggingState

# The finding that something stays as it was, by field.
STAYS = "stays"
# What a person saw, or a detector counted, is a ground of its own.
_OWN_GROUNDS = ("looked", "counted")


@dataclass(frozen=True, slots=True)
class Source:
    """A former tagging that a new one is compared with, and in plain words where it comes from.

    `own`: it is this version's own. `same_picture`: it is of the same bytes or pixels, so that places hold on.
    """

    tagging: Tagging
    comes_from: str
    own: bool = False
    same_picture: bool = True


def laid_over(machine: Tagging, looks: Sequence[Look], former: Former | None) -> Tagging:
    """Return the tagging that holds: by file and rules with people's looks, and not looser than what stays with theirs.

    A look that was made since then is laid over what stays, too: it says of both who is in the recording.
    """
    fresh = with_looks(machine, looks)
    if former is None or former.tagging is None:
        return fresh
    stays = _with_later(former, looks)
    kept = strictest(stays, fresh)
    told = tuple(
        Finding(STAYS, each.field, "it was held more strictly before; a person has to let that go", "earlier tags")
        for each in changes_to_let_go(kept, fresh)
    )
    return replace(kept, findings=(*kept.findings, *told))


def looked_anew(former: Former | None, look: Look, keep: Collection[str]) -> Former | None:
    """Return what stays once somebody looked at the picture: whom another picture showed and the look does not name is gone.

    A look says so that tells how many are left to name, or that nobody is in it. `keep` stay all the same.
    """
    says_all = look.nobody or look.unidentified is not None
    if former is None or former.tagging is None or not former.named_before or not says_all:
        return former
    stays = {*keep, *(each.student for each in look.persons)}
    appearances = tuple(each for each in former.tagging.appearances if each.student in stays)
    return replace(former, tagging=replace(former.tagging, appearances=appearances))


def waiting(machine: Tagging, looks: Sequence[Look], former: Former | None) -> tuple[TagChange, ...]:
    """Return what would loosen if what stays were let go."""
    return changes_to_let_go(laid_over(machine, looks, former), with_looks(machine, looks))


def changes_to_let_go(tagging: Tagging, fresh: Tagging) -> tuple[TagChange, ...]:
    """Return the changes between what holds and what would, as far as they loosen."""
    return tuple(each for each in changes(tagging, fresh) if each.direction == "looser")


def former_with(
    known: Former | None, sources: Iterable[Source], fresh: Tagging, now: datetime, looks: Sequence[Look] = ()
) -> Former | None:
    """Return what stays of a recording whose new tagging is `fresh`, looks included, beside what is `known` to stay.

    Each source counts that the new tagging is looser than; one from elsewhere that tells no more than what a custodian let
    go counts no more.
    """
    let_go = known.let_go if known else None
    before = known if known and known.tagging else None
    # Looks made since are part of what stays from here on.
    stays = [_with_later(before, looks)] if before else []
    current = reduce(strictest, (*stays, fresh))
    found = []
    for source in sources:
        if not source.same_picture and _said_nothing(source.tagging):
            continue
        tagging = _at_rest(source.tagging)
        beyond = source.own or let_go is None or block(strictest(let_go, tagging)) != block(let_go)
        if beyond and loosened(tagging, current):
            found.append(replace(source, tagging=tagging if source.same_picture else _of_another_picture(tagging)))
    if not found:
        return known
    return Former(
        tagging=reduce(strictest, (*stays, *(each.tagging for each in found))),
        since=now,
        comes_from=tuple(dict.fromkeys((*(before.comes_from if before else ()), *(each.comes_from for each in found)))),
        named_before=all(not each.same_picture for each in found) and (before is None or before.named_before),
        let_go=let_go,
    )


def _with_later(former: Former, looks: Sequence[Look]) -> Tagging:
    since = former.since
    return with_looks(former.tagging or Tagging(), [each for each in looks if since is None or each.at >= since])


def loosened(before: Tagging, after: Tagging) -> tuple[TagChange, ...]:
    """Return in which fields a tagging is looser than a former one, but for what the new one found out.

    Found out is: who somebody is whom nobody had named, whom an open word means, where somebody is; and that a recording is
    complete on a ground of its own. Nobody and nothing is gone by that.
    """
    return tuple(
        each for each in changes(before, after) if each.direction == "looser" and _is_loss(each.field, before, after)
    )


def _is_loss(field: str, before: Tagging, after: Tagging) -> bool:
    new = {each.student for each in after.appearances} - {each.student for each in before.appearances}
    match field:
        case "state":
            # INVARIANT: what failed or was held is not complete by itself.
            found_out = bool(new) or after.ground in _OWN_GROUNDS
            return before.state == "failed" or not found_out
        case "unidentified_people":
            return before.unidentified_people - after.unidentified_people > len(new)
        case "open_words":
            gone = [each for each in before.open_words if each not in after.open_words]
            return any(not new.intersection(each.students) for each in gone)
        case "appearances":
            return any(lessened(before, after))
        case _:
            return True


def _at_rest(tagging: Tagging) -> Tagging:
    """Return a tagging as it counts from then on: what failed by itself said nothing of anybody, and waits for a look.

    Where a third party failed, what the file and the rules said stands beside it; whoever failed is asked again.
    """
    state = tagging.state
    if state == "failed" and any(each.tag == LACKING for each in tagging.findings):
        state = _said_by_file(tagging)
    if state == "failed" and not any(each.tag == "hold" and each.truth is Truth.YES for each in tagging.findings):
        state = "pending"
    findings = tuple(each for each in tagging.findings if each.tag not in (LACKING, STAYS))
    return replace(tagging, state=state, findings=findings)


def _said_nothing(tagging: Tagging) -> bool:
    """Whether a file could not be read, and nobody said anything of it: what takes its place is compared with nothing."""
    held = any(each.tag == "hold" and each.truth is Truth.YES for each in tagging.findings)
    unread = tagging.state == "failed" and not held
    return unread and block(tagging) == block(Tagging(state="failed"))


def _of_another_picture(tagging: Tagging) -> Tagging:
    """Return what was said of another picture as it counts for this one: without places, and until somebody looks."""
    placeless = (replace(each, regions=(), intervals=(), keyframes=(), heard=()) for each in tagging.appearances)
    state: TaggingState = "pending" if tagging.state == "complete" else tagging.state
    return replace(tagging, state=state, ground=None, appearances=tuple(placeless))


def _said_by_file(tagging: Tagging) -> TaggingState:
    states = get_args(TaggingState)
    told = [each.value for each in tagging.findings if each.tag == "tagging" and each.value in states]
    return cast("TaggingState", told[-1]) if told else "pending"


def lessened(before: Tagging, after: Tagging) -> Iterator[str]:
    """Yield the students of whom there is less than before: gone, incidental now, or no more to be recognised.

    Whose prominence is not known counts as a subject (ruling prominence-not-known), and is no less than one.
    """
    becomes = {each.student: each for each in after.appearances}
    for seen in before.appearances:
        now = becomes.get(seen.student)
        hidden = now is not None and now.prominence == "incidental" != seen.prominence
        if now is None or hidden or (seen.identifiable and not now.identifiable):
            yield seen.student
