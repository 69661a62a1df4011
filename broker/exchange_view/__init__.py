"""One exchange made ready to be read: its messages, what is signed in them, the road that was taken, in plain data."""
