"""What is encrypted for the wrong reader, cannot be decrypted, or has more than one reader."""

from __future__ import annotations

import base64
import copy
from dataclasses import replace

from broker.scenarios import anew
from broker.scenarios.model import CannotAct, Case, Draft, Point, Scenario
from broker.scenarios.wrong_facts import OTHER
from broker.wire.names import qname
from broker.wire.xml import Element, add, child
from suppliers.ask import Names

GROUP = "encryption"


def for_another(draft: Draft, case: Case) -> Draft:
    """The Recipient is still this provider; only the key is not its own."""
    if draft.recipient is None:
        raise CannotAct("nothing in this answer is encrypted for the provider")
    recipient = replace(draft.recipient, certificate=anew.stranger(case).key.certificate)
    return replace(draft, recipient=recipient)


def broken(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    parts = anew.encrypted_parts(response)

    def scramble() -> None:
        for holder in parts:
            value = _cipher_value(holder.find(qname("xenc:EncryptedData")))
            size = len(base64.b64decode(value.text or ""))
            value.text = base64.b64encode(case.parts.random_bytes(size)).decode()

    return anew.resigned(response, case, scramble)


def another_first(message: bytes, case: Case) -> bytes:
    """Before the key for this provider stands one for somebody else, to which the data refers first."""
    response = anew.opened(message)
    parts = anew.encrypted_parts(response)

    def add_readers() -> None:
        for holder in parts:
            _add_reader(holder, case)

    return anew.resigned(response, case, add_readers)


def _add_reader(holder: Element, case: Case) -> None:
    ours, data = child(holder, "xenc:EncryptedKey"), child(holder, "xenc:EncryptedData")
    info = None if data is None else child(data, "ds:KeyInfo")
    if ours is None or info is None:
        return
    other = copy.deepcopy(ours)
    other.set("Id", case.parts.new_id())
    other.set("Recipient", OTHER)
    name = other.find(f"{qname('ds:KeyInfo')}/{qname('ds:KeyName')}")
    if name is not None:
        name.text = anew.stranger(case).key.key_name
    _cipher_value(other).text = base64.b64encode(case.parts.random_bytes(256)).decode()
    ours.addprevious(other)
    named = child(info, "ds:RetrievalMethod")
    if named is not None:
        first = add(info, "ds:RetrievalMethod", {**named.attrib, "URI": f"#{other.get('Id')}"})
        named.addprevious(first)


def _cipher_value(node: Element | None) -> Element:
    found = None if node is None else node.find(f"{qname('xenc:CipherData')}/{qname('xenc:CipherValue')}")
    assert found is not None
    return found


UNIFORM = Names(
    "Weigeren met dezelfde foutmelding als bij elk ander antwoord dat niet te ontcijferen is. Niemand is ingelogd.",
    "Refuse with the same error as for every other answer that cannot be decrypted. Nobody is logged in.",
)
CHOOSE = Names(
    "De persoon inloggen: kies de EncryptedKey met uw eigen Recipient en KeyName.",
    "Log the person in: choose the EncryptedKey that has your own Recipient and KeyName.",
)

SCENARIOS = (
    Scenario(
        "encrypted-for-another",
        Names("Versleuteld voor een ander", "Encrypted for somebody else"),
        GROUP,
        Point.FACTS,
        for_another,
        Names(
            "Wat voor de dienstverlener versleuteld is, is dat met de sleutel van een ander; KeyName is daarvan",
            "What is encrypted for the service provider is so with the key of somebody else; KeyName is of that",
        ),
        UNIFORM,
        "ENC-02",
    ),
    Scenario(
        "broken-ciphertext",
        Names("Versleutelde gegevens zijn stuk", "Encrypted data are broken"),
        GROUP,
        Point.RESPONSE,
        broken,
        Names(
            "CipherValue van elk EncryptedData: willekeurige bytes; de handtekeningen zijn goed",
            "CipherValue of each EncryptedData: random bytes; the signatures are good",
        ),
        UNIFORM,
        "ENC-02, ENC-03",
    ),
    Scenario(
        "other-recipient-first",
        Names(
            "Eerst een sleutel voor een ander, dan die voor u", "A key for somebody else first, then yours"
        ),
        GROUP,
        Point.RESPONSE,
        another_first,
        Names(
            "Voor elke EncryptedKey staat er een met een onbekende Recipient en KeyName; de handtekeningen zijn goed",
            "Before each EncryptedKey stands one with an unknown Recipient and KeyName; the signatures are good",
        ),
        CHOOSE,
        "SP-17",
    ),
)
