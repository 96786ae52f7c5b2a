"""Keywords that are written as trees: ACDSee's XML in a string, MWG's and IDimager's nested structures.

MWG Guidelines 2.0, section 5.10: a leaf is applied to the picture, a branch only where it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from dam_tagging.metadata.containers.blocks import Damaged
from dam_tagging.metadata.fields.xmp import Struct, element_of, first, structs, texts
from dam_tagging.metadata.found import Found

ACDSEE, MWG, IDIMAGER = "acdsee:categories", "mwg-kw:Keywords", "ics:TagStructure"
ASSIGNED, APPLIED = "1", "true"


@dataclass(frozen=True, slots=True)
class Nesting:
    """Where a structure keeps a node's name, its children, and whether it is applied."""

    name: str
    children: str
    applied: str = ""


MWG_NODE = Nesting("mwg-kw:Keyword", "mwg-kw:Children", "mwg-kw:Applied")
IDIMAGER_NODE = Nesting("ics:LabelName", "ics:SubLabels")


def collect(properties: Struct, found: Found) -> None:
    """Add the path to every leaf and to every branch that is applied."""
    for text in texts(properties.get(ACDSEE)):
        _acdsee(text, found)
    for tree in structs(properties.get(MWG)):
        for top in structs(tree.get("mwg-kw:Hierarchy")):
            _keep(_paths(top, MWG_NODE, ()), found, MWG)
    for top in structs(properties.get(IDIMAGER)):
        _keep(_paths(top, IDIMAGER_NODE, ()), found, IDIMAGER)


def _keep(paths: Iterator[tuple[str, ...]], found: Found, source: str) -> None:
    for path in paths:
        found.hierarchy(path, source)


def _paths(node: Struct, nesting: Nesting, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield paths; the depth is bounded by that of the packet."""
    path = (*above, first(node.get(nesting.name)))
    children = structs(node.get(nesting.children))
    if not children or first(node.get(nesting.applied)).casefold() == APPLIED:
        yield path
    for child in children:
        yield from _paths(child, nesting, path)


def _acdsee(text: str, found: Found) -> None:
    if not text.strip():
        return
    try:
        root = element_of(text)
    except Damaged:
        found.damage(f"{ACDSEE} is damaged, or holds what no XML of categories may hold")
        return
    todo: list[tuple[str, Element, tuple[str, ...]]] = [((child.text or ""), child, ()) for child in reversed(root)]
    while todo:
        name, node, above = todo.pop()
        path = (*above, name)
        if not len(node) or node.get("Assigned") == ASSIGNED:
            found.hierarchy(path, ACDSEE)
        todo += [((child.text or ""), child, path) for child in reversed(node)]
