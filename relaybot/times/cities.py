"""Data only: cities, regions and countries people name, by the IANA zone whose clock they follow.

IANA names themselves are not listed; zones.py reads those from zoneinfo. Names are lower case, without accents.
"""

# Cities that are no IANA name, plus old spellings and regions with one clock. Where a name is used twice in the
# world, the place more people mean is listed: the zone is always echoed, so a wrong guess is seen at once.
CITIES: dict[str, str] = {
    "Africa/Abidjan": "yamoussoukro",
    "Africa/Accra": "kumasi",
    "Africa/Addis_Ababa": "addis",
    "Africa/Cairo": "alexandria, giza",
    "Africa/Casablanca": "rabat, marrakech, marrakesh, fes, tangier, agadir",
    "Africa/Dar_es_Salaam": "dodoma, zanzibar, arusha",
    "Africa/Douala": "yaounde",
    "Africa/Harare": "bulawayo",
    "Africa/Johannesburg": "cape town, pretoria, durban, soweto, bloemfontein, joburg, stellenbosch, port elizabeth",
    "Africa/Kampala": "entebbe",
    "Africa/Lagos": "abuja, kano, ibadan, enugu, port harcourt, kaduna, benin city, ilorin, jos, owerri, calabar, ile ife",
    "Africa/Lusaka": "kitwe, ndola",
    "Africa/Maputo": "beira",
    "Africa/Nairobi": "mombasa, kisumu, nakuru, eldoret",
    "Africa/Tunis": "sfax",
    "America/Anchorage": "alaska",
    "America/Argentina/Buenos_Aires": "la plata, rosario",
    "America/Bahia": "salvador, salvador da bahia, salvador de bahia",
    "America/Bogota": "medellin, cali, barranquilla, cartagena",
    "America/Boise": "idaho",
    "America/Caracas": "maracaibo",
    "America/Chicago": "austin, dallas, houston, san antonio, minneapolis, st paul, saint paul, st louis, saint louis,"
    " milwaukee, madison, new orleans, nashville, memphis, kansas city, oklahoma city, omaha, fort worth, tulsa,"
    " des moines, little rock, birmingham alabama, huntsville, texas, illinois, minnesota, wisconsin, iowa, missouri,"
    " oklahoma, louisiana, alabama, mississippi, arkansas, tx, il, mn, wi, central time, us central, central",
    "America/Costa_Rica": "san jose costa rica",
    "America/Denver": "salt lake city, boulder, colorado springs, albuquerque, santa fe, colorado, utah, new mexico,"
    " wyoming, montana, mountain time, us mountain, mountain",
    "America/Edmonton": "calgary, alberta, banff",
    "America/Fortaleza": "natal, joao pessoa",
    "America/Guayaquil": "quito, cuenca",
    "America/Halifax": "nova scotia",
    "America/Havana": "la habana",
    "America/Kentucky/Louisville": "kentucky",
    "America/La_Paz": "santa cruz de la sierra, cochabamba, sucre",
    "America/Lima": "cusco, arequipa",
    "America/Los_Angeles": "san francisco, seattle, portland, san diego, san jose, oakland, berkeley, sacramento,"
    " las vegas, palo alto, mountain view, silicon valley, bay area, long beach, spokane, reno, california, washington"
    " state, oregon, nevada, pacific time, us pacific, pacific, sf",
    "America/Mexico_City": "guadalajara, puebla, queretaro, leon, ciudad de mexico, cdmx",
    "America/Montevideo": "punta del este",
    "America/New_York": "boston, washington, washington dc, philadelphia, miami, atlanta, orlando, tampa, charlotte,"
    " raleigh, durham, pittsburgh, baltimore, buffalo, rochester, cleveland, columbus, cincinnati, newark, brooklyn,"
    " manhattan, queens, providence, hartford, new haven, princeton, ithaca, ann arbor, richmond, jacksonville, nyc,"
    " new york city, new jersey, massachusetts, pennsylvania, virginia, florida, ohio, maine, vermont, connecticut,"
    " ny, nj, dc, new hampshire, rhode island, maryland, north carolina, south carolina, eastern time, us eastern, eastern",
    "America/Nuuk": "godthab",
    "America/Phoenix": "tucson, arizona, tempe, scottsdale",
    "America/Regina": "saskatoon, saskatchewan",
    "America/Sao_Paulo": "rio de janeiro, rio, brasilia, belo horizonte, curitiba, porto alegre, campinas, florianopolis,"
    " santos, goiania, vitoria",
    "America/Santiago": "valparaiso, concepcion",
    "America/St_Johns": "newfoundland, saint johns",
    "America/Toronto": "montreal, ottawa, quebec, quebec city, hamilton, waterloo, kitchener, mississauga, ontario,"
    " london ontario, gatineau",
    "America/Vancouver": "victoria bc, british columbia, surrey, burnaby, kelowna",
    "America/Whitehorse": "yukon",
    "America/Winnipeg": "manitoba",
    "Asia/Almaty": "astana, shymkent, alma ata, nur sultan",
    "Asia/Baghdad": "basra, erbil, mosul",
    "Asia/Bangkok": "chiang mai, phuket",
    "Asia/Colombo": "kandy",
    "Asia/Dhaka": "chittagong, chattogram, dacca",
    "Asia/Dubai": "abu dhabi, sharjah",
    "Asia/Ho_Chi_Minh": "hanoi, saigon, da nang, ho chi minh city",
    "Asia/Hong_Kong": "kowloon, hongkong",
    "Asia/Irkutsk": "ulan ude",
    "Asia/Jakarta": "bandung, yogyakarta, surabaya, semarang, medan",
    "Asia/Jerusalem": "tel aviv, tel aviv yafo, haifa, beersheba",
    "Asia/Karachi": "lahore, islamabad, rawalpindi, peshawar, faisalabad, quetta",
    "Asia/Kathmandu": "pokhara, katmandu, lalitpur",
    "Asia/Kolkata": "calcutta, mumbai, bombay, delhi, new delhi, bangalore, bengaluru, chennai, madras, hyderabad, pune,"
    " ahmedabad, jaipur, lucknow, kochi, cochin, surat, kanpur, nagpur, indore, bhopal, patna, chandigarh, gurgaon,"
    " gurugram, noida, coimbatore, thiruvananthapuram, trivandrum, mysore, mysuru, goa, kerala, guwahati, visakhapatnam,"
    " vadodara, bhubaneswar, varanasi, mangalore",
    "Asia/Krasnoyarsk": "abakan",
    "Asia/Kuala_Lumpur": "penang, george town, johor bahru, kl",
    "Asia/Makassar": "bali, denpasar, ujung pandang",
    "Asia/Manila": "cebu, quezon city, davao, makati",
    "Asia/Nicosia": "limassol, larnaca",
    "Asia/Riyadh": "jeddah, mecca, medina, dammam",
    "Asia/Seoul": "busan, incheon, daegu, daejeon",
    "Asia/Shanghai": "beijing, peking, shenzhen, guangzhou, chengdu, hangzhou, wuhan, nanjing, xian, tianjin, suzhou,"
    " chongqing, qingdao, dalian, xiamen, changsha, harbin, kunming",
    "Asia/Taipei": "kaohsiung, taichung, tainan, hsinchu",
    "Asia/Tashkent": "bukhara",
    "Asia/Tehran": "isfahan, shiraz, mashhad, tabriz",
    "Asia/Thimphu": "thimbu",
    "Asia/Tokyo": "osaka, kyoto, yokohama, nagoya, sapporo, fukuoka, kobe, sendai, hiroshima, okinawa",
    "Asia/Ulaanbaatar": "ulan bator",
    "Asia/Yangon": "rangoon, mandalay",
    "Asia/Yekaterinburg": "chelyabinsk, ufa, perm, ekaterinburg, tyumen",
    "Atlantic/Azores": "ponta delgada",
    "Atlantic/Canary": "las palmas, tenerife, gran canaria, canary islands",
    "Atlantic/Cape_Verde": "praia",
    "Atlantic/Faroe": "torshavn, faeroe",
    "Atlantic/Madeira": "funchal",
    "Atlantic/Stanley": "port stanley",
    "Australia/Brisbane": "gold coast, cairns, queensland, townsville",
    "Australia/Hobart": "tasmania, launceston",
    "Australia/Lord_Howe": "lord howe island",
    "Australia/Melbourne": "geelong",
    "Australia/Perth": "fremantle",
    "Australia/Sydney": "canberra, newcastle australia, wollongong, new south wales, nsw",
    "Europe/Amsterdam": "rotterdam, the hague, den haag, utrecht, eindhoven, delft, leiden, groningen, nijmegen, tilburg",
    "Europe/Athens": "thessaloniki, patras, heraklion, crete",
    "Europe/Belgrade": "novi sad, nis",
    "Europe/Berlin": "munich, munchen, hamburg, cologne, koln, frankfurt, stuttgart, dusseldorf, duesseldorf, leipzig,"
    " dresden, hannover, hanover, bremen, nuremberg, nurnberg, karlsruhe, bonn, mainz, freiburg, heidelberg, darmstadt,"
    " dortmund, essen, munster, muenster, aachen, mannheim, augsburg, potsdam, jena, kiel, kassel, tubingen, muenchen,"
    " koeln, nuernberg, lubeck, rostock, magdeburg, halle, erfurt, gottingen, konstanz, ulm, bielefeld, passau",
    "Europe/Bratislava": "kosice",
    "Europe/Brussels": "antwerp, antwerpen, ghent, gent, bruges, liege, leuven, bruxelles, brussel, namur",
    "Europe/Bucharest": "cluj, cluj napoca, iasi, timisoara, brasov, bucuresti",
    "Europe/Budapest": "debrecen, szeged, pecs",
    "Europe/Chisinau": "tiraspol",
    "Europe/Copenhagen": "aarhus, odense, aalborg, kobenhavn, roskilde",
    "Europe/Dublin": "cork, galway, limerick",
    "Europe/Helsinki": "espoo, tampere, turku, oulu, jyvaskyla, vantaa",
    "Europe/Istanbul": "istanbul, ankara, izmir, bursa, antalya, constantinople",
    "Europe/Kyiv": "kiev, lviv, odesa, odessa, kharkiv, dnipro, uzhgorod, zaporozhye, zaporizhzhia",
    "Europe/Lisbon": "porto, oporto, braga, coimbra, aveiro, lisboa, faro, evora, setubal",
    "Europe/Ljubljana": "maribor",
    "Europe/London": "manchester, birmingham, leeds, liverpool, bristol, cambridge, oxford, edinburgh, glasgow, cardiff,"
    " belfast, sheffield, nottingham, newcastle, brighton, reading, bath, aberdeen, southampton, york, leicester, exeter,"
    " norwich, durham england, lancaster, dundee, swansea, coventry, england, scotland, wales, northern ireland",
    "Europe/Luxembourg": "esch",
    "Europe/Madrid": "barcelona, valencia, seville, sevilla, bilbao, malaga, zaragoza, granada, salamanca, vigo, murcia,"
    " palma, mallorca, san sebastian, santiago de compostela, alicante, a coruna",
    "Europe/Minsk": "brest belarus, gomel, grodno",
    "Europe/Moscow": "st petersburg, saint petersburg, petersburg, kazan, nizhny novgorod, sochi, moskva, rostov, voronezh",
    "Europe/Oslo": "bergen, trondheim, stavanger, tromso",
    "Europe/Paris": "lyon, marseille, toulouse, bordeaux, lille, nantes, strasbourg, grenoble, montpellier, nice, rennes,"
    " dijon, brest, nancy, metz, rouen, clermont ferrand, angers, tours, lyons",
    "Europe/Prague": "brno, ostrava, praha, plzen, olomouc",
    "Europe/Riga": "daugavpils",
    "Europe/Rome": "milan, milano, turin, torino, naples, napoli, bologna, florence, firenze, venice, venezia, roma, pisa,"
    " palermo, genoa, genova, trento, padua, padova, verona, catania, bari, trieste, sicily, sardinia",
    "Europe/Samara": "togliatti",
    "Europe/Skopje": "ohrid",
    "Europe/Sofia": "plovdiv, varna",
    "Europe/Stockholm": "gothenburg, goteborg, malmo, uppsala, lund, linkoping, umea, orebro",
    "Europe/Tallinn": "tartu",
    "Europe/Tirane": "tirana",
    "Europe/Vienna": "graz, linz, salzburg, innsbruck, wien, klagenfurt",
    "Europe/Vilnius": "kaunas",
    "Europe/Warsaw": "krakow, cracow, wroclaw, poznan, gdansk, lodz, katowice, warszawa, lublin, szczecin, gdynia",
    "Europe/Zagreb": "split, rijeka, dubrovnik",
    "Europe/Zurich": "geneva, geneve, basel, bern, lausanne, zuerich, lucerne, luzern, st gallen, lugano, winterthur",
    "Pacific/Auckland": "wellington, christchurch, dunedin, queenstown",
    "Pacific/Chatham": "chatham islands",
    "Pacific/Honolulu": "hawaii, maui, hilo",
    "Pacific/Kiritimati": "christmas atoll",
    "Pacific/Pago_Pago": "american samoa",
    "Pacific/Port_Moresby": "lae",
    "Pacific/Tahiti": "papeete",
    "UTC": "utc, z, zulu, universal, gmt, greenwich mean time, greenwich",
    "CET": "cet, cest, central european time",
    "EET": "eet, eest, eastern european time",
    "WET": "wet, western european time",
}

# Countries with one clock (for almost everybody who lives there), as people write them.
COUNTRIES: dict[str, str] = {
    "Africa/Abidjan": "ivory coast, cote divoire", "Africa/Accra": "ghana", "Africa/Addis_Ababa": "ethiopia",
    "Africa/Algiers": "algeria", "Africa/Asmara": "eritrea", "Africa/Bamako": "mali",
    "Africa/Bangui": "central african republic", "Africa/Banjul": "gambia, the gambia",
    "Africa/Bissau": "guinea bissau", "Africa/Blantyre": "malawi", "Africa/Brazzaville": "congo brazzaville",
    "Africa/Bujumbura": "burundi", "Africa/Cairo": "egypt", "Africa/Casablanca": "morocco",
    "Africa/Conakry": "guinea", "Africa/Dakar": "senegal", "Africa/Dar_es_Salaam": "tanzania",
    "Africa/Douala": "cameroon", "Africa/El_Aaiun": "western sahara", "Africa/Freetown": "sierra leone",
    "Africa/Gaborone": "botswana", "Africa/Harare": "zimbabwe", "Africa/Johannesburg": "south africa",
    "Africa/Juba": "south sudan", "Africa/Kampala": "uganda", "Africa/Khartoum": "sudan", "Africa/Kigali": "rwanda",
    "Africa/Lagos": "nigeria", "Africa/Libreville": "gabon", "Africa/Lome": "togo", "Africa/Luanda": "angola",
    "Africa/Lusaka": "zambia", "Africa/Malabo": "equatorial guinea", "Africa/Maputo": "mozambique",
    "Africa/Maseru": "lesotho", "Africa/Mbabane": "eswatini, swaziland", "Africa/Mogadishu": "somalia",
    "Africa/Monrovia": "liberia", "Africa/Nairobi": "kenya", "Africa/Ndjamena": "chad", "Africa/Niamey": "niger",
    "Africa/Nouakchott": "mauritania", "Africa/Ouagadougou": "burkina faso", "Africa/Porto-Novo": "benin, cotonou",
    "Africa/Sao_Tome": "sao tome and principe", "Africa/Tripoli": "libya", "Africa/Tunis": "tunisia",
    "Africa/Windhoek": "namibia", "America/Argentina/Buenos_Aires": "argentina", "America/Asuncion": "paraguay",
    "America/Bogota": "colombia", "America/Caracas": "venezuela", "America/Guayaquil": "ecuador",
    "America/Guatemala": "guatemala", "America/Havana": "cuba", "America/La_Paz": "bolivia", "America/Lima": "peru",
    "America/Managua": "nicaragua", "America/Montevideo": "uruguay", "America/Nassau": "bahamas, the bahamas",
    "America/Paramaribo": "suriname", "America/Port-au-Prince": "haiti",
    "America/Port_of_Spain": "trinidad and tobago, trinidad", "America/Santo_Domingo": "dominican republic",
    "America/Tegucigalpa": "honduras", "Asia/Aden": "yemen", "Asia/Almaty": "kazakhstan", "Asia/Amman": "jordan",
    "Asia/Ashgabat": "turkmenistan", "Asia/Baghdad": "iraq", "Asia/Baku": "azerbaijan", "Asia/Bangkok": "thailand",
    "Asia/Beirut": "lebanon", "Asia/Bishkek": "kyrgyzstan", "Asia/Colombo": "sri lanka", "Asia/Damascus": "syria",
    "Asia/Dhaka": "bangladesh", "Asia/Dili": "east timor, timor leste", "Asia/Dubai": "united arab emirates, uae",
    "Asia/Dushanbe": "tajikistan", "Asia/Gaza": "palestine", "Asia/Ho_Chi_Minh": "vietnam, viet nam",
    "Asia/Jerusalem": "israel", "Asia/Kabul": "afghanistan", "Asia/Karachi": "pakistan", "Asia/Kathmandu": "nepal",
    "Asia/Kolkata": "india", "Asia/Kuala_Lumpur": "malaysia", "Asia/Manila": "philippines, the philippines",
    "Asia/Muscat": "oman", "Asia/Nicosia": "cyprus", "Asia/Phnom_Penh": "cambodia",
    "Asia/Pyongyang": "north korea", "Asia/Riyadh": "saudi arabia", "Asia/Seoul": "south korea, korea, rok",
    "Asia/Shanghai": "china, prc", "Asia/Taipei": "taiwan, roc", "Asia/Tashkent": "uzbekistan",
    "Asia/Tbilisi": "georgia", "Asia/Tehran": "iran", "Asia/Thimphu": "bhutan", "Asia/Tokyo": "japan",
    "Asia/Vientiane": "laos", "Asia/Yangon": "myanmar, burma", "Asia/Yerevan": "armenia",
    "Atlantic/Reykjavik": "iceland", "Europe/Amsterdam": "netherlands, the netherlands, holland",
    "Europe/Athens": "greece", "Europe/Belgrade": "serbia", "Europe/Berlin": "germany, deutschland",
    "Europe/Bratislava": "slovakia", "Europe/Brussels": "belgium", "Europe/Bucharest": "romania",
    "Europe/Budapest": "hungary", "Europe/Chisinau": "moldova", "Europe/Copenhagen": "denmark",
    "Europe/Dublin": "ireland, eire", "Europe/Helsinki": "finland", "Europe/Istanbul": "turkey, turkiye",
    "Europe/Kyiv": "ukraine", "Europe/Lisbon": "portugal", "Europe/Ljubljana": "slovenia",
    "Europe/London": "united kingdom, uk, great britain, britain, gb", "Europe/Madrid": "spain, espana",
    "Europe/Minsk": "belarus", "Europe/Oslo": "norway", "Europe/Paris": "france", "Europe/Podgorica": "montenegro",
    "Europe/Prague": "czech republic, czechia", "Europe/Riga": "latvia", "Europe/Rome": "italy, italia",
    "Europe/Sarajevo": "bosnia, bosnia and herzegovina", "Europe/Skopje": "north macedonia, macedonia",
    "Europe/Sofia": "bulgaria", "Europe/Stockholm": "sweden", "Europe/Tallinn": "estonia", "Europe/Tirane": "albania",
    "Europe/Vaduz": "liechtenstein", "Europe/Vienna": "austria", "Europe/Vilnius": "lithuania",
    "Europe/Warsaw": "poland, polska", "Europe/Zagreb": "croatia", "Europe/Zurich": "switzerland",
    "Indian/Antananarivo": "madagascar", "Indian/Mahe": "seychelles", "Pacific/Auckland": "new zealand, nz",
    "Pacific/Guadalcanal": "solomon islands", "Pacific/Port_Moresby": "papua new guinea", "Pacific/Apia": "samoa",
    "Pacific/Efate": "vanuatu", "Pacific/Tongatapu": "tonga",
}  # fmt: skip

# Countries with several clocks: the person is asked for a city (the second name is offered as the example).
SEVERAL: dict[str, str] = {
    "usa": "Chicago", "us": "Chicago", "united states": "Chicago", "united states of america": "Chicago",
    "america": "Chicago", "canada": "Toronto", "brazil": "Sao Paulo", "brasil": "Sao Paulo", "russia": "Moscow",
    "australia": "Sydney", "mexico": "Mexico City", "indonesia": "Jakarta", "chile": "Santiago",
    "mongolia": "Ulaanbaatar", "greenland": "Nuuk", "congo": "Kinshasa", "dr congo": "Kinshasa",
    "micronesia": "Pohnpei", "kiribati": "Tarawa", "antarctica": "McMurdo", "europe": "Berlin", "africa": "Lagos",
    "asia": "Kolkata", "french polynesia": "Tahiti",
}  # fmt: skip

# Short names that stand for several clocks in the world; a city is asked for.
_AMBIGUOUS = "est edt cst cdt mst mdt pst pdt ist bst ast sst et ct mt pt east west north south general"
AMBIGUOUS = frozenset(_AMBIGUOUS.split())

# Names that are everyday words too: read as a place only where a place alone is written.
_EVERYDAY = (
    "nice reading bath tours split wake center central east west north south oral general mountain pacific eastern z rio"
    " us act easter christmas york met wet cork faro essen jos lae esch bari perm cali leon knox factory universal rio"
    " troll davis casey midway male halle lund metz sf kl pt mt et ct sst ist ast queens victoria queensland goa"
)
EVERYDAY = frozenset(_EVERYDAY.split())
