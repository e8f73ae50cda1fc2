//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "worker runs on Cloudflare's network: build it with GOOS=js GOARCH=wasm (make worker does). For a native host use: go run ./web")
	os.Exit(2)
}
