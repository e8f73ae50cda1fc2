// Package browsertest drives the built page in Chromium through what a person and a script do with it. It holds only
// tests; browser_test.go is the one place that knows the browser driver. `make test-browser` runs them, `make bench`
// runs the Bench ones, which print what they measure and assert no times.
package browsertest
