"""docs/quality.md names every check, and its calendar is one that is read."""

import re
from pathlib import Path

from feature_store.ingestion.calendar_file import DeclaredPeriods, read_calendar
from feature_store.quality.catalogue import CATALOGUE

TEXT = (Path(__file__).parents[3] / "docs/quality.md").read_text(encoding="utf-8")


def test_every_check_is_in_the_table_in_no_other_words():
    told = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert sorted(told) == sorted(check.kind for check in CATALOGUE)


def test_the_example_of_a_calendar_is_one(tmp_path):
    file = tmp_path / "calendar.csv"
    example = re.search(r"^```csv\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert example
    file.write_text(example.group(1), encoding="utf-8")
    read = read_calendar(file, known_firms=["metal-works"])
    assert isinstance(read, DeclaredPeriods)
    assert len(read.by_firm["metal-works"]) == 5
