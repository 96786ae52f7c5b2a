"""What each setting means, in a person's words, and how the page groups them. A test sees to it that none is missing."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

GROUPS: tuple[tuple[Any, dict[str, tuple[Any, Any]]], ...] = (
    (
        _("The district"),
        {
            "district.name": (_("Name"), _("How the district is called on pages, in letters and in copies.")),
            "district.contact": (_("Records office"), _("Whom refusals and pages tell people to ask.")),
            "district.time_zone": (_("Time zone"), _("Whose days count for due dates.")),
            "district.holidays": (
                _("Days off"),
                _("Legal holidays and other days on which the records office is closed."),
            ),
            "district.directory_notice": (
                _("Day of the annual notice"),
                _("When families were told what directory information is. Without it nothing goes out as such."),
            ),
            "district.opt_out_window_ends": (
                _("Last day to say no"),
                _("Until when families could answer this year's notice."),
            ),
            "district.unanswered": (
                _("New students whose family has not answered"),
                _("Whether they count as opted out until their own days to answer are over, or not."),
            ),
            "district.unanswered_days": (_("Days to answer"), _("How long the family of a new student has.")),
            "district.directory_includes_images": (
                _("Photographs are directory information"),
                _("Whether the district's policy names them. Without that no photograph goes out as such."),
            ),
            "district.directory_limited_to": (
                _("Limited to"),
                _("The only purposes for which directory information goes out, where the policy limits it."),
            ),
            "district.rulings": (_("Rulings of the attorney"), _("The file with what was ruled more strictly.")),
            "district.foster_care_is_protected": (
                _("Foster care"),
                _("Whether a student marked as in foster care counts as protected."),
            ),
            "district.yearbook_lists_staff": (_("Staff in yearbook sets"), _("Whether a set lists teachers by name.")),
            "district.asked_by_name_days": (
                _("Days after a refusal by name"),
                _("How long further people who ask for the same recording wait for the records custodian."),
            ),
            "district.reasonable_days": (
                _("Reasonable time"),
                _("Within how many days a request to correct a record is decided."),
            ),
            "fees.page_cents": (_("Fee for a page"), _("In cents.")),
            "fees.copying_cents_an_hour": (_("Fee for an hour of copying"), _("In cents; none unless set.")),
            "fees.research_cents_an_hour": (_("Fee for an hour of search"), _("In cents; none unless set.")),
            "letters.folder": (_("Own letters"), _("The folder of the district's own texts of letters.")),
            "purposes": (_("Purposes"), _("What the district shares for, in its own words.")),
        },
    ),
    (
        _("Signing in"),
        {
            "desk_second_factor": (_("Second factor"), _("Whether accounts of these pages need one. Leave it on.")),
            "access_log_days": (
                _("Days of the access log"),
                _("How long it is kept who looked at whose page. Older entries go by themselves."),
            ),
            "desk_session_hours": (_("Hours until the next sign-in"), _("However busy somebody is.")),
            "desk_oidc_issuer": (
                _("District sign-in"),
                _("The address of the district's own sign-in (OpenID Connect)."),
            ),
            "desk_oidc_client_id": (_("Its name for these pages"), _("As the district's sign-in gave it.")),
            "desk_oidc_client_secret": (_("Its secret for these pages"), _("As the district's sign-in gave it.")),
            "desk_oidc_name": (_("Words on its button"), _("How people know it.")),
            "desk_oidc_scopes": (_("What it is asked for"), _("Some tell of groups only where this names them.")),
            "desk_oidc_groups": (_("Where it tells of groups"), _("The name of the claim with a person's groups.")),
            "desk_oidc_roles": (_("Groups and roles"), _("Which group has which role. All others have none.")),
            "desk_oidc_second_factor": (
                _("Its second factor"),
                _("Whether it counts always, where it says that there was one, or never."),
            ),
        },
    ),
    (
        _("Mail"),
        {
            "smtp_host": (_("Mail server"), _("Through which letters go out. Without it they are printed.")),
            "smtp_port": (_("Its port"), _("587 unless set; 465 is encrypted from the beginning.")),
            "smtp_user": (_("Account at the mail server"), _("Where it asks for one.")),
            "smtp_password": (_("Its password"), _("Belongs to the account at the mail server.")),
            "smtp_sender": (_("Sender"), _("The address from which letters come.")),
            "custodian_mail": (
                _("Addresses of the records office"),
                _("Who hears of new and due work. The mail names no student."),
            ),
            "desk_url": (_("Address of these pages"), _("Where that mail says that the work is found.")),
        },
    ),
    (
        _("Tagging"),
        {
            "rules": (_("Rules"), _("The file or folder of the district's rules; the starter rules unless set.")),
            "complete_by": (
                _("When it is known who is in a picture"),
                _("By counted faces, by a person's look, or by the file alone."),
            ),
            "count_faces": (_("Count faces"), _("Whether faces are counted. Nobody is recognized by a face.")),
            "face_model": (_("Face counter"), _("Its file, where it is not the one that came along.")),
            "face_score": (
                _("How sure the face counter must be"),
                _("Lower finds more faces, and more that are none."),
            ),
            "pending_without_faces": (_("Pictures without a face"), _("Whether they wait for a person's look.")),
            "crowd_needs_look": (
                _("Crowds"),
                _("Whether a person looks at each crowd: where a student must not be found."),
            ),
            "signs_of_no": (_("Words that say no"), _("Further words in files that mean that somebody said no.")),
            "metadata_seconds": (_("Seconds to read a file"), _("A file that needs longer is put on hold.")),
            "metadata_megabytes": (_("Memory to read a file"), _("A file that needs more is put on hold.")),
            "exiftool": (_("ExifTool"), _("A further program that reads what stands in files.")),
            "roster_max_age_days": (_("Oldest roster"), _("After so many days without an import shares wait.")),
            "roster_answers_from": (_("Rosters with answers"), _("Which rosters tell what families answered.")),
        },
    ),
    (
        _("Copies and links"),
        {
            "public_url": (_("Address of links"), _("How links that people get begin.")),
            "delivery_access_key_id": (_("Key that opens copies"), _("Without it no link is handed out.")),
            "delivery_secret_access_key": (_("Its secret"), _("Belongs to the key that opens copies.")),
            "redaction_seconds": (_("Seconds to make a copy"), _("Of a recording that needs longer there is no copy.")),
            "redaction_megabytes": (_("Memory to make a copy"), _("Of a recording that needs more there is no copy.")),
            "turbojpeg": (_("JPEG library"), _("Its file, where it is not found by itself.")),
            "retention": (
                _("Retention rules"),
                _("The file that says what is kept how long; without it nothing is ever due."),
            ),
        },
    ),
    (
        _("Server"),
        {
            "bucket": (_("Bucket"), _("Where the recordings are.")),
            "database_url": (_("Database"), _("Where everything else is.")),
            "database_connections": (_("Connections"), _("How many one program has with the database at most.")),
            "events": (
                _("News of uploads"),
                _("How they come: by a queue, a listing, or the server's own notifications."),
            ),
            "queue_url": (_("Queue"), _("Where news of uploads waits.")),
            "events_token": (_("Token for news"), _("Proves that news come from the storage.")),
            "broker_url": (_("Broker"), _("Shares work among several machines, where one is not enough.")),
            "pseudonym_key": (
                _("Key of pseudonyms"),
                _("Makes the ids of students. Another key would make other ids."),
            ),
            "signing_key": (_("Signing key"), _("Seals the record, so that nobody changes it afterwards.")),
            "export_key": (_("Key of yearbook sets"), _("Signs them.")),
            "host_access_key_id": (_("Asset manager's key"), _("Only to try what the asset manager's addresses open.")),
            "host_secret_access_key": (_("Its secret"), _("Belongs to the asset manager's key.")),
            "http_keys": (_("Keys of asset managers"), _("Who may ask over the network.")),
            "metrics_token": (_("Token for figures"), _("Who may read the figures of the service.")),
            "log": (_("Log"), _("Its form: text, or one object a line.")),
        },
    ),
)
