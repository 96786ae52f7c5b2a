"""An upload: examined, tagged, held or opened to staff; a person's look at it; nothing about it loosens by itself."""
