"""The scenes of the demo: who asks for which sample, in whose words, and what happens in between. Data alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from dam_plugin.model import Actor, ActorRole, Recipient, ShareKind

CROWD = "events/fall-concert/concert-crowd.jpg"
TEAM = "events/athletics/team-photo.jpg"
PORTRAIT = "portraits/portrait-0417.jpg"
HALLWAY = "cameras/hallway/hallway-1042.jpg"
PEP_RALLY = "events/athletics/pep-rally.jpg"
GRADUATION = "events/graduation/graduation.jpg"
SCIENCE_LAB = "classroom/science-lab.jpg"
UNTITLED = "inbox/untitled-0031.jpg"
CLIP = "events/fall-concert/stage-clip.mov"
BAKE_SALE = "events/bake-sale/bake-sale.jpg"

# Roster ids of the sample students in the story, and of their guardians.
INES_MOTHER = "G-2111"
HANNAH, HANNAH_MOTHER = "104217", "G-2171"
CALEB, CALEB_FATHER, OWEN = "104230", "G-2301", "104238"
SOFIA, SOFIA_MOTHER = "104263", "G-2631"
NOAH = "104270"
AMINA = "104278"
ELIJAH = "104284"


@dataclass(frozen=True, slots=True)
class Scene:
    """One attempt: `to` is a role and an id (a roster id of a guardian or student where `known`), `who` tells it in words."""

    who: str
    key: str
    purpose: str
    to: Recipient
    known: Literal["guardian", "student"] | None = None
    actor: ActorRole = "custodian"
    kind: ShareKind = "request"
    evidence: dict[str, Any] = field(default_factory=dict)
    notified: tuple[str, ...] = ()

    @property
    def by(self) -> Actor:
        """Who acts for the district."""
        return Actor(self.actor, {"custodian": "records-office", "designee": "deputy"}.get(self.actor, "media-desk"))


PUBLIC = Recipient("public", "public")
NEWSPAPER = Recipient("public", "county-herald")
POLICE = Recipient("law_enforcement", "city-police")

# The answers of a member of staff who looks at the waiting recordings: where each student is (x, y, w, h, fractions of
# the upright picture), or when (seconds). The recordings: the picture without metadata; the bake sale, whose caption
# has a girl's nickname; the soloist.
UNTITLED_BOXES = {SOFIA: (0.568, 0.26, 0.137, 0.282), NOAH: (0.307, 0.257, 0.143, 0.262)}
BAKE_SALE_BOXES = {HANNAH: (0.606, 0.293, 0.134, 0.34)}
CLIP_TIMES = {ELIJAH: (0.0, 2.0)}

BEFORE_LOOKING = (
    Scene("The newspaper asks for the untagged picture in the inbox", UNTITLED, "news", NEWSPAPER),
    Scene(
        "Media staff publish the bake sale, whose caption calls one of the two by a nickname",
        BAKE_SALE,
        "website",
        PUBLIC,
        None,
        "media_staff",
        "publication",
    ),
)

SCENES = (
    Scene(
        "A member of staff has said who she is, and they publish the bake sale again",
        BAKE_SALE,
        "website",
        PUBLIC,
        None,
        "media_staff",
        "publication",
    ),
    Scene(
        "The mother of one player asks for the team photo",
        TEAM,
        "inspection",
        Recipient("parent", INES_MOTHER),
        "guardian",
    ),
    Scene("The newspaper asks for the concert crowd", CROWD, "news", NEWSPAPER),
    Scene("The newspaper asks for the hallway picture used for discipline", HALLWAY, "news", NEWSPAPER),
    Scene(
        "Media staff publish the team photo on the website", TEAM, "website", PUBLIC, None, "media_staff", "publication"
    ),
    Scene(
        "Media staff publish the portrait of an opted-out student",
        PORTRAIT,
        "website",
        PUBLIC,
        None,
        "media_staff",
        "publication",
    ),
    Scene(
        "The mother of the opted-out student asks for her portrait",
        PORTRAIT,
        "inspection",
        Recipient("parent", HANNAH_MOTHER),
        "guardian",
    ),
    Scene(
        "Yearbook staff take the graduation picture", GRADUATION, "yearbook", PUBLIC, None, "media_staff", "publication"
    ),
    Scene(
        "Yearbook staff take the pep rally, where three people are not named",
        PEP_RALLY,
        "yearbook",
        PUBLIC,
        None,
        "media_staff",
        "publication",
    ),
    Scene(
        "A teacher with a legitimate interest asks for the hallway picture",
        HALLWAY,
        "investigation",
        Recipient("school_official", "teacher-12"),
        evidence={"legitimate_interest": True, "records_authorized": True},
    ),
    Scene(
        "The father of one of the two in the hallway asks for it",
        HALLWAY,
        "inspection",
        Recipient("parent", CALEB_FATHER),
        "guardian",
    ),
    Scene(
        "The police bring a verified subpoena for the hallway picture; one person says that the families were told",
        HALLWAY,
        "investigation",
        POLICE,
        evidence={"order": {"kind": "subpoena", "verified": True}},
        notified=(CALEB, OWEN),
    ),
    Scene(
        "The sheriff asks for it without any paper", HALLWAY, "investigation", Recipient("law_enforcement", "sheriff")
    ),
    Scene(
        "The mother of the 18-year-old asks for the picture from the inbox",
        UNTITLED,
        "inspection",
        Recipient("parent", SOFIA_MOTHER),
        "guardian",
    ),
    Scene(
        "The 18-year-old asks for it herself", UNTITLED, "inspection", Recipient("eligible_student", SOFIA), "student"
    ),
    Scene(
        "A parent asks media staff instead of the custodian",
        TEAM,
        "inspection",
        Recipient("parent", INES_MOTHER),
        "guardian",
        "media_staff",
    ),
    Scene("The newspaper asks for the classroom picture", SCIENCE_LAB, "news", NEWSPAPER),
    Scene("The newspaper asks for the clip of the soloist", CLIP, "news", NEWSPAPER),
    Scene(
        "A hospital needs the hallway picture in an emergency, and only media staff can be reached",
        HALLWAY,
        "emergency",
        Recipient("emergency", "county-hospital"),
        actor="media_staff",
        evidence={
            "emergency": {"threat": "a student swallowed something unknown and is choking", "recipient_needs_it": True}
        },
    ),
)

# What the custodian's findings decide again, in the custodian's words.
DECIDED_AGAIN = (
    Scene(
        "The custodian finds that the other three at the pep rally are no students: the yearbook gets its answer",
        PEP_RALLY,
        "yearbook",
        PUBLIC,
        kind="publication",
    ),
    Scene(
        "The custodian finds that hiding both leaves the hallway picture its meaning, and a deputy approves that: "
        "the newspaper gets its answer",
        HALLWAY,
        "news",
        NEWSPAPER,
    ),
    Scene(
        "A deputy confirms that the families were told of the subpoena: the police get their answer",
        HALLWAY,
        "investigation",
        POLICE,
    ),
)

# Handed out, opened, and then a parent opts out.
LATE_OPT_OUT = Scene(
    "The newspaper is sent the graduation picture; then the parents of one graduate opt out",
    GRADUATION,
    "news",
    NEWSPAPER,
)
