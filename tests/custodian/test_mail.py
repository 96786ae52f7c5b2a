"""Mail against a real server: letters, what the custodian hears, and everything that can go wrong on the way."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from court_orders import order
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from district import CROWD, CUSTODIAN, HANNAH, MEDIA_STAFF, PORTRAIT, UNTITLED, District
from protected_students import protect
from pydantic import SecretStr
from smtp_sink import Sink, running
from use_cases import entries

from dam_hooks.custodian_mail import SECONDS_BETWEEN, CustodianMail
from dam_plugin.custodian import letters, mail
from dam_plugin.custodian.letter_sources import Typed
from dam_plugin.custodian.order_notice import notice_state
from dam_plugin.custodian.request_register import add_request
from dam_plugin.custodian.work import QueueState
from dam_plugin.errors import DamPluginError, InputError, MailError, SettingsError
from dam_plugin.model import Recipient
from dam_plugin.services import Services
from dam_plugin.store import LetterAbout, StoredRequest, SystemUser

USER = SystemUser("desk:1", "maria")
TO = "reporter@example.org"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running(Sink()) as sink:
        yield sink


def mailing(district: District, port: int, **more: Any) -> Services:
    settings = district.services.settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_sender": "records@example.org", **more}
    )
    return replace(district.services, settings=settings)


SIGNED_IN: dict[str, Any] = {"smtp_user": "desk", "smtp_password": SecretStr("a long one")}


def asked(services: Services) -> str:
    request = StoredRequest(
        id="",
        received_at=services.now() - timedelta(hours=1),
        recipient=Recipient("public", "reporter-7"),
        channel="letter",
        wanted="copy",
        purpose="news",
        described="the concert of October",
    )
    return add_request(services, request, CUSTODIAN, USER).request.id


def order_for_hannah(district: District) -> str:
    """A subpoena for Hannah's portrait; the referral that waits for her family to be told."""
    district.upload(PORTRAIT)
    paper = str(order("{kind: subpoena, verified: true, notice_required: true}"))
    words = ("--to", "court:circuit", "--purpose", "court order", "--evidence", paper, "--as", "custodian:carol")
    return str(call("share", PORTRAIT, *words, "--json").object()["referrals"][0]["id"])


def notice_for_hannah(district: District, referral: str) -> str:
    words = ("--referral", referral, "--student", district.student(HANNAH), "--name", "Mr. Novak")
    written = call("letter", "write", "subpoena-notice", *words, "--as", "custodian:carol", "--json")
    return str(written.object()["id"])


def kept_letter(services: Services, **typed: Any) -> str:
    about = LetterAbout(request_id=asked(services))
    return letters.write_letter(
        services, "acknowledgement", about, "en", Typed(name="Jo Doe", **typed), CUSTODIAN, USER
    ).letter.id


def test_a_letter_goes_to_one_address_as_it_is_kept_and_is_recorded(district: District, sink: Sink) -> None:
    services = mailing(district, sink.port)
    letter = kept_letter(services)
    letters.mail_letter(services, letter, TO, CUSTODIAN, USER)
    (received,) = sink.mails
    assert sink.to == [[TO]]
    assert received["Subject"] == "A letter from the school district, RQ-000001"
    assert "Dear Jo Doe" in received.get_content()
    ((_, details),) = [each for each in entries(services, "letter") if each[1].get("done") == "sent"]
    assert (details["letter"], details["how"]) == (letter, "mail")
    assert TO not in str(details)
    (sent,) = letters.sendings(services, letter)
    assert (sent.how, sent.by) == ("mail", CUSTODIAN)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jo",
        "jo@",
        "@example.org",
        "jo@example.org, eve@example.org",
        "jo@example.org\nBcc: eve@example.org",
        "jo@example.org\r\nSubject: other",
        "Jo <jo@example.org>",
        "jo@exämple.org",
        "jo@[127.0.0.1]",
        f"{'a' * 300}@example.org",
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_sent(district: District, sink: Sink, address: str) -> None:
    services = mailing(district, sink.port)
    letter = kept_letter(services)
    with pytest.raises(InputError, match="no address for mail"):
        letters.mail_letter(services, letter, address, CUSTODIAN, USER)
    assert (sink.mails, letters.sendings(services, letter)) == ([], ())


def test_a_subject_takes_no_second_line(district: District, sink: Sink) -> None:
    with pytest.raises(InputError, match="one line"):
        mail.send(mailing(district, sink.port), TO, "A letter\nBcc: eve@example.org", "text")
    assert sink.said == []


def test_an_address_that_the_server_does_not_take(district: District, sink: Sink) -> None:
    sink.refuses = (TO,)
    services = mailing(district, sink.port)
    letter = kept_letter(services)
    with pytest.raises(InputError, match="does not take this address, and nothing was sent"):
        letters.mail_letter(services, letter, TO, CUSTODIAN, USER)
    assert letters.sendings(services, letter) == ()


@pytest.mark.parametrize("how", ["gone", "hangs up"])
def test_a_server_that_is_away(district: District, sink: Sink, how: str) -> None:
    sink.answers = False
    services = mailing(district, 1 if how == "gone" else sink.port)
    letter = kept_letter(services)
    with pytest.raises(MailError, match="does not answer, and nothing was sent"):
        letters.mail_letter(services, letter, TO, CUSTODIAN, USER)
    assert letters.sendings(services, letter) == ()


def test_without_a_server_it_says_what_is_missing(district: District) -> None:
    letter = kept_letter(district.services)
    with pytest.raises(SettingsError, match="DAM_PLUGIN_SMTP_HOST"):
        letters.mail_letter(district.services, letter, TO, CUSTODIAN, USER)


@pytest.mark.parametrize(
    "send",
    [
        lambda services, letter: letters.mail_letter(services, letter, TO, CUSTODIAN, USER),
        lambda services, letter: letters.note_printed(services, letter, CUSTODIAN, USER),
    ],
    ids=["mailed", "printed"],
)
def test_a_notice_that_would_tell_nobody_of_the_family_does_not_go_out(
    district: District, sink: Sink, send: Callable[[Services, str], object]
) -> None:
    letter = notice_for_hannah(district, order_for_hannah(district))
    protect(district, HANNAH)
    services = mailing(district, sink.port)
    with pytest.raises(InputError, match=r"so it is not on record as sent: .* was not checked to go to a guardian"):
        send(services, letter)
    assert (sink.mails, letters.sendings(services, letter)) == ([], ())


def test_a_notice_that_is_mailed_counts_as_telling_the_family(district: District, sink: Sink) -> None:
    referral = order_for_hannah(district)
    letter = notice_for_hannah(district, referral)
    services = mailing(district, sink.port)
    letters.mail_letter(services, letter, TO, CUSTODIAN, USER)
    (effort,) = notice_state(services, referral).efforts
    assert (effort.letter_id, effort.what, len(sink.mails)) == (letter, "the notice was sent by mail", 1)


def test_only_the_custodian_or_a_designee_sends(district: District, sink: Sink) -> None:
    services = mailing(district, sink.port)
    letter = kept_letter(services)
    with pytest.raises(InputError):
        letters.mail_letter(services, letter, TO, MEDIA_STAFF, USER)
    assert sink.mails == []


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server for 127.0.0.1 speaks with, and the file with the certificate."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    from ipaddress import ip_address

    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "sink.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


def test_over_a_network_nothing_goes_in_the_clear(
    district: District, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "_is_here", lambda _: False)
    with pytest.raises(MailError, match="does not encrypt"):
        mail.send(mailing(district, sink.port, **SIGNED_IN), TO, "A letter", "text")
    assert [each.split()[0] for each in sink.said if not each.upper().startswith(("EHLO", "QUIT"))] == []


def test_a_certificate_has_to_hold(district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_is_here", lambda _: False)
    context, file = certificate(tmp_path)
    with running(Sink(tls=context)) as sink:
        with pytest.raises(MailError, match="certificate does not hold"):
            mail.send(mailing(district, sink.port), TO, "A letter", "text")
        assert sink.mails == []
        trusting = ssl.create_default_context
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting(cafile=str(file)))
        mail.send(mailing(district, sink.port, **SIGNED_IN), TO, "A letter", "text")
        assert sink.encrypted == [True]
        words = [each.split()[0].upper() for each in sink.said if each]
        assert words.index("STARTTLS") < words.index("AUTH") < words.index("RCPT")


# A text that was changed by hand


def changed_text(services: Services, edit: Any, **typed: Any) -> letters.Written:
    about = LetterAbout(request_id=asked(services))
    name = Typed(name="Jo Doe", **typed)
    text = letters.preview_letter(services, "acknowledgement", about, "en", name).text
    return letters.write_letter(
        services, "acknowledgement", about, "en", replace(name, text=edit(text)), CUSTODIAN, USER
    )


def test_what_went_out_is_kept_with_a_mark_that_it_was_changed(district: District) -> None:
    made = changed_text(district.services, lambda text: f"{text}\nPlease ring twice.\n")
    kept = letters.get_letter(district.services, made.letter.id)
    assert kept.text.endswith("Please ring twice.\n")
    assert kept.is_changed
    assert entries(district.services, "letter")[-1][1]["changed_by_hand"] is True


def test_a_text_that_is_as_it_was_is_not_marked(district: District) -> None:
    assert not changed_text(district.services, lambda text: text.replace("\n", "\r\n")).letter.is_changed


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("It shows Hannah Lindqvist.", "may name a student"),
        ("It shows {student}.", "pseudonym"),
        ("\x1b[31m", "control"),
    ],
)
def test_a_changed_text_names_nobody(district: District, line: str, sentence: str) -> None:
    line = line.replace("{student}", district.student(HANNAH))
    with pytest.raises(InputError, match=sentence):
        changed_text(district.services, lambda text: f"{text}\n{line}\n")


def test_a_changed_denial_still_cites_the_law(district: District) -> None:
    about = LetterAbout(request_id=asked(district.services))
    typed = Typed(name="Jo Doe", provisions=("34 CFR 99.30",))
    text = letters.preview_letter(district.services, "denial", about, "en", typed).text
    cut = replace(typed, text=text.replace("610.027", "…"))
    with pytest.raises(InputError, match=r"has to cite 'RSMo 610\.027'"):
        letters.write_letter(district.services, "denial", about, "en", cut, CUSTODIAN, USER)


def test_a_letter_that_reads_the_same_to_each_stranger_stays_as_it_is(district: District) -> None:
    services = district.services
    request = StoredRequest(
        id="",
        received_at=services.now() - timedelta(hours=1),
        recipient=Recipient("public", "reporter-7"),
        channel="letter",
        wanted="copy",
        purpose="news",
        described="what there is",
        students=(district.student(HANNAH),),
    )
    about = LetterAbout(request_id=add_request(services, request, CUSTODIAN, USER).request.id)
    typed = Typed(name="Jo Doe", provisions=())
    text = letters.preview_letter(services, "acknowledgement", about, "en", typed).text
    with pytest.raises(InputError, match="reads the same"):
        letters.write_letter(
            services, "acknowledgement", about, "en", replace(typed, text=f"{text}\nWe have it.\n"), CUSTODIAN, USER
        )


# What the custodian hears


def heard(sink: Sink) -> list[str]:
    return [f"{each['Subject']}\n{each.get_content()}" for each in sink.mails]


def test_the_custodian_hears_of_a_request_and_nobody_is_named(district: District, sink: Sink) -> None:
    services = mailing(district, sink.port, custodian_mail=("a@example.org", "b@example.org"))
    told = CustodianMail(services)
    what = f"it is about {district.student(HANNAH)} in games/Hannah Lindqvist.jpg"
    message = f"The request RQ-000007 came, due on 2026-12-03: {what}"
    assert told.notify("custodian", message) is True
    assert sink.to == [["a@example.org"], ["b@example.org"]]
    for text in heard(sink):
        assert "request RQ-000007, due on 2026-12-03" in text
        assert "Hannah" not in text
        assert district.student(HANNAH) not in text
        assert "In the queue: 0 waiting" in text


def test_nobody_else_is_mailed_and_a_server_that_is_away_stops_nothing(district: District, sink: Sink) -> None:
    told = CustodianMail(mailing(district, sink.port, custodian_mail=("a@example.org",)))
    assert told.notify("maria", "The request RQ-000007 is yours") is None
    assert sink.mails == []
    away = CustodianMail(mailing(district, 1, custodian_mail=("a@example.org",)))
    assert away.notify("custodian", "The request RQ-000007 came") is None


def test_new_work_of_one_hour_is_told_in_few_mails(district: District, sink: Sink) -> None:
    services = mailing(district, sink.port, custodian_mail=("a@example.org",))
    clock = [0.0]
    told = CustodianMail(services, lambda: clock[0])
    district.upload(UNTITLED)
    answer = district.share(UNTITLED)
    for at in (0, 1, 2, SECONDS_BETWEEN + 1):
        clock[0] = at
        told.referral_opened(answer.referrals[0], answer.share)
    for each in threading.enumerate():
        if each.name == "mail":
            each.join(10)
    assert len(sink.mails) == 2


def test_the_settings_alone_are_enough_to_be_told(district: District, sink: Sink) -> None:
    from dam_hooks import manager, services_of

    services = mailing(district, sink.port, custodian_mail=("a@example.org",))
    pm = manager(services=services)
    asked(services_of(pm))
    assert "RQ-000001" in heard(sink)[0]
    district.upload(CROWD)


def test_the_digest_counts_what_waits_and_is_not_sent_for_nothing(district: District, sink: Sink) -> None:
    services = mailing(district, sink.port, custodian_mail=("a@example.org",), desk_url="https://desk.example.org")
    assert mail.send_digest(services) == 0
    asked(services)
    assert mail.send_digest(services) == 1
    (text,) = heard(sink)
    assert "Requests: 1 waiting, 0 overdue." in text
    assert "https://desk.example.org" in text


def test_the_digest_counts_once(district: District, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, count = [], mail.queue_state

    def counting(services: Services) -> QueueState:
        counted.append(services)
        return count(services)

    monkeypatch.setattr(mail, "queue_state", counting)
    services = mailing(district, sink.port, custodian_mail=("a@example.org", "b@example.org"))
    asked(services)
    assert (mail.send_digest(services), len(counted)) == (2, 1)


def test_a_digest_that_nobody_gets_says_so(district: District) -> None:
    services = mailing(district, 1, custodian_mail=("a@example.org",))
    asked(services)
    with pytest.raises(DamPluginError, match="does not answer"):
        mail.send_digest(services)


def test_the_daily_look_mails_what_waits(district: District, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(district.services)
    variables = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(sink.port),
        "SMTP_SENDER": "records@example.org",
        "CUSTODIAN_MAIL": "a@example.org, b@example.org",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"DAM_PLUGIN_{name}", value)
    (told,) = [each for each in call("doctor", "--mail", "--json").objects() if each["check"] == "mail"]
    assert (told["state"], told["detail"]) == ("ok", "what waits was mailed to 2 address(es)")
    assert len(sink.mails) == 2


def test_the_daily_look_says_where_no_server_is_set(district: District) -> None:
    (told,) = [each for each in call("doctor", "--mail", "--json").objects() if each["check"] == "mail"]
    assert told["state"] == "failed"
    assert "DAM_PLUGIN_SMTP_HOST" in told["detail"]


@pytest.mark.parametrize("address", ["records", "records@example.org\nBcc: x@example.org", "a b@example.org"])
def test_a_setting_that_is_no_address_is_refused(
    district: District, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    from dam_plugin.settings import Settings

    monkeypatch.setenv("DAM_PLUGIN_SMTP_SENDER", address)
    with pytest.raises(SettingsError, match="is no address for mail"):
        Settings.load()
