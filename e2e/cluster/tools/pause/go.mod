// The pause program of the local cluster's pods, built by `go build tool`.
module buildkite-operator.io/local-cluster/pause

go 1.26

tool buildkite-operator.io/local-cluster/pause
