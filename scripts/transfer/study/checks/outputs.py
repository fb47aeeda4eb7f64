"""Tables and figures that a study asks for and has no numbers for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from transfer.study.model import Model
from transfer.study.study import Study

SCRIPTS = Path(__file__).parents[3]
# What only the paper's own numbers can fill.
PUBLISHED_ALONE = ("figure4",)
# What compares a dataset with the others.
OF_SEVERAL_DATASETS = ("table12", "table13")
# What is made from a part beside `main`.
PARTS = {
    "table08": "clip",
    "table09": "clip",
    "figure8": "clip",
    "figure6": "cifar10",
    "table_cifar10": "cifar10",
}


def output_problems(study: Study, models: Mapping[str, Model]) -> Iterator[str]:
    """Tables and figures that no script makes, or that this study has no numbers for."""
    outputs = {"table": study.tables, "figure": study.figures}
    for kind, wanted in outputs.items():
        made = sorted(path.stem for path in SCRIPTS.glob(f"{kind}*.py"))
        made = [name for name in made if name not in PUBLISHED_ALONE]
        for name in wanted:
            if study.source == "runs" and name not in made:
                yield f"{kind}s: no {name} of runs; there are {', '.join(made)}"
            elif PARTS.get(name, "main") not in study.parts:
                yield f"{kind}s: {name} shows the part '{PARTS[name]}', which this study lacks"
    if study.source == "runs" and len(study.parts["main"].datasets) < 2:
        for name in sorted(set(study.tables) & set(OF_SEVERAL_DATASETS)):
            yield f"tables: {name} compares each dataset with the others, and there is one"
    yield from accuracy_problems(study, models)


def accuracy_problems(study: Study, models: Mapping[str, Model]) -> Iterator[str]:
    """Models drawn against an ImageNet accuracy that the model table does not state."""
    column = f"imagenet_top1_{study.imagenet_top1}"
    drawn = {"main", *(PARTS[name] for name in (*study.tables, *study.figures) if name in PARTS)}
    asked = [m for name, part in study.parts.items() if name in drawn for m in part.models]
    asked = [model for model in dict.fromkeys(asked) if model in models]
    empty = [model for model in asked if getattr(models[model], column) is None]
    if not empty:
        return
    other = "library" if study.imagenet_top1 == "published" else "published"
    remedy = f"fill it, or leave {'it' if len(empty) == 1 else 'them'} out"
    if all(getattr(models[model], f"imagenet_top1_{other}") is not None for model in asked):
        remedy = f"say imagenet_top1: {other}, or {remedy}"
    yield (
        f"imagenet_top1: column {column} of config/models.tsv is empty for {', '.join(empty)}: "
        f"{remedy}"
    )
