"""``docs/rules``: one page a rule and an index, written from the rules themselves."""

from __future__ import annotations

from broker.rules.explained import Explained, Shown, explained, flawless
from broker.rules.libraries import HOW
from broker.rules.registries import REGISTRIES, every_rule

INDEX = "README.md"


def pages() -> dict[str, str]:
    """File name to text."""
    found = [page for id_ in every_rule() if (page := explained(id_))]
    return {INDEX: _index(found)} | {f"{page.id}.md": _page(page) for page in found}


def _page(page: Explained) -> str:
    lines = [f"# {page.id}: {page.title}", "", f"{page.kind}. [All rules]({INDEX})", ""]
    for text in page.why:
        lines += [text, ""]
    lines += [f"Where it is said: <{page.reference}>", ""]
    if page.certainty:
        lines += [f"How certain: {page.certainty}", ""]
    lines += ["| Profile | Severity | What happens |", "|---|---|---|"]
    lines += [f"| `{weight.profile}` | {weight.severity} | {weight.then} |" for weight in page.weights]
    lines += [""]
    if page.firm:
        lines += [f"It cannot be suppressed: {page.firm}.", ""]
    if page.bad:
        lines += ["## Bad", "", *_shown(page.bad), "", "## Good", ""]
        lines += (
            _shown(page.good)
            if page.good
            else [f"[The flawless message]({INDEX}), which has nothing of this."]
        )
        lines += [""]
    lines += ["## Mend", "", page.mend, ""]
    if page.mends:
        lines += ["| Library | Setting |", "|---|---|"]
        lines += [f"| {library} | {_cell(line)} |" for library, line in page.mends]
        lines += [""]
    return "\n".join(lines)


def _shown(shown: Shown) -> list[str]:
    if not shown.code:
        return [shown.text]
    markup = any(sign in shown.text for sign in ("<", '="'))
    return [f"```{'xml' if markup else 'text'}", *shown.text.splitlines(), "```"]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _index(found: list[Explained]) -> str:
    lines = [
        "# Rules",
        "",
        "What the broker asks of a message, one page a rule. These pages are written from the rules' own source; a",
        "running broker has them too, at `/rules/<id>`, without a network.",
        "",
        "A rule passes, fails with a finding, does not apply, or breaks. A rule that breaks is the broker's fault, and",
        "never looks like one that passed: a request is then refused with the error.",
        "",
        "| Severity | Meaning |",
        "|---|---|",
        "| R | refused: nothing goes back to the service provider, and the person sees why |",
        "| E | an error: answered with a status where the rule has one, else told |",
        "| W | a warning |",
        "| N | a note |",
        "",
        "The profile of a service provider decides which it is: `rules: lenient` or `rules: strict`, or",
        "`profile: saml` for one that knows nothing of the scheme.",
        "",
        "## Letting a finding pass",
        "",
        "```yaml",
        "service_providers:",
        "  urn:etoegang:DV:00000001777777770000:entities:9001:",
        "    suppress:",
        "      AR-31: we cannot change this before March",
        "```",
        "",
        "The finding stays in every report, with the reason, and no longer decides anything. A rule that protects",
        "somebody cannot be suppressed; its page says why.",
        "",
        "## Mends by library",
        "",
        "A finding names the setting of the library that made the message. The library is set with",
        "`library: pysaml2` under the service provider, or else guessed from the habits of its requests:",
        "",
        "| Library | Recognised by |",
        "|---|---|",
        *(f"| `{library}` | {_cell(how)} |" for library, how in sorted(HOW.items())),
        "",
    ]
    for registry in REGISTRIES:
        lines += [
            f"## {registry.prefix}: {registry.title}",
            "",
            "| Rule | What is asked | lenient | strict | saml |",
        ]
        lines += ["|---|---|---|---|---|"]
        for page in found:
            if page.kind == registry.title:
                weights = " | ".join(
                    _letter(weight.severity) for weight in page.weights_in("lenient", "strict", "saml")
                )
                lines += [f"| [{page.id}]({page.id}.md) | {_cell(page.title)} | {weights} |"]
        lines += [""]
    for title, text in flawless():
        lines += [f"## {title}", "", "```xml", text, "```", ""]
    return "\n".join(lines)


def _letter(severity: str) -> str:
    return "-" if severity == "not asked" else severity[:1]
