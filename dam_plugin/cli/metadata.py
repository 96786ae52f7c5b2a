"""The command `metadata`: prints what files and their sidecars say about people. Needs no store and no settings.

It prints a table, or one JSON object a line, and can draw the regions on a picture. Names are printed in full: that is
its purpose. A file that it can open but not understand is no error: the printed `state` and `problems` say so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from dam_plugin.cli.output import AsJson, print_json, print_table
from dam_plugin.intake.reader import read_local
from dam_tagging.facts import Facts, NamedPerson, NamedRegion, Region


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(metadata)


def metadata(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Recordings; sidecars beside them are read too.")],
    as_json: AsJson = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="OUT.png", help="Draw regions and names on the picture (one FILE)."),
    ] = None,
) -> None:
    """Print who is in files by their metadata; exit 1 if one of them does not exist."""
    if picture is not None and len(files) != 1:
        raise typer.BadParameter("--picture draws one FILE; name only one")
    all_there = True
    for file in files:
        try:
            # Reading a pipe or a device might never end.
            facts = read_local(file) if file.is_file() or not file.exists() else None
        except OSError as error:
            _say(file, (error.strerror or "it cannot be read").lower())
            all_there = False
            continue
        if facts is None:
            _say(file, "this is no file; name the recordings in it")
            all_there = False
            continue
        if as_json:
            print_json(told(str(file), facts))
            # A program that reads from a pipe need not wait for the last file.
            sys.stdout.flush()
        else:
            print_table(str(file), ("property", "value", "source"), _rows(facts))
        if picture is not None:
            from dam_plugin.cli import drawing

            drawing.save_marked(drawing.marked(file, facts), picture, file)
    raise typer.Exit(0 if all_there else 1)


def told(name: str, facts: Facts) -> dict[str, Any]:
    """Return a file's facts as the JSON object that is printed: each text once, in the order of the file."""
    people = facts.persons
    named = [person.name for person in people]
    named += [region.name for region in facts.regions if region.name and region.shows_person]
    ids = [identifier for person in people for identifier in (person.id, *person.more_ids) if identifier]
    return {
        "file": name,
        "media_type": facts.media_type,
        "orientation": facts.orientation,
        "image_size": facts.image_size,
        "persons": _once(named),
        "person_ids": _once(ids),
        "regions": [_region(region) for region in facts.regions],
        "keywords": _once(keyword.text for keyword in facts.keywords),
        "hierarchies": facts.hierarchies,
        "captions": _once(caption.text for caption in facts.captions),
        "texts": _once(text.text for text in facts.texts),
        "rights": _once(text.text for text in facts.rights),
        "event": facts.event,
        "locations": _once(facts.locations),
        "official_markers": _once(marker.text for marker in facts.official_markers),
        "problems": facts.problems,
        "state": facts.state,
    }


def _region(region: NamedRegion) -> dict[str, Any]:
    box = region.region
    return {
        "name": region.name,
        "type": region.kind,
        "x": box.x,
        "y": box.y,
        "w": box.w,
        "h": box.h,
        "source": region.source,
        "stale": region.stale,
    }


def _once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _say(file: Path, sentence: str) -> None:
    typer.echo(f"dam-plugin: {str(file)!a}: {sentence}", err=True)


# The table


def _rows(facts: Facts) -> Iterator[tuple[str, object, str]]:
    """Yield a row for each fact of the file: its name, its value, and the property that it comes from, if known."""
    once = {
        "state": facts.state,
        "type": facts.media_type,
        "size": " x ".join(str(side) for side in facts.image_size or ()),
        "orientation": facts.orientation,
        "event": facts.event,
        "owner": facts.owner,
        "taken": facts.taken,
        "camera": facts.camera,
        "duration": None if facts.duration is None else f"{facts.duration:.1f} s",
        "focus": facts.focus_area and _at(facts.focus_area),
    }
    yield from ((name, value, "") for name, value in once.items() if value)
    yield from (("problem", problem, "") for problem in facts.problems)
    yield from (("person", _with_ids(person), person.source) for person in facts.persons)
    yield from (("region", _in_words(region), region.source) for region in facts.regions)
    shelves = {
        "keyword": facts.keywords,
        "caption": facts.captions,
        "text": facts.texts,
        "rights": facts.rights,
        "official marker": facts.official_markers,
    }
    for name, shelf in shelves.items():
        yield from ((name, item.text, item.source) for item in shelf)
    yield from (("hierarchy", " > ".join(path), "") for path in facts.hierarchies)
    yield from (("location", location, "") for location in facts.locations)


def _with_ids(person: NamedPerson) -> str:
    ids = [f"({identifier})" for identifier in (person.id, *person.more_ids) if identifier]
    return " ".join([person.name, *ids]).strip()


def _at(box: Region) -> str:
    return f"{box.w:.1%} x {box.h:.1%} at {box.x:.1%}, {box.y:.1%}"


def _in_words(region: NamedRegion) -> str:
    stale = "; stale: it was not drawn on this picture" if region.stale else ""
    return f"{region.name or 'unnamed'} ({region.kind or 'of no kind'}): {_at(region.region)}{stale}"
