"""Which edits of the training code train everything again, and which do not.

Every function and class of training/, and of what it takes from study/, is edited once. The table
says on which side the edit falls, so a new module or function must be put on one of them here.
"""

import ast
import shutil
from pathlib import Path

import pytest
from published import ROOT

from transfer import fingerprint as package
from transfer.fingerprint import modules
from transfer.fingerprint.canonical import SPEAKING, dotted
from transfer.study.methods import METHODS
from transfer.training import code, methods
from transfer.training.policies import POLICIES

TRAINING = ROOT / "scripts" / "transfer" / "training"
# Definitions of a module whose edit changes nothing of a finished run; None: of all of it.
WITHOUT_EFFECT: dict[str, set[str] | None] = {
    "__init__": None,
    # Which GPU, which versions count as equal, what is shown, and what is found again.
    "accepted": None,
    "code": None,
    "progress": None,
    "report": None,
    "finished": {
        "run_settings", "read_finished", "_valid_record", "_place", "set_aside", "restore",
        "delete_checkpoints", "kept_whole", "_copy_beside",
    },
    # Their outcome is in the settings of a run.
    "libraries": None,
    "../study/recipes": None,
    "../study/hyperparameters": {"point_id", "expand_grid", "short_number"},
    "../study/methods": None,
    # What predicts transfer without a run.
    "features": None,
    "device": {"choose_device", "choose_precision", "has_bfloat16"},
    "weights": {
        "fetch", "_download", "_download_from_hub", "_fetch_timm", "_fetch_torchvision",
        "store_weights", "stored_record", "write_weights",
    },
    "record_checks": None,
    "weights_record": {"weights_digest", "weights_name", "train_again"},
    # Of a run by another method, or with augmentation.
    "methods/linear_probe": None,
    "methods/pretrain": None,
    "methods/probe_then_finetune": None,
    "operations": None,
    "policies": {
        "_magnitudes", "_signs", "draw_randaugment", "randaugment", "draw_augmix", "augmix",
    },
    "../study/settings": {"PretrainSettings", "ProbeThenFinetuneSettings"},
    # They pass or raise, or write what was computed.
    "evaluation": {"check_splits"},
    "heads": {"_refuse_other_network", "Copies", "multiply_head"},
    "interruption": {"Interrupted", "watch_signals"},
    "record": {"write_result"},
    # Of a dataset that is measured by accuracy.
    "metrics": {
        "check_labels", "_quadratic_weighted_kappa", "_roc_auc", "_mean_average_precision_11",
    },
    **{module: set() for module in (
        "augment", "batches", "checkpoint", "losses", "methods/__init__", "methods/finetune",
        "optim", "order", "parts", "run", "task", "models",
    )},
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    copy = tmp_path_factory.mktemp("code") / "transfer"
    shutil.copytree(
        ROOT / "scripts" / "transfer", copy, ignore=shutil.ignore_patterns("__pycache__")
    )
    before, modules.LIBRARY = modules.LIBRARY, copy
    yield copy
    modules.LIBRARY = before
    modules.read_module.cache_clear()
    package.fingerprint_of.cache_clear()


def fingerprint(metric: str = "accuracy", method: str = "finetune") -> str:
    modules.read_module.cache_clear()
    package.fingerprint_of.cache_clear()
    return code.training_code(metric, method)


def with_text(path: Path, text: str, metric: str = "accuracy", method: str = "finetune") -> str:
    """The fingerprint while a file of the library has another text."""
    before = path.read_text()
    path.write_text(text)
    try:
        return fingerprint(metric, method)
    finally:
        path.write_text(before)


def replaced(library: Path, name: str, old: str, new: str, metric: str = "accuracy") -> str:
    path = library / "training" / name
    assert old in path.read_text()
    return with_text(path, path.read_text().replace(old, new), metric)


def test_every_module_of_training_is_on_a_side():
    listed = {name for name in WITHOUT_EFFECT if not name.startswith("../")}
    modules = (path.relative_to(TRAINING).with_suffix("") for path in TRAINING.rglob("*.py"))
    assert {path.as_posix() for path in modules} == listed


@pytest.mark.parametrize("module", sorted(WITHOUT_EFFECT))
def test_an_edit_of_each_function_falls_on_its_side(library, module):
    before = fingerprint()
    path = library / "training" / f"{module}.py"
    none = WITHOUT_EFFECT[module]
    sides = {}
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body.append(ast.parse("edited = 1").body[0])
            changed = with_text(path, ast.unparse(ast.fix_missing_locations(tree))) != before
            node.body.pop()
            sides[node.name] = changed
    assert {name for name, changed in sides.items() if not changed} == (
        set(sides) if none is None else none
    )


class Reworded(ast.NodeTransformer):
    """Changes every docstring, the text of every error, and whatever is only said."""

    def __init__(self) -> None:
        self.count = 0

    def _reword(self, node: ast.AST) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                part.value = f"reworded {part.value}"
                self.count += 1

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self._reword(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        called = node.value.func if isinstance(node.value, ast.Call) else None
        says = called and any(SPEAKING.fullmatch(part) for part in dotted(called))
        if says or isinstance(node.value, ast.Constant):
            self._reword(node)
        return self.generic_visit(node)


@pytest.mark.parametrize("module", sorted(WITHOUT_EFFECT))
def test_other_words_a_comment_and_an_unused_function_change_nothing(library, module):
    before = fingerprint()
    path = library / "training" / f"{module}.py"
    reworded = Reworded()
    text = ast.unparse(reworded.visit(ast.parse(path.read_text())))
    assert reworded.count
    assert with_text(path, text) == before
    assert with_text(path, f"# why\n{path.read_text()}\n\ndef later(x):\n    return x\n") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("optim.py", "MOMENTUM = 0.9", "MOMENTUM = 0.8"),
        ("optim.py", "nesterov=True", "nesterov=False"),
        ("augment.py", "coins = torch.rand(2, len(sizes), generator=generator) < 0.5",
         "coins = torch.rand(2, len(sizes), generator=generator) < 0.4"),
        ("losses.py", "else F.cross_entropy", "else F.mse_loss"),
        ("methods/finetune.py", "self.optimizer.zero_grad(set_to_none=True)", "pass"),
        ("order.py", "settings.seed * 1_000_003 + epoch", "settings.seed * 1_000_003"),
        ("evaluation.py", "model.eval()", "model.train()"),
        ("heads.py", "kernel_size=1", "kernel_size=1, bias=False"),
        ("record.py", 'best.metrics[metric] if', 'best.selection_value if'),
        ("run.py", "torch.manual_seed(settings.seed)", "torch.manual_seed(0)"),
    ],
)  # fmt: skip
def test_an_edit_of_the_science_changes_every_run(library, name, old, new):
    for metric in ("accuracy", "roc_auc"):
        before = fingerprint(metric)
        assert replaced(library, name, old, new, metric) != before


def test_a_metric_concerns_the_datasets_that_it_measures(library):
    before = {metric: fingerprint(metric) for metric in ("accuracy", "roc_auc")}
    assert before["accuracy"] != before["roc_auc"]
    further = '    "roc_auc": _roc_auc,\n    "recall": _accuracy,\n'
    edit = ("metrics.py", "np.exp(scores - scores.max", "np.exp(scores + scores.max")
    for metric, code_before in before.items():
        added = replaced(library, "metrics.py", '    "roc_auc": _roc_auc,\n', further, metric)
        assert added == code_before
        assert (replaced(library, *edit, metric) == code_before) is (metric == "accuracy")


def test_a_run_follows_the_code_of_its_own_method(library):
    before = {method: fingerprint(method=method) for method in METHODS}
    assert len(set(before.values())) == len(METHODS)
    path = library / "training" / "methods" / "pretrain.py"
    edited = path.read_text().replace("keep_weights=True", "keep_weights=False")
    assert with_text(path, edited) == before["finetune"]
    assert with_text(path, edited, method="pretrain") != before["pretrain"]
    # A further method, in its own file.
    table = path.with_name("__init__.py")
    further = table.read_text().replace("}", '    "further": pretrain.train,\n}')
    for method, code_before in before.items():
        assert with_text(table, further, method=method) == code_before


def test_a_run_follows_the_code_of_its_own_augmentation(library):
    def now(kind: str) -> str:
        modules.read_module.cache_clear()
        package.fingerprint_of.cache_clear()
        return code.training_code("accuracy", "finetune", kind)

    before = {kind: now(kind) for kind in POLICIES}
    assert len(set(before.values())) == len(POLICIES)
    edits = {
        ("policies.py", "1 / 3", "1 / 2"): {"augmix"},
        ("policies.py", "150 / 331", "1 / 2"): {"randaugment"},
        ("operations.py", "0.2989", "0.3"): {"augmix", "randaugment"},
    }
    for (name, old, new), kinds in edits.items():
        path = library / "training" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        assert {kind for kind in POLICIES if now(kind) != before[kind]} == kinds
        path.write_text(text)


def test_each_method_that_recipes_know_has_its_code():
    assert methods.METHODS.keys() == METHODS.keys()
    assert {path.stem for path in (TRAINING / "methods").glob("[a-z]*.py")} == set(METHODS)
