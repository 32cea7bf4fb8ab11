"""Speed and memory of kpi_engine, measured; `python -m benchmarks` runs them all."""
