"""An edit of what a script does changes its fingerprint; an edit of how it reads does not."""

import ast

import pytest
from published import ROOT

from transfer import fingerprint as module

LIBRARY = {
    "__init__.py": "",
    "lines.py": "from transfer.deep import base\n\ndef fit(x):\n    return base.half(x)\n",
    "deep/__init__.py": "",
    "deep/base.py": "def half(x):\n    return x / 2\n",
    "unused.py": "def other():\n    return 1\n",
}
SCRIPT = '''"""Draw it."""

from transfer.lines import fit


def main():
    """Run."""
    print(fit(4), "text")  # why
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name, text in LIBRARY.items():
        path = tmp_path / "transfer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "draw.py").write_text(SCRIPT)
    monkeypatch.setattr(module, "LIBRARY", tmp_path / "transfer")
    return tmp_path


def of(project, script="draw.py") -> str:
    module._parse.cache_clear()
    module.fingerprint.cache_clear()
    return module.fingerprint(project / script)


def edited(project, name, old, new) -> str:
    path = project / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return of(project)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("draw.py", "# why", "# because of this"),
        ("draw.py", '"""Draw it."""', '"""Draw it well."""'),
        ("draw.py", '    """Run."""\n', ""),
        ("draw.py", "print(fit(4), ", "print(\n        fit(4),\n        "),
        ("draw.py", '"text"', "'text'"),
        ("transfer/deep/base.py", "def half(x):\n", 'def half(x):\n    """Half of x."""\n'),
        ("transfer/unused.py", "return 1", "return 2"),
    ],
)
def test_what_changes_no_code_changes_nothing(project, name, old, new):
    before = of(project)
    assert edited(project, name, old, new) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("draw.py", "fit(4)", "fit(5)"),
        ("draw.py", "fit(4)", "fit(4.0)"),
        ("draw.py", '"text"', '"other text"'),
        ("draw.py", 'print(fit(4), "text")', 'print("text", fit(4))'),
        ("transfer/lines.py", "base.half(x)", "-base.half(x)"),
        ("transfer/deep/base.py", "x / 2", "x // 2"),
        ("transfer/deep/__init__.py", "", "SCALE = 2\n"),
    ],
)
def test_an_edit_of_code_shows_through_any_chain_of_imports(project, name, old, new):
    before = of(project)
    assert edited(project, name, old, new) != before


@pytest.mark.parametrize(
    "statement",
    [
        "import transfer.deep.base",
        "from transfer.deep import base",
        "from transfer.deep.base import half",
        "def late():\n    from transfer.deep import base",
    ],
)
def test_each_way_of_importing_is_followed(project, statement):
    (project / "draw.py").write_text(statement + "\n")
    before = of(project)
    assert edited(project, "transfer/deep/base.py", "x / 2", "x / 3") != before


def test_modules_that_import_each_other_end(project):
    before = of(project)
    changed = edited(
        project, "transfer/deep/base.py", "def half", "import transfer.lines\ndef half"
    )
    assert changed != before and len(changed) == 12


def test_a_renamed_script_keeps_its_fingerprint(project):
    (project / "renamed.py").write_text(SCRIPT)
    assert of(project, "renamed.py") == of(project)


def test_a_literal_none_is_not_a_literal_nothing(project):
    seen = set()
    for text in ("return", "return None", "return 0", "return ''", "return []", "return x[:1]"):
        (project / "draw.py").write_text(f"def main(x):\n    {text}\n")
        seen.add(of(project))
    assert len(seen) == 6


def test_the_library_imports_itself_by_full_names_only():
    """Relative imports are not followed, so there must be none."""
    for path in (ROOT / "scripts").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
        assert not relative, path
