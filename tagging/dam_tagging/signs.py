"""Words of a file that say no: "do not post", "opted out", "sin permiso". Data and how it is looked for; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dam_tagging.facts import Facts, Finding
from dam_tagging.legible import TOKEN, fold, legible
from dam_tagging.places import Said, path_parts, places
from dam_tagging.written_names import within

_USES = (
    "post publish use share print upload release distribute broadcast show display tag name identify photograph film record"
    " put include send tweet"
).split()
_USED = (
    "posted published used shared printed uploaded released distributed broadcast shown displayed tagged named identified"
    " photographed filmed recorded included photographable"
).split()
_THINGS = (
    "photo photos photography photograph photographs picture pictures pic pics image images media video videos press publicity publication"
    " facebook instagram tiktok twitter internet online web website yearbook posting posts publishing sharing printing uploading"
    " release publish post consent permission authorization newsletter filming pix"
).split()
_NOT = ("do not", "don t", "dont", "donot", "please no", "must not", "may not")
_NOT_EITHER = ("never", "cannot", "can not", "can t", "cant", "should not", "shouldn t")
_USAR = (
    "publicar publique publiquen publicarse compartir comparta compartan compartirse subir suba suban usar use usen utilizar imprimir imprima difundir difunda"
    " mostrar fotografiar grabar filmar postear divulgar distribuir"
).split()

SIGNS = (
    *(f"{no} {use}" for no in _NOT for use in _USES),
    *(f"{no} {use}" for no in _NOT_EITHER for use in ("post", "publish", "print", "release", "upload")),
    *(f"not be {used}" for used in _USED),
    *(f"not to be {used}" for used in _USED),
    *(f"never be {used}" for used in _USED),
    *(f"not {how} to {use}" for how in ("ok", "okay", "cleared", "allowed", "permitted", "approved") for use in (*_USES, "be")),
    *(f"not for {thing}" for thing in (*_THINGS, "social", "use", "public", "distribution", "facebook")),
    *(f"not {how}" for how in ("releasable", "publishable", "cleared", "authorized", "authorised")),
    *(f"no {thing}" for thing in _THINGS),
    *(f"no social {thing}" for thing in ("media", "posts")),
    *("keep off social", "keep off web", "keep off the web", "keep offline", "keep private", "off limits", "do not photo"),
    *("opt out", "opts out", "opted out", "opting out", "optout", "optedout", "optout form", "has opted out"),
    *(f"{who} {said} no" for who in ("parent", "parents", "mom", "mother", "dad", "father", "family", "guardian", "guardians")
      for said in ("said", "say", "says", "told us")),
    *(f"{who} declined" for who in ("parent", "parents", "family", "guardian")),
    *("consent denied", "consent refused", "consent withdrawn", "consent revoked", "permission denied", "permission refused"),
    *("release denied", "release refused", "without permission", "without consent", "without a release", "missing release"),
    *("dnp", "dnpost", "embargo", "embargoed", "under embargo", "media block", "media blocked", "ferpa block", "ferpa hold", "ferpa blocked"),
    *("photo block", "privacy block", "directory block", "on hold", "please hold"),
    *("restricted", "restricted use", "restricted photo", "confidential", "for internal use", "internal use", "internal only", "staff only"),
    *("not public", "dont show", "custody case", "custody dispute", "custody order", "foster child", "foster care", "in foster care"),
    *("safe at home", "no contact order", "restraining order", "protective order", "order of protection", "witness protection"),
    *("confidencial", "restringido", "restringida", "uso interno", "orden de proteccion", "orden de restriccion"),
    *(f"no {usar}" for usar in _USAR if usar != "use"),
    *(f"no se {puede} {usar}" for puede in ("puede", "debe", "permite") for usar in _USAR),
    *(f"prohibido {usar}" for usar in (*_USAR, "foto", "fotos")),
    *(f"{prohibida} {su} {x}" for prohibida in ("prohibida", "prohibido", "prohibidas") for su in ("su", "la", "el")
      for x in ("publicacion", "difusion", "reproduccion", "distribucion", "uso")),
    *(f"no {foto}" for foto in ("foto", "fotos", "fotografia", "fotografias", "imagenes", "redes", "redes sociales", "web", "internet")),
    *(f"no para {x}" for x in ("publicar", "publicacion", "web", "redes", "compartir", "internet")),
    *(f"sin {x}" for x in ("permiso", "autorizacion", "consentimiento", "publicar")),
    *("no autorizado", "no autorizada", "no autorizados", "no autorizadas", "no autoriza", "no autorizan", "no autorizo"),
    *("no dio permiso", "no dieron permiso", "no tiene permiso", "no hay permiso", "no da permiso", "no dan permiso", "embargado", "embargada"),
    *(f"{quien} {dijo} que no" for quien in ("padres", "padre", "madre", "mama", "papa", "familia") for dijo in ("dijeron", "dijo", "dicen", "dice")),
    *("no quieren fotos", "no quiere fotos", "no difusion", "no publicacion"),
)  # fmt: skip
"""Each is found in any case, with any signs between its words, or written together (`DO_NOT_POST`, `DoNotPost`)."""

_PICTURED = re.compile("[\U0001f6ab\u26d4\U0001f4f5\U0001f645\U0001f6b7]")
"""Signs as pictures: no entry, prohibited, no phones, a person who gestures no."""

_AFTER_HOLD = frozenset({"for", "until", "till", "pending", "per", "til"})
_LONGEST_JOINED = 6
_HELD = re.compile(r"(?<![\w'])HOLD(?!\s+(?:THE|ON|A|AN|YOUR|HANDS|EM)\b)(?![\w'])")


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that was found, as the list has it, and the property or place it stands in."""

    sign: str
    source: str


def signs_in(facts: Facts, key: str, more: Sequence[str] = ()) -> tuple[Sign, ...]:
    """Return the signs of no of a file and its key, each once; `more` are a district's own."""
    finder = _finder(tuple(more))
    found: dict[str, Sign] = {}
    for said in _searched(facts, key):
        for sign in finder.found(said):
            found.setdefault(sign, Sign(sign, said.source))
    return tuple(found.values())


def told_sign(found: Sign) -> str:
    """Return the reason of a hold by a sign."""
    return f"sign of no: '{found.sign}'"


def sign_finding(found: Sign) -> Finding:
    """Return a sign as a finding: it names the rule, and nobody."""
    return Finding("hold", told_sign(found), f"{found.source} says so", found.source)


def _searched(facts: Facts, key: str) -> Iterator[Said]:
    yield from places(facts)
    # A name that a list of people gives may be a note in truth: "DO NOT POST" as a face's name.
    for person in facts.persons:
        yield Said(person.name, person.source, "keyword")
    for region in facts.regions:
        yield Said(region.name or "", region.source, "keyword")
    for name, place in path_parts(key):
        yield Said(name, place, "path")


class _Finder:
    def __init__(self, signs: Iterable[str]) -> None:
        spoken = {" ".join(_words(sign)): sign for sign in signs}
        self._spoken = {words: sign for words, sign in spoken.items() if words}
        self._joined = {
            joined: sign
            for words, sign in self._spoken.items()
            if " " in words and len(joined := words.replace(" ", "")) >= _LONGEST_JOINED
        }
        self._longest = max((words.count(" ") + 1 for words in self._spoken), default=0)
        self._first = {words.split(" ")[0] for words in self._spoken}

    def found(self, said: Said) -> Iterator[str]:
        words = _words(text := legible(said.text))
        for at, word in enumerate(words):
            if word in self._joined:
                yield self._joined[word]
            if word in self._first:
                for length in range(1, self._longest + 1):
                    if sign := self._spoken.get(" ".join(words[at : at + length])):
                        yield sign
        if _stands_alone(said, words, text):
            yield "hold"
        if found := _PICTURED.search(said.text):
            yield found[0]


def _stands_alone(said: Said, words: Sequence[str], text: str) -> bool:
    if "hold" not in words:
        return False
    if words == ["hold"] or (said.kind == "path" and _ends_so(words)):
        return True
    if words[0] == "hold" and words[1] in _AFTER_HOLD and said.kind != "location":
        return True
    return bool(_HELD.search(text.replace("_", " "))) and not text.isupper()


def _ends_so(words: Sequence[str]) -> bool:
    """Whether `hold` is the last word of a name of a file or folder, or the first before nothing but numbers."""
    rest = [word for word in words if not word.isdecimal()]
    return rest[-1] == "hold" or rest == ["hold"]


def _words(text: str) -> list[str]:
    found: list[str] = []
    for token in TOKEN.finditer(text.replace("'", " ").replace("\u2019", " ")):
        raw = token[0]
        pieces = [raw[start:end] for start, end in within(raw)]
        found += map(fold, pieces or [raw])
    return found


@lru_cache(maxsize=8)
def _finder(more: tuple[str, ...]) -> _Finder:
    return _Finder((*SIGNS, *more))
