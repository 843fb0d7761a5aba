@_exported public import protocol SpanielFiles.SpanielError
