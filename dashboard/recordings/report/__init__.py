"""Write session reports: an HTML file that loads nothing else."""
