"""What editors and the shell ask of a text and a session: functions, each without a screen."""
