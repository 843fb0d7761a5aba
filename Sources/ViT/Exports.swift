@_exported import SpanielImaging
