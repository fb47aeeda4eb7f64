# What the tables and figures of a study read.

from transfer.fingerprint import fingerprint_of
from transfer.papers.claims import claims_module

# What can be shown only once there is one dataset that is prepared, or one distance (or a file to
# place before there is one, which is then named).
OF_DATASETS, OF_DISTANCES = {"table01", "figure2"}, {"table11", "figure3"}


def shown(wildcards, kind):
    """A study's `tables` or `figures`; with allow_partial those that have something to show."""
    study = STUDIES[wildcards.study]
    missing = set()
    if study.source == "runs" and not study_indexes(wildcards):
        missing |= OF_DATASETS
    if study.source == "runs" and not (
        study_distances(wildcards) or study_without(wildcards)
    ):
        missing |= OF_DISTANCES
    return [name for name in getattr(study, kind) if name not in missing]


def study_indexes(wildcards):
    """The index of each dataset of a study's main part, in the order of panels."""
    datasets = STUDIES[wildcards.study].parts["main"].datasets
    return those_there([f"results/data/{dataset}/index.csv" for dataset in datasets])


def all_indexes(wildcards):
    """The index of each dataset of all parts of a study, those of its main part first."""
    parts = STUDIES[wildcards.study].parts
    datasets = dict.fromkeys(
        dataset
        for part in [parts["main"], *parts.values()]
        for dataset in part.datasets
    )
    return those_there([f"results/data/{dataset}/index.csv" for dataset in datasets])


def folders_of(wildcards, input):
    """The folders of prepared datasets whose indexes are a rule's input."""
    return [str(Path(index).parent) for index in input]


def verdict_tables(wildcards):
    """The tables of a study whose numbers its paper prints too, and we recompute."""
    study = STUDIES[wildcards.study]
    compared = PAPERS[study.paper].compared
    return expand(
        "results/{study}/tables/{table}.csv",
        study=wildcards.study,
        table=[table for table in compared if table in study.tables],
    )


def paper_files(wildcards):
    """Everything that a study's paper prints, and what its folder says of it."""
    folder = PAPERS[STUDIES[wildcards.study].paper].folder
    return sorted(
        str(path) for path in folder.iterdir() if path.suffix in (".csv", ".yaml")
    )


def claims_code(wildcards):
    """The fingerprint of what recomputes a paper's statements, if it has any."""
    claims = claims_module(STUDIES[wildcards.study].paper)
    return fingerprint_of((f"{claims}.CLAIMS",)) if claims else None


def verdict_distances(wildcards):
    """The distances to ImageNet, where a study has them."""
    tables = shown(wildcards, "tables")
    return [f"results/{wildcards.study}/fid.csv"] if "table11" in tables else []


def verdict_flags(wildcards, input):
    """The distances, where a study has them, and the paper's folder."""
    folder = PAPERS[STUDIES[wildcards.study].paper].folder
    distances = f"--fid {input.fid} " if input.fid else ""
    return f"{distances}--published {folder}"


def printed_beside(table):
    """An input function: a table as a study's paper prints it, to stand beside the computed one."""

    def printed(wildcards):
        paper = STUDIES[wildcards.study].paper
        beside = paper and table in TABLES_BESIDE
        return [f"resources/published/{paper}/{table}.csv"] if beside else []

    return printed


def beside_published(wildcards):
    """The paper's own distances, to stand beside those that a study computes."""
    study = STUDIES[wildcards.study]
    computed = study.source == "runs" and study.paper
    return [f"resources/published/{study.paper}/table11.csv"] if computed else []
