"""Makes copies of pictures and recordings that hide people as a decision says, and proves each written copy."""
