"""What was written and what is said back: sources, located YAML, diagnostics, renderers."""
