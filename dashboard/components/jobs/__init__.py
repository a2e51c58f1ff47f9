"""The Jobs page's parts: the list with its filters, a job's details, the dead letters."""
