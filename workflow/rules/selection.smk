# Select the runs of a study and write its table of results.


# round.txt is not an output: if it had not existed at the last selection, Snakemake would not compare
# params.
rule select_runs:
    input:
        runs=study_runs,
        study="config/studies/{study}.yaml",
        datasets="config/datasets.yaml",
        recipes=study_recipes,
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
        absent=absent_flag,
        # Snakemake does not check for an input while the outputs made from it exist. A changed param
        # repeats the selection, which requires every run.
        round=study_round,
    message:
        "Selecting the best run of each cell of study {wildcards.study}"
    shell:
        f"{PYTHON} "
        "scripts/select_runs.py --study {input.study:q} --datasets {input.datasets:q} "
        "--recipes config/recipes --runs results/runs "
        f"--cells results/cells --accepted {ACCEPTED_CODE} "
        "{params.partial} {params.absent} "
        "--output {output.results:q} --predictions {output.predictions:q} > {log:q} 2>&1\n"
        "echo {params.round} > results/{wildcards.study}/round.txt"


# What the images of a test set say of each selected value: intervals, and values on resamples.
rule resample_images:
    input:
        **STUDY_FILES,
        predictions="results/{study}/predictions",
    output:
        intervals="results/{study}/intervals.csv",
        resamples="results/{study}/resamples.npz",
    log:
        "results/logs/resample_images/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/resample_images.py"),
        round=study_round,
        study=lambda wildcards: study_digest(STUDIES[wildcards.study]),
    message:
        "Resampling the test images of study {wildcards.study}"
    shell:
        f"{PYTHON} scripts/resample_images.py {STUDY_FLAGS} --predictions {{input.predictions:q}} "
        "--resamples {output.resamples:q} --output {output.intervals:q} > {log:q} 2>&1"
