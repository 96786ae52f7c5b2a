"""An explanation as a tree for a terminal, and the headings and short sentences that the Markdown shares with it.

Every text of a case goes through `printable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text
from rich.tree import Tree

from dam_plugin.cli.output import STYLES, printable
from dam_plugin.procedure import in_words
from dam_plugin.procedure.clauses import listed
from dam_plugin.procedure.explain import Explanation, PersonTold, PlanTold, ReasonTold, RulingTold, StepTold
from dam_plugin.procedure.ways_out import DENIED

# Why a reason stands there.
PARTS = {
    "ground": "Why it may be released",
    "question": "What a person can still answer",
    "obstacle": "What stands in the way",
    "first": "Why a person has to act first",
    "evidence": "What was lacking for an exception",
}
CHANGES = {
    "redact": "What could let more be shown (any one of these)",
    "refer": "What can be done now",
    "deny": "What could change the answer (any one of these)",
}


def tree(told: Explanation) -> Tree:
    """Return an explanation as a tree."""
    root = Tree(_text(f"Case {told.id}, {told.day}", "bold"))
    _add_answer(root, told)
    _add_students(root, told)
    _add_steps(root, told)
    _add_plans(root, told)
    if told.rulings:
        rulings = _heading(root, "What an attorney may rule otherwise")
        for ruling in told.rulings:
            other = (f"Otherwise: {each}" for each in ruling.alternatives)
            _leaves(rulings.add(_text(f"{ruling.question} {ruled(ruling)}")), other)
    return root


def ruled(ruling: RulingTold) -> str:
    """Return what is ruled, and by whom where the district decided it."""
    return f"{ruling.answer} (ruled by {ruling.decided})" if ruling.decided else ruling.answer


def plain_lines(branch: Tree, *, ascii_only: bool, before: str = "") -> Iterator[str]:
    """Yield the lines of a tree as text, each whole: for a pipe, where a case of a whole district is to take seconds."""
    space, onward, fork, end = Tree.ASCII_GUIDES if ascii_only else Tree.TREE_GUIDES[0]
    if not before:
        yield f"{branch.label}\n"
    for each in branch.children:
        last = each is branch.children[-1]
        yield f"{before}{end if last else fork}{each.label}\n"
        if each.children:
            yield from plain_lines(each, ascii_only=ascii_only, before=f"{before}{space if last else onward}")


def _add_answer(root: Tree, told: Explanation) -> None:
    word = told.outcome
    answer = root.add(Text.assemble(("The answer: ", "bold"), (word, STYLES[word]), ". ", _text(told.answer)))
    _leaves(answer, (told.asked, recorded(told), *told.notes))
    for part, title in PARTS.items():
        if reasons := [each for each in told.reasons if each.part == part]:
            branch = _heading(root, title)
            for each in reasons:
                _leaves(branch.add(_text(f"{each.title}: {each.text}")), _behind(each))
    if told.ways_out:
        ways = _heading(root, CHANGES[word])
        for way in told.ways_out:
            _leaves(ways.add(_text(f"{way.title}:")), (need.text for need in way.needs))


def _add_students(root: Tree, told: Explanation) -> None:
    people = _heading(root, "The students" if told.people else "The students: the case names none")
    for person in told.people:
        _leaves(people.add(_text(f"{person.id}: {person.shown}")), (f"{name}: {said}" for name, said in rows(person)))
    _leaves(_heading(root, route(told)), (f"{each.title}: {each.text}" for each in told.route_closed_by))


def _add_steps(root: Tree, told: Explanation) -> None:
    steps = _heading(root, "The steps, in order; the first that decides, decides")
    for step in reached(told):
        branch = steps.add(_text(f"{step.number}. {became(step)}", "bold" if step.state == "decided" else ""))
        _leaves(branch, asked(step))
    _leaves(steps, not_reached(told))


def _add_plans(root: Tree, told: Explanation) -> None:
    plans = _heading(root, "Copies that hide students" if told.plans else no_plans(told))
    for plan in told.plans:
        if plan.exists:
            plans.add(_text(f"{in_words.sentence(named(plan))}: {plan.fate}")).add(_text(whom(plan)))
    _leaves(plans, not_in_question(told))


def recorded(told: Explanation) -> str:
    """Return whether 34 CFR 99.32 has it recorded, and why."""
    entered = "Entered" if told.recorded else "Not entered"
    return f"{entered} in the record of requests and disclosures (34 CFR 99.32): {told.recorded_why}."


def route(told: Explanation) -> str:
    """Return whether the directory route is open."""
    closed = "closed, because of what follows"
    return f"Release as directory information: {'open' if told.route_open else closed}"


def rows(person: PersonTold) -> Iterable[tuple[str, str]]:
    """Yield what is known of a student, each with its name."""
    yield "How they appear", "; ".join((person.place, *person.relations))
    yield "Directly related", "yes" if person.directly_related else "no"
    yield "Age", person.age
    yield "Opt-out", person.opt_out
    for each in person.consents:
        yield "Consent", f"{each.says}: {'it holds' if each.holds else ', '.join(each.faults)}"
    yield "Could sign a consent", person.signer


def reached(told: Explanation) -> Iterable[StepTold]:
    """Return the steps that were taken: those that were passed, and the one that decided."""
    return (step for step in told.steps if step.state != "not reached")


def became(step: StepTold) -> str:
    """Return a step's title as a sentence, with its result."""
    return f"{step.title if step.title.endswith('?') else f'{step.title}.'} {step.says}"


def asked(step: StepTold) -> Iterable[str]:
    """Yield the questions of the step that decided, with their answers; nothing for other steps."""
    if step.state == "decided":
        yield from (f"{each.question} {'Yes.' if each.answer else 'No.'}" for each in step.asked)


def not_reached(told: Explanation) -> Iterable[str]:
    """Yield which steps were not reached, in one sentence, where there are any."""
    left = [step.number for step in told.steps if step.state == "not reached"]
    if len(left) == 1:
        yield f"Step {left[0]} was not reached."
    elif left:
        yield f"Steps {left[0]} {'and' if left[1:] == left[-1:] else 'to'} {left[-1]} were not reached."


def no_plans(told: Explanation) -> str:
    """Return why no plan was considered."""
    ended = max(each.number for each in told.steps if each.state != "not reached" and each.number <= DENIED)
    return f"Copies that hide students: not considered, for step {ended} decided"


def named(plan: PlanTold) -> str:
    """Return the name of an existing plan, with the people that it hides."""
    return f"{plan.title}, hiding {listed(plan.hides)}" if plan.hides else plan.title


def whom(plan: PlanTold) -> str:
    """Return a general sentence on the people that a plan hides."""
    return f"It has to {plan.says}{'' if plan.hides else ': here that is nobody'}."


def not_in_question(told: Explanation) -> Iterable[str]:
    """Yield one sentence on the plans that do not exist, with the reasons; nothing if there are none."""
    absent = [f"{plan.title}, {plan.fate}" for plan in told.plans if not plan.exists]
    if absent:
        yield f"Not in question here: {'; '.join(absent)}."


def _behind(told: ReasonTold) -> Iterable[str]:
    if told.remedy:
        yield f"What to do: {told.remedy}"
    yield f"Source: {told.source}"


def _heading(root: Tree, title: str) -> Tree:
    return root.add(_text(title, "bold"))


def _leaves(branch: Tree, texts: Iterable[str]) -> None:
    for each in texts:
        branch.add(_text(each))


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text).replace("\n", "\ufffd"), style=style)
