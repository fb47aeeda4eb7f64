"""Table 9: the same architecture pre-trained on ImageNet and by CLIP."""

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.drawing.tables import metric_columns, write_table
from transfer.results.table import PRINTED, imagenet_top1, load_results, part_notes, part_values

PAIRS = (("resnet50", "clip_rn50"), ("vit_base_patch16", "clip_vit_b16"))


def main() -> None:
    args = study_parser(__doc__, "table09.csv; .md and .tex are written beside it").parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    both = pd.concat([part_values(results, "main"), part_values(results, "clip")])
    both.insert(
        0, "imagenet_top1", pd.concat([imagenet_top1(results, part) for part in ("main", "clip")])
    )
    table = both.loc[[model for pair in PAIRS for model in pair]]
    table = table.rename_axis("model").reset_index()
    columns = metric_columns(results, "clip")
    caption = "The same architecture pre-trained on ImageNet and on CLIP's image-text pairs."
    write_table(table, columns, args.output, caption, part_notes(results, "clip", PRINTED))


if __name__ == "__main__":
    run(main)
