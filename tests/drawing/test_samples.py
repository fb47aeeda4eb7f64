"""Sample images are labelled with the names of their classes."""

import json

from prepared_dataset import write_dataset
from views import drawn

NAMES = [r"$\net$ 5%", "a|b <i>", '"Anna\'s" _x_']


def test_class_names_are_drawn_as_they_are(tmp_path):
    folder = write_dataset(tmp_path / "odd")
    path = folder / "summary.json"
    summary = json.loads(path.read_text())
    path.write_text(
        json.dumps(
            summary | {"classes": NAMES, "short_name": "Odd $_", "short_sides": ["original"]}
        )
    )
    figure = drawn("samples", "--prepared", folder / "index.csv")
    figure.savefig(tmp_path / "samples.svg")
    assert {ax.get_title() for ax in figure.axes} == set(NAMES)
