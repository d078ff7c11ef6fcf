"""The HTTP and WebSocket API: one module per noun, one contract file, errors as RFC 9457 problems."""
