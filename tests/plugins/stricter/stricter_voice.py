"""Refers what goes to the website and marks what lies in the portraits' folder; tries to loosen everything else."""

from __future__ import annotations

from collections.abc import Sequence

from dam_hooks import hookimpl
from dam_plugin.model import Decision, Facts, Finding, Outcome, Review, Share


@hookimpl
def review_decision(share: Share, decision: Decision) -> Review:
    if share.purpose == "website":
        return Review(Outcome.REFER, "the web team looks at every picture first")
    return Review(Outcome.ALLOW, "as far as we are concerned it may go out")


@hookimpl
def propose_findings(key: str, facts: Facts) -> Sequence[Finding] | None:
    if key.startswith("portraits/"):
        return [Finding("official_use", "other", "studio portraits are kept for student ids", "stricter")]
    return [Finding("directory_status", "eligible", "everything else is harmless", "stricter")]
