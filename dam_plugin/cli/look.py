"""The commands `tags` (show what the plugin holds about a recording) and `tag` (record what a person saw in it).

A person's place and time are written `ID`, `ID@x,y,w,h`, `ID@x,y,w,h@TIME`, `ID@x,y,w,h@START-END`, `ID@START-END` or
`ID@heard:START-END`. The custodian's findings use the same notation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from dam_plugin.cli.context import As, Attached, actor_of, attached, is_custodian_reading
from dam_plugin.cli.links import print_opened, print_still_published
from dam_plugin.cli.output import AsJson, print_json, print_result, print_table, say
from dam_plugin.model import Appearance, Interval, Keyframe, Look, OfficialUse, Region
from dam_tagging.facts import DirectoryStatus, OfficialPurpose, Prominence

if TYPE_CHECKING:
    from dam_plugin.gate.close_links import ClosedLinks
    from dam_plugin.store import StoredAsset


# A day: a larger number was not meant as seconds.
LATEST = 24 * 60 * 60
_SECONDS = r"\d{1,6}(?:\.\d{1,6})?"
_MOMENT = re.compile(_SECONDS)
_HEARD = "heard:"
_STRETCH = re.compile(rf"({_SECONDS})-({_SECONDS})")


# The options by which `tag` and `custodian people` say who is in a recording; `queue finding` shares some of them.
Seen = Annotated[str, typer.Option("--prominence", help="focus, incidental or unknown.")]
Only = Annotated[
    bool, typer.Option("--only", help="With --person: nobody else is in it, even if its caption or tags name others.")
]
Nobody = Annotated[bool, typer.Option("--nobody", help="No student is in it.")]
Unidentified = Annotated[
    int | None, typer.Option("--unidentified", metavar="N", min=0, help="The number of people without a name.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (tags, tag):
        app.command()(command)


def tags(
    key: Annotated[str, typer.Argument(metavar="KEY")],
    names: Annotated[bool, typer.Option("--names", help="Show students' names instead of their pseudonyms.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a recording's tags, with the reason for each tag."""
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
            (shown.get(a.student, a.student), a.prominence, "; ".join(where_and_when(a)) or "not known", a.source)
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
            help="A student in it, with place (0..1) and time (a second, START-END or heard:START-END); name everybody.",
        ),
    ] = None,
    prominence: Seen = "unknown",
    times_anew: Annotated[
        bool, typer.Option("--times-anew", help="Forget earlier answers on the places and times of these students.")
    ] = False,
    only: Only = False,
    nobody: Nobody = False,
    unidentified: Unidentified = None,
    directory: Annotated[
        str | None, typer.Option("--directory", help="eligible, not_eligible or undetermined.")
    ] = None,
    official: Annotated[
        list[str] | None,
        typer.Option("--official", metavar="USE[:ID]", help="discipline, victim, violation, health_emergency, other."),
    ] = None,
    closed: Annotated[
        str | None, typer.Option("--closed", metavar="WHY", help="The reason why it is a closed record.")
    ] = None,
    confidential: Annotated[
        str | None, typer.Option("--confidential", metavar="WHY", help="Why it is confidential.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record what a member of staff saw, on one recording or many."""
    from dam_plugin.cli.custodian import tell_what_stays
    from dam_plugin.custodian.statements import statements_of
    from dam_plugin.intake.keep_look import check_before, look_and_close

    if nobody and (person or unidentified):
        raise typer.BadParameter("--nobody and people in it exclude each other")
    check_only(only, person)
    if times_anew and not person:
        raise typer.BadParameter(
            "--times-anew is about the students of --person: name them, and where and when they are"
        )
    seen = prominence_of(prominence)
    with attached() as at:
        look = Look(
            at=at.services.now(),
            by=actor_of(as_),
            persons=tuple(appearance_of(each, seen) for each in person or ()),
            nobody=nobody or only,
            times_anew=times_anew,
            unidentified=unidentified,
            directory_status=cast("DirectoryStatus | None", _one_of(directory, DirectoryStatus)),
            official_uses=tuple(map(_official_use, official or [])),
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
                "opened": [asdict(each) for each in closed_now.opened],
                "still_published": [asdict(each) for each in closed_now.still_published or ()],
            }
            sentence = f"{key}: {stored.tagging.state}, dam-release={stored.release_tag}; {closed_links} link(s) closed"
            print_result(made, sentence, as_json=as_json)
            if not as_json:
                _tell_after(stored, closed_now)
                _tell_subjects(stored, look)
                if is_custodian_reading(as_):
                    tell_what_stays(statements_of(at.services, key, look.by))


def _tell_after(stored: StoredAsset, closed: ClosedLinks) -> None:
    """Say what a look leaves to be done: who had seen the recording before, who is not named, what waits to loosen."""
    if closed.opened:
        print_opened(closed)
        say(
            "  somebody saw it before this look: it is on the record of whom it shows (34 CFR 99.32). Where it shows somebody "
            "whom no tag named, it waits in the queue: the records custodian judges whether that family is to be told.",
            "red",
        )
    print_still_published(closed.still_published)
    if unnamed := stored.tagging.unidentified_people:
        say(
            f"  {unnamed} in it that no tag names, so it waits: name them with --person, or say how many nobody can "
            "name, --unidentified N",
            "yellow",
        )
    if stored.loosens:
        say("  what was held before stays until a custodian lets it go: `dam-plugin review --looser` tells what")


def _tell_subjects(stored: StoredAsset, look: Look) -> None:
    """Say of whom a look says that they are in the background, where they are kept as subjects."""
    hidden = {each.student for each in look.persons if each.prominence == "incidental"}
    kept = sorted(a.student for a in stored.tagging.appearances if a.student in hidden and a.prominence != "incidental")
    if kept:
        say(
            f"  kept as a subject, and not as in the background: {', '.join(kept)}. Where a family said no, only the records "
            "custodian or a designee can say that (--as custodian:NAME, with their own account)",
            "yellow",
        )


def _waiting_in(at: Attached, folder: str) -> list[str]:
    """Return the keys of the recordings that wait in a folder and in those below it."""
    with at.services.store.reading() as unit:
        return list(unit.assets.waiting_keys(start_of(folder)))


def start_of(folder: str | None) -> str:
    """Return what the keys in a folder, or in one below it, begin with; "" without a folder."""
    return f"{folder.strip('/')}/" if folder is not None and folder.strip("/") else ""


def _current(at: Attached, key: str) -> StoredAsset:
    with at.services.store.reading() as unit:
        return unit.assets.need(key)


def _names(at: Attached, stored: StoredAsset) -> dict[str, str]:
    with at.services.store.reading() as unit:
        records = [unit.people.student(a.student) for a in stored.tagging.appearances]
    return {record.id: record.names[0] for record in records if record and record.names}


def _official_use(text: str) -> OfficialUse:
    from dam_plugin.sharing.finding_kinds import official_use

    _one_of(text.partition(":")[0], OfficialPurpose)
    return official_use(text)


def check_only(only: bool, person: Sequence[str] | None) -> None:
    """Raise BadParameter for --only without a student."""
    if only and not person:
        raise typer.BadParameter(
            "--only is about the students of --person: name everybody who is in it, or say --nobody"
        )


def prominence_of(word: str) -> Prominence:
    """Return the word of --prominence. Raises BadParameter for another one."""
    return cast("Prominence", _one_of(word, Prominence))


def _one_of(value: str | None, literal: object) -> str | None:
    words = get_args(literal)
    if value is not None and value not in words:
        raise typer.BadParameter(f"'{value}' is not one of {', '.join(words)}")
    return value


def _not_blank(value: str | None, option: str) -> str | None:
    if value is not None and not value.strip():
        raise typer.BadParameter(f"{option} must say why")
    return value


# Where and when somebody is


def appearance_of(text: str, prominence: Prominence) -> Appearance:
    """Return the person with place and time. Raises BadParameter, which says what is wrong with the text."""
    student, *where = (part.strip() for part in text.split("@"))
    seen = Appearance(student, prominence, source="a person's look")
    match where:
        case []:
            return seen
        case [place] if "," in place:
            return replace(seen, regions=(_box(place),))
        case [time] if time.startswith(_HEARD):
            return replace(seen, heard=(_stretch(time.removeprefix(_HEARD)),))
        case [time]:
            return replace(seen, intervals=(_stretch(time),))
        case [place, time]:
            return replace(seen, keyframes=(_keyframe(_box(place), time),))
    raise typer.BadParameter(f"'{text}' says too much: write ID@x,y,w,h@TIME, and repeat --person for more")


def where_and_when(seen: Appearance) -> Iterator[str]:
    """Yield where and when somebody is, as it would be written."""
    yield from (_box_text(region) for region in seen.regions)
    yield from (f"{each.start:g}-{each.end:g}" for each in seen.intervals)
    yield from (f"{_HEARD}{each.start:g}-{each.end:g}" for each in seen.heard)
    for each in seen.keyframes:
        until = "" if each.until is None else f"-{each.until:g}"
        yield f"{_box_text(each.region)}@{each.at:g}{until}"


def _box_text(region: Region) -> str:
    return f"{region.x:g},{region.y:g},{region.w:g},{region.h:g}"


def _keyframe(box: Region, time: str) -> Keyframe:
    if _MOMENT.fullmatch(time):
        return Keyframe(_second(time), box)
    stretch = _stretch(time)
    return Keyframe(stretch.start, box, stretch.end)


def _stretch(text: str) -> Interval:
    found = _STRETCH.fullmatch(text)
    if found is None:
        raise typer.BadParameter(
            f"'{text}' is neither a box nor a stretch of time: write x,y,w,h (0..1), or START-END in seconds, such as 10-20"
        )
    start, end = map(_second, found.groups())
    if start >= end:
        raise typer.BadParameter(f"the stretch '{text}' does not end after it starts")
    return Interval(start, end)


def _second(text: str) -> float:
    second = float(text)
    if second > LATEST:
        raise typer.BadParameter(f"'{text}' is more than a day: a time is seconds from the recording's start")
    return second


def _box(text: str) -> Region:
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no box; write x,y,w,h as fractions 0..1 of the upright picture"
        ) from None
    fits = 0 <= x < 1 and 0 <= y < 1 and 0 < w <= 1 and 0 < h <= 1 and x + w <= 1 + 1e-9 and y + h <= 1 + 1e-9
    if not fits:
        raise typer.BadParameter(f"the box '{text}' is not inside the picture; x,y,w,h are fractions 0..1")
    return Region(x, y, w, h)
