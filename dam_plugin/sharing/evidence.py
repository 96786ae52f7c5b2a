"""What counts as evidence when a referral is decided again, and what whoever asked merely wrote down. Pure but for `on_file`.

Follows the procedure: evidence counts once the custodian has verified it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Referral, Share
from dam_plugin.sharing.finding_kinds import evidence_of
from dam_plugin.store import StoredFinding, Unit
from dam_plugin.store.codec import canonical, to_plain


def asked(unit: Unit, share_id: str) -> Share:
    """Return the share that a referral is about. Raises UnknownThing."""
    kept = unit.shares.share(share_id)
    if kept is None:
        raise UnknownThing("the share of this referral is not on record: restore the database from a backup")
    return kept.share


def on_file(unit: Unit, referral: Referral) -> dict[str, Any]:
    """Return what whoever asked wrote down as evidence, last; nobody has verified it. Raises UnknownThing."""
    return dict(asked(unit, referral.evidence_share).evidence) if referral.evidence_share else {}


def digest(written: Mapping[str, Any]) -> str:
    """Return what tells one evidence block from another."""
    return hashlib.sha256(canonical(to_plain(dict(written))).encode()).hexdigest()


def counted(written: Mapping[str, Any], findings: Iterable[StoredFinding]) -> dict[str, Any]:
    """Return the evidence that findings put on file; what was verified later takes the place of what was before, whole.

    What was written down counts where it was `reviewed` as it is now; what a paper was verified to say goes before it.
    """
    findings = list(findings)
    now = digest(written)
    looked_at = any(each.kind == "reviewed" and each.on_file == now for each in findings)
    evidence = waiting(written) if looked_at else {}
    for each in findings:
        evidence |= evidence_of(each.kind, each.content)
    return evidence


def waiting(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an evidence block can wait: an emergency and a mandated report release at once, or not at all."""
    return {name: value for name, value in written.items() if name != "emergency" and not _is_mandated(name, value)}


def approvable(finding: StoredFinding) -> dict[str, Any]:
    """Return the evidence that a finding is about: what it verifies itself, or what was `reviewed`."""
    return finding.evidence if finding.kind == "reviewed" else evidence_of(finding.kind, finding.content)


def _is_mandated(name: str, value: object) -> bool:
    return name == "child_welfare" and isinstance(value, Mapping) and value.get("ground") == "mandated_report"
