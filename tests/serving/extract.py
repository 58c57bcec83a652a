"""Every text that the pages translate, found as Babel finds it."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

import serving.web

FOLDER = Path(serving.web.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "marked": None}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]


def message_ids() -> set[str]:
    """Return the message ids of all templates and modules of the pages."""
    found = extract_from_dir(FOLDER, METHODS, keywords=KEYWORDS)
    return {str(message) for _, _, message, _, _ in found}
