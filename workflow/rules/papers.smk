# The papers from their printed numbers, and an index page.


rule list_papers:
    input:
        papers=[f"{folder}/paper.yaml" for folder in listed_papers()],
        pages=listed_files("paper.html"),
        verdicts=listed_files("verdict.csv"),
        templates=LIST_TEMPLATES,
    output:
        "results/published/index.html",
    log:
        "results/logs/list_papers.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/list_papers.py"),
        folders=listed_papers(),
    message:
        "Rendering the index of papers"
    shell:
        f"{PYTHON} scripts/list_papers.py --papers {{params.folders:q}} "
        "--pages {input.pages:q} --output {output:q} > {log:q} 2>&1"
