# The papers from their printed numbers: what several show together, and a page that lists all.


rule joint_figure:
    input:
        **joint_inputs(),
        printed=joint_paper_files,
    output:
        svg="results/published/figures/{shown}.svg",
        pdf="results/published/figures/{shown}.pdf",
        png="results/published/figures/{shown}.png",
        caption="results/published/figures/{shown}.md",
    log:
        "results/logs/joint_figure/{shown}.log",
    wildcard_constraints:
        shown=joint_names("figures"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        view=lambda wildcards: JOINT_SHOWN["figures"][wildcards.shown].view,
        files=joint_flags,
        chosen=joint_param("figures", chosen_flags),
        code=joint_param("figures", view_code),
        studies=joint_digests,
    message:
        "Drawing {wildcards.shown} of several papers"
    shell:
        f"{PYTHON} scripts/draw_figure.py {{params.view}} {{params.files}} {{params.chosen}} "
        "--output {output.svg:q} > {log:q} 2>&1"


rule joint_table:
    input:
        **joint_inputs(),
        printed=joint_paper_files,
    output:
        csv="results/published/tables/{shown}.csv",
        md="results/published/tables/{shown}.md",
        tex="results/published/tables/{shown}.tex",
    log:
        "results/logs/joint_table/{shown}.log",
    wildcard_constraints:
        shown=joint_names("tables"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        view=lambda wildcards: JOINT_SHOWN["tables"][wildcards.shown].view,
        files=joint_flags,
        chosen=joint_param("tables", chosen_flags),
        code=joint_param("tables", view_code),
        studies=joint_digests,
    message:
        "Making {wildcards.shown} of several papers"
    shell:
        f"{PYTHON} scripts/make_table.py {{params.view}} {{params.files}} {{params.chosen}} "
        "--output {output.csv:q} > {log:q} 2>&1"


rule list_papers:
    input:
        papers=[f"{folder}/paper.yaml" for folder in listed_papers()],
        pages=listed_files("paper.html"),
        verdicts=listed_files("verdict.csv"),
        joint=str(JOINT_FILE) if JOINT else [],
        figures=joint_made("figures", "svg"),
        tables=joint_made("tables", "csv"),
        words=joint_words,
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
        joint=list_flags,
    message:
        "Rendering the index of papers"
    shell:
        f"{PYTHON} scripts/list_papers.py --papers {{params.folders:q}} "
        "--pages {input.pages:q} {params.joint} --output {output:q} > {log:q} 2>&1"
