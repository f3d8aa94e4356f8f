"""Names bound to values: the plan's text then stands by itself."""

from __future__ import annotations

from typing import Any

from butler_tui.core.plan_bind import bind
from butler_tui.core.plan_text import read_plan
from butler_tui.core.plan_write import write_plan

TEXT = """# Bound
page = read_page(url)
pages = [read_page(url) for url2 in urls if url2 != url]
write_file(f"{name}.md", f"# {name} by {page.title}", append=flag) if url else None
"""


def test_names_become_values_everywhere_but_where_they_are_bound(tools: Any) -> None:
    values = {
        "url": 'https://example.org/"q"',
        "urls": ["a", "b"],
        "name": "N\n{x}",
        "flag": True,
    }
    shapes = {
        "url": {"type": "string"},
        "urls": {"type": "array", "items": {"type": "string"}},
        "name": {"type": "string"},
        "flag": {"type": "boolean"},
    }
    text = write_plan(bind(read_plan(TEXT, tools, shapes), values))
    assert write_plan(read_plan(text, tools)) == text
    assert 'read_page("https://example.org/\\"q\\"")' in text
    assert 'for url2 in ["a", "b"]' in text
    assert 'f"# N\\n{{x}} by {page.title}"' in text
    assert "append=True" in text


def test_an_element_of_the_same_name_is_left_alone(tools: Any) -> None:
    plan = read_plan("[read_page(one) for one in goal]\n", tools, {"goal": {"type": "array"}})
    assert bind(plan, {"one": "x"}) == plan
