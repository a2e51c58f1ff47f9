"""OpenAI's images interface: https://platform.openai.com/docs/api-reference/images."""
