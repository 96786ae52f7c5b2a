"""Finds the folders and globs that the words of a request name, as people write them in a letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

_NAME_WORD = re.compile(r"[^\W_]+")
_PATH_WORD = re.compile(r"[^\s,;:()\"'`<>]+")
_GLOB = frozenset("*?[")
# What ends a path: no more of a name, of a path or of a glob follows, but for the end of a sentence.
_ENDS = r"(?![.!?]*[\w/*\[-])"
# A path from the top of a share, a drive or a web site, of which the library's own folder is the end.
_FROM_TOP = re.compile(r"(?:(?:^|[\s\"'`(<\[])/\S*|[a-z]+:/[^\"'`<>,;]*)$")
_FOLDER = r"(?:folders?|directory|album|carpeta)"
_CALLED = r"(?: (?:called|named|of|the|llamada|de))*"


def keys_in_named_folders(text: str, keys: Iterable[str]) -> Iterator[str]:
    r"""Yield those of these keys that lie in a folder which a text names, or that fit a glob of it.

    A folder is named by a path (`games/`, `events/games`, `M:\Games`), by its last name where that has two or more words
    ("the fall games" for `fall-games/`), or where it is called a folder ("the folder games"). Another single word names none:
    too many words are a folder's name. Case does not count.
    """
    words, known = _Words(_plain(text)), {"": False}
    for key in keys:
        folder = ""
        for each in key.split("/")[:-1]:
            above, folder = folder, f"{folder}{each}/"
            if folder not in known:
                known[folder] = known[above] or words.name(_plain(folder))
        if known[folder] or words.fit(_plain(key)):
            yield key


@dataclass(frozen=True)
class _Words:
    """The words of a text, `_plain`."""

    text: str

    def name(self, folder: str) -> bool:
        """Whether they name a folder (`…/`)."""
        parts = folder.split("/")[:-1]
        if not parts[-1].strip():
            return False
        name = " ".join(_NAME_WORD.findall(parts[-1]))
        if " " in name and f" {name} " in self._spaced:
            return True
        called = rf" {_FOLDER}{_CALLED} {re.escape(name)} | {re.escape(name)} {_FOLDER} "
        if name and re.search(called, self._spaced):
            return True
        found = re.finditer(rf"(?<![\w-]){re.escape(parts[-1])}(?P<slash>/?){_ENDS}", self.text)
        return any(self._is_path(each.start(), parts[:-1], is_ended=bool(each["slash"])) for each in found)

    def _is_path(self, start: int, above: list[str], *, is_ended: bool) -> bool:
        """Whether a name that starts here is written as a path, and the folders before it are those above it."""
        before = self.text[:start]
        if not before.endswith("/"):
            return is_ended
        for each in reversed(above):
            if not re.search(rf"(?<![\w-]){re.escape(each)}/$", before):
                break
            before = before[: -len(each) - 1]
            if not before.endswith("/"):
                return True
        return _FROM_TOP.search(before) is not None

    def fit(self, key: str) -> bool:
        """Whether they have a glob that a key fits."""
        return any(fnmatchcase(key, each) or fnmatchcase(key, f"*/{each}") for each in self._globs)

    @cached_property
    def _spaced(self) -> str:
        return f" {' '.join(_NAME_WORD.findall(self.text))} "

    @cached_property
    def _globs(self) -> tuple[str, ...]:
        written = (each.rstrip(".!?") for each in _PATH_WORD.findall(self.text))
        return tuple(each for one in written if _GLOB & set(one) for each in _ends_of(one))


def _ends_of(glob: str) -> Iterator[str]:
    """Yield a glob that is a path; of one from the top of a share also its ends that have a folder."""
    parts = glob.strip("/").split("/") if glob.startswith("/") else [glob]
    for number in range(max(len(parts) - 1, 1)):
        end = "/".join(parts[number:])
        if _NAME_WORD.search(end.partition("/")[0]) and "/" in end:
            yield end


def _plain(text: str) -> str:
    """Return a text in one case, with `/` in every path and one space between words."""
    folded = unicodedata.normalize("NFC", text).casefold().replace("\\", "/")
    return " ".join(re.sub(r"/{2,}", "/", folded).split())
