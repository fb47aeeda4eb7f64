"""Checks of a study when it is read, for errors that would otherwise stop it after weeks.

One module per subject. Each takes the tables that were read and returns one line per problem.
"""

from collections.abc import Mapping

from transfer.data.dataset import Dataset
from transfer.entries import unknown
from transfer.study.checks.data import data_problems, metric_conflicts
from transfer.study.checks.libraries import Network
from transfer.study.checks.outputs import output_problems
from transfer.study.checks.recipes import recipe_problems, size_problems, start_problems
from transfer.study.checks.sources import source_parts, source_problems
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.study import Study


def study_problems(
    study: Study,
    models: Mapping[str, Model],
    datasets: Mapping[str, Dataset],
    recipes: Mapping[str, Recipe],
    networks: Mapping[str, Network] | None = None,
) -> list[str]:
    """All problems of a study, one line each, in the order of its file.

    `networks` is the information of the libraries about models. The recipes of a study of published
    values are mere labels of its parts and need not exist; its models may be of its paper alone,
    with which they are checked.
    """
    trains = study.source == "runs"
    problems: list[str] = []
    for name, part in study.parts.items():
        where = f"parts.{name}"
        names = [*unknown(f"{where}.datasets", part.datasets, datasets, "config/datasets.yaml")]
        if trains:
            names += unknown(f"{where}.models", part.models, models, "config/models.tsv")
            names += unknown(f"{where}.recipe", [part.recipe], recipes, "config/recipes")
        problems += names
        if trains and not names:
            recipe = recipes[part.recipe]
            problems += data_problems(where, part, datasets)
            problems += start_problems(where, study, recipe) if name == "main" else []
            problems += recipe_problems(where, study.selection, part, models, datasets, recipe)
            problems += size_problems(where, part, models, recipe, networks or {})
            lost = list(source_problems(where, part, models, datasets, recipes))
            problems += lost
            for source in [] if lost else source_parts(part, models, recipes):
                theirs = recipes[source.recipe]
                problems += data_problems(where, source, datasets)
                # Their values are not reported, so both splits may be the same.
                problems += recipe_problems(where, "by_recipe", source, models, datasets, theirs)
                problems += size_problems(where, source, models, theirs, networks or {})
    problems += metric_conflicts(study, datasets)
    problems += output_problems(study, models)
    # Parts may share problems.
    return list(dict.fromkeys(problems))
