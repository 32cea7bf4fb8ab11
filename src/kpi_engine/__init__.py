"""Customer-service KPI rules as a reviewed text file: events in, pay out, each cent explained."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("kpi-engine")
except PackageNotFoundError:  # run from the source tree, not installed
    __version__ = "0+source"
