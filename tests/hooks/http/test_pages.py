"""The pages of the gate: plain words for whoever opens a link, nothing about who is in a recording, and safe headers."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import re

import pytest
from starlette.responses import Response

from dam_hooks.http.gate import Before, Pages, preferred_language
from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.outside import outside_reasons
from dam_plugin.procedure.outside_words import LANGUAGES
from dam_plugin.settings import District

DISTRICT = District(name="Cedar Valley R-2", contact="Records office, 555-0100, records@cedarvalley.example")
PAGES = Pages(DISTRICT, "https://photos.s3.amazonaws.com")
REFUSAL = Decision(Outcome.DENY, reasons=(reason("LINK-CHANGED", why="x"), reason("PROTECTED", ("S-067YHCRQJZQR",))))
HOSTILE = "<script>alert(1)</script>\"'>&"
REASONS = {each: outside_reasons(REFUSAL, language=each) for each in LANGUAGES}
EVERY = {
    "gone": PAGES.gone,
    "refused": PAGES.refused(REASONS),
    "refused in Spanish": PAGES.refused(REASONS, "es"),
    "down": PAGES.down,
    "too many": PAGES.too_many(17),
    "malformed": PAGES.malformed(413),
    "wrong method": PAGES.wrong_method,
    "notice": PAGES.before(Before(notice="Not to be passed on.")),
    "word": PAGES.before(Before(asks_word=True)),
    "count": PAGES.before(Before(left=3)),
    "opened": PAGES.opened("https://photos.s3.amazonaws.com/released/x", "Not to be passed on."),
}


class Outline(html.parser.HTMLParser):
    """What is open and closed, and what every element says of itself."""

    EMPTY = frozenset({"meta", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.elements if each == tag]


def text(response: Response) -> str:
    return bytes(response.body).decode()


@pytest.mark.parametrize("name", list(EVERY))
def test_every_answer_has_the_headers_that_keep_it_to_itself(name: str) -> None:
    headers = EVERY[name].headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "form-action 'self' https://photos.s3.amazonaws.com;" in policy
    assert "unsafe" not in policy
    assert "set-cookie" not in headers


@pytest.mark.parametrize("name", [name for name in EVERY if name != "opened"])
def test_every_page_is_whole_and_fit_to_be_read_aloud(name: str) -> None:
    page = text(EVERY[name])
    outline = Outline(page)
    assert outline.open == []
    assert outline.every("html") == [{"lang": "es" if "Spanish" in name else "en"}]
    assert len(outline.every("h1")) == len(outline.every("main")) == len(outline.every("title")) == 1
    labelled = {each["for"] for each in outline.every("label")}
    shown = [each for each in outline.every("input") if each["type"] != "hidden"]
    assert all(each["id"] in labelled for each in shown)
    # Nothing is fetched, and nothing runs.
    assert not any(
        {"src", "href", "action", "onclick", "style"} & attributes.keys() for _, attributes in outline.elements
    )
    assert not outline.every("script")


@pytest.mark.parametrize("name", [name for name in EVERY if name != "opened"])
def test_every_page_says_whose_it_is_and_whom_to_ask(name: str) -> None:
    page = text(EVERY[name])
    assert "Cedar Valley R-2" in page
    assert "Records office, 555-0100, records@cedarvalley.example" in page
    assert ("A quién preguntar" if "Spanish" in name else "Whom to ask") in page


@pytest.mark.parametrize("name", list(EVERY))
def test_no_page_speaks_of_clauses_or_of_what_a_record_says(name: str) -> None:
    words = re.sub(r"<style>.*?</style>", "", text(EVERY[name]), flags=re.DOTALL).lower()
    assert not re.search(r"opt-|opted|clause|ferpa|ex\d|birth|discipline|protect", words)
    # The page of a refusal gives the reasons for the outside, which may say what the law asks for.
    assert name.startswith("refused") or not re.search(r"consent|confidential|student", words)


def test_the_style_is_the_one_that_the_policy_allows() -> None:
    style = re.search(r"<style>(.*?)</style>", text(PAGES.gone), re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in PAGES.gone.headers["content-security-policy"]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("ink", "card"), ("soft", "card"), ("on-button", "button"), ("alarm", "card"), ("ink", "page")],
)
def test_what_is_written_stands_out(scheme: int, ink: str, ground: str) -> None:
    # WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1.
    schemes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", each))
        for each in re.findall(r":root \{[^}]*", text(PAGES.gone))
    ]
    pair = sorted((_luminance(schemes[scheme][ink]), _luminance(schemes[scheme][ground])))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


def test_the_statuses_tell_programs_what_to_do() -> None:
    statuses = {name: each.status_code for name, each in EVERY.items()}
    assert statuses == {
        "gone": 404,
        "refused": 403,
        "refused in Spanish": 403,
        "down": 503,
        "too many": 429,
        "malformed": 413,
        "wrong method": 405,
        "notice": 200,
        "word": 200,
        "count": 200,
        "opened": 303,
    }
    assert EVERY["too many"].headers["retry-after"] == "17"
    assert int(EVERY["down"].headers["retry-after"]) > 0
    assert EVERY["wrong method"].headers["allow"] == "GET, HEAD, POST"


def test_a_refusal_gives_its_reasons_for_the_outside() -> None:
    page = text(EVERY["refused"])
    assert "The law asks for written consent before we give this out." in page
    assert "The law: 34 CFR 99.30; RSMo 610.021(14)." in page
    assert not re.search("S-067YHCRQJZQR|rotect|589", page)
    assert "Why" not in text(PAGES.refused(dict.fromkeys(LANGUAGES, ())))


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("refused", "en", "es"), ("refused in Spanish", "es", "en")],
    ids=["English", "Spanish"],
)
def test_a_refusal_is_in_both_languages_and_says_which_is_which(name: str, first: str, second: str) -> None:
    page = text(EVERY[name])
    assert [each["lang"] for each in Outline(page).every("section")] == [first, second]
    parts = dict(zip((first, second), page.split("<section ")[1:], strict=True))
    for language, told in REASONS.items():
        assert all(each.text in parts[language] and each.provision in parts[language] for each in told)
    assert ("Why" in parts["en"], "Por qué" in parts["es"], "Why" in parts["es"]) == (True, True, False)
    title = {"en": "This recording cannot be shown", "es": "Esta grabación no se puede mostrar"}
    assert f"<h1>{title[first]}</h1>" in page
    assert f"<h2>{title[second]}</h2>" in parts[second]
    assert EVERY[name].headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"), ("es", "es"), ("es-MX,es;q=0.9,en;q=0.8", "es"), ("en-US,en;q=0.9,es;q=0.8", "en"), ("ES-us", "es"),
        ("fr,es;q=0.5", "es"), ("fr", "en"), ("*", "en"), ("es;q=0, *", "en"),
        ("en;q=0.1, es; q=0.2", "es"), ("es;q=much", "en"),
    ],
)  # fmt: skip
def test_the_language_that_a_browser_prefers_comes_first(accept: str, language: str) -> None:
    assert preferred_language(accept) == language


def test_markup_in_what_people_wrote_is_shown_and_does_nothing() -> None:
    pages = Pages(District(name=HOSTILE, contact=HOSTILE))
    for page in (pages.gone, pages.before(Before(notice=HOSTILE, asks_word=True, word=HOSTILE))):
        assert "<script" not in text(page)
        assert Outline(text(page)).open == []


def test_a_word_is_asked_for_before_anything_is_told() -> None:
    page = text(PAGES.before(Before(asks_word=True, left=2)))
    (field,) = Outline(page).every("input")
    assert (field["name"], field["type"], field["maxlength"]) == ("word", "text", "64")
    assert "2 more times" in page


def test_a_wrong_word_is_told() -> None:
    assert 'role="alert"' in text(PAGES.before(Before(asks_word=True, was_wrong=True)))
    assert 'role="alert"' not in text(PAGES.before(Before(asks_word=True)))


def test_after_the_word_the_notice_is_to_be_read() -> None:
    page = text(PAGES.before(Before(notice="Not to be passed on.", asks_word=True, word="AB-12")))
    assert [(each["name"], each["value"]) for each in Outline(page).every("input")] == [
        ("word", "AB-12"),
        ("read", "yes"),
    ]
    assert "Not to be passed on." in page
    assert "I have read this. Open the recording" in page


@pytest.mark.parametrize(
    ("left", "words"),
    [(1, "opens the recording once more. Opening it"), (2, "opens the recording 2 more times. Opening it")],
)
def test_how_often_a_link_opens_is_told(left: int, words: str) -> None:
    assert words in text(PAGES.before(Before(left=left)))


def test_a_client_without_pages_reads_the_notice_with_the_way_to_the_recording() -> None:
    opened = PAGES.opened("https://photos.s3.amazonaws.com/released/x", "Not to be passed on.")
    assert opened.headers["location"] == "https://photos.s3.amazonaws.com/released/x"
    assert opened.headers["content-type"] == "text/plain; charset=utf-8"
    assert text(opened) == "Not to be passed on.\n"
    assert text(PAGES.opened("https://photos.s3.amazonaws.com/released/x", None)) == ""
