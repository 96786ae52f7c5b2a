"""Means to answer `review_decision`, and would never be asked."""

from __future__ import annotations

from dam_hooks import hookimpl
from dam_plugin.model import Decision, Outcome, Review, Share


@hookimpl
def revew_decision(share: Share, decision: Decision) -> Review:
    return Review(Outcome.DENY, "nothing goes out")
