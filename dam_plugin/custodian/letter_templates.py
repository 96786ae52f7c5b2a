"""The templates of letters: the built-in ones and the district's, checked before they are used, and filled.

A template is `KIND.LANGUAGE.txt.j2`; a district's file takes the place of the built-in one of its name. It may hold text,
values, `if`, `for` and `include`, and nothing else: so each mistake is found before anything is written, in every branch,
and a loop always ends. A mistake has file and line. The page is made of the same text.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from jinja2 import (
    DictLoader,
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
)
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dam_plugin.custodian.letter_facts import KINDS, LINE, LetterFacts, LetterKind, Money
from dam_plugin.custodian.letter_words import in_words
from dam_plugin.errors import InputError, Problem, TemplateProblems
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.outside import each_once
from dam_plugin.procedure.outside_words import Language
from dam_plugin.sharing.closed_records import check_names_law

SUFFIX = ".txt.j2"
# Bytes of one file, files of a folder, letters of a text. A letter of ten pages has 30,000.
LARGEST_TEMPLATE = 64 * 1024
MOST_FILES = 200
LONGEST_LETTER = 200_000
MOST_NESTED = 3
MOST_INCLUDED = 30
WIDTH = 78
ALLOWED = (
    "a letter may use text, {{ value }}, {% if … %}, {% for … in … %}, {% include 'FILE' %} and {# remark #}, "
    "with and, or, not, comparisons and the filters "
)
# Filters that make no text longer than what goes in.
FILTERS = ("capitalize", "count", "first", "join", "last", "length", "lower", "upper")
PREVIEW = {
    "en": "PREVIEW. This letter was not sent, and it is not kept.",
    "es": "VISTA PREVIA. Esta carta no se ha enviado ni se guarda.",
}
_EXPRESSIONS = (
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.CondExpr,
    nodes.Concat,
    nodes.Const,
)
_TAG_LINE = re.compile(r"^[ \t]*((?:\{%(?:(?!%\})[^\n])*%\}[ \t]*)+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one template, and where it lies; `is_own`: the district's."""

    name: str
    text: str
    place: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was written: its text, and the digest of the templates that made it."""

    text: str
    template: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class _Loop:
    """What `loop` says within a loop."""

    first: bool
    last: bool
    index: int
    length: int


# Where templates lie


@cache
def built_in() -> Mapping[str, Source]:
    """Return the templates that ship with the plugin, by file name."""
    folder = files("dam_plugin.custodian") / "templates"
    found = (each for each in folder.iterdir() if each.name.endswith(SUFFIX))
    return {each.name: Source(each.name, each.read_text("utf-8"), each.name) for each in found}


def of_district(folder: Path) -> Mapping[str, Source]:
    """Return the templates in a district's folder, by file name. Raises InputError, TemplateProblems."""
    try:
        listed = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except OSError as error:
        why = (error.strerror or "the system refused").lower()
        raise InputError(f"the folder of letters '{folder}' cannot be read ({why}): check `letters.folder`") from error
    if len(listed) > MOST_FILES:
        raise InputError(f"the folder of letters has more than {MOST_FILES} files: name the folder of templates alone")
    problems: list[Problem] = []
    found: dict[str, Source] = {}
    for path in listed:
        if not path.name.endswith(SUFFIX):
            problems.append(
                _problem(path, f"is no template of a letter: call it KIND.LANGUAGE{SUFFIX}, or move it away")
            )
        elif (text := _text(path, problems)) is not None:
            found[path.name] = Source(path.name, text, str(path), is_own=True)
    if problems:
        raise TemplateProblems(problems)
    return found


def _text(path: Path, problems: list[Problem]) -> str | None:
    try:
        # Reading a pipe or a device might never end.
        if not path.is_file():
            problems.append(_problem(path, "is no file: move it away"))
            return None
        with path.open("rb") as file:
            read = file.read(LARGEST_TEMPLATE + 1)
    except OSError as error:
        problems.append(_problem(path, f"cannot be read ({(error.strerror or 'the system refused').lower()})"))
        return None
    if len(read) > LARGEST_TEMPLATE:
        problems.append(_problem(path, f"is larger than {LARGEST_TEMPLATE // 1024} KiB: shorten it"))
        return None
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = read[: error.start].count(b"\n") + 1
        problems.append(_problem(path, "is not UTF-8 text: save it as UTF-8", line))
        return None


def _problem(path: Path, message: str, line: int | None = None) -> Problem:
    return Problem("", message, str(path), line)


class Templates:
    """The templates in use: the built-in ones, and those of a district's folder in their place."""

    def __init__(self, own: Mapping[str, Source] | None = None) -> None:
        """Take the district's own templates."""
        self._sources = {**built_in(), **(own or {})}
        self._trees: dict[str, nodes.Template] = {}
        self._checked: dict[str, list[Problem]] = {}
        self._environments: dict[Language, Environment] = {}
        self._parser = ImmutableSandboxedEnvironment(keep_trailing_newline=True)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the district's own files."""
        return tuple(name for name, each in self._sources.items() if each.is_own)

    def problems(self, only: Sequence[str] | None = None) -> list[Problem]:
        """Return every mistake of the letters (of some alone), by file and line, each once."""
        found = [each for name in only or self._letters() for each in self._letter_problems(name)]
        if only is None:
            found += self._strangers()
        return sorted(dict.fromkeys(found), key=lambda each: (each.file or "", each.line or 0))

    def write(self, kind: str, facts: LetterFacts) -> Letter:
        """Return the letter of a kind that tells these facts.

        Raises TemplateProblems for a template with a mistake; InputError where facts are missing that the kind needs, or
        where the text lacks a provision that it has to cite.
        """
        row, name = KINDS[kind], template_name(kind, facts.language)
        check_facts(kind, facts)
        if found := self.problems([name]):
            raise TemplateProblems(found)
        text = self._filled(name, row, facts)
        squeezed = _squeezed(text)
        for each in row.must_cite(facts):
            if _squeezed(each) not in squeezed:
                message = (
                    f"the letter does not cite '{each}', which a letter of this kind has to: write it into the text"
                )
                if row.needs_grounds and each in each_once(facts.provisions):
                    message += ", or tell each of `grounds` with its `provision`"
                raise TemplateProblems([Problem("", message, self._sources[name].place)])
        return Letter(text, self._digest(name), any(self._sources[each].is_own for each in self._used(name)))

    # Filling one in

    def _filled(self, name: str, row: LetterKind, facts: LetterFacts) -> str:
        environment = self._environment(facts.language)
        values = {each: getattr(facts, each) for each in row.parts}
        pieces: list[str] = []
        length = 0
        try:
            for piece in environment.get_template(name).generate(line=LINE, **values):
                length += len(piece)
                if length > LONGEST_LETTER:
                    raise TemplateProblems(
                        [
                            Problem(
                                "", f"the letter would have more than {LONGEST_LETTER:,} characters", self._place(name)
                            )
                        ]
                    )
                pieces.append(piece)
        except (TemplateError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise TemplateProblems([self._placed(error, name)]) from None
        return tidied("".join(pieces))

    def _environment(self, language: Language) -> Environment:
        if language not in self._environments:
            texts = {name: without_tag_lines(each.text) for name, each in self._sources.items()}
            self._environments[language] = _environment(language, texts)
        return self._environments[language]

    def _placed(self, error: Exception, name: str) -> Problem:
        """Return what went wrong while a letter was filled in, at its line; without the value, which may name somebody."""
        where, line, walked = name, None, error.__traceback__
        while walked is not None:
            # Jinja puts the template's own file and line into a traceback.
            if (file := walked.tb_frame.f_code.co_filename) in self._sources:
                where, line = file, walked.tb_lineno
            walked = walked.tb_next
        if isinstance(error, UndefinedError):
            message = "something that is used here is missing in this letter: put it within {% if … %}"
        elif isinstance(error, TemplateError):
            message = f"{error.message}"
        else:
            message = "this cannot be put together: compare and join texts with texts"
        return Problem("", message, self._place(where), line)

    def _place(self, name: str) -> str:
        return self._sources[name].place

    def _digest(self, name: str) -> str:
        digest = hashlib.sha256()
        for each in self._used(name):
            digest.update(f"{each}\0{self._sources[each].text}\0".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def _used(self, name: str) -> list[str]:
        """Return a template and all that it includes, sorted."""
        used, waiting = {name}, [name]
        while waiting:
            for node in self._tree(waiting.pop()).find_all(nodes.Include):
                included = node.template.value if isinstance(node.template, nodes.Const) else ""
                if included in self._sources and included not in used:
                    used.add(included)
                    waiting.append(included)
        return sorted(used)

    def _tree(self, name: str) -> nodes.Template:
        if name not in self._trees:
            self._trees[name] = self._parser.parse(without_tag_lines(self._sources[name].text), name, name)
        return self._trees[name]

    # Checking

    def _letters(self) -> list[str]:
        return [template_name(kind, language) for kind in KINDS for language in _languages()]

    def _letter_problems(self, name: str) -> list[Problem]:
        if name not in self._checked:
            kind = name.partition(".")[0]
            scope = {each: _HINTS[each] for each in KINDS[kind].parts} | {"line": str}
            self._checked[name] = list(_Check(self, kind).template(name, scope, ()))
        return self._checked[name]

    def _strangers(self) -> Iterator[Problem]:
        """Yield the district's files that are no letter and that no letter includes."""
        letters = self._letters()
        try:
            used = {each for name in letters for each in self._used(name)}
        except (TemplateSyntaxError, RecursionError):
            # It is told already, and what it includes is not known.
            return
        for name in self.own:
            if name not in used:
                yield Problem("", f"no letter has this name{_meant(name, letters)}", self._place(name))


@cache
def shipped() -> Templates:
    """Return the templates of a district without its own, read and checked once in a process."""
    return Templates()


class _Check:
    """The check of one letter: every name in every branch, and that nothing is used that is not allowed."""

    def __init__(self, templates: Templates, kind: str) -> None:
        self._templates = templates
        self._kind = kind
        self._count = 0

    def template(
        self, name: str, scope: Mapping[str, Any], within: tuple[str, ...], inner: frozenset[str] = frozenset()
    ) -> Iterator[Problem]:
        """Yield the problems of one template where these names are known; `inner` are those of the loops around it."""
        place = self._templates._place(name)  # noqa: SLF001 - the check is a part of it
        try:
            tree = self._templates._tree(name)  # noqa: SLF001 - as above
        except TemplateSyntaxError as error:
            yield Problem("", f"{_plain_message(error)}; {_allowed()}", place, error.lineno)
            return
        except RecursionError:
            yield Problem("", f"this is nested too deep; {_allowed()}", place)
            return
        yield from _Walk(self, self._kind, place, (*within, name)).body(tree.body, scope, inner)

    def included(
        self,
        node: nodes.Include,
        place: str,
        scope: Mapping[str, Any],
        within: tuple[str, ...],
        inner: frozenset[str],
    ) -> Iterator[Problem]:
        """Yield the problems of an included template."""
        self._count += 1
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        known = self._templates._sources  # noqa: SLF001 - as above
        if not isinstance(name, str):
            yield Problem("", "{% include %} takes the name of one file, in quotes", place, node.lineno)
        elif self._count > MOST_INCLUDED:
            if self._count == MOST_INCLUDED + 1:
                yield Problem("", f"a letter includes at most {MOST_INCLUDED} files", place, node.lineno)
        elif name in within:
            yield Problem("", f"'{name}' includes itself: a letter would never end", place, node.lineno)
        elif name not in known:
            yield Problem("", f"there is no template '{name}'{_meant(name, known)}", place, node.lineno)
        else:
            yield from self.template(name, scope, within, inner)


class _Walk:
    """The walk through one template."""

    def __init__(self, check: _Check, kind: str, place: str, within: tuple[str, ...]) -> None:
        self._check = check
        self._kind = kind
        self._place = place
        self._within = within

    def body(self, body: Sequence[nodes.Node], scope: Mapping[str, Any], inner: frozenset[str]) -> Iterator[Problem]:
        """Yield the problems of a part; `inner` are the names of the loops around it."""
        for node in body:
            match node:
                case nodes.Output():
                    for each in node.nodes:
                        if not isinstance(each, nodes.TemplateData):
                            yield from self._shown(each, scope)
                case nodes.If():
                    yield from self._if(node, scope, inner)
                case nodes.For():
                    yield from self._for(node, scope, inner)
                case nodes.Include():
                    yield from self._check.included(node, self._place, scope, self._within, inner)
                case _:
                    yield self._at(node, f"this is not allowed; {_allowed()}")

    def _if(self, node: nodes.If, scope: Mapping[str, Any], inner: frozenset[str]) -> Iterator[Problem]:
        yield from self._used(node.test, scope)
        for each in node.elif_:
            yield from self._if(each, scope, inner)
        yield from self.body(node.body, scope, inner)
        yield from self.body(node.else_, scope, inner)

    def _for(self, node: nodes.For, scope: Mapping[str, Any], inner: frozenset[str]) -> Iterator[Problem]:
        if node.recursive or not isinstance(node.target, nodes.Name):
            yield self._at(node, "a loop has one name: {% for each in recordings %}")
            return
        if not isinstance(node.iter, nodes.Name | nodes.Getattr):
            yield self._at(node, "a loop goes over one of the lists of the facts: {% for each in recordings %}")
            return
        kind, problem = self._kind_of(node.iter, scope)
        if problem is not None:
            yield problem
            return
        of = _item(kind)
        if of is None:
            yield self._at(node, f"'{_written(node.iter)}' is no list: a loop goes over a list")
            return
        if inner and not (isinstance(node.iter, nodes.Getattr) and _root(node.iter) in inner):
            yield self._at(
                node, "a loop within a loop goes over what belongs to the outer one, as {% for one in each.where %}"
            )
            return
        if len(inner) >= MOST_NESTED:
            yield self._at(node, f"loops are nested at most {MOST_NESTED} deep")
            return
        name = node.target.name
        within = {**scope, name: of, "loop": _Loop}
        if node.test is not None:
            yield from self._used(node.test, within)
        yield from self.body(node.body, within, inner | {name})
        yield from self.body(node.else_, scope, inner)

    def _shown(self, node: nodes.Expr, scope: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield the problems of what is written out."""
        found = list(self._used(node, scope))
        yield from found
        if found or not isinstance(node, nodes.Name | nodes.Getattr):
            return
        kind, _ = self._kind_of(node, scope)
        told = _written(node)
        if kind is bool:
            yield self._at(node, f"'{told}' is yes or no: use it in {{% if {told} %}}")
        elif _item(kind) is not None:
            yield self._at(node, f"'{told}' is a list: {{% for each in {told} %}}, or {{{{ {told} | join(', ') }}}}")
        elif known := _known(kind):
            yield self._at(node, f"'{told}' has parts, write one of them: {_listed(known, f'{told}.')}")

    def _used(self, node: nodes.Node, scope: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield the problems of an expression."""
        match node:
            case nodes.Name() | nodes.Getattr():
                _, problem = self._kind_of(node, scope)
                if problem is not None:
                    yield problem
                return
            case nodes.Filter():
                if node.name not in FILTERS:
                    yield self._at(node, f"there is no filter '{node.name}'; {_allowed()}")
                    return
            case nodes.TemplateData():
                return
            case _ if not isinstance(node, _EXPRESSIONS):
                yield self._at(node, f"this is not allowed; {_allowed()}")
                return
        for each in node.iter_child_nodes():
            yield from self._used(each, scope)

    def _kind_of(self, node: nodes.Node, scope: Mapping[str, Any]) -> tuple[Any, Problem | None]:
        """Return the type of a value, and a problem where there is no such value."""
        if isinstance(node, nodes.Name):
            if node.name in scope:
                return _bare(scope[node.name]), None
            return None, self._unknown(node, node.name, [each for each in scope if each != "loop"], "")
        if not isinstance(node, nodes.Getattr):
            return None, self._at(node, f"this is not allowed; {_allowed()}")
        kind, problem = self._kind_of(node.node, scope)
        if problem is not None:
            return None, problem
        known = _known(kind)
        if node.attr not in known:
            return None, self._unknown(node, node.attr, list(known), _written(node.node))
        return _bare(known[node.attr]), None

    def _unknown(self, node: nodes.Node, name: str, known: Sequence[str], of: str) -> Problem:
        told = f"{of}.{name}" if of else name
        elsewhere = name in _HINTS and not of
        where = f"a letter of the kind '{self._kind}'" if elsewhere else "a letter"
        if not known:
            return self._at(node, f"'{told}' is not known: '{of}' has no parts")
        hint = Hints().hint_of_value(name, tuple(known))
        return self._at(node, f"'{told}' is not known in {where}{hint} (known: {', '.join(known)})")

    def _at(self, node: nodes.Node, message: str) -> Problem:
        return Problem("", message, self._place, node.lineno)


# The types of the facts

_HINTS: Mapping[str, Any] = get_type_hints(LetterFacts)


def _bare(kind: Any) -> Any:  # noqa: ANN401 - a type of any form
    """Return a type without None."""
    if get_origin(kind) in (Union, UnionType):
        kinds = [each for each in get_args(kind) if each is not type(None)]
        return kinds[0]
    return kind


def _item(kind: Any) -> Any:  # noqa: ANN401 - as above
    """Return the type of a list's items; None for what is no list."""
    return get_args(kind)[0] if get_origin(kind) is tuple else None


@cache
def _known(kind: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    """Return the parts of a type with their types."""
    if not is_dataclass(kind) or kind is Money:
        return {}
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def parts_told() -> Iterator[tuple[str, str]]:
    """Yield everything that templates can use, `request.number` for one, each with what it means; a list has `[]`."""
    yield from _parts("", LetterFacts)


def _parts(before: str, kind: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - as above
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for says in getattr(hint, "__metadata__", ()):
            bare = _bare(get_args(hint)[0])
            of = _item(bare)
            told = f"{before}{name}[]" if of else f"{before}{name}"
            yield told, says.text
            inner = of or bare
            if is_dataclass(inner) and inner is not Money:
                yield from _parts(f"{told}.", inner)


def _root(node: nodes.Node) -> str:
    while isinstance(node, nodes.Getattr):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""


def _written(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_written(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else "…"


def _listed(names: Mapping[str, Any], before: str) -> str:
    return ", ".join(f"{before}{each}" for each in names)


def _allowed() -> str:
    return f"{ALLOWED}{', '.join(FILTERS)}"


def _meant(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ": `dam-plugin letter templates` lists them"


def _plain_message(error: TemplateSyntaxError) -> str:
    message = (error.message or "this is no template").rstrip(".")
    return message[:1].lower() + message[1:]


def _languages() -> tuple[Language, ...]:
    return get_args(Language)


# Names and facts


def template_name(kind: str, language: str) -> str:
    """Return the file name of the template of a kind of letter."""
    return f"{kind}.{language}{SUFFIX}"


def check_facts(kind: str, facts: LetterFacts) -> None:
    """Raise InputError where facts are missing that a letter of this kind needs, the law behind 610.021(14) among them."""
    row = KINDS[kind]
    # Beside what is given, what is not there takes no provision, nor what the student alone may have.
    is_of_missing = "no_record" in row.may and facts.tells_of_missing
    needs_no_ground = is_of_missing or facts.tells_of_rights
    if row.needs_grounds and not facts.provisions and not needs_no_ground:
        raise InputError(
            f"a letter '{kind}' cites the provision by which something is withheld, and none is known here: "
            "--provision 'RSMo 610.021(…)'"
        )
    for provision in facts.provisions if row.needs_grounds else ():
        check_names_law([provision])
    missing = [each for each in row.has if not getattr(facts, each) and not (each == "grounds" and needs_no_ground)]
    if missing:
        raise InputError(f"a letter '{kind}' needs what is not known here: {', '.join(missing)}")


# Text and page


def without_tag_lines(text: str) -> str:
    """Return a template in which a line with nothing but tags makes no line of the letter; the lines keep their numbers."""
    return _TAG_LINE.sub(r"\1{#\n#}", text.replace("\r\n", "\n"))


def tidied(text: str) -> str:
    """Return a text without spaces at the ends of lines and with at most one empty line between two parts."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def wrapped(text: str, *, preview_in: Language | None = None) -> str:
    """Return a letter's text in lines of at most WIDTH characters, headings underlined; with `preview_in` as a preview."""
    lines: list[str] = []
    for line in text.split("\n"):
        underlines = _is_underline(line) and lines and lines[-1]
        lines += [line[0] * len(lines[-1])] if underlines else _wrapped(line)
    body = "\n".join(lines)
    return f"*** {PREVIEW[preview_in]} ***\n\n{body}" if preview_in else body


def _wrapped(line: str) -> list[str]:
    indent = "  " if line.startswith("- ") else ""
    made = textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return made or [""]


def _is_underline(line: str) -> bool:
    return len(line) >= 3 and set(line) in ({"-"}, {"="})


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page: a heading, a heading that begins a page, a list, or lines of text."""

    kind: Literal["title", "heading", "list", "lines"]
    lines: tuple[str, ...]


def blocks(text: str) -> Iterator[Block]:
    """Yield the parts of a letter's text: a line above `---` is a heading, one above `===` begins a page."""
    listed: tuple[str, ...] = ()
    for part in re.split(r"\n{2,}", text.strip("\n")):
        lines = part.split("\n")
        while lines:
            block, count = _first_block(lines)
            lines = lines[count:]
            if block.kind == "list":
                # Items with an empty line between them are one list.
                listed += block.lines
                continue
            if listed:
                yield Block("list", listed)
                listed = ()
            yield block
    if listed:
        yield Block("list", listed)


def _first_block(lines: Sequence[str]) -> tuple[Block, int]:
    if _heads(lines, 0):
        return Block("title" if lines[1][0] == "=" else "heading", (lines[0],)), 2
    is_list = lines[0].startswith("- ")
    count = 1
    while count < len(lines) and lines[count].startswith("- ") == is_list and not _heads(lines, count):
        count += 1
    taken = tuple(each.removeprefix("- ") for each in lines[:count])
    return (Block("list", taken) if is_list else Block("lines", tuple(lines[:count]))), count


def _heads(lines: Sequence[str], at: int) -> bool:
    """Whether a heading begins here."""
    return at + 1 < len(lines) and _is_underline(lines[at + 1])


def page(text: str, kind: str, language: Language, *, preview: bool = False) -> str:
    """Return a letter as an HTML page that prints: the same text, its own small stylesheet, no request to anywhere."""
    template = _pages().get_template("letter.html.j2")
    told = PREVIEW[language] if preview else ""
    return template.render(blocks=list(blocks(text)), kind=kind, language=language, preview=told)


@cache
def _pages() -> Environment:
    source = (files("dam_plugin.custodian") / "templates" / "letter.html.j2").read_text("utf-8")
    return ImmutableSandboxedEnvironment(
        loader=DictLoader({"letter.html.j2": source}), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def _environment(language: Language, sources: Mapping[str, str]) -> Environment:
    def finalize(value: object) -> object:
        if isinstance(value, Undefined):
            return value
        told = in_words(value, language)
        if told is None:
            raise TemplateError("something that is written here is empty: put it within {% if … %}")
        return told

    environment = ImmutableSandboxedEnvironment(
        # The name stands in a traceback as the file.
        loader=FunctionLoader(lambda name: (sources[name], name, None) if name in sources else None),
        autoescape=False,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=finalize,
        optimized=False,
    )
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.globals = {}
    environment.tests = {}
    return environment


def _squeezed(text: str) -> str:
    return " ".join(text.split())
