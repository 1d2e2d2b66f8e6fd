"""docs/howto/pinecone-in-your-tests.md, done as it says, in a pytest of its own with the plugin we ship."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOWTO = (ROOT / "docs/howto/pinecone-in-your-tests.md").read_text()
BLOCK = re.compile(r"```python title=(\S+)\n(.*?)```", re.DOTALL)


ENTRY_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]


def run_pytest(folder, *options, path=()):
    script = f"import sys; sys.path[:0] = {[str(ROOT), *map(str, path)]!r}; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    options = ["-q", "-p", "no:cacheprovider", *options, "--rootdir", folder, folder]
    return subprocess.run(
        [sys.executable, "-c", script, *options], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_howto_does_what_it_says(tmp_path):
    for name, code in BLOCK.findall(HOWTO):
        with (tmp_path / name).open("a") as file:
            file.write(code)
    run = run_pytest(tmp_path, "-p", "pinecone_emulator.pytest_plugin")
    [promised] = re.findall(r"```text\n(.*)\n```", HOWTO)
    assert (run.returncode, promised in run.stdout) == (0, True), run.stdout + run.stderr


@pytest.mark.parametrize("named", [True, False])
def test_the_plugin_of_an_installed_package_may_be_named_once_more(tmp_path, named):
    installed = tmp_path / "site" / "pinehook-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: pinehook\nVersion: 0\n")
    lines = [f"{name} = {module}" for name, module in ENTRY_POINTS.items()]
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))
    (tmp_path / "test_it.py").write_text(
        "def test_it(pinecone_emulator):\n    assert pinecone_emulator.url\n"
    )
    options = ["-p", "pinecone_emulator.pytest_plugin"] if named else []
    run = run_pytest(tmp_path, *options, path=[installed.parent])
    assert (run.returncode, "1 passed" in run.stdout) == (0, True), run.stdout + run.stderr
