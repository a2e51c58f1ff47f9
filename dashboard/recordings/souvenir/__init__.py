"""Write souvenirs: the replay of a recording as one HTML file that needs no server."""
