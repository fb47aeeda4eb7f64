"""A table of images and labels: APTOS, Cassava, Melanoma (Kaggle), and your own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.data.label_cells import read_labels, separator_of
from transfer.data.left_out import left_out
from transfer.data.lookup import ImageLookup
from transfer.data.members import Member, Members, MissingMember
from transfer.data.samples import Listing, Sample, stem, with_unique_ids
from transfer.data.split_names import split_of
from transfer.data.tables import TextTable, read_table
from transfer.data.unpacking import open_members
from transfer.errors import UserError

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz")
# The column of splits that is used without being named.
SPLIT_COLUMN = "split"
# A column in the pattern of a path.
FIELD = r"\{([^{}]+)\}"


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are used, and the patterns of the paths of its images.

    `split` is None where no column is to be used; if it is empty, one called `split` is.
    """

    label: str
    id: str | None
    image: str | None
    images: tuple[str, ...]
    split: str | None
    fold: str | None
    group: str | None

    @property
    def needed(self) -> list[str]:
        """Names of columns that the table must have."""
        used = (self.id, self.image, self.label, self.split, self.fold, self.group)
        in_patterns = set(re.findall(FIELD, " ".join(self.images))) - {"id"}
        return [column for column in dict.fromkeys((*used, *sorted(in_patterns))) if column]

    def paths(self, row: Mapping[str, str]) -> list[str]:
        """Where the image of a row may be, `row` being its cells by column."""
        cells = {**row, "id": row[self.id or self.image or ""]}
        if not self.images:
            return [row[self.image] if self.image else cells["id"]]
        return [re.sub(FIELD, lambda found: cells[found[1]], path) for path in self.images]


@dataclass(frozen=True)
class TableFiles:
    """A table, the images that it names, and the name of its archive or file."""

    table: TextTable
    images: ImageLookup
    name: str


def read(
    folder: Path,
    scratch: Path,
    *,
    multilabel: bool | None = None,
    path: str | None = None,
    archives: Sequence[str] | None = None,
    table: str = "train.csv",
    id: str | None = None,
    image: str | None = None,
    label: str = "label",
    images: str | Sequence[str] = (),
    split: str | None = "",
    fold: str | None = None,
    group: str | None = None,
    classes: Sequence[str] | None = None,
    separator: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Listing:
    """List one sample per row of the table, or of each archive's table in turn.

    `path` is the table, or a folder with the file `table` in it; without it, table and images are
    among the downloads, in `archives` (default all) or unpacked. Each archive may have a table of
    its own, or one table may name the images of all. `label`, `id`, `image`, `split`, `fold` and
    `group` are columns; `image` has paths, whose stems are the ids unless there is an `id`.
    `images` are patterns of paths with `{id}` or another column in braces. Labels are class names,
    or numbers from 0 if `classes` names them; several of an image are separated by `separator`,
    which is detected. Raises UserError naming the line of a row that cannot be read.
    """
    patterns = (images,) if isinstance(images, str) else tuple(images)
    columns = Columns(label, id, image or (None if id else "path"), patterns, split, fold, group)
    form = {"needed": columns.needed, "delimiter": delimiter, "encoding": encoding}
    if path:
        sources = [_own(Path(path), table, form)]
    else:
        nested = tuple(f"{pattern.split('/')[0]}.zip" for pattern in patterns)
        sources = _downloaded(folder, scratch, archives, table, form, nested)
    tables = [source.table for source in sources]
    if separator and multilabel is False:
        raise UserError(
            f"{tables[0].name}: `separator: '{separator}'` is for several labels of an image, and "
            "the dataset has one: set `multilabel: true`, or remove it"
        )
    notes = [note for at in tables for note in _notes(at, columns)]
    if multilabel and separator is None:
        separator = separator_of([cell for at in tables for cell in at.cells(label)])
        if separator != " ":
            notes.append(f"several labels are separated by '{separator}'")
    labels, known = read_labels(tables, label, classes, separator)
    samples = [
        sample
        for source, numbers in zip(sources, labels, strict=True)
        for sample in _samples(source, columns, numbers)
    ]
    _check_some_found(sources[0], samples)
    used = {sample.image.name for sample in samples}
    unused = [name for source in sources for name in source.images.unused(used)]
    return Listing(
        tuple(samples) if id else with_unique_ids(samples),
        tuple(known),
        tuple(left_out("images that no row names", dict.fromkeys(unused))),
        tuple(notes),
    )


def _own(path: Path, table: str, form: Mapping[str, Any]) -> TableFiles:
    """A table on this machine, or a folder that has it."""
    file = path / table if path.is_dir() else path
    return TableFiles(
        _read_file(file, form), ImageLookup(None, path if path.is_dir() else path.parent), ""
    )


def _read_file(file: Path, form: Mapping[str, Any]) -> TextTable:
    try:
        return read_table(file.read_bytes(), str(file), **form)
    except OSError as error:
        said = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UserError(f"{file}: {said}; `path` or `table` of its layout names it") from None


def _downloaded(
    folder: Path,
    scratch: Path,
    archives: Sequence[str] | None,
    table: str,
    form: Mapping[str, Any],
    nested: tuple[str, ...],
) -> list[TableFiles]:
    """The tables among the downloads: one in each archive, or one for the images of all."""
    if archives is None:
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        archives = [file.name for file in files if file.name.endswith(ARCHIVES) and file.is_file()]
    members = {name: open_members(folder / name, scratch, nested) for name in archives}
    places = {name: found for name in archives if (found := _table_in(members[name], table))}
    if places and len(places) == len(archives):
        every = {name: ImageLookup(members[name]) for name in archives}
    else:
        together = ImageLookup(_together(folder, members))
        every = dict.fromkeys(archives, together)
    sources = [
        TableFiles(
            read_table(members[name].bytes(place), f"{name}: {place}", **form), every[name], name
        )
        for name, place in places.items()
    ]
    if sources:
        return sources
    if (folder / table).is_file():
        return [TableFiles(_read_file(folder / table, form), together, table)]
    raise UserError(
        f"{folder}: no table '{table}' there, nor in {', '.join(archives) or 'an archive'}: name "
        "it with `table`"
    )


def _table_in(members: Members, table: str) -> str | None:
    """The name of a table in an archive: in its root, or in the only folder that has it."""
    if table in members:
        return table
    below = [name for name in members if name.endswith(f"/{table}")]
    return below[0] if len(below) == 1 else None


def _together(folder: Path, members: Mapping[str, Members]) -> Members:
    """The files of several archives, each in a folder of its name, and those beside them."""
    found = open_members(folder, folder)
    for archive, inside in members.items():
        name = archive.split(".")[0]
        placed = all(file.startswith(f"{name}/") for file in inside)
        found.update({file if placed else f"{name}/{file}": inside[file] for file in inside})
    return found


def _samples(
    source: TableFiles, columns: Columns, labels: Sequence[tuple[int, ...]]
) -> Iterator[Sample]:
    table = source.table
    used = {column: table.columns.index(column) for column in columns.needed}
    splits = _splits(table, columns.split)
    for number, (cells, label) in enumerate(zip(table.rows, labels, strict=True)):
        row = {column: cells[place] for column, place in used.items()}
        image = _image(source, columns.paths(row), table.where(number))
        try:
            fold = (source.name, int(row[columns.fold])) if columns.fold else None
        except ValueError:
            raise UserError(
                f"{table.where(number)}: fold '{row[columns.fold or '']}' is not an integer"
            ) from None
        key = row[columns.id] if columns.id else stem(image.name)
        group = row[columns.group] or None if columns.group else None
        split = splits[number] if splits else None
        yield Sample(key, label, image, split, fold, group, table.lines[number])


def _image(source: TableFiles, paths: Sequence[str], where: str) -> Member:
    if not all(paths):
        raise UserError(f"{where}: has no image: give it a path, or remove the row")
    found = {image.name: image for path in paths if (image := source.images.find(path, where))}
    if len(found) > 1:
        raise UserError(f"{where}: has several images: {', '.join(found)}: narrow `images`")
    return next(iter(found.values()), MissingMember(paths[0]))


def _split_column(table: TextTable, column: str | None) -> str | None:
    """The column of splits: the one that is named, or one called so."""
    if column == "":
        return next((name for name in table.columns if name.lower() == SPLIT_COLUMN), None)
    return column


def _splits(table: TextTable, column: str | None) -> list[str] | None:
    """The split of each row; None without a column of splits."""
    named = _split_column(table, column)
    if named is None:
        return None
    splits: list[str] = []
    for row, cell in enumerate(table.cells(named)):
        split = split_of(cell)
        if split is None and not column:
            return None
        if split is None:
            raise UserError(
                f"{table.where(row)}: {named} '{cell}' is not a split: write train, validation or "
                "test"
            )
        splits.append(split)
    return splits


def _check_some_found(source: TableFiles, samples: Sequence[Sample]) -> None:
    """Raise UserError if there is no image of any row: its path is written in another way."""
    if all(isinstance(sample.image, MissingMember) for sample in samples):
        there = ", ".join(source.images.some()) or "none"
        raise UserError(
            f"{source.table.where(0)}: no image '{samples[0].image.name}', nor that of any other "
            f"row. Images there are: {there}. Set `images`, such as 'folder/{{id}}.jpg'"
        )


def _notes(table: TextTable, columns: Columns) -> Iterator[str]:
    if table.encoding not in ("utf-8", "utf-8-sig"):
        yield f"{table.name}: read as {table.encoding}"
    if table.delimiter != ",":
        yield f"{table.name}: cells are separated by {table.delimiter!r}"
    named = _split_column(table, columns.split)
    if named and not _splits(table, columns.split):
        values = ", ".join(sorted(set(table.cells(named)))[:5])
        yield f"{table.name}: column '{named}' is not used: {values} are not names of splits"
    if columns.group:
        alone = table.cells(columns.group).count("")
        if alone:
            yield f"{table.name}: {alone} rows without a '{columns.group}' are groups of their own"
