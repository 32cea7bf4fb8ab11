"""The formula language: from text to a typed form, and from that to whole numbers."""
