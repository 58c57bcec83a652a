"""A page's structure, read with the standard library's parser."""

from __future__ import annotations

from html.parser import HTMLParser

CLOSED_BY_THEMSELVES = {"meta", "link", "input", "br"}
DRAWN = {"path", "rect", "line"}
"""SVG shapes, which the parser takes for tags that nothing needs to close."""


class Outline(HTMLParser):
    """What a page is made of, as a screen reader would find it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.unclosed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Note an opening tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in CLOSED_BY_THEMSELVES | DRAWN:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Check that what closes is what was opened last."""
        if tag in DRAWN:
            return
        assert self.unclosed.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]
