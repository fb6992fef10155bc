"""Every sentence relaybot says, as functions of records and values; one module per verb or noun."""
