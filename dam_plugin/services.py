"""What a use case needs, in one frozen bundle: settings, store, library, rules, clock, and the third parties' voices.

Built by the composition root; the use cases take it and know nothing of pluggy, the CLI or a host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Generic, Protocol, TypeVar

from dam_plugin.ledger.chain import Ledger
from dam_plugin.library.s3 import Library
from dam_plugin.model import Decision, Facts, Finding, Interval, LedgerEntry, Referral, Region, Review, Share
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.settings import Settings
from dam_plugin.store import Store
from dam_tagging.rules.model import RuleSet

# Third parties are handed whole pictures up to this size; larger ones are left to a person's look.
DETECTOR_LIMIT = 64 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What one third party answered: its name, and a value or the id under which its failure was logged."""

    plugin: str
    value: T | None = None
    error: str | None = None


class Voices(Protocol):
    """The third parties, each asked one by one. A failure is an answer of its own (`Heard.error`), never a silence."""

    def read_metadata(self, file: BinaryIO, name: str, media_type: str) -> Sequence[Heard[Facts]]:
        """Read a file's metadata in another way."""

    def propose_findings(self, key: str, facts: Facts) -> Sequence[Heard[Sequence[Finding]]]:
        """Propose findings besides ours."""

    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[Heard[Sequence[Region]]]:
        """Say where people are in a picture, never who."""

    def who_answers(self, *hooks: str) -> Sequence[str]:
        """Return name and version of each third party that answers one of these hooks, sorted."""

    @property
    def redacts(self) -> bool:
        """Whether anybody answers `redact_media` at all."""

    def redact_media(
        self, file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> Sequence[Heard[bytes]]:
        """Return a JPEG or PNG of a picture in a format that we don't know, with the grown boxes filled."""

    def load_roster(self, plugin: str, pseudonyms: Pseudonyms) -> Sequence[Heard[RosterImport]]:
        """Return the roster of the third party of this name."""

    def review_decision(self, share: Share, decision: Decision) -> Sequence[Heard[Review]]:
        """Say whether a decision should be stricter."""

    def decision_made(self, share: Share, decision: Decision) -> None:
        """Tell observers of a decision."""

    def disclosure_recorded(self, entry: LedgerEntry, share: Share) -> None:
        """Tell observers of a recorded disclosure."""

    def referral_opened(self, referral: Referral, share: Share) -> None:
        """Tell observers of a piece of work for the custodian."""

    def notify(self, person: str, message: str) -> Sequence[Heard[bool]]:
        """Tell a person something at once; each answers whether it was told."""

    def purge(self, keys: Sequence[str]) -> Sequence[Heard[bool]]:
        """Have released copies removed from caches; each answers whether it was done."""


class NoVoices:
    """Nobody else is attached: nobody answers, nobody is told."""

    def read_metadata(self, file: BinaryIO, name: str, media_type: str) -> Sequence[Heard[Facts]]:
        """Answer nothing."""
        return ()

    def propose_findings(self, key: str, facts: Facts) -> Sequence[Heard[Sequence[Finding]]]:
        """Answer nothing."""
        return ()

    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[Heard[Sequence[Region]]]:
        """Answer nothing."""
        return ()

    def who_answers(self, *hooks: str) -> Sequence[str]:
        """Return nobody."""
        return ()

    @property
    def redacts(self) -> bool:
        """Nobody does."""
        return False

    def redact_media(
        self, file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> Sequence[Heard[bytes]]:
        """Answer nothing."""
        return ()

    def load_roster(self, plugin: str, pseudonyms: Pseudonyms) -> Sequence[Heard[RosterImport]]:
        """Answer nothing."""
        return ()

    def review_decision(self, share: Share, decision: Decision) -> Sequence[Heard[Review]]:
        """Answer nothing."""
        return ()

    def decision_made(self, share: Share, decision: Decision) -> None:
        """Tell nobody."""

    def disclosure_recorded(self, entry: LedgerEntry, share: Share) -> None:
        """Tell nobody."""

    def referral_opened(self, referral: Referral, share: Share) -> None:
        """Tell nobody."""

    def notify(self, person: str, message: str) -> Sequence[Heard[bool]]:
        """Tell nobody."""
        return ()

    def purge(self, keys: Sequence[str]) -> Sequence[Heard[bool]]:
        """Nobody keeps a cache."""
        return ()


def local_now() -> datetime:
    """Return the moment in the district's own time: its date is the day of a decision."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a use case works with."""

    settings: Settings
    store: Store
    library: Library
    ledger: Ledger
    pseudonyms: Pseudonyms
    rules: RuleSet
    voices: Voices = field(default_factory=NoVoices)
    now: Callable[[], datetime] = local_now
