"""What the plugin does with what a file says: decides, shares, redacts, records. The nouns of the field are in model."""
