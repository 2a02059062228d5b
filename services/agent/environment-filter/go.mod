// Stands between buildkite-agent's bootstrap in a container of the job and the agent; built by `go build tool`.
module buildkite-operator.io/environment-filter

go 1.26

tool buildkite-operator.io/environment-filter
