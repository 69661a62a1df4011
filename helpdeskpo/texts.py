"""What a person reads when there is no login: what happened, and what to do. Dutch, as the rest of MijnHelpdeskPO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    """One page. ``http`` is the status it is sent with."""

    title: str
    happened: str
    advice: tuple[str, ...]
    http: int = 403


_AGAIN: Final = (
    "Log opnieuw in. Lukt het dan nog niet, neem contact op met de helpdesk en noem de code hieronder."
)
_NOT_TRUSTED: Final = "U bent niet ingelogd"

TEXTS: Final[dict[str, Text]] = {
    "SP-01": Text(
        _NOT_TRUSTED,
        "Wij kregen een bericht dat niet door de makelaar van eHerkenning is ondertekend, of dat later is veranderd.",
        (_AGAIN,),
    ),
    "SP-02": Text(
        _NOT_TRUSTED, "De gegevens die wij kregen, zijn bedoeld voor een andere dienstverlener.", (_AGAIN,)
    ),
    "SP-03": Text(
        "Uw inlogpoging is verlopen",
        "De gegevens die wij kregen, zijn niet meer geldig of nog niet geldig.",
        (
            "Log opnieuw in en rond het inloggen binnen enkele minuten af.",
            "Gebeurt dit vaker? Dan lopen de klokken van de makelaar en van MijnHelpdeskPO niet gelijk.",
        ),
    ),
    "SP-04": Text(
        "Deze inlogpoging is al gebruikt of hoort niet bij u",
        "Wij kregen een antwoord op een vraag die wij niet of niet meer hebben openstaan. Dat gebeurt bijvoorbeeld "
        "als u de pagina ververst, of teruggaat in uw browser.",
        ("Begin opnieuw bij het begin. Gebruik tijdens het inloggen de knop ‘Vorige’ van uw browser niet.",),
    ),
    "SP-05": Text(
        _NOT_TRUSTED, "De gegevens die wij kregen, zijn bedoeld voor een ander adres dan dit.", (_AGAIN,)
    ),
    "SP-06": Text(
        "Uw niveau van eHerkenning is te laag",
        "Voor Mijn Helpdesk po hebt u eHerkenning met niveau 3 (EH3) of hoger nodig. U bent met een lager niveau "
        "ingelogd.",
        (
            "Log opnieuw in met een middel van niveau 3 of hoger.",
            "Hebt u dat niet? Vraag uw leverancier van eHerkenning om uw middel te verhogen.",
        ),
    ),
    "SP-07": Text(
        _NOT_TRUSTED,
        "U bent ingelogd voor een andere dienst dan Mijn Helpdesk po.",
        ("Log opnieuw in en controleer of de leverancier ‘Mijn Helpdesk po’ noemt als dienst.",),
    ),
    "SP-08": Text(
        "U bent niet ingelogd",
        "Het inloggen met eHerkenning is geannuleerd of niet gelukt.",
        (
            "Wilt u alsnog inloggen? Begin dan opnieuw.",
            "Hebt u geen machtiging voor de dienst ‘Mijn Helpdesk po’? Vraag die aan bij de leverancier van uw "
            "eHerkenningsmiddel, of bij de beheerder van machtigingen van uw school of bestuur.",
        ),
        http=200,
    ),
    "SP-09": Text(
        "Inloggen lukt nu niet",
        "De makelaar van eHerkenning kon ons verzoek niet verwerken. Dat ligt niet aan u.",
        (
            "Probeer het later opnieuw. Blijft het misgaan, meld het dan bij de helpdesk en noem de code hieronder.",
        ),
        http=502,
    ),
    "SP-12": Text(
        _NOT_TRUSTED,
        "Wij kregen een bericht waarvan niet alles is ondertekend, of dat op meer manieren te lezen is.",
        (_AGAIN,),
    ),
    "identity": Text(
        "Wij weten niet voor welke organisatie u inlogt",
        "Het bericht van eHerkenning noemt geen KvK-nummer of RSIN dat wij kunnen lezen, of geen persoon.",
        ("Log opnieuw in namens een organisatie waarvoor u gemachtigd bent.",),
    ),
    "artifact": Text(
        "Uw inlogpoging is verlopen",
        "De makelaar van eHerkenning heeft geen antwoord meer voor deze inlogpoging.",
        ("Log opnieuw in. Een antwoord kan maar één keer worden opgehaald, en niet lang.",),
    ),
    "unreadable": Text(
        _NOT_TRUSTED, "Wij kregen een bericht dat wij niet kunnen lezen.", (_AGAIN,), http=400
    ),
    "library": Text(
        _NOT_TRUSTED, "Wij kregen een bericht dat niet voldoet aan de regels van SAML.", (_AGAIN,)
    ),
    "other-browser": Text(
        "Deze inlogpoging is in een andere browser begonnen",
        "Inloggen begint en eindigt in dezelfde browser. Deze browser heeft de inlogpoging niet gestart, of bewaart "
        "geen cookies.",
        ("Begin hier opnieuw met inloggen.", "Sta cookies toe voor deze website."),
    ),
    "expired": Text(
        "Deze pagina is verlopen",
        "Wij hebben van deze inlogpoging niets meer bewaard.",
        ("Begin opnieuw bij het begin.",),
        http=410,
    ),
    "broker-unreachable": Text(
        "De makelaar is niet bereikbaar",
        "MijnHelpdeskPO krijgt geen verbinding met de makelaar van eHerkenning. Daardoor kunt u nu niet inloggen.",
        (
            "Probeer het over een minuut opnieuw.",
            "Hebt u deze testomgeving zelf gestart? Kijk dan of de makelaar draait.",
        ),
        http=503,
    ),
    "wrong-setting": Text(
        "Dit adres klopt niet",
        "De manier van inloggen die in het adres staat, bestaat niet.",
        ("Begin opnieuw bij het begin.",),
        http=400,
    ),
    "not-found": Text(
        "Deze pagina bestaat niet",
        "Misschien klopt het adres niet, of is de pagina verplaatst.",
        ("Ga naar het begin.",),
        http=404,
    ),
    "fault": Text(
        "Er ging iets mis bij ons",
        "Dit is een fout in MijnHelpdeskPO. U kunt er niets aan doen.",
        ("Probeer het opnieuw.",),
        http=500,
    ),
}
