"""Helpers that commands share: the plugin manager and services, options for roles and days, the system's user."""

from __future__ import annotations

import getpass
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, get_type_hints

import typer

from dam_plugin.cli.output import say_note, use_zone
from dam_plugin.cli.start import loading
from dam_plugin.errors import DamPluginError
from dam_plugin.model import ACTOR_ROLES, CUSTODIANS, RECIPIENT_ROLES, Actor, ActorRole, Recipient
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.outside_words import LANGUAGES, Language
from dam_plugin.telemetry import logs, spans

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from dam_hooks import Manager
    from dam_plugin.services import Services
    from dam_plugin.sharing.finding_kinds import EvidenceFile
    from dam_plugin.store import SystemUser


D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Attached:
    """The plugin manager and the services behind it."""

    manager: Manager
    services: Services

    @property
    def hook(self) -> Any:  # noqa: ANN401 - pluggy's hook relay has no types
        """The hooks, for calls like a host's."""
        return self.manager.hook


@contextmanager
def attached(*, makes_up: bool = True) -> Iterator[Attached]:
    """Build the plugin manager from the settings; close database and connections at the end.

    With `makes_up` it also finishes, beside the command, the work of a killed process (`pending_work`). Raises OtherSchema at
    the end where another version changed the tables meanwhile, whatever else the block raised or answered.
    """
    with loading():
        from dam_hooks import manager, services_of

        pm = manager()
        services = services_of(pm)
    use_zone(services.settings.district.time_zone)
    logs.use(services.settings.log)
    try:
        from dam_plugin.admin.pending_work import doing_work_left_behind

        with (
            _seen_from_outside(pm, lasts=not makes_up),
            doing_work_left_behind(services) if makes_up else nullcontext(),
        ):
            yield Attached(pm, services)
    except DamPluginError:
        if services.store.outdated is None:
            raise
        raise services.store.outdated from None
    finally:
        services.store.close()
        services.library.close()
    if services.store.outdated is not None:
        # What the command would say of its work is not to be relied on: some of it was refused.
        raise services.store.outdated


def _seen_from_outside(pm: Manager, *, lasts: bool) -> AbstractContextManager[None]:
    """Send spans and figures to the collector of OpenTelemetry's settings, if there is one, until the block ends.

    What is on file is measured by a process that lasts; another one tells what it did itself.
    """
    if not spans.is_asked_for():
        return nullcontext()
    with loading():
        from dam_hooks.figures import sending
        from dam_plugin.telemetry import otlp

        if not otlp.is_installed():
            if lasts:
                say_note(f"{spans.ENDPOINT} is set, and the extra `otel` is missing: pip install 'dam-plugin[otel]'")
            return nullcontext()
        return sending(pm, lasts=lasts)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let commands share options that a dataclass declares: each of its fields becomes an option of the command.

    The command takes the dataclass as one parameter, and gets it filled.
    """
    hints = get_type_hints(command, include_extras=True)
    taken: dict[str, type[DataclassInstance]] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if isinstance(shared := hints[name], type) and is_dataclass(shared):
            taken[name] = shared
            parameters += _options_of(shared)
        else:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def run(**given: object) -> None:
        for name, shared in taken.items():
            given[name] = shared(**{each.name: given.pop(each.name) for each in fields(shared)})
        command(**given)

    signature = inspect.Signature(parameters)
    run.__signature__ = signature  # type: ignore[attr-defined]  # typer asks for it by `inspect.signature`
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _options_of(shared: type[DataclassInstance]) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(shared, include_extras=True)
    for each in fields(shared):
        default = inspect.Parameter.empty if each.default is MISSING else each.default
        yield inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[each.name])


def actor_of(text: str | None) -> Actor:
    """Return the actor written ROLE:ID; without one, media staff under the name of the system's user."""
    if text is None:
        return Actor("media_staff", getpass.getuser())
    role, name = _role(text, ACTOR_ROLES)
    return Actor(cast("ActorRole", role), name)


def require_keeper_if(as_: str | None, *, sealed: bool) -> None:
    """Raise InputError where what is sealed is asked for by another than the custodian, BadParameter for a needless --as."""
    from dam_plugin.custodian.sealed_book import require_keeper

    if sealed:
        require_keeper(actor_of(as_))
    elif as_ is not None:
        raise typer.BadParameter("--as belongs to --sealed here: leave it out, or add --sealed")


def system_user() -> SystemUser:
    """Return the operating system's user of this process, by number if there is one and not by the environment."""
    from dam_plugin.store import SystemUser

    try:
        import pwd
    except ImportError:
        name = getpass.getuser()
        return SystemUser(name, name)
    number = os.getuid()
    try:
        return SystemUser(str(number), pwd.getpwuid(number).pw_name)
    except KeyError:
        return SystemUser(str(number), str(number))


def kept_paper(services: Services, path: Path | None) -> EvidenceFile | None:
    """Put a copy of a paper into the bucket, where the plugin alone reads it; None without one. Raises InputError."""
    if path is None:
        return None
    from dam_plugin.custodian.evidence_files import MOST_BYTES, keep_file

    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    return keep_file(services, content)


def kept_digest(services: Services, path: Path | None) -> str | None:
    """Put a copy of a paper into the bucket as `kept_paper` does; return its SHA-256, in hex. Raises InputError."""
    paper = kept_paper(services, path)
    return paper.sha256 if paper else None


def recipient_of(text: str) -> Recipient:
    """Return the recipient written ROLE:ID (`public` alone will do)."""
    role, name = _role(text, RECIPIENT_ROLES)
    return Recipient(role, name or (role if role == "public" else None))


def recipient_text(recipient: Recipient) -> str:
    """Return a recipient as text, in the form that `recipient_of` reads."""
    return ":".join(part for part in (recipient.role, recipient.id) if part)


def is_custodian_reading(as_: str | None) -> bool:
    """Whether the custodian or a designee reads, who alone is told who is protected and whom a court order limits."""
    return as_ is not None and actor_of(as_).role in CUSTODIANS


def shown_recipient(as_: str | None, recipient: Recipient) -> str:
    """Return a recipient as a list shows it to somebody: a new school tells where a student is, who may be protected."""
    from dam_plugin.procedure.exceptions import OTHER_SCHOOL

    shows_role_only = recipient.role == OTHER_SCHOOL.id and not is_custodian_reading(as_)
    return recipient.role if shows_role_only else recipient_text(recipient)


def language_of(text: str) -> Language:
    """Return the language of a letter or a record. Raises BadParameter for another than we write."""
    if text not in LANGUAGES:
        raise typer.BadParameter(f"'{text}' is no language of letters (one of {', '.join(LANGUAGES)})")
    return text


def listed(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the ids of a repeatable option, each once; an option may have several ids, separated by commas."""
    return tuple(dict.fromkeys(each.strip() for text in texts or () for each in text.split(",") if each.strip()))


def day_of(text: str | None, default: D) -> date | D:
    """Return a day written YYYY-MM-DD; without a text the default."""
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a day; write it as YYYY-MM-DD") from None


def moment_of(text: str, now: datetime) -> datetime:
    """Return a moment written YYYY-MM-DD (its beginning), or with HH:MM, in the district's zone unless it names one."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no moment; write it YYYY-MM-DD, or 'YYYY-MM-DD HH:MM'") from None
    return moment.replace(tzinfo=now.tzinfo) if moment.tzinfo is None else moment


def _role(text: str, known: tuple[str, ...]) -> tuple[str, str | None]:
    role, _, name = text.partition(":")
    if role not in known:
        hint = Hints().hint_of_value(role, known)
        raise typer.BadParameter(f"'{role}' is no role here{hint} (one of {', '.join(known)})")
    return role, name.strip() or None


Sealed = Annotated[
    bool,
    typer.Option(
        "--sealed", help="What is under an order that forbids telling: for the custodian alone (--as custodian:NAME)."
    ),
]
NotAbout = Annotated[
    list[str] | None,
    typer.Option(
        "--not-about",
        metavar="R-…|S-…|ds-…|KEY",
        help="You looked, and it is not about this recording, this destroyed one (ds-…), or with no-such-record and "
        "referred-elsewhere this student (repeatable).",
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="ROLE:ID", help=f"Who acts: {', '.join(ACTOR_ROLES)} (default: media_staff, you)."),
]
