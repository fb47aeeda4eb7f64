"""The shipped tables, read once."""

from pathlib import Path

import pytest

from transfer.data.dataset import read_datasets
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="session")
def tables():
    """Models, datasets and recipes."""
    models = read_models(CONFIG / "models.tsv")
    datasets = read_datasets(CONFIG / "datasets.yaml")
    return models, datasets, read_recipes(CONFIG / "recipes")
