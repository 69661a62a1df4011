"""What each door does with one input. Whoever fuzzes imports these with the broker instrumented."""
