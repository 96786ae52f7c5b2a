"""Finds short forms of first names, and the long forms of short ones: Bob and Robert, Pepe and José. No I/O of its own.

English short forms come from the package `nicknames`. Spanish and a few others are in the table here.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache

from nicknames import NickNamer

SPANISH = {
    "alejandro": "alex ale jandro sandro",
    "alejandra": "ale alex jandra sandra",
    "alberto": "beto berto",
    "alfonso": "poncho fonso",
    "alfredo": "fredo fredy",
    "ana": "anita ani",
    "angel": "angelito",
    "antonio": "tono toni tonito tono antonito",
    "arturo": "turo",
    "beatriz": "betty bea bety",
    "carlos": "carlitos charly cali litos",
    "carolina": "caro",
    "concepcion": "concha conchita",
    "consuelo": "chelo",
    "cristina": "cris tina",
    "daniel": "dani",
    "daniela": "dani",
    "dolores": "lola lolita loli",
    "eduardo": "lalo edu",
    "emilia": "emi mili",
    "enrique": "quique kike rique",
    "ernesto": "neto",
    "esperanza": "pera espe",
    "federico": "fede kiko",
    "felipe": "pipe feli",
    "fernanda": "fer nanda",
    "fernando": "fer nando",
    "francisca": "paca paquita",
    "francisco": "paco pancho paquito kiko fran cisco curro",
    "gabriel": "gabi gabo",
    "gabriela": "gabi",
    "graciela": "chela",
    "gregorio": "goyo",
    "guadalupe": "lupe lupita pita",
    "guillermo": "memo guille",
    "gustavo": "tavo gus",
    "hector": "tito",
    "hernan": "nan",
    "ignacio": "nacho",
    "isabel": "chabela isa chabe",
    "jaime": "jimmy",
    "javier": "javi",
    "jesus": "chuy chucho chus",
    "joaquin": "quino joaco",
    "jorge": "coque",
    "jose": "pepe joselito cheo pepito",
    "josefina": "pepa fina pepita",
    "juan": "juanito juancho",
    "juana": "juanita",
    "leonardo": "leo nardo",
    "leticia": "lety leti",
    "luis": "lucho luisito",
    "luz": "lucita",
    "manuel": "manolo manny manu nel lolo",
    "manuela": "manola manu",
    "marcela": "chela",
    "margarita": "mago marga",
    "maria": "mari mary mariquita mia",
    "mario": "mayito",
    "mercedes": "meche merche",
    "miguel": "migue mike",
    "monica": "moni",
    "natalia": "nati naty",
    "pablo": "pablito",
    "patricia": "paty pati",
    "pedro": "perico pedrito",
    "rafael": "rafa",
    "ramon": "moncho mon",
    "raul": "raulito",
    "ricardo": "richi rica cardo",
    "roberto": "beto robertito",
    "rodrigo": "rodri",
    "rosario": "charo chayo",
    "salvador": "chava salva",
    "santiago": "santi chago tiago yago",
    "sebastian": "sebas",
    "sergio": "checo",
    "socorro": "coco",
    "soledad": "sole chole",
    "susana": "susi",
    "teresa": "tere",
    "valentina": "vale tina",
    "vicente": "chente",
    "victoria": "vicky toya",
    "ximena": "xime mena",
    # The same for other languages that a district's families speak, for names missing in the English list.
    "aleksandr": "sasha sanya alex",
    "dmitri": "dima mitya",
    "ekaterina": "katya",
    "ivan": "vanya",
    "mikhail": "misha",
    "nikolai": "kolya",
    "sofia": "sonya sonia sofi",
    "vladimir": "vova volodya",
    "mohammed": "mo moe hamoudi",
    "muhammad": "mo moe hamoudi",
    "mohamed": "mo moe hamoudi",
    "fatima": "fati",
    "jordan": "jordy jordie jory",
    "johann": "hans",
    "katherine": "kat kate kit kay",
    "madison": "maddie maddy madi",
    "mackenzie": "kenzie mac",
    "brooklyn": "brook brooke",
    "jayden": "jay",
    "aiden": "aid",
    "liam": "will",
    "oliver": "ollie oli",
    "jackson": "jack jax",
    "sophia": "soph sophie",
    "olivia": "liv livvy ollie",
    "isabella": "izzy bella bell",
    "charlotte": "lottie char",
    "jamal": "mal",
    "destiny": "des dez",
    "makayla": "kayla",
    "sergei": "seryozha",
    "hannah": "hanna",
    "jorg": "jogi",
}


OTHERS = {
    "aleksandr": "sasha sanya shura", "aleksandra": "sasha shura", "alexander": "sasha xander zander lex",
    "alexandra": "sasha lexi lexie xandra", "aleksei": "alyosha lyosha", "alexei": "alyosha lyosha",
    "alexey": "alyosha lyosha", "anastasia": "nastya nastia stasya", "anna": "anya ania", "daria": "dasha",
    "dmitri": "dima mitya dim", "dmitry": "dima mitya dim", "dmitrii": "dima mitya", "dmytro": "dima",
    "ekaterina": "katya katia kate", "katherine": "katya katia katie", "catherine": "katya katia katie cate",
    "elena": "lena lenka", "elizaveta": "liza", "elizabeth": "liza", "evgeni": "zhenya", "evgeny": "zhenya",
    "evgenia": "zhenya", "eugene": "zhenya", "evgeniya": "zhenya", "yevgeny": "zhenya", "galina": "galya",
    "grigori": "grisha", "gregory": "grisha", "irina": "ira", "konstantin": "kostya", "ksenia": "ksyusha",
    "liudmila": "lyuda", "ludmila": "lyuda", "maria": "masha manya", "mariia": "masha", "mikhail": "misha",
    "michael": "misha", "natalia": "natasha nata", "natalya": "natasha", "nikolai": "kolya", "nikolay": "kolya",
    "nicholas": "kolya", "olga": "olya olia", "pavel": "pasha", "petr": "petya", "polina": "polya",
    "sergey": "seryozha", "stanislav": "stas", "svetlana": "sveta", "tatiana": "tanya tania", "tatyana": "tanya",
    "viktor": "vitya", "viktoria": "vika", "victoria": "vika", "vasily": "vasya", "vladimir": "vova volodya",
    "volodymyr": "vova volodya", "vladislav": "vlad slava", "yaroslav": "slava", "yulia": "yulya", "yuri": "yura",
    "ivan": "vanya", "magdalena": "magda lena madzia maggie", "siobhan": "shiv shivvy shivaun shevaun",
    "xiomara": "xio mara", "mohammed": "moh hamo", "muhammad": "moh", "mohamed": "moh",
    "kathryn": "katie kate kathy kat", "kathleen": "katie kate kathy kat", "caitlin": "katie kate cait",
    "caitlyn": "katie kate cait", "kaitlin": "katie kate kait", "kaitlyn": "katie kate kait",
    "alexis": "lexi lexie alex", "alexa": "lexi lexie", "evelyn": "evie eve lyn", "eva": "evie",
    "benjamin": "benji benjy", "michaela": "mickey mikki kayla", "tyrone": "ty", "tyler": "ty", "tyson": "ty",
    "nevaeh": "vay nev", "eduard": "edik edi ed", "zachary": "zack zak", "zachariah": "zach zack",
    "mikayla": "mickey kayla", "gwendolyn": "gwen wendy", "savannah": "savvy vanna", "penelope": "penny nell",
    "theodore": "theo teddy ted", "maxwell": "max", "maximilian": "max", "elijah": "eli lij", "isaiah": "zay ike",
    "xavier": "zay xavi", "genevieve": "evie gen viv", "josephine": "josie jo", "annabelle": "annie belle",
    "gabriella": "gabby ella bri", "arianna": "ari anna", "brianna": "bri anna", "adriana": "adri ana",
}  # fmt: skip
"""The same for other languages that a district's families speak, and common English forms that the package lacks."""


@lru_cache(maxsize=8_192)
def called_otherwise(word: str) -> frozenset[str]:
    """Return the other forms of a folded first name: its long forms, and all short forms of these."""
    names, ours, long_of = _nicknames(), _short(), _long()
    longs = {word, *names.canonicals_of(word), *long_of.get(word, ())}
    shorts = {short for each in longs for short in (*names.nicknames_of(each), *ours.get(each, ()))}
    return frozenset((longs | shorts) - {word})


@cache
def _nicknames() -> NickNamer:
    return NickNamer()


@cache
def _short() -> dict[str, tuple[str, ...]]:
    tables = {name: f"{SPANISH.get(name, '')} {OTHERS.get(name, '')}" for name in (*SPANISH, *OTHERS)}
    return {name: tuple(forms.split()) for name, forms in tables.items()}


@cache
def _long() -> dict[str, tuple[str, ...]]:
    longs: dict[str, list[str]] = defaultdict(list)
    for name, forms in _short().items():
        for form in forms:
            longs[form].append(name)
    return {form: tuple(names) for form, names in longs.items()}
