"""relaybot's tests; a package, so that one test file can use the helpers of another."""
