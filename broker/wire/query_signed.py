"""How the query of an HTTP-Redirect was signed, where that is not how it was sent: the usual ways, tried.

Only to say it: whoever asks has refused the message already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from urllib.parse import quote, quote_plus, unquote_plus

from broker.wire import names
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate
from broker.wire.made import (
    BACKWARDS,
    DIGEST_OF,
    IN_HEX,
    MOST_KEYS,
    NO_PSS,
    any_pss,
    digests,
    hexadecimal,
    key_sizes,
    made_so,
    names_of,
    recovered,
    reversed_by,
)
from broker.wire.signature import Fault, SignatureProblem

MOST_ADDRESSES = 3
SIGN_QUERY = (
    "Sign the query string that you send: SAMLRequest, then RelayState if there is one, then SigAlg, each with its "
    "value URL-encoded once. Encode first, sign those very octets, and append Signature; let nothing encode them again "
    "or sort them."
)
Told = tuple[str, str]
"""How it was signed, and how to mend that; "" where the usual mend will do."""

_ENCODINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("with upper-case percent-encoding, + for a space", quote_plus),
    ("with upper-case percent-encoding, %20 for a space", lambda text: quote(text, safe="")),
    ("as JavaScript's encodeURIComponent writes it", lambda text: quote(text, safe="!'()*~")),
    ("as Java's URLEncoder writes it", lambda text: quote_plus(text, safe="*").replace("~", "%7E")),
    (
        "with lower-case percent-encoding (as .NET's HttpUtility and ADFS write it)",
        lambda text: _lower(quote_plus(text)),
    ),
    ("with lower-case percent-encoding, %20 for a space", lambda text: _lower(quote(text, safe=""))),
    ("with / left as it is", lambda text: quote(text)),
    ("without URL-encoding", lambda text: text),
)


def _lower(text: str) -> str:
    """``%2F`` as ``%2f``; the letters outside the escapes stay."""
    first, *others = text.split("%")
    return first + "".join(f"%{part[:2].lower()}{part[2:]}" for part in others)


def why_no_query(
    signature: QuerySignature, candidates: Sequence[Certificate], addresses: Sequence[str]
) -> SignatureProblem:
    """Why none of these keys verifies the signature of a query."""
    expected = "a signature over SAMLRequest, RelayState and SigAlg in that order, as sent, by "
    expected += names_of(candidates)

    def problem(received: str, mend: str = SIGN_QUERY, fault: Fault = Fault.QUERY) -> SignatureProblem:
        return SignatureProblem(fault, expected, received, mend=mend)

    value, signed, says = signature.value, signature.signed, DIGEST_OF[signature.algorithm]
    if hexadecimal(signature.text, key_sizes(candidates)):
        return problem("one in hexadecimal", IN_HEX)
    known = False
    for certificate in candidates[:MOST_KEYS]:
        known = known or bool(recovered(certificate, value))
        for made in digests(certificate, value):
            if made.of(signed):
                how = f"by {made.algorithm} while SigAlg says {says}"
                mend = f"Sign with SHA-256, and send SigAlg={names.RSA_SHA256}: the two must agree."
                if made.bare:
                    how = f"by RSA over the bare {made.algorithm} digest"
                    mend = (
                        "Sign the query string by SHA256withRSA (PKCS#1 v1.5), not its digest by RSA alone."
                    )
                return problem(f"one {how}: key and octets are right", mend)
            if made.of_its_digest(signed):
                mend = "Give the query string itself to the function that signs: it makes the digest."
                return problem("one over the digest of the query string: it was hashed twice", mend)
            found = query_as_signed(signed, signature.query, addresses, made.of)
            if found is not None:
                how, own = found
                by = "" if made.algorithm == says else f", by {made.algorithm} while SigAlg says {says}"
                received = (
                    f"one over {how}{by}: the key is right, but other octets were signed than were sent"
                )
                return problem(received, own or SIGN_QUERY)
    if known:
        return problem(
            "one over something else: the key is right, but other octets were signed than were sent. It is not these "
            "parameters in another order or encoding, so one of them was changed on the way, or something else was "
            "signed, such as the XML",
            "Sign the query string that you send: SAMLRequest, then RelayState if there is one, then SigAlg, each "
            "URL-encoded once; and let nothing on the way change one of them.",
        )
    if reversed_by(candidates, value):
        return problem(*BACKWARDS)
    if digest := any_pss(candidates, value, [signed]):
        received = f"RSA-PSS with {digest}, while SigAlg says {signature.algorithm}: the key is right"
        return SignatureProblem(Fault.METHOD, names.RSA_SHA256, received, mend=NO_PSS)
    return SignatureProblem(
        Fault.KEY,
        expected,
        "one that none of these keys made over these octets",
        made_by=lambda certificate: made_so(certificate, value, signed, signature.algorithm),
    )


def query_as_signed(
    signed: bytes, query: bytes, addresses: Sequence[str], verifies: Callable[[bytes], bool]
) -> Told | None:
    """How the parameters were ordered and encoded when they were signed; None where nothing that was tried verifies.

    ``signed`` are the octets that should have been: SAMLRequest, RelayState and SigAlg as they were sent; ``query`` is
    all that was sent, without Signature; ``addresses`` are those that may stand before it.
    """
    sent = [pair.partition(b"=")[::2] for pair in signed.split(b"&")]
    raw = {name.decode("ascii", "replace"): value.decode("ascii", "replace") for name, value in sent}
    values = {name: unquote_plus(value) for name, value in raw.items()}
    for how, encode in (("encoded as sent", None), *_ENCODINGS):
        written = raw if encode is None else {name: encode(value) for name, value in values.items()}
        for order in _orders(tuple(raw)):
            octets = "&".join(f"{name}={written.get(name, '')}" for name in order).encode()
            if octets != signed and verifies(octets):
                return f"{', '.join(order)}, {how}", ""
    for told, octets in _around(signed, query, addresses):
        if verifies(octets):
            return told
    return None


def _orders(there: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every order, the right one first; then those with RelayState left out, or there but empty."""
    yield from permutations(there)
    if "RelayState" in there:
        yield from permutations(tuple(name for name in there if name != "RelayState"))
    else:
        yield from permutations(("SAMLRequest", "RelayState", "SigAlg"))
    yield ("SAMLRequest",)


def _around(signed: bytes, query: bytes, addresses: Sequence[str]) -> Iterator[tuple[Told, bytes]]:
    """More than the parameters, or RelayState by another name than it was sent by."""
    alone = "Sign from SAMLRequest= on, without {}."
    yield ("the query with the ? before it", alone.format("the ? before it")), b"?" + signed
    for address in addresses[:MOST_ADDRESSES]:
        told = "the whole address, with the query behind it", alone.format("the address and the ?")
        yield told, f"{address}?".encode() + signed
    if query != signed:
        mend = "Sign SAMLRequest, RelayState and SigAlg alone; put other parameters before or behind them, unsigned."
        yield ("every parameter of the query, also those that SAML does not sign", mend), query
    pairs = [pair.partition(b"=") for pair in query.split(b"&")]
    for name, _, value in pairs:
        if name.lower() == b"relaystate" and name != b"RelayState":
            was = name.decode("ascii", "replace")
            told = (
                f"RelayState, which was sent as {was}",
                "Send the parameter as RelayState, with these capitals.",
            )
            first, _, rest = signed.partition(b"&")
            yield told, b"&".join((first, b"RelayState=" + value, rest))
