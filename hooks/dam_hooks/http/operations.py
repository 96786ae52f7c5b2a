"""What a host can ask: events, shares, revocations, tags, explanations, and the custodian's queue.

An operation only calls a hook or a use case and says what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from dam_hooks.http import bodies, queue_operations
from dam_hooks.http.idempotency import Done
from dam_hooks.http.operation import Asking, Operation, done
from dam_plugin.errors import NOT_IN_LIBRARY, CaseError, UnknownThing
from dam_plugin.gate import close_links
from dam_plugin.gate.close_links import OUT_OF_REACH, Opened
from dam_plugin.model import AssetEvent, Outcome
from dam_plugin.procedure.explain import explain
from dam_plugin.procedure.told import Explanation
from dam_plugin.services import Services
from dam_plugin.sharing.hold_copies import Settled
from dam_plugin.sharing.json_output import AssetTold, DecisionTold, ShareTold, asset_told, decision_told, share_told
from dam_plugin.sharing.share import case_for
from dam_plugin.sharing.third_parties import reviewed
from dam_plugin.sharing.wording import asked_by_word, checked
from dam_plugin.store import StoredAsset

SHARE_STATUSES = {Outcome.ALLOW: 201, Outcome.REDACT: 201, Outcome.REFER: 202, Outcome.DENY: 403}


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """What is kept after an event: the recording (null: it is none, or it is gone), and whether one was forgotten."""

    asset: AssetTold | None
    forgotten: bool


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """The links that were closed, what became of their copies, who had opened them, and what nobody can take back."""

    closed: tuple[str, ...]
    copies: Settled
    opened: tuple[Opened, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ExplanationAnswer:
    """How a share would be decided now, other plugins asked, and the whole way of the procedure to its own answer."""

    decision: DecisionTold
    explanation: Explanation


def handle_event(asking: Asking, body: bodies.EventBody) -> Done:
    """Take in what was stored, or forget what was deleted."""
    event = bodies.made(AssetEvent, body.data)
    if body.type == "asset.deleted":
        return done(200, EventAnswer(None, bool(asking.hook.asset_deleted(event=event))))
    hook = asking.hook.asset_uploaded if body.type == "asset.uploaded" else asking.hook.asset_replaced
    stored = hook(event=event)
    return done(200, EventAnswer(_asset(asking.services, stored) if stored else None, forgotten=False))


def show_tags(asking: Asking, body: bodies.TagsBody) -> Done:
    """Return what is kept of a recording."""
    with asking.services.store.reading() as unit:
        stored = unit.assets.need(body.data.key)
    return done(200, _asset(asking.services, stored))


def ask_share(asking: Asking, body: bodies.ShareBody) -> Done:
    """Decide a share and carry it out."""
    with _evidence_within_data():
        answer = asking.hook.share_requested(share=body.data.share)
    return done(SHARE_STATUSES[answer.decision.outcome], share_told(answer, asking.services.settings))


def explain_share(asking: Asking, body: bodies.ExplanationBody) -> Done:
    """Return how a share would be decided; nothing is carried out, and nothing recorded."""
    # No share comes of it, so it has no id of one.
    services = asking.services
    request = replace(asked_by_word(checked(body.data.share), services.settings.purposes), id="explained")
    with _evidence_within_data():
        basis = case_for(services, request)
    decision = reviewed(services, request, basis.case, basis.decision())
    told = decision_told(decision, request.purpose, request.recipient)
    return done(200, ExplanationAnswer(told, explain(basis.case)))


@contextmanager
def _evidence_within_data() -> Iterator[None]:
    """Tell the problems of a case by the paths under which the host sent what they are about."""
    try:
        yield
    except CaseError as error:
        problems = [replace(each, path=f"data.{each.path.removeprefix('share.')}") for each in error.problems]
        raise CaseError(problems, error.case_id) from None


def revoke(asking: Asking, body: bodies.RevocationBody) -> Done:
    """Take links back."""
    named, services = body.data, asking.services
    closed = close_links.revoke(services, link=named.link, key=named.key, student=named.student)
    if not closed:
        _require_known(services, named)
    links = tuple(link.id for link in closed)
    return done(200, RevocationAnswer(links, closed.copies, closed.opened, OUT_OF_REACH))


def _require_known(services: Services, named: bodies.LinksNamed) -> None:
    """Tell a misspelt name from one that has no links: whoever takes a link back must not believe that it is closed."""
    with services.store.reading() as unit:
        if named.key is not None and unit.assets.current(named.key) is None:
            raise UnknownThing(NOT_IN_LIBRARY)
        if named.student is not None:
            unit.people.need(named.student)


def _asset(services: Services, stored: StoredAsset) -> AssetTold:
    return asset_told(stored, services.library.tags(stored.asset.key, stored.asset.version_id))


_KEPT = (AssetTold, "What is kept of the recording, as `dam-plugin tags --json` shows it")
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        "/v1/events",
        "event",
        "An upload was stored, replaced or deleted",
        bodies.EventBody,
        {200: (EventAnswer, "What is kept after it; twice or late, it changes nothing")},
        handle_event,
    ),
    Operation(
        "/v1/shares",
        "share",
        "A share is asked for: it is decided, carried out and recorded",
        bodies.ShareBody,
        {
            201: (ShareTold, "Released (`allow`, or `redact`: somebody is hidden in it): the link"),
            202: (ShareTold, "Nothing released: it waits for the records custodian (`refer`)"),
            403: (ShareTold, "Nothing released (`deny`): the reasons"),
        },
        ask_share,
    ),
    Operation(
        "/v1/revocations",
        "revocation",
        "A link, every link of a recording, or every link to a student is taken back",
        bodies.RevocationBody,
        {200: (RevocationAnswer, "Closed: from now on they open nothing")},
        revoke,
    ),
    Operation(
        "/v1/tags",
        "tags",
        "The tags of a recording, each with its reason",
        bodies.TagsBody,
        {200: _KEPT},
        show_tags,
        changes=False,
    ),
    Operation(
        "/v1/explanations",
        "explanation",
        "How a share would be decided now, and why; nothing is carried out or recorded",
        bodies.ExplanationBody,
        {200: (ExplanationAnswer, "The decision, and the whole way to it")},
        explain_share,
        changes=False,
    ),
    *queue_operations.OPERATIONS,
)
