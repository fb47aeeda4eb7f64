# Printed numbers, as results of a study or for comparison with computed ones.


rule published_results:
    input:
        printed=printed_files,
        study=ancient("config/studies/published/{printed}.yaml"),
        datasets="config/datasets.yaml",
    output:
        results="results/published/{printed}/results.csv",
        intervals="results/published/{printed}/intervals.csv",
        fid="results/published/{printed}/fid.csv",
    log:
        "results/logs/published_results/{printed}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/published_results.py"),
        folder=lambda wildcards: paper_folder(printed_study(wildcards)),
        study=lambda wildcards: study_digest(printed_study(wildcards)),
    message:
        "Reading the values printed in {wildcards.printed}"
    shell:
        f"{PYTHON} "
        "scripts/published_results.py --published {params.folder:q} "
        "--study {input.study:q} --datasets {input.datasets:q} "
        "--results {output.results:q} --intervals {output.intervals:q} "
        "--fid {output.fid:q} > {log:q} 2>&1"


rule verdict:
    input:
        **STUDY_FILES,
        tables=verdict_tables,
        fid=verdict_distances,
        printed=paper_files,
    output:
        csv="results/{study}/verdict.csv",
        md="results/{study}/verdict.md",
    log:
        "results/logs/verdict/{study}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/verdict.py"),
        round=study_round,
        study=lambda wildcards: study_digest(STUDIES[wildcards.study]),
        claims=claims_code,
        flags=verdict_flags,
    message:
        "Comparing study {wildcards.study} with the paper"
    shell:
        f"{PYTHON} scripts/verdict.py {STUDY_FLAGS} "
        "--tables {input.tables:q} {params.flags} --output {output.csv:q} > {log:q} 2>&1"


rule answer_statements:
    input:
        **STUDY_FILES,
        resamples="results/{study}/resamples.npz",
        sizes=measured_sizes,
        fid=verdict_distances,
        printed=paper_files,
    output:
        "results/{study}/statements.csv",
    log:
        "results/logs/answer_statements/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/answer_statements.py"),
        round=study_round,
        study=lambda wildcards: study_digest(STUDIES[wildcards.study]),
        claims=claims_code,
        flags=answer_flags,
    message:
        "Answering the statements of the paper from the runs of study {wildcards.study}"
    shell:
        f"{PYTHON} scripts/answer_statements.py {STUDY_FLAGS} "
        "--resamples {input.resamples:q} {params.flags} --output {output:q} > {log:q} 2>&1"
