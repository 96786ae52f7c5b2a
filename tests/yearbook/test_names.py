"""Names in an index: their parts, and what a format makes of hostile ones."""

from __future__ import annotations

# ruff: noqa: RUF001 - characters that look like others are what this is about
import unicodedata
from dataclasses import replace

import pytest
from district import CALEB, HANNAH, INES, NOAH, SOFIA, THERESA, District
from hostile_texts import hostile_texts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yearbook_plans import FIRST_SEEN, ORDER, REDACTING, judged, recording, rename, seen

from dam_plugin.model import Actor, Asset, Decision, Outcome, Share, StudentRecord
from dam_plugin.procedure.case import Case, CaseAsset, CaseShare
from dam_plugin.store import StoredAsset
from dam_plugin.yearbook.judge import Judge, Judged
from dam_plugin.yearbook.names import LONGEST, LONGEST_CAPTION, Caption, Captions, as_held, cut, held, one_line, parts
from dam_plugin.yearbook.profiles import Profile, load
from dam_tagging.facts import About, Tagging
from dam_tagging.names.written_names import EVERYDAY, WORD, folded
from dam_tagging.names.written_names import parts as name_parts

PSPA, PICABOO = load("pspa"), load("picaboo")
OLD = replace(PSPA, encoding="cp1252")
PROFILES = {"tabs": PSPA, "quoted": PICABOO, "old": OLD, "old and quoted": replace(PICABOO, encoding="cp1252")}
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def record(*names: str, given: str | None = None, family: str | None = None) -> StudentRecord:
    return StudentRecord("S-1", "1", names, given=given, family=family)


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        pytest.param(record("Ana María de la Cruz", given="Ana María", family="de la Cruz"),
                     ("Ana María", "de la Cruz", True), id="told"),
        pytest.param(record("Ana María Cruz"), ("Ana María", "Cruz", False), id="split"),
        pytest.param(record("Suharto"), ("", "Suharto", False), id="one part"),
        pytest.param(record("Suharto", given="Suharto"), ("Suharto", "", True), id="one part, told"),
        pytest.param(record("  Ada \t Quill "), ("Ada", "Quill", False), id="blanks"),
        pytest.param(record(), ("", "", False), id="none"),
    ],
)  # fmt: skip
def test_a_name_has_its_parts(student: StudentRecord, expected: tuple[str, str, bool]) -> None:
    assert parts(student) == expected


@pytest.mark.parametrize(
    ("profile", "text", "expected"),
    [
        pytest.param(PSPA, "O'Brien", "O'Brien", id="apostrophe"),
        pytest.param(PSPA, "Jose\u0301", "José", id="combining"),
        pytest.param(PSPA, "木村", "木村", id="CJK in UTF-8"),
        pytest.param(PSPA, " Ada\u00a0 Quill ", "Ada Quill", id="blanks"),
        pytest.param(PICABOO, 'Ben "Benji", Jr.', 'Ben "Benji", Jr.', id="quoted"),
        pytest.param(OLD, "José", "José", id="cp1252"),
    ],
)  # fmt: skip
def test_what_a_format_holds_stays_as_it_is(profile: Profile, text: str, expected: str) -> None:
    assert held(text, profile) == (expected, False)


@pytest.mark.parametrize(
    ("profile", "text", "expected"),
    [
        pytest.param(PSPA, "Ada 🎓👩🏽‍🎓\ufe0f", "Ada", id="emoji"),
        pytest.param(PSPA, "\u202eadA\u200f", "adA", id="direction"),
        pytest.param(PSPA, "A\tB\r\nC\u2028D", "A B C D", id="lines"),
        pytest.param(PSPA, "A\ud800\ue000\x00B", "AB", id="surrogates, private use, NUL"),
        pytest.param(PSPA, 'Ben "Benji"', "Ben 'Benji'", id="quotes"),
        pytest.param(PSPA, "=cmd|' /C calc'!A0", "cmd|' /C calc'!A0", id="formula"),
        pytest.param(PSPA, " +-@＝ x", "x", id="formulas"),
        pytest.param(replace(PICABOO, quoting="none"), "Quill, Jr.", "Quill Jr.", id="comma"),
        pytest.param(OLD, "Łukasz Nguyễn", "Lukasz Nguyen", id="accents"),
        pytest.param(OLD, "Kauʻi ﬁ Ẵ", "Kau'i fi A", id="others"),
        pytest.param(OLD, "木村 Ada", "?? Ada", id="CJK in cp1252"),
        pytest.param(OLD, "Éšte", "Este", id="UTF-8 by chance"),
        pytest.param(PSPA, "x" * 500, "x" * LONGEST, id="long"),
    ],
)  # fmt: skip
def test_what_a_format_does_not_hold_is_written_otherwise_and_told(profile: Profile, text: str, expected: str) -> None:
    assert held(text, profile) == (expected, True)


@every_profile
@settings(max_examples=50)
@given(text=hostile_texts())
@example(text="=\u0301\u0301")
@example(text="–Ã©")
@example(text="\u212b\ufe0f\u0301")
def test_holding_again_changes_nothing(profile: Profile, text: str) -> None:
    once = as_held(text, profile)
    again = as_held(once.text, profile)
    assert (again.text, again.ways) == (once.text, frozenset())


@every_profile
@settings(max_examples=50)
@given(text=hostile_texts())
def test_what_is_held_is_safe(profile: Profile, text: str) -> None:
    safe, _ = held(text, profile)
    safe.encode(profile.encoding)
    assert safe == unicodedata.normalize("NFC", safe) == safe.strip()
    assert len(safe) <= LONGEST
    assert not safe.startswith(("=", "+", "-", "@"))
    assert not [each for each in safe if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "So", "Zl", "Zp"}]
    if profile.quoting == "none":
        assert not {'"', profile.delimiter} & set(safe)


@every_profile
@settings(max_examples=50)
@given(text=hostile_texts())
def test_a_text_with_letters_is_never_empty(profile: Profile, text: str) -> None:
    if any(unicodedata.category(each)[0] == "L" for each in text):
        assert held(text, profile)[0]


# Captions


TAKEN = "2026:10:02 10:00:00"


def caption(district: District, stored: StoredAsset, ordered: str | None = None) -> Caption:
    services = district.services
    with services.store.reading() as unit:
        judge = Judge(services, unit, REDACTING, Actor("media_staff"), services.now().date())
        found = judge.judge(stored)
        return Captions(unit.people.stream(), ordered).caption(found, stored, judge.student)


def names_of(district: District, *roster_ids: str) -> list[str]:
    with district.services.store.reading() as unit:
        return [unit.people.need(district.student(each)).names[0] for each in roster_ids]


def test_a_caption_names_from_left_to_right_then_the_event_and_the_day(district: District) -> None:
    noah, sofia, theresa = (district.student(each) for each in (NOAH, SOFIA, THERESA))
    nowhere = seen(theresa, regions=())
    about = About(("Science Fair",), taken=TAKEN)
    stored = recording(district, "a.jpg", nowhere, seen(noah, 0.7), seen(sofia, 0.2), about=about)
    first, second, third = names_of(district, SOFIA, NOAH, THERESA)
    told = caption(district, stored)
    assert told.text == f"{first}, {second} and {third}: Science Fair, October 2, 2026"
    assert told.named == (sofia, noah, theresa)


def test_the_photographers_text_follows_where_it_names_nobody_else(district: District) -> None:
    about = About(("Science Fair",), "A volcano\nthat works.", TAKEN)
    told = caption(district, recording(district, "a.jpg", seen(district.student(NOAH)), about=about))
    assert told.text is not None
    assert told.text.endswith("October 2, 2026. A volcano that works.")


def hiding_hannah(district: District, about: About) -> StoredAsset:
    """A picture of Noah and of Hannah, who opted out."""
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    return recording(district, "a.jpg", seen(noah), seen(hannah, 0.5), about=about)


@pytest.mark.parametrize(
    "text",
    [
        "Three students show how a volcano works",
        "Noah and a friend",
        "H.L. shows her volcano",
        "Hanni and Noah",
        "@hlindqvist27 at the fair",
        "With a girl whose parents did not want her shown",
        "The winners. Hannah Lindqvist shows Noah her volcano.",
        "A volcano that works.",
    ],
)
def test_below_a_picture_that_hides_somebody_nothing_stands_that_anybody_typed(district: District, text: str) -> None:
    told = caption(district, hiding_hannah(district, About((f"{text} (event)",), text, TAKEN)))
    assert told == Caption(f"{names_of(district, NOAH)[0]}: October 2, 2026", (district.student(NOAH),))


def test_below_a_picture_that_hides_somebody_stands_the_event_that_was_ordered(district: District) -> None:
    about = About(("Hanni's big day", "Science-Fair"), "Hanni wins")
    told = caption(district, hiding_hannah(district, about), ordered="science fair")
    assert told.text == f"{names_of(district, NOAH)[0]}: Science-Fair"


def test_an_event_that_names_a_hidden_student_is_not_told_though_it_was_ordered(
    district: District,
) -> None:
    about = About(("Hannah's birthday",))
    told = caption(district, hiding_hannah(district, about), ordered="Hannah's birthday")
    assert told.text == names_of(district, NOAH)[0]


def test_a_first_name_that_another_student_bears_too_is_left_out_with_its_text(district: District) -> None:
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    rename(district, noah, names=("Hannah Begaye",))
    about = About(("Hannah's birthday", "Science Fair"), "Hannah shows her volcano")
    told = caption(district, recording(district, "a.jpg", seen(noah), about=about))
    assert told.text == "Hannah Begaye: Science Fair"
    whole = recording(district, "b.jpg", seen(noah), about=About(caption="Hannah Begaye shows her volcano"))
    assert caption(district, whole).text == "Hannah Begaye shows her volcano"
    assert hannah not in told.named


def test_who_is_introduced_by_the_text_is_not_named_before_it(district: District) -> None:
    noah, sofia = district.student(NOAH), district.student(SOFIA)
    first, second = names_of(district, NOAH, SOFIA)
    about = About(("Science Fair",), f"{second} watches {first}", TAKEN)
    both = caption(district, recording(district, "a.jpg", seen(noah), seen(sofia, 0.5), about=about))
    assert both == Caption(f"{second} watches {first}. Science Fair, October 2, 2026", (noah, sofia))
    one = caption(
        district, recording(district, "b.jpg", seen(noah), seen(sofia, 0.5), about=About(caption=first + "!"))
    )
    assert one.text == f"{first} and {second}. {first}!"


def test_a_name_within_a_word_introduces_nobody(district: District) -> None:
    noah = district.student(NOAH)
    rename(district, noah, names=("An",))
    told = caption(district, recording(district, "a.jpg", seen(noah), about=About(caption="Another McAn Annual run")))
    assert told.text == "An. Another McAn Annual run"


def test_a_text_that_repeats_what_is_told_already_is_left_out(district: District) -> None:
    about = About(("Science Fair",), "science fair", TAKEN)
    told = caption(district, recording(district, "a.jpg", seen(district.student(NOAH)), about=about))
    assert told.text == f"{names_of(district, NOAH)[0]}: Science Fair, October 2, 2026"


def test_an_event_that_names_somebody_else_is_left_out_for_one_that_does_not(district: District) -> None:
    about = About(("Hannah's birthday", "Spring party"))
    told = caption(district, recording(district, "a.jpg", seen(district.student(NOAH)), about=about))
    assert told.text == f"{names_of(district, NOAH)[0]}: Spring party"


def test_who_is_in_the_background_is_not_named_and_no_text_names_them(district: District) -> None:
    noah, ines = district.student(NOAH), district.student(INES)
    behind = seen(ines, 0.5, prominence="incidental")
    told = caption(district, recording(district, "a.jpg", seen(noah), behind, about=About(caption="In\u00e9s watches")))
    assert told == Caption(names_of(district, NOAH)[0], (noah,))


def test_somebody_of_the_roster_who_is_not_in_the_picture_is_not_named(district: District) -> None:
    about = About(caption="Photographed by Caleb Brandt")
    told = caption(district, recording(district, "a.jpg", seen(district.student(NOAH)), about=about))
    assert told.text == names_of(district, NOAH)[0]
    assert CALEB not in str(told)


def test_a_guardian_of_the_roster_is_not_named_and_a_stranger_is_left_alone(district: District) -> None:
    rename(district, district.student(CALEB), guardian_names=(("G-1", "Dana Quist"),))
    noah = seen(district.student(NOAH))
    guardian = caption(district, recording(district, "a.jpg", noah, about=About(caption="With Dana Quist")))
    coach = caption(district, recording(district, "b.jpg", noah, about=About(caption="With coach Tom Fedder")))
    assert guardian.text == names_of(district, NOAH)[0]
    assert coach.text is not None
    assert coach.text.endswith("With coach Tom Fedder")


def test_a_picture_of_nobody_has_the_event_alone(district: District) -> None:
    assert caption(district, recording(district, "a.jpg", about=About(("Art Fair",)))) == Caption("Art Fair")


def test_a_picture_of_which_nothing_is_known_has_no_caption(district: District) -> None:
    assert caption(district, recording(district, "a.jpg")) == Caption()


@pytest.mark.parametrize("roster_id", [CALEB, HANNAH, NOAH], ids=["anybody", "opted out", "in the picture"])
def test_a_day_is_written_the_same_whoever_is_called_like_its_month(district: District, roster_id: str) -> None:
    stored = recording(district, "a.jpg", seen(district.student(SOFIA)), about=About(("Fair",), taken=TAKEN))
    before = caption(district, stored)
    assert before.text == f"{names_of(district, SOFIA)[0]}: Fair, October 2, 2026"
    rename(district, district.student(roster_id), names=("October Brandt",))
    assert caption(district, stored) == before


def test_a_whole_day_in_a_text_is_nobodys_name_and_a_name_beside_it_is(district: District) -> None:
    rename(district, district.student(HANNAH), names=("October Lindqvist",))
    noah = seen(district.student(NOAH))
    texts = {
        "Opened on October 2, 2026 in the gym": True,
        "Opened by October, 2026": False,
        "October October 2, 2026": False,
        "October 2, 2026 Lindqvist": False,
    }
    told = {
        text: caption(district, recording(district, "a.jpg", noah, about=About(caption=text))).text for text in texts
    }
    assert {text: text in (stands or "") for text, stands in told.items()} == texts


def test_the_day_of_an_upload_is_not_told_as_the_day_it_was_taken(district: District) -> None:
    told = caption(district, recording(district, "a.jpg", about=About(("Art Fair",), taken="yesterday")))
    assert told.text == "Art Fair"


def test_a_hostile_text_becomes_one_plain_line() -> None:
    hostile = "=cmd|'/c calc'!A1\r\n\u202e<b>evil</b>\x00\t\u2028 end\u200b\ud800"
    assert one_line(hostile) == "cmd|'/c calc'!A1 <b>evil</b> end"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_one_line_prints_whole_and_stays_as_it_is_when_made_again(text: str) -> None:
    line = one_line(text)
    assert not any(unicodedata.category(each)[0] == "C" for each in line)
    assert "\n" not in line
    assert not line.startswith(("=", "+", "-", "@", " "))
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("text", "left"), [("Anna and", "Anna"), ("Annabelle", ""), ("Anna", "Anna"), ("Ann abc", "Ann")]
)
def test_a_text_is_cut_between_words(text: str, left: str) -> None:
    assert cut(text, 5) == left


def test_a_caption_of_many_names_and_a_long_text_is_not_too_long(district: District) -> None:
    students = [district.student(each) for each in (NOAH, SOFIA, THERESA, INES)]
    for each in students:
        rename(district, each, names=("Anna " * 30,))
    stored = recording(district, "a.jpg", *map(seen, students), about=About(("Fair " * 100,), "word " * 400, TAKEN))
    told = caption(district, stored)
    assert told.text is not None
    assert len(told.text) <= LONGEST_CAPTION


# The law, on rosters and texts of whatever kind: no store is needed for it.

NAMES = st.text(st.sampled_from("abeno\u00e9\u0142 '-\u5c0f\u9f99MAYWil\u0430"), min_size=2, max_size=14)
TEXTS = st.lists(NAMES | st.sampled_from(["the", "wins", "May", "will", "of", ",", "2026"]), max_size=8).map(" ".join)


def made_up(own: str, about: About) -> tuple[Judged, StoredAsset]:
    asset = Asset("a-1", "a.jpg", "v1", "etag", 1, "image/jpeg")
    tagging = Tagging("complete", (seen("S-1"),), ground="looked")
    stored = StoredAsset(asset, None, "staff", tagging, tagging, FIRST_SEEN, FIRST_SEEN, about=about)
    share = Share("x-1", "a.jpg", "publication", "yearbook", Actor("media_staff"), ORDER.recipient)
    asked = CaseShare("publication", "yearbook", share.actor, share.recipient)
    case = Case("x-1", FIRST_SEEN.date(), CaseAsset("a-1"), asked)
    decision = Decision(Outcome.ALLOW, basis={"S-1": "EX4"})
    return Judged(share, case, decision, "d-1", ("S-1",), ("S-1",), {}, {}), stored


@settings(deadline=None, max_examples=200)
@given(own=NAMES, hidden=NAMES, text=TEXTS, event=TEXTS, where=st.integers(0, 8))
def test_no_part_of_a_hidden_students_name_is_ever_in_a_caption(
    own: str, hidden: str, text: str, event: str, where: int
) -> None:
    whole = f"{text[:where]}{hidden} {text[where:]}"
    found, stored = made_up(own, About((f"{event} {hidden}", event), whole, "2026-05-04"))
    nameable = StudentRecord("S-1", "", (own,))
    captions = Captions([nameable, StudentRecord("S-2", "104217", (hidden,))])
    told = captions.caption(found, stored, {"S-1": nameable}.get)
    seen_words = {
        # The day that was added is nobody's name.
        folded(word)
        for word in WORD.findall((told.text or "").replace("May 4, 2026", ""))
        if word[:1].isupper() or folded(word) not in EVERYDAY
    }
    telling = {part for part in name_parts(hidden) if len(part) > 1} - set(name_parts(own))
    assert not telling & seen_words
    assert "another student" not in (told.text or "")


def test_whom_a_look_hides_meanwhile_is_not_named(district: District) -> None:
    hannah = district.student(HANNAH)
    stored = recording(district, "a.jpg", seen(hannah), seen(district.student(NOAH), 0.5))
    found = judged(district, stored, REDACTING)
    assert hannah not in found.may_be_named
    assert hannah not in caption(district, replace(stored, about=About(caption="two friends"))).named


# A caption that was written earlier.


@pytest.mark.parametrize(
    ("text", "is_another"),
    [
        ("Noah Begaye: Fair", False),
        ("Noah wins", False),
        ("With Rosa Begaye", False),
        ("Fair, October 2, 2026", False),
        ("Noah: Fair, May 4, 2026", False),
        ("Noah and May", True),
        ("Noah and Hannah", True),
        ("With Dana Quist", True),
    ],
)
def test_an_earlier_caption_names_another_where_it_names_any_but_them_and_their_parents(
    text: str, is_another: bool
) -> None:
    noah = StudentRecord("S-1", "", ("Noah Begaye",), guardian_names=(("G-1", "Rosa Begaye"),))
    hannah = StudentRecord("S-2", "", ("Hannah Lindqvist",), guardian_names=(("G-2", "Dana Quist"),))
    may = StudentRecord("S-3", "", ("May Ortiz",))
    assert Captions([noah, hannah, may]).names_another(text, [noah]) == is_another


def test_an_earlier_caption_names_another_once_somebody_with_the_same_first_name_came() -> None:
    noah, other = StudentRecord("S-1", "", ("Noah Begaye",)), StudentRecord("S-2", "", ("Noah Lindqvist",))
    assert Captions([noah, other]).names_another("Noah wins", [noah])
    assert not Captions([noah, other]).names_another("Noah Begaye wins", [noah])
