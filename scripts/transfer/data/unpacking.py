"""Open the members of a folder, zip or tar archive, to be read in place."""

import fnmatch
import os
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from transfer.data import archives
from transfer.data.members import FileMember, Members, TarMember, ZipMember
from transfer.errors import UserError


def open_members(path: Path, scratch: Path, nested: tuple[str, ...] = ()) -> Members:
    """All files of a folder or archive by name, with `/` as separator, in the source's order.

    `nested` are patterns for names (without folder) of members that are archives themselves; their
    members appear as if extracted to a folder with the archive's name. Compressed tars and archives
    inside zips are unpacked into `scratch`, which must exist while they are read. Raises UserError
    for a folder that cannot be listed, and a missing, damaged or (by `archives`) rejected archive.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    members = _zip(path) if zipfile.is_zipfile(path) else _tar(path, scratch)
    found = Members()
    for name, member in members.items():
        base = PurePosixPath(name).name
        if any(fnmatch.fnmatch(base, pattern) for pattern in nested):
            folder = PurePosixPath(name).with_name(base.split(".")[0])
            found.update(_placed(_inner(member, scratch), folder))
        else:
            found[name] = member
    return found


def _folder(path: Path) -> Members:
    """All files below a folder, sorted by the parts of their paths; links to folders are followed.

    A link back to a folder that contains it is not: its content is listed already.
    """
    files: list[str] = []
    unread: list[str] = []

    def list_files(folder: Path, prefix: str, above: tuple[Path, ...]) -> None:
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise UserError(f"{folder}: cannot be listed: {error.strerror}") from None
        for entry in entries:
            name = prefix + entry.name
            real = above[-1] / entry.name
            try:
                if entry.is_file():
                    files.append(name)
                    continue
                if entry.is_symlink():
                    real = Path(entry.path).resolve(strict=True)
                leads_back = any(real == other or real in other.parents for other in above)
                if not leads_back and entry.is_dir():
                    list_files(Path(entry.path), name + "/", (*above, real))
                    continue
            except (OSError, RuntimeError):  # a broken link, or one to itself
                pass
            unread.append(name)

    list_files(path, "", (path.resolve(),))
    files.sort(key=lambda name: name.split("/"))
    members = Members({name: FileMember(name, path / name) for name in files})
    members.unread = tuple(sorted(unread))
    return members


def _zip(path: Path) -> Members:
    return Members(
        {
            (name := _plain(info.filename)): ZipMember(name, path, info.filename)
            for info in archives.zip_members(path)
        }
    )


def _tar(path: Path, scratch: Path) -> Members:
    plain = path
    if archives.is_compressed(path):
        plain = scratch / f"{path.name}.plain.tar"
        if not plain.exists():
            archives.decompress(path, plain)
    return Members(
        {
            (name := _plain(info.name)): TarMember(name, plain, info.offset_data, info.size)
            for info in archives.tar_members(plain)
        }
    )


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _placed(inner: Members, folder: PurePosixPath) -> Members:
    """Members of a nested archive, placed in a folder of its name unless they already are."""
    if all(name.startswith(folder.name + "/") for name in inner):
        folder = folder.parent
    return Members({str(folder / name): member for name, member in inner.items()})


def _inner(member: object, scratch: Path) -> Members:
    if isinstance(member, TarMember):
        return _tar_inside_tar(member)
    assert isinstance(member, ZipMember)
    copy = scratch / f"{len(list(scratch.iterdir()))}-{PurePosixPath(member.name).name}"
    archives.copy_member(member.archive, member.member, copy)
    return open_members(copy, scratch)


def _tar_inside_tar(outer: TarMember) -> Members:
    """The regular files of an uncompressed tar inside an uncompressed tar, read in place."""
    end = outer.offset + outer.size
    with outer.archive.open("rb") as file:
        file.seek(outer.offset)
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                infos = [info for info in archive if info.isreg()]
        except tarfile.TarError as error:
            raise UserError(f"{outer.archive}: {outer.name}: damaged ({error})") from None
    if any(info.offset_data + info.size > end for info in infos):
        raise UserError(f"{outer.archive}: {outer.name}: states more bytes than it contains")
    return Members({i.name: TarMember(i.name, outer.archive, i.offset_data, i.size) for i in infos})
