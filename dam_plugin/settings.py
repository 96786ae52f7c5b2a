"""The plugin's settings: `DAM_PLUGIN_…` in the environment, else `dam-plugin.toml` in the current folder.

Built on pydantic-settings, which does not notice unknown variables: that, and one sentence per problem, is done here.
`AWS_…` are boto3's own. No secret is in a message or a `repr`.
"""

from __future__ import annotations

import base64
import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from dam_plugin.errors import SettingsError
from dam_plugin.fields import Id, IsoDate, Text
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList, WrongPurposes, read_purposes
from dam_plugin.procedure.read_rulings import LARGEST_FILE, WrongRulings, read_rulings
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.redaction.model import Limits
from dam_plugin.telemetry.logs import LogForm
from dam_tagging.tag import CompleteBy

FILE_NAME = "dam-plugin.toml"
RULINGS_NAME = "rulings.toml"
PREFIX = "DAM_PLUGIN_"
SHORTEST_KEY = 32
BROKERS = ("amqp://", "amqps://", "redis://", "rediss://", "redis+socket://", "sentinel://", "sqs://")
"""How the URL of a broker that we use begins: RabbitMQ, Redis, Amazon's SQS."""
SEED_BYTES = 32
"""How long the private half of an Ed25519 key is (RFC 8032, 5.1.5)."""
LONGEST_ADDRESS = 254
"""How many characters an address for mail has at most (RFC 5321, 4.5.3.1.3)."""
# RFC 5321, 4.1.2: a dot-string before the @, a domain behind it; no quoted parts, no addresses of machines.
_MAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_NESTED = "__"
_LIMITS = Limits()
_FILES = ("rules", "retention", "face_model", "turbojpeg")
_LIMITED_TO = ("district", "directory_limited_to")
_OIDC = ("desk_oidc_issuer", "desk_oidc_client_id", "desk_oidc_client_secret")
# The shared beginning is left out: it says nothing about how alike two names are.
_SHARED = re.compile(rf"(?:{PREFIX})?(?:(?:district|fees|letters)(?:{_NESTED}|_|\.))?", re.IGNORECASE)


def _listed(value: object) -> object:
    # The environment knows no lists: commas part them there.
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _some(value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if value is not None and not value:
        raise PydanticCustomError("empty", "must not be an empty list; leave it out where no purpose is excluded")
    return value


def _long(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SHORTEST_KEY:
        raise PydanticCustomError(
            "short", f"must have at least {SHORTEST_KEY} characters; `dam-plugin init` makes a good one"
        )
    return value


def _broker(value: SecretStr) -> SecretStr:
    # Celery takes several with semicolons between, as a cluster has them.
    if not all(each.strip().startswith(BROKERS) for each in value.get_secret_value().split(";")):
        raise PydanticCustomError("broker", "must begin with one of {known}", {"known": ", ".join(BROKERS)})
    return value


def seed_in(text: str) -> bytes | None:
    """Return the 32 bytes of an Ed25519 key, its private or its public half, that a base64 text says; None for another."""
    standard = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(standard + "=", validate=True)
    except ValueError:
        return None
    # Another text may be read as the same bytes: a key has one text, so that a mistyped last letter is noticed.
    return raw if len(raw) == SEED_BYTES and base64.b64encode(raw).decode() == standard + "=" else None


def _seed(value: SecretStr) -> SecretStr:
    if seed_in(value.get_secret_value()) is None:
        raise PydanticCustomError(
            "seed",
            f"must be {SEED_BYTES} bytes written in base64 (43 or 44 characters); `dam-plugin init` makes a good one",
        )
    return value


def _or_never(value: object) -> object:
    # Neither TOML nor the environment knows a null.
    return None if isinstance(value, str) and value.strip().casefold() == "never" else value


def _written(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("blank", "must not be empty or blank")
    return value


def _program(value: object) -> object:
    """Return a program's path or name: `true` is the one of this name, `false` none."""
    known = {"true": "exiftool", "false": None}
    word = str(value).strip()
    return _written(known.get(word.casefold(), word)) if value is not None else None


def _zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value.strip())
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise PydanticCustomError("zone", "is no time zone such as America/Chicago") from None


def _web_address(value: object) -> object:
    """Return an address without its last slash; http is for this machine alone."""
    if not isinstance(value, str):
        return value
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host = parts.hostname
        parts.port  # noqa: B018 - a port that is none raises
    except ValueError:
        host = None
    fits = host and not (parts.query or parts.fragment or parts.username or parts.password)
    if not fits or parts.scheme not in ("http", "https") or not address.isprintable() or " " in address:
        raise PydanticCustomError("address", "is no address such as https://media.example.org")
    if parts.scheme == "http" and host not in ("127.0.0.1", "localhost", "::1"):
        raise PydanticCustomError("address", "must begin with https: a link that is read on its way opens for anybody")
    return address


def mail_address(text: str) -> str | None:
    """Return an address for mail, such as records@example.org, without the spaces around it; None for what is none."""
    address = text.strip()
    return address if len(address) <= LONGEST_ADDRESS and _MAIL.fullmatch(address) else None


def _mail_address(value: str | None) -> str | None:
    if value is not None and mail_address(value) is None:
        raise PydanticCustomError("mail", "is no address for mail such as records@example.org")
    return value.strip() if value is not None else None


def _purposes(value: object) -> object:
    """Return the district's purposes: a table in the file, the same as JSON in the environment."""
    if isinstance(value, PurposeList):
        return value
    try:
        return read_purposes(json.loads(value) if isinstance(value, str) else value)
    except json.JSONDecodeError:
        raise PydanticCustomError("purposes", "must be JSON: an object of purposes, each with its synonyms") from None
    except WrongPurposes as error:
        raise PydanticCustomError("purposes", "does not fit: {why}", {"why": str(error)}) from None


def _group_roles(value: object) -> object:
    """Return which roles a group gives: a table in the file, the same as JSON in the environment; one role may stand alone."""
    try:
        given = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise PydanticCustomError("groups", "must be JSON: an object of groups, each with its roles") from None
    if not isinstance(given, Mapping):
        return given
    return {group: (roles,) if isinstance(roles, str) else roles for group, roles in given.items()}


_Key = Annotated[SecretStr, AfterValidator(_long)]
_Seed = Annotated[SecretStr, AfterValidator(_seed)]
_Secret = Annotated[SecretStr, BeforeValidator(_written)]


class District(BaseModel):
    """The district's decisions: the block `district` of a case, its name, and the holidays of the records office."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The district's name, as it is in the redisclosure notice of a copy.
    name: Id = "the school district"
    # The office that pages and refusals refer people to, with a number or an address, as one line.
    contact: Id = "the district's records custodian"
    # The time zone whose days count, such as `America/Chicago`; the system's if it is not set.
    time_zone: Annotated[ZoneInfo | None, BeforeValidator(_zone)] = None

    # The day of the annual notice of directory information (34 CFR 99.37), and the last day to opt out after it.
    directory_notice: IsoDate | None = None
    opt_out_window_ends: IsoDate | None = None
    # What counts for a student who enrolled after that notice and whose family has not answered it. Parents may refuse for "a
    # period of time" after they were told (34 CFR 99.37(a)(3)); these were not among those whom the notice of the year reached.
    # `opted_out_until_window`: as if opted out of everything through their own `unanswered_days`. `in`: directory information
    # at once; it rests on the reading that one notice a year is enough, for families who come later as well.
    unanswered: Literal["opted_out_until_window", "in"] = "opted_out_until_window"
    # The days of that time: from the day on which the roster first had the student, so the notice belongs among the enrolment
    # papers; a family that was given it on another day is entered by `dam-plugin student notified`.
    unanswered_days: Annotated[int, Field(ge=1, le=365)] = 14
    # Whether the policy names photographs, and the purposes that it is limited to (not set: no limit).
    directory_includes_images: bool = False
    directory_limited_to: Annotated[tuple[Text, ...] | None, BeforeValidator(_listed), AfterValidator(_some)] = None
    # The rulings that the district decided more strictly than is built in; without it `rulings.toml` beside the settings.
    rulings: Annotated[Path, BeforeValidator(_written)] | None = None
    # Whether a student whom the roster's column marks as in foster care counts as protected, so that nobody may be told where
    # the student is. By hand the custodian protects such a student one by one: `dam-plugin student protect`.
    foster_care_is_protected: bool = False
    # Whether a yearbook set lists which teachers and other staff its captions name, for the index of a book.
    yearbook_lists_staff: bool = False
    # For how many days after somebody was denied a recording that they asked for by the name of a student in its background
    # whoever else from outside asks for it waits for the custodian (34 CFR 99.3, a targeted request); 0 = once it is answered,
    # nobody else waits.
    asked_by_name_days: Annotated[int, Field(ge=0, le=3_650)] = 365
    # Within how many days a request to amend a record is decided, a hearing on it is held after it was asked for, and the
    # decision is made after the hearing: "a reasonable time" (34 CFR 99.20(b), 99.22(a), (e)), for which the rule gives none.
    # Unless set it is the 45 days that the same rule calls the longest for letting a family see a record (34 CFR 99.10(b)).
    reasonable_days: Annotated[int, Field(ge=1, le=45)] = 45
    # Legal holidays (RSMo 9.010) and other days on which the records office is closed; no school breaks: due dates run on.
    holidays: Annotated[tuple[IsoDate, ...], BeforeValidator(_listed)] = ()


class Fees(BaseModel):
    """The district's rates for answering requests, in whole cents; the law limits them (RSMo 610.026.1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A page of at most 9 by 14 inches: ten cents at most.
    page_cents: Annotated[int, Field(ge=0, le=10)] = 10
    # An hour of copying: at most the average pay of clerical staff. Without a rate nothing is charged.
    copying_cents_an_hour: Annotated[int, Field(ge=0, le=100_000)] = 0
    # An hour of research: the pay of the lowest-paid employee who can do it.
    research_cents_an_hour: Annotated[int, Field(ge=0, le=100_000)] = 0


def school_year(day: date) -> str:
    """Return the school year of a day as text: it begins in July."""
    begins = day.year if day.month >= 7 else day.year - 1
    return f"{begins}-{begins + 1}"


class Letters(BaseModel):
    """The letters of the records custodian."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The folder of the district's own templates, which take the place of the built-in ones of the same name.
    folder: Annotated[Path, BeforeValidator(_written)] | None = None


EventMode = Literal["queue", "listing", "webhook"]
DeskRole = Literal["media", "yearbook", "custodian", "designee", "admin", "auditor"]


class Settings(BaseSettings):
    """The settings, frozen. `Settings(...)` takes them as given; `Settings.load()` reads them."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    # Where the recordings, the database and the bucket's events are.
    bucket: Text | None = None
    # A PostgreSQL URL may hold a password.
    database_url: Text = Field(default="sqlite:///dam-plugin.sqlite3", repr=False)
    # How many connections one process has at most with a PostgreSQL server.
    database_connections: Annotated[int, Field(ge=2, le=1_000)] = 15
    queue_url: Text | None = None
    # Celery's broker, by Celery's own URL: with it, and with the extra `scale`, Celery does the jobs in place of the worker.
    broker_url: Annotated[SecretStr, AfterValidator(_broker)] | None = None
    # How the bucket's events come: by the queue, by a listing (`reconcile --every`), or by the server's own notifications.
    events: EventMode = "queue"
    # The token with which the server posts its notifications to the service.
    events_token: _Key | None = None
    # Derives the pseudonyms of students and guardians: another key makes others of them.
    pseudonym_key: _Key | None = None
    # Signs the ledger's end and seals what is in force.
    signing_key: _Key | None = None
    # The private half of the Ed25519 key that signs the manifest of a yearbook set.
    export_key: _Seed | None = None
    # The credentials of the role that opens copies to recipients; without them no link is handed out.
    delivery_access_key_id: Text | None = None
    delivery_secret_access_key: _Secret | None = None
    # The host's own credentials. Only `policy apply | check` use them: to try what a URL that the host signs opens.
    host_access_key_id: Text | None = None
    host_secret_access_key: _Secret | None = None
    # The district's rules, a file or a folder; without it the starter pack.
    rules: Annotated[Path, BeforeValidator(_written)] | None = None
    # The district's retention rules, a TOML file; without it nothing is ever due.
    retention: Annotated[Path, BeforeValidator(_written)] | None = None
    # After so many days without an import, directory shares are referred; `never` is None.
    roster_max_age_days: Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_or_never)] = 30
    # The plugins (`roster import --from`) whose roster tells which families have answered, so that its answers count as theirs:
    # a new student's time to answer ends with it, and an opt-out of before that it no longer has.
    roster_answers_from: Annotated[tuple[Text, ...], BeforeValidator(_listed)] = ()
    # Whether the built-in detector counts faces.
    count_faces: bool = True
    # The face detector's model, `centerface.onnx`; without it the installed one.
    face_model: Annotated[Path, BeforeValidator(_written)] | None = None
    # How sure (0..1) the detector has to be: a lower value finds more faces, and more false ones.
    face_score: Annotated[float, Field(gt=0, le=1)] = 0.3
    # Whether a picture without names waits for a person to look at it, even if the detector found no face.
    pending_without_faces: bool = True
    # What makes tags complete without a person's look; `doctor` warns of `metadata`, which is a risk.
    complete_by: CompleteBy = "counted"
    # Further words in the district's files that say no, such as `no yearbook`.
    signs_of_no: Annotated[tuple[Text, ...], BeforeValidator(_listed)] = ()
    # Whether a person looks at each picture with a crowd: for districts with students under protection.
    crowd_needs_look: bool = False
    # Limits for reading the metadata of one file; a file that needs more is put on hold.
    metadata_seconds: Annotated[int, Field(ge=1, le=3600)] = 20
    metadata_megabytes: Annotated[int, Field(ge=256, le=65_536)] = 512
    # ExifTool as a further source of metadata: its path, or `true` for the one on the search path.
    exiftool: Annotated[str | None, BeforeValidator(_program)] = None
    # The file of libturbojpeg; without it the one in the wheel `turbojpeg`, or the system's.
    turbojpeg: Annotated[Path, BeforeValidator(_written)] | None = None
    # Limits for redacting one audio or video file; of a file that needs more no copy is made.
    redaction_seconds: Annotated[int, Field(ge=1, le=86_400)] = _LIMITS.seconds
    redaction_megabytes: Annotated[int, Field(ge=256, le=65_536)] = _LIMITS.megabytes
    # The gate's address for recipients, such as https://media.example.org: a link is this, `/s/` and the token.
    public_url: Annotated[str | None, BeforeValidator(_web_address)] = None
    # The district's mail server (SMTP), by which letters go out and the custodian hears of work; without a host none is sent.
    smtp_host: Text | None = None
    # 465 speaks TLS from the start. On any other port the server has to offer STARTTLS, unless it is this machine.
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    smtp_user: Text | None = None
    smtp_password: _Secret | None = None
    # The address that mails come from, such as records@example.org.
    smtp_sender: Annotated[str | None, AfterValidator(_mail_address)] = None
    # Where mails tell the custodian that work came in: addresses, with commas between. No mail names anybody.
    custodian_mail: Annotated[
        tuple[str, ...], BeforeValidator(_listed), AfterValidator(lambda given: tuple(map(_mail_address, given)))
    ] = ()
    # The address of the desk, which these mails link to.
    desk_url: Annotated[str | None, BeforeValidator(_web_address)] = None
    # Whether an account of the desk needs a second factor before it sees anything; the demo's accounts do without.
    desk_second_factor: bool = True
    # For how many days the access log keeps who looked at whose page at the desk; `never` deletes nothing.
    access_log_days: Annotated[Annotated[int, Field(ge=30)] | None, BeforeValidator(_or_never)] = 1_095
    # After so many hours somebody signs in to the desk again, whatever was done meanwhile.
    desk_session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    # The district's own sign-in (OpenID Connect): its issuer, as its discovery document names it, and what it gave the desk.
    desk_oidc_issuer: Annotated[str | None, BeforeValidator(_web_address)] = None
    desk_oidc_client_id: Text | None = None
    desk_oidc_client_secret: _Secret | None = None
    # What the button of the district's own sign-in calls it.
    desk_oidc_name: Text = "your district account"
    # What the desk asks the provider for; some tell of groups only where `groups` is among it.
    desk_oidc_scopes: Annotated[tuple[Text, ...], BeforeValidator(_listed)] = ("openid", "profile")
    # The claim that names somebody's groups, and the roles that each group gives; a group that is not named gives none.
    desk_oidc_groups: Text = "groups"
    desk_oidc_roles: Annotated[Mapping[str, tuple[DeskRole, ...]], BeforeValidator(_group_roles)] = Field(
        default_factory=dict
    )
    # Whether the provider's second factor counts: always (`provider`), where its token says that there was one (`amr`), or
    # never (`here`: the desk asks for its own).
    desk_oidc_second_factor: Literal["provider", "amr", "here"] = "amr"
    # The keys of hosts that ask over HTTP: NAME:whsec_…, with commas between; a NAME may have several while keys change.
    http_keys: _Secret | None = None
    # Whoever has this token reads `/metrics` of the service; without one there is no such address.
    metrics_token: _Key | None = None
    # The form of log lines on standard error: text for people, or JSON, one object a line.
    log: LogForm = "text"
    # The purposes that the district shares for, in its own words; all others are refused.
    purposes: Annotated[InstanceOf[PurposeList], BeforeValidator(_purposes)] = STARTER_PACK
    district: District = District()
    fees: Fees = Fees()
    letters: Letters = Letters()

    @classmethod
    def load(cls, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """Read `dam-plugin.toml` in `folder` (the current one) and the environment, which wins.

        A relative `rules`, `retention`, `face_model`, `turbojpeg` or `district.rulings` is taken from `folder`, where
        `rulings.toml` counts without being named. Raises SettingsError with every problem at once, one a line.
        """
        place = folder or Path()
        problems: list[str] = []
        from_file = _read_file(place / FILE_NAME, problems)
        from_environment = _Environment(cls, os.environ if environ is None else environ, problems)()
        merged = from_file | from_environment
        for table in _TABLES:
            if table in from_file and table in from_environment and isinstance(from_file[table], dict):
                merged[table] = from_file[table] | from_environment[table]
        loaded = cls._checked(merged, from_environment, problems, FILE_NAME)
        files = {name: getattr(loaded, name) for name in _FILES}
        update: dict[str, object] = {name: place / path for name, path in files.items() if path}
        update["district"] = _with_rulings(loaded.district, place)
        if loaded.letters.folder:
            update["letters"] = Letters(folder=place / loaded.letters.folder)
        return loaded.model_copy(update=update)

    @classmethod
    def policy_in(cls, path: Path) -> District:
        """Return what a file in the form of `dam-plugin.toml`, or the one in a folder, says of the district.

        Its purposes are named by the words of the file's own list. Only the file counts: the environment is not read.
        Its other settings are checked but not used. Raises SettingsError with every problem at once, also where the
        file or its table `[district]` is missing.
        """
        file = path / FILE_NAME if path.is_dir() else path
        if not file.exists():
            raise SettingsError(f"there is no file '{file}': write what the district's policy would be into it")
        problems: list[str] = []
        values = _read_file(file, problems)
        loaded = cls._checked(values, {}, problems, file.name)
        # Without the table every notice would be missing. Such a file is almost always a mistake.
        if "district" not in values:
            raise SettingsError(f"{file.name} has no table [district]: write what the district's policy would be there")
        limited = loaded.district.directory_limited_to
        words = limited and tuple(loaded.purposes.need_whole(each) for each in limited)
        return loaded.district.model_copy(update={"directory_limited_to": words})

    @classmethod
    def _checked(
        cls, values: Mapping[str, Any], from_environment: Mapping[str, Any], problems: list[str], file_name: str
    ) -> Self:
        """Return the settings of these values, or raise SettingsError with their problems after those found before."""
        loaded: Self | None = None
        try:
            loaded = cls(**values)
        except ValidationError as error:
            problems += [_sentence(detail, from_environment, file_name) for detail in error.errors(include_input=False)]
        if loaded is not None:
            problems += _unknown_limits(loaded, from_environment, file_name)
            problems += _half_a_provider(loaded)
        if loaded is None or problems:
            raise SettingsError("\n".join(problems))
        return loaded

    def need(self, *names: str) -> None:
        """Raise SettingsError if one of these settings (`bucket` or `BUCKET`) is not set, naming each."""
        missing = [PREFIX + name.upper() for name in names if getattr(self, name.lower()) is None]
        if missing:
            are = "is" if len(missing) == 1 else "are"
            raise SettingsError(
                f"{' and '.join(missing)} {are} not set: run `dam-plugin init`, "
                f"or set {'it' if are == 'is' else 'them'} in the environment or in {FILE_NAME}"
            )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing behind the caller's back: `load` brings the sources itself."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class SettingTold:
    """One setting as it may be shown: its name (`district.contact`), and whether the district set it.

    `value` is never that of a secret.
    """

    name: str
    is_set: bool
    is_secret: bool
    value: str


def settings_told(settings: Settings) -> list[SettingTold]:
    """Return each setting in the order of the file. Of a secret, and of an address that may hold a password, no value."""
    told = []
    for path in _paths():
        holder: BaseModel = getattr(settings, path[0]) if len(path) > 1 else settings
        field = type(holder).model_fields[path[-1]]
        value = getattr(holder, path[-1])
        is_secret = isinstance(value, SecretStr) or SecretStr in _types_in(field.annotation) or not field.repr
        is_set = value != field.get_default(call_default_factory=True)
        told.append(SettingTold(".".join(path), is_set, is_secret, "" if is_secret else _shown(value)))
    return told


def _types_in(annotation: object) -> Iterator[object]:
    yield annotation
    for each in get_args(annotation):
        yield from _types_in(each)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_shown(each)}" for name, each in value.items())
    if isinstance(value, PurposeList):
        return ", ".join(each.name for each in value.purposes)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# The tables of the file.
_TABLES: Mapping[str, type[BaseModel]] = {"district": District, "fees": Fees, "letters": Letters}


def rulings_in(path: Path | None, today: date) -> Rulings:
    """Return the rulings in a district's file, those built in where there is none.

    Raises SettingsError with every problem: with a file that has a mistake nothing is decided.
    """
    if path is None:
        return BUILT_IN
    try:
        if path.exists() and not path.is_file():
            raise SettingsError(f"the rulings '{path}' are no file: give a TOML file, or remove it")
        with path.open("rb") as file:
            return read_rulings(file.read(LARGEST_FILE + 1), name=path.name, today=today)
    except WrongRulings as error:
        problems = [str(each) for each in error.problems]
        raise SettingsError("\n".join(problems), problems, where="the district's rulings") from error
    except OSError as error:
        raise SettingsError(
            f"the rulings '{path}' cannot be read ({error.strerror}); check district.rulings"
        ) from error


class _Environment(PydanticBaseSettingsSource):
    """The variables of any mapping as nested values; unknown and empty ones become problems."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str], problems: list[str]) -> None:
        super().__init__(settings_cls)
        self._environ = environ
        self._problems = problems

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        value = self._environ.get(PREFIX + field_name.upper())
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        known = {_variable(path): path for path in _paths()}
        found: dict[str, Any] = {}
        for name in sorted(name for name in self._environ if name.upper().startswith(PREFIX)):
            value = self._environ[name]
            if name not in known:
                self._problems.append(_unknown(name, known, "the environment"))
            elif not value.strip():
                self._problems.append(f"{name} is empty: give it a value, or unset it")
            else:
                *tables, last = known[name]
                target = found.setdefault(tables[0], {}) if tables else found
                target[last] = value
        return found


def _with_rulings(district: District, place: Path) -> District:
    """Return what the district decided, with the file of its rulings where it is."""
    beside = place / RULINGS_NAME
    # Whatever lies there is meant: what is no file, or cannot be read, is told of once it is read.
    path = place / district.rulings if district.rulings else beside if os.path.lexists(beside) else None
    return district.model_copy(update={"rulings": path})


def _read_file(path: Path, problems: list[str]) -> dict[str, Any]:
    """Return what the file says of known keys; add a problem for each unknown key, or for a file that is no TOML."""
    if path.exists() and not path.is_file():
        problems.append(f"{path.name} is no file: put the settings there, or move it away")
        return {}
    try:
        values = dict(TomlConfigSettingsSource(Settings, toml_file=path).toml_data)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path.name} is not TOML: {error}")
        return {}
    except UnicodeDecodeError:
        problems.append(f"{path.name} is not UTF-8 text: save it as UTF-8")
        return {}
    except OSError as error:
        problems.append(f"{path.name} cannot be read: {error.strerror}")
        return {}
    known = {".".join(path): path for path in _paths()} | {table: (table,) for table in _TABLES}
    for key in [key for key in values if key not in known]:
        problems.append(_unknown(key, known, path.name))
        del values[key]
    for name in _TABLES:
        table = values.get(name)
        if not isinstance(table, dict):
            continue
        for key in [key for key in table if f"{name}.{key}" not in known]:
            problems.append(_unknown(f"{name}.{key}", known, path.name))
            del table[key]
    return values


def _unknown_limits(loaded: Settings, from_environment: Mapping[str, Any], file_name: str) -> Iterator[str]:
    """Yield a problem for each purpose of the directory policy that is none of the district's, or only a part of one."""
    told = loaded.district.directory_limited_to or ()
    is_variable = "directory_limited_to" in from_environment.get("district", {})
    name = _variable(_LIMITED_TO) if is_variable else f"{'.'.join(_LIMITED_TO)!r} in {file_name}"
    for each in told:
        if loaded.purposes.whole(each) is None:
            yield f"{name} has {each!r}, which {loaded.purposes.why_not(each)}"


def _half_a_provider(loaded: Settings) -> Iterator[str]:
    """Yield a problem for each setting of the district's own sign-in that is missing where another is set."""
    missing = [each for each in _OIDC if getattr(loaded, each) is None]
    if missing and (len(missing) < len(_OIDC) or loaded.desk_oidc_roles):
        yield from (
            f"{_variable((each,))} is missing: the district's own sign-in needs all of its settings" for each in missing
        )


def _paths() -> Iterator[tuple[str, ...]]:
    for name in Settings.model_fields:
        if name in _TABLES:
            yield from ((name, inner) for inner in _TABLES[name].model_fields)
        else:
            yield (name,)


def _variable(path: tuple[str, ...]) -> str:
    return PREFIX + _NESTED.join(path).upper()


def _unknown(name: str, known: Mapping[str, object], where: str) -> str:
    folded = {_own_part(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(_own_part(name), folded, n=1, cutoff=0.7)
    hint = f"; did you mean {folded[close[0]]!r}?" if close else ": remove it"
    return f"{name!r} in {where} is not known here{hint}"


def _own_part(name: str) -> str:
    shared = _SHARED.match(name)
    return name[shared.end() if shared else 0 :].casefold()


def _sentence(error: ErrorDetails, from_environment: Mapping[str, Any], file_name: str) -> str:
    loc = [str(part) for part in error["loc"]]
    path = next((known for known in _paths() if list(known) == loc[: len(known)]), tuple(loc))
    value: Any = from_environment
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    name = f"{'.'.join(path)!r} in {file_name}" if value is None else _variable(path)
    message = error["msg"].removeprefix("Input ").strip()
    return f"{name} {message[0].lower()}{message[1:]}"
