# Figures and tables from the table of results, each made by a view that the study names.


rule figure:
    input:
        unpack(figure_files),
    output:
        svg="results/{study}/figures/{figure}.svg",
        pdf="results/{study}/figures/{figure}.pdf",
        png="results/{study}/figures/{figure}.png",
        caption="results/{study}/figures/{figure}.md",
    log:
        "results/logs/figure/{study}/{figure}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        view=lambda wildcards: shown_figure(wildcards).view,
        files=view_flags,
        chosen=of_figure(chosen_flags),
        code=of_figure(view_code),
        round=of_figure(view_round),
        study=of_figure(view_study),
    message:
        "Drawing {wildcards.figure} of study {wildcards.study}: {params.view}"
    shell:
        f"{PYTHON} scripts/draw_figure.py {{params.view}} {{params.files}} {{params.chosen}} "
        "--output {output.svg:q} > {log:q} 2>&1"


rule table:
    input:
        unpack(table_files),
    output:
        csv="results/{study}/tables/{table}.csv",
        md="results/{study}/tables/{table}.md",
        tex="results/{study}/tables/{table}.tex",
    log:
        "results/logs/table/{study}/{table}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        view=lambda wildcards: shown_table(wildcards).view,
        files=view_flags,
        chosen=of_table(chosen_flags),
        code=of_table(view_code),
        round=of_table(view_round),
        study=of_table(view_study),
    message:
        "Making {wildcards.table} of study {wildcards.study}: {params.view}"
    shell:
        f"{PYTHON} scripts/make_table.py {{params.view}} {{params.files}} {{params.chosen}} "
        "--output {output.csv:q} > {log:q} 2>&1"
