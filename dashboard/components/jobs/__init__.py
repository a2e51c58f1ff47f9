"""Components of the Jobs page: the list with its filters, job details, failed jobs."""
