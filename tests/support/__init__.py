"""What tests stand on: real servers in private folders, closed sockets, a browser; no fakes of our parts."""
