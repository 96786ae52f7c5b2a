"""Mail by the district's own server (SMTP): letters that go out, and what the custodian hears of work. Nothing else sends mail.

A mail to the custodian names nobody: it has counts, days and numbers of requests, and no text that anybody wrote. RFC 5321 is
spoken by Python's smtplib; what goes over a network is encrypted (RFC 3207), or is not sent.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from dam_plugin.custodian.request_register import RegisterState, register_state
from dam_plugin.custodian.work import QueueState, queue_state
from dam_plugin.errors import DamPluginError, InputError, MailError, SettingsError
from dam_plugin.services import Services
from dam_plugin.settings import Settings, mail_address

log = logging.getLogger(__name__)

TLS_FROM_THE_START = 465
SECONDS = 10
NO_SERVER = (
    "no mail server is set, so nothing was sent: an administrator sets DAM_PLUGIN_SMTP_HOST and DAM_PLUGIN_SMTP_SENDER"
)
# What of a message is told on: the number of a request, and days. The rest may name a file, and a file somebody.
_REQUEST = re.compile(r"\bRQ-\d{1,12}\b")
_DUE = re.compile(r"\bdue on (\d{4}-\d{2}-\d{2})\b")


def can_send(settings: Settings) -> bool:
    """Whether the settings name a mail server and a sender."""
    return bool(settings.smtp_host and settings.smtp_sender)


def checked_address(text: str) -> str:
    """Return an address for mail. Raises InputError for what is none, or for more than one."""
    address = mail_address(text)
    if address is None:
        raise InputError("this is no address for mail: write one address, such as parent@example.org")
    return address


def send(services: Services, to: str, subject: str, text: str) -> None:
    """Send one mail to one address.

    Raises SettingsError without a server, InputError for an address that is none or that the server does not take, MailError
    where the server is away, refuses, or would be spoken to in the clear. Then nothing was sent.
    """
    settings = services.settings
    if not can_send(settings):
        raise SettingsError(NO_SERVER)
    message = _message(services, checked_address(to), subject, text)
    try:
        with _server(settings) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise InputError("the mail server does not take this address, and nothing was sent: check it") from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            "the mail server does not take our account, and nothing was sent: an administrator checks the account"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise MailError(f"the mail server refused the mail ({error.smtp_code}), and nothing was sent") from error
    except ssl.SSLError as error:
        raise MailError("the mail server's certificate does not hold, and nothing was sent") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError("the mail server does not answer, and nothing was sent: try again later") from error


@contextmanager
def _server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Give a session with the server, encrypted unless the server is this machine."""
    host, port = settings.smtp_host or "", settings.smtp_port
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
        if port == TLS_FROM_THE_START
        else smtplib.SMTP(host, port, timeout=SECONDS)
    )
    with server:
        server.ehlo()
        if port != TLS_FROM_THE_START and not _is_here(host):
            if not server.has_extn("starttls"):
                raise MailError("the mail server does not encrypt what it is sent (STARTTLS), and nothing was sent")
            server.starttls(context=context)
            server.ehlo()
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        yield server


def _is_here(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _message(services: Services, to: str, subject: str, text: str) -> EmailMessage:
    # INVARIANT: a header takes no line break: the policy refuses it, and so do we, before a word is sent.
    if not subject.isprintable():
        raise InputError("the subject of a mail is one line without control characters: write it anew")
    sender = services.settings.smtp_sender or ""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(services.now())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


# What the custodian hears


def heard_of(message: str) -> str:
    """Return what a mail may say of a message to the custodian: numbers of requests, and days; "" where it has neither."""
    numbers = list(dict.fromkeys(_REQUEST.findall(message)))
    days = [f"due on {each}" for each in dict.fromkeys(_DUE.findall(message))]
    return ", ".join((*(f"request {each}" for each in numbers), *days))


def tell_custodian(services: Services, message: str) -> bool:
    """Tell the custodian by mail that something came; return whether a server took it for one address at least.

    A failure is logged, and stops nothing.
    """
    heard = heard_of(message)
    first = f"Something new waits for you: {heard}." if heard else "Something new waits for you."
    waits = _what_waits(queue_state(services), register_state(services))
    sent, failed = _sent(services, "New work for the records custodian", first, waits)
    if failed is not None:
        log.warning("the custodian could not be told by mail (%s)", failed)
    return bool(sent)


def send_digest(services: Services) -> int:
    """Send the custodian what waits and what is overdue; return to how many addresses. Nothing waits: nothing is sent.

    Raises SettingsError without a server or an address, MailError where no address could be reached.
    """
    settings = services.settings
    if not can_send(settings) or not settings.custodian_mail:
        raise SettingsError(f"{NO_SERVER}, and DAM_PLUGIN_CUSTODIAN_MAIL")
    queue, register = queue_state(services), register_state(services)
    if not (queue.open or register.running):
        return 0
    late = queue.overdue + register.overdue
    subject = f"{late} overdue: work for the records custodian" if late else "Work for the records custodian"
    sent, failed = _sent(services, subject, "This is what waits today.", _what_waits(queue, register))
    if failed is not None and not sent:
        raise failed
    return sent


def _sent(services: Services, subject: str, first: str, waits: str) -> tuple[int, DamPluginError | None]:
    """Send to each address of the custodian; return how many took it, and the last failure."""
    settings = services.settings
    text = f"{first}\n\n{waits}\n\n{_WHERE.format(desk=settings.desk_url or 'the desk')}\n"
    sent, failed = 0, None
    for each in settings.custodian_mail:
        try:
            send(services, each, f"{settings.district.name}: {subject}", text)
            sent += 1
        except (InputError, MailError, SettingsError) as error:
            failed = error
    return sent, failed


_WHERE = "See {desk}. This mail names nobody and says nothing of what was asked; it is sent by a program."


def _what_waits(queue: QueueState, register: RegisterState) -> str:
    return "\n".join(
        (
            f"In the queue: {queue.open} waiting, {queue.overdue} overdue.",
            f"Requests: {register.running} waiting, {register.overdue} overdue.",
            f"Findings that wait for a second person: {queue.pending}.",
        )
    )
