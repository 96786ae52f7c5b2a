"""The migrations, run by `Store.upgrade`: one file per revision under `versions/`."""
