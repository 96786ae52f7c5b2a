"""What files of a school say of pictures that show permitted students alone: names as they are, and all the rest of life."""

from __future__ import annotations

import random
from collections.abc import Iterator

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region
from dam_tagging.match_students import Person

GIVEN = """
Liam Noah Oliver James Elijah Mateo Theodore Henry Lucas William Benjamin Levi Sebastian Jack Ezra Michael Daniel Leo Owen Samuel
Hudson Alexander Asher Luca Ethan John David Jackson Joseph Mason Luke Matthew Julian Dylan Elias Jacob Maverick Gabriel Logan Aiden
Thomas Isaac Miles Grayson Santiago Anthony Wyatt Carter Jayden Ezekiel Caleb Cooper Josiah Charles Christopher Isaiah Nolan Nathan
Cameron Josue Joshua Angel Hunter Austin Jordan Jose Adrian Diego Christian Xavier Jonathan Aaron Ryan Brayden Tyler Dominic Max
Olivia Emma Charlotte Amelia Sophia Mia Isabella Ava Evelyn Luna Harper Sofia Camila Eleanor Elizabeth Violet Scarlett Emily Hazel
Lily Gianna Aurora Penelope Aria Nora Chloe Ellie Mila Avery Layla Abigail Ella Isla Eliana Nova Madison Zoe Ivy Grace Lucy Willow
Emilia Riley Naomi Victoria Stella Elena Hannah Valentina Maya Zoey Delilah Leah Lainey Lillian Paisley Genesis Madelyn Sadie Sophie
Leilani Addison Natalie Josephine Alice Ruby Claire Kinsley Everly Emery Adeline Kennedy Maria Autumn Ximena Guadalupe Aaliyah Priya
""".split()
"""Given names in the order of how often they are given (SSA, roughly)."""

FAMILY = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore
Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen
Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards
Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox
Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross
Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Gonzales Fisher Vasquez Simmons Romero Jordan
Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar
Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb
Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer
Schmidt O'Brien Lindqvist Okafor Yusuf Kowalski Delgado Nowak Fitzgerald Whitfield Gallagher Begaye Vu Pham Singh Shah Khan Ali Ahmed
""".split()

STAFF = (
    *(
        "Coach Miller",
        "Mr. Garcia",
        "Ms. Johnson",
        "Principal Thompson",
        "Dr. Ramirez",
        "Mrs. Clark",
        "Coach Dana Whitaker",
        "Señora Delgado",
    ),
    *(
        "Superintendent Karen Holloway",
        "Mr. Lee",
        "Officer Brown",
        "Ms. Ortega",
        "Coach K",
        "Mrs. Van Houten",
        "Mr. T",
        "Principal Hill",
    ),
    *("Assistant Principal Reyes", "Director Paul Wexler", "Nurse Adams", "Ms. Petrovic", "Coach Davis", "Mr. Nguyen"),
)

CAPTIONS = (
    "{full} scores the winning goal against Lincoln High.",
    "{full} crosses the finish line in the 400-meter final.",
    "{full}, grade {grade}, plays first violin in the fall concert.",
    "{full} reads to kindergartners during Read Across America week.",
    "{full} earned first place at the regional science fair.",
    "Senior {full} signs a letter of intent to play soccer at State University.",
    "{full} during warmups before Friday's homecoming game at Memorial Stadium.",
    "{full} at the Veterans Day assembly in the main gym.",
    "{full} presents a project on renewable energy to the school board.",
    "{full} practices free throws before the game against Washington Middle School.",
    '{full} performs a solo in the winter musical, "The Sound of Music."',
    "{full} works on a robot for the FIRST Tech Challenge.",
    "{full} paints a mural in the art room.",
    "{full} accepts the Principal's Award from {staff}.",
    "{staff} congratulates {full} after the spelling bee.",
    "{full} tends the tomatoes in the school garden.",
    "{full} runs in the mud at the cross country meet at Carter Park.",
    "{full} spikes the ball in the second set.",
    "{full} celebrates after the final whistle.",
    "Drum major {full} leads the marching band down Main Street.",
    "{full} looks through a microscope in biology class.",
    "{full} tries the climbing wall on field day.",
    "{full} with a blue ribbon at the county fair in Madison.",
    "{full} votes in the mock election.",
    "{full} studies in the library during lunch.",
    "{full} hits a double in the bottom of the seventh inning.",
    "{full} swims the 100-yard butterfly at the Jordan Aquatic Center.",
    "{full} shows a steer at the Jackson County livestock show.",
    "{full} takes the oath as student council president.",
    "First day of school: {full} waits for the bus on Wilson Avenue.",
    "{full} serves lunch at the Grace Lutheran food pantry.",
    "{full} dances in the Cinco de Mayo celebration.",
    "{full} en la feria de ciencias de la escuela.",
    "{full} canta en el concierto de primavera.",
    "{full} gana el primer lugar en el concurso de ortografía.",
    "{full} recibe su diploma de la directora.",
    "{full} throws a pitch on opening day. Final score: Hawks 5, Tigers 3.",
    "{full} pins an opponent in the 145-pound class. Photo by Sam Reyes",
    "{full} named player of the week. Read more at www.district.example/news.",
    "{full} holds the state trophy. Way to go, Bulldogs!",
    "Congratulations to {full}, our Student of the Month for May!",
    "{full} builds a bridge out of spaghetti on STEM night.",
    '{full} in the lead role of "Romeo and Juliet" on April 17, 2026.',
    "{full} at Smith Hall, where the honor band met in March.",
    "{full} wears the number 12 jersey in the game on Sept. 4.",
    '{full} plays the trumpet solo in "Amazing Grace."',
    "{full} learns to code at the Young Engineers workshop.",
    "{full} receives a check from Johnson Ford and the Rotary Club.",
    "{full} will represent the school at the state debate tournament in Austin.",
    "{full} hopes to study nursing after graduation. May the road rise to meet you!",
    "Hunter safety course: {full} takes aim at a clay target.",
    "{full} marks a ballot at the student election.",
    "{full} in the Summer 2026 reading program.",
    "{full} rides the ferris wheel on the band trip to Washington, D.C.",
    "A rose for {full} on senior night.",
    "Picture day: {full}, Grade {grade}",
    "{full} | {grade}th grade | Lakeview Middle School",
    "LAKEVIEW, Wis. (Oct. 14, 2026) - {full} takes a breath before the final heat.",
    "{full} jumps 5 feet 8 inches to win the high jump at the Cooper Invitational.",
    "{full} and the varsity soccer team won the district title.",
    "Junior {full} has been named a National Merit semifinalist.",
    "{full} hugs a therapy dog named Max.",
    "{full} on the first day of spring. Temperatures reached 70 degrees.",
    '{full} checks out a copy of "Harry Potter" from the Rivera Library.',
    "{full} shoots from behind the three-point line. #GoHawks #LakeviewPride",
    "#ThrowbackThursday {full} at last year's Homecoming parade",
    "{full} kicks off Red Ribbon Week.",
    "{full} dissects a frog. The class follows the new state science standards.",
    "{full} makes a wish on a star at the planetarium.",
    "{full} at bat. The Lady Eagles beat Franklin 7-2 on Tuesday.",
    "{full} tackles the ropes course at Camp Wood.",
    "{full} lights the candle at the National Honor Society induction.",
    "{full} talks about growing up on a ranch.",
    "{full} rehearses with the jazz ensemble for the Kennedy Center trip.",
    "{full} fills a sandbag on the Martin Luther King Jr. Day of Service.",
    "{full}. Nikon D750, 70-200mm, ISO 1600, 1/500 s, f/2.8",
    "{full} stands for the Pledge of Allegiance.",
    "{full} draws a self-portrait in the style of Frida Kahlo.",
    "{full} plays chess in Room 12. Lunch club meets every Wednesday.",
    "{full} dresses as Abraham Lincoln for the wax museum.",
    "{full} is all smiles after finishing the AP Calculus exam.",
    "{full} gives a thumbs up from the bus window.",
)

TITLES = (
    *(
        "Fall Concert 2026",
        "Homecoming 2026",
        "Senior Night",
        "Science Fair Winners",
        "Varsity Soccer vs. Lincoln",
        "Spring Musical",
    ),
    *(
        "Graduation",
        "Picture Day Retakes",
        "Student of the Month",
        "Robotics Regional",
        "May Day",
        "August Orientation",
        "STEM Night",
    ),
    *(
        "DSC_4411",
        "Track & Field at Carter Park",
        "Winter Formal",
        "Read Across America",
        "Honor Roll Breakfast",
        "Spirit Week Day 3",
    ),
    *(
        "Grace Lutheran Field Dedication",
        "Cross Country - Jackson Invitational",
        "Band Trip",
        "Field Day",
        "Art Show",
        "",
        "",
        "",
        "",
    ),
)

KEYWORDS = (
    """
Soccer|Volleyball|Football|Track|Cross country|Basketball|Band|Orchestra|Choir|Theater|Art|Science|Math|Reading|Library|STEM|Robotics
Fall 2026|Spring|Summer|Winter|Autumn|August|May|April|June|Homecoming|Graduation|Prom|Spirit week|Field day|Assembly|Concert|Awards
Lincoln Middle School|Lakeview High|Jackson Elementary|Washington Middle|Madison|Gym|Stadium|Auditorium|Classroom|Cafeteria|Main Street
Public event|Game|Practice|Varsity|JV|Grade 7|Grade 8|Seniors|Juniors|Class of 2027|Hawks|Tigers|Bulldogs|Eagles|Lady Eagles
Outdoors|Portrait|Action|Blue|Green|Trophy|Medal|Winner|Finals|Regional|State|District|2026|2026-10-14|Week 3|Homecoming 2026
Favorites|To edit|Select|5 stars|Website|Newsletter|Yearbook|Social media|Print|Cover|Hero|Best of|Rose Parade|Grace Lutheran|Memorial Stadium
Feria de ciencias|Concierto|Fútbol|Graduación|Cinco de Mayo|Día de los Muertos|Hispanic Heritage Month|Black History Month|Read Across America
Photo: District Media Office|Nikon|Canon|RAW|HDR|Edited|Faculty|Coach|Staff|Volunteer|Bus|Rain|Snow|Sunny|Hope|Joy|Pride|Page 12|Price list
Hill|Park|Lake|River|Bridge|Forest|Art Club|Chess Club|Key Club|Drama Club|Young Authors|FFA|4-H|AVID|ROTC|Honor Society|Student council
""".strip()
    .replace("\n", "|")
    .split("|")
)

FOLDERS = (
    """
events/2026/homecoming|events/fall-concert|athletics/soccer/2026-09-12 vs Lincoln|athletics/Track/Carter Park|Photos/2026/05 May|Photos/2026/08 August
2026-2027/Lakeview High/Yearbook/Clubs|uploads/2026/10|media/Spring Musical/Dress Rehearsal|Homecoming 2026/Parade|Picture Day/Grade 8/Retakes
Sports/Fall/Volleyball/Varsity|Sports/Winter/Basketball/JV|graduation/class-of-2026|classroom/Ms. Ortega|classroom/Room 12|classroom/Mr Lee
Newsletter/May 2026|Social/Instagram/week-12|Website/hero images|District/Board Meeting 2026-10-14|Awards/Student of the Month|Band/Trip to Washington
Elementary/Jackson Elementary/Field Day|Elementary/Lincoln/First Day|inbox|staging/to review|Camera Roll|DCIM/100CANON|iPhone import|Dropbox/coach uploads
Science Fair 2026|Art Show/Spring|Theater/Romeo and Juliet|FFA/Jackson County Fair|Robotics/FIRST/Regional|Library/Read Across America
""".strip()
    .replace("\n", "|")
    .split("|")
)

FILES = (
    """
IMG_1234|IMG_4512|DSC_0087|DSC00412|_MG_7741|P1010032|PXL_20261014_153022|20261014_190522|DJI_0041|GOPR0012|IMG_0042-edited|soccer-final-03
homecoming_parade_112|concert-crop|award ceremony 7|untitled-0031|photo 12|Scan 2026-05-01|field-day-web|Hero_final_v2|fall_concert_2026_044
{file}|{file}_soccer|soccer_{file}|{file}2|{camel}_2026|{last_first}|{last_first}_gr{grade}|{dash}-{number}|{id}|portrait-{id}
""".strip()
    .replace("\n", "|")
    .split("|")
)

EVENTS = (
    *(
        "Homecoming 2026",
        "Fall Concert",
        "Science Fair",
        "Graduation",
        "Varsity Soccer vs. Jackson",
        "Picture Day",
        "Field Day",
        "May Day",
    ),
    *(
        "Martin Luther King Jr. Day",
        "Cooper Invitational",
        "Spring Musical",
        "Board Meeting",
        "Regional Spelling Bee",
        "Veterans Day Assembly",
    ),
    *(
        "Read Across America",
        "Senior Night",
        "Carter Classic",
        "Young Authors Conference",
        "Cinco de Mayo",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ),
)
LOCATIONS = (
    *(
        "Lakeview",
        "Madison",
        "Wisconsin",
        "Austin, TX",
        "Memorial Stadium",
        "Carter Park",
        "Jackson County Fairgrounds",
        "USA",
    ),
    *(
        "Lincoln Middle School",
        "Grace Lutheran Field",
        "Wilson Avenue",
        "Main Gym",
        "Smith Hall",
        "Houston",
        "Washington, D.C.",
        "Room 12",
    ),
    *("Rivera Library", "King Street Bridge", "Hamilton Auditorium", "", "", "", "", "", "", ""),
)
INSTRUCTIONS = (
    *(
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "Editorial use only",
        "Credit: District Media Office",
        "Hold the line: keep horizon straight",
    ),
    *(
        "No crop please",
        "Use in the fall newsletter",
        "Not for resale",
        "One-time use",
        "Please credit the photographer",
        "Color corrected",
    ),
    *(
        "Color corrected by J. Pratt",
        "Release on file",
        "Household goods drive",
        "Approved for web and print",
        "MR-UMR",
    ),
)
NOTES = (
    *(
        "",
        "",
        "",
        "",
        "",
        "",
        "Shot on Canon EOS R6",
        "OLYMPUS DIGITAL CAMERA",
        "Created with GIMP",
        "Optimized by JPEGmini 3.18",
        "Lens: 24-70mm",
    ),
    *(
        "Threshold 128",
        "Household Day, hold onto your hats",
        "Uploaded from phone",
        "[00:00:03] The choir sings three songs.",
        "AppleMark",
    ),
)


def school(size: int, share_denied: float, made: random.Random) -> tuple[list[Person], frozenset[str]]:
    """Return a roster with names as often as they are, and who of it said no."""
    names: dict[str, None] = {}
    first = [1 / (rank + 12) for rank in range(len(GIVEN))]
    last = [1 / (rank + 8) for rank in range(len(FAMILY))]
    while len(names) < size:
        names[f"{made.choices(GIVEN, first)[0]} {made.choices(FAMILY, last)[0]}"] = None
    persons = [Person(f"S-{number:04}", (name,), (f"{104200 + number * 7}",)) for number, name in enumerate(names)]
    return persons, frozenset(each.id for each in made.sample(persons, round(size * share_denied)))


def pictures(
    persons: list[Person], denied: frozenset[str], count: int, made: random.Random
) -> Iterator[tuple[str, Facts]]:
    """Yield keys and facts of pictures that show one permitted student each, or two who are both named in full."""
    permitted = [each for each in persons if each.id not in denied]
    for number in range(count):
        person = made.choice(permitted)
        full, grade = person.names[0], str(made.randrange(6, 13))
        first, last = full.split(" ", 1)
        told = {
            "full": full,
            "grade": grade,
            "staff": made.choice(STAFF),
            "file": full.lower().replace(" ", "_"),
            "camel": full.replace(" ", ""),
            "last_first": f"{last}_{first}".lower(),
            "dash": full.lower().replace(" ", "-"),
            "number": f"{number:04}",
            "id": person.external_ids[0],
        }
        caption = made.choice(CAPTIONS).format(**told)
        who = [person]
        if number % 6 == 0:
            other = made.choice(permitted)
            caption = caption.replace(full, f"{full} and {other.names[0]}", 1)
            who.append(other)
        words = made.sample(KEYWORDS, made.randrange(2, 7))
        named = made.random()
        key = f"{made.choice(FOLDERS)}/{made.choice(FILES).format(**told)}.jpg"
        yield (
            key,
            Facts(
                state="read",
                persons=tuple(NamedPerson(each.names[0], "Iptc4xmpExt:PersonInImage") for each in who)
                if named < 0.6
                else (),
                regions=tuple(
                    NamedRegion(each.names[0], "Face", Region(0.1 + at * 0.4, 0.2, 0.2, 0.3), "mwg-rs:Regions")
                    for at, each in enumerate(who)
                )
                if named > 0.4
                else (),
                keywords=tuple(Keyword(text, "dc:subject") for text in words),
                captions=tuple(
                    Keyword(text, source)
                    for text, source in ((caption, "dc:description"), (made.choice(TITLES), "dc:title"))
                    if text
                ),
                event=made.choice(EVENTS) or None,
                locations=tuple(filter(None, (made.choice(LOCATIONS),))),
                official_markers=tuple(
                    Keyword(text, "photoshop:Instructions") for text in (made.choice(INSTRUCTIONS),) if text
                ),
                texts=tuple(Keyword(text, "comment") for text in (made.choice(NOTES),) if text),
            ),
        )
