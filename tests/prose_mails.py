"""Data only: first mails as different people write them, and what they clearly say; a field not named says nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from relaybot.parts import Block

LABELS = {
    "hours": "hours that usually suit you for one hour a week",
    "languages": "languages, best first; is one a must?",
    "links": "a link or two a moderator may look at (optional)",
    "reach": "a second way to reach you (optional)",
    "rules": "do you agree to the rules below? yes / no",
}
ALL_LABELS = {
    "learn": "what you would like to learn",
    "offer": "what you could help someone with",
    "city": "where you are, for the clock; a city is enough",
    **LABELS,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail, and what it says."""

    title: str
    text: str
    says: dict[str, object] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


FIRST = [
    Sample(
        "Chidi applies",
        """Good morning, my friend Ana told me about this. I do databases (PostgreSQL, ten years) and I would like to learn
how people test for accessibility. I am in Lagos and have no chat programs. Chidi
""",
        {"name": "Chidi", "learn": "accessibility testing", "offer": "PostgreSQL (deep)", "city": "Lagos"},
    ),
    Sample(
        "short",
        "hi, want to learn rust. can teach python (8 years). berlin.\nmarek",
        {"name": "Marek", "learn": "rust", "offer": "python (deep)", "city": "Berlin"},
    ),
    Sample(
        "ordinary",
        """Hello,

I found your programme through the Fosdem mailing list. I'm a backend developer from Porto and I'd like to
learn Kubernetes - I know Docker a bit. In return I can help someone with Django and PostgreSQL.

I'm free on weekday evenings after 19:00.

Best regards,
Inês Carvalho
""",
        {
            "name": "Inês Carvalho",
            "learn": "Kubernetes (a little)",
            "offer": "Django, PostgreSQL",
            "city": "Porto",
            "hours": "weekdays after 19:00",
        },
    ),
    Sample(
        "bullets",
        """Dear moderators,

here is what you asked for on the web page:

- Name: Wanjiru
- I want to learn: embedded Rust, electronics
- I can teach: Linux administration, bash, Ansible (deep)
- Place: Nairobi
- Languages: English, Swahili, Kikuyu
- Free: Tuesday and Thursday 18:00-20:00
- Link: https://wanjiru.example.org/

Thanks!
""",
        {
            "name": "Wanjiru",
            "learn": "embedded Rust, electronics",
            "offer": "Linux administration, bash, Ansible (deep)",
            "city": "Nairobi",
            "languages": "English, Swahili, Kikuyu",
            "hours": "Tuesday and Thursday 18:00-20:00",
            "links": "https://wanjiru.example.org/",
        },
    ),
    Sample(
        "bullets below headings",
        """Hi all,

What I would like to learn:
* React
* TypeScript
* web accessibility

What I can teach:
* SQL
* data analysis
* Excel

I live in Lima and speak Spanish and a little English.

Rosa
""",
        {
            "name": "Rosa",
            "learn": "React, TypeScript, web accessibility",
            "offer": "SQL, data analysis, Excel",
            "city": "Lima",
            "languages": "Spanish, English (a little)",
        },
    ),
    Sample(
        "rambling",
        """Dear all,

I have been reading this list for about two years now without ever writing, mostly because I thought I had nothing to
say. My colleague Peter says that is nonsense, and he is usually right, so here I am. I started with computers in 1986 on
a C64, studied chemistry (do not ask), and somehow ended up in a bank. There I have been writing COBOL for thirty years,
yes, it still exists, and people still pay for it.

What I never understood is functional programming. I would really like to learn Haskell before I retire. My daughter
says Elm is nicer but I like to suffer.

I live in Graz, Austria. My dog is called Monad, which is the closest I have come so far.

With kind regards
Walter
""",
        {"name": "Walter", "learn": "Haskell", "offer": "COBOL (deep)", "city": "Graz"},
    ),
    Sample(
        "mentor only",
        """Hello there,

I don't want to learn anything in particular, I would simply like to give something back. I can teach C, C++ and
compilers, I did that for twenty years. I am in Edinburgh, any weekday morning is fine for me.

Fiona
""",
        {"name": "Fiona", "offer": "C, C++, compilers", "city": "Edinburgh", "hours": "weekday mornings"},
    ),
    Sample(
        "non-native English 1",
        """Hello dear team,
I am Thanh from Vietnam, city Hanoi. I am work as tester since 4 year. I want learn more about test automation with
Playwright because my company want it. I can share about manual testing and Vietnamese language.
My English is not so good, sorry.
Thank you very much
""",
        {
            "name": "Thanh",
            "city": "Hanoi",
            "offer": "manual testing, Vietnamese language",
            "languages": "English (a little)",
        },
    ),
    Sample(
        "non-native English 2",
        """Good day. My name is Oleksandr, I live in Kharkiv. I have experience with networks (BGP, OSPF) more than 12 years. I am
interested in learning Go and Kubernetes. I speak Ukrainian, Russian and English (not very good). Free time: evenings
after 20:00 and Sundays.
""",
        {
            "name": "Oleksandr",
            "city": "Kharkiv",
            "offer": "BGP (deep), OSPF (deep)",
            "learn": "Go, Kubernetes",
            "languages": "Ukrainian, Russian, English (a little)",
            "hours": "evenings after 20:00 and Sundays",
        },
    ),
    Sample(
        "all caps",
        """HELLO, MY NAME IS BOB AND I LIVE IN TORONTO. I WANT TO LEARN PYTHON. I CAN TEACH WELDING AND AUTOCAD. I AM RETIRED SO
ANY TIME IS FINE. SORRY FOR THE CAPITALS, THE KEY IS STUCK.
""",
        {"name": "Bob", "city": "Toronto", "learn": "PYTHON", "offer": "WELDING, AUTOCAD", "hours": "any time"},
    ),
    Sample(
        "lower case and no punctuation",
        """hey
i'm into self-hosting and would love to learn how to run my own mail server
i know docker and nginx quite well and can show people how to set up nextcloud
i'm in melbourne and free on weekends
cheers
jack
""",
        {
            "name": "Jack",
            "learn": "running my own mail server",
            "city": "melbourne",
            "hours": "weekends",
            "offer": "docker (comfortable), nginx (comfortable), setting up nextcloud",
        },
    ),
    Sample(
        "student",
        """Hi! I'm Priya, a second year student in Pune. I am a complete beginner in machine learning and I am looking for someone
who can teach me PyTorch. I can help with Java and Hindi :) I'm free Sat/Sun afternoons.
""",
        {
            "name": "Priya",
            "learn": "machine learning (new), PyTorch",
            "offer": "Java, Hindi",
            "city": "Pune",
            "hours": "Sat and Sun afternoons",
        },
    ),
    Sample(
        "signature with closing on the same line",
        "I'd like to get better at public speaking. I can offer graphic design and Inkscape. Greetings from Bogotá, Camila",
        {"name": "Camila", "learn": "public speaking", "offer": "graphic design, Inkscape", "city": "Bogotá"},
    ),
    Sample(
        "two places",
        """Hello, I am from Nigeria but I live in Berlin now. I would like to understand how compilers work. I know Java inside out.
Emeka
""",
        {"name": "Emeka", "city": "Berlin", "learn": "compilers", "offer": "Java (deep)"},
    ),
    Sample(
        "country with several clocks",
        """Hi, Sam here. I'm based in the US. I want to learn Terraform and I've been doing PHP for 15 years, mostly Laravel.""",
        {"name": "Sam", "learn": "Terraform", "offer": "PHP (deep), Laravel"},
    ),
    Sample(
        "small town",
        """Hello, I live in Vila do Conde, near Porto. I'm interested in PCB design and KiCad. I have ten years of experience with
embedded Linux and device drivers.

Rui
""",
        {
            "name": "Rui",
            "city": "Porto",
            "learn": "PCB design, KiCad",
            "offer": "embedded Linux (deep), device drivers (deep)",
        },
    ),
    Sample(
        "zone in hours",
        """Hi, I'm Tomasz. I want to learn SQL properly; I can teach vim and git. Weekends 9-12 CET.""",
        {"name": "Tomasz", "learn": "SQL", "offer": "vim, git", "hours": "weekends 9-12", "city": "CET"},
    ),
    Sample(
        "hours on a strange clock",
        """Hello, I am in Lagos. I would like to learn Figma. I could help with WordPress. Mon-Fri 18:00-20:00 UTC suits me.
Ngozi""",
        {"name": "Ngozi", "city": "Lagos", "learn": "Figma", "offer": "WordPress"},
    ),
    Sample(
        "jokes",
        """Dear humans (and robots),

I am fluent in sarcasm and in Perl. I'd like to learn how to write readable code, they say it exists. I live in a cave,
but the cave is in Helsinki. Best time for me is Wednesday evening, when the bears sleep.

Jussi
""",
        {
            "name": "Jussi",
            "learn": "writing readable code",
            "city": "Helsinki",
            "hours": "Wednesday evening",
            "offer": "Perl (comfortable)",
        },
    ),
    Sample(
        "works office hours",
        """Good evening,

I work weekdays from 9 to 17 so only evenings are possible for me, say 19:00 to 22:00. I'm a nurse in Manchester who would
like to learn web development from scratch. I can teach first aid, and I play chess.

Thank you, Grace
""",
        {
            "name": "Grace",
            "city": "Manchester",
            "learn": "web development (new)",
            "offer": "first aid",
            "hours": "19:00 to 22:00",
        },
    ),
    Sample(
        "a friend's skills",
        """Hello, my friend Ravi knows Kubernetes and he said you could help. I would like to learn it too, he lives in Kolkata. I am
Deepa, I live in Chennai and can help others with spreadsheets and accounting.
""",
        {"name": "Deepa", "city": "Chennai", "offer": "spreadsheets, accounting"},
    ),
    Sample(
        "negations",
        """Hi, I don't know any programming and I am not interested in JavaScript. What I want is to understand Linux. I can't teach
much, but I can help with proofreading English texts. I don't live in London any more, I moved to Leeds.
--\x20
Olu
""",
        {"name": "Olu", "city": "Leeds", "learn": "Linux", "offer": "proofreading English texts"},
    ),
    Sample(
        "languages with a must",
        """Bonjour! I'm Amélie from Lyon. I'd like to learn Rust. I can teach Python. I speak French and some English, but French is a
must for me.
""",
        {
            "name": "Amélie",
            "city": "Lyon",
            "learn": "Rust",
            "offer": "Python",
            "languages": "French, English (a little), French must",
        },
    ),
    Sample(
        "links and code",
        """Hello! My code is at https://codeberg.org/mette and www.mette.example/blog. I write firmware for a living (C, Zephyr) and
want to learn Kubernetes and Go. I live in Aarhus. You can also reach me on Matrix: @mette:example.dk

Mette
""",
        {
            "name": "Mette",
            "city": "Aarhus",
            "learn": "Kubernetes, Go",
            "offer": "firmware",
            "links": "https://codeberg.org/mette www.mette.example/blog",
            "reach": "@mette:example.dk",
        },
    ),
    Sample(
        "irc nick",
        """Hi, on IRC I'm "lupe_". I'm interested in git internals and can explain regular expressions. Living in Guadalajara. Agreed
to the rules on the web page.
Lupe
""",
        {
            "name": "Lupe",
            "learn": "git internals",
            "offer": "regular expressions",
            "city": "Guadalajara",
            "reach": "lupe_",
            "agrees": True,
        },
    ),
    Sample(
        "levels",
        """Hello, I'm Yuki. I want to learn Rust (a little), async Rust
(new) and WebAssembly from zero. I offer Python (deep), Django (comfortable) and some Vue. Tokyo time, I live in Yokohama.
""",
        {
            "name": "Yuki",
            "learn": "Rust (a little), async Rust (new), WebAssembly (new)",
            "offer": "Python (deep), Django (comfortable), Vue (a little)",
            "city": "Yokohama",
        },
    ),
    Sample(
        "German",
        """Hallo zusammen,

ich bin Jürgen und wohne in Leipzig. Ich möchte gern Kubernetes lernen und kann dafür bei PostgreSQL und Ansible helfen.
Ich spreche Deutsch und Englisch. Mein Code: https://git.example.de/juergen

Viele Grüße
Jürgen
""",
        {
            "name": "Jürgen",
            "city": "Leipzig",
            "learn": "Kubernetes",
            "offer": "PostgreSQL, Ansible",
            "languages": "German, English",
            "links": "https://git.example.de/juergen",
        },
    ),
    Sample(
        "French",
        """Bonjour,

je m'appelle Awa et j'habite à Dakar. Je voudrais apprendre Django et React. Je peux aider avec Linux et WordPress.
Je parle français, wolof et un peu anglais.

Merci, Awa
""",
        {
            "name": "Awa",
            "city": "Dakar",
            "learn": "Django, React",
            "offer": "Linux, WordPress",
            "languages": "French, Wolof, English (a little)",
        },
    ),
    Sample(
        "Spanish",
        """Hola, me llamo Mateo, vivo en Rosario, Argentina. Quiero aprender Rust y Docker. Trabajo con Java y Spring desde hace años,
puedo enseñar eso. Hablo español e inglés. Mi página: https://mateo.example.ar
""",
        {
            "name": "Mateo",
            "city": "Rosario",
            "learn": "Rust, Docker",
            "offer": "Java, Spring",
            "languages": "Spanish, English",
            "links": "https://mateo.example.ar",
        },
    ),
    Sample(
        "Portuguese",
        """Olá! Meu nome é Joana, moro em Recife. Gostaria de aprender Kubernetes e Terraform. Trabalho com Python e Flask. Falo
português e inglês.
""",
        {
            "name": "Joana",
            "city": "Recife",
            "learn": "Kubernetes, Terraform",
            "offer": "Python, Flask",
            "languages": "Portuguese, English",
        },
    ),
    Sample(
        "phone",
        """Hi

Would like to join. I want to learn Figma, i do copywriting. Accra

Sent from my iPhone
""",
        {"learn": "Figma", "offer": "copywriting", "city": "Accra"},
    ),
    Sample(
        "moving soon",
        """Hello, this is Noor. I'm in Amman at the moment and will move to Toronto next year. I hope to learn data engineering
(Airflow, dbt). I have 6 years of experience in Excel and Power BI.
""",
        {
            "name": "Noor",
            "city": "Amman",
            "learn": "data engineering, Airflow, dbt",
            "offer": "Excel (deep), Power BI (deep)",
        },
    ),
]
