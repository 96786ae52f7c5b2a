"""The plugin manager: who may attach, and what third parties can and cannot do to an answer or a tag."""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO, NoReturn, cast

import pluggy
import pytest
from case_builder import CaseBuilder, a_case
from district import CUSTODIAN, GRADUATION, HANNAH, INES, MEDIA_STAFF, PUBLIC, TEAM, THERESA, UNTITLED, District
from hypothesis import example, given
from hypothesis import strategies as st

from dam_hooks import Manager, hookimpl, manager, services_of
from dam_hooks.plugin import DamPlugin, PluginVoices
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import holds
from dam_plugin.custodian.holds import Wanted
from dam_plugin.errors import PluginError
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import take_in
from dam_plugin.model import (
    AssetEvent,
    Decision,
    Facts,
    Finding,
    Interval,
    LedgerEntry,
    Outcome,
    Recipient,
    Region,
    Review,
    Share,
)
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.switches import BUILT_IN
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing.share import Answer, decide_safely, share
from dam_plugin.sharing.third_parties import ask_third_parties
from dam_plugin.store import StoredAsset, SystemUser
from dam_tagging.facts import NamedPerson, NamedRegion

NOTHING = cast("Any", None)
BARE = Services(Settings(roster_max_age_days=None, count_faces=False), NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
REQUEST = Share("sh-1", "a.jpg", "publication", "website", MEDIA_STAFF, PUBLIC)
EMERGENCY = Share(
    "",
    GRADUATION,
    "request",
    "emergency",
    CUSTODIAN,
    Recipient("emergency", "911"),
    evidence={"emergency": {"threat": "a child is missing", "recipient_needs_it": True}},
)
SECRET = "Hannah Lindqvist"


@dataclass(frozen=True)
class Installed:
    """An entry point of an installed package."""

    name: str
    load: Callable[[], object]
    value: str = "somewhere"
    dist: Any = None


def attached(services: Services, **plugins: object) -> Manager:
    """Return the manager of a process in which these third parties are installed."""
    points = [Installed(name.replace("_", "-"), lambda plugin=plugin: plugin) for name, plugin in plugins.items()]
    return found(services, *points)


def found(services: Services, *points: Installed) -> Manager:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["dam_hooks.plugin"], "entry_points", lambda group: points if group else ())
        return manager(services=services)


def answering(**hooks: Callable[..., object]) -> ModuleType:
    """Return a third party's module with these hooks."""
    module = ModuleType("third_party")
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    return module


def saying(answer: object) -> ModuleType:
    """Return a third party whose review is always the same; an exception is raised."""

    def review_decision(share: Share) -> object:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return answering(review_decision=review_decision)


def voiced(district: District, **plugins: object) -> Services:
    """Return the district's services with these third parties attached."""
    return services_of(attached(district.services, **plugins))


def uploaded(services: Services, key: str, body: bytes) -> StoredAsset:
    services.library.put(key, body, media_type="application/octet-stream")
    stored = take_in(services, AssetEvent(key))
    assert stored is not None
    return stored


def sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()


def publishing(key: str) -> Share:
    return replace(REQUEST, id="", asset_key=key)


def decided(case: Case, **plugins: object) -> Decision:
    services = services_of(attached(BARE, **plugins))
    return ask_third_parties(services, REQUEST, case, decide_safely(case, BUILT_IN))


def test_a_host_that_leaves_every_optional_field_of_an_event_out_is_answered(district: District) -> None:
    hook, library = district.pm.hook, district.services.library
    library.put(TEAM, sample(TEAM), media_type="image/jpeg")
    first = hook.asset_uploaded(event=AssetEvent(TEAM))
    library.put(TEAM, sample(UNTITLED), media_type="image/jpeg")
    second = hook.asset_replaced(event=AssetEvent(TEAM))
    assert (first.release_tag, second.asset.key) == ("staff", TEAM)
    assert first.asset.id != second.asset.id
    library.delete(TEAM)
    assert hook.asset_deleted(event=AssetEvent(TEAM)) is True


def case_of(builder: CaseBuilder) -> Case:
    return parse_case(builder.raw())


def a_team() -> CaseBuilder:
    """Return a publication that may go out: s1 and s2 can be hidden, nobody knows where s3 is, s4 is in the crowd."""
    team = a_case().published().redactable().shows("s1").shows("s2").shows("s3", located=False)
    return team.shows("s4", "incidental")


# Who may attach


def host_hook(token: str) -> None:
    """Answer `share_opened`."""


def wrapper(share: Share) -> object:
    """Wrap `share_requested`."""
    return (yield)


def test_a_third_party_that_answers_a_hosts_hook_is_refused() -> None:
    with pytest.raises(PluginError, match=r"'grabby' answers 'share_opened', which only dam-plugin does"):
        attached(BARE, grabby=answering(share_opened=host_hook))


def test_a_third_party_that_wraps_a_hosts_hook_is_refused() -> None:
    module = ModuleType("wrapping")
    module.share_requested = hookimpl(wrapper=True)(wrapper)  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="'grabby' answers 'share_requested'"):
        attached(BARE, grabby=module)


def test_a_third_party_that_answers_a_hosts_hook_under_another_name_is_refused() -> None:
    module = ModuleType("renaming")
    module.harmless = hookimpl(specname="share_opened")(host_hook)  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="'grabby' answers 'share_opened'"):
        attached(BARE, grabby=module)


def test_a_misspelt_hook_is_refused_with_what_was_meant() -> None:
    with pytest.raises(PluginError, match=r"'sloppy' has a hook 'revew_decision' that does not exist; did you mean"):
        attached(BARE, sloppy=answering(revew_decision=lambda: None))


def test_a_hook_that_resembles_none_is_refused_with_where_they_stand() -> None:
    with pytest.raises(PluginError, match=r"a hook 'zzz' that does not exist; see docs/hooks\.md"):
        attached(BARE, sloppy=answering(zzz=lambda: None))


def test_a_hook_that_is_marked_optional_may_be_of_another_version() -> None:
    module = answering(review_decision=lambda: None)
    module.decide_tomorrow = hookimpl(optionalhook=True)(lambda: None)  # type: ignore[attr-defined]
    assert attached(BARE, modern=module).has_plugin("modern")


def of_a_student(student_name: str) -> None:
    """Ask for what no hook gives."""


def test_an_argument_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PluginError, match=r"'sloppy' does not fit: .*'student_name'.*; see docs/hooks\.md$"):
        attached(BARE, sloppy=answering(review_decision=of_a_student))


def test_one_that_no_hook_is_marked_in_is_refused() -> None:
    module = ModuleType("forgetful")
    module.review_decision = lambda: None  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match=r"'forgetful' has no hooks: mark them with dam_hooks\.hookimpl"):
        attached(BARE, forgetful=module)


@pytest.mark.parametrize("error", [ImportError("no"), RuntimeError(SECRET), SystemExit(0)], ids=repr)
def test_one_that_cannot_be_imported_is_named_with_its_place(error: BaseException) -> None:
    def load() -> NoReturn:
        raise error

    with pytest.raises(PluginError) as caught:
        found(BARE, Installed("broken", load, "broken_voice:hooks"))
    said = str(caught.value)
    assert said.startswith(f"the plugin 'broken' (broken_voice:hooks) cannot be imported ({type(error).__name__})")
    assert SECRET not in said


def test_one_name_is_not_given_twice() -> None:
    points = [Installed("twin", lambda: saying(None)), Installed("twin", lambda: saying(None))]
    with pytest.raises(PluginError, match=r"'twin' .* is there already"):
        found(BARE, *points)


def test_one_plugin_is_not_attached_under_two_names() -> None:
    same = saying(None)
    with pytest.raises(PluginError, match=r"'twin' .* is there already"):
        attached(BARE, one=same, twin=same)


def test_our_own_name_is_not_for_others() -> None:
    with pytest.raises(PluginError, match=r"'dam-plugin' .* is there already"):
        attached(BARE, dam_plugin=saying(None))


def test_services_are_found_behind_our_own_manager_alone() -> None:
    assert isinstance(attached(BARE).get_plugin("dam-plugin"), DamPlugin)
    with pytest.raises(PluginError, match=r"not built by dam_hooks\.manager\(\)"):
        services_of(pluggy.PluginManager("dam_plugin"))


# What a voice can do to a decision

OUR_CASES = {
    "allow": a_team(),
    "redact": a_team().opted_out("s2"),
    "refer": a_team().asset(unidentified_people=2),
    "deny": a_team().opted_out("s3"),
}
FAILURES = (RuntimeError(SECRET), SystemExit(0), "deny", {"outcome": 3}, Decision(Outcome.DENY))

reviews = st.builds(
    Review,
    st.sampled_from(Outcome),
    st.just("we say so"),
    st.lists(st.sampled_from(["s1", "s2", "s3", "s4", "s9"]), max_size=3, unique=True).map(tuple),
)
voices = st.lists(st.one_of(st.none(), reviews, st.sampled_from(FAILURES)), max_size=4)


def asked_for(ours: Decision, voice: object) -> Outcome:
    """Return the outcome that one voice stands for, given ours."""
    if voice is None:
        return Outcome.ALLOW
    if not isinstance(voice, Review):
        return Outcome.DENY
    if voice.outcome > Outcome.REDACT:
        return voice.outcome
    if voice.redact:
        return Outcome.REDACT if set(voice.redact) <= {"s1", "s2", "s4"} else Outcome.REFER
    # A redacted copy is asked for, and nobody says whom to hide.
    return Outcome.REFER if voice.outcome > ours.outcome else Outcome.ALLOW


@pytest.mark.parametrize("word", OUR_CASES)
def test_the_cases_decide_as_their_names_say(word: str) -> None:
    assert decided(case_of(OUR_CASES[word])).outcome.word == word


@given(word=st.sampled_from(sorted(OUR_CASES)), voices=voices)
def test_the_strictest_of_all_voices_wins(word: str, voices: list[object]) -> None:
    case = case_of(OUR_CASES[word])
    ours = decide_safely(case, BUILT_IN)
    made = decided(case, **{f"p{number}": saying(voice) for number, voice in enumerate(voices)})
    assert made.outcome is max([ours.outcome, *(asked_for(ours, voice) for voice in voices)])


@given(word=st.sampled_from(sorted(OUR_CASES)), voices=voices)
def test_a_copy_shows_nobody_whom_any_voice_hides(word: str, voices: list[object]) -> None:
    case = case_of(OUR_CASES[word])
    ours = decide_safely(case, BUILT_IN)
    made = decided(case, **{f"p{number}": saying(voice) for number, voice in enumerate(voices)})
    if made.outcome <= Outcome.REDACT:
        hidden = set(ours.redact).union(*(voice.redact for voice in voices if isinstance(voice, Review)))
        assert set(made.redact) == hidden
        assert made.basis == {student: clause for student, clause in ours.basis.items() if student not in hidden}
        assert set(made.reasons) >= set(ours.reasons)


@example("allow", [Review(Outcome.REDACT, "hide somebody"), Review(Outcome.REDACT, "hide s1", ("s1",))])
@given(word=st.sampled_from(sorted(OUR_CASES)), voices=st.lists(reviews | st.none(), min_size=2, max_size=3))
def test_the_order_of_loading_does_not_matter(word: str, voices: list[Review | None]) -> None:
    case = case_of(OUR_CASES[word])
    orders = [
        decided(case, **{f"p{number}": saying(voice) for number, voice in enumerate(order)})
        for order in itertools.permutations(voices)
    ]
    assert len({(each.outcome, each.redact, tuple(sorted(each.basis))) for each in orders}) == 1


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_one_that_fails_denies_and_is_named_with_an_error_id(failure: object, caplog: pytest.LogCaptureFixture) -> None:
    made = decided(case_of(OUR_CASES["allow"]), shaky=saying(failure))
    assert (made.outcome, made.reasons[0].clause) == (Outcome.DENY, "THIRD-PARTY-DOWN")
    error = made.reasons[0].text.partition("(error ")[2].partition(")")[0]
    assert error in caplog.text
    assert SECRET not in caplog.text + made.reasons[0].text


@pytest.mark.parametrize(
    "review",
    [
        Review(cast("Any", "deny"), "a word"),
        Review(cast("Any", 7), "a number that is no outcome"),
        Review(Outcome.ALLOW, cast("Any", None)),
        Review(Outcome.REDACT, "one text, not several", cast("Any", "s1")),
        Review(Outcome.REDACT, "no text at all", cast("Any", (1,))),
        Review(Outcome.REDACT, cast("Any", float("nan"))),
    ],
    ids=lambda review: str(review.reason),
)
def test_a_review_with_a_field_of_another_type_is_a_failure(review: Review, caplog: pytest.LogCaptureFixture) -> None:
    made = decided(case_of(OUR_CASES["allow"]), shaky=saying(review))
    assert made.outcome is Outcome.DENY
    assert "plugin shaky answered a Review with a field that does not fit in review_decision" in caplog.text


def test_one_failure_does_not_silence_the_others() -> None:
    heard: list[str] = []
    others = answering(review_decision=lambda share: heard.append(share.purpose))
    decided(case_of(OUR_CASES["allow"]), a=saying(RuntimeError()), b=others, c=saying(RuntimeError()))
    assert heard == ["website"]


def test_a_plugin_with_two_voices_is_heard_twice() -> None:
    both = saying(None)
    for name, outcome in (("lenient", Outcome.ALLOW), ("strict", Outcome.REFER), ("another", Outcome.ALLOW)):
        mark = hookimpl(specname="review_decision")
        setattr(both, name, mark(lambda outcome=outcome: Review(outcome, "we say so")))
    assert decided(case_of(OUR_CASES["allow"]), double=both).outcome is Outcome.REFER


def test_what_a_third_party_does_to_its_arguments_changes_nothing() -> None:
    def review_decision(share: Share, decision: Decision) -> None:
        share.evidence["order"] = {"verified": True}
        decision.basis.clear()

    case, request = case_of(OUR_CASES["allow"]), replace(REQUEST, evidence={})
    services = services_of(attached(BARE, tricky=answering(review_decision=review_decision)))
    made = ask_third_parties(services, request, case, decide_safely(case, BUILT_IN))
    assert request.evidence == {}
    assert made == decide_safely(case, BUILT_IN)


def test_reviews_see_what_we_decided_and_pseudonyms_alone() -> None:
    seen: list[tuple[Share, Decision]] = []
    case = case_of(OUR_CASES["redact"])
    decided(case, curious=answering(review_decision=lambda share, decision: seen.append((share, decision))))
    assert seen == [(REQUEST, decide_safely(case, BUILT_IN))]


@pytest.mark.parametrize("voice", [RuntimeError(), Review(Outcome.DENY, "no")], ids=["raises", "denies"])
def test_nobody_stands_in_the_way_of_break_glass(voice: object) -> None:
    emergency = {"threat": "a child is missing", "recipient_needs_it": True}
    case = case_of(a_team().share(kind="request").by("custodian").to("emergency", "911").evidence(emergency=emergency))
    made = decided(case, strict=saying(voice))
    assert (made.outcome, [each.clause for each in made.reasons]) == (Outcome.ALLOW, ["EX9"])


# What becomes of a share


def test_a_student_whom_a_third_party_hides_is_hidden_in_the_copy(district: District) -> None:
    district.upload(TEAM)
    ines = district.student(INES)
    more = answering(review_decision=lambda: Review(Outcome.REDACT, "a family asked us", (ines,)))
    answer = share(voiced(district, family=more), publishing(TEAM))
    assert answer.decision.outcome is Outcome.REDACT
    assert set(answer.decision.redact) == {ines, district.student(HANNAH)}
    assert answer.release is not None
    assert set(answer.release.redacted) == set(answer.decision.redact)
    assert answer.decision.basis.keys() == {district.student(THERESA)}


def test_a_refusal_of_a_third_party_leaves_no_copy_and_no_link(district: District) -> None:
    district.upload(GRADUATION)
    services = voiced(district, strict=saying(Review(Outcome.DENY, "not this week")))
    answer = share(services, publishing(GRADUATION))
    assert (answer.decision.outcome, answer.release, answer.link, answer.token) == (Outcome.DENY, None, None, None)
    assert answer.decision.reasons[0].text == "The plugin 'strict' says: not this week"
    with services.store.reading() as unit:
        assert unit.shares.releases(["preparing", "recorded", "open"]) == []


def test_a_link_is_closed_by_a_voice_that_came_later(district: District) -> None:
    district.upload(GRADUATION)
    token = district.share(GRADUATION).token
    assert token is not None
    strict = voiced(district, strict=saying(Review(Outcome.REFER, "we look again")))
    assert open_link(strict, token).url is None
    assert open_link(district.services, token).url is None


def test_observers_hear_of_a_decision_and_of_a_recorded_disclosure(district: District) -> None:
    heard: list[tuple[str, Any]] = []

    def decision_made(share: Share, decision: Decision) -> str:
        heard.append(("decision", (share.id, decision.outcome)))
        return "what an observer returns does not count"

    def disclosure_recorded(entry: LedgerEntry, share: Share) -> None:
        heard.append(("disclosure", (share.id, entry.subject)))

    services = voiced(district, log=answering(decision_made=decision_made, disclosure_recorded=disclosure_recorded))
    district.upload(GRADUATION)
    public, urgent = share(services, publishing(GRADUATION)), share(services, EMERGENCY)
    assert heard == [
        ("decision", (public.share.id, Outcome.ALLOW)),
        ("decision", (urgent.share.id, Outcome.ALLOW)),
        ("disclosure", (urgent.share.id, urgent.share.id)),
    ]


def test_observers_that_raise_change_nothing_and_are_logged_without_what_they_said(
    district: District, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(share: Share) -> NoReturn:
        raise RuntimeError(f"{SECRET} in {share.asset_key}")

    district.upload(GRADUATION)
    services = voiced(district, shaky=answering(decision_made=fail, disclosure_recorded=fail))
    answer = share(services, EMERGENCY)
    assert answer.token is not None
    assert open_link(services, answer.token).url is not None
    logged = [each.getMessage() for each in caplog.records if each.name == "dam_hooks.plugin"]
    assert [line.partition(", error ")[0] for line in logged] == [
        "plugin shaky raised RuntimeError in decision_made",
        "plugin shaky raised RuntimeError in disclosure_recorded",
    ]
    assert SECRET not in caplog.text
    assert GRADUATION not in caplog.text


def test_our_decision_reaches_the_host_through_its_hook(district: District) -> None:
    district.upload(GRADUATION)
    pm = attached(district.services, strict=saying(Review(Outcome.REFER, "we look first")))
    answer: Answer = pm.hook.share_requested(share=publishing(GRADUATION))
    assert answer.decision.outcome is Outcome.REFER


# What becomes of a copy

FILM, BOX, STRETCH = io.BytesIO(b"a film"), Region(0.1, 0.1, 0.2, 0.2), Interval(1, 2)


def asked_to_redact(services: Services) -> list[tuple[str, bytes | None, bool]]:
    FILM.seek(3)
    heard = services.third_parties.redact_media(FILM, "application/x-film", [BOX], [STRETCH])
    return [(each.plugin, each.value, bool(each.error)) for each in heard]


def test_whoever_knows_the_format_is_asked_for_a_copy_from_the_beginning_of_the_file() -> None:
    given: list[object] = []

    def redact_media(file: BinaryIO, media_type: str, boxes: object, intervals: object) -> bytes:
        given.extend([file.read(), media_type, boxes, intervals])
        return b"a copy"

    services = services_of(attached(BARE, able=answering(redact_media=redact_media), unable=finding_people()))
    assert services.third_parties.redacts
    assert asked_to_redact(services) == [("able", b"a copy", False)]
    assert given == [b"a film", "application/x-film", (BOX,), (STRETCH,)]


def test_where_nobody_answers_there_is_nobody_to_ask() -> None:
    services = services_of(attached(BARE, detector=finding_people()))
    assert not services.third_parties.redacts
    assert asked_to_redact(services) == []


def test_who_answers_a_hook_is_told_with_the_version_of_the_package() -> None:
    packages = {"redactor": answering(redact_media=lambda: None), "detector": finding_people(), "strict": saying(None)}
    points = [
        Installed(name, lambda plugin=plugin: plugin, dist=SimpleNamespace(version="1.2") if name != "strict" else None)
        for name, plugin in packages.items()
    ]
    voices = services_of(found(BARE, *points)).third_parties
    assert voices.who_answers("find_people", "redact_media") == ["detector 1.2", "redactor 1.2"]
    assert voices.who_answers("review_decision") == ["strict"]
    assert voices.who_answers("load_roster") == []


def test_who_does_not_know_a_format_is_left_out() -> None:
    services = services_of(attached(BARE, unable=answering(redact_media=lambda: None)))
    assert services.third_parties.redacts
    assert asked_to_redact(services) == []


@pytest.mark.parametrize(
    "answer", ["text", 7, bytearray(b"a copy"), {"copy": b""}], ids=lambda each: type(each).__name__
)
def test_a_copy_that_is_no_bytes_is_a_failure(answer: object, caplog: pytest.LogCaptureFixture) -> None:
    services = services_of(attached(BARE, shaky=answering(redact_media=lambda: answer)))
    assert asked_to_redact(services) == [("shaky", None, True)]
    assert f"plugin shaky answered a {type(answer).__name__} in redact_media" in caplog.text


def test_one_that_raises_while_it_redacts_is_a_failure_and_silences_nobody(caplog: pytest.LogCaptureFixture) -> None:
    able = answering(redact_media=lambda: b"a copy")
    services = services_of(attached(BARE, able=able, shaky=answering(redact_media=raising)))
    assert asked_to_redact(services) == [("able", b"a copy", False), ("shaky", None, True)]
    assert SECRET not in caplog.text


# What becomes of an upload


def finding_people(*regions: object) -> ModuleType:
    return answering(find_people=lambda: list(regions))


def test_a_face_outside_every_named_region_is_somebody_whom_nobody_knows(district: District) -> None:
    services = voiced(district, detector=finding_people(Region(0.01, 0.01, 0.04, 0.04)))
    stored = uploaded(services, GRADUATION, sample(GRADUATION))
    assert stored.tagging.unidentified_people == 1
    answer = share(services, publishing(GRADUATION))
    assert answer.decision.outcome is Outcome.REFER
    assert [each.clause for each in answer.decision.reasons] == ["HOLD-UNKNOWN-PERSON"]


def test_a_face_inside_a_named_region_is_that_student(district: District) -> None:
    body = sample(GRADUATION)
    named = district.upload(GRADUATION).tagging
    faces = [region for each in named.appearances for region in each.regions]
    stored = uploaded(voiced(district, detector=finding_people(*faces)), f"again/{GRADUATION}", body)
    assert stored.tagging.unidentified_people == 0
    assert {each.student for each in stored.tagging.appearances} == {each.student for each in named.appearances}


def test_a_detector_that_finds_nobody_says_nothing_of_who_is_there(district: District) -> None:
    body = sample(UNTITLED)
    assert uploaded(voiced(district, detector=finding_people()), UNTITLED, body).tagging.state == "pending"


def raising(*_: object) -> NoReturn:
    raise RuntimeError(SECRET)


BAD_TAGGERS = {
    "read_metadata raises": answering(read_metadata=raising),
    "read_metadata answers a dict": answering(read_metadata=lambda: {"state": "read"}),
    "propose_findings raises": answering(propose_findings=raising),
    "propose_findings answers a finding alone": answering(
        propose_findings=lambda: Finding("closed", "yes", "why", "we")
    ),
    "propose_findings answers texts": answering(propose_findings=lambda: ["closed"]),
    "propose_findings answers a text": answering(propose_findings=lambda: ""),
    "propose_findings answers a number as value": answering(
        propose_findings=lambda: [Finding("unidentified_people", cast("Any", 2), "why", "we")]
    ),
    "find_people raises": answering(find_people=raising),
    "find_people answers a number": answering(find_people=lambda: 3),
    "find_people answers a box that is nowhere": finding_people(Region(float("nan"), 0.1, 0.2, 0.2)),
}


@pytest.mark.parametrize("plugin", BAD_TAGGERS.values(), ids=BAD_TAGGERS)
def test_one_that_fails_holds_the_asset_and_is_named(
    district: District, plugin: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    stored = uploaded(voiced(district, shaky=plugin), GRADUATION, sample(GRADUATION))
    assert (stored.tagging.state, stored.release_tag) == ("failed", "hold")
    assert district.release_tag(GRADUATION) == "hold"
    assert [each.why for each in stored.tagging.findings if "plugin 'shaky' failed" in each.why]
    assert district.share(GRADUATION).decision.outcome is Outcome.REFER
    assert SECRET not in caplog.text + repr(stored.tagging.findings)


UNKNOWN_FORMAT = b"\x00our own format\x00" * 40


def test_facts_of_a_format_that_we_cannot_read_come_from_a_third_party(district: District) -> None:
    def read_metadata(file: BinaryIO, name: str, media_type: str) -> Facts:
        assert file.read() == UNKNOWN_FORMAT
        region = NamedRegion("Inés Muñoz", "Face", Region(0.2, 0.2, 0.3, 0.3), "ours")
        return Facts("image/x-ours", "read", persons=(NamedPerson("Inés Muñoz", "ours"),), regions=(region,))

    services = voiced(district, reader=answering(read_metadata=read_metadata))
    stored = uploaded(services, "events/athletics/photo.ours", UNKNOWN_FORMAT)
    assert (stored.tagging.state, stored.asset.media_type) == ("complete", "image/x-ours")
    assert [each.student for each in stored.tagging.appearances] == [district.student(INES)]


def test_without_a_reader_a_format_that_we_cannot_read_is_held(district: District) -> None:
    stored = district.upload("events/athletics/photo.ours", UNKNOWN_FORMAT)
    assert (stored.tagging.state, stored.release_tag) == ("failed", "hold")


def test_facts_of_a_third_party_do_not_replace_ours(district: District) -> None:
    services = voiced(district, reader=answering(read_metadata=lambda: Facts("image/jpeg", "read")))
    stored = uploaded(services, GRADUATION, sample(GRADUATION))
    assert len(stored.tagging.appearances) == 3


def test_each_reads_a_file_from_its_beginning() -> None:
    begun: list[bytes] = []
    plugins = {name: answering(find_people=lambda file: begun.append(file.read())) for name in ("a", "b")}
    voices = PluginVoices(attached(BARE, **plugins))
    assert voices.find_people(io.BytesIO(b"picture"), "image/png") == []
    assert begun == [b"picture", b"picture"]


def test_findings_of_several_third_parties_are_united(district: District) -> None:
    def propose(*findings: Finding) -> ModuleType:
        return answering(propose_findings=lambda: findings)

    services = voiced(
        district,
        a=propose(Finding("closed", "an investigation", "kept by the office", "a")),
        b=propose(Finding("unidentified_people", "2", "two guests", "b")),
    )
    stored = uploaded(services, GRADUATION, sample(GRADUATION))
    assert stored.tagging.closed == "an investigation"
    assert stored.tagging.unidentified_people == 2


def test_a_host_hears_before_it_deletes_that_a_hold_forbids_it_and_afterwards_that_it_is_undone(
    district: District,
) -> None:
    hook = district.pm.hook
    district.upload(TEAM)
    assert hook.deletion_requested(key=TEAM) is None
    wanted = Wanted("subpoena", "docket 26-117", "served on the district", "a paper")
    (place,) = holds.add(district.services, [TEAM], wanted, CUSTODIAN, SystemUser("1", "ada")).places
    why = hook.deletion_requested(key=TEAM)
    assert why.startswith(f"the recording is held by the hold {place.hold.id} (a subpoena); see")
    assert TEAM not in why
    district.services.library.delete(TEAM)
    assert hook.asset_deleted(event=AssetEvent(TEAM)) is False
    assert district.services.library.head(TEAM)


def test_a_file_beside_a_held_recording_is_held_with_it(district: District) -> None:
    hook, library = district.pm.hook, district.services.library
    district.upload(TEAM)
    beside = f"{TEAM}.xmp"
    library.put(beside, b"<x/>", media_type="text/xml")
    wanted = Wanted("subpoena", "docket 26-117", "served on the district", "a paper")
    holds.add(district.services, [TEAM], wanted, CUSTODIAN, SystemUser("1", "ada"))
    assert "is held by" in hook.deletion_requested(key=beside)
    library.delete(beside)
    hook.asset_deleted(event=AssetEvent(beside))
    assert library.head(beside)


def test_the_plugins_own_files_are_not_the_hosts_to_delete(district: District) -> None:
    assert "only the plugin deletes it" in district.pm.hook.deletion_requested(key="released/r-1/a.jpg")
