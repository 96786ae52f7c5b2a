"""Raises wherever it is asked, with a name in the error that must not get out."""

from __future__ import annotations

from typing import NoReturn

from dam_hooks import hookimpl
from dam_plugin.model import Decision, Facts, Share


@hookimpl
def review_decision(share: Share, decision: Decision) -> NoReturn:
    raise RuntimeError(f"no opinion on Hannah Lindqvist in {share.asset_key}")


@hookimpl
def propose_findings(key: str, facts: Facts) -> NoReturn:
    raise RuntimeError(f"cannot read what Hannah Lindqvist does in {key}")
