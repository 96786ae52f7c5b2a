"""The host hooks answered by the use cases, third parties asked one by one, and `manager()`, which puts both together.

Third parties come from the entry-point group `dam_plugin`. Each is loaded by itself, so that a broken one is named.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import date
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, TypeVar

import pluggy

from dam_hooks.custodian_mail import MAIL
from dam_hooks.custodian_mail import built_in as mail_of
from dam_hooks.faces import FACES, built_in
from dam_hooks.specs import FOR_THIRD_PARTIES, FROM_HOST, PROJECT, HostHooks, PluginHooks, hookimpl
from dam_plugin.errors import PluginError
from dam_plugin.gate import close_links, open_link
from dam_plugin.gate.open_link import Opening
from dam_plugin.intake import events
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
from dam_plugin.private_files import workroom
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import PluginAnswer, Services, ThirdParties, assemble
from dam_plugin.settings import Settings
from dam_plugin.sharing import share as sharing
from dam_plugin.sharing.preview import Preview, preview_share
from dam_plugin.sharing.share import Answer
from dam_plugin.store import StoredAsset
from dam_plugin.store.codec import adapter_of
from dam_plugin.store.jobs import Job

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

log = logging.getLogger(__name__)

GROUP = "dam_plugin"
OURS = "dam-plugin"
# The result of `manager()`; a host calls its `hook`.
Manager: TypeAlias = pluggy.PluginManager
T = TypeVar("T")
D = TypeVar("D", bound="DataclassInstance")


class DamPlugin:
    """The host hooks, answered by the use cases."""

    def __init__(self, services: Services) -> None:
        """Take the services that every use case works with."""
        self.services = services

    @hookimpl(tryfirst=True)
    def asset_uploaded(self, event: AssetEvent) -> StoredAsset | None:
        """Tag the upload."""
        return events.take_in(self.services, event)

    @hookimpl(tryfirst=True)
    def asset_replaced(self, event: AssetEvent) -> StoredAsset | None:
        """Tag the new version; taking it in closes the links of the one before."""
        return events.take_in(self.services, event)

    @hookimpl(tryfirst=True)
    def deletion_requested(self, key: str) -> str | None:
        """Say why the asset may not be deleted, if it is held."""
        return events.why_kept(self.services, key)

    @hookimpl(tryfirst=True)
    def asset_deleted(self, event: AssetEvent) -> bool:
        """Forget the asset unless the bucket still has it; undo the deletion of a held asset."""
        return events.forget_if_gone(self.services, event.key, event.version_id)

    @hookimpl(tryfirst=True)
    def share_requested(self, share: Share) -> Answer:
        """Decide the share on what the bucket holds now, announced or not, and carry it out."""
        events.look_up(self.services, share.asset_key)
        return sharing.share(self.services, share)

    @hookimpl(tryfirst=True)
    def share_explained(self, share: Share, folder: Path | None) -> Preview:
        """Answer the share on what the bucket holds now, and undo all of it; a copy stays in the folder, where one is given."""
        events.look_up(self.services, share.asset_key)
        with nullcontext(folder) if folder is not None else workroom() as place:
            return preview_share(self.services, share, place)

    @hookimpl(tryfirst=True)
    def share_opened(self, token: str) -> Opening:
        """Decide the link again and open it."""
        return open_link.open_link(self.services, token)

    @hookimpl(tryfirst=True)
    def share_revoked(self, link_id: str | None, key: str | None, student: str | None) -> int:
        """Close the links."""
        return len(close_links.revoke(self.services, link=link_id, key=key, student=student))


class PluginVoices:
    """The third parties of a plugin manager, asked one by one: pluggy itself stops at the first exception."""

    def __init__(self, manager: pluggy.PluginManager, versions: Mapping[str, str] | None = None) -> None:
        """Take the manager whose plugins are asked, and the versions of their packages by the plugins' names."""
        self._manager = manager
        self._versions = versions or {}

    def read_metadata(self, file: BinaryIO, name: str, media_type: str) -> Sequence[PluginAnswer[Facts]]:
        """Ask each for its reading, from the file's beginning."""
        return self._ask("read_metadata", _one(Facts), file=file, name=name, media_type=media_type)

    def propose_findings(self, key: str, facts: Facts) -> Sequence[PluginAnswer[Sequence[Finding]]]:
        """Ask each for its findings."""
        return self._ask("propose_findings", _several(Finding), key=key, facts=facts)

    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[PluginAnswer[Sequence[Region]]]:
        """Ask each where people are."""
        return self._ask("find_people", _several(Region), file=file, media_type=media_type)

    def who_answers(self, *hooks: str) -> Sequence[str]:
        """Return `name version` of each third party that answers one of the hooks; the name alone where no version is known."""
        names = {name for hook in hooks for name, _ in self._callers(hook)}
        return sorted(f"{name} {self._versions.get(name, '')}".rstrip() for name in names)

    @property
    def redacts(self) -> bool:
        """Whether a third party answers `redact_media`."""
        return any(True for _ in self._callers("redact_media"))

    def redact_media(
        self, file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> Sequence[PluginAnswer[bytes]]:
        """Ask each for its copy, from the file's beginning."""
        return self._ask(
            "redact_media", _content, file=file, media_type=media_type, boxes=tuple(boxes), intervals=tuple(intervals)
        )

    def load_roster(self, plugin: str, pseudonyms: Pseudonyms) -> Sequence[PluginAnswer[RosterImport]]:
        """Ask the third party of this name alone for its roster."""
        return self._ask("load_roster", _one(RosterImport), only=plugin, plugin=plugin, pseudonyms=pseudonyms)

    def review_decision(self, share: Share, decision: Decision) -> Sequence[PluginAnswer[Review]]:
        """Ask each whether the decision should be stricter."""
        return self._ask("review_decision", _one(Review), share=share, decision=decision)

    def decision_made(self, share: Share, decision: Decision) -> None:
        """Tell each of the decision; an observer's failure is logged and changes nothing."""
        self._ask("decision_made", _anything, share=share, decision=decision)

    def disclosure_recorded(self, entry: LedgerEntry, share: Share) -> None:
        """Tell each of the disclosure."""
        self._ask("disclosure_recorded", _anything, entry=entry, share=share)

    def referral_opened(self, referral: Referral, share: Share) -> None:
        """Tell each of the work."""
        self._ask("referral_opened", _anything, referral=referral, share=share)

    def notify(self, person: str, message: str) -> Sequence[PluginAnswer[bool]]:
        """Ask each to tell the person."""
        return self._ask("notify", _yes_or_no, person=person, message=message)

    def purge(self, keys: Sequence[str]) -> Sequence[PluginAnswer[bool]]:
        """Ask each to empty its cache."""
        return self._ask("purge", _yes_or_no, keys=tuple(keys))

    def _ask(
        self, hook: str, check: Callable[[object], T], *, only: str | None = None, **arguments: object
    ) -> list[PluginAnswer[T]]:
        """Return what each third party (or `only` one) answered, or its failure; one that answers None is left out."""
        heard: list[PluginAnswer[T]] = []
        for name, caller in self._callers(hook):
            if only not in (None, name):
                continue
            try:
                answers = [check(answer) for answer in _call(caller, arguments)]
            except _DoesNotFit as error:
                heard.append(PluginAnswer(name, error=_failed(hook, name, f"answered {error}")))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything: the strictest answer
                heard.append(PluginAnswer(name, error=_failed(hook, name, f"raised {type(error).__name__}")))
            else:
                heard += [PluginAnswer(name, answer) for answer in answers]
        return heard

    def _callers(self, hook: str) -> Iterator[tuple[str, pluggy.HookCaller]]:
        plugins = self._manager.list_name_plugin()
        for name, _ in plugins:
            others = [plugin for other, plugin in plugins if other != name and plugin is not None]
            caller = self._manager.subset_hook_caller(hook, others)
            if caller.get_hookimpls():
                yield name, caller


def manager(settings: Settings | None = None, *, services: Services | None = None) -> Manager:
    """Build the plugin manager: our hooks, then every installed third party, checked.

    Takes the settings of the environment when none are given; of services that are given, the voices are replaced.
    Raises PluginError with the name of a plugin that cannot be imported, has a hook that does not exist, or answers a
    host's hook; SettingsError for settings that are missing, or for another face model than the one we know.
    """
    pm = pluggy.PluginManager(PROJECT)
    pm.add_hookspecs(HostHooks)
    pm.add_hookspecs(PluginHooks)
    installed = sorted(entry_points(group=GROUP), key=lambda each: each.name)
    for entry_point in installed:
        _register(pm, entry_point)
    third_parties: ThirdParties = PluginVoices(pm, {each.name: each.dist.version for each in installed if each.dist})
    if services is None:
        settings = settings or Settings.load()
        services = replace(assemble(settings, third_parties), announce_job=_job_announcer(settings))
    attached = replace(services, third_parties=third_parties)
    if (faces := built_in(attached.settings)) is not None:
        pm.register(faces, name=FACES)
    if (mail := mail_of(attached)) is not None:
        pm.register(mail, name=MAIL)
    pm.register(DamPlugin(attached), name=OURS)
    pm.check_pending()
    return pm


def _job_announcer(settings: Settings) -> Callable[[Job], None] | None:
    """Return what tells Celery of a new job; None without a broker, and without the extra `scale`."""
    if settings.broker_url is None or find_spec("celery") is None:
        return None

    def announce(job: Job) -> None:
        # A large library, which few processes need.
        from dam_hooks import celery_app  # noqa: PLC0415

        celery_app.announce(settings, job)

    return announce


def services_of(pm: pluggy.PluginManager) -> Services:
    """Return the services behind a manager that `manager()` built."""
    plugin = pm.get_plugin(OURS)
    if not isinstance(plugin, DamPlugin):
        raise PluginError("this plugin manager was not built by dam_hooks.manager()")
    return plugin.services


def _register(pm: pluggy.PluginManager, entry_point: EntryPoint) -> None:
    name = entry_point.name
    try:
        plugin = entry_point.load()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the plugin '{name}' ({entry_point.value}) cannot be imported ({type(error).__name__}): mend or uninstall it"
        ) from error
    if name in (OURS, FACES, MAIL) or pm.has_plugin(name) or pm.is_registered(plugin):
        raise PluginError(f"the plugin '{name}' ({entry_point.value}) is there already: give it a name of its own")
    try:
        pm.register(plugin, name=name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"the plugin '{name}' does not fit: {_one_line(error)}; see docs/hooks.md") from error
    _check_hooks(name, pm.get_hookcallers(plugin) or [])


def _check_hooks(name: str, hooks: Sequence[pluggy.HookCaller]) -> None:
    if not hooks:
        raise PluginError(f"the plugin '{name}' has no hooks: mark them with dam_hooks.hookimpl, or uninstall it")
    for hook in hooks:
        if hook.name in FROM_HOST:
            raise PluginError(
                f"the plugin '{name}' answers '{hook.name}', which only dam-plugin does: see docs/hooks.md"
            )
        if not hook.has_spec() and not all(each.optionalhook for each in hook.get_hookimpls()):
            close = get_close_matches(hook.name, FOR_THIRD_PARTIES, n=1)
            hint = f"did you mean '{close[0]}'?" if close else "see docs/hooks.md"
            raise PluginError(f"the plugin '{name}' has a hook '{hook.name}' that does not exist; {hint}")


class _DoesNotFit(Exception):
    """An answer that is not what the hook returns; the text says what it was instead."""


def _call(caller: pluggy.HookCaller, arguments: dict[str, Any]) -> list[object]:
    """Return the answers of one third party, which is given copies: what it does to them changes nothing."""
    given = {name: value if name == "file" else deepcopy(value) for name, value in arguments.items()}
    if "file" in given:
        given["file"].seek(0)
    answers: list[object] = caller(**given)
    return answers


def _one(kind: type[D]) -> Callable[[object], D]:
    def check(answer: object) -> D:
        if not isinstance(answer, kind):
            raise _DoesNotFit(f"a {type(answer).__name__}")
        try:
            # Python checks no field of a dataclass: written as JSON and read again, each has its type and no NaN.
            return adapter_of(kind).validate_json(json.dumps(asdict(answer), allow_nan=False, default=_written))
        except (TypeError, ValueError) as error:
            raise _DoesNotFit(f"a {kind.__name__} with a field that does not fit") from error

    return check


def _several(kind: type[D]) -> Callable[[object], Sequence[D]]:
    one = _one(kind)

    def check(answer: object) -> Sequence[D]:
        if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
            raise _DoesNotFit(f"a {type(answer).__name__}")
        return [one(each) for each in answer]

    return check


def _content(answer: object) -> bytes:
    if not isinstance(answer, bytes):
        raise _DoesNotFit(f"a {type(answer).__name__}")
    return answer


def _yes_or_no(answer: object) -> bool:
    if not isinstance(answer, bool):
        raise _DoesNotFit(f"a {type(answer).__name__}")
    return answer


def _written(value: object) -> str:
    # The days of a roster; `default` is asked for whatever JSON does not have.
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError("not plain data")


def _anything(answer: object) -> object:
    return answer


def _failed(hook: str, plugin: str, what: str) -> str:
    error_id = secrets.token_hex(4)
    log.error("plugin %s %s in %s, error %s", plugin, what, hook, error_id)
    return error_id


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
