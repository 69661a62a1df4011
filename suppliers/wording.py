"""Every text that a supplier shows or sends, in one place. A profile file may replace any of them by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from suppliers.ask import Names

# Mandates start and end on Dutch days, and people read Dutch clock time.
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")

_MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}

TEXTS: Mapping[str, Names] = {
    # On every page
    "test.bar": Names(
        "TEST – dit is niet de echte {supplier}. Gebruik alleen testgegevens.",
        "TEST – this is not the real {supplier}. Use test data only.",
    ),
    "test.bar.plain": Names(
        "TEST – dit is geen echte leverancier. Gebruik alleen testgegevens.",
        "TEST – this is not a real supplier. Use test data only.",
    ),
    "test.inbox": Names("Bekijk de verstuurde berichten", "See the messages that were sent"),
    "skip": Names("Naar de inhoud", "Skip to the content"),
    "page.error": Names("Fout", "Error"),
    "service.lead": Names("U gaat inloggen bij:", "You are logging in to:"),
    "level.lead": Names("Gevraagd betrouwbaarheidsniveau", "Assurance level asked"),
    "level.asked": Names("(gevraagd)", "(asked)"),
    "errors.heading": Names("Er is een probleem", "There is a problem"),
    "error.lead": Names("Fout:", "Error:"),
    "button.next": Names("Volgende", "Next"),
    "button.back": Names("Vorige", "Back"),
    "button.cancel": Names("Annuleren", "Cancel"),
    "button.resume": Names("Verder met inloggen", "Continue logging in"),
    "step.done": Names(
        "U hebt deze stap al gedaan. U kunt verder waar u was gebleven, of de stap opnieuw doen.",
        "You have already done this step. You can continue where you were, or do the step again.",
    ),
    # User name and password
    "login.heading": Names("Inloggen", "Log in"),
    "password.heading": Names("Vul uw wachtwoord in", "Enter your password"),
    "username.label": Names("Gebruikersnaam", "User name"),
    "password.label": Names("Wachtwoord", "Password"),
    "username.empty": Names("Vul uw gebruikersnaam in.", "Enter your user name."),
    "password.empty": Names("Vul uw wachtwoord in.", "Enter your password."),
    "login.wrong": Names(
        "De gebruikersnaam of het wachtwoord klopt niet. Controleer beide en probeer het opnieuw.",
        "The user name or the password is not right. Check both and try again.",
    ),
    "username.wrong": Names(
        "Deze gebruikersnaam kennen wij niet. Controleer de gebruikersnaam en probeer het opnieuw.",
        "We do not know this user name. Check it and try again.",
    ),
    "password.wrong": Names(
        "Dit wachtwoord klopt niet. Controleer het wachtwoord en probeer het opnieuw.",
        "This password is not right. Check it and try again.",
    ),
    "login.gone": Names(
        "Uw gegevens bij {supplier} zijn zojuist gewijzigd. Log opnieuw in.",
        "Your details at {supplier} have just been changed. Log in again.",
    ),
    # How the PIN travels
    "channel.heading": Names("Hoe wilt u uw pincode ontvangen?", "How would you like to get your PIN?"),
    "channel.hint": Names(
        "Wij sturen u een pincode waarmee u één keer kunt inloggen.",
        "We will send you a PIN with which you can log in once.",
    ),
    "channel.sms": Names("Per sms naar {address}", "By text message to {address}"),
    "channel.email": Names("Per e-mail naar {address}", "By e-mail to {address}"),
    "channel.empty": Names(
        "Kies hoe u uw pincode wilt ontvangen.", "Choose how you would like to get your PIN."
    ),
    "nochannel.heading": Names("Wij kunnen u geen pincode sturen", "We cannot send you a PIN"),
    "nochannel.why.sms": Names(
        "Bij {supplier} is geen mobiel telefoonnummer van u bekend.",
        "{supplier} does not have a mobile phone number for you.",
    ),
    "nochannel.why.email": Names(
        "Bij {supplier} is geen e-mailadres van u bekend.",
        "{supplier} does not have an e-mail address for you.",
    ),
    "nochannel.why.both": Names(
        "Bij {supplier} is geen mobiel telefoonnummer en geen e-mailadres van u bekend.",
        "{supplier} has neither a mobile phone number nor an e-mail address for you.",
    ),
    "nochannel.what.sms": Names(
        "Geef uw mobiele telefoonnummer door aan {supplier}. Log daarna opnieuw in.",
        "Give {supplier} your mobile phone number. Then log in again.",
    ),
    "nochannel.what.email": Names(
        "Geef uw e-mailadres door aan {supplier}. Log daarna opnieuw in.",
        "Give {supplier} your e-mail address. Then log in again.",
    ),
    "nochannel.what.both": Names(
        "Geef uw mobiele telefoonnummer of uw e-mailadres door aan {supplier}. Log daarna opnieuw in.",
        "Give {supplier} your mobile phone number or your e-mail address. Then log in again.",
    ),
    # The PIN
    "pin.heading": Names("Vul uw pincode in", "Enter your PIN"),
    "pin.label": Names("Pincode", "PIN"),
    "pin.hint": Names("6 cijfers, {minutes} minuten geldig", "6 digits, valid for {minutes} minutes"),
    "pin.sent.sms": Names(
        "Wij hebben om {time} uur een sms met een pincode gestuurd naar {address}.",
        "We sent a text message with a PIN to {address} at {time}.",
    ),
    "pin.sent.email": Names(
        "Wij hebben om {time} uur een e-mail met een pincode gestuurd naar {address}.",
        "We sent an e-mail with a PIN to {address} at {time}.",
    ),
    "pin.sent.again": Names(
        "Dit is een nieuwe pincode. De vorige werkt niet meer.",
        "This is a new PIN. The one before no longer works.",
    ),
    "pin.resend.lead": Names("Geen bericht ontvangen?", "No message received?"),
    "pin.resend": Names("Stuur een nieuwe pincode", "Send a new PIN"),
    "pin.empty": Names("Vul de pincode in.", "Enter the PIN."),
    "pin.format": Names(
        "Een pincode bestaat uit 6 cijfers. Controleer wat u hebt ingevuld.",
        "A PIN has 6 digits. Check what you filled in.",
    ),
    "pin.wrong": Names(
        "Deze pincode klopt niet. U kunt het nog {left} keer proberen.",
        "This PIN is not right. Tries left: {left}.",
    ),
    "pin.late": Names(
        "Deze pincode is verlopen: hij was {minutes} minuten geldig. Vraag een nieuwe pincode aan.",
        "This PIN has expired: it was valid for {minutes} minutes. Ask for a new PIN.",
    ),
    "pin.used": Names(
        "Deze pincode is al gebruikt. Een pincode werkt maar één keer.",
        "This PIN has been used. A PIN works only once.",
    ),
    "pin.replaced": Names(
        "Deze pincode is vervangen door een nieuwe en werkt niet meer. "
        "Vul de pincode uit het laatste bericht in.",
        "This PIN has been replaced by a new one and no longer works. Enter the PIN from the last message.",
    ),
    "pin.blocked": Names(
        "U hebt {most} keer een verkeerde pincode ingevuld. De pincode die wij u stuurden, werkt niet meer. "
        "Vraag een nieuwe pincode aan.",
        "You entered a wrong PIN {most} times. The PIN that we sent you no longer works. Ask for a new PIN.",
    ),
    # The message with the PIN
    "message.subject": Names("Uw pincode voor {service}", "Your PIN for {service}"),
    "message.sms": Names(
        "{code} is uw pincode van {supplier} voor {service}. {minutes} minuten geldig. "
        "Geef deze code aan niemand. (TEST)",
        "{code} is your {supplier} PIN for {service}. Valid for {minutes} minutes. "
        "Do not share this code. (TEST)",
    ),
    "message.email": Names(
        "Beste {person},\n\n"
        "U logt in bij {service} van {provider}. Uw pincode is:\n\n{code}\n\n"
        "De pincode is {minutes} minuten geldig en werkt één keer. Geef hem aan niemand.\n"
        "Logt u niet in? Dan hoeft u niets te doen.\n\n"
        "Met vriendelijke groet,\n{supplier}\n\n"
        "TEST – dit bericht komt niet van de echte {supplier}.\n",
        "Dear {person},\n\n"
        "You are logging in to {service} of {provider}. Your PIN is:\n\n{code}\n\n"
        "The PIN is valid for {minutes} minutes and works once. Do not share it.\n"
        "Are you not logging in? Then there is nothing you need to do.\n\n"
        "Kind regards,\n{supplier}\n\n"
        "TEST – this message is not from the real {supplier}.\n",
    ),
    # The level of the means is too low
    "level.heading": Names("Uw inlogmiddel heeft een te laag niveau", "The level of your means is too low"),
    "level.what": Names(
        "Log in met een middel met niveau {asked} of hoger.",
        "Log in with a means of level {asked} or higher.",
    ),
    "level.why": Names(
        "Voor {service} is betrouwbaarheidsniveau {asked} of hoger nodig. "
        "Het middel waarmee u nu inlogt, heeft niveau {has}.",
        "{service} needs assurance level {asked} or higher. "
        "The means that you are logging in with has level {has}.",
    ),
    "level.other": Names("Log in met een ander middel", "Log in with another means"),
    "level.upgrade": Names(
        "Hebt u geen ander middel? Vraag dan bij {supplier} een middel met niveau {asked} aan.",
        "Do you have no other means? Then ask {supplier} for one of level {asked}.",
    ),
    "stop.cancel": Names(
        "Kies Annuleren om terug te gaan naar {provider}.", "Choose Cancel to go back to {provider}."
    ),
    # Mandates
    "mandate.heading": Names(
        "Namens welke organisatie logt u in?", "For which organisation are you logging in?"
    ),
    "mandate.hint": Names(
        "U bent bij {service} gemachtigd voor deze organisaties.",
        "You have an authorisation at {service} for these organisations.",
    ),
    "mandate.kvk": Names("KvK-nummer {number}", "Chamber of Commerce number {number}"),
    "mandate.rsin": Names("RSIN {number}", "RSIN {number}"),
    "mandate.branch": Names("alleen vestiging {branch}", "branch {branch} only"),
    "mandate.via": Names("via {intermediary}", "through {intermediary}"),
    "mandate.empty": Names("Kies een organisatie.", "Choose an organisation."),
    "mandate.gone": Names(
        "De machtiging die u koos, is zojuist gewijzigd of ingetrokken. Kies opnieuw.",
        "The authorisation that you chose has just been changed or revoked. Choose again.",
    ),
    "nomandate.heading": Names(
        "U hebt geen machtiging voor {service}", "You have no authorisation for {service}"
    ),
    "nomandate.what": Names(
        "Vraag de machtigingenbeheerder van uw organisatie om een machtiging voor {service}, "
        "met niveau {asked} of hoger. Hebt u de machtiging gekregen? Log dan opnieuw in.",
        "Ask the authorisation manager of your organisation for an authorisation for {service}, "
        "at level {asked} or higher. Once you have it, log in again.",
    ),
    "nomandate.why": Names(
        "U kunt alleen inloggen bij {service} van {provider} als uw organisatie u daarvoor heeft gemachtigd.",
        "You can log in to {service} of {provider} only if your organisation has authorised you for it.",
    ),
    "nomandate.reasons": Names(
        "Waarom uw huidige machtigingen niet gelden", "Why the authorisations that you have do not count"
    ),
    "reference": Names("Referentiecode:", "Reference code:"),
    "reference.hint": Names(
        "Noem deze code als u om hulp vraagt.", "Mention this code when you ask for help."
    ),
    # Why a mandate does not fit
    "reason.service": Names(
        "De machtiging namens {company} geldt voor een andere dienst.",
        "The authorisation for {company} is for another service.",
    ),
    "reason.requested": Names(
        "De machtiging namens {company} is aangevraagd, maar nog niet goedgekeurd.",
        "The authorisation for {company} has been requested, but not yet approved.",
    ),
    "reason.revoked": Names(
        "De machtiging namens {company} is ingetrokken.",
        "The authorisation for {company} has been revoked.",
    ),
    "reason.not_started": Names(
        "De machtiging namens {company} gaat in op {date}.",
        "The authorisation for {company} starts on {date}.",
    ),
    "reason.expired": Names(
        "De machtiging namens {company} was geldig tot en met {date}.",
        "The authorisation for {company} was valid until {date}.",
    ),
    "reason.level": Names(
        "De machtiging namens {company} heeft niveau {has}; nodig is {asked} of hoger.",
        "The authorisation for {company} has level {has}; {asked} or higher is needed.",
    ),
    "reason.branch": Names(
        "De machtiging namens {company} geldt alleen voor vestiging {branch}. "
        "Bij {service} kunt u niet voor één vestiging inloggen.",
        "The authorisation for {company} is for branch {branch} only. "
        "You cannot log in to {service} for a single branch.",
    ),
    "reason.identifiers": Names(
        "Van {company} is niet bekend wat {service} vraagt: {wanted}.",
        "What {service} asks of {company} is not known: {wanted}.",
    ),
    "reason.intermediary": Names(
        "De machtiging namens {company} loopt via {intermediary}. Van {intermediary} is geen KvK-nummer bekend.",
        "The authorisation for {company} is through {intermediary}. "
        "The Chamber of Commerce number of {intermediary} is not known.",
    ),
    "identifier.KvKnr": Names("KvK-nummer", "Chamber of Commerce number"),
    "identifier.RSIN": Names("RSIN", "RSIN"),
    "identifier.Pseudo": Names("pseudoniem", "pseudonym"),
    "or": Names(" of ", " or "),
    "and": Names(" en ", " and "),
    # Extra attributes: consent
    "consent.heading": Names(
        "Mag {service} deze gegevens van u hebben?", "May {service} have these details of you?"
    ),
    "consent.lead": Names(
        "{service} van {provider} vraagt gegevens van u. {supplier} geeft ze alleen door als u akkoord gaat.",
        "{service} of {provider} asks for details of you. {supplier} passes them on only if you agree.",
    ),
    "consent.required": Names("Nodig om in te loggen", "Needed to log in"),
    "consent.required.hint": Names(
        "Zonder deze gegevens kunt u niet inloggen.", "Without these details you cannot log in."
    ),
    "consent.required.mark": Names("verplicht", "required"),
    "consent.optional": Names("Niet verplicht", "Optional"),
    "consent.optional.hint": Names(
        "Haal het vinkje weg bij wat u niet wilt doorgeven. U kunt dan nog steeds inloggen.",
        "Clear the box at what you do not want to pass on. You can still log in.",
    ),
    "consent.nothing": Names(
        "{supplier} heeft geen van deze gegevens meer. {service} krijgt niets.",
        "{supplier} no longer has any of these details. {service} gets nothing.",
    ),
    "consent.purpose": Names("Waarvoor? {purpose}", "What for? {purpose}"),
    "consent.agree": Names("Akkoord", "Agree"),
    "consent.cancel": Names(
        "Gaat u niet akkoord? Kies Annuleren. U gaat dan terug naar {provider} en bent niet ingelogd.",
        "Do you not agree? Choose Cancel. You then go back to {provider} and are not logged in.",
    ),
    "consent.changed": Names(
        "Uw gegevens zijn zojuist gewijzigd. Controleer ze en kies opnieuw.",
        "Your details have just been changed. Check them and choose again.",
    ),
    # Extra attributes: one that is required is not there
    "missing.heading": Names(
        "Er ontbreken gegevens die {service} nodig heeft", "Details that {service} needs are missing"
    ),
    "missing.what": Names(
        "Vraag {supplier} om deze gegevens aan te vullen. Log daarna opnieuw in.",
        "Ask {supplier} to add these details. Then log in again.",
    ),
    "missing.why": Names(
        "Bij {service} kunt u alleen inloggen met deze gegevens, en {supplier} heeft ze niet:",
        "You can log in to {service} only with these details, and {supplier} does not have them:",
    ),
    "missing.of_person": Names("{name} van uzelf", "{name} of yourself"),
    "missing.of_company": Names("{name} van {company}", "{name} of {company}"),
    "missing.leave": Names("Terug naar {provider}", "Back to {provider}"),
    # What people call them, by the last part of the URN
    "attribute.FirstName": Names("Voornaam", "First name"),
    "attribute.Initials": Names("Voorletters", "Initials"),
    "attribute.FamilyNameInfix": Names("Tussenvoegsel", "Prefix of the last name"),
    "attribute.FamilyName": Names("Achternaam", "Last name"),
    "attribute.BirthName": Names("Naam bij geboorte", "Name at birth"),
    "attribute.DateOfBirth": Names("Geboortedatum", "Date of birth"),
    "attribute.PlaceOfBirth": Names("Geboorteplaats", "Place of birth"),
    "attribute.Gender": Names("Geslacht", "Gender"),
    "attribute.Email": Names("E-mailadres", "E-mail address"),
    "attribute.PhoneNumber": Names("Telefoonnummer", "Telephone number"),
    "attribute.12OrOlder": Names("12 jaar of ouder", "12 years or older"),
    "attribute.16OrOlder": Names("16 jaar of ouder", "16 years or older"),
    "attribute.18OrOlder": Names("18 jaar of ouder", "18 years or older"),
    "attribute.65OrOlder": Names("65 jaar of ouder", "65 years or older"),
    "attribute.CompanyName": Names("Naam van de organisatie", "Name of the organisation"),
    "attribute.KvKnr": Names("KvK-nummer", "Chamber of Commerce number"),
    "attribute.VATRegistrationNumber": Names("Btw-nummer", "VAT number"),
    "attribute.TaxReferenceNumber": Names("Fiscaal nummer", "Tax reference number"),
    "attribute.ChamberOfCommerce": Names("Nummer in het handelsregister", "Trade register number"),
    "attribute.LEI": Names("LEI-code", "Legal Entity Identifier (LEI)"),
    "attribute.original": Names("{name}, in oorspronkelijk schrift", "{name}, in the original script"),
    # A step that is not there, not yet or no more
    "refused.heading": Names("Deze stap is niet mogelijk", "This step is not possible"),
    "refused.early": Names(
        "Doe eerst de stappen die hieraan voorafgaan. Ga verder waar u was gebleven.",
        "Do the steps before this one first. Continue where you were.",
    ),
    "refused.choice": Names(
        "Ga terug en kies een van de mogelijkheden op de pagina. Wat u koos, hoort niet bij uw gegevens.",
        "Go back and choose one of the options on the page. What you chose is not among yours.",
    ),
    "refused.supplier": Names(
        "Ga terug naar de website waar u wilde inloggen en begin opnieuw. "
        "Bij deze leverancier loopt geen inlogpoging van u.",
        "Go back to the website where you wanted to log in and start again. "
        "You are not logging in at this supplier.",
    ),
    "unknown.heading": Names("Wij kennen deze inlogpoging niet", "We do not know this login"),
    "unknown.what": Names(
        "Ga terug naar de website waar u wilde inloggen en begin opnieuw. "
        "Misschien klopt het adres niet, of is het inloggen te lang geleden begonnen.",
        "Go back to the website where you wanted to log in and start again. "
        "The address may be wrong, or the login was started too long ago.",
    ),
    "ended.heading": Names("U bent hier klaar", "You are done here"),
    "ended.what": Names(
        "Ga verder om terug te keren naar {provider}. Het inloggen bij {supplier} is afgerond; "
        "deze pagina kunt u niet opnieuw gebruiken.",
        "Continue to return to {provider}. Logging in at {supplier} has been completed; "
        "this page cannot be used again.",
    ),
    "ended.cancelled": Names(
        "Ga verder om terug te keren naar {provider}. U hebt het inloggen bij {supplier} geannuleerd.",
        "Continue to return to {provider}. You cancelled logging in at {supplier}.",
    ),
    "ended.unavailable": Names(
        "Ga verder om terug te keren naar {provider}. "
        "U kon niet inloggen: {supplier} heeft niet alle gegevens die nodig zijn.",
        "Continue to return to {provider}. "
        "You could not log in: {supplier} does not have all the details that are needed.",
    ),
    "button.continue": Names("Verder", "Continue"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one supplier in one language: its own where the profile has one, else the common one."""

    language: str = "nl"
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, key: str, **values: object) -> str:
        text = self.own.get(self.language, {}).get(key) or TEXTS[key].in_(self.language)
        return text.format(**values)

    def attribute(self, urn: str) -> str:
        """An extra attribute as people call it; the last part of its URN for one that we do not know."""
        if not urn.startswith("urn:etoegang:"):
            return urn
        kind, _, last = urn.rpartition(":")
        key = f"attribute.{last}"
        name = self(key) if key in TEXTS else last
        return self("attribute.original", name=name) if kind.endswith(":non-transliterated") else name


def both(key: str, **values: object) -> Names:
    """One text in both languages. A value that is a Names or a date is put in its own language."""

    def say(language: str) -> str:
        return (
            TEXTS[key]
            .in_(language)
            .format(**{name: _value(value, language) for name, value in values.items()})
        )

    return Names(say("nl"), say("en"))


def day(at: date, language: str) -> str:
    """A date as people write it: 31 december 2026."""
    months = _MONTHS["en" if language == "en" else "nl"].split()
    return f"{at.day} {months[at.month - 1]} {at.year}"


def clock_time(at: datetime) -> str:
    """Dutch clock time: 14:05."""
    return at.astimezone(DUTCH_TIME).strftime("%H:%M")


def _value(value: object, language: str) -> object:
    if isinstance(value, Names):
        return value.in_(language)
    return day(value, language) if isinstance(value, date) else value
