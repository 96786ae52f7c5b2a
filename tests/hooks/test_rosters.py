"""The hook `load_roster`: a district's own source, asked alone, named when it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from command_line import call
from district import CUSTODIAN, District

from dam_hooks import hookimpl, manager, services_of
from dam_plugin.custodian.choices import import_roster, roster_of_plugin
from dam_plugin.errors import InputError, PluginError
from dam_plugin.model import Consent, OptOut, StudentRecord
from dam_plugin.people.roster import Portrait, RosterImport, Source
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import Services

SECRET = "Zelda Secret"


@dataclass(frozen=True)
class Installed:
    name: str
    load: Callable[[], object]
    value: str = "somewhere"
    dist: None = None


def source(answer: Callable[..., object]) -> ModuleType:
    module = ModuleType("third_party")
    module.load_roster = hookimpl(answer)  # type: ignore[attr-defined]
    return module


def installed(patch: pytest.MonkeyPatch, **plugins: ModuleType) -> None:
    points = [Installed(name, lambda plugin=plugin: plugin) for name, plugin in plugins.items()]
    patch.setattr(sys.modules["dam_hooks.plugin"], "entry_points", lambda group: points if group else ())


def voiced(district: District, patch: pytest.MonkeyPatch, **plugins: ModuleType) -> Services:
    installed(patch, **plugins)
    return services_of(manager(services=district.services))


def roster(pseudonyms: Pseudonyms) -> RosterImport:
    student = pseudonyms.student("9001")
    record = StudentRecord(
        student, "9001", ("Cy Poe",), date(2012, 2, 3), guardians=("G-1",), guardian_names=(("G-1", "Ann Poe"),),
        opt_outs=(OptOut(date(2026, 9, 1), purposes=("yearbook",)),),
    )  # fmt: skip
    consent = Consent(student, "G-1", date(2026, 9, 2), "ink", purpose="yearbook", parties=("public",))
    return RosterImport(
        (record,), (consent,), whole=False, proofs=("folder 7",), portraits=(Portrait("V", "P/1.jpg", student),)
    )


def test_a_plugins_consent_names_its_parties_without_their_role(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misnamed(pseudonyms: Pseudonyms) -> RosterImport:
        given = roster(pseudonyms)
        return replace(given, consents=(replace(given.consents[0], parties=("public:kspr",)),))

    services = voiced(district, monkeypatch, sis=source(misnamed))
    done = import_roster(services, roster_of_plugin(services, "sis"), CUSTODIAN, source=Source("sis"))
    assert done.change.consents == 0
    assert any("write the id alone: kspr; or the role alone: public" in each for each in done.notes)


def test_a_plugins_roster_is_imported_whole(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    services = voiced(district, monkeypatch, sis=source(roster))
    told = roster_of_plugin(services, "sis")
    assert told == replace(roster(services.pseudonyms), kind="plugin")
    done = import_roster(services, told, CUSTODIAN, source=Source("sis"))
    assert (done.change.added, done.change.opt_outs, done.change.consents, done.change.portraits) == (1, 1, 1, 1)
    with services.store.reading() as unit:
        kept = unit.people.need(told.students[0].id)
        assert replace(kept, enrolled=()) == told.students[0]
        assert kept.enrolled == ((services.now().date(), None),)
        last = unit.people.last_import()
    assert last is not None
    assert last[1] == "sis"


def of_sis(pseudonyms: Pseudonyms) -> RosterImport:
    """A roster that says of itself that the family answered, and by which id a file of answers names the student."""
    given = roster(pseudonyms)
    taken = pseudonyms.answers_id("identifier", "1001")
    record = replace(given.students[0], answers_id=taken, answered_on=date(2026, 9, 1), notified_on=date(2026, 9, 1))
    return replace(given, students=(record,), settled=(record.id,), answered={record.id: date(2026, 9, 1)})


@pytest.mark.parametrize("named", [True, False], ids=["named in the settings", "not named"])
def test_whether_a_plugins_answers_are_the_familys_the_settings_say_and_never_the_plugin(
    district: District, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    services = voiced(district, monkeypatch, sis=source(of_sis))
    answers = ("sis",) if named else ("another",)
    services = replace(services, settings=services.settings.model_copy(update={"roster_answers_from": answers}))
    told = roster_of_plugin(services, "sis")
    (record,) = told.students
    assert (record.answered_on == date(2026, 9, 1), record.id in told.settled, bool(told.answered)) == (named,) * 3
    assert (record.answers_id, record.notified_on) == (None, None)
    notes = " ".join(told.notes)
    assert ("the district's settings do not name it" in notes) is not named
    assert "the district's mapping says so" in notes
    import_roster(services, told, CUSTODIAN, source=Source("sis"))
    with services.store.reading() as unit:
        assert unit.people.answers_ids() == {}
        assert (unit.people.need(record.id).answered_on is not None) is named


def test_an_id_of_the_districts_own_file_stays_where_a_plugins_roster_follows(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = voiced(district, monkeypatch, sis=source(of_sis))
    own = services.pseudonyms.answers_id("identifier", "77")
    given = roster(services.pseudonyms)
    of_file = replace(given, students=(replace(given.students[0], answers_id=own),))
    import_roster(services, of_file, CUSTODIAN, source=Source("a file"))
    import_roster(services, roster_of_plugin(services, "sis"), CUSTODIAN, source=Source("sis"))
    with services.store.reading() as unit:
        assert unit.people.answers_ids() == {given.students[0].id: own}


def test_the_command_says_that_a_plugins_answers_do_not_count(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, sis=source(of_sis))
    ended = call("roster", "import", "--from", "sis")
    assert (ended.code, "`roster_answers_from`" in " ".join(ended.text.split())) == (0, True), ended.text
    monkeypatch.setenv("DAM_PLUGIN_ROSTER_ANSWERS_FROM", "sis, clever")
    ended = call("roster", "import", "--from", "sis", "--dry-run")
    assert (ended.code, "`roster_answers_from`" in ended.text) == (0, False), ended.text


def test_only_the_plugin_that_is_meant_is_asked(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(plugin: str, pseudonyms: Pseudonyms) -> RosterImport:
        asked.append(plugin)
        return roster(pseudonyms)

    services = voiced(district, monkeypatch, one=source(answer), two=source(answer))
    roster_of_plugin(services, "two")
    assert asked == ["two"]


def raising() -> RosterImport:
    raise RuntimeError(SECRET)


def a_list() -> list[RosterImport]:
    return []


def of_another_key() -> RosterImport:
    return roster(Pseudonyms("another" * 9))


def with_a_bad_day(pseudonyms: Pseudonyms) -> RosterImport:
    good = roster(pseudonyms)
    return replace(good, students=(replace(good.students[0], born=SECRET),))  # type: ignore[arg-type]


FAILURES: dict[str, tuple[Callable[..., Any], str]] = {
    "raises": (raising, "the plugin 'sis' failed"),
    "answers a list": (a_list, "the plugin 'sis' failed"),
    "answers a field that does not fit": (with_a_bad_day, "the plugin 'sis' failed"),
    "answers nothing": (lambda: None, "the plugin 'sis' has no roster to give"),
    "names nobody": (lambda: RosterImport(()), "the plugin 'sis' names no student"),
    "has another key": (of_another_key, "the plugin 'sis' gives students other ids"),
}


@pytest.mark.parametrize(("answer", "sentence"), FAILURES.values(), ids=FAILURES)
def test_one_that_fails_is_named_and_nothing_is_imported(
    district: District,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answer: Callable[..., Any],
    sentence: str,
) -> None:
    services = voiced(district, monkeypatch, sis=source(answer))
    with pytest.raises(PluginError) as caught:
        roster_of_plugin(services, "sis")
    assert str(caught.value).startswith(sentence)
    assert SECRET not in caplog.text + str(caught.value)


def test_a_plugin_that_drops_the_school_is_asked_about(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    services = voiced(district, monkeypatch, sis=source(lambda pseudonyms: replace(roster(pseudonyms), whole=True)))
    with pytest.raises(InputError, match="13 of 13 students would leave"):
        import_roster(services, roster_of_plugin(services, "sis"), CUSTODIAN)


def test_the_command_takes_a_plugins_roster(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, sis=source(roster))
    assert call("roster", "import", "--from", "sis", "--json").object()["added"] == 1
    missing = call("roster", "import", "--from", "other")
    assert (missing.code, "the plugin 'other' has no roster to give" in missing.err) == (1, True)
    assert call("roster", "import").code == call("roster", "import", "roster", "--from", "sis").code == 2
