"""Pure: a plan or an outcome as text for other tools."""
