"""The floor of a login: the verifies, signatures and key encryptions that it makes, and nothing around them.

They are not listed here but taken from a login in this process: the broker's functions are wrapped while it runs,
and what they were called with is kept, so that the same messages can be worked on again with the bare library.
"""

from __future__ import annotations

import copy
import inspect
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from types import ModuleType
from typing import Any

import xmlsec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP

from broker.wire.encryption import add_encrypted_attribute, add_encrypted_id, encrypted_assertion
from broker.wire.keys import Certificate, SigningKey
from broker.wire.names import qname
from broker.wire.signing import sign, verify
from broker.wire.xml import Element

VERIFY, SIGN, ENCRYPT = "verify", "sign", "key encryption"
REPEATS = 25
# Each makes one EncryptedKey.
ENCRYPTING: tuple[Callable[..., Any], ...] = (add_encrypted_id, add_encrypted_attribute, encrypted_assertion)

Work = Callable[[], object]


@dataclass(frozen=True)
class Operation:
    """One call of the login. ``library`` and ``whole`` each make a piece of work ready; only the work is timed.

    ``library`` is the call of xmlsec or cryptography alone, ``whole`` the broker's function around it.
    """

    kind: str
    library: Callable[[], Work]
    whole: Callable[[], Work]


@dataclass
class Floor:
    """The operations of one login."""

    operations: list[Operation] = field(default_factory=list)

    def times(self, kind: str) -> int:
        return sum(operation.kind == kind for operation in self.operations)

    def library_ms(self, kind: str | None = None) -> float:
        return sum(_ms(one.library) for one in self.operations if kind in (None, one.kind))

    def whole_ms(self, kind: str | None = None) -> float:
        return sum(_ms(one.whole) for one in self.operations if kind in (None, one.kind))


@contextmanager
def recorded() -> Iterator[Floor]:
    """What is verified, signed and encrypted in this process meanwhile."""
    floor = Floor()
    makers: list[tuple[Callable[..., Any], Callable[..., Operation]]] = [
        (verify, _verification),
        (sign, _signature),
        *((function, partial(_encryption, function)) for function in ENCRYPTING),
    ]
    undo: list[tuple[ModuleType, str, object]] = []
    for original, maker in makers:
        wrapper = _recording(original, maker, floor)
        # A module that imported the function by name holds it under a name of its own.
        modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "broker"]
        for module in modules:
            for name in [name for name, value in vars(module).items() if value is original]:
                undo.append((module, name, original))
                setattr(module, name, wrapper)
    try:
        yield floor
    finally:
        for module, name, value in undo:
            setattr(module, name, value)


def _recording(
    original: Callable[..., Any], maker: Callable[..., Operation], floor: Floor
) -> Callable[..., Any]:
    @wraps(original)
    def call(*arguments: Any, **named: Any) -> Any:
        floor.operations.append(maker(*arguments, **named))
        return original(*arguments, **named)

    return call


def _verification(element: Element, candidates: Sequence[Certificate]) -> Operation:
    tree = copy.deepcopy(element.getroottree())
    path = element.getroottree().getelementpath(element)
    key = verify(_found(tree, path), candidates).certificate.xmlsec_key

    def library() -> Work:
        message = _found(copy.deepcopy(tree), path)
        signature = message.find(qname("ds:Signature"))
        assert signature is not None

        def work() -> None:
            context = _context(message, key)
            context.verify(signature)

        return work

    def whole() -> Work:
        message = _found(copy.deepcopy(tree), path)
        return lambda: verify(message, candidates)

    return Operation(VERIFY, library, whole)


def _signature(element: Element, key: SigningKey, *, after: Element | None = None, **how: Any) -> Operation:
    assert element.getparent() is None, "what is signed here is a document of its own"
    bare = copy.deepcopy(element)
    place = None if after is None else element.index(after)

    def whole() -> Work:
        message = copy.deepcopy(bare)
        issuer = None if place is None else message[place]
        return lambda: sign(message, key, after=issuer, **how)

    def library() -> Work:
        message = copy.deepcopy(template)
        signature = message.find(qname("ds:Signature"))
        assert signature is not None

        def work() -> None:
            context = _context(message, key.xmlsec_key)
            context.sign(signature)

        return work

    template = copy.deepcopy(bare)
    sign(template, key, after=None if place is None else template[place], **how)
    made = template.find(qname("ds:Signature"))
    assert made is not None
    for node in made.iter(qname("ds:DigestValue"), qname("ds:SignatureValue")):
        node.text = None
    return Operation(SIGN, library, whole)


def _encryption(function: Callable[..., Any], *arguments: Any, **named: Any) -> Operation:
    call = inspect.signature(function).bind(*arguments, **named).arguments
    kept = _own(call)
    public_key = call["recipient"].certificate.public_key
    # Which hash OAEP takes hardly weighs.
    oaep, session_key = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None), bytes(32)

    def whole() -> Work:
        again = _own(kept)
        return lambda: function(**again)

    return Operation(ENCRYPT, lambda: lambda: public_key.encrypt(session_key, oaep), whole)


def _own(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same with a copy of every element, so that work on one leaves the other alone."""
    return {
        name: copy.deepcopy(value) if isinstance(value, Element) else value
        for name, value in arguments.items()
    }


def _context(message: Element, key: xmlsec.Key) -> xmlsec.SignatureContext:
    context = xmlsec.SignatureContext()
    context.key = key
    context.register_id(message, "ID")
    return context


def _found(tree: Any, path: str) -> Element:
    found: Element | None = tree.getroot() if path == "." else tree.find(path)
    assert found is not None
    return found


def _ms(ready: Callable[[], Work]) -> float:
    """The median CPU of a piece of work, each time on a copy that nobody has worked on."""
    took = []
    for _ in range(REPEATS):
        work = ready()
        start = time.thread_time_ns()
        work()
        took.append((time.thread_time_ns() - start) / 1e6)
    return statistics.median(took)
