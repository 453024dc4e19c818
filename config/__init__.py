"""Rules, fleet and unit as data: each rule cites the article it comes from."""
