"""How the plugin attaches: the pluggy contract, and one attachment per host."""
