@_exported import SAM
