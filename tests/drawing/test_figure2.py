"""Figure 2 prints the names of classes as their folders are called."""

import importlib
import json
import sys

from prepared_dataset import write_dataset

NAMES = [r"$\net$ 5%", "a|b <i>", '"Anna\'s" _x_']


def test_class_names_are_drawn_as_they_are(tmp_path, monkeypatch):
    folder = write_dataset(tmp_path / "odd")
    path = folder / "summary.json"
    summary = json.loads(path.read_text())
    path.write_text(
        json.dumps(
            summary | {"classes": NAMES, "short_name": "Odd $_", "short_sides": ["original"]}
        )
    )
    module = importlib.import_module("figure2")
    kept = []
    monkeypatch.setattr(module, "save_figure", lambda figure, path: kept.append(figure))
    output = tmp_path / "figure2.svg"
    given = ["figure2", "--data", str(folder), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", given)
    module.main()
    kept[0].savefig(output)
    assert {ax.get_title() for ax in kept[0].axes} == set(NAMES)
