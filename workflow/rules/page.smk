# The self-contained page of each study.


rule paper:
    input:
        **STUDY_FILES | {"study": "config/studies/{study}.yaml"},
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
        paper=study_paper,
        words=page_words,
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
        flags=page_flags,
    message:
        "Rendering the page of study {wildcards.study}"
    shell:
        f"{PYTHON} scripts/paper.py {STUDY_FLAGS} "
        "--words {input.words:q} {params.flags} --output {output:q} > {log:q} 2>&1"
