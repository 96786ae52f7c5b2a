"""Who is whose guardian, from `agentSourcedIds` in both directions: on the student's row, on the guardian's, or on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Ends:
    """The rows of an export by sourcedId: the agents each user lists, who is a student, who holds a parent's rights.

    In a delta, `students` and `holders` may be users on file whose rows it does not have.
    """

    agents: Mapping[str, tuple[str, ...]]
    students: set[str]
    holders: set[str]


def links_of(ends: Ends, notes: list[str], *, whole: bool) -> dict[str, tuple[str, ...]]:
    """Return the guardians of each student, by sourcedId; what is no guardian's is counted in a note.

    Of two who are both students and both guardians it cannot be said who is whose: neither gets the other's rights.
    """
    found: dict[str, dict[str, None]] = {}
    others, mutual, missing = set[tuple[str, str]](), set[frozenset[str]](), 0
    for user, agents in ends.agents.items():
        for agent in agents:
            missing += whole and agent not in ends.agents
            pairs = [
                (student, holder)
                for student, holder in ((user, agent), (agent, user))
                if student != holder and holder in ends.holders and student in ends.students
            ]
            if len(pairs) > 1:
                mutual.add(frozenset((user, agent)))
            elif pairs:
                found.setdefault(pairs[0][0], {})[pairs[0][1]] = None
            elif user in ends.students and agent in ends.agents:
                others.add((user, agent))
    if others:
        notes.append(f"{len(others)} agent(s) of students have no role with a parent's rights: they were not linked")
    if mutual:
        notes.append(f"{len(mutual)} time(s) two users are each other's guardian: neither was linked to the other")
    if missing:
        notes.append(f"{missing} agent(s) are not among the users: they were not linked")
    return {student: tuple(holders) for student, holders in found.items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """Which links on file a delta lets stand; guardians are known by pseudonym there.

    A direction that no row of the delta fills says nothing by being blank; one that is filled tells all of a row's links.
    """

    ends: Ends
    guardian: Callable[[str], str]
    _rows: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ends: Ends, guardian: Callable[[str], str]) -> Standing:
        """Take the rows of a delta and how a guardian's sourcedId becomes a pseudonym."""
        return cls(ends, guardian, {guardian(each): each for each in ends.holders if each in ends.agents})

    def stands(self, student: str, guardian: str) -> bool:
        """Whether the guardian on file (a pseudonym) is still the student's (a sourcedId)."""
        agents, row = self.ends.agents, self._rows.get(guardian)
        if guardian in map(self.guardian, agents.get(student, ())) or (row is not None and student in agents[row]):
            return True
        by_student = student in agents and self._is_told_by(self.ends.students)
        return not by_student and not (row is not None and self._is_told_by(self.ends.holders))

    def _is_told_by(self, users: set[str]) -> bool:
        return any(agents for each, agents in self.ends.agents.items() if each in users)
