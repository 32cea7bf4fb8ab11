"""Realistic event tables to try rulesets on, made up from a seed."""

from kpi_engine.sample.writing import SampleSummary, write_sample

__all__ = ["SampleSummary", "write_sample"]
