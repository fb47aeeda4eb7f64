# What a paper prints, and which numbers of a study are compared with it.

from transfer.fingerprint import fingerprint_of
from transfer.papers.claims import claims_module
from transfer.study.shown import compared_tables, reads_of


def paper_folder(study):
    """The folder of what a study's paper prints."""
    return str(PAPERS[study.paper].folder)


def printed_study(wildcards):
    return STUDIES[f"published/{wildcards.printed}"]


def files_of(study):
    """Everything that a study's paper prints, and what its folder says of it."""
    files = PAPERS[study.paper].folder.iterdir()
    return sorted(str(path) for path in files if path.suffix in (".csv", ".yaml"))


def printed_files(wildcards):
    return files_of(printed_study(wildcards))


def paper_files(wildcards):
    return files_of(STUDIES[wildcards.study])


def verdict_tables(wildcards):
    """The tables of a study that hold what the paper prints too, and we recompute."""
    return expand(
        "results/{study}/tables/{table}.csv",
        study=wildcards.study,
        table=compared_tables(STUDIES[wildcards.study]),
    )


def verdict_distances(wildcards):
    """The distances to ImageNet: the printed ones, and those that a study of runs shows."""
    study = STUDIES[wildcards.study]
    there = study.source == "published" or (
        "fid" in reads_of(study)
        and (study_distances(wildcards) or study_without(wildcards))
    )
    return [f"results/{study.name}/fid.csv"] if there else []


def claims_code(wildcards):
    """The fingerprint of what recomputes a paper's statements, if it has any."""
    claims = claims_module(STUDIES[wildcards.study].paper)
    return fingerprint_of((f"{claims}.CLAIMS",)) if claims else None


def verdict_flags(wildcards, input):
    """The distances, where a study has them, and the paper's folder."""
    folder = paper_folder(STUDIES[wildcards.study])
    distances = f"--fid {input.fid} " if input.fid else ""
    return f"{distances}--published {folder}"
