"""Words that made-up people and companies are called by. Common ones, put together at random: nobody in particular."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Aaliyah Abel Adam Aisha Anna Anouk Arie Ayşe Bas Bo Bram Carlijn Chantal Daan Daniël Dewi Dirk Eline Elif Emma
    Esmée Eva Fatima Femke Finn Fleur Floris Frits Gerrit Gijs Hanna Hans Hassan Ilse Imane Indra Iris Jaap Jan Jasper
    Jayden Jelle Jeroen Joost Julia Karim Kees Kim Koen Lars Lieke Lotte Luuk Maarten Maud Mees Mehmet Merel Mila
    Milan Mohamed Naomi Niels Noa Nora Olivier Omar Peter Pien Piet Pim Priya Puck Ravi Rens Roos Rosa Ruben Ruud Saar
    Samira Sander Sanne Sem Sofie Stijn Sven Tess Teun Thijs Tim Tygo Vera Wessel Willem Wout Xander Yara Youssef Zoë
    """
)
INFIXES = ("", "", "", "", "", "de", "van", "van de", "van der", "van den", "ter", "ten")
LAST_NAMES = _words(
    """
    Aalders Akkerman Bakker Beekman Berg Blok Bloem Boer Bosch Bouwman Brink Broek Brouwer Dam Dekker Dijk Dijkstra
    Driessen Evers Gerritsen Graaf Groen Groot Haan Hendriks Hermans Heuvel Hoekstra Hofman Huisman Jacobs Jansen
    Jonker Kaya Kok Koning Koster Kramer Kuiper Lange Leeuwen Linden Maas Martens Meer Meijer Molenaar Mulder Nguyen
    Oosten Osinga Peeters Peters Postma Prins Rijn Ruiter Sanders Schipper Schouten Singh Smit Smits Snijders Timmer
    Veen Velde Verbeek Vermeulen Visser Vliet Vos Vries Wal Wiersma Willems Wit Wolters Yıldız Zijlstra Zwart
    """
)
SORTS = (
    "Stichting Schoolbestuur",
    "Stichting Openbaar Onderwijs",
    "Vereniging Christelijk Onderwijs",
    "Basisschool",
    "Administratiekantoor",
    "Kinderopvang",
    "Bakkerij",
    "Bouwbedrijf",
    "Fietsenwinkel",
    "Transportbedrijf",
    "Adviesbureau",
    "Coöperatie",
)
THINGS = _words(
    """
    Ahorn Anker Berk Bron Citroen Clematis Den Distel Duin Els Ekster Fazant Geranium Gondel Haas Hazelaar Horizon Iris
    Jasmijn Kastanje Kersenboom Kompas Korenbloem Lariks Lelie Leeuwerik Linde Madelief Merel Mees Molen Noorderlicht
    Oever Olm Orchidee Parel Populier Reiger Roos Schelp Sleutel Spar Spiegel Ster Taxus Tulp Uil Veer Vlier Vlinder
    Wilg Windroos Zeester Zwaluw
    """
)
PLACES = _words(
    """
    Achterbeek Boterdijk Dennendorp Eikenveld Fictieveld Groenoord Heideburg Hogebrug Kerkenwaard Klaverland Lindehaven
    Maanderveen Middelwoude Nergenshuizen Nieuwersloot Oosterwolden Oudenkapel Paddenburg Riethoven-Oost Schapendijk
    Sterrenwijk Verzonnendam Voorbeeldstad Vossenbroek Waterhoek Westerzand Wilgenrade Zandmeer Zonnewaard Zuidkapelle
    """
)
