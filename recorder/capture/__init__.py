"""What happens between a press and a handed-over fragment; knows no library and no disk."""
