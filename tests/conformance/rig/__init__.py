"""What the conformance tests stand on: the server as a process, clients, signed raw requests, scans."""
