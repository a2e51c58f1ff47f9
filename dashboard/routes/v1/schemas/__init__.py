"""The JSON of requests and answers, as the OpenAPI document describes it."""
