"""An embedded SPL engine: runs the searches of a Splunk app over events, without Splunk."""
