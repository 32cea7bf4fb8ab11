"""The repository of the working folder, as git tells of it."""

import shutil
import subprocess
from pathlib import Path

from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

_OUTSIDE = "the working folder is in no repository"


def find_root(code: str) -> Path:
    """Return the root of the working folder's repository.

    Raises:
        DataError: git is missing, or there is no repository; said with the code.
    """
    if shutil.which("git") is None:
        raise refusal(code, "the command `git` was not found")
    named = ask_git(code, Path.cwd(), _OUTSIDE, "rev-parse", "--show-toplevel")
    return Path(named.decode().rstrip("\n")).resolve()


def find_commit(code: str, root: Path, revision: str) -> str:
    """Return the commit that a revision means.

    Raises:
        DataError: git knows no such revision; said with the code.
    """
    named = ("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    unknown = f"git knows no revision `{revision}`"
    return ask_git(code, root, unknown, "rev-parse", *named).decode().strip()


def ask_git(code: str, folder: Path, otherwise: str, *arguments: str, given: bytes = b"") -> bytes:
    """Return what git answers.

    Raises:
        DataError: it does not; said with the code and the reason given for that.
    """
    done = subprocess.run(  # noqa: S603 (git alone, and a revision never stands as an option)
        ["git", "-C", str(folder), *arguments],  # noqa: S607 (the git that people use)
        capture_output=True,
        check=False,
        input=given,
    )
    if done.returncode:
        raise refusal(code, otherwise)
    return done.stdout


def refusal(code: str, reason: str) -> DataError:
    """Return the error that says why git could not tell."""
    return DataError([diagnose(code, reason=reason)])
