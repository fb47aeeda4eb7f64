# Each study ends in one self-contained page.

PAGE_TEMPLATES = [
    f"scripts/transfer/page/{name}"
    for name in (
        "page.html.jinja",
        "parts.html.jinja",
        "page.css",
        "published.html.jinja",
        "runs.html.jinja",
    )
]


rule paper:
    input:
        **STUDY_FILES,
        tables=lambda wildcards: expand(
            "results/{study}/tables/{table}.csv",
            study=wildcards.study,
            table=shown(wildcards, "tables"),
        ),
        figures=lambda wildcards: expand(
            "results/{study}/figures/{figure}.svg",
            study=wildcards.study,
            figure=shown(wildcards, "figures"),
        ),
        verdict=study_verdict,
        claims="resources/published/fang2023/claims.csv",
        templates=PAGE_TEMPLATES,
    output:
        "results/{study}/paper.html",
    log:
        "results/logs/paper/{study}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/paper.py"),
        round=study_round,
        verdict=lambda wildcards, input: (
            f"--verdict {input.verdict}" if input.verdict else ""
        ),
        template=page_template,
    message:
        "Setting the page of study {wildcards.study}"
    shell:
        f"{PYTHON} scripts/paper.py {STUDY_FLAGS} "
        "--tables {input.tables:q} --figures {input.figures:q} {params.verdict} "
        "--template {params.template} --published resources/published/fang2023 "
        "--output {output:q} > {log:q} 2>&1"
