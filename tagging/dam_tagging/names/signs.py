"""Finds signs in a file that say no: "do not post", "opted out", "sin permiso". Holds the lists of signs. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dam_tagging.facts import Facts, Finding, Keyword
from dam_tagging.names.searched_texts import Kind, SearchedText, path_parts, searched_texts
from dam_tagging.names.visible_text import TOKEN, fold, legible
from dam_tagging.names.written_names import within

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
    *(f"{no} {paper}" for no in ("missing", "no", "pending", "awaiting", "need", "needs", "lacks", "unsigned", "check", "verify", "w o", "without")
      for paper in ("permission slip", "photo release", "media release", "media form", "photo form", "waiver", "release form", "consent form")),
    *(f"{no} {paper}" for no in ("missing", "pending", "check", "verify", "unsigned", "w o") for paper in ("permission", "release", "consent", "releases")),
    *(f"{no} {paper}" for no in ("awaiting", "waiting for", "waiting on", "needs", "lacks") for paper in ("permission", "consent")),
    *(f"{paper} {no}" for paper in ("permission", "permission slip", "release", "consent", "waiver", "form", "slip", "release status")
      for no in ("missing", "pending", "not on file", "not signed", "not returned", "not given", "unsigned", "expired", "declined", "withheld")),
    *("limited or incomplete model releases", "incomplete model releases", "no model release", "no model releases", "w o a release"),
    *("d n p", "opt d out", "opts out", "opted him out", "opted her out", "opted them out", "opted us out", "no upload", "no uploads"),
    *(f"blur {whom}" for whom in ("face", "faces", "him", "her", "them", "kid", "kids", "child", "student", "boy", "girl", "name", "names")),
    *(f"blur {the} {whom}" for the in ("the", "his", "her", "their", "this", "out")
      for whom in ("face", "faces", "kid", "kids", "child", "children", "student", "students", "boy", "boys", "girl", "girls", "one", "name", "names")),
    *(f"{hide} {whom}" for hide in ("hide", "remove", "crop", "cover", "mask", "pixelate", "redact", "cut out", "edit out")
      for whom in ("him", "her", "them", "face", "faces", "person", "child", "kid", "student", "his face", "her face", "their face", "the face",
                   "the boy", "the girl", "this boy", "this girl", "this child", "this kid", "this student", "this person", "the child", "the kid",
                   "the student")),
    *("crop out", "crop off", "remove photo", "remove picture", "remove this photo", "remove this picture", "redact", "please take down"),
    *("delete me", "delete this", "please delete", "delete photo", "to be deleted", "ask parents first", "ask parent first", "ask mom first"),
    *("tapar cara", "tapar la cara", "tapar rostro", "tapar el rostro", "ocultar cara", "ocultar la cara", "difuminar", "pixelar", "recortar a"),
    *("excluir", "excluida", "excluido", "eliminar foto", "borrar foto", "quitar foto", "sin foto", "sin fotos", "sin imagenes", "sin firma", "sin firmar"),
    *(f"{falta} {papel}" for falta in ("falta", "falta el", "falta la", "pendiente de", "pendiente", "sin")
      for papel in ("permiso", "autorizacion", "consentimiento", "firma")),
    *(f"{papel} {falta}" for papel in ("permiso", "autorizacion", "consentimiento") for falta in ("pendiente", "denegado", "denegada", "rechazado")),
    *("no firmo", "no firmaron", "no firma", "no ha firmado", "no han firmado"),
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
"""Signs as words. Each is found in any case, with any characters between its words, or written together (`DO_NOT_POST`,
`DoNotPost`)."""

_PICTURED = re.compile("[\U0001f6ab\u26d4\U0001f4f5\U0001f645\U0001f6b7]")
"""Signs as pictures: no entry, prohibited, no phones, a person who gestures no."""

_WHOLE_TEXTS = frozenset("private privado privada exclude excluded nope noshare noweb dnu ocultar".split())
_WHOLE_KEYWORDS = _WHOLE_TEXTS | frozenset("reject rejects rejected".split())
_WHOLE_NAMES = _WHOLE_KEYWORDS | frozenset("hidden trash delete descartadas".split())
"""Words that are signs only as a whole text, a whole keyword, or the whole name of a file or folder, apart from numbers
(`_rejects`)."""

_WHOLE: dict[Kind, frozenset[str]] = {
    "caption": _WHOLE_TEXTS,
    "keyword": _WHOLE_KEYWORDS,
    "path": _WHOLE_NAMES,
    "location": frozenset(),
}

_FAMILY = "mom|moms|mum|mother|dad|dads|father|parent|parents|family|families|guardian|guardians|grandma|grandmother|grandpa|grandfather|aunt|uncle"
REFUSAL = "a family's refusal"
"""The name of a sign that is on no list word for word: a student's name may be between its words."""

_YES = "yes|ok|okay|fine|sure|good|thanks"
_REFUSALS = re.compile(
    rf"""\b(?:
        (?:{_FAMILY})\ (?:(?:has|have|had)\ )?(?:says?|said|asked|asks?|requested|requests?|told|wants?|wanted|prefers?|insists?|insisted)
            (?:\ (?:(?!(?:{_YES})\b)\w+)){{0,4}}?\ (?:not|don|dont|never)
        |(?:{_FAMILY})\ (?:says?|said|asked|requested|wants?|wanted|prefers?)(?:\ (?:us|please|that|for|absolutely|firmly|them))*\ no
        |(?:{_FAMILY})\ (?:(?:do|does|did|would|will|has|have|may|are|is)\ not|(?:don|doesn|didn|wouldn|won|hasn|haven)\ t|dont|doesnt|didnt|never)
            \ (?:want|allow|consent|consented|agree|agreed|permit|wish|approve|sign|signed|give|given|gave|authorize|ok|okay|comfortable|like)
        |(?:{_FAMILY})\ (?:refused|refuses|objected|objects|objecting|decline|declines|opposed|revoked|withdrew|withheld|opted)
        |(?:mama|papa|madre|padre|padres|familia|tutor|tutora)\ (?:dijo\ |dijeron\ |pide\ |piden\ |pidio\ |pidieron\ )?(?:que\ )?no
            \ (?:quiere|quieren|quiso|da|dan|dio|dieron|autoriza|autorizan|permite|permiten|firmo|firmaron|acepta|aceptan|publicar|compartir|usar|subir)
    )\b""",
    re.VERBOSE,
)
"""Words of a family, folded, with one space between them."""

_KEYS = (
    "media|photos?|pictures?|pics?|images?|videos?|publish|publishing|publishable|publication|publicity|post|posting|share|sharing|shareable|web|website"
    "|internet|online|social|social media|yearbook|facebook|instagram|release|released|releases|release status|release form|releasable|consent|permission"
    "|permission slip|waiver|mr|directory|directory info|directory information|public|ok to (?:post|publish|share|use|print)"
    "|okay to (?:post|publish|share|use|print)|can (?:post|publish|share)|allow(?:ed)?|permiso|autorizacion|consentimiento|publicar|compartir|fotos?|difusion"
)
_NOES = "no|n|none|false|0|off|nope|denied|refused|declined|missing|withheld|revoked|not on file|not signed|not given|unsigned|ninguno|ninguna|negado|falso"
_SWITCHED_OFF = re.compile(
    rf"(?<![^\W_])(?:{_KEYS})(?: (?:status|form|on file|signed|given|ok|allowed))?\s*(?:[:=]|->|\u2192)+\s*[\"']?(?:{_NOES})[\"']?"
    r"(?=\s*(?:$|[,;|/)\]}!\n\r(&]|\.(?!\s*\d)|\s[-\u2013\u2014]))",
    re.MULTILINE,
)
"""A switch that a person or a program has set to no: `Media release: no`, `publish=0`, `MR=N`."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BARE_NO = re.compile(r"\s*(?:no|n|none|false|0|off)\s*[.!]?\s*", re.IGNORECASE)
_LAST_NO = re.compile(r"(?:^|[\W_])(?:NO|(?<=\d[\W_])[Nn][Oo])[\W_]*$|^[\W_]*[Nn][Oo][\W_]*$")
"""`DSC_0012-NO`: no as the last word of a file's name."""

_ORDINARY_IN_RIGHTS = frozenset(
    {
        *("restricted", "restricted use", "restricted photo", "confidential", "for internal use", "internal use", "internal only", "staff only"),
        *("confidencial", "restringido", "restringida", "uso interno", "not public", "keep private", "on hold", "please hold", "off limits"),
        *("without permission", "without consent", "sin permiso", "sin autorizacion", "sin consentimiento", "not authorized", "not authorised"),
        *("no autorizado", "no autorizada", "no autorizados", "no autorizadas", "embargo", "embargoed", "redact"),
        *(f"{prohibida} {su} {x}" for prohibida in ("prohibida", "prohibido", "prohibidas") for su in ("su", "la", "el")
          for x in ("reproduccion", "distribucion", "uso")),
    }
)  # fmt: skip
"""Signs that are usual in a copyright line and mean no refusal there ("All rights restricted")."""

_ORDINARY_WITH_EXCEPTION = frozenset(
    {
        *(f"{no} {use}" for no in (*_NOT, *_NOT_EITHER) for use in ("use", "distribute", "broadcast", "print")),
        *(f"{no} {used}" for no in ("not be", "not to be", "never be") for used in ("used", "distributed", "broadcast", "printed", "published")),
        *("not for distribution", "not for use", "not for publication", "not for broadcast"),
    }
)  # fmt: skip
_EXCEPTION = re.compile(r"\b(?:without|unless|except|prior|written|express|expressed|sin|salvo)\b")
"""Signs that are usual in a copyright line if "without permission" follows."""

_AFTER_HOLD = frozenset({"for", "until", "till", "pending", "per", "til"})
_LONGEST_JOINED = 6
_HELD = re.compile(r"(?<![\w'])HOLD(?!\s+(?:THE|ON|A|AN|YOUR|HANDS|EM)\b)(?![\w'])")


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that was found, as on the list, and its property or place."""

    sign: str
    source: str


def signs_in(facts: Facts, key: str, more: Sequence[str] = ()) -> tuple[Sign, ...]:
    """Return the signs in a file and its key, each once; `more` are a district's own signs."""
    finder = _finder(tuple(more))
    found: dict[str, Sign] = {}
    for said in _searched(facts, key):
        for sign in finder.found(said):
            found.setdefault(sign, Sign(sign, said.source))
    for right in facts.rights:
        for sign in finder.found_in_rights(right):
            found.setdefault(sign, Sign(sign, right.source))
    return tuple(found.values())


def told_sign(found: Sign) -> str:
    """Return the reason for holding a recording with this sign."""
    return f"sign of no: '{found.sign}'"


def sign_finding(found: Sign) -> Finding:
    """Return a sign as a finding. The finding names the rule and no person."""
    return Finding("hold", told_sign(found), f"{found.source} says so", found.source)


def _searched(facts: Facts, key: str) -> Iterator[SearchedText]:
    yield from searched_texts(facts)
    # A name in a list of people may be a note: "DO NOT POST" as a face's name.
    for person in facts.persons:
        yield SearchedText(person.name, person.source, "keyword")
    for region in facts.regions:
        yield SearchedText(region.name or "", region.source, "keyword")
    shelves = (facts.keywords, facts.captions, facts.official_markers, facts.texts, facts.rights)
    for each in (each for shelf in shelves for each in shelf if _BARE_NO.fullmatch(each.text)):
        # The property is the question: `acme:Publish` is `no`.
        yield SearchedText(f"{_CAMEL.sub(' ', each.source)}: {each.text}", each.source, "caption")
    for name, place in path_parts(key):
        yield SearchedText(name, place, "path")


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

    def found(self, said: SearchedText) -> Iterator[str]:
        words = _words(text := legible(said.text))
        yield from self._listed(words)
        spoken = " ".join(words)
        if _REFUSALS.search(spoken):
            yield REFUSAL
        if found := _SWITCHED_OFF.search(_unaccented(text)):
            yield " ".join(found[0].split())
        if _stands_alone(said, words, text):
            yield "hold"
        if sign := _whole(said, words, text):
            yield sign
        if found := _PICTURED.search(said.text):
            yield found[0]

    def found_in_rights(self, right: Keyword) -> Iterator[str]:
        """Yield the signs in a rights text that say no to posting, pictures or consent and are not just usual wording."""
        words = _words(text := legible(right.text))
        spoken = " ".join(words)
        form = _ORDINARY_IN_RIGHTS | (_ORDINARY_WITH_EXCEPTION if _EXCEPTION.search(spoken) else frozenset())
        yield from (sign for sign in self._listed(words) if sign not in form)
        if _REFUSALS.search(spoken):
            yield REFUSAL
        if found := _SWITCHED_OFF.search(_unaccented(text)):
            yield " ".join(found[0].split())
        if found := _PICTURED.search(right.text):
            yield found[0]

    def _listed(self, words: Sequence[str]) -> Iterator[str]:
        for at, word in enumerate(words):
            if word in self._joined:
                yield self._joined[word]
            if word in self._first:
                for length in range(1, self._longest + 1):
                    if sign := self._spoken.get(" ".join(words[at : at + length])):
                        yield sign


def _whole(said: SearchedText, words: Sequence[str], text: str) -> str | None:
    """Return the sign that a whole keyword, or the whole name of a file or folder, is."""
    rest = [word for word in words if not word.isdecimal()] if said.kind == "path" else words
    if len(rest) == 1 and rest[0] in _WHOLE[said.kind]:
        return rest[0]
    return "no" if said.kind == "path" and _LAST_NO.search(text) else None


def _unaccented(text: str) -> str:
    """Return a text for comparing with switches: in lower case, without accents, with its marks and lines unchanged."""
    if text.isascii():
        return text.lower()
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).casefold()


def _stands_alone(said: SearchedText, words: Sequence[str], text: str) -> bool:
    if "hold" not in words:
        return False
    if words == ["hold"] or (said.kind == "path" and _ends_so(words)):
        return True
    if words[0] == "hold" and words[1] in _AFTER_HOLD and said.kind != "location":
        return True
    return bool(_HELD.search(text.replace("_", " "))) and not text.isupper()


def _ends_so(words: Sequence[str]) -> bool:
    """Whether `hold` is the last word in the name of a file or folder, or its first word with only numbers behind it."""
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
