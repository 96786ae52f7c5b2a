"""The desk: pages for media staff, the records custodian, yearbook staff and admins. A Django app, alone or within a site."""
