"""The what-if laboratory in words and charts, without Streamlit."""
