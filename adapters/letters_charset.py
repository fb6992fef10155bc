"""Bytes to text: transfer encodings, charsets (true, false and invented), encoded words, flowed lines. Pure, bounded.

What cannot be decoded is decoded as well as it goes; no mail is lost over a charset.
"""

from __future__ import annotations

import binascii
import codecs
import re
from io import BytesIO

CHUNK_BYTES = 256 * 1024
TEXT_BYTES = 256 * 1024
TEXT_LINES = 2_000
ENCODED = re.compile(r"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?]*)\?=")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufff9-\ufffb]")
BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))

# Names that mail programs write and Python does not know, and charsets whose bigger brother is what was meant.
CHARSETS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "",
    "ascii": "",
    "ansi_x3.4-1968": "",
    "unknown-8bit": "",
    "x-unknown": "",
    "8bit": "",
    "7bit": "",
    "binary": "",
    "default": "",
    "utf8mb4": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
# Decoders that are no charset of a mail, or slow on purpose-made input.
REFUSED = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}


def charset_text(data: bytes, charset: str) -> str:
    """Bytes as text: by the charset they claim where that is possible, else by what they look like."""
    name = charset.strip().strip("\"'").lower()
    name = CHARSETS.get(name, name)
    if _wide(data):
        name = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-16-le" if data[1] == 0 else "utf-16-be")
    elif name.replace("_", "-").startswith(("utf-16", "utf-32", "ucs", "iso-10646")):
        name = ""  # a lie: such bytes would hold zeros
    if name and name.replace("_", "-") not in ("utf-8", "utf8"):
        try:
            found = codecs.lookup(name)
            if found.name not in REFUSED and getattr(found, "_is_text_encoding", True):
                return data.decode(found.name, "replace")
        except (LookupError, ValueError):
            name = ""  # nobody knows this charset: guess
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if name or error.start > len(data) - 4:  # said to be UTF-8, or cut in the middle of a character
            return data.decode("utf-8", "replace")
        return data.decode("cp1252", "replace")


def _wide(data: bytes) -> bool:
    """Whether this is two bytes a character."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    sample = data[:512]
    return (
        len(sample) >= 8 and sample.count(0) > len(sample) // 3 and 0 in (sample[::2].count(0), sample[1::2].count(0))
    )


def body_bytes(data: bytes | memoryview, transfer: str) -> bytes:
    """A part's body without its Content-Transfer-Encoding (RFC 2045 6); broken encodings give what they hold."""
    if transfer == "base64":
        return _base64_body(data)
    if transfer == "quoted-printable":
        return binascii.a2b_qp(data)
    if transfer in ("x-uuencode", "uuencode", "x-uue"):
        return _uuencoded(bytes(data))
    return bytes(data)


def _base64(data: bytes) -> bytes:
    """Base64 with whatever else stands between; what comes after the padding is not part of it."""
    pure = data.partition(b"=")[0].translate(None, BASE64)
    if len(pure) % 4 == 1:
        pure = pure[:-1]
    return binascii.a2b_base64(pure + b"=" * (-len(pure) % 4))


def _base64_body(data: bytes | memoryview) -> bytes:
    """The same, piece by piece: a large file is not held several times over."""
    out, rest = BytesIO(), b""
    for start in range(0, len(data), CHUNK_BYTES):
        piece, padding, _ = bytes(data[start : start + CHUNK_BYTES]).partition(b"=")
        rest += piece.translate(None, BASE64)
        whole = len(rest) - len(rest) % 4
        out.write(binascii.a2b_base64(rest[:whole]))
        rest = rest[whole:]
        if padding:
            break
    if len(rest) > 1:
        out.write(binascii.a2b_base64(rest + b"=" * (-len(rest) % 4)))
    return out.getvalue()


def _uuencoded(data: bytes) -> bytes:
    lines = data.partition(b"begin ")[2].splitlines()[1:]
    out: list[bytes] = []
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            break  # what was readable before is what there is
    return b"".join(out)


def header_text(value: str) -> str:
    """A header value with its encoded words decoded (RFC 2047).

    Neighbours are joined before they are decoded: many programs split them in the middle of a character.
    """
    out: list[str] = []
    pending, charset, last = b"", "", 0
    for match in ENCODED.finditer(value):
        gap = value[last : match.start()]
        if pending and (gap.strip() or match[1].lower() != charset):
            out.append(charset_text(pending, charset))
            pending = b""
            out.append(gap if gap.strip() else "")
        elif not pending:
            out.append(gap)
        charset, last = match[1].lower(), match.end()
        pending += _word(match[2], match[3])
    out.append(charset_text(pending, charset) if pending else "")
    out.append(value[last:])
    return one_line("".join(out))


def _word(how: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return _base64(data) if how in "bB" else binascii.a2b_qp(data, header=True)


def one_line(text: str) -> str:
    """Text without control characters and line ends, spaces run together."""
    return " ".join(CONTROLS.sub("", text).split())


def clean(text: str) -> str:
    """Text of a body: line ends as "\\n", no control characters, at most TEXT_LINES lines."""
    text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").replace("\x0c", "\n"))
    return "\n".join(line.rstrip("\r\t") for line in text.split("\n", TEXT_LINES)[:TEXT_LINES])


def unflowed(text: str, delsp: bool) -> str:
    """Lines that were broken only for width put together again (RFC 3676), per depth of quotation."""
    out: list[str] = []
    joining, depth_before = False, 0
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")  # the stuffed space
        signature = rest == "-- "
        if joining and depth == depth_before and not signature:
            out[-1] += rest
        else:
            out.append((">" * depth + " " if depth else "") + rest)
        joining = rest.endswith(" ") and not signature
        if joining and delsp:
            out[-1] = out[-1][:-1]
        depth_before = depth
    return "\n".join(out)
