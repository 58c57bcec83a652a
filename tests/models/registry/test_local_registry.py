"""Where nobody has trained, that is told at once, and looking for a model makes no registry."""

import subprocess
import sys
from pathlib import Path

import pytest

from feature_store.errors import NoModelError
from feature_store.settings import Settings
from models.registry.champion import load_champion
from models.registry.local_registry import REGISTRY, refuse_if_never_made

ROOMS = Path(__file__).parents[3]


@pytest.mark.parametrize("ask", [refuse_if_never_made, load_champion])
def test_on_a_new_home_the_next_step_is_named_and_nothing_is_made(tmp_path, ask):
    with pytest.raises(NoModelError, match="run 'sandan train'"):
        ask(Settings(home=tmp_path / "state"))
    assert not (tmp_path / "state").exists()


def test_the_file_that_is_looked_for_is_the_one_that_settings_name():
    settings = Settings(home=Path("state"))
    assert settings.tracking_uri.endswith(f"/state/{REGISTRY}")


def test_a_registry_that_was_made_or_lies_elsewhere_has_to_be_asked(tmp_path):
    refuse_if_never_made(Settings(home=tmp_path, mlflow_tracking_uri="http://registry.example"))
    (tmp_path / REGISTRY).touch()
    refuse_if_never_made(Settings(home=tmp_path))


def test_the_service_starts_on_a_new_home_without_the_libraries_of_models(tmp_path):
    """They are most of its start, and there is nothing that they could load."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from feature_store.settings import Settings\n"
        "from serving.bootstrap import build\n"
        "build(Settings(home=Path(sys.argv[1]))).close()\n"
        "print({'mlflow', 'lightgbm'} & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 (our own interpreter and script)
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOMS,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == "set()"
    assert not (tmp_path / REGISTRY).exists()
