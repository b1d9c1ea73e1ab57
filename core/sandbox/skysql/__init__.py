"""The SkySQL API as its published descriptions have it, and what a change there does in the provider's AWS account."""
