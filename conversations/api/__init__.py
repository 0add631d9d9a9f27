"""The API's endpoints about conversations: a module each for what the API calls a resource."""
