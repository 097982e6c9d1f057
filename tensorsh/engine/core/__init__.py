"""What everything in the engine speaks: dtypes, devices, specs, results, the context and the mode in force."""
