"""Files of features, and what is predicted from them."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from published import ROOT

from transfer.errors import UserError
from transfer.results.prediction import PREDICTORS, predict, read_features
from transfer.validation import read_table


def write(path, apart: float, splits=("train", "train", "val"), multilabel=False):
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 4
    features = rng.normal(size=(4, 16))[labels] * apart + rng.normal(size=(240, 16))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        features=features.astype(np.float32),
        labels=np.eye(4, dtype=np.uint8)[labels] if multilabel else labels,
        splits=np.resize(np.array(splits), 240),
        ids=np.arange(240).astype(str),
    )
    return path


def test_networks_whose_classes_lie_apart_have_the_higher_scores(tmp_path):
    near, far = (predict(read_features(write(tmp_path / "a.npz", a))) for a in (0.1, 1.0))
    assert near.keys() == PREDICTORS.keys()
    assert all(far[name] > near[name] for name in near)
    assert 0.9 < far["knn"] <= 1 and 0.9 < far["linear_probe"] <= 1


def test_evaluated_images_are_not_fitted(tmp_path):
    data = read_features(write(tmp_path / "a.npz", 1.0))
    assert (len(data.features), len(data.evaluated_features)) == (160, 80)


def test_images_of_several_labels_have_no_scores(tmp_path):
    assert predict(read_features(write(tmp_path / "a.npz", 1.0, multilabel=True))) == {}


def test_files_without_what_is_needed_are_refused(tmp_path):
    with pytest.raises(UserError, match="images of the split train, and of another"):
        read_features(write(tmp_path / "a.npz", 1.0, splits=("train",)))
    (tmp_path / "b.npz").write_bytes(b"torn")
    for name in ("b.npz", "c.npz"):
        with pytest.raises(UserError, match=f"{name}: not a file of extract_features"):
            read_features(tmp_path / name)


def test_the_script_writes_a_row_for_each_score(tmp_path):
    files = [write(tmp_path / "pets" / f"{name}.npz", a) for name, a in (("x", 0.1), ("y", 1.0))]
    files.append(write(tmp_path / "cells" / "x.npz", 1.0, multilabel=True))
    output = tmp_path / "predictors.csv"
    script = ROOT / "scripts" / "predict_transfer.py"
    command = [sys.executable, script, *files, "--output", output]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    table = read_table(output, "predictors")
    assert table.groupby(["dataset", "model"])["predictor"].agg(list).to_dict() == {
        ("pets", "x"): list(PREDICTORS), ("pets", "y"): list(PREDICTORS)
    }  # fmt: skip
    assert pd.api.types.is_float_dtype(table["value"])
