# From the runs of a study to its table of results.

from transfer.progress.rounds import selection_round
from transfer.study.grid import study_cells
from transfer.training.accepted import BY_NAME, accepted_rows


def study_runs(wildcards):
    """The record of every run of a study."""
    runs = [
        f"results/runs/{cell.dataset}/{cell.model}/{cell.recipe}/{hp}/metrics.json"
        for cell in study_cells(STUDIES[wildcards.study], RECIPES)
        for hp in cell.hps
    ]
    return those_there(runs)


# By study: what a call has planned with is what it must run with, when the runs are there again.
ROUNDS = {}


def study_round(wildcards):
    """A number that changes when a run's record or the table of results is gone.

    So the study is selected again, and what was made from that table made again.
    """
    study = wildcards.study
    if STUDIES[study].source != "runs":
        return 0
    if study not in ROUNDS:
        ROUNDS[study] = selection_round(Path("results", study), study_runs(wildcards))
    return ROUNDS[study]


def accepted_by_name(wildcards):
    """Versions of the training code accepted without proof, which the study's page states.

    Those that the present code counts through; where it counts through none, none.
    """
    used = {
        (part.recipe, training_code(DATASETS[dataset]["metric"]))
        for part in STUDIES[wildcards.study].parts.values()
        for dataset in part.datasets
    }
    return sorted(
        f"{row.recipe}: {row.code} as {row.counts_as}"
        for recipe, code in used
        for row in accepted_rows(recipe, code, ACCEPTED)
        if row.how == BY_NAME
    )


# round.txt is no output: one that was not there at the last selection would keep Snakemake from
# comparing params.
rule select_runs:
    input:
        runs=study_runs,
        study="config/studies/{study}.yaml",
        datasets="config/datasets.yaml",
        recipes="config/recipes.yaml",
    output:
        results="results/{study}/results.csv",
        predictions=directory("results/{study}/predictions"),
    log:
        "results/logs/select_runs/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/select_runs.py"),
        partial="--allow-partial" if config["allow_partial"] else "",
        by_name=accepted_by_name,
        # Snakemake does not look for a file while what was made from it is there. A changed param
        # makes it select again, which needs every run.
        round=study_round,
    message:
        "Selecting the best run of each cell of study {wildcards.study}"
    shell:
        f"{PYTHON} "
        "scripts/select_runs.py --study {input.study:q} --datasets {input.datasets:q} "
        "--recipes {input.recipes:q} --runs results/runs "
        f"--cells results/cells --accepted {ACCEPTED_CODE} "
        "{params.partial} "
        "--output {output.results:q} --predictions {output.predictions:q} > {log:q} 2>&1\n"
        "echo {params.round} > results/{wildcards.study}/round.txt"
