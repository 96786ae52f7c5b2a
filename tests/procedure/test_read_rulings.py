"""A district's file of rulings: strict, every mistake with its line, and never looser than what is built in."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.procedure.read_rulings import LARGEST_FILE, WrongRulings, is_about_rulings, read_rulings
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
from dam_plugin.procedure.switches import BUILT_IN, SWITCHES, Rulings, rulings_with

TODAY = date(2026, 11, 3)


def table(ruling: str, **changes: str) -> str:
    """Return one ruling as TOML; a change of "" leaves the field out."""
    fields = {"ruled": f'"{SWITCHES[ruling].value}"' if ruling in SWITCHES else '"x"', "by": '"district counsel"'}
    fields |= {"on": "2026-11-02", "why": '"34 CFR 99.38 speaks of that student alone"', **changes}
    return "\n".join([f"[{ruling}]", *(f"{name} = {value}" for name, value in fields.items() if value), ""])


def read(text: str | bytes) -> Rulings:
    data = text.encode() if isinstance(text, str) else text
    return read_rulings(data, name="rulings.toml", today=TODAY)


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(WrongRulings) as raised:
        read(text)
    return [str(each) for each in raised.value.problems]


@pytest.mark.parametrize("ruling", SWITCHES)
def test_a_switch_is_read_with_who_decided_it(ruling: str) -> None:
    rulings = read(table(ruling))
    assert rulings == rulings_with([ruling])
    decided = rulings.decided(ruling)
    assert decided is not None
    assert (decided.by, decided.on) == ("district counsel", date(2026, 11, 2))


def test_all_switches_stand_together_and_an_empty_file_is_what_is_built_in() -> None:
    assert read("\n".join(map(table, SWITCHES))).in_force == tuple(SWITCHES.values())
    assert read("") == read("# none yet\n") == read(b"\xef\xbb\xbf") == BUILT_IN


def test_what_is_built_in_may_be_confirmed() -> None:
    rulings = read(table("postsecondary", ruled='"built-in"'))
    assert rulings == BUILT_IN
    assert rulings.decided("postsecondary") is not None


@pytest.mark.parametrize("name", ["ruled", "by", "on", "why"])
def test_each_field_is_required(name: str) -> None:
    (problem,) = problems("\n" + table("juvenile-whole", **{name: ""}))
    assert problem.startswith(f"rulings.toml:2:1: juvenile-whole: lacks `{name}`")


LOOSER = [(ruling, value) for ruling, switch in SWITCHES.items() for value in switch.looser]


@pytest.mark.parametrize(("ruling", "value"), LOOSER)
def test_an_answer_that_loosens_is_refused_by_name(ruling: str, value: str) -> None:
    (problem,) = problems(table(ruling, ruled=f'"{value}"'))
    assert problem.startswith(
        f"rulings.toml:2:9: {ruling}.ruled: '{value}' is refused: this would loosen the procedure"
    )


@pytest.mark.parametrize("ruling", [each for each in (*RULINGS, *BEFORE_A_CASE) if each not in SWITCHES])
def test_a_ruling_without_a_switch_is_refused_with_its_alternatives(ruling: str) -> None:
    (problem,) = problems(table(ruling))
    assert problem.startswith(f"rulings.toml:1:1: {ruling}: is a ruling without a switch")
    assert (RULINGS | BEFORE_A_CASE)[ruling].alternatives[0] in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            table("juvenile-hole"),
            "rulings.toml:1:1: juvenile-hole: is no ruling with a switch; did you mean 'juvenile-whole'?",
        ),
        (table("x"), "rulings.toml:1:1: x: is no ruling with a switch; there are switches for staff-on-the-spot"),
        (table("juvenile-whole", ruled='"own-onl"'), "rulings.toml:2:9: juvenile-whole.ruled: is not ruled 'own-onl'"),
        (table("juvenile-whole", ruled="true"), "rulings.toml:2:9: juvenile-whole.ruled: must be a text in quotes"),
        (table("juvenile-whole", by='" "'), "rulings.toml:3:6: juvenile-whole.by: must be a text of one line"),
        (
            table("juvenile-whole", on="2026-11-04"),
            "rulings.toml:4:6: juvenile-whole.on: is a day in the future (2026-11-04)",
        ),
        (
            table("juvenile-whole", on='"2026-11-02"'),
            "rulings.toml:4:6: juvenile-whole.on: must be a day without quotes",
        ),
        (table("juvenile-whole", on="2026-11-02T10:00:00"), "rulings.toml:4:6: juvenile-whole.on: must be a day"),
        (
            table("juvenile-whole", whi='"x"'),
            "rulings.toml:6:1: juvenile-whole.whi: is not known here; did you mean 'why'?",
        ),
        ('\njuvenile-whole = "own-only"', "rulings.toml:2:1: juvenile-whole: must be a table"),
        ("[[juvenile-whole]]\nruled = 1", "rulings.toml:1:1: juvenile-whole: must be a table"),
        ("\nx = [", "rulings.toml:2: is not TOML: invalid value"),
        ("\n[a]\n[a]", "rulings.toml:3:3: is not TOML: cannot declare"),
        (b"\n\n\xff", "rulings.toml:3: is not UTF-8 text"),
        (b"#" * (LARGEST_FILE + 1), "rulings.toml: is larger than 256 KiB"),
        ("x = " + "[" * 5_000, "rulings.toml: is nested too deeply"),
    ],
    ids=range(16),
)
def test_a_mistake_is_told_with_its_place(text: str | bytes, expected: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(expected)


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = table("postsecondary", by="") + table("staff-on-the-spot", ruled='"anybody"', on="2999-01-01")
    assert [each.split(": ")[0] for each in problems(text)] == [
        "rulings.toml:1:1",
        "rulings.toml:6:9",
        "rulings.toml:8:6",
    ]


def test_a_mistake_is_placed_in_whatever_way_toml_is_written() -> None:
    fields = 'by = "c", on = 2026-11-02, why = "w"'
    assert problems(f'\n"juvenile-whole" = {{ruled = "x", {fields}}}')[0].startswith("rulings.toml:2:20:")
    dotted = (
        'juvenile-whole.by = "c"\njuvenile-whole.on = 2026-11-02\njuvenile-whole.why = "w"\njuvenile-whole.ruled = "x"'
    )
    assert problems(dotted)[0].startswith("rulings.toml:4:24:")
    assert problems("\n" + dotted.partition("\n")[0])[0].startswith("rulings.toml:2:1: juvenile-whole: lacks `ruled`")


def test_what_looks_like_rulings_is_told_from_settings() -> None:
    assert is_about_rulings(table("juvenile-whole").encode())
    assert is_about_rulings(table("juvenile-hole").encode())
    assert is_about_rulings(b"[police-own-only]")
    assert not is_about_rulings(b'bucket = "b"\n[district]\nname = "D"')
    assert not is_about_rulings(b"x = [")
    assert not is_about_rulings(b"\xff")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused(data: bytes) -> None:
    with suppress(WrongRulings):
        read(data)
