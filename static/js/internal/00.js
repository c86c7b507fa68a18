// The public side works without any of this.
