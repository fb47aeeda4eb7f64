# From one tidy table of results to tables, figures and the verdict.

# What every table and figure of a study reads, and how its script is told.
STUDY_FILES = {
    "results": "results/{study}/results.csv",
    "study": "config/studies/{study}.yaml",
    "models": "config/models.tsv",
    "datasets": "config/datasets.yaml",
}
STUDY_FLAGS = (
    "--results {input.results:q} --study {input.study:q} "
    "--models {input.models:q} --datasets {input.datasets:q}"
)
# Scripts that need no more than that.
TABLES_FROM_RESULTS = (
    "table02",
    "table03",
    "table08",
    "table09",
    "table12",
    "table13",
    "table_cifar10",
)
FIGURES_FROM_RESULTS = ("figure1", "figure5", "figure6", "figure8", "figure9")
# Those of them that a paper prints as well, so that both stand side by side.
TABLES_BESIDE = ("table02", "table12", "table13")
# Tables that report what only the authors can know: printed again, not recomputed.
TABLES_AS_PRINTED = (
    "table01",
    "table04",
    "table05",
    "table06",
    "table07",
    "table10",
    "table14",
)


rule published_results:
    input:
        tables=expand(
            "resources/published/fang2023/{table}.csv",
            table=["table01", "table03", "table08", "table11"],
        ),
        study="config/studies/published.yaml",
        datasets="config/datasets.yaml",
    output:
        results="results/published/results.csv",
        intervals="results/published/intervals.csv",
        fid="results/published/fid.csv",
    log:
        "results/logs/published_results.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/published_results.py"),
    message:
        "Reading the values that the paper prints"
    shell:
        f"{PYTHON} "
        "scripts/published_results.py --published resources/published/fang2023 "
        "--study {input.study:q} --datasets {input.datasets:q} "
        "--results {output.results:q} --intervals {output.intervals:q} "
        "--fid {output.fid:q} > {log:q} 2>&1"


for table in TABLES_FROM_RESULTS:

    rule:
        name:
            table
        input:
            **STUDY_FILES,
            printed=printed_beside(table),
        output:
            csv=f"results/{{study}}/tables/{table}.csv",
            md=f"results/{{study}}/tables/{table}.md",
            tex=f"results/{{study}}/tables/{table}.tex",
        log:
            f"results/logs/{table}/{{study}}.log",
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        params:
            script=f"scripts/{table}.py",
            code=fingerprint(f"scripts/{table}.py"),
            round=study_round,
            printed=lambda wildcards, input: (
                f"--printed {input.printed}" if input.printed else ""
            ),
        message:
            f"Computing {table} of study {{wildcards.study}}"
        shell:
            f"{PYTHON} {{params.script}} {STUDY_FLAGS} {{params.printed}} "
            "--output {output.csv:q} > {log:q} 2>&1"


rule printed_tables:
    input:
        printed=expand(
            "resources/published/fang2023/{table}.csv", table=TABLES_AS_PRINTED
        ),
        models="config/models.tsv",
        datasets="config/datasets.yaml",
    output:
        expand(
            "results/published/tables/{table}.{format}",
            table=TABLES_AS_PRINTED,
            format=["csv", "md", "tex"],
        ),
    log:
        "results/logs/printed_tables.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/printed_tables.py"),
    message:
        "Setting the tables that only the authors can fill"
    shell:
        f"{PYTHON} "
        "scripts/printed_tables.py --printed {input.printed:q} "
        "--models {input.models:q} --datasets {input.datasets:q} "
        "--output results/published/tables > {log:q} 2>&1"


rule table01:
    input:
        all_indexes,
    output:
        csv="results/{study}/tables/table01.csv",
        md="results/{study}/tables/table01.md",
        tex="results/{study}/tables/table01.tex",
    log:
        "results/logs/table01/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/table01.py"),
        folders=folders_of,
    message:
        "Setting table01 of study {wildcards.study}: the datasets as prepared"
    shell:
        f"{PYTHON} "
        "scripts/table01.py --data {params.folders:q} --output {output.csv:q} > {log:q} 2>&1"


rule figure2:
    input:
        study_indexes,
    output:
        svg="results/{study}/figures/figure2.svg",
        pdf="results/{study}/figures/figure2.pdf",
        png="results/{study}/figures/figure2.png",
    log:
        "results/logs/figure2/{study}.log",
    wildcard_constraints:
        study=STUDIES_OF_RUNS,
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/figure2.py"),
        folders=folders_of,
    message:
        "Drawing figure2 of study {wildcards.study}: sample images"
    shell:
        f"{PYTHON} "
        "scripts/figure2.py --data {params.folders:q} --output {output.svg:q} > {log:q} 2>&1"


rule table11:
    input:
        fid="results/{study}/fid.csv",
        datasets="config/datasets.yaml",
        published=beside_published,
    output:
        csv="results/{study}/tables/table11.csv",
        md="results/{study}/tables/table11.md",
        tex="results/{study}/tables/table11.tex",
    log:
        "results/logs/table11/{study}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/table11.py"),
        published=lambda wildcards, input: (
            f"--published {input.published}" if input.published else ""
        ),
    message:
        "Computing table11 of study {wildcards.study}"
    shell:
        f"{PYTHON} "
        "scripts/table11.py --fid {input.fid:q} --datasets {input.datasets:q} {params.published} "
        "--output {output.csv:q} > {log:q} 2>&1"


for figure in FIGURES_FROM_RESULTS:

    rule:
        name:
            figure
        input:
            **STUDY_FILES,
        output:
            svg=f"results/{{study}}/figures/{figure}.svg",
            pdf=f"results/{{study}}/figures/{figure}.pdf",
            png=f"results/{{study}}/figures/{figure}.png",
        log:
            f"results/logs/{figure}/{{study}}.log",
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        params:
            script=f"scripts/{figure}.py",
            code=fingerprint(f"scripts/{figure}.py"),
            round=study_round,
        message:
            f"Drawing {figure} of study {{wildcards.study}}"
        shell:
            f"{PYTHON} {{params.script}} {STUDY_FLAGS} --output {{output.svg:q}} > {{log:q}} 2>&1"


rule figure3:
    input:
        fid="results/{study}/fid.csv",
        datasets="config/datasets.yaml",
        published=beside_published,
    output:
        svg="results/{study}/figures/figure3.svg",
        pdf="results/{study}/figures/figure3.pdf",
        png="results/{study}/figures/figure3.png",
    log:
        "results/logs/figure3/{study}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/figure3.py"),
        published=lambda wildcards, input: (
            f"--published {input.published}" if input.published else ""
        ),
    message:
        "Drawing figure3 of study {wildcards.study}"
    shell:
        f"{PYTHON} "
        "scripts/figure3.py --fid {input.fid:q} --datasets {input.datasets:q} {params.published} "
        "--output {output.svg:q} > {log:q} 2>&1"


rule figure4:
    input:
        **STUDY_FILES,
        intervals="results/{study}/intervals.csv",
    output:
        svg="results/{study}/figures/figure4.svg",
        pdf="results/{study}/figures/figure4.pdf",
        png="results/{study}/figures/figure4.png",
    log:
        "results/logs/figure4/{study}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/figure4.py"),
    message:
        "Drawing figure4 of study {wildcards.study}"
    shell:
        f"{PYTHON} scripts/figure4.py {STUDY_FLAGS} "
        "--intervals {input.intervals:q} "
        "--output {output.svg:q} > {log:q} 2>&1"


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
        claims=claims_code,
        flags=verdict_flags,
    message:
        "Comparing every recomputed number of study {wildcards.study} with the paper"
    shell:
        f"{PYTHON} scripts/verdict.py {STUDY_FLAGS} "
        "--tables {input.tables:q} {params.flags} --output {output.csv:q} > {log:q} 2>&1"
