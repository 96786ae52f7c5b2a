"""Makes a copy of a recording that shows nobody whom the decision hides, and proves it on the written bytes."""
