# Each study ends in one self-contained page.


rule paper:
    input:
        **STUDY_FILES,
        tables=lambda wildcards: expand(
            "results/{study}/tables/{table}.csv",
            study=wildcards.study,
            table=STUDIES[wildcards.study].tables,
        ),
        figures=lambda wildcards: expand(
            "results/{study}/figures/{figure}.svg",
            study=wildcards.study,
            figure=STUDIES[wildcards.study].figures,
        ),
        verdict="results/{study}/verdict.csv",
        template="scripts/transfer/paper/page.html.jinja",
    output:
        "results/{study}/paper.html",
    log:
        "results/{study}/logs/paper.log",
    params:
        code=fingerprint("scripts/paper.py"),
    message:
        "Setting the page of study {wildcards.study}"
    shell:
        "python scripts/paper.py " + STUDY_FLAGS + " "
        "--folder results/{wildcards.study} --output {output:q} > {log:q} 2>&1"
