"""What a page says, without the page: its heading, and its mistakes or why it stops somebody, in both languages.

By the ids and values that the templates use, for whoever goes along the road without looking at pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from suppliers.ask import Names
from suppliers.profiles import Profile
from suppliers.visit import Screen, Visit
from suppliers.wording import Wording


@dataclass(frozen=True, slots=True)
class Said:
    """``text`` is empty for a page that only asks."""

    heading: Names
    text: Names


def said(screen: Screen, visit: Visit | None, profile: Profile | None) -> Said:
    """``visit`` and ``profile`` are None where there is no such visit."""

    def in_both(say: Callable[[_Page], str]) -> Names:
        return Names(*(say(_Page(screen, visit, profile, language)) for language in ("nl", "en")))

    return Said(in_both(_Page.heading), in_both(_Page.text))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page in one language."""

    screen: Screen
    visit: Visit | None
    profile: Profile | None
    language: str

    def __call__(self, key: str, **more: object) -> str:
        values = {**more}
        if self.profile:
            values.setdefault("supplier", self.profile.name)
        if self.visit:
            asked = self.visit.ask
            values.setdefault("service", asked.service.name.in_(self.language))
            values.setdefault("provider", asked.service.provider.in_(self.language))
            values.setdefault("asked", asked.level.label)
            values.setdefault("least", self._wording.least(asked.level.label))
        return self._wording(key, **values)

    @property
    def _wording(self) -> Wording:
        return Wording(self.language, self.profile.wording if self.profile else {})

    def heading(self) -> str:
        name, values = self.screen.name, self.screen.values
        match name:
            case "login":
                return self("login.heading" if "username" in values["fields"] else "password.heading")
            case "channel":
                return self("confirm.heading" if values["any"] else "channel.heading")
            case "means":
                return self(f"means.heading.{values['standing']}")
            case "ended" if values.get("why") == "late":
                return self("ended.heading.late")
        return self(f"{name}.heading")

    def text(self) -> str:
        if self.screen.problems:
            return " ".join(self(problem.key, **problem.values) for problem in self.screen.problems)
        return " ".join(self._why())

    def _why(self) -> list[str]:
        name, values = self.screen.name, self.screen.values
        match name:
            case "means":
                until = self._wording.day(values["until"]) if values["until"] else ""
                why = self(f"means.why.{values['why']}", until=until)
                return [self(f"means.what.{values['standing']}"), why]
            case "level":
                what = self("level.what" if values["others"] else "level.none")
                return [what, self("level.why", has=values["has"])]
            case "nochannel":
                ways = (self._ways("with", "or"), self._ways("without", "and"))
                return [self("nochannel.what", ways=ways[0]), self("nochannel.why", ways=ways[1])]
            case "nomore":
                return [self("nomore.what"), self("nomore.why", most=values["most"])]
            case "nomandate":
                reasons = [line.text.in_(self.language) for line in values["reasons"]]
                what = self("nomandate.wait" if values["waits"] else "nomandate.what")
                return [what, self("nomandate.why"), *reasons]
            case "missing":
                names = [self._wording.attribute(asked.name) for asked in values["missing"]]
                return [self("missing.what"), self("missing.why"), ", ".join(names)]
            case "mandate":
                return [self("mandate.hint")]
            case "chain":
                return [self("chain.hint", intermediary=values["intermediary"])]
            case "branch":
                return [self("branch.hint", company=values["company"])]
            case "refused" | "ended":
                return [self(f"{name}.{values['why']}")]
            case "unknown":
                return [self("unknown.what")]
        return []

    def _ways(self, kind: str, between: str) -> str:
        return self(between).join(self(f"nochannel.{kind}.{way}") for way in self.screen.values["wanted"])
