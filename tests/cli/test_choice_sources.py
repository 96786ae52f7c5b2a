"""`roster choices`: where opt-outs come from has to be said, and the mapping that read them is asked for again."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import CALEB_FATHER, GRADUATION, HALLWAY, District
from made_rosters import USERS_11, manifest, table, user, write

from dam_hooks import manager, services_of
from dam_plugin.custodian import choices
from dam_plugin.model import Actor, OptOut, StudentRecord
from dam_plugin.people.roster import RosterImport, Source
from dam_plugin.settings import Settings

AS = ("--as", "custodian:records-office")
NONE = ("roster", "choices", "none", "--why", "forms are kept in the office", *AS)
LATER = ("roster", "choices", "later", "--why", "the forms come in September", *AS)
UNKNOWN = "CHOICES-UNKNOWN"
INDEX = "VOL1\tPHOTOS\t0417.JPG\t\tLindqvist\tHannah\t12\n"


@pytest.fixture
def fresh(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """A district that has imported nothing yet; the sample roster lies beside it without its opt-outs."""
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", f"sqlite:///{(district.folder / 'fresh.sqlite3').as_posix()}")
    # The end of the first one's ledger would make this one look like one that was put back.
    district.services.library.delete("ledger/head.json")
    pm = manager(Settings.load())
    services = services_of(pm)
    services.store.upgrade()
    shutil.copytree(district.folder / "roster", district.folder / "bare")
    (district.folder / "bare" / "opt_outs.csv").unlink()
    return District(pm, services, district.folder, district.variables)


def published(key: str = GRADUATION) -> tuple[str, str]:
    told = call("share", key, "--to", "public", "--purpose", "website", "--kind", "publication", "--json").object()
    return told["outcome"], told["reasons"][0]["clause"]


def doctor() -> tuple[str, str]:
    (found,) = [each for each in call("doctor", "--json").objects() if each["check"] == "choices"]
    return found["state"], found["detail"]


def ran(*words: str) -> str:
    ended = call(*words)
    assert ended.code == 0, ended.text
    return ended.text


def chosen() -> dict[str, Any]:
    told: dict[str, Any] = call("roster", "choices", "--json").object()
    return told


def test_a_roster_without_opt_outs_releases_nothing_as_directory_information(fresh: District) -> None:
    told = ran("roster", "import", "bare")
    assert "nobody has said yet where families' opt-outs come from" in told
    fresh.upload(GRADUATION)
    assert published() == ("refer", UNKNOWN)
    assert chosen() == {"known": False, "kind": None}
    state, detail = doctor()
    assert state == "failed"
    assert "dam-plugin roster choices none --why TEXT --as custodian:NAME" in detail


@pytest.mark.parametrize("rows", ["all", "none"])
def test_a_roster_with_a_file_of_opt_outs_says_it_even_if_nobody_opted_out(fresh: District, rows: str) -> None:
    if rows == "none":
        file = fresh.folder / "roster" / "opt_outs.csv"
        file.write_text(file.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    assert "nobody has said" not in ran("roster", "import", "roster")
    fresh.upload(GRADUATION)
    assert published() == ("allow", "EX4")
    assert (chosen()["kind"], chosen()["file"]) == ("roster", "opt_outs.csv")
    assert doctor()[0] == "ok"


def test_the_custodian_states_that_there_are_none_to_import(fresh: District) -> None:
    ran("roster", "import", "bare")
    fresh.upload(GRADUATION)
    assert published()[1] == UNKNOWN
    ran(*NONE)
    assert published() == ("allow", "EX4")
    told = chosen()
    assert (told["known"], told["kind"], told["why"]) == (True, "none", "forms are kept in the office")
    assert told["said_by"] == {"role": "custodian", "id": "records-office"}
    assert "they are entered by hand" in ran("roster", "choices")
    assert "nobody has said" not in ran("roster", "import", "bare")
    (entry,) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "choices"
    ]
    assert "none" in str(entry)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("none", "--why", "so"), "only the records custodian or a designee"),
        (("none", *AS), "--why"),
        (("soon", "--why", "so", *AS), "none, later"),
        (("--why", "so"), "go with a statement"),
    ],
)
def test_a_statement_needs_the_custodian_and_a_reason(fresh: District, words: tuple[str, ...], sentence: str) -> None:
    ended = call("roster", "choices", *words)
    assert ended.code != 0
    assert sentence in " ".join(ended.text.split())
    assert chosen() == {"known": False, "kind": None}
    assert doctor()[0] == "warning"


def test_a_link_waits_while_opt_outs_are_to_come_and_opens_once_they_have_come(district: District) -> None:
    district.upload(GRADUATION)
    token = district.share(GRADUATION).token
    assert token is not None
    ran(*LATER)
    assert "still to come" in ran("roster", "choices")
    refused = call("open", token, "--json").object()
    assert refused["reasons"][0]["clause"] == UNKNOWN
    assert published() == ("refer", UNKNOWN)
    assert doctor()[0] == "failed"
    ran("roster", "import", "roster")
    assert call("open", token, "--json").object()["outcome"] == "allow"


def test_what_rests_on_no_opt_outs_and_an_emergency_do_not_wait(district: District) -> None:
    def asked() -> tuple[str, list[str]]:
        father = f"parent:{district.guardian(CALEB_FATHER)}"
        told = call("share", HALLWAY, "--to", father, "--purpose", "inspection", *AS, "--json").object()
        return told["outcome"], [each["clause"] for each in told["reasons"]]

    for key in (GRADUATION, HALLWAY):
        district.upload(key)
    before = asked()
    ran(*LATER)
    assert asked() == before
    assert before[1][0].startswith("EX2")
    threat = ("--to", "emergency:911", "--threat", "a fire")
    assert call("break-glass", GRADUATION, *threat, *AS, "--json").object()["outcome"] == "allow"


def test_an_index_and_a_few_changed_rows_do_not_say_it(fresh: District) -> None:
    ran("roster", "import", "bare")
    write(fresh.folder / "VOL1", {"INDEX.TXT": INDEX})
    ran("roster", "import", "VOL1")
    rows = [user("s-1", "student", "Ada", status="active", dateLastModified="2099-01-01")]
    write(fresh.folder / "delta", {"manifest.csv": manifest(users="delta"), "users.csv": table(USERS_11, rows)})
    ran("roster", "import", "delta", "--confirm")
    assert chosen()["known"] is False


PLUGINS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "says that it knows them": ({"tells_opt_outs": True}, False, True),
    "has one on a whole roster": ({}, True, True),
    "has one among a few rows": ({"whole": False}, True, False),
    "has none": ({}, False, False),
}


@pytest.mark.parametrize(("told", "has_one", "known"), PLUGINS.values(), ids=PLUGINS)
def test_a_plugins_roster_says_whether_it_knows_of_opt_outs(
    fresh: District, told: dict[str, Any], has_one: bool, known: bool
) -> None:
    outs = (OptOut(TODAY),) if has_one else ()
    record = StudentRecord(fresh.services.pseudonyms.student("1"), "1", ("Ada Quill",), opt_outs=outs)
    roster = RosterImport((record,), kind="plugin", **told)
    choices.import_roster(fresh.services, roster, Actor("custodian", "office"), source=Source("sis"))
    assert chosen()["known"] is known
    assert ("the plugin 'sis'" in ran("roster", "choices")) is known


# The mapping is remembered

MAPPING = """
students: {student_id: Number, given_name: First, family_name: Last}
opt_outs:
  file: choices.csv
  student_id: Number
  columns:
    - {column: Media, opted_out: [N], permitted: [Y], purposes: [news, website]}
"""


def mapped(folder: Path, mapping: str = MAPPING) -> None:
    (folder / "map.yaml").write_text(mapping)
    (folder / "list.csv").write_text("Number,First,Last\n1001,Ada,Quill\n1002,Ben,Roe\n")
    (folder / "choices.csv").write_text("Number,Media\n1001,N\n1002,Y\n")


BY_MAPPING = ("roster", "import", "list.csv", "--mapping", "map.yaml")
WITHOUT = MAPPING.partition("opt_outs:")[0]


def test_a_mapping_says_where_they_come_from_by_name_and_hash(fresh: District) -> None:
    mapped(fresh.folder)
    ran(*BY_MAPPING, *AS)
    told = chosen()
    assert (told["known"], told["kind"], told["file"], told["mapping"]) == (True, "mapping", "choices.csv", "map.yaml")
    assert told["mapping_sha256"] == hashlib.sha256((fresh.folder / "map.yaml").read_bytes()).hexdigest()
    (entry,) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "roster"
    ]
    assert told["mapping_sha256"] in str(entry)
    assert "opt-outs come from choices.csv by map.yaml" in ran("roster", "choices")


def test_an_import_that_forgets_the_mapping_is_refused(fresh: District) -> None:
    mapped(fresh.folder)
    ran(*BY_MAPPING)
    sentence = "the last import took the opt-outs from choices.csv by map.yaml: give --mapping again"
    (fresh.folder / "bare.yaml").write_text(WITHOUT)
    forgotten = ("roster", "import", "list.csv", "--mapping", "bare.yaml")
    for words in (("roster", "import", "bare"), forgotten, (*forgotten, "--confirm"), (*forgotten, "--dry-run")):
        refused = call(*words)
        assert refused.code == 1
        assert sentence in " ".join(refused.err.split())
    # An index of portraits has no opt-outs to forget.
    write(fresh.folder / "VOL1", {"INDEX.TXT": INDEX.replace("Lindqvist\tHannah", "Quill\tAda")})
    ran("roster", "import", "VOL1")
    ran(*forgotten, "--without-choices")
    # What was said stays: the next one is asked again.
    assert call(*forgotten).code == 1
    ran(*NONE)
    ran(*forgotten)


def test_what_brings_opt_outs_is_not_taken_for_one_that_brings_none(fresh: District) -> None:
    mapped(fresh.folder)
    ran(*BY_MAPPING)
    refused = call(*BY_MAPPING, "--without-choices")
    assert (refused.code, "leave --without-choices out" in " ".join(refused.err.split())) == (1, True)
    # A roster with a file of its own takes the place of the mapping.
    ran("roster", "import", "roster", "--confirm")
    assert chosen()["kind"] == "roster"


def test_a_mapping_for_a_plugin_is_refused(fresh: District) -> None:
    mapped(fresh.folder)
    assert call("roster", "import", "--from", "sis", "--mapping", "map.yaml").code == 2


LOOSER = {
    "an answer that opted out": (
        "opted_out: [N], permitted: [Y]",
        "opted_out: [X], permitted: [Y, N]",
        "'N' no longer",
    ),
    "an answer that nobody named": ("permitted: [Y]", "permitted: [Y, maybe]", "'maybe' no longer opts out"),
    "a blank": ("permitted: [Y],", "permitted: [Y], blank: permitted,", "a blank no longer opts out"),
    "a student without a row": ("  columns:", "  not_listed: permitted\n  columns:", "without a row now permits"),
    "fewer purposes": ("[news, website]", "[news]", "opts out of less than before"),
    "other purposes": ("[news, website]", "[news, yearbook]", "opts out of other purposes than before"),
    "a column that was not mapped": (
        "  columns:",
        "  ignore: [Notes]\n  columns:",
        "column 'Notes': a blank, any other answer no longer opts out",
    ),
    "a column that is ignored": (
        "column: Media",
        "column: Other",
        "column 'Media': 'N', a blank, any other answer no longer",
    ),
}


@pytest.mark.parametrize(("before", "after", "sentence"), LOOSER.values(), ids=LOOSER)
def test_a_mapping_that_opts_out_less_waits_for_a_person(
    fresh: District, before: str, after: str, sentence: str
) -> None:
    mapped(fresh.folder)
    ran(*BY_MAPPING)
    assert before in MAPPING
    changed = MAPPING.replace(before, after)
    if "Other" in after:
        changed = changed.replace("  columns:", "  ignore: [Media]\n  columns:")
        (fresh.folder / "choices.csv").write_text("Number,Media,Other\n1001,N,N\n1002,Y,Y\n")
    (fresh.folder / "map.yaml").write_text(changed)
    refused = call(*BY_MAPPING)
    told = " ".join(refused.err.split())
    assert (refused.code, sentence in told, "--confirm" in told) == (1, True, True)
    assert "opts out less than the mapping of the import of" in " ".join(ran(*BY_MAPPING, "--dry-run").split())
    ran(*BY_MAPPING, "--confirm")
    # The mapping that was confirmed is the one that is remembered.
    assert "not the mapping of the import" not in ran(*BY_MAPPING)


STRICTER = {
    "an answer that permitted": ("permitted: [Y]", "permitted: []", "'Y' now opts out"),
    "more purposes": ("[news, website]", "[news, website, yearbook]", "opts out of more than before"),
    "a comment": ("students:", "# families' answers\nstudents:", "it reads answers as that one did"),
}


@pytest.mark.parametrize(("before", "after", "sentence"), STRICTER.values(), ids=STRICTER)
def test_a_mapping_that_opts_out_as_much_is_told_and_does_not_wait(
    fresh: District, before: str, after: str, sentence: str
) -> None:
    mapped(fresh.folder)
    ran(*BY_MAPPING)
    (fresh.folder / "map.yaml").write_text(MAPPING.replace(before, after))
    told = " ".join(ran(*BY_MAPPING).split())
    assert "map.yaml is not the mapping of the import of" in told
    assert sentence in told


def test_the_same_mapping_again_is_not_mentioned(fresh: District) -> None:
    mapped(fresh.folder)
    ran(*BY_MAPPING)
    assert call(*BY_MAPPING, "--json").object()["notes"] == []
