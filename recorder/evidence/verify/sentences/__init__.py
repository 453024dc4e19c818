"""What each code says, in both languages; braces are filled from the finding's place and facts."""
