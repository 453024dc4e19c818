"""The commands of `shilu config`, a module each, loaded only when asked for."""
