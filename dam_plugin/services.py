"""The bundle that the use cases work with: settings, store, library, ledger, rules, clock and third parties. Frozen.

`assemble` builds it from the settings, for the command line and for a host. The use cases know nothing of pluggy, the
command line or a host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

from pydantic import SecretStr

from dam_plugin.errors import SettingsError
from dam_plugin.ledger.chain import Ledger
from dam_plugin.ledger.end_kept_outside import EndKeptOutside, InBucket, InFile
from dam_plugin.library.s3 import Library
from dam_plugin.model import Decision, Facts, Finding, Interval, LedgerEntry, Referral, Region, Review, Share
from dam_plugin.people.roster import RosterImport
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.settings import Settings, rulings_in
from dam_plugin.store import Sealer, Store, database_file
from dam_plugin.store.jobs import Job
from dam_tagging.rules.load import default_rules, load_rules
from dam_tagging.rules.model import RuleFileError, RuleSet
from dam_tagging.rules.rule_files import rule_files

# Third parties get whole pictures up to this size. A person looks at larger ones.
DETECTOR_LIMIT = 64 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginAnswer(Generic[T]):
    """The answer of one third party: its name, and a value or the id under which its failure was logged."""

    plugin: str
    value: T | None = None
    error: str | None = None


class ThirdParties(Protocol):
    """The third parties, each asked one by one. A failure is an answer too (`PluginAnswer.error`), never a silence."""

    def read_metadata(self, file: BinaryIO, name: str, media_type: str) -> Sequence[PluginAnswer[Facts]]:
        """Read a file's metadata in another way."""

    def propose_findings(self, key: str, facts: Facts) -> Sequence[PluginAnswer[Sequence[Finding]]]:
        """Propose findings besides ours."""

    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[PluginAnswer[Sequence[Region]]]:
        """Find the places of people in a picture, never their names."""

    def who_answers(self, *hooks: str) -> Sequence[str]:
        """Return name and version of each third party that answers one of these hooks, sorted."""

    @property
    def redacts(self) -> bool:
        """Whether any third party answers `redact_media`."""

    def redact_media(
        self, file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> Sequence[PluginAnswer[bytes]]:
        """Return a JPEG or PNG of a picture in a format that we don't know, with the grown boxes filled."""

    def load_roster(self, plugin: str, pseudonyms: Pseudonyms) -> Sequence[PluginAnswer[RosterImport]]:
        """Return the roster of the third party of this name."""

    def review_decision(self, share: Share, decision: Decision) -> Sequence[PluginAnswer[Review]]:
        """Say whether a decision should be stricter."""

    def decision_made(self, share: Share, decision: Decision) -> None:
        """Tell observers of a decision."""

    def disclosure_recorded(self, entry: LedgerEntry, share: Share) -> None:
        """Tell observers of a recorded disclosure."""

    def referral_opened(self, referral: Referral, share: Share) -> None:
        """Tell observers of a piece of work for the custodian."""

    def notify(self, person: str, message: str) -> Sequence[PluginAnswer[bool]]:
        """Tell a person something at once; each answers whether it was told."""

    def purge(self, keys: Sequence[str]) -> Sequence[PluginAnswer[bool]]:
        """Have released copies removed from caches; each answers whether it was done."""


class NoThirdParties:
    """No third parties are attached: every question has an empty answer."""

    def read_metadata(self, file: BinaryIO, name: str, media_type: str) -> Sequence[PluginAnswer[Facts]]:
        """Answer nothing."""
        return ()

    def propose_findings(self, key: str, facts: Facts) -> Sequence[PluginAnswer[Sequence[Finding]]]:
        """Answer nothing."""
        return ()

    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[PluginAnswer[Sequence[Region]]]:
        """Answer nothing."""
        return ()

    def who_answers(self, *hooks: str) -> Sequence[str]:
        """Return no names: no third party answers."""
        return ()

    @property
    def redacts(self) -> bool:
        """Return False: no third party makes copies."""
        return False

    def redact_media(
        self, file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> Sequence[PluginAnswer[bytes]]:
        """Answer nothing."""
        return ()

    def load_roster(self, plugin: str, pseudonyms: Pseudonyms) -> Sequence[PluginAnswer[RosterImport]]:
        """Answer nothing."""
        return ()

    def review_decision(self, share: Share, decision: Decision) -> Sequence[PluginAnswer[Review]]:
        """Answer nothing."""
        return ()

    def decision_made(self, share: Share, decision: Decision) -> None:
        """Do nothing: there is no observer."""

    def disclosure_recorded(self, entry: LedgerEntry, share: Share) -> None:
        """Do nothing: there is no observer."""

    def referral_opened(self, referral: Referral, share: Share) -> None:
        """Do nothing: there is no observer."""

    def notify(self, person: str, message: str) -> Sequence[PluginAnswer[bool]]:
        """Answer nothing."""
        return ()

    def purge(self, keys: Sequence[str]) -> Sequence[PluginAnswer[bool]]:
        """Do nothing: there is no cache."""
        return ()


def local_now() -> datetime:
    """Return the moment in the district's own time: its date is the day of a decision."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a use case works with.

    `now` is the clock of the database's server, in the district's zone: several machines go by it. `announce_job` tells
    those who do the jobs of a new one, and raises nothing; None: the worker looks for jobs itself.
    """

    settings: Settings
    store: Store
    library: Library
    ledger: Ledger
    pseudonyms: Pseudonyms
    rules: RuleSet
    third_parties: ThirdParties = field(default_factory=NoThirdParties)
    rulings: Rulings = BUILT_IN
    now: Callable[[], datetime] = local_now
    announce_job: Callable[[Job], None] | None = None


def assemble(settings: Settings, third_parties: ThirdParties | None = None) -> Services:
    """Return the services of a district's settings. Connects lazily; raises SettingsError for what is missing."""
    settings.need("bucket", "pseudonym_key", "signing_key")
    clock = clock_of(settings)
    rulings = rulings_in(settings.district.rulings, clock().date())
    library = Library.connect(settings.bucket or "", delivery=delivery_of(settings))
    sealer = Sealer(_secret(settings.signing_key))
    file = database_file(settings.database_url)
    watch = EndKeptOutside(sealer, [InFile(file)] if file else [], [InBucket(library)])
    store = Store(settings.database_url, sealer=sealer, watch=watch, connections=settings.database_connections)
    return Services(
        settings=settings,
        store=store,
        library=library,
        ledger=Ledger(_secret(settings.signing_key)),
        pseudonyms=Pseudonyms(_secret(settings.pseudonym_key)),
        rules=rules_of(settings.rules),
        third_parties=third_parties or NoThirdParties(),
        rulings=rulings,
        now=store.in_step(clock),
    )


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """Return the clock of the district's time zone, of the system's where none is set: its date is the day of a decision."""
    zone = settings.district.time_zone
    return local_now if zone is None else partial(datetime.now, zone)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def delivery_of(settings: Settings) -> tuple[str, str] | None:
    """Return the delivery role's access key and secret, None if they are not set."""
    key_id, secret = settings.delivery_access_key_id, _secret(settings.delivery_secret_access_key)
    return (key_id, secret) if key_id and secret else None


def host_keys_of(settings: Settings) -> tuple[str, str] | None:
    """Return the host's access key and secret, None if they are not set. Raises SettingsError if one is missing."""
    key_id, secret = settings.host_access_key_id, _secret(settings.host_secret_access_key)
    if bool(key_id) != bool(secret):
        raise SettingsError("DAM_PLUGIN_HOST_ACCESS_KEY_ID and DAM_PLUGIN_HOST_SECRET_ACCESS_KEY go together: set both")
    return (key_id, secret) if key_id and secret else None


def rules_of(path: Path | None) -> RuleSet:
    """Return the district's rules, or the starter pack where no path is set. Raises SettingsError with every problem."""
    if path is None:
        return default_rules()
    try:
        return load_rules(rule_files(path))
    except RuleFileError as error:
        raise SettingsError(f"the rules of DAM_PLUGIN_RULES cannot be used: {error}", error.problems) from error
    except ValueError as error:
        raise SettingsError(f"{error}; check DAM_PLUGIN_RULES") from error
    except OSError as error:
        raise SettingsError(
            f"the rules at '{path}' cannot be read ({type(error).__name__}); check DAM_PLUGIN_RULES"
        ) from error
