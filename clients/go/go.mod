module scenario

go 1.24

require example.com/acme/threadstore v0.0.0

replace example.com/acme/threadstore => ./client
