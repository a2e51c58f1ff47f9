"""The API for programs, with its OpenAPI document: https://spec.openapis.org/oas/v3.1.1.html."""
