"""`share` and `break-glass`: one attempt, its answer in words, and the link. Exit 3 denied, 4 referred."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from dam_plugin.cli.context import As, Attached, actor_of, attached, recipient_of
from dam_plugin.cli.output import STYLES, AsJson, print_json, print_table, say
from dam_plugin.errors import CaseError, InputError
from dam_plugin.model import Decision, Outcome, Share, ShareKind
from dam_plugin.procedure.clauses import remedy, source
from dam_plugin.procedure.reading import MAX_TEXT, decision_object, read_yaml, text_of
from dam_plugin.purposes import EVERYDAY_PURPOSES

if TYPE_CHECKING:
    from dam_plugin.sharing import Answer

EXIT_CODES = {Outcome.ALLOW: 0, Outcome.REDACT: 0, Outcome.DENY: 3, Outcome.REFER: 4}

To = Annotated[str, typer.Option("--to", metavar="ROLE:ID", help="Who would receive it, e.g. parent:G-… or public.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The recording's key in the bucket.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(share)
    app.command("break-glass")(break_glass)


def share(
    key: Key,
    to: To,
    purpose: Annotated[str, typer.Option("--purpose", help="What for, e.g. yearbook, website, inspection.")],
    kind: Annotated[str, typer.Option("--kind", help="request, or publication by the district.")] = "request",
    as_: As = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="STUDENT", help="A student asked for by name (repeatable).")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="The evidence block of a case (YAML or JSON).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a share: it is decided, carried out, and recorded."""
    if kind not in ("request", "publication"):
        raise typer.BadParameter(f"'{kind}' is neither request nor publication")
    if not purpose.strip():
        raise typer.BadParameter("--purpose must not be blank")
    request = Share(
        id="",
        asset_key=key,
        kind=cast("ShareKind", kind),
        purpose=purpose,
        actor=actor_of(as_),
        recipient=recipient_of(to),
        names=tuple(name or ()),
        evidence=_evidence(evidence),
    )
    if request.kind == "publication" and request.recipient.role != "public":
        raise typer.BadParameter("a publication goes to 'public'; share with others as a request")
    with attached() as at:
        _warn_of_unknown_purpose(at, request.purpose)
        _carry_out(at, request, as_json=as_json)


def break_glass(
    key: Key,
    to: To,
    threat: Annotated[str, typer.Option("--threat", help="The threat to health or safety, in words.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Release a recording in a health or safety emergency: nothing stands in its way, and it cannot be hidden."""
    if not threat.strip():
        raise typer.BadParameter("--threat must say what the threat is")
    request = Share(
        id="",
        asset_key=key,
        kind="request",
        purpose="emergency",
        actor=actor_of(as_),
        recipient=recipient_of(to),
        evidence={"emergency": {"threat": threat, "recipient_needs_it": True}},
    )
    with attached() as at:
        _carry_out(at, request, as_json=as_json)


def reasons_of(decision: Decision, request: Share) -> list[dict[str, Any]]:
    """Return the reasons as plain objects, each with where its clause stands and what a person can do."""
    party = request.recipient.id or request.recipient.role
    return [
        {
            **each,
            "source": source(each["clause"]),
            "remedy": remedy(each["clause"], purpose=request.purpose, party=party),
        }
        for each in decision_object(request.id, decision)["reasons"]
    ]


def print_reasons(decision: Decision, request: Share) -> None:
    """Print the outcome and its reasons for a person."""
    say(decision.outcome.word, STYLES[decision.outcome.word])
    shown = {"clause": "clause", "text": "reason", "source": "where it stands"}
    if decision.outcome > Outcome.REDACT:
        shown["remedy"] = "what can be done"
    rows = [[each[name] for name in shown] for each in reasons_of(decision, request)]
    print_table("Why", list(shown.values()), rows)


def _carry_out(at: Attached, request: Share, *, as_json: bool) -> None:
    answer = at.hook.share_requested(share=request)
    decision, request = answer.decision, answer.share
    if as_json:
        made = {
            "share": request.id,
            "key": request.asset_key,
            **{k: v for k, v in decision_object(request.id, decision).items() if k not in ("id", "reasons")},
            "reasons": reasons_of(decision, request),
            "link": answer.link.id if answer.link else None,
            "token": answer.token,
            "expires_at": answer.link.expires_at if answer.link else None,
            "release": {"id": answer.release.id, "key": answer.release.key, "sha256": answer.release.sha256}
            if answer.release
            else None,
            "facts": _facts(answer),
            "notice": answer.notice,
        }
        print_json(made)
    else:
        print_reasons(decision, request)
        for fact in _facts(answer):
            say(f"The copy: {fact}")
        if answer.token and answer.link:
            until = answer.link.expires_at.astimezone()
            say(f"Link {answer.link.id}, good until {until:%Y-%m-%d}. Its token is shown this once:")
            say(answer.token)
            say("Open it with: dam-plugin open TOKEN")
        if answer.notice:
            say(f"Tell the recipient: {answer.notice}")
    raise typer.Exit(EXIT_CODES[decision.outcome])


def _facts(answer: Answer) -> list[str]:
    """Return what the plan of the copy says, for whoever judges what hiding does to the meaning."""
    facts: list[str] = answer.release.proof.get("facts", []) if answer.release else []
    return facts


def _evidence(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    with path.open("rb") as file:
        data = file.read(MAX_TEXT + 1)
    try:
        raw = read_yaml(text_of(data, name=str(path)), name=str(path))
    except CaseError as error:
        raise InputError(error.problems[0].placed_message) from error
    if isinstance(raw, dict) and set(raw) == {"evidence"}:
        raw = raw["evidence"]
    if not isinstance(raw, dict):
        raise InputError(f"'{path}' must hold a mapping, as the block `evidence` of a case does")
    return raw


def _warn_of_unknown_purpose(at: Attached, purpose: str) -> None:
    with at.services.store.reading() as unit:
        known = EVERYDAY_PURPOSES | unit.people.purposes_in_use()
    known |= set(at.services.settings.district.directory_limited_to or ())
    if purpose not in known:
        typer.echo(f"note: no setting, opt-out or consent speaks of the purpose '{purpose}'", err=True)
