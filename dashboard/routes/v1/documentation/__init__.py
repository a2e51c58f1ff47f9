"""The page for programmers, ``/api/docs``, drawn from the OpenAPI document without scripts."""
