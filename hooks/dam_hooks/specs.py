"""The contract: every hook in one sentence, with its arguments and its result.

A DAM calls the host hooks, and dam-plugin alone answers them. Third parties answer the others: they are asked one by one,
and can only make an answer stricter. Ids of students are pseudonyms, never names.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pluggy

from dam_plugin.gate.open_link import Opening
from dam_plugin.model import (
    AssetEvent,
    Decision,
    Facts,
    Finding,
    Interval,
    LedgerEntry,
    Referral,
    Region,
    Review,
    Share,
)
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.sharing.preview import Preview
from dam_plugin.sharing.share import Answer
from dam_plugin.store import StoredAsset

PROJECT = "dam_plugin"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class HostHooks:
    """Host to plugin: a digital asset manager calls these."""

    @hookspec(firstresult=True)
    def asset_uploaded(self, event: AssetEvent) -> StoredAsset | None:
        """Fires once the host has stored an upload, before anyone else can see it; returns what is kept of it."""

    @hookspec(firstresult=True)
    def asset_replaced(self, event: AssetEvent) -> StoredAsset | None:
        """Fires once a new version of an asset is stored; closes the links of the version before."""

    @hookspec(firstresult=True)
    def deletion_requested(self, key: str) -> str | None:
        """Fires before an asset is deleted; returns one sentence why it may not be deleted (it is held), or None."""

    @hookspec(firstresult=True)
    def asset_deleted(self, event: AssetEvent) -> bool:
        """Fires once an asset is deleted; closes its links, restores it if it is held, and returns whether it was forgotten."""

    @hookspec(firstresult=True)
    def share_requested(self, share: Share) -> Answer:
        """Fires whenever somebody tries to share; returns the decision, and for a release the link's token."""

    @hookspec(firstresult=True)
    def share_explained(self, share: Share, folder: Path | None) -> Preview:
        """Fires before somebody shares; returns what the share would be answered now, and nothing is kept or filed."""

    @hookspec(firstresult=True)
    def share_opened(self, token: str) -> Opening:
        """Fires whenever a link is opened; decides again and returns a URL that works for a minute, or the refusal."""

    @hookspec(firstresult=True)
    def share_revoked(self, link_id: str | None, key: str | None, student: str | None) -> int:
        """Fires when a link, or every link of a key or a student, is taken back; returns how many were closed."""


# The hooks that a host calls and dam-plugin alone answers.
FROM_HOST = frozenset(name for name in vars(HostHooks) if not name.startswith("_"))


class PluginHooks:
    """Plugin to third parties: other packages may answer these."""

    @hookspec
    def read_metadata(self, file: BinaryIO, name: str, media_type: str) -> Facts | None:
        """Fires while an upload is read; return the facts of a file whose format you know, else None."""

    @hookspec
    def propose_findings(self, key: str, facts: Facts) -> Sequence[Finding] | None:
        """Fires while an upload is tagged; return findings to unite with ours, the stricter one wins."""

    @hookspec
    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[Region] | None:
        """Fires for a picture; return where people's faces are, never who they are, or None when you cannot tell."""

    @hookspec
    def redact_media(
        self, file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> bytes | None:
        """Fires when somebody has to be hidden in a picture of a format that we don't know; return a JPEG or PNG with the grown boxes filled, or None when you cannot."""  # noqa: E501

    @hookspec
    def load_roster(self, plugin: str, pseudonyms: Pseudonyms) -> RosterImport | None:
        """Fires when a roster is to be imported from your plugin; return it whole, or None when you have none."""

    @hookspec
    def review_decision(self, share: Share, decision: Decision) -> Review | None:
        """Fires before a decision is carried out; return a stricter answer with its reason, or None to agree."""

    @hookspec
    def decision_made(self, share: Share, decision: Decision) -> None:
        """Fires after a decision was carried out and recorded."""

    @hookspec
    def disclosure_recorded(self, entry: LedgerEntry, share: Share) -> None:
        """Fires after a disclosure that 34 CFR 99.32 asks for was recorded."""

    @hookspec
    def referral_opened(self, referral: Referral, share: Share) -> None:
        """Fires after a piece of work was put into the custodian's queue, or the same was asked again."""

    @hookspec
    def notify(self, person: str, message: str) -> bool | None:
        """Fires when a person has to hear of something at once; return True once they are told, None when you cannot."""

    @hookspec
    def purge(self, keys: Sequence[str]) -> bool | None:
        """Fires once released copies are on hold again; return True once no cache of yours has them, None when you keep none."""  # noqa: E501


# The hooks that third parties may answer.
FOR_THIRD_PARTIES = frozenset(name for name in vars(PluginHooks) if not name.startswith("_"))
