"""Pictures and sound into pieces for custody; killed and begun anew at any moment."""
