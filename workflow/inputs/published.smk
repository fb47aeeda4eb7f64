# Printed numbers, and the numbers of a study compared with them.

from transfer.fingerprint import fingerprint_of
from transfer.papers.claims import claims_module
from transfer.study.shown import compared_tables, reads_of


def paper_folder(study):
    """The folder of a study's paper."""
    return str(PAPERS[study.paper].folder)


def printed_study(wildcards):
    return STUDIES[f"published/{wildcards.printed}"]


def files_of(study):
    """All files in the folder of a study's paper."""
    files = PAPERS[study.paper].folder.iterdir()
    return sorted(str(path) for path in files if path.suffix in (".csv", ".yaml"))


def printed_files(wildcards):
    return files_of(printed_study(wildcards))


def paper_files(wildcards):
    return files_of(STUDIES[wildcards.study])


def model_files(study):
    """The tables of models of a study: that of its paper too, if it shows printed numbers."""
    own = PAPERS[study.paper].model_tables if study.source == "published" else []
    return ["config/models.tsv", *map(str, own)]


def verdict_tables(wildcards):
    """The recomputed tables of a study that are printed in the paper as well."""
    study = STUDIES[wildcards.study]
    return expand(
        "results/{study}/tables/{table}.csv",
        study=wildcards.study,
        table=compared_tables(study, PAPERS[study.paper].compared),
    )


def verdict_distances(wildcards):
    """Distances to ImageNet, printed or computed."""
    study = STUDIES[wildcards.study]
    there = study.source == "published" or (
        "fid" in reads_of(study)
        and (study_distances(wildcards) or study_without(wildcards))
    )
    return [f"results/{study.name}/fid.csv"] if there else []


def claims_code(wildcards):
    """Fingerprint of the code that recomputes a paper's claims, if there is any."""
    claims = claims_module(STUDIES[wildcards.study].paper)
    return fingerprint_of((f"{claims}.CLAIMS",)) if claims else None


def verdict_flags(wildcards, input):
    """Arguments for the distances, if a study has any, and the paper's folder."""
    folder = paper_folder(STUDIES[wildcards.study])
    distances = f"--fid {input.fid} " if input.fid else ""
    return f"{distances}--published {folder}"


def measured_sizes(wildcards):
    """The table of a study's prepared datasets; with allow_partial only if there are any."""
    study = STUDIES[wildcards.study]
    return [
        f"results/{study.name}/tables/{number}.csv"
        for number, line in study.tables.items()
        if line.view == "prepared_datasets"
        and indexes_of(datasets_of(study, "tables", line))
    ][:1]


def answer_flags(wildcards, input):
    """Arguments for the sizes and distances, if a study has any, and the paper's folder."""
    sizes = f"--sizes {quote(str(input.sizes))} " if input.sizes else ""
    return f"{sizes}{verdict_flags(wildcards, input)}"
