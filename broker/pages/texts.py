"""What the broker's pages say, in Dutch and in English."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "test_bar": "TEST – dit is een nagebootste makelaar. Log hier nooit in met echte gegevens.",
        "broker": "Mock eHerkenning",
        "choose": "Maak een keuze",
        "for": "U gaat inloggen bij",
        "level": "Minimaal nodig",
        "supplier": "Bij welke leverancier hebt u uw eHerkenningsmiddel?",
        "pick": "Kies uw leverancier",
        "next": "Verder",
        "cancel": "Annuleren",
        "error_summary": "Er ontbreekt nog iets",
        "pick_first": "Kies eerst een leverancier uit de lijst.",
        "no_offers": "Geen enkele leverancier kan dit niveau en dit kenmerk leveren. Kies Annuleren om terug te gaan.",
        "language": "English",
        "other": "en",
        "sent_title": "U wordt teruggestuurd",
        "sent_text": "U gaat vanzelf terug naar de dienst waar u inlogt. Gebeurt er niets? Kies dan Verder.",
        "refused_title": "Dit inlogverzoek is geweigerd",
        "refused_text": "Ga terug naar de website waar u wilde inloggen en begin daar opnieuw. "
        "U bent niet ingelogd en er zijn geen gegevens verstuurd.",
        "logout_refused_title": "Dit uitlogverzoek is geweigerd",
        "logout_refused_text": "Sluit alle vensters van uw browser. Dan bent u overal uitgelogd.",
        "logged_out_title": "U bent uitgelogd",
        "logged_out_at": "U bent uitgelogd bij",
        "logged_out_else": "Bent u ook ergens anders ingelogd? Log daar dan zelf uit, of sluit alle vensters van uw "
        "browser.",
        "not_logged_out_title": "Uitloggen is op dit moment niet mogelijk",
        "not_logged_out_text": "Sluit alle vensters van uw browser. Dan bent u overal uitgelogd.",
        "refused_help": "Blijft dit gebeuren? Geef de beheerder van die website dan deze code:",
        "refused_details": "Voor de beheerder: wat er aan het verzoek mankeert",
        "expected": "Verwacht",
        "received": "Ontvangen",
        "mend": "Zo lost u het op",
        "where": "Plaats",
        "reference": "Bron",
        "line": "regel",
    },
    "en": {
        "test_bar": "TEST – this is a simulated broker. Never log in here with real credentials.",
        "broker": "Mock eHerkenning",
        "choose": "Make a choice",
        "for": "You are logging in to",
        "level": "Minimum level",
        "supplier": "Which supplier gave you your eHerkenning means?",
        "pick": "Choose your supplier",
        "next": "Continue",
        "cancel": "Cancel",
        "error_summary": "Something is missing",
        "pick_first": "First choose a supplier from the list.",
        "no_offers": "No supplier can deliver this level and this identifier. Choose Cancel to go back.",
        "language": "Nederlands",
        "other": "nl",
        "sent_title": "You are being sent back",
        "logged_out_title": "You are logged out",
        "logged_out_at": "You are logged out at",
        "logged_out_else": "Are you logged in elsewhere too? Log out there yourself, or close all windows of your "
        "browser.",
        "not_logged_out_title": "Logging out is not possible at the moment",
        "not_logged_out_text": "Close all windows of your browser. You are then logged out everywhere.",
        "sent_text": "You return to the service by itself. Does nothing happen? Then choose Continue.",
    },
}

AGAIN = "Ga terug naar de website waar u wilde inloggen en begin daar opnieuw."

PROBLEMS: dict[str, tuple[int, str, str]] = {
    "unknown": (404, "Deze inlogpoging kennen wij niet", AGAIN),
    "ended": (410, "Deze inlogpoging is al afgerond", AGAIN),
    "late": (410, "U hebt er te lang over gedaan", f"Een inlogpoging blijft een half uur geldig. {AGAIN}"),
    "withdrawn": (
        410,
        "Deze dienst is niet meer beschikbaar",
        f"De gegevens van de dienst zijn gewijzigd terwijl u inlogde. {AGAIN}",
    ),
    "not-offered": (
        403,
        "Deze leverancier kunt u hier niet kiezen",
        "Ga terug naar de vorige pagina en kies een leverancier uit de lijst.",
    ),
    "no-word": (
        403,
        "U bent nog niet klaar bij uw leverancier",
        f"Deze pagina kan pas open als de leverancier heeft laten weten wie u bent. {AGAIN}",
    ),
    "no-identifier": (
        403,
        "Uw organisatie heeft niet het kenmerk dat deze dienst nodig heeft",
        "Neem contact op met de dienst waar u wilde inloggen.",
    ),
}
"""By reason: HTTP status, heading, what to do."""
