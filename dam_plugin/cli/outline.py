"""An explanation as a tree for a terminal, and the headings and short sentences that the Markdown shares with it.

Every text of a case goes through `printable`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from rich.tree import Tree

from dam_plugin.cli.output import STYLES, printable
from dam_plugin.procedure.clauses import listed
from dam_plugin.procedure.told import Explanation, PersonTold, PlanTold, QuestionTold, ReasonTold, StepTold

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
    "refer": "What leads on from here",
    "deny": "What would change the answer (any one of these)",
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
            _leaves(rulings.add(_text(f"{ruling.question} {ruling.answer}")), other)
    return root


def _add_answer(root: Tree, told: Explanation) -> None:
    word = told.outcome
    answer = root.add(Text.assemble(("The answer: ", "bold"), (word, STYLES[word]), ". ", _text(told.answer)))
    _leaves(answer, (told.asked, recorded(told)))
    for part, title in PARTS.items():
        if reasons := [each for each in told.reasons if each.part == part]:
            branch = _heading(root, title)
            for each in reasons:
                _leaves(branch.add(_text(f"{each.title}: {each.text}")), _behind(each))
    if told.ways_out:
        ways = _heading(root, CHANGES[word])
        for way in told.ways_out:
            _leaves(ways.add(_text(f"{way.title}:")), way.needs)


def _add_students(root: Tree, told: Explanation) -> None:
    people = _heading(root, "The students" if told.people else "The students: the case names none")
    for person in told.people:
        _leaves(people.add(_text(f"{person.id}: {person.shown}")), (f"{name}: {said}" for name, said in rows(person)))
    _leaves(_heading(root, route(told)), (f"{each.title}: {each.text}" for each in told.route_closed_by))


def _add_steps(root: Tree, told: Explanation) -> None:
    steps = _heading(root, "The twelve steps; the first that decides, decides")
    for step in told.steps:
        line = f"{step.number}. {titled(step)} {state(step, told)}"
        branch = steps.add(_text(line, "bold" if step.state == "decided" else ""))
        _leaves(branch, also_asked(step))


def _add_plans(root: Tree, told: Explanation) -> None:
    plans = _heading(root, "Copies that hide students: the four plans" if told.plans else no_plans(told))
    for plan in told.plans:
        _leaves(plans.add(_text(f"Plan {plan.letter} would {plan.says}")), (hides(plan), *plan.why))


def recorded(told: Explanation) -> str:
    """Return whether 34 CFR 99.32 has it recorded, and why."""
    return f"{'Recorded' if told.recorded else 'Not recorded'} as a disclosure (34 CFR 99.32): {told.recorded_why}."


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


def titled(step: StepTold) -> str:
    """Return a step's title as a sentence."""
    return step.title if step.title.endswith("?") else f"{step.title}."


def state(step: StepTold, told: Explanation) -> str:
    """Return what became of a step."""
    if step.state == "not reached":
        decided = next(each.number for each in told.steps if each.state == "decided")
        return f"Not reached: step {decided} decided."
    if step.state == "decided":
        return "This step decided."
    return f"Not decided here: {' '.join(question(each) for each in step.turned_on)}"


def also_asked(step: StepTold) -> Iterable[str]:
    """Yield what a step asked besides what `state` tells."""
    return (question(each) for each in step.asked if each not in step.turned_on)


def question(asked: QuestionTold) -> str:
    """Return a question with its answer."""
    return f"{asked.question} {'Yes.' if asked.answer else 'No.'}"


def no_plans(told: Explanation) -> str:
    """Return why no plan was considered."""
    decided = next(each.number for each in told.steps if each.state == "decided")
    return f"Copies that hide students: not considered, for step {decided} decided"


def hides(plan: PlanTold) -> str:
    """Return whom a plan would hide."""
    if not plan.exists:
        return "There is no such plan here."
    return f"Here it hides {listed(plan.hides)}." if plan.hides else "Here it hides nobody."


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
