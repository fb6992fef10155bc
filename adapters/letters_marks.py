"""What mail programs write around a reply, language by language: tables only, no rules.

Everything is casefolded, without emphasis marks and with single spaces, as `letters_quotes.plain` makes it.
"""

from __future__ import annotations

from collections.abc import Iterable


class Beginnings:
    """Many beginnings a line may have, asked for at the price of few: they are sorted by their first two letters."""

    def __init__(self, beginnings: Iterable[str]) -> None:
        self._by_start: dict[str, tuple[str, ...]] = {}
        for beginning in beginnings:
            start = beginning[:2]
            self._by_start[start] = (*self._by_start.get(start, ()), beginning)

    def of(self, line: str) -> str:
        """The one that `line` begins with, the longest first; "" for none."""
        hits = [beginning for beginning in self._by_start.get(line[:2], ()) if line.startswith(beginning)]
        return max(hits, key=len, default="")


# ------------------------------------------------------------------------------- lines that say who wrote

# Words for "wrote", and those for "said", which are believed only right above a quote.
WROTE = frozenset(
    (
        "wrote writes written schrieb schreibt geschrieben écrit ecrit écrivait escribió escribio escrito escreveu scritto scrive scrisse "
        "schreef geschreven skrev skrifaði kirjoitti napisał napisała pisze napisal napsal napsala napísal napísala píše napisao napisala "
        "piše написал написала пишет писал писала пише написав написа напиша написао írta scris έγραψε γράφει yazdı yazmış menulis viết "
        "작성 كتب كتبت כתב כתבה نوشت escriure escrigué escribiu idatzi kirjutas rakstīja rašė parašė scríobh ysgrifennodd skribis geskryf "
        "napisana napisane napisany shkroi isinulat sumulat aliandika लिखा missatge"
    ).split()
)
SAID = frozenset(
    "said says sagte meinte dit disait dijo disse zei sa sanoi powiedział řekl сказал сказала skribbled scribbled".split()
)
WROTE_INSIDE = (
    "写道|寫道|写到|寫到|写了|寫了|撰写|撰寫|書きました|さんのメール|のメール|のメッセージ|님이 작성|님이 쓴|작성했습니다|썼습니다|เขียนว่า|เขียน|כתב/ה"
).split("|")

# People who tell of themselves do not begin as a mail program does.
SELF = frozenset("i i've we ich wir je j'ai nous yo he hemos eu io ho ik jeg jag minä ja я мы 我 as".split())

# Words such a line begins with. One of them alone proves nothing: a number has to follow soon.
OPENERS = frozenset(
    (
        "on at in am um vom von le il el em en op den de dne dňa dnia w dnia dana dne v u la lo pada vào lúc ngày στις την "
        "в във на у a á à as às dia data giorno på kl klo tarihinde في بتاريخ יום בתאריך ב ב- เมื่อ در ημερομηνία 在 于 於 op the "
        "ma ti ke to pe su mon tue wed thu fri sat sun lun mar mer jeu ven sam dim no ar die ons tors tis mån lör sön"
    ).split()
)

# "Quoting Ana <ana@example.org>:" without any date.
QUOTING = (
    "quoting ",
    "zitat von ",
    "citando ",
    "citando a ",
    "citation de ",
    "en réponse à ",
    "quotando ",
    "cytowanie ",
    "citeren ",
)

# ------------------------------------------------------------------------------- headers copied into the text

HEADERS: dict[str, str] = {
    key: kind
    for kind, keys in {
        "from": "from|von|de|da|van|fra|från|od|от|від|feladó|发件人|寄件者|寄件人|差出人|送信者|送信元|보낸 사람|보낸사람|من|מאת|από|"
        "gönderen|kimden|dari|từ|người gửi|lähettäjä|expéditeur|remetente|mittente|afzender|nadawca|odesílatel|odosielateľ|de la|"
        "จาก|saatja|no|nuo|pošiljatelj|šalje|од|ոումից|sender|frá|des de|nork|फ़्रॉम|از|发信人|寄信人|absender",
        "date": "sent|date|sent on|sent at|received|gesendet|gesendet am|datum|envoyé|envoyé le|date d'envoi|enviado|enviado el|enviado em|"
        "enviada em|enviado a|fecha|data|inviato|inviato il|verzonden|sendt|dato|skickat|skickat den|wysłano|wysłane|отправлено|"
        "отправлен|дата|надіслано|відправлено|elküldve|küldve|dátum|odesláno|odoslané|发送时间|发送日期|日期|時間|时间|寄件日期|傳送日期|"
        "送信日時|日時|日付|보낸 날짜|날짜|보낸날짜|التاريخ|تم الإرسال|تاريخ الإرسال|أرسلت|أُرسلت|נשלח|תאריך|στάλθηκε|ημερομηνία|"
        "απεσταλμένα|gönderildi|gönderme tarihi|tarih|dikirim|terkirim|tanggal|đã gửi|ngày|ngày gửi|lähetetty|päivämäärä|päiväys|"
        "trimis|ส่ง|วันที่|saadetud|kuupäev|nosūtīts|išsiųsta|изпратено|послато|poslano|poslato|message du|enviat|ارسال شده|تاریخ|"
        "sänt|sendt den|datum/tijd|data e ora|data/hora",
        "to": "to|an|à|a|para|aan|til|till|do|кому|до|címzett|komu|收件人|收件者|宛先|받는 사람|받는사람|إلى|الى|אל|προς|για|kime|alıcı|"
        "kepada|ke|tới|đến|người nhận|vastaanottaja|către|catre|destinataire|destinatario|destinatário|pre|za|prima|към|до|ถึง|"
        "saaja|kam|kam|kas|per|nori|به|收信人|empfänger|ontvanger|mottagare|adresat|til:|pour",
        "subject": "subject|betreff|betr|betrifft|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|тема|tárgy|předmět|"
        "predmet|主题|主旨|主題|件名|제목|الموضوع|נושא|הנדון|θέμα|konu|subjek|subyek|perihal|chủ đề|tiêu đề|aihe|otsikko|subiect|"
        "zadeva|относно|หัวข้อ|เรื่อง|teema|temats|tema|assumpte|gaia|efni|موضوع|标题|標題",
        "other": "cc|kopie|copie|copie à|copia|cópia|副本|抄送|참조|kopia|kopi|копия|копія|másolatot kap|másolat|kopie an|bcc|cci|cco|"
        "reply-to|reply to|risposta|antwort an|répondre à|responder a|responder para|rispondi a|svar til|importance|attachments|"
        "priority|wichtigkeit|anlagen|pièces jointes|datei|adjuntos|anexos|allegati|bijlagen|вложения|组织|organization|"
        "kopyası|bilgi|κοιν|κοινοποίηση|نسخة|עותק|kk|dw|udw|dôležitosť|mailed-by|signed-by|list-id|message-id",
    }.items()
    for key in keys.split("|")
}

# Inside a line of dashes ("----- Original Message -----"): parts of words.
ORIGINAL = tuple(
    "original|oprindelig|opprinnelig|ursprung|ursprüng|d'origine|d’origine|initial|oorspronkelijk|alkuperäi|oryginaln|původní|pôvodn|"
    "исходн|оригинал|eredeti|αρχικ|özgün|orijinal|asli|gốc|原始|原邮件|原郵件|元の|원본|원문|الأصلية|מקורית|izvorn|izvirn|algne|"
    "forward|weitergeleitet|weiterleitung|transféré|réexpédié|reenviad|reencaminhad|encaminhad|inoltrat|doorgestuurd|vidarebefordra|"
    "videresen|välitetty|przekazan|пересыл|переслан|переадрес|továbbított|přeposl|preposlan|transmis|redirecționat|προωθ|iletilen|"
    "yönlendirilen|diteruskan|chuyển tiếp|转发|轉寄|轉發|転送|전달|محولة|מועבר|prosleđen|posredovan|reply message|antwortnachricht|"
    "above this line|below this line|messaggio di risposta|mensaje de respuesta|message de réponse|nachricht|citat|in reply to|回复|回覆|返信".split(
        "|"
    )
)

# The same without dashes, as Apple's programs write it.
FORWARD_BEGINS = Beginnings(
    (
        "original message processed by",
        "##- ",
        "reply above this line",
        "please reply above this line",
        "please type your reply above this line",
        "please do not write below this line",
        "write above this line",
        "bitte antworten sie oberhalb dieser",
        "veuillez répondre au-dessus de cette",
        "responda por encima de esta",
        "begin forwarded message",
        "anfang der weitergeleiteten",
        "début du message",
        "inicio del mensaje reenviado",
        "início da mensagem re",
        "início da mensagem enc",
        "inizio messaggio inoltrato",
        "inizio del messaggio inoltrato",
        "begin doorgestuurd bericht",
        "vidarebefordrat brev",
        "start på videresendt",
        "begynnelse på videresendt",
        "videresendt besked",
        "videresendt melding",
        "edelleenlähetetty viesti",
        "välitetty viesti alkaa",
        "początek przekazywanej",
        "начало переадресованного",
        "начало переадресованного",
        "továbbított levél",
        "začátek přeposlané",
        "下面是被转发的邮件",
        "開始轉寄",
        "转发邮件",
        "転送されたメッセージ",
        "전달된 메시지",
        "بداية الرسالة",
        "iletilen ileti",
        "αρχή προωθημένου",
    )
)

# ------------------------------------------------------------------------------- what phones add

# Those that say "my": what follows is a device, whatever its name. After the others a device or program has to be named.
SENT_MINE = Beginnings((
    "sent from my ", "sent from a phone", "sent from mobile", "sent from a mobile", "sent on the move", "sent on the go", "sent via mobile",
    "sent by my ", "sent with my ", "sent using my ", "sent on my ", "from my iphone", "from my ipad", "from my android", "typed on my ",
    "written on my ", "gesendet von meinem ", "gesendet von meiner ", "gesendet von unterwegs", "von unterwegs gesendet", "envoyé de mon ",
    "envoyé de ma ", "envoyé depuis mon ", "envoyé depuis ma ", "envoyé avec mon ", "enviado desde mi ", "enviado de mi ", "enviado do meu ",
    "enviado a partir do meu ", "enviada do meu ", "inviato dal mio ", "inviato da mio ", "inviato dalla mia ", "verzonden vanaf mijn ",
    "verzonden met mijn ", "verstuurd vanaf mijn ", "sendt fra min ", "sendt fra mit ", "skickat från min ", "skickat från mitt ",
    "skickades från min ", "wysłane z mojego ", "wysłano z mojego ", "wysłane z telefonu", "wysłano z telefonu", "odesláno z mého ",
    "odoslané z môjho ", "poslano s mojeg ", "poslato sa mog ", "отправлено с моего ", "отправлено с мобильного", "надіслано з мого ",
    "trimis de pe ", "στάλθηκε από το ", "发自我的", "來自我的", "来自我的", "從我的", "从我的", "發自我的", "傳自我的",
    "أرسلت من", "أُرسلت من", "تم الإرسال من", "مرسل من", "נשלח מה", "נשלח מ-", "ارسال شده از", "được gửi từ ", "đã gửi từ ", "dikirim dari ",
    "ส่งจาก", "enviat des del meu ", "saadetud minu ", "sūtīts no mana ", "išsiųsta iš mano ", "изпратено от моя ",
))  # fmt: skip
SENT_BY = Beginnings((
    "sent from ", "sent via ", "sent with ", "sent using ", "sent by ", "sent through ", "sent on ", "from my ", "gesendet von ",
    "gesendet mit ", "gesendet via ", "gesendet aus ", "gesendet über ", "diese nachricht wurde von ", "diese nachricht wurde mit ",
    "diese e-mail wurde von ", "diese mail wurde ", "von meinem ", "envoyé depuis ", "envoyé à partir ", "envoyé avec ", "envoyé via ",
    "envoyé par ", "envoyé de ", "envoyé grâce ", "provenance : ", "enviado desde ", "enviado con ", "enviado a través ", "enviado por ",
    "enviado do ", "enviado de ", "enviado a partir ", "enviado pelo ", "enviado via ", "enviado com ", "inviato da ", "inviato dal ",
    "inviato con ", "inviato tramite ", "verzonden vanaf ", "verzonden met ", "verzonden via ", "verstuurd vanaf ", "verstuurd met ",
    "verstuurd via ", "verzonden vanuit ", "sendt fra ", "sendt med ", "sendt via ", "skickat från ", "skickat med ", "skickat via ",
    "lähetetty ", "wysłane z ", "wysłano z ", "wysłane przez ", "odesláno z ", "odesláno ze ", "odoslané z ", "poslano s ", "poslano iz ",
    "poslato sa ", "отправлено с ", "отправлено из ", "отправлено через ", "надіслано з ", "изпратено от ", "发自", "發自", "来自", "寄自",
    "στάλθηκε από ", "trimis cu ", "trimis din ", "get outlook", "get [outlook", "download outlook", "outlook voor ", "outlook für ", "outlook for ",
    "holen sie sich outlook", "outlook herunterladen", "obtenir outlook", "obtenez outlook", "télécharger outlook", "téléchargez outlook",
    "obtener outlook", "obtén outlook", "obtenga outlook", "descargar outlook", "obter o outlook", "obter outlook", "baixar o outlook",
    "ottieni outlook", "scarica outlook", "downloaden outlook", "hent outlook", "hämta outlook", "hanki outlook", "last ned outlook",
    "pobierz outlook", "získat outlook", "скачать outlook", "загрузить outlook", "outlook'u", "outlook を", "下载 outlook", "取得 outlook",
    "获取 outlook", "outlook para", "outlook pour", "outlook per", "composed with ", "written with ", "posted from my ", "mailed from ",
))  # fmt: skip
SENT_ENDS = (
    " gesendet",
    "から送信",
    "より送信",
    "에서 보냄",
    "에서 전송됨",
    "에서 보냈습니다",
    " gönderildi",
    " küldve",
    " küldtem",
    " 傳送",
    " 傳送的",
    "发送",
    " 发送的",
    "寄出",
    " lähetetty",
)
DEVICES = frozenset(
    (
        "ipad ipod ios samsung galaxy huawei xiaomi redmi nokia lumia htc sony xperia motorola pixel oneplus oppo realme wiko "
        "alcatel blackberry fairphone windows outlook yahoo gmail e-mail email mail mailbox airmail sparrow spark proton "
        "protonmail tutanota tuta thunderbird aquamail bluemail zoho gmx web.de t-online orange laposte libero mobile mobil "
        "móvil movil celular cellulare teléfono telefono telemóvel téléphone phone smartphone handy tablet tablette mobilgerät "
        "mobiltelefon mobiele telefoon telefon telefonu mobilen cell device dispositivo appareil toestel boxer newton polymail "
        "superhuman verizon at&t t-mobile wireless macbook laptop smarttelefon puhelimesta yandex nine geräten unterwegs "
        "mailspring evolution kmail mutt emacs gnus roundcube posteo mailbox.org workspace app mac pc watch hey k-9 "
    ).split()
)
DEVICES_BEGIN = tuple(
    "iphon ipad ipod android samsung galaxy blackberry windows outlook smartphone telefon mobil handy tablet k-9".split()
)
DEVICES_INSIDE = tuple(
    "мобильного телефона почты яндекс 手机 手機 邮箱 スマートフォン 携帯 휴대 iphone ipad android".split()
)
EXCUSES = ("please", "excuse", "sorry", "pardon", "apolog", "forgive", "typo", "brevity", "so ", "bitte", "désolé", "merci", "disculp", "perdon", "www", "http", "therefore", "hence", "thus", "get ", "on ")  # fmt: skip

# ------------------------------------------------------------------------------- footers, disclaimers

# Lines that lists, trackers and virus scanners add; everything from there on is theirs.
FOOTERS = Beginnings((
    "you received this message because", "you are receiving this", "you're receiving this", "you have received this message because",
    "to unsubscribe from", "to unsubscribe,", "to unsubscribe send", "to unsubscribe or", "to unsubscribe:",
    "to stop receiving", "reply to this email directly", "reply to this message directly", "to respond, reply to this email",
    "for more options, visit", "to view this discussion", "to post to this group", "manage your subscription", "list archive:",
    "um sich abzumelden", "sie erhalten diese nachricht", "sie haben diese nachricht erhalten, weil", "pour vous désabonner",
    "pour se désabonner", "vous recevez ce message", "para cancelar la suscripción", "para darse de baja", "has recibido este mensaje porque",
    "recibiste este mensaje porque", "para cancelar a inscrição", "você recebeu esta mensagem porque", "para anular a subscrição",
    "per annullare l'iscrizione", "hai ricevuto questo messaggio", "u ontvangt dit bericht", "aby wypisać się", "чтобы отменить подписку",
    "вы получили это сообщение", "avsluta prenumerationen", "virus-free.", "virus-free ", "virenfrei.", "libre de virus", "sans virus.",
    "garanti sans virus", "mail priva di virus", "priva di virus.", "livre de vírus", "virusvrij.", "wolny od wirusów", "bez virů",
    "без вирусов", "this email has been checked for viruses", "this e-mail has been checked", "this email has been scanned",
    "this message has been scanned", "this email was scanned", "this email is free from viruses", "this mail has been scanned",
    "diese e-mail wurde auf viren", "diese e-mail wurde von avast", "l'absence de virus dans ce", "el software de antivirus",
    "este e-mail foi verificado", "este email foi escaneado", "este correo electrónico ha sido", "questo messaggio e' stato analizzato",
    "questo messaggio è stato analizzato", "questa e-mail è stata controllata", "dit e-mailbericht is gecontroleerd",
    "deze e-mail is gecontroleerd", "ta wiadomość została sprawdzona", "tato zpráva byla zkontrolována",
    "please consider the environment", "please think of the environment", "think before you print", "consider the environment before",
    "bitte denken sie an die umwelt", "bitte prüfen sie der umwelt", "pensez à l'environnement", "avant d'imprimer", "antes de imprimir",
    "prima di stampare", "denk aan het milieu", "do you yahoo!?", "<https://www.avast.com/sig-email", "https://www.avast.com/sig-email", "—reply to this email", "external email: use caution",
))  # fmt: skip

# A legal disclaimer begins with one of these and has at least two of the words below within its first lines.
DISCLAIMERS = Beginnings((
    "disclaimer", "confidential", "confidentiality", "important notice", "legal notice", "notice:", "privileged", "this e-mail", "this email",
    "this message", "this communication", "this transmission", "this electronic", "the information contained", "the information in this",
    "the information transmitted", "the contents of this", "the content of this", "if you are not the", "if you have received this",
    "any views", "diese e-mail", "diese mail", "diese nachricht", "der inhalt dieser", "die information", "vertraulich", "haftungsausschluss",
    "ce message", "ce courriel", "ce mail", "ce courrier", "cet e-mail", "cet email", "les informations contenues", "avertissement",
    "avis de confidentialité", "este mensaje", "este correo", "la información contenida", "aviso legal", "aviso de confidencialidad",
    "esta mensagem", "este e-mail", "este email", "a informação contida", "as informações contidas", "aviso de confidencialidade",
    "questo messaggio", "questa e-mail", "questa mail", "le informazioni contenute", "avviso di riservatezza", "dit bericht", "deze e-mail",
    "deze mail", "de informatie", "de inhoud van", "ta wiadomość", "niniejsza wiadomość", "treść tej", "informacje zawarte", "denna e-post",
    "detta meddelande", "denne e-post", "denne e-mail", "denne mail", "tämä viesti", "tämä sähköposti", "данное сообщение", "это сообщение",
    "настоящее сообщение", "информация, содержащаяся", "це повідомлення", "tento e-mail", "tato zpráva", "táto správa", "ez az e-mail",
    "acest mesaj", "acest e-mail", "bu e-posta", "bu mesaj", "本邮件", "本郵件", "此邮件", "この電子メール", "このメール", "이 메일", "本メール",
    "هذه الرسالة", "הודעה זו", "αυτό το μήνυμα", "το παρόν μήνυμα", "email này", "caution",
))  # fmt: skip
LEGAL_WORDS = tuple(
    "intended recipient|intended only|intended solely|solely for|confidential|privileged|unauthori|disclos|addressee|in error|prohibited|"
    "notify the sender|delete|dissemination|distribution|copying|liabil|attachments|malware|virus|vertraulich|unbefugt|adressat|irrtümlich|"
    "empfänger|löschen|vernichten|confidentiel|destinatair|destinatári|par erreur|pièces jointes|interdite|détruire|confidencial|destinatari|por error|"
    "archivos adjuntos|prohibid|por engano|anexos|proibid|riservat|per errore|allegati|vietat|vertrouwelijk|geadresseerd|bestemd|bijlagen|"
    "poufn|wyłącznie|załącznik|adresata|zabronion|konfidentiel|fortrolig|fortroli|mottagare|modtager|mottaker|luottamuksel|vastaanottaj|"
    "конфиденциальн|адресат|получател|ошибк|конфіденційн|důvěrn|dôvern|adresát|bizalmas|címzett|confidențial|gizli|alıcı|yanlışlıkla|"
    "保密|机密|機密|收件人|受信者|宛先|기밀|수신인|سرية|المرسل إليه|סודי|εμπιστευτικ|παραλήπτη|bảo mật|scanned|archived".split(
        "|"
    )
)

# Paragraphs that a gateway puts on top of a mail.
BANNERS = Beginnings((
    "caution: this email originated", "caution: this e-mail originated", "caution: external", "caution - external", "caution! external",
    "[external", "external email", "external sender", "warning: this email originated", "this email originated from outside",
    "this message originated from outside", "you don't often get email from", "some people who received this message don't often",
    "sie erhalten nicht häufig e-mails von", "sie erhalten nicht oft e-mails von", "vous n'obtenez pas souvent", "no suele recibir correo",
    "achtung: diese e-mail", "attention: this email", "[extern", "zjqcmqryfpfptbannerstart",
))  # fmt: skip

# ------------------------------------------------------------------------------- words before a name

# A whole line of this (a comma or a full stop may follow), or its beginning and at most three words more.
SIGN_OFFS = frozenset(
    "best regards|kind regards|kindest regards|warm regards|warmest regards|regards|best|best wishes|all the best|many thanks|thanks|"
    "thank you|thanks and regards|thanks & regards|with thanks|sincerely|yours sincerely|yours faithfully|sincerely yours|yours truly|yours|"
    "cheers|respectfully|cordially|take care|br|rgds|brgds|with best regards|with kind regards|mit freundlichen grüßen|"
    "mit freundlichen grüssen|mit freundlichem gruß|mit besten grüßen|mit herzlichen grüßen|freundliche grüße|freundliche grüsse|viele grüße|"
    "viele grüsse|beste grüße|beste grüsse|liebe grüße|liebe grüsse|herzliche grüße|schöne grüße|grüße|gruß|gruss|mfg|lg|vg|danke|"
    "cordialement|bien cordialement|bien à vous|bien à toi|sincères salutations|salutations|meilleures salutations|amicalement|"
    "très cordialement|cdlt|merci|saludos|un saludo|saludos cordiales|un cordial saludo|cordialmente|atentamente|atte|muchas gracias|gracias|"
    "un abrazo|abraços|um abraço|atenciosamente|att|cumprimentos|melhores cumprimentos|com os melhores cumprimentos|obrigado|obrigada|"
    "grato|cordiali saluti|distinti saluti|saluti|un saluto|grazie|met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|"
    "groeten|groet|hartelijke groet|mvg|med venlig hilsen|venlig hilsen|med vennlig hilsen|vennlig hilsen|mvh|hilsen|"
    "med vänliga hälsningar|vänliga hälsningar|med vänlig hälsning|hälsningar|ystävällisin terveisin|terveisin|parhain terveisin|"
    "pozdrawiam|z poważaniem|pozdrawiam serdecznie|serdecznie pozdrawiam|s pozdravem|s přátelským pozdravem|zdravím|s pozdravom|"
    "lep pozdrav|srdačan pozdrav|s poštovanjem|поздрав|с уважением|с наилучшими пожеланиями|всего доброго|спасибо|з повагою|"
    "поздрави|üdvözlettel|tisztelettel|cu stimă|cu respect|mulțumesc|με εκτίμηση|φιλικά|saygılarımla|iyi çalışmalar|teşekkürler|"
    "salam|terima kasih|trân trọng|此致|敬礼|祝好|谢谢|よろしくお願いします|よろしくお願いいたします|宜しくお願い致します|敬具|감사합니다|"
    "مع تحياتي|تحياتي|مع أطيب التحيات|شكرا|בברכה|תודה|با احترام|salutacions|atentament".split("|")
)
