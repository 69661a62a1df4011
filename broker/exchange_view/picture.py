"""The road of a login as a sequence picture: SVG of classes and presentation attributes only, as the CSP asks.

What went wrong has a shape and a word of its own, so that nothing hangs on colour. Each arrow links to its event.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree
from markupsafe import Markup

from broker.exchange_view.steps import BROKER, BROWSER, LANES, SP, WORDS, Sort, Step, took

SVG = "http://www.w3.org/2000/svg"
FIRST, APART, TOP, ROW = 112, 150, 56, 46
"""Where the first lane is, how far apart they are, where the rows begin and how high each is; in pixels."""
WIDTH = FIRST + 3 * APART + 56
MOST = 120
LONGEST = 44


def picture(steps: Sequence[Step], waits: str, title: str) -> Markup:
    """``waits`` is what the login waits for, empty where it is over."""
    shown = list(steps[:MOST])
    height = TOP + ROW * (len(shown) + bool(waits)) + 28
    svg = etree.Element(
        f"{{{SVG}}}svg",
        {
            "class": "sequence",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "group",
            "aria-labelledby": "sequence-title sequence-desc",
        },
        nsmap={None: SVG},
    )
    _add(svg, "title", title, id="sequence-title")
    _add(svg, "desc", _told(steps, waits), id="sequence-desc")
    for number, name in enumerate(LANES):
        x = _x(number)
        _add(svg, "line", **{"class": "lane"}, x1=x, y1=34, x2=x, y2=height - 8)
        _add(svg, "text", name, **{"class": "lane-name"}, x=x, y=22, text_anchor="middle")
    for row, step in enumerate(shown):
        _step(svg, step, TOP + ROW * row + 24)
    if waits:
        y = TOP + ROW * len(shown) + 24
        _add(svg, "circle", **{"class": "mark waiting"}, cx=_x(BROWSER), cy=y, r=8)
        _add(svg, "text", f"{WORDS[Sort.WAITING]}: {waits}", **{"class": "word"}, x=_x(BROWSER) + 16, y=y + 5)
    return Markup(etree.tostring(svg, encoding="unicode"))  # noqa: S704 - lxml has escaped every value


def _step(svg: etree._Element, step: Step, y: int) -> None:
    link = _add(svg, "a", href=f"#event-{step.event}", **{"class": f"step {step.sort}"})
    _add(link, "title", _spoken(step))
    # Wide enough to hit, and what the focus ring is drawn around.
    _add(link, "rect", **{"class": "hit"}, x=2, y=y - 24, width=WIDTH - 4, height=ROW - 4, rx=4)
    _add(link, "text", took(step.since_ms), **{"class": "time"}, x=8, y=y + 4)
    start, end = _x(step.start), _x(step.end)
    text = step.label + (f": {step.detail}" if step.detail else "")
    if step.sort in WORDS:
        text = f"{WORDS[step.sort].upper()} – {text}"
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    if start == end:
        _add(link, "circle", **{"class": "note"}, cx=start, cy=y, r=4)
        _mark(link, step.sort, start, y)
        right = step.start >= BROKER
        x = start - 14 if right else start + 14
        _add(link, "text", text, **{"class": "label"}, x=x, y=y + 5, text_anchor="end" if right else "start")
        return
    way = 1 if end > start else -1
    _add(link, "line", **{"class": "arrow"}, x1=start, y1=y, x2=end - way * 9, y2=y)
    _add(link, "path", **{"class": "head"}, d=f"M{end} {y}l{-way * 10} -5v10z")
    if {step.start, step.end} == {SP, BROKER} and step.kind in ("request", "answer", "logout-request"):
        _add(link, "circle", **{"class": "via"}, cx=_x(BROWSER), cy=y, r=4)
    if step.back:
        _add(link, "line", **{"class": "arrow back"}, x1=end, y1=y + 9, x2=start + way * 9, y2=y + 9)
        _add(link, "path", **{"class": "head"}, d=f"M{start} {y + 9}l{way * 10} -5v10z")
    _mark(link, step.sort, end, y)
    left, right_ = min(start, end), max(start, end)
    # A label is wider than the way between two neighbours: it begins where there is room.
    if right_ >= _x(3):
        _add(link, "text", text, **{"class": "label"}, x=right_ - 14, y=y - 7, text_anchor="end")
    else:
        _add(link, "text", text, **{"class": "label"}, x=left + 12, y=y - 7)


def _mark(link: etree._Element, sort: Sort, x: int, y: int) -> None:
    """An octagon with a cross where it stopped, a triangle where a try failed, a diamond where a tester did it."""
    if sort is Sort.STOPPED:
        points = " ".join(
            f"{x + dx},{y + dy}"
            for dx, dy in ((-5, -11), (5, -11), (11, -5), (11, 5), (5, 11), (-5, 11), (-11, 5), (-11, -5))
        )
        _add(link, "polygon", **{"class": "mark stopped"}, points=points)
        _add(link, "path", **{"class": "cross"}, d=f"M{x - 5} {y - 5}l10 10m0 -10l-10 10")
    elif sort is Sort.TROUBLE:
        _add(
            link,
            "polygon",
            **{"class": "mark trouble"},
            points=f"{x},{y - 10} {x + 10},{y + 8} {x - 10},{y + 8}",
        )
    elif sort is Sort.SCENARIO:
        points = f"{x},{y - 11} {x + 11},{y} {x},{y + 11} {x - 11},{y}"
        _add(link, "polygon", **{"class": "mark scenario"}, points=points)


def _spoken(step: Step) -> str:
    way = LANES[step.start]
    if step.start != step.end:
        way += f" naar {LANES[step.end]}"
    said = [f"{step.event}. {way}", step.label, step.detail, WORDS.get(step.sort, ""), took(step.since_ms)]
    return ", ".join(filter(None, said))


def _told(steps: Sequence[Step], waits: str) -> str:
    """The picture in words: how many steps, and where it went another way."""
    odd = [f"stap {step.event}, {step.label}: {WORDS[step.sort]}" for step in steps if step.sort in WORDS]
    said = [f"{len(steps)} stappen tussen {', '.join(LANES)}."]
    if len(steps) > MOST:
        said.append(f"De eerste {MOST} zijn getekend.")
    said += [f"{'; '.join(odd[:10])}." if odd else "Alles ging door.", f"Nu: {waits}." if waits else ""]
    return " ".join(filter(None, [*said, "De tabel eronder zegt hetzelfde."]))


def _x(lane: int) -> int:
    return FIRST + APART * lane


def _add(parent: etree._Element, name: str, text: str = "", **attributes: object) -> etree._Element:
    made = etree.SubElement(parent, f"{{{SVG}}}{name}")
    for key, value in attributes.items():
        made.set(key.replace("_", "-"), str(value))
    if text:
        # XML has no control characters; a label may come from whoever sent the message.
        made.text = "".join(char if char.isprintable() else "�" for char in text)
    return made
