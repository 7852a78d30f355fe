"""Reports of mail servers (RFC 3464), written by hand as Postfix writes them, and spoiled ones."""

from email.message import EmailMessage
from random import Random

from services.alerts.rules import bounces

BOUNDARY = "9B095B5ADSN=_01CE"


def report(
    mail: EmailMessage,
    action: str = "failed",
    status: str = "5.1.1",
    *,
    to: str = "xinqing@localhost",
    said: str = "smtp; 550 5.1.1 <office@example.org>: no such user",
    returned: str = "message/rfc822",
    kind: str = "delivery-status",
) -> bytes:
    """Give the report of a mail as it was received; `returned` is how it is given back."""
    given_back = mail.as_bytes() if returned == "message/rfc822" else _heads(mail)
    lines = [
        "From: MAILER-DAEMON@mx.example.org",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="{BOUNDARY}"',
        "",
        f"--{BOUNDARY}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "I'm sorry to have to inform you that your message could not be delivered.",
        "",
        f"--{BOUNDARY}",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.org",
        "Arrival-Date: Wed, 26 Apr 2023 09:00:00 +0800",
        "",
        "Final-Recipient: rfc822; office@example.org",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: {said}",
        "",
    ]
    back = [f"--{BOUNDARY}", f"Content-Type: {returned}", "", ""] if returned else []
    text = "\r\n".join([*lines, *back]).encode()
    if returned:
        text += given_back + b"\r\n"
    return text + f"--{BOUNDARY}--\r\n".encode()


def _heads(mail: EmailMessage) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in mail.items()).encode()


def spoiled(good: bytes, seed: int) -> bytes:
    """Give a report of which a part is cut, doubled, overwritten or filled; by a seed."""
    dice = Random(seed)
    made = bytearray(good)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(made))
        upto = min(len(made), at + dice.randint(1, 400))
        match dice.randrange(6):
            case 0:
                del made[at:upto]
            case 1:
                made[at:at] = made[at:upto] * dice.randint(1, 30)
            case 2:
                made[at:upto] = dice.randbytes(upto - at)
            case 3:
                made[at:at] = dice.choice([b"\0", b"\r\n\r\n", b"=?utf-8?b?/w==?=", b"\xff" * 900])
            case 4:
                made[at:at] = f"\r\n--{BOUNDARY}\r\nContent-Type: multipart/mixed\r\n".encode()
            case _:
                made[at:at] = b"Action: failed\r\nStatus: 5.1.1\r\n" * dice.randint(1, 50)
    return bytes(made)


def nested(depth: int) -> bytes:
    """Give a report in which a part lies in a part, and so on."""
    lines = ["Content-Type: multipart/report; report-type=delivery-status; boundary=b0", ""]
    for number in range(depth):
        lines += [f"--b{number}", f"Content-Type: multipart/mixed; boundary=b{number + 1}", ""]
    return "\r\n".join(lines).encode()


def read_each(mails: list[bytes]) -> list[str]:
    """Read many in one child of the sandbox; give of each what came: a count, or an exception."""
    came = []
    for mail in mails:
        try:
            read = bounces.read(mail)
            came.append("none" if read is None else f"{len(read.fates)}:{len(read.tokens)}")
        except Exception as error:  # noqa: BLE001  whatever parsers raise ends in the sandbox
            came.append(type(error).__name__)
    return came
