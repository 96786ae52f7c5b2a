"""`tags`, `tag`, `review`: what the plugin holds about a recording, and a person's look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from dam_plugin.cli.appearances import appearance_of, told
from dam_plugin.cli.context import As, Attached, actor_of, attached
from dam_plugin.cli.output import AsJson, Columns, print_json, print_result, print_rows, print_table, say
from dam_plugin.model import Look, OfficialUse
from dam_tagging.facts import DirectoryStatus, OfficialPurpose, Prominence

if TYPE_CHECKING:
    from dam_plugin.intake.loosen import Waiting
    from dam_plugin.store import StoredAsset


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (tags, tag, review, loosen):
        app.command()(command)


def tags(
    key: Annotated[str, typer.Argument(metavar="KEY")],
    names: Annotated[bool, typer.Option("--names", help="Show students' names instead of their pseudonyms.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the plugin holds about a recording, with the reason for each tag."""
    from dam_plugin.sharing.json_output import asset_told

    with attached() as at:
        stored = _current(at, key)
        object_tags = at.services.library.tags(stored.asset.key, stored.asset.version_id)
        shown = _names(at, stored) if names else {}
    tagging = stored.tagging
    ground = f" ({tagging.ground})" if tagging.ground else ""
    if as_json:
        made = asdict(asset_told(stored, object_tags))
        for each in made["appearances"]:
            each["student"] = shown.get(each["student"], each["student"])
        print_json(made)
        return
    say(
        f"{key}: tagging {tagging.state}{ground}; directory information: {tagging.directory_status}; "
        f"object tag dam-release={object_tags.get('dam-release')}"
    )
    print_table(
        "Who is in it",
        ("student", "prominence", "where and when", "from"),
        [
            (shown.get(a.student, a.student), a.prominence, "; ".join(told(a)) or "not known", a.source)
            for a in tagging.appearances
        ],
    )
    findings = [(f.tag, shown.get(f.value, f.value), f.why, f.source, f.truth) for f in tagging.findings]
    print_table("Why", ("tag", "value", "reason", "source", "truth"), findings)
    if stored.former is not None and stored.former.tagging is not None:
        before = sorted(shown.get(each.student, each.student) for each in stored.former.tagging.appearances)
        said = f"{'Named before' if stored.former.named_before else 'Held'}: {', '.join(before) or 'nobody'}"
        say(f"{said}; because of: {'; '.join(stored.former.comes_from)}")
        if stored.loosens:
            say("Something waits to loosen: dam-plugin review --looser", "yellow")


def tag(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="Keys of recordings in the bucket.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="FOLDER", help="Every recording of this folder that waits, too.")
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(
            "--person",
            metavar="ID[@x,y,w,h][@TIME]",
            help="A student who is in it, where (0..1) and when: a second, START-END, heard:START-END; name everybody.",
        ),
    ] = None,
    prominence: Annotated[str, typer.Option("--prominence", help="focus, incidental or unknown.")] = "unknown",
    times_anew: Annotated[
        bool, typer.Option("--times-anew", help="Forget what was said before of where and when these students are.")
    ] = False,
    only: Annotated[
        bool, typer.Option("--only", help="With --person: nobody else is in it, whoever is named in its caption.")
    ] = False,
    nobody: Annotated[bool, typer.Option("--nobody", help="No student is in it.")] = False,
    unidentified: Annotated[
        int | None, typer.Option("--unidentified", metavar="N", min=0, help="How many people nobody can name.")
    ] = None,
    directory: Annotated[
        str | None, typer.Option("--directory", help="eligible, not_eligible or undetermined.")
    ] = None,
    official: Annotated[
        list[str] | None,
        typer.Option("--official", metavar="USE[:ID]", help="discipline, victim, violation, health_emergency, other."),
    ] = None,
    closed: Annotated[str | None, typer.Option("--closed", metavar="WHY", help="Why it is a closed record.")] = None,
    confidential: Annotated[
        str | None, typer.Option("--confidential", metavar="WHY", help="Why it is confidential.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record what a member of staff saw, on one recording or many."""
    from dam_plugin.intake.keep_look import check_before, look_and_close

    if nobody and (person or unidentified):
        raise typer.BadParameter("--nobody and people in it exclude each other")
    if only and not person:
        raise typer.BadParameter(
            "--only is about the students of --person: name everybody who is in it, or say --nobody"
        )
    if times_anew and not person:
        raise typer.BadParameter(
            "--times-anew is about the students of --person: name them, and where and when they are"
        )
    _one_of(prominence, Prominence)
    with attached() as at:
        look = Look(
            at=at.services.now(),
            by=actor_of(as_),
            persons=tuple(appearance_of(each, cast("Prominence", prominence)) for each in person or ()),
            nobody=nobody or only,
            times_anew=times_anew,
            unidentified=unidentified,
            directory_status=cast("DirectoryStatus | None", _one_of(directory, DirectoryStatus)),
            official_uses=_official_uses(official or []),
            closed=_not_blank(closed, "--closed"),
            confidential=_not_blank(confidential, "--confidential"),
        )
        if look == Look(at=look.at, by=look.by):
            raise typer.BadParameter("say what you saw: --person, --nobody, --unidentified, --directory, --official, …")
        chosen = dict.fromkeys([*(keys or ()), *(_waiting_in(at, folder) if folder is not None else ())])
        if not chosen:
            raise typer.BadParameter("name recordings, or a --folder in which some wait (`dam-plugin review`)")
        for key in chosen:
            check_before(at.services, key, look)
        for key in chosen:
            stored, closed_now = look_and_close(at.services, key, look)
            closed_links = len(closed_now)
            made = {
                "key": key,
                "state": stored.tagging.state,
                "release": stored.release_tag,
                "closed_links": closed_links,
            }
            sentence = f"{key}: {stored.tagging.state}, dam-release={stored.release_tag}; {closed_links} link(s) closed"
            print_result(made, sentence, as_json=as_json)
            if stored.loosens and not as_json:
                say(
                    "  what was held before stays until a custodian lets it go: `dam-plugin review --looser` tells what"
                )


def _waiting_in(at: Attached, folder: str) -> list[str]:
    """Return the keys of the recordings that wait in a folder and in those below it."""
    with at.services.store.reading() as unit:
        return [stored.asset.key for stored in _inside(unit.assets.waiting(), folder)]


def _inside(waiting: Iterable[StoredAsset], folder: str | None) -> list[StoredAsset]:
    start = f"{folder.strip('/')}/" if folder is not None and folder.strip("/") else ""
    return [stored for stored in waiting if stored.asset.key.startswith(start)]


def review(
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="FOLDER", help="Only what waits in this folder.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", metavar="OUT.html", help="Write them as pictures.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Show names instead of pseudonyms.")] = False,
    looser: Annotated[
        bool, typer.Option("--looser", help="List what would loosen once the custodian says yes instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person's look, oldest first, and who may be meant by names that no student bears."""
    from dam_plugin.cli.likely import LikelyStudents, in_words

    if looser:
        if sheet is not None:
            raise typer.BadParameter("--sheet is of what waits for a look: leave out --looser")
        _review_looser(as_json=as_json)
        return

    with attached() as at:
        with at.services.store.reading() as unit:
            waiting = _inside(unit.assets.waiting(), folder)
        roster = LikelyStudents(at.services)
        likely = [roster.of(stored) for stored in waiting]
        known = roster.names(each for several in likely for each in several) if names else None
        rows = [
            {**_row(stored), "likely": [each.plain(known) for each in several]}
            for stored, several in zip(waiting, likely, strict=True)
        ]
        if sheet is not None:
            from dam_plugin.cli.sheet import write_sheet

            shown = (
                (stored, row["why"], list(map(in_words, row["likely"])))
                for stored, row in zip(waiting, rows, strict=True)
            )
            write_sheet(sheet, at.services, shown)
    columns: Columns = {
        "recording": "key",
        "since": "since",
        "tagging": "state",
        "not named": "unidentified_people",
        "why": "why",
        "who may be meant": lambda row: "; ".join(map(in_words, row["likely"])),
    }
    print_rows("Waiting for a look", rows, columns, as_json=as_json)
    if as_json:
        return
    folders = Counter(stored.asset.key.rpartition("/")[0] for stored in waiting)
    if len(folders) > 1:
        counts = [(name or "(none)", count) for name, count in sorted(folders.items())]
        title = "By folder: look at one with --folder, and say of all at once `tag --folder …`"
        print_table(title, ("folder", "waiting"), counts)
    if sheet is not None:
        say(f"Pictures: {sheet}")


def _review_looser(*, as_json: bool) -> None:
    from dam_plugin.intake.loosen import all_waiting

    with attached() as at:
        found = all_waiting(at.services)
    columns: Columns = {
        "recording": "key",
        "since": lambda row: f"{row['since']:%Y-%m-%d}" if row["since"] else "",
        "would loosen": lambda row: "; ".join(f"{c['field']}: {c['held']} -> {c['would_be']}" for c in row["changes"]),
        "held because of": lambda row: "; ".join(row["comes_from"]),
        "asked by": "asked_by",
    }
    print_rows("Waiting for the custodian's yes", map(_looser_row, found), columns, as_json=as_json)
    if found and not as_json:
        say("The custodian lets go: dam-plugin loosen KEY --why … --as custodian:NAME")


def _looser_row(each: Waiting) -> dict[str, object]:
    asked = each.former.asked
    return {
        "key": each.stored.asset.key,
        "since": each.former.since,
        "changes": [{"field": one.field, "held": one.before, "would_be": one.after} for one in each.changes],
        "comes_from": each.former.comes_from,
        "named_before": each.former.named_before,
        "asked_by": asked.by.id if asked else None,
    }


def loosen(
    key: Annotated[str, typer.Argument(metavar="KEY")],
    why: Annotated[str, typer.Option("--why", help="Why the tags may loosen.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Let a recording's tags be as loose as file, rules and looks say now: the custodian's yes, and a second one's."""
    from dam_plugin.cli.rule_changes import system_user
    from dam_plugin.intake.loosen import let_go

    with attached() as at:
        stored = let_go(at.services, key, why, actor_of(as_), system_user())
    waits = stored.loosens
    sentence = f"{key}: {stored.tagging.state}, dam-release={stored.release_tag}"
    if waits:
        sentence = f"{key}: your yes is kept; another custodian has to say it, too: dam-plugin loosen KEY --why …"
    made = {"key": key, "let_go": not waits, "state": stored.tagging.state, "release": stored.release_tag}
    print_result(made, sentence, as_json=as_json)


def _row(stored: StoredAsset) -> dict[str, Any]:
    return {
        "key": stored.asset.key,
        "since": stored.first_seen,
        "state": stored.tagging.state,
        "unidentified_people": stored.tagging.unidentified_people,
        "why": _why_waiting(stored),
    }


def _why_waiting(stored: StoredAsset) -> str:
    findings = [
        f.why
        for f in stored.tagging.findings
        if f.tag in ("tagging", "unidentified_people", "open_word", "people", "missing_voice") and f.value != "complete"
    ]
    if stored.former is not None and stored.former.tagging is not None:
        findings.append(f"held more strictly because of {', '.join(stored.former.comes_from)}")
    if findings:
        return "; ".join(dict.fromkeys(findings))
    return "nobody has said who is in it"


def _current(at: Attached, key: str) -> StoredAsset:
    with at.services.store.reading() as unit:
        return unit.assets.need(key)


def _names(at: Attached, stored: StoredAsset) -> dict[str, str]:
    with at.services.store.reading() as unit:
        records = [unit.people.student(a.student) for a in stored.tagging.appearances]
    return {record.id: record.names[0] for record in records if record and record.names}


def _official_uses(texts: list[str]) -> tuple[OfficialUse, ...]:
    uses = []
    for text in texts:
        purpose, _, student = text.partition(":")
        kind = cast("OfficialPurpose", _one_of(purpose, OfficialPurpose))
        uses.append(OfficialUse(kind, (student,) if student else ()))
    return tuple(uses)


def _one_of(value: str | None, literal: object) -> str | None:
    words = get_args(literal)
    if value is not None and value not in words:
        raise typer.BadParameter(f"'{value}' is not one of {', '.join(words)}")
    return value


def _not_blank(value: str | None, option: str) -> str | None:
    if value is not None and not value.strip():
        raise typer.BadParameter(f"{option} must say why")
    return value
