"""The console's page "Scenario's": which there are, arm one by a form, what is armed and in which logins it acted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.pages.room import room
from broker.parts import Parts
from broker.scenarios import arming
from broker.scenarios.armed import MOST, TooMany
from broker.scenarios.catalogue import CATALOGUE, GROUPS
from broker.scenarios.model import Param, Point, Scenario, WrongParams

WHERE = "/scenarios"
GROUP_NAMES = {
    "outcomes": "Het inloggen eindigt anders",
    "means": "Het inlogmiddel deugt niet",
    "mandates": "De machtiging is een andere",
    "identity": "Niveau, organisatie of persoon is een ander",
    "facts": "Het bericht zegt iets verkeerds",
    "signature": "De handtekening deugt niet",
    "keys": "De makelaar wisselt van sleutel",
    "encryption": "De versleuteling deugt niet",
    "message": "Het bericht zit vreemd in elkaar",
    "replay": "Een eerder antwoord komt nog eens",
    "wrapping": "Een vervalste assertion naast de ondertekende",
    "delivery": "Het antwoord komt anders of niet aan",
    "artifact": "De artifactdienst werkt niet goed",
}
POINTS = {
    "request": "bij het verzoek",
    "world": "bij de leverancier",
    "decision": "bij het besluit van de leverancier",
    "facts": "bij het opstellen van het antwoord",
    "response": "na het ondertekenen",
    "delivery": "bij het afleveren",
    "artifact": "bij het ophalen met het artifact",
}
_FIELDS = ("person", "sp", "service", "relay_state")
_SHOWN = 100
_LONGEST = 500


def add(pages: Blueprint, parts: Parts) -> None:
    """On the console's own blueprint, so that its guards hold here too, also the one against other sites."""

    @pages.route(WHERE)
    def scenarios() -> ResponseReturnValue:
        done = request.args.get("done", "")
        return _list(parts, done=done if done in ("armed", "disarmed") else "")

    @pages.route(f"{WHERE}/<name>")
    def scenario_page(name: str) -> ResponseReturnValue:
        found = CATALOGUE.get(name)
        return _one(parts, found, {}, {}) if found else (_list(parts, wrong="unknown"), 404)

    @pages.route(f"{WHERE}/<name>", methods=["POST"])
    def scenario_arm(name: str) -> ResponseReturnValue:
        found = CATALOGUE.get(name)
        if found is None:
            return _list(parts, wrong="unknown"), 404
        form = {key: value.strip()[:_LONGEST] for key, value in request.form.items()}
        wrong = _wrong(form)
        given = {param.name: form.get(f"param-{param.name}", "") for param in found.params}
        try:
            found.filled(given)
        except WrongParams as error:
            params = {param.name: param for param in found.params}
            wrong |= {f"param-{name}": _meant(params[name]) for name, _ in error.problems}
        if found.hostile and not form.get("sp"):
            wrong["sp"] = "Vul de entityID in van de dienstverlener die u test. Dit scenario is een aanval."
        if found.point is Point.REQUEST and form.get("person"):
            wrong["person"] = (
                "Laat dit leeg. Dit scenario grijpt in als het verzoek binnenkomt: dan is nog niet bekend wie inlogt."
            )
        if wrong:
            return _one(parts, found, form, wrong), 422
        wish = arming.Wish(
            name,
            given,
            times=int(form.get("times", "1")),
            **{field: form.get(field, "") for field in _FIELDS},
        )
        try:
            arming.arm(parts, wish, room())
        except TooMany:
            return _list(parts, wrong="many"), 409
        return redirect(f"/console{WHERE}?{urlencode({'done': 'armed'})}", 303)

    @pages.route(f"{WHERE}/armed/<id_>/disarm", methods=["POST"])
    def scenario_disarm(id_: str) -> ResponseReturnValue:
        if not arming.disarm(parts, id_):
            return _list(parts, wrong="gone"), 404
        return redirect(f"/console{WHERE}?{urlencode({'done': 'disarmed'})}", 303)


def _wrong(form: Mapping[str, str]) -> dict[str, str]:
    times = form.get("times", "1")
    if times.isascii() and times.isdigit() and len(times) < 7:
        return {}
    return {"times": "Vul een aantal in, zoals 1. Met 0 geldt het scenario bij elke inlogpoging."}


def _meant(param: Param) -> str:
    if param.kind in ("seconds", "number"):
        return f"Vul een heel getal in van {param.least} tot en met {param.most}."
    if param.kind == "level":
        return "Vul een niveau in: EH2, EH2+, EH3 of EH4."
    if param.kind == "choice":
        return f"Kies uit: {', '.join(filter(None, param.choices))}; of laat het leeg."
    return "Vul hooguit 500 tekens in."


def _list(parts: Parts, *, done: str = "", wrong: str = "") -> str:
    here = parts.seen_by(room())
    armed = arming.listed(parts, here.tag or None)
    groups = [(group.SCENARIOS[0].group, group.SCENARIOS) for group in GROUPS]
    return render_template(
        "console/scenarios.html",
        here="scenarios",
        current=here.current,
        now=parts.now(),
        groups=[(GROUP_NAMES.get(name, name), scenarios) for name, scenarios in groups],
        points=POINTS,
        armed=[(one, CATALOGUE.get(one.scenario)) for one in armed[:_SHOWN]],
        more=max(0, len(armed) - _SHOWN),
        most=MOST,
        done=done,
        wrong=wrong,
    )


def _one(parts: Parts, found: Scenario, form: Mapping[str, Any], wrong: Mapping[str, str]) -> str:
    here = parts.seen_by(room())
    return render_template(
        "console/scenario.html",
        here="scenarios",
        current=here.current,
        now=parts.now(),
        scenario=found,
        point=POINTS[str(found.point)],
        providers=sorted(here.current.catalogue.sps)[:200],
        services=sorted({service.name.nl for service in here.current.register.services.values()})[:200],
        base_url=parts.settings.base_url,
        form=form,
        wrong=wrong,
    )
