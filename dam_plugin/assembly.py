"""Put the services together from settings: store, library, ledger, rules. The host's process and the CLI both use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from dam_plugin.errors import SettingsError
from dam_plugin.ledger.chain import Ledger
from dam_plugin.ledger.outside_head import InBucket, InFile, OutsideHead
from dam_plugin.library.s3 import Library
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import NoVoices, Services, Voices, local_now
from dam_plugin.settings import Settings
from dam_plugin.store import Sealer, Store, database_file
from dam_tagging.rules.files import rule_files
from dam_tagging.rules.load import default_rules, load_rules
from dam_tagging.rules.model import RuleFileError, RuleSet


def assemble(settings: Settings, voices: Voices | None = None) -> Services:
    """Return the services of a district's settings. Connects lazily; raises SettingsError for what is missing."""
    settings.need("bucket", "pseudonym_key", "signing_key")
    library = Library.connect(settings.bucket or "", delivery=delivery_of(settings))
    sealer = Sealer(_secret(settings.signing_key))
    file = database_file(settings.database_url)
    watch = OutsideHead(sealer, [InFile(file)] if file else [], [InBucket(library)])
    return Services(
        settings=settings,
        store=Store(settings.database_url, sealer=sealer, watch=watch),
        library=library,
        ledger=Ledger(_secret(settings.signing_key)),
        pseudonyms=Pseudonyms(_secret(settings.pseudonym_key)),
        rules=rules_of(settings.rules),
        voices=voices or NoVoices(),
        now=clock_of(settings),
    )


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """Return the clock of the district's time zone, of the system's where none is set: its date is the day of a decision."""
    zone = settings.district.time_zone
    return local_now if zone is None else partial(datetime.now, zone)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def delivery_of(settings: Settings) -> tuple[str, str] | None:
    """Return the delivery role's access key and secret, None where they are not set."""
    key_id, secret = settings.delivery_access_key_id, _secret(settings.delivery_secret_access_key)
    return (key_id, secret) if key_id and secret else None


def host_keys_of(settings: Settings) -> tuple[str, str] | None:
    """Return the host's access key and secret, None where they are not set. Raises SettingsError where one is missing."""
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
