"""What builds and inspects the package; no part of what ships."""
