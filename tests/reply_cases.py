"""Replies as people's mail programs send them, and what of each the sender wrote: (name, mail, own words).

Made up for these tests in the form that Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, Proton, K-9 and others use.
"""

from __future__ import annotations

LETTER = """> Good morning Chidi,
>
> hours that usually suit you for one hour a week:
> languages, best first:
>
> relaybot, for the tech-peer moderators (Dana, Esi)"""

CASES: tuple[tuple[str, str, str], ...] = (
    (
        "gmail english",
        f"Yes, Saturday at 10 works.\n\nChidi\n\nOn Sat, Nov 21, 2026 at 3:20 PM relaybot (tech-peer) <\nrelaybot+a19.k3v9@lists.example.org> wrote:\n\n{LETTER}\n",
        "Yes, Saturday at 10 works.\n\nChidi",
    ),
    (
        "gmail german",
        f"Ja, gern.\n\nAm Sa., 21. Nov. 2026 um 15:20 Uhr schrieb relaybot (tech-peer) <\nrelaybot+a19.k3v9@lists.example.org>:\n\n{LETTER}\n",
        "Ja, gern.",
    ),
    (
        "gmail french",
        f"Bonjour,\n\nc'est d'accord pour samedi.\n\nLe sam. 21 nov. 2026 à 15:20, relaybot (tech-peer) <\nrelaybot+a19.k3v9@lists.example.org> a écrit :\n\n{LETTER}\n",
        "Bonjour,\n\nc'est d'accord pour samedi.",
    ),
    (
        "gmail spanish",
        f"Sí, el sábado puedo.\n\nEl sáb, 21 nov 2026 a las 15:20, relaybot (<relaybot@lists.example.org>)\nescribió:\n\n{LETTER}\n",
        "Sí, el sábado puedo.",
    ),
    (
        "gmail portuguese",
        f"status\n\nEm sáb., 21 de nov. de 2026 às 15:20, relaybot <\nrelaybot@lists.example.org> escreveu:\n\n{LETTER}\n",
        "status",
    ),
    (
        "gmail italian",
        f"Va bene!\n\nIl giorno sab 21 nov 2026 alle ore 15:20 relaybot <relaybot@lists.example.org>\nha scritto:\n\n{LETTER}\n",
        "Va bene!",
    ),
    (
        "gmail dutch",
        f"Prima, tot dan.\n\nOp za 21 nov 2026 om 15:20 schreef relaybot <relaybot@lists.example.org>:\n\n{LETTER}\n",
        "Prima, tot dan.",
    ),
    (
        "gmail polish",
        f"Tak, zgadzam się.\n\nsob., 21 lis 2026 o 15:20 relaybot <relaybot@lists.example.org> napisał(a):\n\n{LETTER}\n",
        "Tak, zgadzam się.",
    ),
    (
        "gmail japanese",
        f"土曜日で大丈夫です。\n\n2026年11月21日(土) 15:20 relaybot <relaybot@lists.example.org>:\n\n{LETTER}\n",
        "土曜日で大丈夫です。",
    ),
    (
        "gmail chinese",
        f"可以，周六见。\n\nrelaybot <relaybot@lists.example.org> 于2026年11月21日周六 15:20写道：\n\n{LETTER}\n",
        "可以，周六见。",
    ),
    (
        "gmail taiwan",
        f"好的\n\nrelaybot <relaybot@lists.example.org> 於 2026年11月21日 週六 下午3:20寫道：\n\n{LETTER}\n",
        "好的",
    ),
    (
        "gmail korean",
        f"네, 좋습니다.\n\n2026년 11월 21일 (토) 오후 3:20, relaybot <relaybot@lists.example.org>님이 작성:\n\n{LETTER}\n",
        "네, 좋습니다.",
    ),
    (
        "gmail russian",
        f"Да, подходит.\n\nсб, 21 нояб. 2026 г. в 15:20, relaybot <relaybot@lists.example.org>:\n\n{LETTER}\n",
        "Да, подходит.",
    ),
    (
        "gmail arabic",
        f"نعم، موافق.\n\nفي السبت، 21 نوفمبر 2026 في 3:20 م تمت كتابة ما يلي بواسطة relaybot\n<relaybot@lists.example.org>:\n\n{LETTER}\n",
        "نعم، موافق.",
    ),
    (
        "gmail hebrew",
        f"כן, מתאים.\n\n\u202bבתאריך שבת, 21 בנוב׳ 2026 ב-15:20 מאת \u202arelaybot\u202c\u200f <\u202arelaybot@lists.example.org\u202c\u200f>:\u202c\n\n{LETTER}\n",
        "כן, מתאים.",
    ),
    (
        "gmail turkish",
        f"Tamam, olur.\n\nrelaybot <relaybot@lists.example.org>, 21 Kas 2026 Cmt, 15:20 tarihinde şunu yazdı:\n\n{LETTER}\n",
        "Tamam, olur.",
    ),
    (
        "gmail hungarian",
        f"Igen, jó lesz.\n\nrelaybot <relaybot@lists.example.org> ezt írta (időpont: 2026. nov. 21., Szo, 15:20):\n\n{LETTER}\n",
        "Igen, jó lesz.",
    ),
    (
        "gmail vietnamese",
        f"Vâng, được.\n\nVào 15:20, Th 7, 21 thg 11, 2026 relaybot <relaybot@lists.example.org>\nđã viết:\n\n{LETTER}\n",
        "Vâng, được.",
    ),
    (
        "apple mail swedish",
        f"Ja tack!\n\n> 21 nov. 2026 kl. 15:20 skrev relaybot <relaybot@lists.example.org>:\n> \n{LETTER}\n",
        "Ja tack!",
    ),
    (
        "iphone english",
        f"Yes\n\nSent from my iPhone\n\n> On Nov 21, 2026, at 3:20 PM, relaybot <relaybot@lists.example.org> wrote:\n> \n> \ufeff{LETTER[2:]}\n",
        "Yes",
    ),
    (
        "iphone german, quotes without marks",
        "Passt mir gut, danke\n\nVon meinem iPhone gesendet\n\nAm 21.11.2026 um 15:20 schrieb relaybot <relaybot@lists.example.org>:\n\n\ufeff\nGood morning Chidi,\n\nleave\n",
        "Passt mir gut, danke",
    ),
    (
        "iphone french",
        f"Oui merci\n\nEnvoyé de mon iPhone\n\nLe 21 nov. 2026 à 15:20, relaybot <relaybot@lists.example.org> a écrit :\n\n{LETTER}\n",
        "Oui merci",
    ),
    (
        "iphone portuguese",
        f"Sim\n\nEnviado do meu iPhone\n\n> Em 21 de nov. de 2026, à(s) 15:20, relaybot <relaybot@lists.example.org> escreveu:\n> \n{LETTER}\n",
        "Sim",
    ),
    (
        "iphone japanese",
        f"はい、お願いします。\n\niPhoneから送信\n\n2026/11/21 15:20、relaybot <relaybot@lists.example.org>のメール:\n\n{LETTER}\n",
        "はい、お願いします。",
    ),
    (
        "iphone chinese",
        f"没问题\n\n发自我的 iPhone\n\n> 在 2026年11月21日，15:20，relaybot <relaybot@lists.example.org> 写道：\n> \n{LETTER}\n",
        "没问题",
    ),
    (
        "outlook english",
        "accept\n\nKind regards,\nMette\n\nFrom: relaybot (tech-peer) <relaybot+m15.k3v9@lists.example.org>\nSent: Saturday, November 21, 2026 3:20 PM\nTo: Mette <mette@example.dk>\nSubject: A partner for you [M15]\n\nGood morning Mette,\n\ndrop\n",
        "accept\n\nKind regards,\nMette",
    ),
    (
        "outlook german, with a rule above",
        "Einverstanden.\n\n________________________________\nVon: relaybot <relaybot@lists.example.org>\nGesendet: Samstag, 21. November 2026 15:20\nAn: Jana <jana@example.de>\nBetreff: Ein Vorschlag [M15]\n\nGuten Tag Jana,\n",
        "Einverstanden.",
    ),
    (
        "outlook french",
        "Je préfère le jeudi.\n\nDe : relaybot <relaybot@lists.example.org>\nEnvoyé : samedi 21 novembre 2026 15:20\nÀ : Luc <luc@example.fr>\nObjet : Une proposition [M15]\n\nBonjour Luc,\n",
        "Je préfère le jeudi.",
    ),
    (
        "outlook for ios, spanish",
        "De acuerdo, hasta el sábado.\n\nObtener Outlook para iOS<https://aka.ms/o0ukef>\n________________________________\nDe: relaybot <relaybot@lists.example.org>\nEnviado: sábado, noviembre 21, 2026 3:20 PM\nPara: Ana <ana@example.es>\nAsunto: Propuesta [M15]\n\nHola Ana,\n",
        "De acuerdo, hasta el sábado.",
    ),
    (
        "outlook russian",
        "Хорошо.\n\nОт: relaybot <relaybot@lists.example.org>\nОтправлено: 21 ноября 2026 г. 15:20\nКому: Анна\nТема: Предложение [M15]\n\nЗдравствуйте, Анна!\n",
        "Хорошо.",
    ),
    (
        "outlook chinese",
        "同意\n\n发件人: relaybot <relaybot@lists.example.org>\n发送时间: 2026年11月21日 15:20\n收件人: 王芳\n主题: 建议 [M15]\n\n王芳，你好：\n",
        "同意",
    ),
    (
        "outlook original message",
        "Ok.\n\n-----Original Message-----\nFrom: relaybot <relaybot@lists.example.org> \nSent: Saturday, November 21, 2026 3:20 PM\nTo: mette@example.dk\nSubject: Hello\n\nGood morning,\n",
        "Ok.",
    ),
    (
        "thunderbird, answered below",
        f"On 11/21/26 15:20, relaybot wrote:\n{LETTER}\n\nEvenings after 18.\n\n-- \nJonas Weber\nhttps://example.de/~jonas\n",
        "Evenings after 18.",
    ),
    (
        "thunderbird german",
        f"relaybot schrieb am 21.11.26 um 15:20:\n{LETTER}\nAbends ab 18 Uhr.\n",
        "Abends ab 18 Uhr.",
    ),
    (
        "thunderbird french, name first",
        f"Bonsoir\n\nrelaybot a écrit le 21/11/2026 à 15:20 :\n{LETTER}\n\nLe soir.\n",
        "Bonsoir\n\nLe soir.",
    ),
    (
        "yahoo",
        "I would like to wait.\n\nSent from Yahoo Mail on Android\n\n  On Sat, Nov 21, 2026 at 3:20 PM, relaybot<relaybot@lists.example.org> wrote:   Good morning,\n\nleave\n",
        "I would like to wait.",
    ),
    (
        "proton",
        f"Thursday is better.\n\nSent with Proton Mail secure email.\n\nOn Saturday, November 21st, 2026 at 3:20 PM, relaybot <relaybot@lists.example.org> wrote:\n\n{LETTER}\n",
        "Thursday is better.",
    ),
    (
        "proton, older",
        f"Thursday.\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Saturday, November 21, 2026 3:20 PM, relaybot <relaybot@lists.example.org> wrote:\n\n{LETTER}\n",
        "Thursday.",
    ),
    (
        "k-9",
        f"Ja.\n\nAm 21. November 2026 15:20:11 MEZ schrieb relaybot <relaybot@lists.example.org>:\n{LETTER.replace('> ', '>')}\n\n-- \nDiese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.\n",
        "Ja.",
    ),
    (
        "samsung",
        "Fine with me.\n\nSent from my Galaxy\n\n-------- Original message --------\nFrom: relaybot <relaybot@lists.example.org>\nDate: 21/11/2026 15:20 (GMT+00:00)\nTo: chidi@example.net\nSubject: Welcome\n\nGood morning,\n",
        "Fine with me.",
    ),
    (
        "blackberry danish",
        "Fint.\n\nSendt fra min BlackBerry\n\n-------- Oprindelig meddelelse --------\nFra: relaybot\nDato: 21-11-2026 15.20\nTil: mette@example.dk\nEmne: Velkommen\n\nGodmorgen\n",
        "Fint.",
    ),
    (
        "mutt and friends, several answers",
        "Hello,\n\n* relaybot [2026-11-21 15:20]:\n> hours that usually suit you:\nEvenings.\n\n> languages:\nEnglish\n\nBye\n",
        "Hello,\n\nEvenings.\n\nEnglish\n\nBye",
    ),
    (
        "gnus, with initials",
        "relaybot <relaybot@lists.example.org> writes:\n\nRB> hours that usually suit you:\nRB> languages:\n\nEvenings, English.\n",
        "Evenings, English.",
    ),
    (
        "horde",
        f"Zitat von relaybot <relaybot@lists.example.org>:\n\n{LETTER}\n\nAbends.\n",
        "Abends.",
    ),
    (
        "web mail with bars",
        "On 2026-11-21 15:20, relaybot wrote:\n| Good morning,\n| drop\n\nThank you, yes.\n",
        "Thank you, yes.",
    ),
    (
        "a signature with titles",
        "I can do Friday.\n\nBest regards,\nJohn Smith\nHead of Data, Example Ltd\n+44 20 7946 0000\nwww.example.co.uk\n",
        "I can do Friday.",
    ),
    (
        "a disclaimer",
        "Agreed.\n\nJohn\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. If you are not the intended\nrecipient please delete it and notify the sender.\n",
        "Agreed.\n\nJohn",
    ),
    (
        "a list's footer",
        "I am in.\n\n_______________________________________________\npeers mailing list -- peers@lists.example.org\nTo unsubscribe send an email to peers-leave@lists.example.org\n",
        "I am in.",
    ),
    (
        "a scanner's note",
        "Yes.\n\nVirus-free. www.avast.com\n",
        "Yes.",
    ),
    (
        "a gateway's warning on top",
        "CAUTION: This email originated from outside of the organization. Do not click links.\n\nYes, Tuesday.\n",
        "Yes, Tuesday.",
    ),
    ("only a quote", f"On Sat, Nov 21, 2026 at 3:20 PM relaybot <relaybot@lists.example.org> wrote:\n\n{LETTER}\n", ""),
    (
        "only a forward",
        "---------- Forwarded message ---------\nFrom: Ana <ana@example.pt>\nDate: Sat, Nov 21, 2026 at 3:20 PM\nSubject: take part\nTo: <dana@example.org>\n\nleave\n",
        "",
    ),
)

# Lines that look like something else, and are a person's own: nothing of these mails may go.
OWN: tuple[tuple[str, str], ...] = (
    ("sent from, in a sentence", "The notification was sent from my iPhone app to all users.\n\nCan you look?"),
    ("sent from, with more to say", "Sent from my desk, it is quieter here than on the phone.\n\nSee you."),
    ("a weekday", "On Thursday:\n\nI have time from 18:00.\n\nOn Friday:\n\nnone."),
    ("on this day", "On this day\n\nI wrote something\n\nwhich was long."),
    ("from and to", "From: Lagos\nTo: Lisbon\n\nI move in May."),
    ("what she wrote", "Yesterday Ana wrote:\n\nI would like to stop, and I think she means it."),
    ("a table", "Day  Hour\n---------\nMon  18:00\nTue  19:00\n\nwhich of them?"),
    (
        "contact data as an answer",
        "A second way to reach me:\n\nchidi@example.com\n+234 1 555 0123\nhttps://example.net/chidi",
    ),
    ("links", "Two links:\n\nhttps://example.net/a\nhttps://example.net/b"),
    ("a dash", "Bread - butter - jam.\n\n- one\n- two\n\n-- not a signature, this goes on"),
    ("a plain sign-off", "Saturday is fine.\n\nThanks,\nChidi"),
    ("something in confidence", "This message is confidential: please do not tell my partner that I want to leave."),
    ("code", "```\n# a comment\n####\nprint(1)\n```\n\nthat is all"),
    ("unsubscribe, the command", "unsubscribe"),
    ("heading", "Hours\n=====\nevenings\n\nLanguages\n=====\nEnglish"),
    ("von meinem", "Von meinem Vater habe ich das gelernt.\n\nGruß\nJana"),
    ("a time with a colon", "Am 21. um 18:00 habe ich Zeit:\n\ndas wäre gut."),
    ("steps", "1. open it\n2. close it\n\n***\n\nand then?"),
    ("no greeting from a device", "Enviado por correo ayer, ¿llegó?\n\nAna"),
    ("an offer of an hour", "2026-11-21 18:00 UTC works for me\n\nand the week after too."),
    ("an hour alone", "2026-11-21 18:00 GMT+01:00"),
    ("hours as a list", "Date: 21.11.2026\nFrom: 18:00\nTo: 19:00\n\nDoes that suit?"),
    ("what I wrote", "I wrote to dana@example.org:\n\nHello Dana, may I stop?"),
    ("what we wrote on a day", "On 3 May 2026 we wrote:\n\nplease be kind."),
    ("a postscript", "Saturday is fine.\n\nThanks,\nChidi\nP.S. I study at the university of Lagos."),
    ("a sign-off and a link", "Here is one:\n\nThanks,\nChidi\nhttps://example.net/chidi"),
    ("a word of thanks on top", "Thanks,\n\nmy hours are:\nMonday 18:00\nTuesday 19:00\nand ana@example.pt knows me"),
    ("somebody's address", "ana@example.pt wrote to me about it yesterday:\n\nshe likes it."),
    ("sent from there", "Sent from there, with love.\n\nAna"),
    ("a journey", "From: Lagos\nTo: Lisbon\nDate: in May\n\nThen I live on another clock."),
    ("headings of a plan", "Date: Friday\nPlace: Lagos\n\nIs that right?"),
)
