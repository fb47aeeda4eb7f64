"""Open the members of a folder, zip or tar archive, to be read in place."""

import fnmatch
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
    for a missing or damaged archive and for one that `archives` rejects.
    """
    if path.is_dir():
        files = (file for file in sorted(path.rglob("*")) if file.is_file())
        return Members(
            {(n := file.relative_to(path).as_posix()): FileMember(n, file) for file in files}
        )
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
