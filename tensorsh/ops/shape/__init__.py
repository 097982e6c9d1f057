"""The same elements seen or put in another way: shapes, views, pieces, joins."""
