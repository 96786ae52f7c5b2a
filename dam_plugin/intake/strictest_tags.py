"""Nothing loosens by itself: the stricter of a recording's new and former tags holds until a person lets it go.

A version inherits from the versions and copies before it: official uses and closures, people's looks, former tags
("discipline and other official uses stick: a clip, a still, a crop or a copy inherits them"). How two taggings compare is
in `tag_changes.py`; who may let go, in `two_people.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from typing import cast, get_args

from dam_plugin.intake.looks import LACKING, lasting_part, with_looks
from dam_plugin.intake.tag_changes import TagChange, changes_between, decided_fields, strictest
from dam_plugin.model import Asset, Finding, Former, Look, Tagging, Truth
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.likenesses import asked_for, looks_like
from dam_tagging.facts import TaggingState

# The finding that something stays as it was, by field.
STAYS = "stays"
# A person's look and a detector's count are grounds of their own.
_OWN_GROUNDS = ("looked", "counted")
# The source of a finding that came with the key or the bytes, not from the file.
INHERITED = "inherited"


@dataclass(frozen=True, slots=True)
class FormerTagging:
    """A former tagging that a new one is compared with, and in plain words where it comes from.

    `own`: it is this version's own. `same_picture`: it is of the same bytes or pixels, so its places stay valid.
    """

    tagging: Tagging
    comes_from: str
    own: bool = False
    same_picture: bool = True


def tags_that_hold(machine: Tagging, looks: Sequence[Look], former: Former | None) -> Tagging:
    """Return the tagging that holds: by the file, the rules and people's looks, and at least as strict as the former tags.

    A later look corrects the former tags too: it says for both who is in the recording.
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


def former_after_look(former: Former | None, look: Look, keep: Collection[str]) -> Former | None:
    """Return the former tags after a look: students who came from another picture and are not in the look are removed.

    Only a look that says how many are left to name, or that no one is in it, removes them. Students in `keep` stay.
    """
    says_all = look.nobody or look.unidentified is not None
    if former is None or former.tagging is None or not former.named_before or not says_all:
        return former
    stays = {*keep, *(each.student for each in look.persons)}
    appearances = tuple(each for each in former.tagging.appearances if each.student in stays)
    return replace(former, tagging=replace(former.tagging, appearances=appearances))


def what_would_loosen(machine: Tagging, looks: Sequence[Look], former: Former | None) -> tuple[TagChange, ...]:
    """Return what would loosen if the former tags were let go."""
    return changes_to_let_go(tags_that_hold(machine, looks, former), with_looks(machine, looks))


def changes_to_let_go(tagging: Tagging, fresh: Tagging) -> tuple[TagChange, ...]:
    """Return the changes between the tagging that holds and a fresh one, as far as they loosen."""
    return tuple(each for each in changes_between(tagging, fresh) if each.direction == "looser")


def former_to_keep(
    known: Former | None, sources: Iterable[FormerTagging], fresh: Tagging, now: datetime, looks: Sequence[Look] = ()
) -> Former | None:
    """Return the former tags to keep beside a new tagging (`fresh`, looks included) and those `known` already.

    A former tagging counts if the new one is looser. A former tagging from elsewhere does not count where it says no more
    than the tags that a custodian has let go.
    """
    let_go = known.let_go if known else None
    before = known if known and known.tagging else None
    # Later looks are part of the former tags from here on.
    stays = [_with_later(before, looks)] if before else []
    current = reduce(strictest, (*stays, fresh))
    found = []
    for source in sources:
        if not source.same_picture and _said_nothing(source.tagging):
            continue
        tagging = _at_rest(source.tagging)
        beyond = source.own or let_go is None or decided_fields(strictest(let_go, tagging)) != decided_fields(let_go)
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


def loosened(before: Tagging, after: Tagging) -> tuple[TagChange, ...]:
    """Return the fields in which a tagging is looser than a former one, except where it is looser by new knowledge.

    New knowledge is: the name of a person who had none, the student that an open word means, a place, and that a recording
    is complete on its own ground. None of these removes a person or a restriction.
    """
    return tuple(
        each
        for each in changes_between(before, after)
        if each.direction == "looser" and _is_loss(each.field, before, after)
    )


def students_shown_less(before: Tagging, after: Tagging) -> Iterator[str]:
    """Yield the students who count for less than before: gone, now incidental, or no longer identifiable.

    A student of unknown prominence counts as a subject (ruling prominence-not-known).
    """
    becomes = {each.student: each for each in after.appearances}
    for seen in before.appearances:
        now = becomes.get(seen.student)
        hidden = now is not None and now.prominence == "incidental" != seen.prominence
        if now is None or hidden or (seen.identifiable and not now.identifiable):
            yield seen.student


def with_inherited_uses(unit: Unit, asset: Asset, machine: Tagging) -> Tagging:
    """Return a tagging with the uses and closures of the key's former versions, and of the same bytes elsewhere.

    "Discipline and other official uses stick: a clip, a still, a crop or a copy inherits them" (the procedure).
    """
    # Earlier versions' looks are inherited as looks; of a copy, the whole tagging.
    sources = [each.machine for each in unit.assets.of_key(asset.key) if each.asset.id != asset.id]
    same = of_same_picture(asset, unit.assets.same_picture(asset))
    sources += [each.tagging for each in same if each.asset.key != asset.key]
    uses = tuple(dict.fromkeys(use for tagging in sources for use in tagging.official_uses))
    closed = next((each.closed for each in sources if each.closed), None)
    confidential = next((each.confidential for each in sources if each.confidential), None)
    closures = tuple(dict.fromkeys(each for tagging in sources for each in tagging.closures))
    why = "another version or copy of it is kept for this"
    found = [Finding("official_use", use.purpose, why, INHERITED) for use in uses if use not in machine.official_uses]
    found += [
        Finding(tag, text, why, INHERITED) for tag, text in (("closed", closed), ("confidential", confidential)) if text
    ]
    return replace(
        machine,
        official_uses=tuple(dict.fromkeys((*machine.official_uses, *uses))),
        closed=machine.closed or closed,
        confidential=machine.confidential or confidential,
        closures=tuple(dict.fromkeys((*machine.closures, *closures))),
        findings=(*machine.findings, *found),
    )


def uses_of(tagging: Tagging) -> tuple[object, ...]:
    """Return what `with_inherited_uses` adds to a tagging."""
    return tagging.official_uses, tagging.closed, tagging.confidential, tagging.closures


def inherited_looks(unit: Unit, asset: Asset, before: StoredAsset | None) -> list[Look]:
    """Return the looks that hold for a new version: all looks at the same picture, under any key.

    Of looks at another picture that was under its key before, only the lasting part holds.
    """
    own = unit.assets.looks(asset.id)
    found = (
        []
        if before is None or before.asset.id == asset.id
        else [*map(lasting_part, unit.assets.looks(before.asset.id))]
    )
    for each in of_same_picture(asset, unit.assets.same_picture(asset)):
        found += unit.assets.looks(each.asset.id)
    kept = dict.fromkeys(look for look in found if look is not None and look not in own)
    # A look that is inherited whole is not inherited again in part.
    whole = {look.at for look in kept if lasting_part(look) != look}
    return [look for look in kept if lasting_part(look) != look or look.at not in whole]


def former_taggings(
    unit: Unit, asset: Asset, before: StoredAsset | None, known: StoredAsset | None
) -> list[FormerTagging]:
    """Return the former taggings that a version's new one is compared with: its own, its key's, and its copies'."""
    found = []
    if known is not None:
        found.append(FormerTagging(known.tagging, "its own tags before", own=True))
    if before is not None and before.asset.id != asset.id:
        same = is_same_picture(before.asset, asset)
        found.append(FormerTagging(before.tagging, "the version before under this key", same_picture=same))
    for each in unit.assets.same_picture(asset):
        same = is_same_picture(each.asset, asset)
        what = "the same picture" if same else "a recording of as many bytes, sent in parts,"
        where = "in a former version" if each.asset.key == asset.key else f"under {each.asset.key}"
        found.append(FormerTagging(each.tagging, f"{what} {where}", same_picture=same))
    if known is None and asset.likeness is not None:
        found += _restricted_alike(unit, asset)
    return found


def is_same_picture(one: Asset, other: Asset) -> bool:
    """Whether two versions are the same bytes, or the same picture with other metadata."""
    same_bytes = (one.etag, one.size) == (other.etag, other.size)
    same_sha = one.sha256 is not None and one.sha256 == other.sha256
    return same_bytes or same_sha or (one.content is not None and one.content == other.content)


def of_same_picture(asset: Asset, versions: Iterable[StoredAsset]) -> list[StoredAsset]:
    """Return those of some versions that are the same picture: the store finds those, too, that may be."""
    return [each for each in versions if is_same_picture(each.asset, asset)]


def alike(unit: Unit, asset: Asset) -> list[StoredAsset]:
    """Return every version, of any key, that a picture looks like, deleted and replaced ones and itself too."""
    new = asset.likeness
    if new is None:
        return []
    near = unit.assets.nearly_alike(asked_for(new))
    return [each for each in near if each.asset.likeness is not None and looks_like(each.asset.likeness, new)]


def students_with_opt_outs(unit: Unit, students: Iterable[str], today: date | None = None) -> set[str]:
    """Return the students whose family opted out of anything and has not ended that by `today` (None: has never ended it)."""
    return {
        each.id
        for each in unit.people.students_of(set(students)).values()
        if any(out.ended is None or (today is not None and out.ended > today) for out in each.opt_outs)
    }


def _with_later(former: Former, looks: Sequence[Look]) -> Tagging:
    since = former.since
    return with_looks(former.tagging or Tagging(), [each for each in looks if since is None or each.at >= since])


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
            return any(students_shown_less(before, after))
        case _:
            return True


def _at_rest(tagging: Tagging) -> Tagging:
    """Return a tagging as it counts later: a failure alone says nothing about anyone, and becomes `pending`, for a look.

    Where a third party failed, the answers of the file and the rules count; the third party is asked again.
    """
    state = tagging.state
    if state == "failed" and any(each.tag == LACKING for each in tagging.findings):
        state = _said_by_file(tagging)
    if state == "failed" and not any(each.tag == "hold" and each.truth is Truth.YES for each in tagging.findings):
        state = "pending"
    findings = tuple(each for each in tagging.findings if each.tag not in (LACKING, STAYS))
    return replace(tagging, state=state, findings=findings)


def _said_nothing(tagging: Tagging) -> bool:
    """Whether a file could not be read and nothing is known about it: its successor is then not compared with it."""
    held = any(each.tag == "hold" and each.truth is Truth.YES for each in tagging.findings)
    unread = tagging.state == "failed" and not held
    return unread and decided_fields(tagging) == decided_fields(Tagging(state="failed"))


def _of_another_picture(tagging: Tagging) -> Tagging:
    """Return another picture's tagging as it counts for this one: without places, and pending instead of complete."""
    placeless = (replace(each, regions=(), intervals=(), keyframes=(), heard=()) for each in tagging.appearances)
    state: TaggingState = "pending" if tagging.state == "complete" else tagging.state
    return replace(tagging, state=state, ground=None, appearances=tuple(placeless))


def _said_by_file(tagging: Tagging) -> TaggingState:
    states = get_args(TaggingState)
    told = [each.value for each in tagging.findings if each.tag == "tagging" and each.value in states]
    return cast("TaggingState", told[-1]) if told else "pending"


def _restricted_alike(unit: Unit, asset: Asset) -> Iterator[FormerTagging]:
    """Yield the former taggings of restricted recordings that a new one looks like: it may be made from one of them."""
    for each in alike(unit, asset):
        other = each.asset.key != asset.key and not is_same_picture(each.asset, asset)
        if other and _is_restricted(unit, each.tagging):
            where = f"a picture that looks like it, under {each.asset.key}"
            yield FormerTagging(each.tagging, where, same_picture=False)


def _is_restricted(unit: Unit, tagging: Tagging) -> bool:
    if tagging.official_uses or tagging.record_pii or tagging.closed or tagging.confidential or tagging.closures:
        return True
    if tagging.directory_status == "not_eligible":
        return True
    return bool(students_with_opt_outs(unit, (each.student for each in tagging.appearances)))
