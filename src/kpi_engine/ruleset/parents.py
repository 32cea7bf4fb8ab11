"""Where a parent is: beside the file, from its rulesets' root, among those that are shipped."""

from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from pathlib import Path

_SUFFIX = ".yaml"


def shipped_rulesets() -> Path:
    """Return the folder of the rulesets that come with the package.

    In a checkout they stand beside ``src``; in a wheel, inside the package.
    """
    inside = Path(str(resources.files("kpi_engine"))) / "rulesets"
    return inside if inside.is_dir() else inside.parents[2] / "rulesets"


def shown_path(path: Path) -> str:
    """Return a path as people know it: a shipped ruleset's own, else from the working folder.

    A shipped one is told the same wherever it is installed, in a folder of the work too.
    """
    resolved, shipped, here = path.resolve(), shipped_rulesets().resolve(), Path.cwd().resolve()
    if resolved.is_relative_to(shipped):
        return resolved.relative_to(shipped.parent).as_posix()
    return (resolved.relative_to(here) if resolved.is_relative_to(here) else path).as_posix()


def real_path(path: Path) -> Path:
    """Return the file that a path leads to in the end; of thousands of shops each is asked once."""
    return _followed(path.absolute())


def forget_real_paths() -> None:
    """Ask anew where paths lead: between two checks of one process links may have moved."""
    _followed.cache_clear()


@lru_cache(maxsize=16384)
def _followed(path: Path) -> Path:
    return path.resolve()


def candidates(reference: str, own_name: str, where: Path | None) -> list[Path]:
    """Return where a parent may be: beside the file, from its rulesets' root, among the shipped.

    The file itself comes last: `taobao/shop` may extend `shop`.
    """
    file_name = f"{reference}{_SUFFIX}"
    folders: list[Path] = []
    if where is not None:
        folders.append(where.parent)
        depth = own_name.count("/")
        if depth and len(where.parents) > depth:
            folders.append(where.parents[depth])
    folders.append(shipped_rulesets())
    paths = [folder / file_name for folder in dict.fromkeys(folders)]
    return sorted(paths, key=lambda path: where is not None and path.resolve() == where.resolve())


def near_parent(reference: str, places: list[Path]) -> str | None:
    """Return the likely meant name among the files that stand where a parent was looked for."""
    depth = reference.count("/") + 1
    known: list[str] = []
    for path in places:
        # `/pay` has fewer folders above it than its name has parts
        folder = path.parents[depth - 1] if len(path.parents) >= depth else None
        if folder is not None and folder.is_dir():
            found = folder.glob("/".join(["*"] * depth) + _SUFFIX)
            known += [p.relative_to(folder).with_suffix("").as_posix() for p in found]
    near = get_close_matches(reference, known, n=1)
    return near[0] if near else None
