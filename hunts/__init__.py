"""The command line that runs the Splunk app's hunts over audit-log files, without Splunk."""
