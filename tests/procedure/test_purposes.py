"""The closed list of purposes: what a text names, what a district's own list may say, and that no spelling loosens."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dam_plugin.errors import InputError
from dam_plugin.procedure.purposes import (
    OWN_PURPOSES,
    STARTER_PACK,
    Purpose,
    PurposeList,
    WrongPurposes,
    fold,
    read_purposes,
)

WHOLES = [(word, each.name) for each in STARTER_PACK.purposes for word in (each.name, *each.synonyms)]
PARTS = [(word, each.name) for each in STARTER_PACK.purposes for word in each.parts]
EVERYDAY = {
    "website", "social media", "news", "yearbook", "inspection", "newsletter", "marketing", "display in school",
    "broadcast", "athletics program", "military recruiters", "directory", "legal request", "emergency",
}  # fmt: skip


def test_the_starter_pack_has_what_districts_share_for() -> None:
    assert {each.name for each in STARTER_PACK.purposes} >= EVERYDAY | OWN_PURPOSES


NAMED = {
    "Web Site": "website",
    "WEBSITE ": "website",
    " web-site": "website",
    "web_page": "website",
    "ＷＥＢＳＩＴＥ": "website",  # noqa: RUF001 - full width
    "homepage": "website",
    "Home Page": "website",
    "página web": "website",
    "pagina web": "website",
    "sitio web": "website",
    "Social-Media": "social media",
    "social_media": "social media",
    "Face book": "social media",
    "X": "social media",
    "TikTok!": "social media",
    "Redes Sociales": "social media",
    "Press": "news",
    "press release": "news",
    "sponsored content": "marketing",
    "School Store": "marketing",
    "newspaper": "news",
    "la prensa": "news",
    "Anuario": "yearbook",
    "Commercial": "marketing",
    " commercial-use ": "marketing",
    "COMMERCIAL PURPOSES": "marketing",
    "uso comercial": "marketing",
    "Fines Comerciales": "marketing",
    "For sale": "marketing",
    "ventas": "marketing",
    "Vendor Marketing": "marketing",
    "merchandise": "marketing",
    "Sponsors": "marketing",
    "promos": "marketing",
}


@pytest.mark.parametrize(("text", "word"), NAMED.items(), ids=[ascii(each) for each in NAMED])
def test_a_purpose_is_found_however_it_is_written(text: str, word: str) -> None:
    assert STARTER_PACK.need(text) == word


REFUSED = {
    "webiste": "'webiste' is not a purpose of this district; did you mean 'website'?",
    "facebok": "did you mean 'social media'?",
    "on our facebook page please": "did you mean 'social media'?",
    "our website and facebook": "names 2 purposes, 'website' and 'social media': name one at a time",
    "yearbook/newsletter": "names 2 purposes, 'yearbook' and 'newsletter'",
    "athletics website": "names 2 purposes, 'athletics program' and 'website'",
    "recruiters": "names 2 purposes, 'military recruiters' and 'college recruiters': name one at a time",
    "Recruiting": "names 2 purposes, 'military recruiters' and 'college recruiters'",
    "directory information": "is no single purpose",
    "Internet": "is no single purpose",
    "publicidad": "is no single purpose",
    "Difusión": "is no single purpose",
    "medios de comunicación": "is no single purpose",
    "Media Release": "is no single purpose",
    "news (sponsored)": "names 2 purposes, 'news' and 'marketing'",
    "commerical": "did you mean 'marketing'?",
    "comercail": "did you mean 'marketing'?",
    "advertisment": "did you mean 'marketing'?",
    "Sale ": "did you mean 'marketing'?",
    "Sales": "did you mean 'marketing'?",
    "venta": "did you mean 'marketing'?",
    "tv commercial": "names 2 purposes, 'broadcast' and 'marketing': name one at a time",
    "commercial film": "names 2 purposes, 'marketing' and 'film'",
    "fundraising merchandise": "names 2 purposes, 'fundraising' and 'marketing'",
    "vendor": "is not a purpose of this district",
    "data broker": "is not a purpose of this district",
    "flurb": "what is written there is not a purpose of this district; `dam-plugin purposes` lists them",
    "": "is not a purpose",
    " -_ ": "is not a purpose",
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=[ascii(each) for each in REFUSED])
def test_what_names_no_purpose_or_several_is_refused_with_the_nearest(text: str, sentence: str) -> None:
    assert STARTER_PACK.word(text) is None
    with pytest.raises(InputError) as raised:
        STARTER_PACK.need(text)
    assert sentence in str(raised.value)


def test_a_refusal_repeats_no_text_that_may_be_a_name() -> None:
    with pytest.raises(InputError) as raised:
        STARTER_PACK.need("for Hannah Lindqvist")
    assert "Hannah" not in str(raised.value)


def test_a_part_of_a_purpose_opts_out_of_all_of_it_and_permits_none_of_it() -> None:
    assert STARTER_PACK.need("facebook") == "social media"
    assert STARTER_PACK.reaches(["facebook"], "instagram")
    assert not STARTER_PACK.permits("facebook", "social media")
    with pytest.raises(InputError, match="'facebook' is only a part of the purpose 'social media'"):
        STARTER_PACK.need_whole("facebook")


@pytest.mark.parametrize(("text", "purpose"), [("promoción", "marketing"), ("social", "social media")])
def test_a_word_with_another_sense_opts_out_and_permits_nothing(text: str, purpose: str) -> None:
    assert STARTER_PACK.reaches([text], purpose)
    assert not STARTER_PACK.permits(text, purpose)
    with pytest.raises(InputError, match="only a part"):
        STARTER_PACK.need_whole(text)


def test_an_opt_out_from_commercial_use_is_one_from_marketing_and_a_consent_to_it_permits_no_marketing() -> None:
    assert STARTER_PACK.reaches(["commercial use"], "marketing")
    assert STARTER_PACK.reaches(["marketing"], "Commercial")
    assert not STARTER_PACK.permits("commercial", "marketing")
    assert not STARTER_PACK.permits("commercial", "commercial")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.sampled_from(WHOLES + PARTS), st.data())
def test_no_case_accent_space_or_sign_makes_another_purpose(word: tuple[str, str], data: st.DataObject) -> None:
    written = data.draw(spellings(word[0]))
    assert STARTER_PACK.word(written) == word[1]


@given(st.sampled_from(WHOLES), st.sampled_from(WHOLES + PARTS))
def test_a_text_that_names_two_purposes_is_neither(one: tuple[str, str], other: tuple[str, str]) -> None:
    assume(one[1] != other[1])
    text = f"{one[0]} and {other[0]}"
    assert STARTER_PACK.word(text) is None
    assert "purposes, " in STARTER_PACK.why_not(text)


@given(st.sampled_from(WHOLES + PARTS), st.sampled_from(WHOLES + PARTS), st.data())
def test_an_opt_out_reaches_a_purpose_by_every_word_of_it(
    said: tuple[str, str], asked: tuple[str, str], data: st.DataObject
) -> None:
    written, typed = data.draw(spellings(said[0])), data.draw(spellings(asked[0]))
    assert STARTER_PACK.reaches([written], typed) is (said[1] == asked[1])
    # What permits is never wider than what forbids.
    assert STARTER_PACK.permits(written, typed) <= STARTER_PACK.reaches([written], typed)


@given(st.text(), st.text())
def test_what_the_list_does_not_know_forbids_everything_and_permits_nothing(one: str, other: str) -> None:
    assume(STARTER_PACK.word(one) is None)
    assert STARTER_PACK.reaches([one], other)
    assert STARTER_PACK.reaches([other], one)
    assert not STARTER_PACK.permits(one, other)
    assert not STARTER_PACK.permits(other, one)


@st.composite
def spellings(draw: st.DrawFn, word: str) -> str:
    """The same word with other cases, accents written in parts or left out, other spaces and signs."""
    text = draw(st.sampled_from([word, word.upper(), word.title(), unicodedata.normalize("NFD", word), bare(word)]))
    between = st.sampled_from([" ", "  ", "-", "_", "\u00a0", "\t", ""])
    around = st.sampled_from(["", " ", "'", "\u00ab", "."])
    return draw(around) + "".join(draw(between) if each == " " else each for each in text) + draw(around)


def bare(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def test_a_district_adds_words_and_purposes() -> None:
    own = read_purposes({"website": ["Falcon Wire"], "board packet": [], "social media": {"parts": ["FalconGram"]}})
    assert own.need("falcon-wire") == own.need("homepage") == "website"
    assert own.need("Board Packet") == "board packet"
    assert own.need("falcongram") == "social media"
    assert own.whole("falcongram") is None


def test_a_district_has_a_list_of_its_own_with_what_the_plugin_shares_for() -> None:
    own = read_purposes({"starter_pack": False, "facebook": ["fb"], "Year Book": ["annual"]})
    assert {each.name for each in own.purposes} == {"facebook", *OWN_PURPOSES}
    assert own.need("FB") == own.need_whole("facebook") == "facebook"
    assert own.need("annual") == "yearbook"
    assert own.word("website") is own.word("anuario") is None


WRONG: dict[str, tuple[Any, str]] = {
    "of two": ({"press day": ["press"]}, "'press' stands for 'news' and for 'press day': keep it in one of them"),
    "a synonym as a purpose": ({"homepage": []}, "'homepage' stands for 'website' and for 'homepage'"),
    "two at once": ({"website": ["news page"]}, "'news page' of 'website' names 'news' too: take it out"),
    "a narrower purpose": ({"senior yearbook": []}, "'senior yearbook' of 'senior yearbook' names 'yearbook' too"),
    "blank": ({"website": [" "]}, "'website' has a word that is blank"),
    "signs alone": ({"!!": []}, "'!!' has a word that is blank"),
    "blank name": ({"": []}, "'' has a word that is blank"),
    "long": ({"website": ["w" * 61]}, "no single line of at most 60 characters"),
    "two lines": ({"website": ["falcon\nwire"]}, "no single line"),
    "twice": ({"Falcon wire": [], "falcon_wire": []}, "a purpose stands in it twice"),
    "synonym and part": ({"website": {"parts": ["web page"]}}, "both as a synonym and as a part"),
    "no list": ({"website": "falcon"}, "the synonyms of 'website' must be a list of words"),
    "no words": ({"website": [1]}, "must be a list of words"),
    "another key": ({"website": {"synonym": []}}, "'website' has 'synonym', which is not known here"),
    "no table": (["website"], "must be a table of purposes"),
    "starter": ({"starter_pack": "no"}, "starter_pack must be true or false"),
}


@pytest.mark.parametrize(("table", "sentence"), WRONG.values(), ids=WRONG)
def test_a_list_that_contradicts_itself_is_refused(table: Any, sentence: str) -> None:
    with pytest.raises(WrongPurposes) as raised:
        read_purposes(table)
    assert sentence in str(raised.value)


def test_every_problem_of_a_list_is_told_at_once() -> None:
    with pytest.raises(WrongPurposes) as raised:
        PurposeList((Purpose("a", ("b", " ")), Purpose("c", ("b",))))
    assert len(raised.value.problems) == 2
