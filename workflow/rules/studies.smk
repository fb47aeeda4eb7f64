# A target for each study by name, including papers without a study of runs.

for study in named_studies():

    rule:
        name:
            study
        input:
            study_page(study),
