"""What checked rules say that nobody may have meant: cliffs, twins, what decides nothing."""
