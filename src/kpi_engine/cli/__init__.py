"""The command line, on the public API alone."""

from kpi_engine.cli.commands import main

__all__ = ["main"]
