"""Data only: replies to the letter that asks what is missing, filled in as different people do it, and what they say."""

from __future__ import annotations

from relaybot.parts import Block
from tests.prose_mails import ALL_LABELS, LABELS, Sample

REPLIES = [
    Sample(
        "Chidi answers",
        "",
        {
            "hours": "evenings after 18, and Saturdays",
            "languages": "English, Igbo, French (a little)",
            "agrees": True,
            "skipped": ("links",),
        },
        LABELS,
        (
            Block("hours that usually suit you ...", "Evenings after 18, and Saturdays."),
            Block(
                "languages",
                "English, Igbo, French a little. No must.\nyes I agree. No links, but the Abuja user group knows me.",
            ),
        ),
    ),
    Sample(
        "every question quoted as printed",
        "",
        {
            "hours": "weekends 9-12",
            "languages": "Danish, English",
            "links": "https://codeberg.org/mette",
            "reach": "@mette:example.dk",
            "agrees": True,
        },
        LABELS,
        (
            Block(
                "Please answer this mail with anything that is missing or wrong, in your own words:\n\n  hours that usually suit you for one hour a week:",
                "weekends 9-12",
            ),
            Block("  languages, best first; is one a must?:", "Danish, English"),
            Block("  a link or two a moderator may look at (optional):", "https://codeberg.org/mette"),
            Block("  a second way to reach you (optional):", "@mette:example.dk"),
            Block("  do you agree to the rules below? yes / no:", "yes"),
        ),
    ),
    Sample(
        "filled in by hand, in a strange order",
        """do you agree to the rules below? yes / no: Yes, of course
languages, best first; is one a must?: Portuguese, English, a bit of Spanish. No must
hours that usually suit you for one hour a week: tue and thu from 7pm
a link or two a moderator may look at (optional): none
a second way to reach you (optional): no
""",
        {
            "agrees": True,
            "languages": "Portuguese, English, Spanish (a little)",
            "hours": "tue and thu from 7pm",
            "skipped": ("links", "reach"),
        },
        LABELS,
    ),
    Sample(
        "numbers",
        """1) weekday mornings
2) english only
3) -
4) chidi.o@work.example
5) ok
""",
        {
            "hours": "weekday mornings",
            "languages": "English, English must",
            "skipped": ("links",),
            "reach": "chidi.o@work.example",
            "agrees": True,
        },
        LABELS,
    ),
    Sample(
        "short labels",
        """hours: any evening
languages: Hindi, English; English is a must
links: see above
rules: agreed
""",
        {"hours": "any evening", "languages": "Hindi, English, English must", "agrees": True},
        LABELS,
    ),
    Sample(
        "see above everywhere",
        "",
        {"agrees": True},
        LABELS,
        (
            Block("hours that usually suit you", "see above"),
            Block("languages, best first", "as I wrote"),
            Block("do you agree to the", "yes"),
        ),
    ),
    Sample(
        "free prose as reply",
        """Hi relaybot, thanks for the quick answer! Saturdays and Sundays are best for me, in the afternoon. I speak Spanish and
English, none is a must. I agree to the rules. My site is https://rosa.example.pe and I have no other address.
Rosa
""",
        {
            "name": "Rosa",
            "hours": "Saturdays and Sundays in the afternoon",
            "languages": "Spanish, English",
            "agrees": True,
            "links": "https://rosa.example.pe",
            "skipped": ("reach",),
        },
        LABELS,
    ),
    Sample(
        "does not agree",
        "",
        {"agrees": False, "hours": "fri 18-20"},
        LABELS,
        (
            Block("> hours that usually", "fri 18-20"),
            Block("do you agree to the rules below? yes / no:", "No, I don't agree. Why should it stay secret?"),
        ),
    ),
    Sample(
        "corrects the first answers",
        """offer: PostgreSQL, also query plans (deep)
learn: not testing in general, just screen readers
place: Abuja
hours: mon-fri 17:30-19:00
languages: English, Igbo
""",
        {
            "learn": "screen readers",
            "offer": "PostgreSQL, query plans (deep)",
            "city": "Abuja",
            "hours": "mon-fri 17:30-19:00",
            "languages": "English, Igbo",
        },
        ALL_LABELS,
    ),
    Sample(
        "everything under its own question",
        "",
        {
            "learn": "Kubernetes (a little)",
            "offer": "Rust (deep), embedded",
            "city": "Lisbon",
            "hours": "thu after 17:30, sunday morning",
            "languages": "Portuguese, English",
            "agrees": True,
            "skipped": ("links", "reach"),
        },
        ALL_LABELS,
        (
            Block("what you would like to learn:", "Kubernetes, I know Docker a bit"),
            Block("what you could help someone with:", "Rust deep, embedded"),
            Block("where you are, for the clock; a city is\nenough:", "Lisbon"),
            Block("hours that usually suit you for one hour a\nweek:", "thu after 17:30 or sunday morning"),
            Block("languages, best first; is one a must?:", "portuguese, english is fine. no must"),
            Block("a link or two a moderator may look at (optional):", "no"),
            Block("a second way to reach you (optional):", "No, only mail."),
            Block("do you agree to the rules below? yes / no:", "YES"),
        ),
    ),
    Sample(
        "label on its own line",
        """Languages:
English
German (a little)

Hours:
Mon: 18-20
Wed: 19-21

I agree with the rules.
""",
        {"languages": "English, German (a little)", "hours": "mon 18-20, wed 19-21", "agrees": True},
        LABELS,
    ),
    Sample(
        "skips one question",
        "",
        {"languages": "Arabic, French", "agrees": True},
        LABELS,
        (
            Block(
                "hours that usually suit you for one hour a week:\nlanguages, best first; is one a must?:",
                "Arabic, French",
            ),
            Block("do you agree to the rules below? yes / no:", "oui"),
        ),
    ),
    Sample(
        "answers at the end",
        "",
        {"hours": "sunday evenings", "languages": "Polish, English", "agrees": True},
        LABELS,
        (
            Block(
                "hours that usually suit you for one hour a week:\nlanguages, best first; is one a must?:\n\nRules in short: be kind.\nrelaybot, for the tech-peer moderators (Dana, Esi)",
                "Sunday evenings.\nPolish, English.\nYes, I agree.",
            ),
        ),
    ),
    Sample(
        "a question instead of an answer",
        "",
        {},
        LABELS,
        (
            Block(
                "do you agree to the rules below? yes / no:", "Where can I read them? I agree only if they are short."
            ),
        ),
    ),
    Sample(
        "busy",
        "",
        {"hours": "sat and sun", "languages": "English"},
        LABELS,
        (
            Block("hours that usually suit you for one hour a week:", "Sat and Sun. I work during the week."),
            Block("languages, best first; is one a must?:", "English is my only language."),
        ),
    ),
]
