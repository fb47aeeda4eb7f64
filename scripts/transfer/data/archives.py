"""Read and extract untrusted zip and tar archives, checking them before anything is written.

Rejected with a UserError: members with absolute names or `..`, links out of the archive's folder,
devices, and contents far larger than the archive (decompression bombs).
"""

import bz2
import gzip
import lzma
import posixpath
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transfer.errors import UserError

# Photographs hardly compress; label tables compress about 10 times, and tar files of small, similar
# images up to 100 times. Higher ratios indicate a decompression bomb.
MAX_RATIO = 100
MAX_MEMBER_BYTES_AT_ANY_RATIO = 2**20
MAX_TOTAL_BYTES_AT_ANY_RATIO = 2**26
# A compressed tar benefits from similarities between files; zeros, a bomb, compress 1,000 times.
MAX_TAR_RATIO = 500
CHUNK = 2**20

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
)
_OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Convert errors in reading an archive or writing its contents to UserError."""
    try:
        yield
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    except NotImplementedError as error:
        raise UserError(f"{path}: {error}. Repack it with a common compression method.") from None
    except OSError as error:
        if error.errno is None:  # bz2 raises a plain OSError
            raise _damaged(path, error) from None
        raise UserError(
            f"{path}: cannot be unpacked: {error.strerror} ({error.filename or 'writing'}). "
            "If the disk is full, free some space or replace the folder by a link to a larger one."
        ) from None


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"{path}: damaged or truncated ({error}). Delete it and download it again.")


def _refuse(path: Path, name: str, reason: str) -> UserError:
    return UserError(
        f"{path}: member '{name}' {reason}: the archive is rejected, nothing was unpacked. "
        "Download it again from its source; if the problem persists, do not trust it."
    )


def _safe_name(path: Path, name: str) -> str:
    """Normalise a member's name; raises UserError if it points outside the archive's folder."""
    # Some programs write backslashes, which other systems interpret as separators.
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or parts[0].endswith(":") or "\0" in name:
        raise _refuse(path, name, "has an absolute name")
    if ".." in parts:
        raise _refuse(path, name, "has '..' in its name")
    return posixpath.normpath("/".join(parts))


def _bomb(path: Path, name: str) -> UserError:
    return _refuse(path, name, f"unpacks to more than {MAX_RATIO} times its packed size")


def zip_members(path: str | Path) -> list[zipfile.ZipInfo]:
    """Check a zip archive and list its files, without folders.

    `zipfile` reads at most the stated `file_size` of a member, so the limits checked here are
    effective. Raises UserError for a damaged, encrypted or rejected archive.
    """
    path = Path(path)
    with _explained(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    packed = path.stat().st_size
    total = 0
    for member in members:
        _safe_name(path, member.filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise _refuse(path, member.filename, "is a symbolic link")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refuse(path, member.filename, "is neither a file nor a folder")
        if member.flag_bits & 1:
            raise _refuse(path, member.filename, "is encrypted")
        total += member.file_size
        if member.file_size > MAX_MEMBER_BYTES_AT_ANY_RATIO and (
            member.file_size > MAX_RATIO * member.compress_size or member.compress_size > packed
        ):
            raise _bomb(path, member.filename)
        if total > MAX_TOTAL_BYTES_AT_ANY_RATIO and total > MAX_RATIO * packed:
            raise _bomb(path, member.filename)
    return [member for member in members if not member.is_dir()]


def _check_tar_member(path: Path, member: tarfile.TarInfo, links: set[str]) -> None:
    name = _safe_name(path, member.name)
    parents = name.split("/")
    if any("/".join(parents[: depth + 1]) in links for depth in range(len(parents) - 1)):
        raise _refuse(path, member.name, "is reached through a symbolic link")
    if member.issym() or member.islnk():
        base = posixpath.dirname(name) if member.issym() else ""
        target = posixpath.normpath(posixpath.join(base, member.linkname.replace("\\", "/")))
        if posixpath.isabs(target) or target == ".." or target.startswith("../"):
            raise _refuse(path, member.name, f"links out of its folder, to {member.linkname}")
        if member.issym():
            links.add(name)
    elif not (member.isfile() or member.isdir()):
        raise _refuse(path, member.name, "is a device or a pipe")


def tar_members(path: str | Path, shown: str | Path | None = None) -> list[tarfile.TarInfo]:
    """Check an uncompressed tar archive and list its files, without folders and links.

    The content of a file is at `offset_data`, `size` bytes long. `shown` is the archive to name in
    messages if `path` is a decompressed copy. Raises UserError for a damaged or rejected archive.
    """
    path = Path(path)
    shown = Path(shown or path)
    links: set[str] = set()
    members = []
    with _explained(shown), tarfile.open(path, "r:") as archive:
        for member in archive:
            _check_tar_member(shown, member, links)
            # A sparse file may state any size without containing it.
            if member.issparse() or member.offset_data + member.size > path.stat().st_size:
                raise _refuse(shown, member.name, "states more bytes than the archive contains")
            if member.isreg():
                members.append(member)
    return members


def is_compressed(path: str | Path) -> bool:
    """Whether a file is compressed as a whole (gzip, bzip2, xz), judged by its first bytes."""
    with Path(path).open("rb") as file:
        start = file.read(6)
    return any(start.startswith(magic) for magic in _OPENERS)


@contextmanager
def _removed_on_error(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def decompress(path: str | Path, target: str | Path) -> None:
    """Decompress a compressed tar to `target`, which is removed on any error.

    Done in one sequential pass, after which members can be read in any order. Raises UserError if
    the file is not compressed, is damaged or suspiciously large, or if the disk is full.
    """
    path, target = Path(path), Path(target)
    with path.open("rb") as file:
        start = file.read(6)
    opener = next((o for magic, o in _OPENERS.items() if start.startswith(magic)), None)
    if opener is None:
        raise UserError(f"{path}: not compressed by gzip, bzip2 or xz. Download it again.")
    limit = max(MAX_TOTAL_BYTES_AT_ANY_RATIO, MAX_TAR_RATIO * path.stat().st_size)
    with (
        _removed_on_error(target),
        _explained(path),
        opener(path) as source,
        target.open("wb") as file,
    ):
        while chunk := source.read(CHUNK):
            if file.tell() + len(chunk) > limit:
                raise _bomb(path, path.stem)
            file.write(chunk)


def copy_member(path: str | Path, name: str, target: str | Path) -> None:
    """Copy a member of a zip archive, such as a nested archive, atomically to `target`.

    Raises UserError if the archive is rejected, the member is missing or the disk is full.
    """
    path, target = Path(path), Path(target)
    found = [member for member in zip_members(path) if member.filename == name]
    if not found:
        raise UserError(f"{path}: no member '{name}'. The file is not the expected version.")
    with (
        _removed_on_error(target),
        _explained(path),
        zipfile.ZipFile(path) as archive,
        archive.open(found[0]) as source,
        target.open("wb") as file,
    ):
        shutil.copyfileobj(source, file, CHUNK)


def extract(path: str | Path, folder: str | Path) -> None:
    """Extract the files of a zip or tar archive atomically into a new folder.

    All members are checked before the first is written; links within the archive are skipped.
    Raises UserError if the folder exists, the archive is damaged or rejected, or the disk is full.
    """
    path, folder = Path(path), Path(folder)
    if folder.exists():
        raise UserError(f"{folder}: exists already. Remove it first.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        contents = Path(scratch) / "contents"
        with _explained(path):
            if zipfile.is_zipfile(path):
                _extract_zip(path, contents)
            else:
                plain = path
                if is_compressed(path):
                    plain = Path(scratch) / "plain.tar"
                    decompress(path, plain)
                _extract_tar(plain, path, contents)
        contents.rename(folder)


def _extract_zip(path: Path, folder: Path) -> None:
    members = zip_members(path)
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        for member in members:
            target = folder / _safe_name(path, member.filename)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK)


def _extract_tar(path: Path, shown: Path, folder: Path) -> None:
    members = tar_members(path, shown)
    folder.mkdir()
    with tarfile.open(path, "r:") as archive:
        for member in members:
            target = folder / _safe_name(path, member.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = archive.extractfile(member)
            assert source is not None  # only links and folders have no content
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK)
