"""What a service provider has to make of an answer, in the few ways that there are."""

from __future__ import annotations

from suppliers.ask import Names

REFUSE = Names(
    "Weigeren: niemand is ingelogd. Een foutmelding tonen en aanbieden om opnieuw in te loggen.",
    "Refuse: nobody is logged in. Show an error and offer to log in again.",
)
REFUSE_OR_POLICY = Names(
    "Weigeren, of bewust toestaan. Vastleggen wat uw dienst doet.",
    "Refuse, or accept on purpose. Write down what your service does.",
)
TOLERANCE = Names(
    "Een klein verschil verdragen, een groot verschil weigeren.",
    "Tolerate a small difference, refuse a large one.",
)
OFFER_AGAIN = Names(
    "Vriendelijk zeggen dat het inloggen is afgebroken of niet is gelukt. Aanbieden om opnieuw te beginnen.",
    "Say kindly that the login was cancelled or did not succeed. Offer to start again.",
)
NO_LOOP = Names(
    "Een foutmelding tonen. Niet vanzelf opnieuw proberen.",
    "Show an error. Do not try again by itself.",
)
NOTHING_COMES = Names(
    "Niets: er komt geen antwoord tot de persoon stopt. De startpagina moet blijven werken.",
    "Nothing: no answer comes until the person stops. The start page must still work.",
)
ACCEPT = Names("De persoon inloggen.", "Log the person in.")
