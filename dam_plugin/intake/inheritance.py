"""What sticks to a recording from its earlier versions and its copies: official uses and closures, looks, former tags.

What of it is compared how is `strictest`'s.

Follows the procedure: "discipline and other official uses stick: a clip, a still, a crop or a copy inherits them".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from dam_plugin.intake.looks import sticky
from dam_plugin.intake.same_picture import asked_for, looks_like
from dam_plugin.intake.strictest_tags import Source
from dam_plugin.model import Asset, Finding, Look, Tagging
from dam_plugin.store import StoredAsset, Unit

# The source of a finding that came with the key or the bytes, not from the file.
INHERITED = "inherited"


def with_what_sticks(unit: Unit, asset: Asset, machine: Tagging) -> Tagging:
    """Add the official uses and closures of what was under this key before, and of the same bytes under other keys.

    "Discipline and other official uses stick: a clip, a still, a crop or a copy inherits them" (the procedure).
    """
    # The looks at earlier versions are inherited as looks; of a copy, everything that holds.
    sources = [each.machine for each in unit.assets.of_key(asset.key) if each.asset.id != asset.id]
    sources += [
        each.tagging
        for each in unit.assets.same_picture(asset)
        if each.asset.key != asset.key and is_same_picture(each.asset, asset)
    ]
    uses = tuple(dict.fromkeys(use for tagging in sources for use in tagging.official_uses))
    closed = next((each.closed for each in sources if each.closed), None)
    confidential = next((each.confidential for each in sources if each.confidential), None)
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
        findings=(*machine.findings, *found),
    )


def inherited_looks(unit: Unit, asset: Asset, before: StoredAsset | None) -> list[Look]:
    """Return what people said that holds of a version which is new: all that was said of the same picture, under any key.

    Of another picture that was under its key before, what sticks to the key.
    """
    own = unit.assets.looks(asset.id)
    found = [] if before is None or before.asset.id == asset.id else [*map(sticky, unit.assets.looks(before.asset.id))]
    for each in unit.assets.same_picture(asset):
        if is_same_picture(each.asset, asset):
            found += unit.assets.looks(each.asset.id)
    kept = dict.fromkeys(look for look in found if look is not None and look not in own)
    # What is said whole is not said once more in part.
    whole = {look.at for look in kept if sticky(look) != look}
    return [look for look in kept if sticky(look) != look or look.at not in whole]


def sources_of(unit: Unit, asset: Asset, before: StoredAsset | None, known: StoredAsset | None) -> list[Source]:
    """Return the former taggings that a version's new one is compared with: its own, its key's, and its copies'."""
    found = []
    if known is not None:
        found.append(Source(known.tagging, "its own tags before", own=True))
    if before is not None and before.asset.id != asset.id:
        same = is_same_picture(before.asset, asset)
        found.append(Source(before.tagging, "the version before under this key", same_picture=same))
    for each in unit.assets.same_picture(asset):
        same = is_same_picture(each.asset, asset)
        what = "the same picture" if same else "a recording of as many bytes, sent in parts,"
        where = "in a former version" if each.asset.key == asset.key else f"under {each.asset.key}"
        found.append(Source(each.tagging, f"{what} {where}", same_picture=same))
    if known is None and asset.likeness is not None:
        found += _alike(unit, asset)
    return found


def is_same_picture(one: Asset, other: Asset) -> bool:
    """Whether two versions are the same bytes, or the same picture with other metadata."""
    same_bytes = (one.etag, one.size) == (other.etag, other.size)
    same_sha = one.sha256 is not None and one.sha256 == other.sha256
    return same_bytes or same_sha or (one.content is not None and one.content == other.content)


def _alike(unit: Unit, asset: Asset) -> list[Source]:
    """Return the recordings that a new one looks like, as far as they are restricted: it may be made from one of them."""
    found = []
    for each in unit.assets.nearly_alike(asked_for(asset.likeness or "")):
        theirs = each.asset.likeness
        near = theirs is not None and asset.likeness is not None and looks_like(theirs, asset.likeness)
        other = each.asset.key != asset.key and not is_same_picture(each.asset, asset)
        if near and other and _is_restricted(unit, each.tagging):
            where = f"a picture that looks like it, under {each.asset.key}"
            found.append(Source(each.tagging, where, same_picture=False))
    return found


def _is_restricted(unit: Unit, tagging: Tagging) -> bool:
    if tagging.official_uses or tagging.record_pii or tagging.closed or tagging.confidential:
        return True
    if tagging.directory_status == "not_eligible":
        return True
    return bool(denied(unit, (each.student for each in tagging.appearances)))


def denied(unit: Unit, students: Iterable[str], today: date | None = None) -> set[str]:
    """Return those of the students whose family said no to anything, and has not taken it back by a day (null: for good)."""
    return {
        each.id
        for each in unit.people.students_of(set(students)).values()
        if any(out.ended is None or (today is not None and out.ended > today) for out in each.opt_outs)
    }
