from __future__ import annotations

import re
from pathlib import Path

from bridge import errors
from bridge.config import Settings
from bridge.errors import PinehookError
from bridge.registry import ROOT
from bridge.runtime import start
from bridge.web import create_app, door
from bridge.web.problems import RETRY_AFTER_SECONDS

DOCS = ROOT / "docs"


def kinds(of: type[PinehookError] = PinehookError) -> list[type[PinehookError]]:
    return [kind for child in of.__subclasses__() for kind in (child, *kinds(child))]


def test_every_error_code_is_documented_with_its_status() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\d+) \| (yes|no) \| .+ \|$", (DOCS / "errors.md").read_text(), re.MULTILINE
    )
    known = [(kind.code, str(kind.status), "yes" if kind.retryable else "no") for kind in kinds()]
    assert sorted(rows) == sorted(known)


def test_every_error_class_says_when_it_is_raised_and_stands_in_the_tree() -> None:
    undescribed = [kind.__name__ for kind in kinds() if not (kind.__doc__ or "").strip().endswith(".")]
    unplanted = [kind.__name__ for kind in kinds() if kind.__name__ not in (errors.__doc__ or "")]
    assert (undescribed, unplanted, RETRY_AFTER_SECONDS) == ([], [], 1)


def test_every_route_is_documented_with_its_scope(tmp_path: Path) -> None:
    opened = start(Settings(env="development", data_dir=tmp_path))
    app = create_app(opened.settings, opened)
    opened.close()
    declared = [
        f"| `{known.method} {known.path}` | {known.need} | {known.summary} |"
        for known in door.operations(app)
    ]
    served = {rule.rule for rule in app.url_map.iter_rules()}
    rows = [line for line in (DOCS / "api.md").read_text().splitlines() if line.startswith("| `")]
    assert (rows, {known.path for known in door.operations(app)}) == (declared, served)


def test_shared_names_mean_one_thing() -> None:
    common = {path.stem for path in (ROOT / "schemas/common").glob("*.json")}
    ours = {path.stem for path in (ROOT / "schemas/api").glob("*.json")}
    assert common & ours == set()
