"""What in a file says no holds it; what only sounds like it does not."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.signs import signs_in
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import tag

ROSTER = RosterIndex([Person("S-1", ("Ava Example",))])


def found(text: str, key: str = "events/a.jpg") -> list[str]:
    return [each.sign for each in signs_in(Facts(state="read", captions=(Keyword(text, "dc:description"),)), key)]


@pytest.mark.parametrize(
    "text",
    [
        "Do not post", "DO_NOT_POST", "do-not-post", "DoNotPost", "donotpost", "DON'T POST", "don\u2019t share this", "Do not publish!",
        "do not use", "DO NOT PRINT", "not to be published", "may not be shared", "no photo", "NO PHOTOS", "no pictures please", "no media",
        "No social media", "opt out", "Opted-out family", "opt-out", "OptOut", "parents said no", "Mom said no", "DNP", "NO POST",
        "not for web", "not for publication", "not for social media", "no release", "on hold", "PLEASE HOLD", "hold until Friday", "HOLD - parents",
        "embargo", "Embargoed until May", "media block", "FERPA block", "no publicar", "NO PUBLIQUE", "no compartir", "no fotos",
        "prohibido publicar", "prohibida su publicaci\u00f3n", "sin permiso", "sin autorizaci\u00f3n", "no autorizado", "los padres dijeron que no",
        "d\u200bo not po\u200bst", "Do%20not%20post", "Do&nbsp;not&nbsp;post", "\uff24\uff2f \uff2e\uff2f\uff34 \uff30\uff2f\uff33\uff34", "without consent",
        "restricted", "CONFIDENTIAL - staff only", "for internal use", "custody case", "foster child", "safe at home", "\U0001f6ab", "\u26d4 Ava",
        "uso interno", "orden de protecci\u00f3n",
        "Media release: no", "release: none", "Release status: not on file", "MR=N", "mr = n", "media: N", "photo: no", "publish=no", "Publish: 0",
        "share=false", "photo consent: no", "Ava, media: N, grade 7", "publicar: no", "permission slip: none", "Autorizaci\u00f3n: no",
        "D.N.P.", "permission slip missing", "missing permission slip", "pending permission", "pendiente de permiso", "falta permiso",
        "falta el permiso", "no firm\u00f3", "w/o consent", "opt'd out", "opt\u2019d out", "blur the boy", "blur face", "blur faces", "blur her face",
        "crop out the girl in red", "remove person", "hide him", "hide her face", "tapar cara", "tapar la cara", "check release", "sin fotos",
        "internal only", "delete me", "excluir", "dad said please don't", "Mom asked us not to", "parents asked that we never use this",
        "family wants no pictures", "Her parents do not want this online", "Dad doesn't consent", "la mam\u00e1 no quiere", "los padres no dieron",
        "Guardian refused", "\U0001f6ab\U0001f4f7", "private", "Private", "release not on file", "sin firma",
    ],
)  # fmt: skip
def test_a_sign_of_no_is_found_in_any_spelling(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Household drive", "Hold the line", "Threshold", "Holden scores", "Players hold hands", "Hold your horses", "Ava Example holds a trophy",
        "Not a cloud in the sky", "Photo day", "No. 12", "Do it again", "They do not give up", "Post game interview", "The press box", "Web design club",
        "Option B", "Adopted", "No homework", "Media center", "Permission slip drive", "Release of butterflies", "Print shop", "no fue facil", "",
        "Media release day", "permission slips due Friday", "Private school league", "Mom said yes, no problem", "Photo: No. 12 wins", "Video: none the wiser",
        "Press release: nobody is late", "Photo: Noah", "Families do the wave", "Parents said thanks", "Rejected at the net", "Motion blur",
        "Photo 0:45", "The family wants to thank everyone", "Release of trout", "media: 4", "publish=yes", "Crop rotation", "Corn crop", "No. 0",
        "Dad asked for seconds", "consent form", "Delete key", "Trout awaiting release", "permiso", "web: www.example.org",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_sign_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "key",
    [
        "events/ava_HOLD.jpg",
        "events/DO_NOT_POST/a.jpg",
        "opt-out/a.jpg",
        "hold/a.jpg",
        "a/hold 2.jpg",
        "no-publicar/x.jpg",
        "private/a.jpg",
        "noupload/a.jpg",
        "_rejects/a.jpg",
        "rejects/a.jpg",
        "Rejects 2026/a.jpg",
        "events/DSC_0012-NO.jpg",
        "events/DSC_0012_no.jpg",
        "NO/a.jpg",
    ],
)
def test_a_sign_in_the_name_of_a_file_or_folder_is_found(key: str) -> None:
    assert found("", key)


@pytest.mark.parametrize(
    "key",
    [
        "household/a.jpg",
        "hold-the-line/a.jpg",
        "threshold.jpg",
        "holden_caulfield.jpg",
        "private-lessons/a.jpg",
        "events/casino.jpg",
        "a/No 12.jpg",
        "events/NOAH.jpg",
        "projects/a.jpg",
        "dance/tango-no-1.jpg",
    ],
)
def test_a_key_that_only_sounds_like_a_sign_is_none(key: str) -> None:
    assert found("", key) == []


def test_every_place_is_searched() -> None:
    word = (Keyword("DNP", "x"),)
    region = NamedRegion("DNP", "Face", Region(0, 0, 1, 1), "mwg-rs:Regions")
    for facts in (
        Facts(keywords=word), Facts(captions=word), Facts(official_markers=word), Facts(texts=word), Facts(event="DNP"),
        Facts(more_events=("DNP",)), Facts(locations=("DNP",)), Facts(hierarchies=(("People", "DNP"),)), Facts(regions=(region,)),
        Facts(persons=(NamedPerson("DNP", "Iptc4xmpExt:PersonInImage"),)),
    ):  # fmt: skip
        assert [each.sign for each in signs_in(facts, "a.jpg")] == ["dnp"]
    assert [each.sign for each in signs_in(Facts(rights=word), "a.jpg")] == ["dnp"]
    assert signs_in(Facts(owner="DNP", camera="DNP"), "a.jpg") == ()


def in_rights(text: str, source: str = "dc:rights") -> list[str]:
    return [each.sign for each in signs_in(Facts(state="read", rights=(Keyword(text, source),)), "events/a.jpg")]


@pytest.mark.parametrize(
    "text",
    [
        "DO NOT POST - parents said no", "opted out", "DNP", "Do not publish", "Do not use", "no photos", "no publicar", "release: none", "MR=N",
        "no consent on file", "Limited or incomplete model releases", "dad said please don't", "\U0001f6ab", "media block", "Not for web",
        "not to be published",
    ],
)  # fmt: skip
def test_a_line_of_rights_or_credit_that_says_no_is_found(text: str) -> None:
    assert in_rights(text)


@pytest.mark.parametrize(
    "text",
    [
        "All rights restricted", "Restricted use", "Confidential", "Private", "Internal use", "Hold", "\u00a9 2026 Lee Hold Photography",
        "\u00a9 2026. Do not use without written permission.", "May not be published, broadcast or used without permission",
        "Prohibida su reproducci\u00f3n sin autorizaci\u00f3n", "Unauthorized use prohibited", "All rights reserved", "Photo: Noah Begaye",
        "Springfield Public Schools", "Unlimited model releases", "Used with permission",
    ],
)  # fmt: skip
def test_what_a_line_of_rights_says_as_a_matter_of_form_is_no_sign(text: str) -> None:
    assert in_rights(text) == []


@pytest.mark.parametrize("source", ["acme:publish", "XMP OkToPost", "PNG Photo", "ID3 TXXX Release"])
def test_a_property_that_asks_and_is_set_to_no_is_a_sign(source: str) -> None:
    assert in_rights("no", source)
    assert in_rights("yes", source) == []
    assert in_rights("no", "XMP Cropped") == []


def test_a_familys_words_are_not_repeated_in_the_sign() -> None:
    assert found("Dad asked that Zaphira please not") == ["a family's refusal"]


def test_a_district_adds_its_own_signs() -> None:
    facts = Facts(captions=(Keyword("ROT_LISTE", "dc:title"),))
    assert signs_in(facts, "a.jpg") == ()
    assert [each.sign for each in signs_in(facts, "a.jpg", ("Rot Liste",))] == ["Rot Liste"]


def test_a_sign_fails_the_tagging_and_names_its_rule() -> None:
    facts = Facts(
        state="read",
        persons=(NamedPerson("Ava Example", "Iptc4xmpExt:PersonInImage"),),
        official_markers=(Keyword("DO NOT POST!", "photoshop:Instructions"),),
    )
    result = tag(facts, "a.jpg", RuleSet(), ROSTER)
    assert result.state == "failed"
    assert result.findings[-1].why == "held: sign of no: 'do not post'"
    (hold,) = [each for each in result.findings if each.tag == "hold"]
    assert (hold.value, hold.source) == ("sign of no: 'do not post'", "photoshop:Instructions")
    assert tag(facts, "a.jpg", RuleSet(), ROSTER, more_signs=("x",)).state == "failed"
