"""The members of a folder, a zip or a tar archive, each to be read where it lies."""

import fnmatch
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from transfer.data import archives
from transfer.data.members import FileMember, Members, TarMember, ZipMember
from transfer.errors import UserError


def open_members(path: Path, scratch: Path, nested: tuple[str, ...] = ()) -> Members:
    """All files of a folder or archive by name, folders written with `/`, in the source's order.

    `nested` are patterns of member names (without folder) that are archives themselves; theirs
    appear as if unpacked into a folder of the archive's name. Compressed tars and archives
    inside zips are put into `scratch`, and are read from there as long as it exists. Raises
    UserError for a missing or damaged archive and for one that `archives` refuses.
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
    """Members of an inner archive, below a folder of its name unless they bring that along."""
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
    """The regular files of a plain tar that is a member of a plain tar, read in place."""
    end = outer.offset + outer.size
    with outer.archive.open("rb") as file:
        file.seek(outer.offset)
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                infos = [info for info in archive if info.isreg()]
        except tarfile.TarError as error:
            raise UserError(f"{outer.archive}: {outer.name}: damaged ({error})") from None
    if any(info.offset_data + info.size > end for info in infos):
        raise UserError(f"{outer.archive}: {outer.name}: states more bytes than it holds")
    return Members({i.name: TarMember(i.name, outer.archive, i.offset_data, i.size) for i in infos})
