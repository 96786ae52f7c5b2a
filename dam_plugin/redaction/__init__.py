"""Makes copies of pictures and recordings that hide the people whom a decision hides, and proves each written copy."""
