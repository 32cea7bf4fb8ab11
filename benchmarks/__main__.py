"""Every benchmark, one after the other: `python -m benchmarks`."""

from benchmarks import checking, sample_data

if __name__ == "__main__":
    checking.main()
    sample_data.main()
