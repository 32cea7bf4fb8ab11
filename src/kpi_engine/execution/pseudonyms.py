"""Names replaced by others that only a key can make: the same from month to month, in no order."""

import hmac
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

KEY_BYTES = 32
_DIGITS = 16


def read_key(file: Path) -> tuple[bytes, bool]:
    """Return the secret in a file; where there is none new random bytes, and that they are new.

    Raises:
        DataError: the file cannot be read, or holds another number of bytes.
    """
    try:
        if not file.exists():
            return token_bytes(KEY_BYTES), True
        secret = file.read_bytes()
    except OSError as error:
        raise _refusal(file, (error.strerror or str(error)).lower()) from error
    if len(secret) != KEY_BYTES:
        raise _refusal(file, f"it holds {len(secret)} bytes, {KEY_BYTES} were expected")
    return secret, False


def keep_key(secret: bytes, file: Path) -> None:
    """Write a new secret into a file of its own, for its owner alone to read.

    Raises:
        DataError: the file cannot be made, or is there by now.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(secret)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise _refusal(file, (error.strerror or str(error)).lower()) from error


def pseudonyms_of(secret: bytes, column: str, names: Iterable[str]) -> dict[str, str]:
    """Return the pseudonym of each name that stands in a column.

    It is the column's name and 16 digits of an HMAC-SHA256 of both, so that one name in two columns
    has two pseudonyms.

    Raises:
        DataError: two names would have one pseudonym.

    >>> pseudonyms_of(bytes(32), "agent_id", ["An"])
    {'An': 'agent_id-a1e218f780a51ff7'}
    """
    found = {name: f"{column}-{_digits(secret, column, name)}" for name in names}
    refuse_shared(column, found)
    return found


def refuse_shared(column: str, pseudonyms: Mapping[str, str]) -> None:
    """Raise `DataError` where two names have one pseudonym."""
    shared = len(pseudonyms) - len(set(pseudonyms.values()))
    if shared:
        reason = f"{shared} values of `{column}` would share a pseudonym, take another key"
        raise DataError([diagnose("K454", reason=reason)])


def _digits(secret: bytes, column: str, name: str) -> str:
    text = f"{column}\0{name}".encode()
    return hmac.new(secret, text, sha256).hexdigest()[:_DIGITS]


def _refusal(file: Path, reason: str) -> DataError:
    return DataError([diagnose("K455", file=file.as_posix(), reason=reason)])
