"""Every benchmark, one after the other: `python -m benchmarks`."""

from benchmarks import checking, running, sample_data

if __name__ == "__main__":
    checking.main()
    running.main()
    sample_data.main()
