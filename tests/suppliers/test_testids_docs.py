"""docs/testids.md has every data-testid of the pages, where it is, and none that is gone."""

from __future__ import annotations

from support import testids


def test_every_test_id_is_in_the_docs_with_its_pages() -> None:
    there, told = testids.in_templates(), testids.in_docs()
    missing = [
        f"| `{id_}` | {', '.join(sorted(pages))} | ... |"
        for id_, pages in sorted(there.items())
        if told.get(id_) != pages
    ]
    assert not missing, "docs/testids.md: add or mend these rows:\n" + "\n".join(missing)


def test_no_test_id_in_the_docs_is_gone() -> None:
    gone = sorted(testids.in_docs().keys() - testids.in_templates().keys())
    assert not gone, f"docs/testids.md: no template has these any more: {gone}"


def test_ids_are_found_where_they_are_made() -> None:
    there = testids.in_templates()
    assert "supplier/login" in there["password"], "a field by the macro"
    assert "supplier/testers" in there["fill-*"], "one with a name in it"
    assert {"logged-out", "not-logged-out"} <= there.keys(), "one of two"
    assert len(there) > 100
