module github.com/protogen-go/protogen/bench

go 1.26.0

replace github.com/protogen-go/protogen => ../

require (
	github.com/domainr/epp v0.2.0 // indirect
	github.com/nbio/xx v0.0.0-20240429160905-7032719db059 // indirect
)
