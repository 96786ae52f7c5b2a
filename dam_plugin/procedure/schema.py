"""The JSON Schema (2020-12) of a case file, generated from the model: for editors, and for programs that write cases.

Types, sets and defaults come from `case.py` and `exceptions.py`. Here are descriptions for people, the rules between two
fields that a schema can say, and the list of those that it cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from dam_plugin.fields import Id, IsoDate, Text
from dam_plugin.model import RECIPIENT_ROLES
from dam_plugin.procedure import exceptions
from dam_plugin.procedure.case import BESIDE_CASE, Case

Schema = dict[str, Any]

NOT_SAID = (
    "A schema cannot say, and a case is refused all the same: a reference to a student who is not in `students`; "
    "an id twice among `students`, a student twice among `appearances`; an opt-out that ends before it begins; "
    "a student among their own guardians; a whole number written as 1.0; half of a surrogate pair; a field twice in one "
    "mapping; in YAML tags, aliases and merge keys."
)

_STUDENTS = "Ids of students in `students`"
_OF_CASE = {
    "id": "The case's own id; it is repeated in the answer.",
    "at": "The day of the decision.",
    "district": "The directory policy; null = none.",
    "students": "Everyone whom another field names by id.",
    "consents": "Written consents on file.",
}
# Where the field's name and its type leave a question open.
DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "District": {
        "directory_notice": "Day of the annual notice; null = none was given.",
        "opt_out_window_ends": "Last day for parents to answer the notice; null = no window.",
        "directory_includes_images": "Whether the policy's definition names images and recordings.",
        "directory_limited_to": "The only purposes of a limited directory policy; null = any person, any purpose.",
    },
    "CaseAsset": {
        "maintained_by": "Who keeps it: the district, or another.",
        "official_uses": "What the district used it for besides showing it.",
        "record_pii": f"{_STUDENTS} whose education-record information it shows or speaks.",
        "closed": "Why it is a closed record under the Sunshine Law; null = it is not.",
        "confidential": "Why it is confidential under another law; null = it is not.",
        "unidentified_people": "How many people no tag names.",
        "redactable": "Whether this format can be redacted.",
        "cannot_be_redacted": "Whether the custodian found that it cannot reasonably be redacted or isolated.",
        "meaning": "What redaction does to the meaning, as a custodian found it.",
        "appearances": "One for each student depicted or heard.",
    },
    "CaseOfficialUse": {"students": f"{_STUDENTS}; empty = every student depicted."},
    "CaseAppearance": {
        "student": "Id of a student in `students`.",
        "located": "Whether it is known where or when they appear, and where what `record_pii` means is shown or said.",
    },
    "Student": {
        "born": "Null = not known, taken as a minor.",
        "postsecondary": "Attends an institution of postsecondary education.",
        "postsecondary_since": "With `postsecondary`, the first day of that; null = on every day.",
        "died": "Age stops on that day; null = not.",
        "ward": "Whether a court appointed guardians for an adult, who hold the rights (RSMo 475).",
        "protected": "Whether where this student is must not become known (RSMo 589.664; a no-contact order).",
        "guardians": "Ids of those who hold the rights of a parent.",
        "representatives": "Ids of those who inspect in the place of one of them (34 CFR 300.613(b)(3)).",
        "own_representatives": "Ids of those whom the student named to inspect in the student's place, once the rights are the "
        "student's (34 CFR 99.5, 99.30).",
        "opted_out": "The opt-out of directory information; null = never.",
        "may_answer_until": "Last day for the family of a new student to answer the notice; null = the district's window.",
    },
    "OptOut": {
        "since": "The first day.",
        "ended": "The first day on which it no longer holds; null = it holds.",
        "purposes": "Null = all.",
    },
    "Consent": {
        "student": "Id of the student in `students` whom it is about.",
        "signed_by": "Id of who signed.",
        "signed_on": "Null = undated, which is no consent.",
        "authenticated": "Whether an electronic signature was authenticated.",
        "parties": "Ids or roles of who may receive it; `public` covers everyone.",
        "assets": "Ids of the recordings; null = any.",
        "expires": "The last day.",
        "revoked_on": "The first day on which it no longer holds.",
        "after_opt_out": "Signed on the day of an opt-out, and stated to have been signed after it.",
    },
    "CaseShare": {
        "kind": "request: somebody asks; publication: the district's own, to the role public.",
        "purpose": "Any text; consents and opt-outs speak of the same.",
        "names": f"{_STUDENTS} whom the requester asked for by name.",
        "evidence": "What is on file for this share; left out or null = not on file.",
    },
    "CaseRecipient": {
        "id": "A free id, but not the name of another role.",
        "known": "Whether the roster knows this parent or student.",
    },
    "Evidence": {
        "copy_considered": "Whether the custodian considered a copy that hides whom an exception is not about, and the whole "
        "recording is needed.",
    },
    **exceptions.DESCRIPTIONS,
    "Case": _OF_CASE,
    "CaseFile": {
        "case": "The case itself.",
        "story": "What happened, in plain words.",
        "clause": "The words of the procedure that govern.",
        "expect": "The decision that is expected, or the part of it that matters.",
        "why": "Why that is expected.",
        "ruling": "What is settled here where the wording leaves room.",
    },
}


def case_schema() -> Schema:
    """Return the JSON Schema of a case file: a case, bare or under the key `case`."""
    case = TypeAdapter(Case).json_schema()
    definitions: dict[str, Schema] = case.pop("$defs")
    definitions |= {"Case": case, "CaseFile": _file()}
    definitions["CaseShare"] |= _publication_is_public()
    definitions["CaseRecipient"] |= _no_other_role()
    named = {name: TypeAdapter(kind).json_schema() for name, kind in (("Id", Id), ("Date", IsoDate), ("Text", Text))}
    for name, definition in definitions.items():
        definition.pop("title", None)
        fields = definition["properties"]
        definition["properties"] = {
            key: _described(_by_name(value, named), DESCRIPTIONS.get(name, {}).get(key))
            for key, value in fields.items()
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A case file of dam-plugin",
        "$comment": NOT_SAID,
        "type": "object",
        "if": {"required": ["case"]},
        "then": {"$ref": "#/$defs/CaseFile"},
        "else": {"$ref": "#/$defs/Case"},
        "$defs": dict(sorted((definitions | named).items())),
    }


def _file() -> Schema:
    fields: dict[str, Schema] = {name: {} for name in BESIDE_CASE}
    fields |= {"case": {"$ref": "#/$defs/Case"}, "expect": {"type": "object"}}
    return {
        "description": "A case with what a case file tells about it.",
        "type": "object",
        "properties": fields,
        "required": ["case"],
        "additionalProperties": False,
    }


def _publication_is_public() -> Schema:
    public = {"properties": {"recipient": {"properties": {"role": {"const": "public"}}}}}
    return {"if": {"properties": {"kind": {"const": "publication"}}, "required": ["kind"]}, "then": public}


def _no_other_role() -> Schema:
    own = [{"properties": {"id": {"const": role}, "role": {"const": role}}} for role in RECIPIENT_ROLES]
    return {"if": {"properties": {"id": {"enum": list(RECIPIENT_ROLES)}}, "required": ["id"]}, "then": {"anyOf": own}}


def _by_name(schema: Any, named: dict[str, Schema]) -> Any:  # noqa: ANN401 - any part of a schema
    """Return a part of a schema without titles, in which texts, ids and dates stand by their names."""
    if isinstance(schema, list):
        return [_by_name(each, named) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: value for key, value in schema.items() if key != "title"}
    for name, meant in named.items():
        if meant.items() <= plain.items() and plain.keys() - meant.keys() <= {"default"}:
            return {"$ref": f"#/$defs/{name}", **{key: plain[key] for key in plain.keys() - meant.keys()}}
    return {key: _by_name(value, named) for key, value in plain.items()}


def _described(schema: Schema, description: str | None) -> Schema:
    return schema if description is None else {"description": description, **schema}
