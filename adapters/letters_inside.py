"""What stands inside a mail: another mail that is passed on, and the answer a calendar program gives (RFC 5546).

Every mail program passes mails on in its own way and language; all are read here, none is believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from icalendar import Calendar

from adapters.letters_body import Body, read_body
from adapters.letters_charset import body_bytes, one_line
from adapters.letters_mime import Part, encoding
from adapters.letters_people import BARE, mailboxes, normal, shown_name

CALENDAR_BYTES = 64 * 1024
SCAN_LINES = 400
HEADER_LINES = 25

FORWARDED = re.compile(
    r"""^\s*(?:[-_=*]{2,}\s*(?:
        forwarded\ (?:message|mail|by)[^-]* | weitergeleitete\ (?:nachricht|mail|e-mail) | message\ (?:transféré|réexpédié|transmis) | mensaje\ reenviado
      | (?:mensagem|mensaxe)\ (?:encaminhada|reencaminhada) | messaggio\ inoltrato | doorgestuurd\ bericht
      | vidarebefordra(?:t|de)\ (?:meddelande|brev) | videresendt\ (?:melding|besked|meddelelse) | edelleen\ ?lähetetty\ viesti
      | (?:przekazana|przesłana)\ wiadomość | wiadomość\ przekazana.* | пересланное\ (?:сообщение|письмо) | пересылаемое\ сообщение
      | переслане\ повідомлення | přeposlaná\ zpráva | preposlaná\ správa | továbbított\ üzenet | yönlendirilen\ (?:ileti|mesaj)
      | iletilmiş\ mesaj | προωθημένο\ μήνυμα | mesaj\ redirecționat | 已转发邮件 | 转发的?邮件 | 轉寄郵件 | 轉寄的郵件 | 転送(?:された)?メッセージ | 전달된\ ?메시지
      )\s*[-_=*]{2,}\s*
    | (?:begin\ forwarded\ message | anfang\ der\ weitergeleiteten\ .{3,12} | début\ du\ message\ (?:transféré|réexpédié) | inicio\ del\ mensaje\ reenviado
      | início\ da\ mensagem\ (?:re)?encaminhada | inizio\ (?:del\ )?messaggio\ inoltrato | begin\ doorgestuurd\ bericht
      | vidarebefordrat\ brev | videresendt\ (?:besked|melding) | start\ på\ videresendt\ .{3,12} | początek\ przekazywanej\ wiadomości
      | начало\ (?:переадресованного|пересылаемого)\ (?:сообщения|письма) | 転送されたメッセージ | 以下是转发的邮件 | 開始轉寄郵件 )\s*[:：]\s*)$""",
    re.IGNORECASE | re.VERBOSE,
)
ORIGINAL = re.compile(
    r"""^\s*[-_=]{2,}\s*(?: original\ (?:message|mail|e-mail|appointment) | ursprüngliche\ nachricht | originalnachricht | message\ d['’]origine
      | message\ original | mensaje\ original | mensagem\ original | messaggio\ originale | oorspronkelijk\ bericht | ursprungligt\ meddelande
      | originalmeddelande | oprindelig\ meddelelse | opprinnelig\ melding | alkuperäinen\ viesti | (?:oryginalna\ )?wiadomość(?:\ oryginalna)?
      | исходное\ сообщение | původní\ zpráva | eredeti\ üzenet | orijinal\ (?:ileti|mesaj) | 元のメッセージ | 原始邮件 | 原始郵件 | 원본\ 메시지
      )\s*[-_=]{2,}\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
SENDER_LABEL = (
    "from|von|de|da|van|från|fra|od|от|від|lähettäjä|kimden|gönderen|feladó|από|de la|mittente|expéditeur|remitente|"
    "差出人|送信者|发件人|寄件者|寄件人|보낸 사람"
)
LABEL = re.compile(
    rf"^[>*\s]{{0,20}}(?P<sender>{SENDER_LABEL})?(?(sender)|(?:date|sent|to|cc|bcc|subject|reply-to|organization|datum|gesendet|an|kopie|betreff|antwort an"
    r"|envoyé|à|pour|sujet|copie à|copie|objet|répondre à|enviado(?: el)?|para|asunto|fecha|assunto|data|enviada(?: em)?|inviato|oggetto|a|aan|onderwerp|verzonden|skickat"
    r"|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe|päiväys|wysłano|do|temat|дата|отправлено|кому|тема|копия|надіслано|odesláno|komu"
    r"|předmět|konu|kime|tarih|gönderildi|tárgy|címzett|dátum|件名|宛先|日時|送信日時|发送时间|收件人|主题|抄送|日期|寄件日期|收件者|主旨|보낸 날짜|받는 사람|제목|날짜))"
    r"\s{0,3}\*?\s{0,2}[:：]\*?\s*(?P<value>.*)$",
    re.IGNORECASE,
)
FORWARD_SUBJECT = re.compile(
    r"^\W*(?:fwd?|wg|tr|rv|enc|i|inoltra|doorst|vb|vs|vl|pd|fs|пересл\w*|továbbítás|轉寄|转发|転送|전달|προωθ)\s*[:：]",
    re.IGNORECASE,
)
ANSWER_SUBJECT = re.compile(
    r"^\W*(?:re|aw|sv|antw|odp|res|r|ynt|回复|回覆|答复|返信)(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
STATES = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


@dataclass(frozen=True, slots=True)
class Inside:
    """A mail passed on; `before` is what the person who passed it on wrote above it."""

    name: str
    address: str
    text: str
    before: str


def passed_on(raw: bytes, root: Part, body: Body) -> Inside | None:
    """The mail that this one passes on, as a part of its own or written into the text; None for none."""
    if body.inside is not None:
        inner = read_body(raw, body.inside)
        name, address = next(iter(mailboxes(body.inside.headers, "from")), ("", ""))
        address = normal(address)
        return Inside(shown_name(name, address), address, inner.text, body.text)
    lines = body.text.split("\n")
    answered = "in-reply-to" in root.headers or "references" in root.headers
    subject = root.headers.text("subject")
    forward = bool(FORWARD_SUBJECT.match(subject)) or not (answered or ANSWER_SUBJECT.match(subject))
    for number, line in enumerate(lines[:SCAN_LINES]):
        if FORWARDED.match(line):
            return _written(lines, number, number + 1, needs_sender=False)
        if ORIGINAL.match(line):
            return _written(lines, number, number + 1, needs_sender=True) if forward else None
        if _header_block(lines, number):
            return _written(lines, number, number, needs_sender=True) if FORWARD_SUBJECT.match(subject) else None
    return None


def _header_block(lines: list[str], number: int) -> bool:
    """Whether a mail's header is written out here without a line that announces it (Outlook)."""
    match = LABEL.match(lines[number][:500])
    if not match or not match["sender"] or lines[number].startswith(">"):
        return False
    following = [line for line in lines[number + 1 : number + 8] if line.strip()][:3]
    return len(following) >= 2 and all(LABEL.match(line[:500]) for line in following[:2])


def _written(lines: list[str], marker: int, start: int, *, needs_sender: bool) -> Inside | None:
    """What is written below a marker: a few header lines, then the mail."""
    sender, end = "", start
    for number in range(start, min(start + HEADER_LINES, len(lines))):
        line = lines[number][:500]
        match = LABEL.match(line)
        if match:
            sender = sender or (match["value"] if match["sender"] else "")
            end = number + 1
        elif line.strip("> \t") and not (end > start and line[:1] in " \t"):
            break
    if needs_sender and not sender:
        return None
    name, address = _sender(sender)
    return Inside(name, address, _unquoted(lines[end:]), "\n".join(_without_rule(lines[:marker])))


def _without_rule(lines: list[str]) -> list[str]:
    """Without the line of underscores that some programs draw above what they pass on."""
    while lines and not lines[-1].strip("_-* \t"):
        lines = lines[:-1]
    return lines


def _sender(value: str) -> tuple[str, str]:
    """Name and address of a written-out From line, whichever brackets it uses."""
    found = BARE.search(value)
    address = normal(found[0]) if found else ""
    name = re.split(r"[<\[(]|mailto:", value, maxsplit=1)[0].strip(" *\"'")
    return (shown_name(name, address) if name or address else ""), address


def _unquoted(lines: list[str]) -> str:
    """The lines, without one mark of quotation each where all of them have it (Apple Mail)."""
    full = [line for line in lines if line.strip()]
    if full and sum(line.startswith(">") for line in full) > 0.9 * len(full):
        lines = [re.sub(r"^> ?", "", line) for line in lines]
    return "\n".join(lines).strip()


def calendar_answer(raw: bytes, body: Body, address: str) -> tuple[str, str]:
    """("accepted" | "declined" | "tentative", the UID it is about) of an iMIP REPLY (RFC 6047); ("", "") for none."""
    part = body.calendar
    if part is None or part.end - part.start > CALENDAR_BYTES:
        return "", ""
    data = body_bytes(memoryview(raw)[part.start : part.end], encoding(part.headers))
    try:
        calendar = Calendar.from_ical(data)
        if str(calendar.get("METHOD", "")).upper() != "REPLY":
            return "", ""
        event = next(iter(calendar.walk("VEVENT")))
        given = event.get("ATTENDEE", [])
        attendees = given if isinstance(given, list) else [given]
        own = [one for one in attendees if str(one).lower().removeprefix("mailto:") == address.lower()]
        state = str((own or attendees)[0].params.get("PARTSTAT", "")).upper()
        uid = one_line(str(event.get("UID", "")))[:250]
    except Exception:  # the library raises many things for calendars that are none
        return "", ""
    return (STATES[state], uid) if state in STATES and uid else ("", "")
