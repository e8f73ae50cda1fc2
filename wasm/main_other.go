//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "wasm is the page's engine: build it with GOOS=js GOARCH=wasm (make does). For a native cluster use: go run ./web")
	os.Exit(2)
}
