"""Writes what is generated in README.md, CONTRIBUTING.md and docs/, or shows where it no longer says what the code says.

A block of a document stands between `<!-- generated: NAME -->` and `<!-- end generated -->`, each alone on a line; BLOCKS
names what can stand there. FILES names the files that are generated whole. `python docs/blocks.py` checks (exit code 1 with
a diff), `--write` mends.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib
import importlib.util
import inspect
import io
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE_HOST = REPOSITORY / "tests" / "end_to_end" / "host.py"
PROGRAM = "dam-plugin"
# pluggy marks a hook specification with an attribute of the project's name and `_spec`.
SPEC_MARK = "dam_plugin_spec"

_OPENING = re.compile(r"^<!-- generated: (?P<name>[a-z-]+) -->$")
_CLOSING = "<!-- end generated -->"
_FENCE = ("```", "~~~")

Render = Callable[[], str]


class BlockError(Exception):
    """A document whose blocks cannot be read: names the file, the line and the remedy."""


def main(
    arguments: Sequence[str] | None = None, *, root: Path = REPOSITORY, files: Mapping[str, Render] | None = None
) -> int:
    """Check what is generated under `root`, or with `--write` mend it; 0 if all of it is current, else 1.

    `files` are the files that are generated whole: FILES in this repository.
    """
    parser = argparse.ArgumentParser(description="Check or write what is generated in README.md and docs/.")
    parser.add_argument("--write", action="store_true", help="write it instead of comparing it")
    options = parser.parse_args(arguments)
    try:
        stale = [*stale_documents(root, BLOCKS), *stale_files(root, FILES if files is None else files)]
    except BlockError as error:
        print(error, file=sys.stderr)
        return 1
    for path, old, new in stale:
        if options.write:
            path.write_text(new, encoding="utf-8")
            print(f"{path.relative_to(root)}: written")
        else:
            print(_diff(str(path.relative_to(root)), old, new), end="")
    if stale and not options.write:
        print("What is generated is out of date: run `make blocks`.", file=sys.stderr)
    return int(bool(stale) and not options.write)


def stale_documents(root: Path, blocks: Mapping[str, Render]) -> Iterator[tuple[Path, str, str]]:
    """Yield path, text and the text it should have, of each document whose blocks differ from what the code says."""
    for path in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]:
        if not path.is_file():
            continue
        old = path.read_text(encoding="utf-8")
        new = refreshed(old, blocks, str(path.relative_to(root)))
        if new != old:
            yield path, old, new


def stale_files(root: Path, files: Mapping[str, Render]) -> Iterator[tuple[Path, str, str]]:
    """Yield path, text and the text it should have, of each file that is generated whole and differs."""
    for name, render in files.items():
        path = root / name
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        new = render()
        if new != old:
            yield path, old, new


def refreshed(text: str, blocks: Mapping[str, Render], where: str) -> str:
    """Return `text` with every block rendered anew; markers inside a code fence are text. Raises BlockError."""
    out: list[str] = []
    opened: tuple[str, int] | None = None
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        fenced ^= opened is None and line.lstrip().startswith(_FENCE)
        opening = None if fenced else _OPENING.match(line)
        if opening and opened:
            raise BlockError(
                f"{where}:{number}: block '{opened[0]}' of line {opened[1]} is still open; close it first."
            )
        if opening:
            opened = (opening["name"], number)
            out += [line, "", _rendered(opened[0], blocks, f"{where}:{number}"), ""]
        elif line == _CLOSING and not fenced:
            if opened is None:
                raise BlockError(f"{where}:{number}: no block is open here; remove this end.")
            opened = None
            out.append(line)
        elif opened is None:
            out.append(line)
    if opened:
        raise BlockError(f"{where}:{opened[1]}: block '{opened[0]}' has no end; add '{_CLOSING}'.")
    return "".join(f"{line}\n" for line in out)


def cli_help() -> str:
    """Return every command of the program, as a table of its path and its one-line help."""
    program = importlib.import_module("dam_plugin.cli.commands").every_command()
    return table(("command", "what it does"), _commands(program, PROGRAM))


def record_options() -> str:
    """Return the options of `ledger student`: what its record is limited to, and the files that it is written as."""
    command = importlib.import_module("dam_plugin.cli.commands").command("ledger").commands["student"]
    options = (each for each in command.params if each.param_type_name == "option" and each.opts != ["--help"])
    rows = [(f"`{' '.join(filter(None, (each.opts[0], each.metavar)))}`", each.help) for each in options]
    return table(("option", "what it does"), rows)


def subdivisions() -> str:
    """Return the subdivisions of RSMo 610.021 by which a custodian may close a record."""
    closed = importlib.import_module("dam_plugin.sharing.closed_records")
    rows = [(f"`{closed.SECTION}({number})`", title) for number, title in closed.SUBDIVISIONS.items()]
    return table(("subdivision", "what it is about"), rows)


def hook_table(specs: ModuleType | None = None) -> str:
    """Return every hook that `dam_hooks.specs` marks: name, direction, first docstring line, arguments.

    `FROM_HOST` in that module names the hooks that a host calls; the plugin calls the others.
    """
    module = specs or importlib.import_module("dam_hooks.specs")
    rows = [
        (f"`{name}`", "host → plugin" if name in module.FROM_HOST else "plugin → third parties", when, arguments)
        for name, when, arguments in _hooks(module)
    ]
    return table(("hook", "direction", "when", "arguments"), rows)


def redaction_formats() -> str:
    """Return every format that redaction knows: what its copy is and which extra it needs, or what to do instead."""
    formats = importlib.import_module("dam_plugin.redaction.formats").FORMATS
    named = {kind.name: kind for kind in formats.values()}.values()
    rows = [
        (
            kind.name,
            f"{kind.suffix}; {kind.png_if}: .png" if kind.png_if else kind.suffix,
            f"`{kind.extra}`" if kind.extra else "",
        )
        for kind in named
        if kind.way
    ]
    refused: dict[str, list[str]] = {}
    for kind in named:
        if not kind.way:
            refused.setdefault(kind.remedy, []).append(kind.name)
    told = [(", ".join(names), remedy) for remedy, names in refused.items()]
    return f"{table(('format', 'its copy', 'extra'), rows)}\n\n{table(('refused', 'what to do'), told)}"


def rooms() -> str:
    """Return every room of the code, top to bottom: its folder and what its package says of itself."""
    return table(("room", "what lives there"), [(f"`{folder}/`", about) for folder, about in _rooms().values()])


def rooms_diagram() -> str:
    """Return the rooms and their imports as a Mermaid diagram, from the import graph itself.

    An arrow that follows from two others is left out, so that the picture can be read.
    """
    arrows = _reduced(_imports_of_rooms(_names_of_rooms()))
    nodes = [f'  {_node(room)}["{room.removeprefix(f"{TOP}.")}"]' for room in arrows]
    lines = [f"  {_node(one)} --> {_node(other)}" for one, others in arrows.items() for other in others]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *lines, "```"])


def figures() -> str:
    """Return every figure that can be measured, with its labels, and what it is."""
    rows = importlib.import_module("dam_hooks.figures").FIGURES
    named = [(f"{row.name}{{{', '.join(row.labels)}}}" if row.labels else row.name, row.told) for row in rows]
    return table(("figure", "what it is"), [(f"`{name}`", told) for name, told in named])


def spans() -> str:
    """Return every span, and what it is about."""
    rows = importlib.import_module("dam_plugin.telemetry.spans").SPANS
    return table(("span", "what it is about"), [(f"`{name}`", told) for name, told in rows.items()])


def span_attributes() -> str:
    """Return every attribute of spans, and what it is."""
    rows = importlib.import_module("dam_plugin.telemetry.spans").ATTRIBUTES
    return table(("attribute", "what it is"), [(f"`dam.{name}`", told) for name, told in rows.items()])


def referral_kinds() -> str:
    """Return every kind of work for the custodian: what it is, when it is due, and the source of that."""
    kinds = importlib.import_module("dam_plugin.sharing.file_referral").REFERRAL_KINDS
    rows = [(f"`{kind}`", row.comes_when, row.term.words, row.term.source) for kind, row in kinds.items()]
    return table(("kind", "what it is", "due", "source"), rows)


def request_clocks() -> str:
    """Return every clock of a request: what it asks of the district, when it begins, its term, its end, and the source."""
    clocks = importlib.import_module("dam_plugin.custodian.requests").CLOCKS
    rows = [
        (f"`{name}`", row.in_full, row.begins, row.due_words, row.stops, row.term.source)
        for name, row in clocks.items()
    ]
    return table(("clock", "what has to be done", "begins when", "due", "stops when", "source"), rows)


def family_grounds() -> str:
    """Return every ground by which a record is withheld from its own family: whom it reaches, and what has to be so."""
    grounds = importlib.import_module("dam_plugin.custodian.family_grounds").GROUNDS
    rows = [
        (
            row.cited,
            " and ".join(each.replace("_", " ") for each in row.reaches),
            row.means,
            "yes, `--advised`" if row.advised else "no",
        )
        for row in grounds
    ]
    return table(("provision", "from whom", "where", "the attorney is asked first"), rows)


def letter_kinds() -> str:
    """Return every kind of letter: what it tells, what it can be about, and the law behind it."""
    facts = importlib.import_module("dam_plugin.custodian.letter_facts")
    rows = [
        (f"`{kind}`", row.called, ", ".join(f"`{facts.ABOUT_OPTIONS[each]}`" for each in row.about), row.source)
        for kind, row in facts.KINDS.items()
    ]
    return table(("kind", "what it tells", "about", "source"), rows)


def letter_facts() -> str:
    """Return everything that a template can use, what it is, and the letters that have it."""
    kinds = importlib.import_module("dam_plugin.custodian.letter_facts").KINDS
    parts = importlib.import_module("dam_plugin.custodian.letter_templates").parts_told()
    rows = []
    for name, says in parts:
        top = re.split(r"[.\[]", name)[0]
        having = [kind for kind, row in kinds.items() if top in row.parts]
        told = "all" if len(having) == len(kinds) else ", ".join(having)
        rows.append((f"`{name}`", says, told if "." not in name and top else ""))
    return table(("value", "what it is", "letters"), rows)


def letter_example(language: str) -> Render:
    """Return what shows one letter in full, written from made-up facts."""

    def render() -> str:
        templates = importlib.import_module("dam_plugin.custodian.letter_templates")
        samples = importlib.import_module("dam_plugin.custodian.letter_samples")
        made = templates.Templates().write("denial", samples.sample("denial", language))
        return f"```text\n{templates.wrapped(made.text)}```"

    return render


def host_example() -> str:
    """Return the example host of the tests, as a code block."""
    return f"```python\n{EXAMPLE_HOST.read_text(encoding='utf-8')}```"


def proxy(name: str, language: str) -> Render:
    """Return what shows one configuration of docs/proxy as a code block."""
    path = REPOSITORY / "docs" / "proxy" / name
    return lambda: f"```{language}\n{path.read_text(encoding='utf-8')}```"


def openapi() -> str:
    """Return the OpenAPI document of the HTTP service."""
    pluggy = importlib.import_module("pluggy")
    http = "dam_hooks.http"
    app, document = (importlib.import_module(f"{http}.{each}") for each in ("app", "openapi"))
    # A manager without plugins is enough to list the routes.
    pm = pluggy.PluginManager("dam_plugin")
    return str(document.text([*app.health_routes(pm).routes, *app.host_routes(pm, ()).routes]))


def json_schema(which: str) -> Render:
    """Return what prints a JSON Schema as `dam-plugin schema` does."""

    def render() -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            importlib.import_module("dam_plugin.cli.main").app(["schema", which], standalone_mode=False)
        return out.getvalue()

    return render


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells keep their text, a vertical bar is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def procedure_block(name: str) -> Render:
    """Return what renders one block of docs/procedure.md; its module is loaded when it is first asked for."""

    def render() -> str:
        spec = importlib.util.spec_from_file_location("docs_procedure", REPOSITORY / "docs" / "procedure_blocks.py")
        assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - narrows the type for the checker
        module = sys.modules.get(spec.name) or importlib.util.module_from_spec(spec)
        if spec.name not in sys.modules:
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
        return str(getattr(module, name)())

    return render


PROCEDURE = (
    "steps",
    "exceptions",
    "clauses",
    "rulings",
    "consent_faults",
    "plans",
    "switches",
    "coverage",
    "recordation",
    "lacking",
)
BLOCKS: Mapping[str, Render] = {
    "cli-help": cli_help,
    "family-grounds": family_grounds,
    "figures": figures,
    "hook-table": hook_table,
    "letter-facts": letter_facts,
    "letter-in-english": letter_example("en"),
    "letter-in-spanish": letter_example("es"),
    "letter-kinds": letter_kinds,
    "host-example": host_example,
    "proxy-caddy": proxy("Caddyfile", "text"),
    "proxy-nginx": proxy("nginx.conf", "nginx"),
    "record-options": record_options,
    "redaction-formats": redaction_formats,
    "referral-kinds": referral_kinds,
    "request-clocks": request_clocks,
    "rooms": rooms,
    "span-attributes": span_attributes,
    "spans": spans,
    "subdivisions": subdivisions,
    "rooms-diagram": rooms_diagram,
    **{f"procedure-{name.replace('_', '-')}": procedure_block(name) for name in PROCEDURE},
}


# The picture docs/before-after.jpg is not among them: no two demos are the same, so docs/picture.py draws it when asked.
FILES: Mapping[str, Render] = {
    "docs/openapi.json": openapi,
    "docs/case.schema.json": json_schema("case"),
    "docs/rules.schema.json": json_schema("rules"),
}


# What lies at the top of dam_plugin is for every room: it is in no diagram.
TOP = "dam_plugin"


def _names_of_rooms() -> list[str]:
    """Return the packages of the code, top to bottom as the contracts of pyproject.toml hold them."""
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == [TOP])
    listed = [name.strip() for layer in layers for name in re.split(r"[|:]", layer)]
    packages = [f"{TOP}.{name}" for name in listed if (REPOSITORY / TOP / name).is_dir()]
    return [packages[0], "dam_hooks", *packages[1:], TOP, "dam_tagging"]


def _rooms() -> dict[str, tuple[str, str]]:
    """Return each room's folder and the first paragraph of its package's docstring."""
    found = {}
    for name in _names_of_rooms():
        package = importlib.import_module(name)
        folder = Path(str(package.__file__)).parent.relative_to(REPOSITORY).as_posix()
        found[name] = (folder, " ".join((inspect.getdoc(package) or "").partition("\n\n")[0].split()))
    return found


def _imports_of_rooms(names: Sequence[str]) -> dict[str, set[str]]:
    """Return which other rooms each room imports."""
    graph = importlib.import_module("grimp").build_graph("dam_plugin", "dam_hooks", "dam_tagging", cache_dir=None)

    def room_of(module: str) -> str:
        return max((name for name in names if module == name or module.startswith(f"{name}.")), key=len)

    found: dict[str, set[str]] = {name: set() for name in names}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            found[room_of(module)].add(room_of(imported))
    return {name: others - {name} for name, others in found.items()}


def _reduced(arrows: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Return the arrows without those to and from the top, and without those that a longer way says as well."""
    inner = {name: others - {TOP} for name, others in arrows.items() if name != TOP}

    def beyond(name: str) -> set[str]:
        return {name}.union(*map(beyond, inner[name]))

    longer = {name: set().union(*(beyond(other) - {other} for other in others)) for name, others in inner.items()}
    return {name: sorted(others - longer[name]) for name, others in inner.items()}


def _node(room: str) -> str:
    return room.replace(".", "_")


def _rendered(name: str, blocks: Mapping[str, Render], where: str) -> str:
    if name not in blocks:
        raise BlockError(f"{where}: no block is called '{name}'; there are: {', '.join(sorted(blocks))}.")
    return blocks[name]().strip("\n")


def _commands(command: Any, path: str) -> Iterator[tuple[str, str]]:
    """Walk a click command (typer carries a click of its own, so no class is named here), leaves only."""
    if command.hidden:
        return
    children = getattr(command, "commands", None)
    if children is None:
        yield f"`{path}`", command.get_short_help_str(limit=200)
        return
    for name in sorted(children):
        yield from _commands(children[name], f"{path} {name}")


def _hooks(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """Yield name, first docstring line and arguments of each marked function, of the module or of a class in it."""
    holders = [vars(module), *(vars(holder) for holder in vars(module).values() if inspect.isclass(holder))]
    for holder in holders:
        for name, function in holder.items():
            if not hasattr(function, SPEC_MARK):
                continue
            arguments = [each for each in inspect.signature(function).parameters if each != "self"]
            when = (inspect.getdoc(function) or "").partition("\n")[0]
            yield name, when, ", ".join(f"`{each}`" for each in arguments)


def _diff(name: str, old: str, new: str) -> str:
    return "".join(
        difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), name, f"{name} (generated)")
    )


if __name__ == "__main__":
    sys.exit(main())
