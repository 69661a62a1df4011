"""Why a signature does not hold: found by trying what usually goes wrong. Only to say it.

Nothing here makes a message accepted: whoever asks has refused it already, and gets words. Anybody may send a
message that makes us look, so the work is bounded by ``MOST_OCTETS``.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from broker.wire import names
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, named

MOST_OCTETS = 8_000_000
"""Of canonical XML that is made for one message, at most."""
HASHES = {
    names.SHA1: hashlib.sha1,
    names.SHA256: hashlib.sha256,
    names.SHA384: hashlib.sha384,
    names.SHA512: hashlib.sha512,
}
SHORT = {names.SHA1: "SHA-1", names.SHA256: "SHA-256", names.SHA384: "SHA-384", names.SHA512: "SHA-512"}
NOTHING = "nothing: "
SIGN_LAST = "Sign last, and send what was signed byte for byte: no indenting or pretty-printing after it."
UNKNOWN = (
    "which part cannot be known: it is not the message without its white space, without one attribute or without one "
    "element, nor with another Destination scheme, digest or canonicalisation"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the message after it was signed, in words, and where; None where that is everywhere."""

    what: str
    mend: str | None = None
    spot: Spot | None = None


def bare(element: Element) -> Element:
    """A copy without white space between its elements."""
    twin = copy.deepcopy(element)
    for node in twin.iter():
        node.text, node.tail = _bare(node.text, False), _bare(node.tail, False)
    return twin


def unsigned(root: Element) -> Element:
    """A copy without the signatures that are its children."""
    twin = copy.deepcopy(root)
    for node in twin.findall(qname("ds:Signature")):
        _cut(node)
    return twin


def changed(
    root: Element,
    signature: Element,
    digest: bytes,
    algorithm: str,
    prefixes: tuple[str, ...],
    *,
    exclusive: bool,
) -> Change:
    """What was changed since the digest was made, where that can be known: the first alteration that undoes it."""
    work = _Work(root, signature, digest, algorithm, prefixes, exclusive=exclusive)
    for attempt in (_as_a_whole, _white_space, _destination, _one_part_less, _one_part_less_and_bare):
        for change in attempt(work):
            return change
        if work.spent:
            break
    return Change(
        UNKNOWN if not work.spent else "which part cannot be known: the message is too large to try"
    )


class _Work:
    """The signed message without its signature, altered and put back again and again."""

    def __init__(
        self,
        root: Element,
        signature: Element,
        digest: bytes,
        algorithm: str,
        prefixes: tuple[str, ...],
        *,
        exclusive: bool,
    ) -> None:
        self.exclusive = exclusive
        self.original = root
        self.signature = signature
        self.digest = digest
        self.algorithm = algorithm
        self.prefixes = list(prefixes)
        self.root = unsigned(root)
        self.left = MOST_OCTETS

    @property
    def spent(self) -> bool:
        return self.left <= 0

    def octets(self, root: Element | None = None, *, other: bool = False) -> bytes:
        """``other``: by the other canonicalisation than the message says."""
        node = self.root if root is None else root
        exclusive = self.exclusive is not other
        found = etree.tostring(
            node,
            method="c14n",
            exclusive=exclusive,
            with_comments=False,
            inclusive_ns_prefixes=self.prefixes if exclusive and self.prefixes else None,
        )
        self.left -= len(found)
        return found

    def fits(self) -> bool:
        return not self.spent and HASHES[self.algorithm](self.octets()).digest() == self.digest

    def twin(self, node: Element) -> Element:
        """The node of the message as it came that this one was copied from; its signature is missing here."""
        steps = []
        parent = node.getparent()
        while parent is not None:
            steps.append(parent.index(node))
            node, parent = parent, parent.getparent()
        found = self.original
        for step in reversed(steps):
            found = [child for child in found if child is not self.signature][step]
        return found


def _as_a_whole(work: _Work) -> Iterator[Change]:
    """Signed by another recipe: another digest, another canonicalisation, or along with the signature's place."""
    octets = work.octets()
    if HASHES[work.algorithm](octets).digest() == work.digest:
        yield Change("white space inside ds:Signature was added after signing", SIGN_LAST)
    for algorithm, digest in HASHES.items():
        if algorithm != work.algorithm and digest(octets).digest() == work.digest:
            yield Change(
                f"{NOTHING}the digest is {SHORT[algorithm]}, and DigestMethod says {SHORT[work.algorithm]}",
                "Let the library write DigestMethod itself: it must name the digest that was made.",
            )
    if HASHES[work.algorithm](work.octets(other=True)).digest() == work.digest:
        made, said = ("inclusive", "exclusive") if work.exclusive else ("exclusive", "inclusive")
        yield Change(
            f"{NOTHING}the digest is over {made} C14N, and the Transform says {said} C14N",
            "Canonicalise by http://www.w3.org/2001/10/xml-exc-c14n# when signing, as the message says.",
        )
    if HASHES[work.algorithm](work.octets(work.original)).digest() == work.digest:
        yield Change(
            f"{NOTHING}the digest is over the message with ds:Signature in it",
            "Let the transform enveloped-signature take the signature out before the digest is made.",
        )
    for node in work.root.iterchildren(etree.Element):
        if work.spent:
            return
        if HASHES[work.algorithm](work.octets(node)).digest() == work.digest:
            yield Change(
                f"{NOTHING}the digest is over {named(node)} alone",
                f"Make the digest over {named(work.original)}, the whole message that the Reference points to.",
            )


def _white_space(work: _Work) -> Iterator[Change]:
    """Indentation: white space between elements, or around text, that was not there when it was signed."""
    kept = [(node, node.text, node.tail) for node in work.root.iter()]
    between = "white space between elements (indentation, line ends) was added after signing"
    around = "white space between elements and around text was added after signing"
    for what, strip in ((between, False), (around, True)):
        for node in work.root.iter():
            node.text = _bare(node.text, strip and not len(node))
            node.tail = _bare(node.tail, False)
        if work.fits():
            yield Change(what, SIGN_LAST)
    for node, text, tail in kept:
        node.text, node.tail = text, tail


def _bare(text: str | None, strip: bool) -> str | None:
    if text is None or not text.strip():
        return None
    return text.strip() if strip else text


def _one_part_less(work: _Work) -> Iterator[Change]:
    """One attribute, or one element, that was not there when it was signed."""
    mend = "Sign last: {} must be in the message before it is signed."
    for node in list(work.root.iter(etree.Element)):
        for name, value in list(node.attrib.items()):
            if work.spent:
                return
            kept = list(node.attrib.items())
            del node.attrib[name]
            fits = work.fits()
            node.attrib.clear()
            node.attrib.update(kept)
            if fits:
                local = etree.QName(name).localname
                what = f'the attribute {local}="{str(value)[:200]}" of {named(node)} was added after signing'
                yield Change(what, mend.format(local), Spot(work.twin(node), str(name)))
        parent = node.getparent()
        if parent is None:
            continue
        twin = work.twin(node)
        place = parent.index(node)
        for with_tail in (False, True):
            if work.spent:
                return
            before = node.getprevious()
            text, tail = (parent.text if before is None else before.tail), node.tail
            _cut(node, with_tail=with_tail)
            fits = work.fits()
            if before is None:
                parent.text = text
            else:
                before.tail = text
            parent.insert(place, node)
            node.tail = tail
            if fits:
                yield Change(f"{named(node)} was added after signing", mend.format(named(node)), Spot(twin))
                return


def _one_part_less_and_bare(work: _Work) -> Iterator[Change]:
    """Indented, and one part added."""
    for node in work.root.iter():
        node.text, node.tail = _bare(node.text, False), _bare(node.tail, False)
    for change in _one_part_less(work):
        yield Change(f"{change.what}, and white space between elements too", change.mend, change.spot)


def _destination(work: _Work) -> Iterator[Change]:
    """A proxy or a script wrote another scheme, or took or added a slash at the end."""
    for name in ("Destination", "AssertionConsumerServiceURL"):
        value = work.root.get(name)
        if value is None:
            continue
        # Taken apart by hand: what anybody sent need not be an address that urlsplit knows.
        scheme, colon, rest = value.partition(":")
        for guess in (
            {"https": "http", "http": "https"}.get(scheme, scheme) + colon + rest,
            value.rstrip("/"),
            value + "/",
            value.strip(),
        ):
            work.root.set(name, guess)
            if guess != value and work.fits():
                yield Change(
                    f'{name} was changed after signing: it was "{guess[:200]}"',
                    f"Set {name} before signing, to the address that the browser really uses.",
                    Spot(work.original, name),
                )
        work.root.set(name, value)


def _cut(node: Element, *, with_tail: bool = False) -> None:
    """Take a node out; what stands behind it stays, unless it goes too."""
    parent = node.getparent()
    assert parent is not None
    tail = None if with_tail else node.tail
    before = node.getprevious()
    parent.remove(node)
    node.tail = None
    if tail:
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
