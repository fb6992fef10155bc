"""Data only: a third set of mails, written last and unseen by the rules when they were measured; see test_prose.py."""

from __future__ import annotations

from relaybot.parts import Block
from tests.prose_mails import ALL_LABELS, LABELS, Sample

LAST = [
    Sample(
        "librarian",
        """Hello,

I'm a librarian in Wellington, New Zealand, and I look after our catalogue (Koha, Perl). For a while now I have wanted to
understand Docker and how backups should be done. If somebody wants to know how metadata works, I'm your woman.

Evenings NZ time, or weekends.

Ngā mihi,
Aroha
""",
        {"name": "Aroha", "city": "Wellington", "learn": "Docker, backups"},
    ),
    Sample(
        "career changer",
        """Hi there,

I used to be a chef for twelve years and now I'm retraining as a web developer. Looking for a mentor for JavaScript and
accessibility. I can teach cooking and a bit of Italian. I live in Turin and I'm available on Mondays, my day off.

Giulia
""",
        {
            "name": "Giulia",
            "city": "Turin",
            "learn": "JavaScript, accessibility",
            "offer": "cooking, Italian (a little)",
            "hours": "Mondays",
        },
    ),
    Sample(
        "terse with plus and minus",
        """+ ansible, debian, bash (15y)
- want: nixos
utc+1
""",
        {"learn": "nixos", "city": "utc+1"},
    ),
    Sample(
        "polite and long-winded",
        """Respected Sir/Madam,

I am writing this email with great enthusiasm. Myself Arjun, working in Hyderabad as QA engineer since five years. I have good
knowledge of Selenium, JMeter and API testing. I am very much interested to learn Rust programming language and also
system design. Kindly consider my application. I am available on weekends and on weekdays after 9 PM IST.

Thanking you,
Yours faithfully,
Arjun Reddy
""",
        {
            "name": "Arjun Reddy",
            "city": "Hyderabad",
            "learn": "Rust, system design",
            "offer": "Selenium, JMeter, API testing",
        },
    ),
    Sample(
        "disability",
        """Hello, I am blind and use NVDA every day, so I can show people how screen readers work. What I'd like to learn is Python, from
zero. Please no video calls. I'm in Leicester and free most afternoons.
Harriet
""",
        {
            "name": "Harriet",
            "learn": "Python (new)",
            "city": "Leicester",
            "hours": "afternoons",
            "offer": "screen readers, NVDA",
        },
    ),
    Sample(
        "answers a friend's forwarded call",
        """> Do you want to teach what you know and learn something new? Write to peers@lists.example.org

Yes! I know TypeScript and GraphQL, I want to know more about databases. Living in Medellín.
Saludos
Andrés
""",
        {"name": "Andrés", "offer": "TypeScript, GraphQL", "learn": "databases", "city": "Medellín"},
    ),
    Sample(
        "two people",
        """Hi, we are two students, Lena and Max, and we would both like to learn Godot. Is it possible to come together? Lena
""",
        {},
    ),
    Sample(
        "interests, not skills",
        """Hello, my name is Pedro. I like hiking, photography and reading about history. I don't really know what to learn, maybe you have
an idea? I'm from Coimbra.
""",
        {"name": "Pedro", "city": "Coimbra"},
    ),
    Sample(
        "phishing",
        """Dear user, your mailbox is almost full. I am the administrator of the mail server. To get more space click here:
https://mail.example.xyz/login and confirm your password within 24 hours. IT support, London
""",
        {},
    ),
    Sample(
        "invoice",
        "Please find attached the invoice 2026-114 for November. Payment is due on Friday 4 December. Kind regards, Anna Berg, Oslo",
        {},
    ),
    Sample(
        "Spanish 2",
        """Buenos días. Soy Lucía, de Sevilla. Me gustaría aprender Kubernetes. Tengo experiencia con Linux, Bash y PostgreSQL. Hablo
español y un poco de inglés. Estoy libre los sábados.
""",
        {
            "name": "Lucía",
            "city": "Sevilla",
            "learn": "Kubernetes",
            "offer": "Linux, Bash, PostgreSQL",
            "languages": "Spanish, English (a little)",
        },
    ),
    Sample(
        "reply above the quote",
        """I'm free Mon, Wed and Fri mornings (UTC). Languages: English (native). I'm happy with the rules. My work is on
https://gitlab.example/tunde - no second address.
""",
        {
            "hours": "mon, wed and fri mornings",
            "city": "UTC",
            "languages": "English",
            "agrees": True,
            "links": "https://gitlab.example/tunde",
            "skipped": ("reach",),
        },
        LABELS,
    ),
    Sample(
        "answers in German",
        "",
        {"languages": "German, English", "agrees": True, "hours": "Mon-Fri 18:00-20:00", "skipped": ("links", "reach")},
        LABELS,
        (
            Block("hours that usually suit you for one hour a week:", "Mon-Fri 18:00-20:00"),
            Block("languages, best first; is one a must?:", "Deutsch, Englisch"),
            Block("a link or two a moderator may look at (optional):", "keine"),
            Block("a second way to reach you (optional):", "nein"),
            Block("do you agree to the rules below? yes / no:", "Ja, einverstanden."),
        ),
    ),
    Sample(
        "long answers",
        "",
        {
            "learn": "Rust, embedded programming",
            "offer": "Python (deep), teaching",
            "hours": "Saturday mornings",
            "city": "Montreal",
            "languages": "French, English",
            "agrees": True,
        },
        ALL_LABELS,
        (
            Block("what you would like to learn:", "Rust! And after that maybe embedded programming."),
            Block(
                "what you could help someone with:",
                "I've been writing Python for more than ten years. And teaching, I think.",
            ),
            Block("where you are, for the clock; a city is enough:", "I live in Montreal but travel a lot."),
            Block("hours that usually suit you for one hour a week:", "Best would be Saturday mornings."),
            Block("languages, best first; is one a must?:", "I speak French and English, both are fine."),
            Block("do you agree to the rules below? yes / no:", "Yes, they sound good."),
        ),
    ),
    Sample(
        "no to everything optional",
        """Tuesdays and Thursdays, 12:00 to 14:00.
Turkish and English. English is not a must.
I have neither links nor another address, sorry.
I have read the rules and I agree.
Defne
""",
        {
            "name": "Defne",
            "hours": "tuesdays and thursdays 12:00 to 14:00",
            "languages": "Turkish, English",
            "agrees": True,
        },
        LABELS,
    ),
    # written after all of the above had been learnt from
    Sample(
        "print shop",
        """Hi everyone,

My name is Sibusiso and I run a small print shop in Pretoria. Two years ago I started to learn Python on my own and now I'm
stuck with Flask, so I need help with that. I know InDesign and bookkeeping. I would be free on Wednesday evenings.

Sibusiso
""",
        {"name": "Sibusiso", "city": "Pretoria", "learn": "Flask", "hours": "Wednesday evenings"},
    ),
    Sample(
        "retired",
        """Hello. I'm a retired telecoms engineer (SS7, SIP, Asterisk) and would enjoy teaching somebody about VoIP. For myself, I'd like to
understand Git at last. Place: Cork, Ireland. Any day before noon. English only, I'm afraid.

Declan O'Brien""",
        {
            "name": "Declan O'Brien",
            "learn": "Git",
            "offer": "VoIP",
            "city": "Cork",
            "hours": "any day before noon",
            "languages": "English, English must",
        },
    ),
    Sample(
        "spaces before commas",
        """hello mentors, i am nadia , 22 , cairo egypt. i study computer science and i want to improve in c++ and algorithms . i can help
with arabic and with html/css . i am free every friday
""",
        {
            "name": "Nadia",
            "city": "Cairo",
            "learn": "c++, algorithms",
            "offer": "arabic, html, css",
            "hours": "every friday",
        },
    ),
    Sample(
        "staff for hire",
        """Dear Sir or Madam,

We are a leading provider of IT staff augmentation. Our developers know React, Node.js and Python and can help your company
grow. Can we schedule a call on Tuesday at 10:00 CET?

Best, Igor""",
        {},
    ),
    Sample(
        "somebody who does",
        """Hi, I'd like to be matched with somebody who does Prometheus or Grafana, since we're introducing them at work. In exchange: Puppet,
about nine years of it. UTC+3, Nairobi. Weekday lunch breaks (12-13) suit me.
Njoki""",
        {"name": "Njoki", "offer": "Puppet (deep)", "city": "Nairobi", "hours": "weekdays 12-13"},
    ),
    Sample(
        "Théo",
        """Bonsoir, moi c'est Théo, j'habite près de Nantes. J'aimerais apprendre Go. Je connais bien PHP et Symfony. Langues : français, anglais.
""",
        {"name": "Théo", "city": "Nantes", "learn": "Go", "offer": "PHP, Symfony", "languages": "French, English"},
    ),
    Sample(
        "answers with own labels",
        """Thanks for the welcome mail! My answers:

Hours: Mondays 19:00 - 21:00, or Sunday mornings
Languages: English (must), Yoruba
Link: https://folake.example.ng
Second way: none
I agree to the rules.

Folake""",
        {
            "name": "Folake",
            "hours": "Mondays 19:00-21:00, Sunday mornings",
            "languages": "English, Yoruba, English must",
            "links": "https://folake.example.ng",
            "skipped": ("reach",),
            "agrees": True,
        },
        LABELS,
    ),
    Sample(
        "short answers",
        "",
        {"hours": "weekends", "languages": "Swedish, English", "agrees": True, "reach": "@linnea:example.se"},
        LABELS,
        (
            Block("hours that usually suit you for one hour a week:", "Only weekends, I have small children."),
            Block("languages, best first; is one a must?:", "Swedish. English. No musts."),
            Block("a second way to reach you (optional):", "Matrix: @linnea:example.se"),
            Block("do you agree to the rules below? yes / no:", "Yep!"),
        ),
    ),
    Sample(
        "archive is broken",
        """The mailing list archive is broken since Tuesday, I get a 502. Who runs the server? I can help with nginx if needed. Piotr""",
        {"name": "Piotr", "offer": "nginx"},
    ),
    Sample(
        "woodwork",
        """Hey, sorry if this is the wrong address. I heard you match people. I'm good with my hands (woodwork) but my wish is to learn CAD,
FreeCAD preferably. Based in rural Tasmania. Ta, Bruce""",
        {"name": "Bruce", "learn": "CAD, FreeCAD", "city": "Tasmania"},
    ),
    Sample(
        "all on few lines",
        """Good day,
kindly add me to the mentoring programme. Skills: Excel, Power BI, SQL (intermediate). Interests: Python for data analysis.
Location: Kigali, Rwanda. Availability: weekdays 6pm - 8pm.
Regards,
Claudine U.""",
        {
            "name": "Claudine U.",
            "offer": "Excel, Power BI, SQL (comfortable)",
            "learn": "Python for data analysis",
            "city": "Kigali",
            "hours": "weekdays 6pm-8pm",
        },
    ),
    # and again, after these
    Sample(
        "translator",
        """Hello,

I'd like to sign up. I live in Gdańsk and work as a translator (English, Polish). I want to learn Python because I have many boring
files to rename. In return I could explain English grammar or proofread documentation. I'm free on Tuesday evenings and on Saturdays.

Kasia
""",
        {
            "name": "Kasia",
            "city": "Gdańsk",
            "learn": "Python",
            "offer": "English grammar, proofreading documentation",
            "hours": "Tuesday evenings, Saturdays",
            "languages": "English, Polish",
        },
    ),
    Sample(
        "guitar",
        """Hi! I'm Luis, 19, from Puebla, Mexico. I want to get into cybersecurity. I know a little Python and HTML. I can teach guitar.
Weekdays after 5pm. Spanish and English.""",
        {
            "name": "Luis",
            "city": "Puebla",
            "learn": "cybersecurity",
            "offer": "guitar",
            "hours": "weekdays after 5pm",
            "languages": "Spanish, English",
        },
    ),
    Sample(
        "tester",
        """Good morning. Ravi told me to write to you. I test software for a living, mostly with screen readers. My wish would be to understand
SQL query plans. Kolkata, Sunday afternoons are best. I speak Bengali, Hindi and English. My page: https://example.in/sumit
Sumit""",
        {
            "name": "Sumit",
            "city": "Kolkata",
            "learn": "SQL query plans",
            "hours": "Sunday afternoons",
            "languages": "Bengali, Hindi, English",
            "links": "https://example.in/sumit",
        },
    ),
    Sample(
        "equity only",
        """Our startup is searching for a CTO. You should know AWS, Kubernetes and Go. Equity only. Interested? Mail me at ceo@startup.example. Jack, San Francisco""",
        {},
    ),
    Sample(
        "three answers in one line",
        """Hours: Wed 20:00-21:00 CET
Languages: Czech, English
I agree to the rules. Other address: none. Links: https://example.cz
Tereza""",
        {
            "name": "Tereza",
            "hours": "wed 20-21",
            "city": "CET",
            "languages": "Czech, English",
            "agrees": True,
            "skipped": ("reach",),
            "links": "https://example.cz",
        },
        LABELS,
    ),
    Sample(
        "lunch break",
        "",
        {
            "hours": "Mon-Fri 12:00-13:00",
            "languages": "Igbo, English",
            "agrees": True,
            "links": "https://a.example/x https://b.example/y",
        },
        LABELS,
        (
            Block("hours that usually suit you for one hour a week:", "During my lunch break, Mon-Fri 12:00-13:00."),
            Block("languages, best first; is one a must?:", "Igbo and English. None of them is a must."),
            Block("a link or two a moderator may look at (optional):", "https://a.example/x and https://b.example/y"),
            Block("do you agree to the rules below? yes / no:", "I agree"),
        ),
    ),
    Sample(
        "monads",
        """hi all, is there anyone who could explain monads to me? i program in elixir since 2016 and can help with phoenix and ecto. bucharest, utc+2.
radu""",
        {"name": "Radu", "learn": "monads", "city": "bucharest", "offer": "elixir, phoenix, ecto"},
    ),
    Sample(
        "broken arm",
        """Dear team, I broke my arm and cannot type for some weeks, so please cancel my meeting with Ana on Thursday. Sorry! Bram""",
        {},
    ),
    Sample(
        "Bremen",
        """Hallo, mein Name ist Heike, ich komme aus Bremen. Ich suche Hilfe bei Django und biete Hilfe bei Inkscape und LaTeX. Sprachen: Deutsch, Englisch.
""",
        {
            "name": "Heike",
            "city": "Bremen",
            "learn": "Django",
            "offer": "Inkscape, LaTeX",
            "languages": "German, English",
        },
    ),
    Sample(
        "if you insist",
        """I have been a mentor before and would do it again. C++ (20 years), Qt, OpenGL. I'm in Ottawa and prefer mornings. No wish of my own, but if you
insist: I've always wanted to learn to draw.
Sincerely, Margaret Chen""",
        {"name": "Margaret Chen", "city": "Ottawa", "hours": "mornings", "learn": "drawing"},
    ),
]
