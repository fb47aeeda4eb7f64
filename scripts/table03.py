"""Table 3: the metric of every model on every dataset, beside ImageNet top-1."""

from transfer.command_line import run, study_parser
from transfer.drawing.tables import metric_columns, write_table
from transfer.results.table import PRINTED, imagenet_top1, load_results, part_notes, part_values


def main() -> None:
    args = study_parser(__doc__, "table03.csv; .md and .tex are written beside it").parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    table = part_values(results)
    table.insert(0, "imagenet_top1", imagenet_top1(results))
    table = table.rename_axis("model").reset_index()
    columns = metric_columns(results)
    caption = "Every model on every dataset: the dataset's metric of the selected run."
    write_table(table, columns, args.output, caption, part_notes(results, published=PRINTED))


if __name__ == "__main__":
    run(main)
