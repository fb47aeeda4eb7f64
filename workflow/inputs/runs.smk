# Inputs and params of the runs of a cell.

import inspect

from transfer.study.description import shared_arguments
from transfer.study.sources import fetched, source_of
from transfer.training.accepted import counts_as, read_accepted
from transfer.training.code import training_code

# Versions of the training code accepted as equal by scripts/accept.py.
ACCEPTED_CODE = "results/accepted_code.csv"
ACCEPTED = read_accepted(ACCEPTED_CODE)


def cell_settings(wildcards):
    """The settings of the recipe for a cell's dataset and model."""
    recipe = RECIPES[wildcards.recipe]
    return recipe.settings(wildcards.dataset, MODELS[wildcards.model])


def cell_weights(wildcards):
    """The record of the weights that a cell's runs start from, if any."""
    settings, model = cell_settings(wildcards), MODELS[wildcards.model]
    if source := source_of(settings, model):
        cell = f"{source.dataset}/{source.model}/{source.recipe}"
        return [f"results/cells/{cell}.weights.json"]
    if fetched(settings, model):
        return [f"resources/weights/{wildcards.model}.json"]
    return []


def cell_precision(wildcards):
    """The file with the chosen precision, for a recipe with `precision: auto`."""
    left_open = cell_settings(wildcards).precision == "auto"
    return ["results/precision.json"] if left_open else []


def cell_code(wildcards):
    """The fingerprint that the training code of a cell counts as."""
    functions = RECIPES[wildcards.recipe].functions
    code = training_code(DATASETS[wildcards.dataset].metric, *functions)
    return counts_as(wildcards.recipe, code, ACCEPTED)


def cell_arguments(wildcards):
    """Arguments of all runs of a cell besides data, weights and precision."""
    recipe = RECIPES[wildcards.recipe]
    return shared_arguments(
        DATASETS[wildcards.dataset], MODELS[wildcards.model], recipe
    )


def canary_first(wildcards):
    """Priority of a run: 1 for the first of its cell, 0 for the others."""
    recipe = wildcards.cell.rpartition("/")[2]
    return int(wildcards.hp == CANARIES[recipe])


# Snakemake inspects the signature of this function twice per job: it is cached here.
canary_first.__signature__ = inspect.signature(canary_first)
