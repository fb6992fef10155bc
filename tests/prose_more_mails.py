"""Data only: mails written after the rules for understanding them, by which the rules were first measured."""

from __future__ import annotations

from relaybot.parts import Block
from tests.prose_mails import ALL_LABELS, LABELS, Sample

OTHERS = [
    Sample(
        "questions only",
        """Hello, is this programme free? And do I need to know how to program? I saw it on Mastodon on Saturday. Best, Kim
""",
        {},
    ),
    Sample(
        "job offer",
        """Dear candidate,

We are looking for a Senior Python Developer (Django, PostgreSQL, 5+ years of experience) for our client in Munich. Remote
position possible, salary up to 90k. I would like to learn more about your situation. Are you free on Thursday at 14:00
for a quick call? You can reach me at claire@recruit.example.

Claire Dubois
Talent Partner
""",
        {},
    ),
    Sample(
        "spam",
        """Hi,

I came across your website and I would love to help you get more traffic. We offer SEO, backlinks and guest posts at a
great discount. Click here: https://spam.example/offer?x=1

Regards, Kevin
""",
        {},
    ),
    Sample("unsubscribe", "please unsubscribe me from this list. I am in Lagos. thanks, Chidi", {}),
    Sample(
        "prince",
        """Dear Friend, I am Barrister John Smith from London. I have the sum of 12 million dollars of my late client, next of kin
unknown. I want to share it with you. I need your help with the transfer. Reply to john@lawyers.example.
""",
        {},
    ),
    Sample(
        "out of office",
        "I am out of office until Monday 30 November. In urgent cases please write to office@example.com. Regards, Eva",
        {},
    ),
    Sample(
        "talk about something else",
        """Hi list, has anybody read the article about PostgreSQL 18 in the last issue? I use it at work and the new planner is great.
We meet on Thursday evening in Berlin, at the usual place. Tim
""",
        {},
    ),
    Sample(
        "interview style",
        """Who am I? Esther, 34, from Kampala.
What do I want? I'd love some help with Android and Kotlin.
What can I give? I have been teaching mathematics for 11 years, and I can also help with LaTeX.
When? Saturdays before noon.
Which languages? English and Luganda.
""",
        {
            "name": "Esther",
            "learn": "Android, Kotlin",
            "languages": "English, Luganda",
            "hours": "Saturdays before noon",
            "offer": "mathematics (deep), LaTeX",
            "city": "Kampala",
        },
    ),
    Sample(
        "any evening",
        """Hello, I'm Henrik and I live in Gothenburg. I would like to learn something about distributed systems. My day job is Java
and Kafka. Any evening works, but not Mondays.
""",
        {
            "name": "Henrik",
            "city": "Gothenburg",
            "learn": "distributed systems",
            "offer": "Java, Kafka",
            "hours": "any evening but not mondays",
        },
    ),
    Sample(
        "lunch",
        """Good afternoon, Zanele from Durban here. I need help with CSS and responsive design. I'm good at project management.
Lunchtime on weekdays would be best for me.
""",
        {
            "name": "Zanele",
            "city": "Durban",
            "learn": "CSS, responsive design",
            "offer": "project management (comfortable)",
            "hours": "weekdays lunchtime",
        },
    ),
]

LATER = [
    Sample(
        "teacher",
        """Dear organisers,

I teach physics at a secondary school in Thessaloniki and would like to get into electronics and Arduino with my pupils.
What I could offer in exchange is help with LaTeX, and perhaps some Greek conversation. I am usually free on Friday
afternoons.

Kind regards,
Eleni Papadaki
""",
        {
            "name": "Eleni Papadaki",
            "learn": "electronics, Arduino",
            "offer": "physics, LaTeX, Greek conversation (a little)",
            "city": "Thessaloniki",
            "hours": "Friday afternoons",
        },
    ),
    Sample(
        "one sentence",
        "I'm Kwame from Kumasi, I can teach React Native and want to learn how to design databases.",
        {"name": "Kwame", "city": "Kumasi", "offer": "React Native", "learn": "designing databases"},
    ),
    Sample(
        "self-deprecating",
        """Hi,

not sure I qualify, I'm 61 and my programming is rusty. Anyway: I know Fortran very well and a bit of C. I hope to learn
Julia or Rust, whichever you have. I'm in Boulder, Colorado.

Don
""",
        {"name": "Don", "learn": "Julia, Rust", "offer": "Fortran (deep)", "city": "Boulder"},
    ),
    Sample(
        "many details about the family",
        """Hello! My wife speaks Japanese and my son wants to learn Python, but this is about me: I want to learn to speak in public.
I have worked with Ansible and Terraform for seven years. We live in Osaka. Sunday mornings are good.
Regards, Paul
""",
        {
            "name": "Paul",
            "city": "Osaka",
            "learn": "speaking in public",
            "offer": "Ansible (deep), Terraform (deep)",
            "hours": "Sunday mornings",
        },
    ),
    Sample(
        "only a place and a wish",
        "Hey there! I'd love to get started with Blender. Greetings from rainy Bergen, Astrid",
        {"name": "Astrid", "learn": "Blender", "city": "Bergen"},
    ),
    Sample(
        "semicolons",
        "learn: Go; offer: Java, 12 years; city: Zürich; languages: German, Italian, English",
        {"learn": "Go", "offer": "Java (deep)", "city": "Zürich", "languages": "German, Italian, English"},
    ),
    Sample(
        "lines without bullets",
        """Name: Fatima Zahra
City: Casablanca
I want to learn: Django
I can teach: CSS, Figma
Languages: Arabic, French, English (basic)
Available: Saturday 10:00-13:00
Links: none
""",
        {
            "name": "Fatima Zahra",
            "city": "Casablanca",
            "learn": "Django",
            "offer": "CSS, Figma",
            "languages": "Arabic, French, English (a little)",
            "hours": "Saturday 10:00-13:00",
            "skipped": ("links",),
        },
    ),
    Sample(
        "long technical list",
        """Hi folks, I'm a sysadmin from Tallinn with 14 years of experience in Linux, ZFS, Proxmox and mail servers (Postfix, Dovecot).
I'm looking for somebody who can help me with Go and with writing tests. Evenings after 7pm (EET) are fine.

Kaarel
""",
        {
            "name": "Kaarel",
            "city": "Tallinn",
            "learn": "Go, writing tests",
            "offer": "Linux (deep), ZFS (deep), Proxmox (deep), mail servers (deep), Postfix (deep), Dovecot (deep)",
            "hours": "evenings after 7pm",
        },
    ),
    Sample(
        "newsletter",
        """This week in Rust #612: async closures are stable. Learn Rust with our new book, now 20% off. If you want to learn more,
visit https://news.example/rust. You receive this mail because you subscribed. Unsubscribe here: https://news.example/u
""",
        {},
    ),
    Sample(
        "conference call for papers",
        """Dear colleagues, we invite you to submit papers to the 12th workshop on distributed systems in Vienna. Deadline: Monday
30 November. Topics: Kubernetes, serverless, databases. Best regards, the organisers
""",
        {},
    ),
    Sample(
        "complaint",
        "I signed up three weeks ago and nobody ever answered me. Is anybody there? I was told I would get a mentor. Hugo",
        {},
    ),
    Sample(
        "hesitant",
        """Good evening,
maybe I could learn something about networking? I don't have much to offer, only that I cook well and know Excel very well.
I live in Quito.
Saludos, Verónica
""",
        {"name": "Verónica", "learn": "networking", "offer": "Excel (deep)", "city": "Quito"},
    ),
    Sample(
        "mentor for juniors",
        """Hi! After 25 years in the industry I'd like to give back. Happy to mentor juniors in Kotlin, Android and code review. I'm on
Lisbon time and speak English, Portuguese and German. Nothing I want to learn right now.
- Duarte
""",
        {
            "name": "Duarte",
            "offer": "Kotlin, Android, code review",
            "city": "Lisbon",
            "languages": "English, Portuguese, German",
        },
    ),
    Sample(
        "Dutch English",
        """Hoi, I am Sanne, living in Utrecht since 3 years. I have interest in data science, specially pandas and statistics. With me
you can learn Figma and illustration. Monday or Wednesday evening.
""",
        {
            "name": "Sanne",
            "city": "Utrecht",
            "learn": "data science, pandas, statistics",
            "hours": "Monday or Wednesday evening",
        },
    ),
    Sample(
        "German 2",
        """Guten Tag, ich heiße Ayşe, lebe in Köln und spreche Türkisch, Deutsch und ein bisschen Englisch. Ich würde gerne Python und
Django lernen. Ich kenne mich gut mit Photoshop und Figma aus.
""",
        {
            "name": "Ayşe",
            "city": "Köln",
            "languages": "Turkish, German, English (a little)",
            "learn": "Python, Django",
            "offer": "Photoshop, Figma",
        },
    ),
    Sample(
        "reply in one line each, no labels",
        """sat 9-12
english and tagalog
https://github.com/example
no other address
yes, I agree to the rules
""",
        {
            "hours": "sat 9-12",
            "languages": "English, Tagalog",
            "links": "https://github.com/example",
            "agrees": True,
            "skipped": ("reach",),
        },
        LABELS,
    ),
    Sample(
        "reply with small talk",
        """Hello again! Sorry for the late answer, we had a power cut since Monday. I have time from Monday to Thursday between 19 and 21.
My mother tongue is Amharic, my English is fluent. Rules are fine with me. You find some of my work on
https://abeba.example.et/work. I'm also on IRC as abeba.
Abeba
""",
        {
            "name": "Abeba",
            "hours": "monday to thursday 19-21",
            "languages": "Amharic, English",
            "agrees": True,
            "links": "https://abeba.example.et/work",
            "reach": "abeba",
        },
        LABELS,
    ),
    Sample(
        "inline, with chat between",
        "",
        {
            "hours": "tue 20-22",
            "languages": "French, English (a little), French must",
            "agrees": True,
            "skipped": ("links",),
        },
        LABELS,
        (
            Block("", "Merci beaucoup!"),
            Block(
                "hours that usually suit you for one hour a week:",
                "Tue 20-22. The rest of the week belongs to my kids.",
            ),
            Block("languages, best first; is one a must?:", "French must, English a little"),
            Block("a link or two a moderator may look at (optional):", "I have no website."),
            Block("do you agree to the rules below? yes / no:", "I do."),
        ),
    ),
    Sample(
        "numbers with dots, two missing",
        """1. flexible
2. English, Hindi (native), Tamil (a little)
5. Yes, agreed.
""",
        {"languages": "English, Hindi, Tamil (a little)", "agrees": True},
        LABELS,
    ),
    Sample(
        "full form",
        """what you would like to learn: reading query plans
what you could help someone with: accessibility testing (deep), NVDA
where you are, for the clock; a city is enough: Kolkata, India
hours that usually suit you for one hour a week: any weekday after 20:30
languages, best first; is one a must?: English, Hindi, Bengali
a link or two a moderator may look at (optional): ravi.example.in/talks
a second way to reach you (optional): ravi@work.example.in
do you agree to the rules below? yes / no: y
""",
        {
            "learn": "reading query plans",
            "offer": "accessibility testing (deep), NVDA",
            "city": "Kolkata",
            "hours": "any weekday after 20:30",
            "languages": "English, Hindi, Bengali",
            "links": "ravi.example.in/talks",
            "reach": "ravi@work.example.in",
            "agrees": True,
        },
        ALL_LABELS,
    ),
]
