"""What sticks to a recording: official uses and closures of its earlier versions, and of the same bytes elsewhere.

Follows the procedure: "discipline and other official uses stick: a clip, a still, a crop or a copy inherits them".
"""

from __future__ import annotations

from dataclasses import replace

from dam_plugin.looks import sticky
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
    sources += [each.tagging for each in unit.assets.same_bytes(asset.etag, asset.size) if each.asset.key != asset.key]
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
    """Return what sticks to a key when its object is replaced, or deleted and uploaded again."""
    if before is None or before.asset.id == asset.id:
        return []
    own = [sticky(look) for look in unit.assets.looks(asset.id)]
    former = [sticky(look) for look in unit.assets.looks(before.asset.id)]
    return [look for look in former if look is not None and look not in own]
