"""Data only: names of languages as people write them, in English and as the languages call themselves and each other.

Only what stands here is read as a language out of somebody's prose.
"""

from __future__ import annotations

_ENGLISH = """
Afrikaans, Akan, Albanian, Amharic, Arabic, Armenian, Assamese, Azerbaijani, Basque, Belarusian, Bengali, Berber, Bosnian, Breton,
Bulgarian, Burmese, Cantonese, Catalan, Cebuano, Chichewa, Chinese, Croatian, Czech, Danish, Dari, Dutch, Edo, English, Esperanto, Estonian,
Ewe, Faroese, Finnish, Flemish, French, Frisian, Fula, Fulani, Galician, Georgian, German, Greek, Guarani, Gujarati, Haitian Creole,
Hausa, Hawaiian, Hebrew, Hindi, Hungarian, Icelandic, Igbo, Indonesian, Irish, Italian, Japanese, Javanese, Kannada, Kazakh, Khmer,
Kikuyu, Kinyarwanda, Kirundi, Korean, Krio, Kurdish, Kyrgyz, Lao, Latin, Latvian, Lingala, Lithuanian, Luganda, Luo, Luxembourgish,
Macedonian, Malagasy, Malay, Malayalam, Maltese, Maori, Marathi, Moldovan, Mongolian, Ndebele, Nepali, Norwegian, Oromo, Ossetian, Pashto,
Persian, Pidgin, Nigerian Pidgin, Polish, Portuguese, Brazilian Portuguese, Punjabi, Quechua, Romanian, Romansh, Russian, Samoan, Sanskrit,
Scottish Gaelic, Serbian, Serbo-Croatian, Sesotho, Setswana, Shona, Sindhi, Sinhala, Slovak, Slovenian, Somali, Sorbian, Spanish,
Sundanese, Swahili, Swedish, Swiss German, Tagalog, Filipino, Tajik, Tamil, Tatar, Telugu, Thai, Tibetan, Tigrinya, Turkish, Turkmen,
Twi, Uighur, Ukrainian, Urdu, Uzbek, Vietnamese, Welsh, Wolof, Xhosa, Yiddish, Yoruba, Zulu
"""

_OTHERS = {
    "Arabic": "arabisch, arabe, árabe", "Catalan": "català, catala, katalanisch, catalán, catalão",
    "Chinese": "mandarin, mandarin chinese, chinesisch, chinois, chino, chinês, 中文", "Croatian": "hrvatski, kroatisch",
    "Czech": "čeština, cestina, tschechisch, tchèque, checo, česky, cesky", "Danish": "dansk, dänisch, danois, danés",
    "Dutch": "nederlands, niederländisch, néerlandais, neerlandés, holandés, holandês, hollands",
    "English": "englisch, anglais, inglés, ingles, inglês, engels, inglese, angielski, engelska, engelsk, englanti",
    "Finnish": "suomi, finnisch, finnois", "French": "français, francais, französisch, franzoesisch, francés, frances, francês, frans, francese",
    "German": "deutsch, allemand, alemán, aleman, alemão, alemao, duits, tedesco, niemiecki, tyska",
    "Greek": "griechisch, grec, griego, grego, ελληνικά", "Hebrew": "ivrit, hebräisch", "Hungarian": "magyar, ungarisch, hongrois",
    "Italian": "italiano, italienisch, italien, italiaans", "Japanese": "japanisch, japonais, japonés, japonês, nihongo, 日本語",
    "Korean": "koreanisch, coréen, coreano", "Norwegian": "norsk, norwegisch, bokmål, nynorsk", "Persian": "farsi, persisch, persan",
    "Polish": "polski, polnisch, polonais, polaco", "Portuguese": "português, portugues, portugiesisch, portugais, portugués",
    "Romanian": "română, romana, rumänisch, roumain, rumano", "Russian": "russisch, russe, ruso, russo, русский",
    "Spanish": "español, espanol, castellano, spanisch, espagnol, espanhol, spagnolo, spaans",
    "Swahili": "kiswahili", "Swedish": "svenska, schwedisch, suédois, sueco", "Turkish": "türkçe, turkce, türkisch, turc, turco",
    "Ukrainian": "ukrainisch, ukrainien, українська", "Kikuyu": "gikuyu", "Tagalog": "tagalog",
}  # fmt: skip

LANGUAGES: dict[str, str] = {
    name.casefold(): name for name in (" ".join(raw.split()) for raw in _ENGLISH.replace("\n", " ").split(","))
} | {other.strip().casefold(): name for name, others in _OTHERS.items() for other in others.split(",")}
"""A name as written (casefolded) -> its usual English name."""

LONGEST = max(len(name.split()) for name in LANGUAGES)
"""Words in the longest name."""
