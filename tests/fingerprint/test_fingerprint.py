"""Edits of behaviour change the fingerprint of a script; edits of its text alone do not."""

import ast

import pytest
from published import ROOT

from transfer import fingerprint as package
from transfer.fingerprint import modules

LIBRARY = {
    "__init__.py": "",
    "lines.py": "from transfer.deep import base\n\ndef fit(x):\n    return base.half(x)\n",
    "deep/__init__.py": "",
    "deep/base.py": (
        "SCALE = 2\nUNUSED = 3\n\n"
        "def half(x):\n    return x / SCALE\n\n"
        "def unused(x):\n    return UNUSED\n"
    ),
    "tables.py": (
        "def mean(x):\n    return 1\n\ndef median(x):\n    return 2\n\n"
        'KINDS = {"mean": mean, "median": median}\n'
    ),
    "effect.py": "import warnings\n\nwarnings.simplefilter('ignore')\n\ndef one():\n    return 1\n",
    "errors.py": "class UserError(Exception):\n    pass\n",
    "unused.py": "def other():\n    return 1\n",
}
SCRIPT = '''"""Draw it."""

from transfer.errors import UserError
from transfer.lines import fit
from transfer.tables import KINDS


def refuse_nothing(x):
    if not x:
        raise UserError("nothing")


def save(value: "int", text):
    """Keep it."""
    if value is None:
        raise UserError(f"no {value}")
    open(text).write(value)


def main(progress):
    """Run."""
    refuse_nothing(4)
    parser.add("--x", help="what it is")
    progress.note("half way")
    save(KINDS["mean"](fit(4)), "text")  # why
    print("done", 4)


main(None)
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name, text in LIBRARY.items():
        path = tmp_path / "transfer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "draw.py").write_text(SCRIPT)
    monkeypatch.setattr(modules, "LIBRARY", tmp_path / "transfer")
    return tmp_path


def of(project, script="draw.py", choices=()) -> str:
    modules.read_module.cache_clear()
    package.fingerprint.cache_clear()
    return package.fingerprint(project / script, choices)


def edited(project, name, old, new, choices=()) -> str:
    path = project / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return of(project, choices=choices)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("draw.py", "# why", "# because of this"),
        ("draw.py", '"""Draw it."""', '"""Draw it well."""'),
        ("draw.py", '    """Run."""\n', ""),
        ("draw.py", "print(", "print(\n        "),
        ("draw.py", '"text"', "'text'"),
        ("draw.py", '"no {value}"', '"there is no value like {value!r}"'),
        ("draw.py", '"nothing"', '"nothing was given"'),
        ("draw.py", "if not x:", "if not x and x is not None:"),
        ("draw.py", '"what it is"', '"what it was"'),
        ("draw.py", '"half way"', '"nearly there"'),
        ("draw.py", '    print("done", 4)\n', ""),
        ("draw.py", '"int"', '"float"'),
        ("transfer/deep/base.py", "def half(x):\n", 'def half(x):\n    """Half of x."""\n'),
        ("transfer/deep/base.py", "UNUSED = 3", "UNUSED = 4"),
        ("transfer/deep/base.py", "return UNUSED", "return -UNUSED"),
        ("transfer/deep/__init__.py", "", "SCALE = 2\n"),
        ("transfer/errors.py", "    pass", "    code = 1"),
        ("transfer/unused.py", "return 1", "return 2"),
    ],
)
def test_what_computes_nothing_changes_nothing(project, name, old, new):
    before = of(project)
    assert edited(project, name, old, new) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("draw.py", "fit(4)", "fit(5)"),
        ("draw.py", "fit(4)", "fit(4.0)"),
        ("draw.py", '"text"', '"other text"'),
        ("draw.py", "raise UserError(f", "raise ValueError(f"),
        ("draw.py", "if value is None", "if not value"),
        ("draw.py", '"--x"', '"--y"'),
        ("transfer/lines.py", "base.half(x)", "-base.half(x)"),
        ("transfer/deep/base.py", "x / SCALE", "x // SCALE"),
        ("transfer/deep/base.py", "SCALE = 2", "SCALE = 3"),
        ("transfer/tables.py", "return 1", "return 3"),
        ("transfer/tables.py", "return 2", "return 3"),
    ],
)
def test_an_edit_of_code_shows_through_any_chain_of_names(project, name, old, new):
    before = of(project)
    assert edited(project, name, old, new) != before


def test_of_a_table_of_functions_only_the_chosen_count(project):
    mean = of(project, choices=("mean",))
    assert mean != of(project, choices=("median",))
    further = '"median": median, "mode": fit}'
    assert edited(project, "transfer/tables.py", '"median": median}', further, ("mean",)) == mean
    assert edited(project, "transfer/tables.py", "return 2", "return 3", ("mean",)) == mean
    assert edited(project, "transfer/tables.py", "return 1", "return 3", ("mean",)) != mean


@pytest.mark.parametrize(
    "statement",
    [
        "import transfer.deep.base\ntransfer.deep.base.half(1)",
        "from transfer.deep import base\nbase.half(1)",
        "from transfer.deep import base as b\nb.half(1)",
        "from transfer.deep.base import half as h\nh(1)",
        "def late():\n    from transfer.deep import base\n    return base.half(1)\nlate()",
        # Handed on as a whole, anything of it may be used.
        "from transfer.deep import base\nrun(base)",
        "class A:\n    field: 'half'\nfrom transfer.deep.base import half\nA()",
    ],
)
def test_each_way_of_using_is_followed(project, statement):
    (project / "draw.py").write_text(statement + "\n")
    before = of(project)
    assert edited(project, "transfer/deep/base.py", "x / SCALE", "x / 3") != before


def test_what_a_module_does_when_it_is_imported_counts(project):
    (project / "draw.py").write_text("from transfer.effect import one\none()\n")
    before = of(project)
    assert edited(project, "transfer/effect.py", "'ignore'", "'error'") != before


def test_modules_that_import_each_other_end(project):
    before = of(project)
    changed = edited(
        project, "transfer/deep/base.py", "return x /", "import transfer.lines\n    return x + 1 /"
    )
    assert changed != before and len(changed) == 12


def test_a_renamed_script_and_a_moved_function_keep_their_fingerprint(project):
    (project / "renamed.py").write_text(SCRIPT)
    before = of(project)
    assert of(project, "renamed.py") == before
    (project / "transfer/tables.py").rename(project / "transfer/deep/tables.py")
    assert edited(project, "draw.py", "transfer.tables", "transfer.deep.tables") == before


VIEW = """from transfer.lines import fit

READS = ("results",)

def draw(x):
    return fit(x)

def caption():
    return "a line"
"""


def test_a_part_of_a_file_stands_for_all_that_it_reaches(project):
    def of_part() -> str:
        modules.read_module.cache_clear()
        package.fingerprint_of_part.cache_clear()
        return package.fingerprint_of_part(project / "view.py", "draw")

    (project / "view.py").write_text(VIEW)
    before = of_part()
    (project / "view.py").write_text(VIEW.replace("a line", "a curve"))
    assert of_part() == before
    base = project / "transfer/deep/base.py"
    base.write_text(base.read_text().replace("SCALE = 2", "SCALE = 4"))
    assert of_part() != before
    (project / "view.py").write_text(VIEW.replace("def draw", "def drawn"))
    with pytest.raises(ValueError, match="does not define draw"):
        of_part()


def test_a_literal_none_is_not_a_literal_nothing(project):
    seen = set()
    for text in ("return", "return None", "return 0", "return ''", "return []", "return x[:1]"):
        (project / "draw.py").write_text(f"def main(x):\n    {text}\nmain(1)\n")
        seen.add(of(project))
    assert len(seen) == 6


def test_a_function_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no function"):
        package.fingerprint_of(("transfer.training.nothing",))


def test_the_library_imports_itself_by_full_names_only():
    """Relative imports are not followed, so there must be none."""
    for path in (ROOT / "scripts").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
        assert not relative, path


def test_the_library_does_nothing_that_the_fingerprint_would_miss():
    """A name is defined once in a file, and nothing is imported by a star."""
    for path in (ROOT / "scripts").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined: list[str] = []
        for node in tree.body:
            assert not isinstance(node, ast.AugAssign), path
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined.append(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [part for target in targets for part in ast.walk(target)]
                defined += [part.id for part in names if isinstance(part, ast.Name)]
        assert len(defined) == len(set(defined)), path
        stars = [
            n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"
        ]
        assert not stars, path
