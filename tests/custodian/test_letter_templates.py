"""Templates of letters: every built-in letter as it reads, and every mistake of a district's, told with its place."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.custodian.letter_facts import KINDS, LANGUAGES, Addressee, Extension, LetterFacts
from dam_plugin.custodian.letter_samples import TO_STRANGERS, sample, sample_by_name, samples
from dam_plugin.custodian.letter_templates import (
    FILTERS,
    LARGEST_TEMPLATE,
    LONGEST_LETTER,
    SUFFIX,
    WIDTH,
    Source,
    Templates,
    blocks,
    built_in,
    of_district,
    page,
    parts_told,
    template_name,
    tidied,
    wrapped,
)
from dam_plugin.custodian.letters import check_templates, export_templates
from dam_plugin.errors import InputError, TemplateProblems
from dam_plugin.procedure.outside_words import Language

GOLDEN = Path(__file__).parent / "letters"
LETTERS = [(kind, language) for kind in KINDS for language in LANGUAGES]
DENIAL = "denial.en.txt.j2"


def own(text: str, name: str = DENIAL) -> Templates:
    return Templates({name: Source(name, text, name, is_own=True)})


def told(text: str, name: str = DENIAL) -> list[str]:
    return [str(each) for each in own(text, name).problems([name])]


def the_only(text: str) -> str:
    (one,) = told(text)
    return one


def words(text: str) -> str:
    return " ".join(text.split())


# How letters read


@pytest.mark.parametrize(("kind", "language"), LETTERS)
def test_a_letter_reads_as_it_did(kind: str, language: Language) -> None:
    """To renew the texts after a change that is meant: delete the files, run this twice, and read them as a family would."""
    path = GOLDEN / f"{kind}.{language}.txt"
    text = wrapped(Templates().write(kind, sample(kind, language)).text)
    if not path.exists():
        path.write_text(text, "utf-8")
        pytest.fail(f"{path.name} was not there and is written now")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TO_STRANGERS)
def test_a_letter_to_a_stranger_who_names_a_student_reads_as_it_did(kind: str, language: Language) -> None:
    path = GOLDEN / f"{kind}-by-name.{language}.txt"
    text = wrapped(Templates().write(kind, sample_by_name(kind, language)).text)
    if not path.exists():
        path.write_text(text, "utf-8")
        pytest.fail(f"{path.name} was not there and is written now")
    assert text == path.read_text("utf-8")


def all_letters(language: Language) -> Iterator[tuple[str, LetterFacts, str]]:
    templates = Templates()
    for kind in KINDS:
        for facts in samples(kind, language):
            yield kind, facts, templates.write(kind, facts).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_built_in_letter_can_be_written_with_much_and_with_little(language: Language) -> None:
    assert check_templates(Templates()) > 2 * len(LETTERS)
    for _, _, text in all_letters(language):
        assert not re.search(r"\bNone\b|\{[{%#]|[%#}]\}|Undefined", text)
        assert "\n\n\n" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_cites_what_its_kind_has_to(language: Language) -> None:
    for kind, facts, text in all_letters(language):
        cited = words(text)
        assert [each for each in KINDS[kind].must_cite(facts) if each not in cited] == []


def test_a_denial_to_a_family_says_how_to_complain_and_to_anybody_how_to_sue() -> None:
    public, family = (
        next(text for kind, facts, text in all_letters("en") if kind == "denial" and facts.to.is_family is is_family)
        for is_family in (False, True)
    )
    assert "Student Privacy Policy Office" in family
    assert "within 180 days" in family
    assert "Student Privacy Policy Office" not in public
    assert all("RSMo 610.027" in each and "Attorney General" in each for each in (public, family))


def test_a_letter_to_the_student_speaks_to_the_student() -> None:
    facts = [each for each in samples("subpoena-notice", "en") if each.to.is_student]
    assert "school records that are about you." in words(Templates().write("subpoena-notice", facts[0]).text)
    facts = [each for each in samples("subpoena-notice", "es") if each.to.is_student]
    assert "registros escolares que tratan de usted." in words(Templates().write("subpoena-notice", facts[0]).text)


def test_spanish_says_usted_and_never_tu() -> None:
    informal = re.compile(
        r"\b(tú|tu|tus|te|ti|contigo|puedes|tienes|debes|eres|quieres|haz|dinos|vos|tenés)\b", re.IGNORECASE
    )
    for kind, _, text in all_letters("es"):
        assert informal.search(text) is None, kind


def test_spanish_has_its_accents_and_signs() -> None:
    bare = re.compile(
        r"\b(informacion|grabacion|peticion|numero|telefono|publico|dias|razon|citacion|atencion|educacion|tambien|"
        r"despues|segun|podra|esta de acuerdo|anos|nino|habil|habiles|pagina|sabado|miercoles|aqui|mas tarde|asi|que dia)\b"
    )
    for kind, _, text in all_letters("es"):
        assert bare.search(text) is None, (kind, bare.search(text))
        assert text.count("?") == text.count("¿"), kind
        assert text.isprintable() or set(filter(lambda each: not each.isprintable(), text)) == {"\n"}


def test_no_word_of_english_is_left_in_a_spanish_letter() -> None:
    # Names of offices and courts, and addresses, stay as they are.
    kept = re.compile(
        r"Student Privacy Policy Office|U\.S\. Department of Education|Records Office.*|Missouri Attorney General's Office|"
        r"\(Attorney General\)|\(Sunshine Law\)|\(subpoena\)|Fall Concert|Circuit Court of Riverbend County|School District|"
        r"400 School Street.*"
    )
    english = re.compile(
        r"\b(the|you|your|and|of|that|this|we|for|with|not|is|are|days?|request|letter|law)\b", re.IGNORECASE
    )
    for kind, _, text in all_letters("es"):
        rest = kept.sub("", text)
        assert english.search(rest) is None, (kind, english.search(rest))


def test_english_reads_at_eighth_grade() -> None:
    for kind, _, text in all_letters("en"):
        assert grade(text) < 8.5, (kind, grade(text))


def grade(text: str) -> float:
    """The Flesch-Kincaid grade level of a letter's sentences, without citations, addresses and lists of data."""
    plain = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)|(?:RSMo|CFR|34) [\d.()a-z, ;]+|R-\w{8}|RQ-\d+", "", text)
    sentences = [each for each in re.split(r"[.!?]\s|\n\n", plain) if len(each.split()) > 4 and "____" not in each]
    prose = re.findall(r"[A-Za-z']+", " ".join(sentences))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?:e|es|ed)$", "", each.lower())))) for each in prose)
    return 0.39 * len(prose) / len(sentences) + 11.8 * syllables / len(prose) - 15.59


# Text and page


def seen(made: str) -> str:
    """What a person reads on a page."""
    body = made.partition("<body>")[2]
    return words(html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.mark.parametrize(("kind", "language"), LETTERS)
def test_the_page_has_the_same_text(kind: str, language: Language) -> None:
    text = Templates().write(kind, sample(kind, language)).text
    plain = re.sub(r"^(?:-{3,}|={3,})$", "", text, flags=re.MULTILINE)
    assert seen(page(text, kind, language)) == words(re.sub(r"^- ", "", plain, flags=re.MULTILINE))


def test_the_page_asks_nobody_for_anything_and_says_its_language() -> None:
    made = page("Hola\n", "denial", "es")
    assert '<html lang="es">' in made
    assert "default-src 'none'" in made
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script|<link", made)


def test_markup_in_a_value_is_text_on_the_page() -> None:
    facts = sample("extension", "en")
    hostile = Extension('<b>x</b> & "y"', "<script>alert(1)</script>", facts.day)
    facts = replace(facts, extension=hostile)
    text = Templates().write("extension", facts).text
    assert "<script>alert(1)</script>" in text
    made = page(text, "extension", "en")
    assert "<script>" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made


def test_template_code_in_a_value_is_text() -> None:
    facts = replace(sample("denial", "en"), to=Addressee("{{ 7 * 7 }} {% for each in grounds %}"))
    assert "{{ 7 * 7 }} {% for each in grounds %}" in Templates().write("denial", facts).text


def test_a_preview_says_so_in_text_and_on_the_page() -> None:
    assert wrapped("Hello\n", preview_in="en").startswith("*** PREVIEW. This letter was not sent")
    assert wrapped("Hola\n", preview_in="es").startswith("*** VISTA PREVIA. Esta carta no se ha enviado")
    assert "PREVIEW. This letter was not sent" in page("Hello\n", "denial", "en", preview=True)


def test_a_form_begins_a_page_of_its_own() -> None:
    made = page(Templates().write("annual-notice", sample("annual-notice", "en")).text, "annual-notice", "en")
    assert re.findall(r"<h1(?: class=\"(page)\")?>(\w+)", made) == [("", "Your"), ("page", "Form")]


@given(st.text(alphabet="ab \n-=_[]", max_size=200))
def test_no_word_is_lost_on_the_page(text: str) -> None:
    made = [line for block in blocks(tidied(text)) for line in block.lines]
    kept = sorted(re.findall(r"[ab]+", " ".join(made)))
    assert kept == sorted(re.findall(r"[ab]+", text))


@given(st.text(alphabet="abc \n-", max_size=400))
def test_lines_are_wrapped_and_no_word_is_lost(text: str) -> None:
    made = wrapped(tidied(text))
    assert re.findall(r"[abc]+", made) == re.findall(r"[abc]+", text)
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in made.splitlines())


# A line of nothing but tags is no line of the letter


def test_a_line_of_tags_makes_no_line_and_a_tag_at_the_end_of_one_does_not_join_it_to_the_next() -> None:
    text = (
        "{% for each in grounds %}\n- {% if each.says %}{{ each.provision }}{% endif %}\n{% endfor %}\nRSMo 610.027\n"
    )
    letter = own(text).write("denial", sample("denial", "en")).text
    assert letter == "- 34 CFR 99.30; RSMo 610.021(14)\n- 34 CFR 99.30; RSMo 610.024; RSMo 610.021(14)\nRSMo 610.027\n"


# Mistakes


def test_a_syntax_mistake_has_its_file_and_line_and_says_what_is_allowed() -> None:
    one = the_only("Dear reader:\n\n{% if grounds %}\nabc\n")
    assert one.startswith(f"{DENIAL}:4: unexpected end of template")
    assert "a letter may use text, {{ value }}, {% if … %}" in one
    assert the_only("a\n{{ day\n").startswith(f"{DENIAL}:")
    assert the_only("a\n\n{% wobble %}\n").startswith(f"{DENIAL}:3: encountered unknown tag 'wobble'")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x\n{{ requst.number }}", ":2: 'requst' is not known in a letter; did you mean 'request'?"),
        ("{{ request.nmber }}", ":1: 'request.nmber' is not known in a letter; did you mean 'number'?"),
        ("{{ opt_outs }}", ":1: 'opt_outs' is not known in a letter of the kind 'denial'"),
        ("{% if false %}\n{{ nothing }}\n{% endif %}", ":2: 'nothing' is not known"),
        ("{% for each in grounds %}{{ each.why }}{% endfor %}", ":1: 'each.why' is not known"),
        ("{{ day.year.x }}", ":1: 'day.year' is not known: 'day' has no parts"),
        ("{{ request.number.upper }}", ":1: 'request.number.upper' is not known: 'request.number' has no parts"),
        ("{{ request.__class__ }}", ":1: 'request.__class__' is not known"),
        ("{{ loop.index }}", ":1: 'loop' is not known"),
        ("{{ self }}", ":1: 'self' is not known"),
    ],
)
def test_an_unknown_name_is_told_in_every_branch(text: str, what: str) -> None:
    assert what in the_only(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ request }}", "'request' has parts, write one of them: request.number, request.received"),
        ("{{ to.is_family }}", "'to.is_family' is yes or no: use it in {% if to.is_family %}"),
        ("{{ recordings }}", "'recordings' is a list: {% for each in recordings %}"),
        ("{% for each in day %}x{% endfor %}", "'day' is no list"),
        ("{% for a, b in grounds %}x{% endfor %}", "a loop has one name"),
        ("{% for each in range(10) %}x{% endfor %}", "a loop goes over one of the lists"),
        ("{% for each in 'abc' %}x{% endfor %}", "a loop goes over one of the lists"),
        ("{% for each in grounds recursive %}x{% endfor %}", "a loop has one name"),
    ],
)
def test_what_cannot_be_written_out_is_told(text: str, what: str) -> None:
    assert what in the_only(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ range(1000000000) | join }}",
        "{{ request.number() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ request['number'] }}",
        "{{ request.number[0] }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 1 + 1 }}",
        "{{ [1, 2] | join }}",
        "{{ {'a': 1} }}",
        "{{ day is defined }}",
        "{% set x = 'a' %}",
        "{% macro x() %}{{ x() }}{% endmacro %}",
        "{% block x %}{% endblock %}",
        "{% extends 'foot.en.txt.j2' %}",
        "{% import 'foot.en.txt.j2' as x %}",
        "{% from 'foot.en.txt.j2' import x %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with %}x{% endwith %}",
        "{% call x() %}{% endcall %}",
        "{% raw %}{{ x }}{% endraw %}{% set y = 1 %}",
        "{% autoescape false %}x{% endautoescape %}",
    ],
)
def test_nothing_but_what_a_letter_needs_is_allowed(text: str) -> None:
    found = told(text)
    assert found
    assert all(DENIAL in each for each in found)
    assert any("a letter may use text" in each or "is not known" in each for each in found)


@pytest.mark.parametrize("name", ["center", "format", "attr", "map", "replace", "safe", "tojson", "indent", "wobble"])
def test_a_filter_that_could_make_a_text_longer_is_none_of_ours(name: str) -> None:
    one = the_only(f"{{{{ request.number | {name}(5) }}}}")
    assert one.startswith(f"{DENIAL}:1: there is no filter '{name}'")
    assert ", ".join(FILTERS) in one


def test_a_loop_within_a_loop_goes_over_what_belongs_to_the_outer_one() -> None:
    bad = (
        "{% for a in withheld %}\n{% for b in withheld %}\n{% for c in withheld %}x{% endfor %}{% endfor %}{% endfor %}"
    )
    assert any(
        f"{DENIAL}:2: a loop within a loop goes over what belongs to the outer one" in each for each in told(bad)
    )
    assert told("{% for a in withheld %}{% for b in a.where %}{{ b }}{% endfor %}{% endfor %}") == []


def test_an_endless_letter_is_a_mistake_at_its_line() -> None:
    includes_itself = the_only(f"a\n{{% include '{DENIAL}' %}}\n")
    assert f"{DENIAL}:2: '{DENIAL}' includes itself: a letter would never end" in includes_itself
    one = Source("one.en.txt.j2", "{% include 'two.en.txt.j2' %}", "one.en.txt.j2", is_own=True)
    two = Source("two.en.txt.j2", "x\n{% include 'one.en.txt.j2' %}", "two.en.txt.j2", is_own=True)
    circle = Templates(
        {DENIAL: Source(DENIAL, "{% include 'one.en.txt.j2' %}", DENIAL, is_own=True), one.name: one, two.name: two}
    )
    assert [str(each) for each in circle.problems([DENIAL])] == [
        "two.en.txt.j2:2: 'one.en.txt.j2' includes itself: a letter would never end"
    ]


def test_includes_that_multiply_are_a_mistake() -> None:
    """Each includes the next a hundred times: ten such files would make a letter of 100 to the power of 10."""
    chain = {f"x{number}.en.txt.j2": f"{{% include 'x{number + 1}.en.txt.j2' %}}\n" * 100 for number in range(10)} | {
        "x10.en.txt.j2": "x"
    }
    sources = {name: Source(name, text, name, is_own=True) for name, text in chain.items()}
    sources[DENIAL] = Source(DENIAL, "{% include 'x0.en.txt.j2' %}", DENIAL, is_own=True)
    assert any("a letter includes at most 30 files" in str(each) for each in Templates(sources).problems([DENIAL]))


def test_a_huge_letter_is_refused_while_it_is_made() -> None:
    facts = sample("denial", "en")
    facts = replace(facts, recordings=facts.recordings * 200)
    text = "{% for each in recordings %}" + "x" * 5_000 + "{% endfor %}"
    with pytest.raises(TemplateProblems, match=f"the letter would have more than {LONGEST_LETTER:,} characters"):
        own(text).write("denial", facts)


def test_a_deep_expression_is_a_mistake_and_no_crash() -> None:
    assert "nested too deep" in the_only("{{ " + "(" * 5_000 + "day" + ")" * 5_000 + " }}")


def test_what_may_be_missing_is_told_at_its_line_by_the_check() -> None:
    templates = own("RSMo 610.026\n\n{{ fee.total }}\n", "acknowledgement.en.txt.j2")
    with pytest.raises(TemplateProblems) as caught:
        check_templates(templates)
    assert "acknowledgement.en.txt.j2:3: something that is used here is missing" in str(caught.value)


def test_what_may_be_empty_is_told_at_its_line_by_the_check() -> None:
    text = (
        "RSMo 610.023.3\n{% include 'head.en.txt.j2' %}\n{% for each in recordings %}\n{{ each.day }}\n{% endfor %}\n"
    )
    facts = sample("extension", "en")
    undated = replace(facts, recordings=tuple(replace(each, day=None) for each in facts.recordings))
    with pytest.raises(TemplateProblems, match=r"extension.en.txt.j2:4: something that is written here is empty"):
        own(text, "extension.en.txt.j2").write("extension", undated)


def test_a_mistake_in_an_included_file_has_that_files_place() -> None:
    foot = Source("foot.en.txt.j2", "a\nb\n{{ distrct.name }}\n", "ours/foot.en.txt.j2", is_own=True)
    (one,) = [str(each) for each in Templates({foot.name: foot}).problems([DENIAL])]
    assert one.startswith("ours/foot.en.txt.j2:3: 'distrct' is not known in a letter; did you mean 'district'?")


def test_a_comparison_that_cannot_be_is_told_at_its_line() -> None:
    with pytest.raises(TemplateProblems, match=rf"{re.escape(DENIAL)}:2: this cannot be put together"):
        own("RSMo 610.027\n{% if day > 'x' %}a{% endif %}").write("denial", sample("denial", "en"))


def test_a_letter_without_its_citation_is_refused() -> None:
    with pytest.raises(TemplateProblems) as caught:
        own("We say no. RSMo 610.027.\n").write("denial", sample("denial", "en"))
    assert "does not cite '34 CFR 99.30'" in str(caught.value)
    assert "tell each of `grounds` with its `provision`" in str(caught.value)
    with pytest.raises(TemplateProblems, match=re.escape("does not cite 'RSMo 610.027'")):
        own("{% include 'grounds.en.txt.j2' %}").write("denial", sample("denial", "en"))


def test_a_denial_without_a_provision_is_refused_whatever_its_template_says() -> None:
    with pytest.raises(InputError, match="cites the provision by which something is withheld, and none is known"):
        Templates().write("denial", replace(sample("denial", "en"), grounds=(), withheld=()))


def test_all_mistakes_are_told_at_once() -> None:
    assert len(told("{{ a }}\n{{ b }}\n{% set c = 1 %}\n{{ day | wobble }}")) == 4


# A district's folder


def test_a_districts_file_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "foot.en.txt.j2").write_text("Go Badgers!\n", "utf-8")
    templates = Templates(of_district(tmp_path))
    letter = templates.write("denial", sample("denial", "en"))
    assert letter.text.endswith("Go Badgers!\n")
    assert letter.is_own
    assert "Go Badgers" not in templates.write("denial", sample("denial", "es")).text
    assert not templates.write("denial", sample("denial", "es")).is_own


def test_the_digest_changes_with_every_file_that_makes_the_letter(tmp_path: Path) -> None:
    (tmp_path / "foot.en.txt.j2").write_text("Go Badgers!\n", "utf-8")
    ours = Templates(of_district(tmp_path))
    assert (
        ours.write("denial", sample("denial", "en")).template
        != Templates().write("denial", sample("denial", "en")).template
    )
    assert (
        ours.write("denial", sample("denial", "es")).template
        == Templates().write("denial", sample("denial", "es")).template
    )


def test_a_file_with_a_misspelt_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "denail.en.txt.j2").write_text("x", "utf-8")
    (tmp_path / "readme.md").write_text("x", "utf-8")
    with pytest.raises(TemplateProblems, match=r"readme.md: is no template of a letter"):
        of_district(tmp_path)
    (tmp_path / "readme.md").unlink()
    with pytest.raises(
        TemplateProblems, match=r"denail.en.txt.j2: no letter has this name; did you mean 'denial.en.txt.j2'\?"
    ):
        check_templates(Templates(of_district(tmp_path)))


def test_a_file_of_the_districts_own_may_be_included(tmp_path: Path) -> None:
    (tmp_path / "motto.en.txt.j2").write_text("Go Badgers!\n", "utf-8")
    (tmp_path / "foot.en.txt.j2").write_text("{% include 'motto.en.txt.j2' %}\n", "utf-8")
    assert check_templates(Templates(of_district(tmp_path)))


def test_files_that_are_no_texts_are_told_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "foot.en.txt.j2").write_bytes(b"abc\n\xff\xfe\n")
    (tmp_path / "head.en.txt.j2").write_bytes(b"x" * (LARGEST_TEMPLATE + 1))
    (tmp_path / "denial.en.txt.j2").mkdir()
    os.mkfifo(tmp_path / "denial.es.txt.j2")
    with pytest.raises(TemplateProblems) as caught:
        of_district(tmp_path)
    assert [str(each).rpartition("/")[2] for each in caught.value.problems] == [
        "denial.en.txt.j2: is no file: move it away",
        "denial.es.txt.j2: is no file: move it away",
        "foot.en.txt.j2:2: is not UTF-8 text: save it as UTF-8",
        "head.en.txt.j2: is larger than 64 KiB: shorten it",
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        of_district(tmp_path / "none")


def test_a_windows_file_reads_the_same(tmp_path: Path) -> None:
    text = built_in()[DENIAL].text
    (tmp_path / DENIAL).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    ours = Templates(of_district(tmp_path)).write("denial", sample("denial", "en")).text
    assert ours == Templates().write("denial", sample("denial", "en")).text


def test_exported_templates_make_the_same_letters_and_are_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    written = export_templates(folder)
    assert sorted(built_in()) == written
    assert check_templates(Templates(of_district(folder))) == check_templates(Templates())
    (folder / DENIAL).write_text("ours", "utf-8")
    (folder / "foot.es.txt.j2").unlink()
    assert export_templates(folder) == ["foot.es.txt.j2"]
    assert (folder / DENIAL).read_text("utf-8") == "ours"


# What there is


def test_every_kind_has_a_template_in_every_language() -> None:
    assert {template_name(kind, language) for kind, language in LETTERS} <= set(built_in())
    assert all(name.endswith(SUFFIX) for name in built_in())


def test_every_fact_that_a_kind_has_is_told_by_its_built_in_template() -> None:
    """A fact that no letter tells is gathered for nothing; the provisions of rows are told with the grounds, too."""
    for language in LANGUAGES:
        for kind, row in KINDS.items():
            templates = Templates()
            text = "".join(templates._sources[each].text for each in templates._used(template_name(kind, language)))
            for part in (*row.has, *row.may):
                assert re.search(rf"\b{part}\b", text) or part == "student", (kind, language, part)


def test_every_part_of_the_facts_says_what_it_is() -> None:
    parts = dict(parts_told())
    assert {"request.number", "grounds[].provision", "withheld[].recording.called", "fee.deposit"} <= set(parts)
    assert all(parts.values())


# A student who has died


OF_A_CHILD = ("your child", "your children", "su hijo", "sus hijos", "de usted", "turns 18", "cumple 18")


@pytest.mark.parametrize(("kind", "language"), LETTERS)
def test_no_letter_about_a_student_who_died_speaks_of_your_child(kind: str, language: Language) -> None:
    for facts in samples(kind, language):
        if facts.student is not None and facts.student.died:
            text = " ".join(Templates().write(kind, facts).text.split())
            assert not any(each in text for each in OF_A_CHILD)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "kind", [each for each in KINDS if KINDS[each].for_family and "request" not in KINDS[each].parts]
)
def test_a_family_that_lost_a_student_is_told_that_we_are_sorry(kind: str, language: Language) -> None:
    sorry = {"en": "We are deeply sorry for your loss.", "es": "Lamentamos profundamente su pérdida."}[language]
    told = [facts.student.died for facts in samples(kind, language) if facts.student is not None]
    assert True in told
    for facts in samples(kind, language):
        text = Templates().write(kind, facts).text
        assert (sorry in text) is (facts.student is not None and facts.student.died)
