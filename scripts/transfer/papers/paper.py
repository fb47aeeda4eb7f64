"""Papers as described by `paper.yaml`: authors, and the contents of each table."""

from dataclasses import dataclass, field
from pathlib import Path

from transfer.errors import UserError
from transfer.validation import read_yaml


@dataclass(frozen=True)
class Compared:
    """A printed table that a study recomputes, with one row per dataset.

    `threshold`: ImageNet top-1 in percent above which models count, each row on its own dataset;
    None where each row rests on all models and all datasets.
    """

    threshold: float | None = None


@dataclass(frozen=True)
class Values:
    """Which printed table holds the values of a part of a study, and where in it.

    `where`: by column, the cell of the rows that count. A wide table has a column for each dataset
    and a row for each model, in its column `model`, or a single row, of `model`. A long one has a
    row for each `dataset` and `model`, and the value in the column `value`.
    """

    table: str
    where: dict[str, str] = field(default_factory=dict)
    value: str = ""
    model: str = ""


@dataclass(frozen=True)
class Distances:
    """The printed table of Frechet inception distances, and its datasets by group, in order."""

    table: str
    groups: dict[str, list[str]]

    @property
    def group(self) -> dict[str, str]:
        """The group of each dataset."""
        return {dataset: group for group, datasets in self.groups.items() for dataset in datasets}


@dataclass(frozen=True)
class Paper:
    """One `paper.yaml`; workflow/schemas/paper.schema.yaml describes each field.

    Tables are identified by their numbers, such as `table03`, and located in `folder`.
    """

    folder: Path
    title: str
    authors: list[str]
    year: int
    summary: str
    venue: str = ""
    arxiv: str = ""
    code: str = ""
    values: dict[str, Values] = field(default_factory=dict)
    metrics_in_percent: list[str] = field(default_factory=list)
    imagenet_top1: list[str] = field(default_factory=list)
    models: str = ""
    model_facts: str = ""
    sizes: str = ""
    positive_fraction: dict[str, float] = field(default_factory=dict)
    distances: Distances | None = None
    compared: dict[str, Compared] = field(default_factory=dict)

    @property
    def top1_tables(self) -> list[Path]:
        """The files of `imagenet_top1`."""
        return [self.folder / f"{table}.csv" for table in self.imagenet_top1]

    @property
    def model_tables(self) -> list[Path]:
        """The file of `models`, if there is one."""
        return [self.folder / f"{self.models}.csv"] if self.models else []

    @property
    def sizes_table(self) -> Path | None:
        """The file of `sizes`, if there is one."""
        return self.folder / f"{self.sizes}.csv" if self.sizes else None

    @property
    def name(self) -> str:
        """Name of the folder, to which `paper` in studies refers."""
        return self.folder.name


def read_paper(folder: str | Path) -> Paper:
    """Read the paper in a folder `resources/published/<paper>`.

    Raises UserError if there is no such folder, naming what to make, or if `paper.yaml` is
    mistaken.
    """
    folder = Path(folder)
    path = folder / "paper.yaml"
    if not path.is_file():
        raise UserError(
            f"no paper '{folder.name}': {path} does not exist. Create the folder {folder} with "
            "paper.yaml and the printed tables (CONTRIBUTING.md, Adding a paper), or remove "
            "'paper' from the study"
        )
    content = read_yaml(path, "paper")
    values = {
        part: Values(how) if isinstance(how, str) else Values(**how)
        for part, how in content.pop("values", {}).items()
    }
    compared = {table: Compared(**how) for table, how in content.pop("compared", {}).items()}
    distances = content.pop("distances", None)
    return Paper(
        folder=folder,
        values=values,
        compared=compared,
        distances=Distances(**distances) if distances else None,
        **content,
    )
