"""What leaves the station: the package, the pages that go with it, copies for viewing."""
