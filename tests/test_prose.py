"""Understanding mails written in somebody's own words: what is clearly said is understood, and nothing else."""

from __future__ import annotations

from relaybot.parts import Block
from relaybot.prose import understand

LABELS = {
    "hours": "hours that usually suit you for one hour a week",
    "languages": "languages, best first; is one a must?",
    "links": "a link or two a moderator may look at (optional)",
    "reach": "a second way to reach you (optional)",
    "rules": "do you agree to the rules below? yes / no",
}

FIRST = """Good morning, my friend Ana told me about this. I do databases (PostgreSQL, ten years) and I would like to learn
how people test for accessibility. I am in Lagos and have no chat programs. Chidi
"""


def test_a_first_mail_says_who_where_and_what() -> None:
    """The writer's name, place and skills are found; the friend who is mentioned is not the writer."""
    said = understand(FIRST)

    assert (said.name, said.learn, said.offer, said.city) == (
        "Chidi",
        "accessibility testing",
        "PostgreSQL (deep)",
        "Lagos",
    )
    assert (said.links, said.hours, said.languages, said.reach, said.agrees, said.skipped) == ("", "", "", "", None, ())


def test_a_reply_is_read_by_the_questions_it_stands_under() -> None:
    """Answers below quoted questions, and what follows them is read by what it says."""
    blocks = (
        Block("hours that usually suit you ...", "Evenings after 18, and Saturdays."),
        Block(
            "languages",
            "English, Igbo, French a little. No must.\nyes I agree. No links, but the Abuja user group knows me.",
        ),
    )
    said = understand("\n".join(block.words for block in blocks), blocks, LABELS)

    assert said.hours == "any day from 18:00, Sat 08:00-22:00"
    assert said.languages == "English, Igbo, French (a little)"
    assert (said.agrees, said.links, said.skipped) == (True, "", ("links",))
